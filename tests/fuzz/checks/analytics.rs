//! What an analytic answers: columns for each table that was sent, or a coded error.
//!
//! The first byte tells the kind of the analytic: a command that was sent so many tables, a file with a table of Kestrel's analytics
//! (`t`), or a look-up table.

use super::json;
use super::stored::Folder;
use huntc_compiler::value::Value;
use huntc_runtime::allowance::Allowance;
use huntc_runtime::analytics::{AnalyticAnswer, AnalyticCall, AnalyticRows, InputFacts, apply, read_offline, read_table_offline};
use huntc_runtime::config::analytic::{Action, AnalyticBinding};
use huntc_runtime::config::binding::BindingOrigin;
use huntc_runtime::config::environment::Environment;
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

/// Bytes that an answer of a few kilobytes may take.
const MEMORY: u64 = 256 << 20;

/// An answer, or a table.
pub fn check(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let allowance = Allowance::new(std::sync::Arc::default(), None, Some(MEMORY));
    match kind {
        b'1' | b'2' => {
            let binding = binding(Action::Exec(vec!["x".to_owned()]));
            let call = AnalyticCall { binding: &binding, arguments: &[], about: &[], memory: MEMORY, allowance: &allowance };
            let tables = vec![table(); if *kind == b'1' { 1 } else { 2 }];
            let read = read_offline(&call, rest, &tables);
            if let (Ok(added), [_]) = (&read, tables.as_slice()) {
                in_order(rest, added);
            }
            holds(read, &tables);
        }
        b't' => {
            let binding = binding(Action::Exec(Vec::new()));
            let about = [InputFacts { entity: "process".to_owned(), fixed: 2 }];
            let call = AnalyticCall { binding: &binding, arguments: &[], about: &about, memory: MEMORY, allowance: &allowance };
            let table = table();
            match read_table_offline(&call, rest, &table) {
                Ok(added) => {
                    assert_eq!(added.rows.len(), table.rows.len());
                    assert!(added.rows.iter().all(|row| row.len() == added.names.len()));
                }
                Err(error) => assert!(error.code.id.starts_with('K') && !error.message.is_empty()),
            }
        }
        b'c' | b'j' => {
            let folder = Folder::new();
            let path = folder.file(if *kind == b'c' { "x.csv" } else { "x.json" }, rest);
            let binding = binding(Action::Lookup { table: path, key: "name".to_owned() });
            let call = AnalyticCall { binding: &binding, arguments: &[], about: &[], memory: MEMORY, allowance: &allowance };
            holds(apply(&call, &[table()]), &[table()]);
        }
        _ => {}
    }
}

fn binding(action: Action) -> AnalyticBinding {
    AnalyticBinding {
        uri: "python://x".to_owned(),
        action,
        outputs: Some(vec!["score".to_owned()]),
        timeout: Duration::from_mins(1),
        folder: PathBuf::from("/"),
        environment: Environment::default(),
        origin: BindingOrigin::Flag,
    }
}

fn table() -> AnalyticRows {
    let row = |name: Option<&str>, pid| vec![name.map(Value::text), Some(Value::Int(pid))];
    AnalyticRows {
        names: vec!["name".to_owned(), "pid".to_owned()],
        rows: vec![row(Some("a"), 1), row(Some("b"), 2), row(None, 3)],
    }
}

/// Each table gets as many rows as it has, each with one value for each name.
fn holds(read: Result<AnalyticAnswer, huntc_runtime::source::SourceError>, tables: &[AnalyticRows]) {
    let added = match read {
        Ok(answer) => answer.tables,
        Err(error) => {
            assert!(error.code.id.starts_with('K') && !error.message.is_empty());
            return;
        }
    };
    assert_eq!(added.len(), tables.len());
    for (added, table) in added.iter().zip(tables) {
        assert_eq!(added.rows.len(), table.rows.len());
        assert!(added.rows.iter().all(|row| row.len() == added.names.len()));
    }
}

/// Answers without `row`, in order, against `serde_json`.
fn in_order(output: &[u8], answer: &AnalyticAnswer) {
    let (Ok(text), [added]) = (std::str::from_utf8(output), answer.tables.as_slice()) else {
        assert!(!answer.mended.is_empty(), "what is no UTF-8 was mended");
        return;
    };
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    if lines().any(json::repeats) {
        return;
    }
    // What `serde_json` refuses was mended, or is nested deeper than it reads.
    let refused = lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_err()).count();
    if refused > 0 {
        assert!(refused == answer.mended.len() || text.matches(['[', '{']).count() > 127);
        return;
    }
    assert!(answer.mended.is_empty());
    let objects: Vec<serde_json::Value> = lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    if objects.iter().any(|object| ["row", "table", "data"].iter().any(|key| object.get(key).is_some())) {
        return;
    }
    let names: HashSet<&str> = added.names.iter().map(String::as_str).collect();
    assert_eq!(names.len(), added.names.len(), "no name stands twice");
    for (object, row) in objects.iter().zip(&added.rows) {
        for (name, value) in object.as_object().unwrap() {
            let at = added.names.iter().position(|n| n == name).unwrap();
            let found = row[at].as_ref().map(ToString::to_string);
            match value {
                serde_json::Value::String(text) => assert_eq!(found.as_deref(), Some(text.as_str())),
                serde_json::Value::Null => assert_eq!(found, None),
                _ => {}
            }
        }
    }
}
