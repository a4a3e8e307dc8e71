//! The objects of a STIX bundle: where blocks end makes no difference, and no value of an observation is lost.

use super::stored::{Folder, fetch};
use huntc_compiler::request::Query;
use huntc_runtime::source::logs::{BadReason, NAMED_BAD_LINES, ReadOptions, ReadReport};
use huntc_runtime::source::store::Store;
use huntc_runtime::source::{Scalar, SourceError};
use serde_json::Value;
use std::collections::BTreeSet;

/// The first byte says how small the blocks are. The rest is a bundle, or the objects of one.
pub fn check(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let whole = if rest.starts_with(b"{\"type\":\"bundle\"") {
        rest.to_vec()
    } else {
        [b"{\"type\":\"bundle\",\"objects\":[", rest, b"]}"].concat()
    };
    match (read(&whole, usize::from(first) + 1), read(&whole, 1 << 16)) {
        (Ok((small, one)), Ok((big, other))) => {
            assert_eq!((one.records, one.bad_total, one.mended_total), (other.records, other.bad_total, other.mended_total));
            let lines = |report: &ReadReport| -> Vec<(u64, BadReason)> { report.bad.iter().map(|b| (b.line, b.reason)).collect() };
            assert_eq!(lines(&one), lines(&other));
            assert!(small.len() <= one.records, "more records are there than were read");
            let (small, all) = (small.stats(), big.stats());
            assert_eq!((small.records, small.span, small.fields), (all.records, all.span, all.fields));
            if one.bad_total == 0 {
                nothing_is_lost(&whole, &big);
            }
        }
        (Err(one), Err(other)) => assert_eq!(one.code, other.code),
        (one, other) => panic!("{:?} {:?}", one.err(), other.err()),
    }
}

const LONGEST: usize = 16 << 10;

fn read(bytes: &[u8], block: usize) -> Result<(Store, ReadReport), SourceError> {
    let folder = Folder::new();
    let path = folder.file("log", bytes);
    Store::from_paths_cut(&[path], ReadOptions { max_line: LONGEST, block, ..ReadOptions::default() }, NAMED_BAD_LINES)
}

/// Every text and number of the objects of observations is a value, or a part of one, of some record.
fn nothing_is_lost(bytes: &[u8], store: &Store) {
    let Ok(bundle) = serde_json::from_slice::<Value>(bytes) else { return };
    let objects = bundle["objects"].as_array().cloned().unwrap_or_default();
    let observed: Vec<&Value> = objects.iter().filter(|object| object["type"] == "observed-data").collect();
    let names: BTreeSet<String> = observed.iter().map(|object| object["id"].to_string()).collect();
    // A later version takes the place of an earlier one.
    if names.len() < observed.len() || observed.iter().any(|object| object.get("modified").is_some()) {
        return;
    }
    let fields: Vec<String> = store.stats().fields.into_iter().map(|(name, _)| name).collect();
    let records = fetch(store, Query::MatchAll, fields.clone()).unwrap();
    let rows = 0..records.ids.len();
    let stored: BTreeSet<String> =
        fields.iter().flat_map(|name| rows.clone().flat_map(|row| records.column(name).unwrap().values(row).map(plain))).collect();
    let mut said = Vec::new();
    for object in observed.iter().filter_map(|object| object["objects"].as_object()).flat_map(|objects| objects.values()) {
        for (key, value) in object.as_object().into_iter().flatten() {
            if !["id", "type", "spec_version", "object_marking_refs"].contains(&key.as_str()) {
                scalars(key, value, &mut said);
            }
        }
    }
    for text in said {
        assert!(stored.contains(&text) || stored.iter().any(|value| value.contains(&text)), "{text:?} is not in {stored:?}");
    }
}

fn plain(value: &Scalar) -> String {
    match value {
        Scalar::Text(text) => text.to_string(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Float(number) => number.to_string(),
        Scalar::Bool(one) => one.to_string(),
    }
}

fn scalars(key: &str, value: &Value, said: &mut Vec<String>) {
    match value {
        Value::Object(inner) => inner.iter().for_each(|(key, value)| scalars(key, value, said)),
        Value::Array(values) => values.iter().for_each(|value| scalars(key, value, said)),
        Value::String(_) if key.ends_with("_ref") || key.ends_with("_refs") => {}
        Value::String(text) => said.push(text.clone()),
        Value::Number(number) if number.is_i64() => said.push(number.to_string()),
        _ => {}
    }
}
