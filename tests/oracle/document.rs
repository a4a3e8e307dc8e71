//! Records as the oracle reads them: NDJSON documents, flattened to the fields that its tables name.

use super::attributes;
use super::value::{Val, parse_time};
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// One document.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Nanoseconds since the epoch.
    pub(crate) time: i64,
    /// Place in the file, from 0.
    pub(crate) number: usize,
    /// Sorted by name; only fields that a table names.
    fields: Vec<(&'static str, Vec<Val>)>,
}

impl Record {
    /// A record of a JSON document; `None` without a readable `@timestamp`.
    pub(crate) fn of(document: &Json) -> Option<Self> {
        let time = match document.get("@timestamp")? {
            Json::String(text) => parse_time(text)?,
            Json::Number(millis) => millis.as_i64()? * 1_000_000,
            _ => return None,
        };
        let mut found: Vec<(&'static str, Vec<Val>)> = Vec::new();
        let mut path = String::new();
        flatten(document, &mut path, &mut |name, value| match found.iter_mut().find(|(n, _)| *n == name) {
            Some((_, values)) => values.push(value),
            None => found.push((name, vec![value])),
        });
        found.sort_by_key(|(name, _)| *name);
        Some(Self { time, number: 0, fields: found })
    }

    /// The values of a field, none where the record lacks it.
    pub(crate) fn get(&self, field: &str) -> &[Val] {
        self.fields.binary_search_by(|(name, _)| (*name).cmp(field)).map_or(&[], |i| &self.fields[i].1)
    }

    /// Whether a field holds this text (numbers by their text).
    pub(crate) fn has(&self, field: &str, text: &str) -> bool {
        self.get(field).iter().any(|v| v.text() == text)
    }

    /// Whether the process in slot `self` was created by this event.
    pub(crate) fn is_creation(&self) -> bool {
        let begins = || ["start", "process_start", "process_started"].iter().any(|word| self.has("event.type", word));
        self.has("event.code", "1") || (self.has("event.category", "process") && begins())
    }
}

fn flatten(node: &Json, path: &mut String, put: &mut impl FnMut(&'static str, Val)) {
    let value = match node {
        Json::Object(map) => {
            for (key, child) in map {
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                flatten(child, path, put);
                path.truncate(length);
            }
            return;
        }
        Json::Array(items) => {
            for item in items {
                flatten(item, path, put);
            }
            return;
        }
        Json::Null => return,
        Json::Bool(b) => Val::Bool(*b),
        Json::Number(n) => n.as_i64().map_or_else(|| Val::Float(n.as_f64().unwrap_or(0.0)), Val::Int),
        Json::String(text) => Val::Text(text.clone()),
    };
    if let Some(name) = attributes::known_field(path) {
        put(name, value);
    }
}

fn numbered(records: impl Iterator<Item = Record>) -> Vec<Record> {
    records.enumerate().map(|(number, record)| Record { number, ..record }).collect()
}

/// The records of an NDJSON text.
pub(crate) fn parse(text: &str) -> Vec<Record> {
    let documents = text.lines().filter(|line| !line.trim().is_empty());
    numbered(documents.filter_map(|line| Record::of(&serde_json::from_str(line).expect("a JSON document a line"))))
}

/// A file, unpacked where its name says that it is gzipped.
pub(crate) fn open(path: &Path) -> Box<dyn Read> {
    let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    if path.extension().is_some_and(|e| e == "gz") { Box::new(flate2::read::GzDecoder::new(file)) } else { Box::new(file) }
}

/// The records of an NDJSON file.
pub(crate) fn read(path: &Path) -> Vec<Record> {
    let lines = BufReader::with_capacity(1 << 20, open(path)).lines().map(|line| line.expect("UTF-8"));
    let documents = lines.filter(|line| !line.trim().is_empty());
    numbered(documents.filter_map(|line| Record::of(&serde_json::from_str(&line).expect("a JSON document a line"))))
}
