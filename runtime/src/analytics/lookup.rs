//! Look-up tables: CSV with a header, or a JSON array of flat objects. A table may be of any size; only the rows that are looked
//! for are kept.

use super::{AnalyticCall, AnalyticRows, failed};
use crate::allowance::Spent;
use crate::metered_file::{Meter, Metered, each_object};
use crate::source::{SourceError, regular_file};
use foldhash::{HashMap, HashSet};
use huntc_compiler::value::Value;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::path::Path;

/// The columns of a table, and the rows whose key is looked for.
struct LookedUp {
    header: Vec<String>,
    /// The place of the key in the header.
    key: usize,
    hits: HashMap<String, Vec<String>>,
}

type TableFault = Box<dyn std::error::Error>;

/// Looks each row up: the first row of the table whose key column equals the attribute `key`.
pub(super) fn lookup(call: &AnalyticCall<'_>, path: &Path, key: &str, table: &AnalyticRows) -> Result<AnalyticRows, SourceError> {
    let Some(own) = table.names.iter().position(|n| n == key) else {
        return Err(failed(call, format_args!("the rows have no attribute {key:?}"))
            .help("correct `key` in huntc.toml: an attribute that the variable has"));
    };
    let value = |row: &Vec<Option<Value>>| row.get(own).cloned().flatten().map(|v| v.to_string());
    let wanted: HashSet<String> = table.rows.iter().filter_map(value).collect();
    let meter = Meter::new(call.allowance, "a look-up table");
    let is_json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    let found = if is_json { json(path, key, &wanted, &meter) } else { csv(path, key, &wanted, &meter) };
    let LookedUp { header, key: at, hits } = found.map_err(|e| match meter.spent() {
        Some(spent) => spent.into(),
        None => failed(call, format_args!("its table {} cannot be read", path.display()))
            .note(e.to_string())
            .help("correct `lookup` in huntc.toml; its path starts at the folder of that file"),
    })?;
    let names: Vec<String> = header.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, n)| n.clone()).collect();
    let find = |row: &Vec<Option<Value>>| {
        let hit = value(row).and_then(|v| hits.get(&v));
        let cell = |i: usize| hit.and_then(|r| r.get(i)).filter(|t| !t.is_empty()).map(|t| Value::text(t.as_str()));
        (0..header.len()).filter(|i| *i != at).map(cell).collect()
    };
    Ok(AnalyticRows { rows: table.rows.iter().map(find).collect(), names })
}

fn csv(path: &Path, key: &str, wanted: &HashSet<String>, meter: &Meter<'_>) -> Result<LookedUp, TableFault> {
    let file = Metered { file: regular_file::open(path)?, meter };
    let mut reader = csv::ReaderBuilder::new().flexible(false).comment(Some(b'#')).from_reader(file);
    let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let key = header.iter().position(|h| h == key).unwrap_or(0);
    let mut hits = HashMap::default();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        meter.row_ends();
        let Some(value) = record.get(key).filter(|value| wanted.contains(*value) && !hits.contains_key(*value)) else { continue };
        meter.grow(record.as_slice().len() + record.len() * size_of::<String>()).map_err(Spent::message)?;
        hits.insert(value.to_owned(), record.iter().map(str::to_owned).collect());
    }
    Ok(LookedUp { header, key, hits })
}

fn json(path: &Path, key: &str, wanted: &HashSet<String>, meter: &Meter<'_>) -> Result<LookedUp, TableFault> {
    let text = |v: Option<&Json>| match v {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(s)) => s.clone(),
        Some(other) => other.to_string(),
    };
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut objects: HashMap<String, Map<String, Json>> = HashMap::default();
    each_object(regular_file::open(path)?, meter, &mut |object| {
        meter.row_ends();
        for name in object.keys().filter(|name| !names.contains(*name)).cloned().collect::<Vec<_>>() {
            meter.grow(2 * (name.len() + size_of::<String>()))?;
            names.insert(name);
        }
        let value = text(object.get(key));
        if wanted.contains(&value) && !objects.contains_key(&value) {
            meter.grow(object.iter().map(|(name, value)| name.len() + text(Some(value)).len() + 2 * size_of::<Json>()).sum())?;
            objects.insert(value, object);
        }
        Ok(())
    })?;
    let header: Vec<String> = names.into_iter().collect();
    let cells = |object: Map<String, Json>| header.iter().map(|name| text(object.get(name))).collect();
    let hits = objects.into_iter().map(|(value, object)| (value, cells(object))).collect();
    let key = match header.iter().position(|h| h == key) {
        Some(key) => key,
        None if header.is_empty() => 0,
        None => return Err(format!("no object of it has {key:?}").into()),
    };
    Ok(LookedUp { header, key, hits })
}
