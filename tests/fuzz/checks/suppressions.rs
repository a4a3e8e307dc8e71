//! A list of suppressions: what is read prints and is read again alike; conditions are checked against a hunt.

use super::huntflow::{self, places};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::{compile, hiding};
use huntc_compiler::options::Options;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::{Instant, TimeRange};
use huntc_runtime::nightly::record::KeyRecord;
use huntc_runtime::nightly::suppress::{Suppressed, Suppressions};
use serde_json::json;
use std::collections::BTreeMap;

/// The hunt that the conditions are for.
const HUNT: &str = "p = GET process FROM stixshifter://a WHERE name = 'x' DISP p ATTR name, pid";

/// A list.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let list = match Suppressions::parse(text) {
        Ok(list) => list,
        Err(reason) => {
            assert!(!reason.is_empty());
            return;
        }
    };
    let table: toml::Table = toml::from_str(text).unwrap();
    let printed = toml::to_string(&table).unwrap();
    let again = Suppressions::parse(&printed).unwrap_or_else(|e| panic!("{text}\nis printed as\n{printed}: {e}"));
    assert_eq!(format!("{list:?}"), format!("{again:?}"), "{text}\nis printed as\n{printed}");
    judged(&list);
    for entry in table.get("suppress").and_then(toml::Value::as_array).into_iter().flatten() {
        if let Some(condition) = entry.get("where").and_then(toml::Value::as_str) {
            compiled(condition);
        }
    }
}

/// Each entry says what it does to findings of many kinds, and at both ends of time.
fn judged(list: &Suppressions) {
    let keys = [json!(["203.0.113.7", 443, null]), json!(["a"]), json!([]), json!("a"), json!([{"a": [1.5]}, true])];
    let finding = |key| KeyRecord { key, look: 1, ..KeyRecord::default() };
    let known: Vec<(String, KeyRecord)> = keys.into_iter().map(|key| (key.to_string(), finding(key))).collect();
    for now in [Instant(i64::MIN), Instant(0), Instant(i64::MAX)] {
        list.remarks(&["a.hf"], now);
        let mut before = BTreeMap::new();
        for looked in [true, false] {
            let hunts = [Suppressed { hunt: "a.hf", looked, look: 1, known: &known }];
            let (_, after) = list.judge(&hunts, &before, now);
            assert!(after.values().all(|record| record.since == now.0 && record.idle <= 1));
            before = after;
        }
        for (_, finding) in &known {
            list.covers("a.hf", finding, now);
        }
    }
}

/// A condition as the nights compile it: every place lies in its text.
fn compiled(condition: &str) {
    let statement = hiding(condition);
    huntflow::check(statement.as_bytes());
    let mut sources = SourceSet::default();
    let id = sources.add_text("fuzz.hf", HUNT);
    let written = sources.add_text("condition", statement.as_str());
    let now = Instant::parse("2020-10-23T00:00:00Z").unwrap();
    let mut options = Options::at(now);
    options.default_range = Some(TimeRange::new(now, now.plus(1)));
    options.finding = Some(vec![written]);
    for told in compile(&sources, id, Catalog::builtin(), &options).conditions {
        places(&told, &statement);
    }
}
