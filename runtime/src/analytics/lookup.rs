//! Look-up tables: CSV with a header, or a JSON array of flat objects. A table may be of any size; only the rows that are looked
//! for are kept.

use crate::allowance::Spent;
use crate::metered_file::{Meter, Metered, each_object};
use crate::source::regular_file;
use foldhash::{HashMap, HashSet};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::path::Path;

/// The columns of a table, and the rows whose key is looked for.
pub(super) struct LookedUp {
    pub(super) header: Vec<String>,
    /// The place of the key in the header.
    pub(super) key: usize,
    pub(super) hits: HashMap<String, Vec<String>>,
}

pub(super) type TableFault = Box<dyn std::error::Error>;

/// Finds the first row of the table for each wanted value of the column `key`.
pub(super) fn look_up(path: &Path, key: &str, wanted: &HashSet<String>, meter: &Meter<'_>) -> Result<LookedUp, TableFault> {
    let is_json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    if is_json { json(path, key, wanted, meter) } else { csv(path, key, wanted, meter) }
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
        // The first row with a key counts.
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
