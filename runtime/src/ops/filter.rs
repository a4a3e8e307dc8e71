//! WHERE on a variable: keeps the sightings that pass. Creation records that pass count (semantics.md §4).

use crate::allowance::Allowance;
use crate::matching::condition::Condition;
use crate::matching::{Holds, References, Unread};
use crate::table::{Entity, Picked, Rows, Sighting, Table};
use foldhash::HashMap;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::plan::{Attr, Predicate};
use huntc_compiler::time::TimeRange;
use huntc_compiler::value::Value;

/// The table of the entities and sightings that pass.
///
/// An entity stays if and only if one of its sightings passes. Its creation records then stay too, uncounted unless
/// they pass themselves, except those that an explicit `range` leaves out. Where the condition cannot be decided the sighting
/// passes; with the table comes the number of these.
pub fn filter(
    table: &Table,
    predicate: &Predicate,
    range: Option<TimeRange>,
    catalog: &Catalog,
    references: &References,
    allowance: &Allowance,
) -> Result<(Table, u64), Unread> {
    let condition = Condition::new(predicate, catalog, references)?;
    if let Rows::Explicit { .. } = &table.rows {
        return explicit(table, &condition, allowance);
    }
    let place = Place::new(table, &condition, catalog);
    let mut kept = Picked::new(table);
    let mut sightings: Vec<Sighting> = Vec::new();
    let mut undecided = 0;
    // For tables with a row for each record: the place of each kept entity in the input.
    let mut origins: Vec<u32> = Vec::new();
    for (entity, e) in table.entities().zip(0..) {
        allowance.check()?;
        sightings.clear();
        let mut passed = false;
        for mut sighting in entity.sightings() {
            let inside = range.is_none_or(|r| sighting.time().is_some_and(|t| r.contains(t)));
            if !inside {
                continue;
            }
            let holds = place.holds(&entity, &sighting);
            let passes = holds != Holds::No;
            passed |= passes;
            if holds == Holds::Undecided {
                undecided += 1;
                // It took as many steps as it may, and the next one may be like it.
                allowance.check()?;
            }
            if passes || sighting.creation() {
                sighting.set_counted(passes);
                sighting.undecided = sighting.undecided.saturating_add((holds == Holds::Undecided).into());
                sightings.push(sighting);
            }
        }
        if passed {
            origins.push(e);
            kept.take(&entity, sightings.iter().copied());
        }
    }
    let mut out = Table { unidentified: 0, ..kept.finish() };
    match &table.rows {
        Rows::Records(transformer, rows) => {
            let mut records = out.record_rows();
            if table.sorted {
                keep_order(&mut records, &out, &origins, rows, table);
            }
            out.rows = Rows::Records(*transformer, records);
        }
        _ if !table.sorted => out.sort_by_time(),
        _ => {}
    }
    Ok((out, undecided))
}

/// Puts rows for each record into the order that a SORT gave the rows of `old`. A row is an entity and a record; any
/// sighting of that record may represent it. Creation records that count because they passed come last, by time.
fn keep_order(rows: &mut [(u32, u32)], table: &Table, origins: &[u32], old_rows: &[(u32, u32)], old: &Table) {
    let record = |table: &Table, (e, s): (u32, u32)| table.one(e)?.sighting(s)?.record();
    let mut places: HashMap<(u32, Option<u64>), usize> = HashMap::default();
    for (place, row) in old_rows.iter().enumerate() {
        places.insert((row.0, record(old, *row)), place);
    }
    rows.sort_by_key(|row| {
        let origin = origins.get(row.0 as usize).copied();
        origin.and_then(|e| places.get(&(e, record(table, *row))).copied()).unwrap_or(usize::MAX)
    });
}

/// Filters the rows of GROUP and JOIN results.
fn explicit(table: &Table, condition: &Condition, allowance: &Allowance) -> Result<(Table, u64), Unread> {
    let columns: Vec<Vec<Option<Value>>> = condition.comparisons.iter().map(|c| table.column(&c.attr)).collect();
    let (mut keep, mut doubtful) = (Vec::new(), Vec::new());
    for row in 0..table.row_count() {
        allowance.check()?;
        let holds = condition.holds(&mut |n| {
            let value = columns.get(n).and_then(|c| c.get(row)).and_then(Option::as_ref);
            let Some(comparison) = condition.comparisons.get(n) else { return Holds::No };
            comparison.comparer.holds(value.map_or(&[][..], Value::each))
        });
        if holds != Holds::No {
            keep.push(row);
            doubtful.push(holds == Holds::Undecided);
        }
    }
    let mut out = table.take_rows(&keep);
    if let Rows::Explicit { rows, .. } = &mut out.rows {
        for (row, doubtful) in rows.iter_mut().zip(&doubtful) {
            row.undecided = row.undecided.saturating_add((*doubtful).into());
        }
    }
    Ok((out, doubtful.into_iter().filter(|doubtful| *doubtful).count() as u64))
}

/// Where a table holds the values that a condition compares.
struct Place<'a> {
    table: &'a Table,
    condition: &'a Condition,
    /// Column of each comparison's attribute, and of the path beside a registry key.
    columns: Vec<(Option<usize>, Option<usize>)>,
}

impl<'a> Place<'a> {
    fn new(table: &'a Table, condition: &'a Condition, catalog: &Catalog) -> Self {
        let at = |attr: &Attr| table.columns.iter().position(|c| c == attr);
        let columns = condition
            .comparisons
            .iter()
            .map(|c| {
                let path = c.registry.then(|| catalog.get(c.entity).identity.key.first().copied()).flatten();
                (at(&c.attr), path.and_then(|p| at(&Attr::Catalog(p))))
            })
            .collect();
        Self { table, condition, columns }
    }

    fn holds(&self, entity: &Entity<'_>, sighting: &Sighting) -> Holds {
        self.condition.holds(&mut |n| {
            let (Some(comparison), Some((column, path))) = (self.condition.comparisons.get(n), self.columns.get(n)) else {
                return Holds::No;
            };
            let held = |at: &Option<usize>| at.and_then(|at| entity.held(sighting, at));
            let value = match &comparison.attr {
                Attr::Catalog(_) | Attr::Record(_) => held(column).cloned(),
                Attr::Sighting(which) => entity.observed(sighting, *which),
                Attr::Added(name) => {
                    let at = self.table.added.iter().position(|a| a == name);
                    at.and_then(|at| entity.added(at)).cloned()
                }
            };
            let values = value.as_ref().map_or(&[][..], Value::each);
            if comparison.registry {
                return comparison.comparer.holds_on_registry(values, held(path).map_or(&[][..], Value::each));
            }
            comparison.comparer.holds(values)
        })
    }
}

#[cfg(test)]
mod tests;
