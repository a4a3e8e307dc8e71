//! What an analytic of Kestrel made of a table: the columns that it added or changed, row by row of the table that it got.

use super::contract::{AnalyticCall, AnalyticRows, Deviations, InputFacts, failed};
use super::exchange::{ID, TYPE, row_of};
use crate::source::SourceError;
use foldhash::{HashMap, HashSet};
use huntc_compiler::value::Value;

/// The most names of changed attributes that are kept.
const NAMED: usize = 8;

/// The columns that are new in an answer, or changed. Rows are told apart by their ids.
pub(super) fn columns(
    call: &AnalyticCall<'_>,
    table: &AnalyticRows,
    facts: &InputFacts,
    answer: AnalyticRows,
    deviations: &mut Deviations,
) -> Result<AnalyticRows, SourceError> {
    let AnalyticRows { names, rows } = answer;
    let Some(id) = names.iter().position(|name| name == ID) else {
        return Err(failed(call, "its answer has no column `id`").help("the analytic must give back the ids that it got"));
    };
    let kind = names.iter().position(|name| name == TYPE);
    let mut places: Vec<Option<usize>> = vec![None; table.rows.len()];
    for (at, row) in rows.iter().enumerate() {
        let text = |column: usize| row.get(column).and_then(Option::as_ref).map(ToString::to_string);
        if let Some(other) = kind.and_then(text).filter(|kind| *kind != facts.entity) {
            return Err(failed(call, format_args!("it answered rows of the type {other:?}, and was sent {:?}", facts.entity)));
        }
        let number = text(id).and_then(|id| row_of(&id, &facts.entity));
        let Some(place) = number.and_then(|row| places.get_mut(row)) else {
            deviations.unknown += 1;
            continue;
        };
        if place.replace(at).is_some() {
            let id = text(id).unwrap_or_default();
            return Err(failed(call, format_args!("it answered the row {id} twice")));
        }
    }
    deviations.missing += places.iter().filter(|place| place.is_none()).count();
    let known: HashMap<&str, usize> = table.names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let mut seen = HashSet::default();
    let mut kept = Vec::new();
    for (at, name) in names.iter().enumerate().filter(|(at, _)| *at != id && Some(*at) != kind) {
        if !seen.insert(name) {
            return Err(failed(call, format_args!("its answer has two columns {name:?}")));
        }
        let Some(own) = known.get(name.as_str()) else {
            kept.push(at);
            continue;
        };
        let before = |row: usize| table.rows.get(row).and_then(|row| row.get(*own)).and_then(Option::as_ref);
        let after = |at: usize, row: usize| rows.get(row).and_then(|row| row.get(at)).and_then(Option::as_ref);
        let differs = places.iter().enumerate().any(|(row, place)| place.is_some_and(|place| !same(before(row), after(at, place))));
        match (differs, *own < facts.fixed) {
            (false, _) => {}
            (true, true) if deviations.changed.len() < NAMED && !deviations.changed.contains(name) => {
                deviations.changed.push(name.clone());
            }
            (true, true) => {}
            (true, false) => kept.push(at),
        }
    }
    let cells = (size_of::<Option<Value>>() * kept.len()).saturating_mul(places.len());
    call.allowance.take(cells as u64, "the columns of an analytic's answer")?;
    let cell = |place: Option<usize>, at: usize| rows.get(place?)?.get(at).cloned().flatten();
    let rows = places.iter().map(|place| kept.iter().map(|at| cell(*place, *at)).collect()).collect();
    // A column that is declared and did not come is there, and empty.
    let mut answer = AnalyticRows { names: kept.iter().filter_map(|at| names.get(*at).cloned()).collect(), rows };
    for name in call.binding.outputs.iter().flatten().filter(|name| !known.contains_key(name.as_str())) {
        if !answer.names.contains(name) {
            answer.names.push(name.clone());
            answer.rows.iter_mut().for_each(|row| row.push(None));
        }
    }
    Ok(answer)
}

/// Whether a value came back as it was sent: data frames make floats of whole numbers, and texts of times.
fn same(before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (None, None) => true,
        (Some(before), Some(after)) => before == after || before.to_string() == after.to_string(),
        _ => false,
    }
}
