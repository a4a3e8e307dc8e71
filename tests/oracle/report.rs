//! The comparison of figures: what the oracle gives, what a report says, what an example expects.

use super::{Binding, Display, Outcome};
use serde_json::Value as Json;
use std::fmt::Write as _;

/// Reads the figures of one hunt of a `report.json`.
pub(crate) fn outcome_of(hunt: &Json) -> Outcome {
    let number = |v: &Json, name: &str| v[name].as_u64();
    let binding = |v: &Json| Binding {
        name: text(&v["name"]),
        version: number(v, "version").unwrap_or(0) as usize,
        entity: text(&v["type"]),
        entities: number(v, "entities").map_or(usize::MAX, |n| n as usize),
        records: number(v, "records").map(|n| n as usize),
        unidentified: number(v, "unidentified").unwrap_or(0),
        undecided: number(v, "undecided"),
        keys: v["keys"].as_array().cloned(),
    };
    let display = |v: &Json| {
        // The lists of attributes and variables are for people.
        let figure = |row: &Vec<Json>| {
            let fact = row.first().and_then(Json::as_str).unwrap_or_default();
            v["command"] != "INFO" || !(fact.ends_with("Attributes") || fact == "Dependent Variables")
        };
        let rows = v["rows"].as_array().into_iter().flatten().map(|r| r.as_array().cloned().unwrap_or_default());
        let mut display = Display {
            statement: number(v, "statement").unwrap_or(0) as usize,
            variable: text(&v["variable"]),
            columns: v["columns"].as_array().into_iter().flatten().map(text).collect(),
            rows: rows.filter(figure).collect(),
            unordered: false,
        };
        display.hide_observations();
        display
    };
    let shown = |v: &&Json| v["command"] != "EXPLAIN";
    Outcome {
        bindings: hunt["variables"].as_array().into_iter().flatten().map(binding).collect(),
        displays: hunt["displays"].as_array().into_iter().flatten().filter(shown).map(display).collect(),
    }
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What differs between two outcomes of one hunt; empty where nothing does.
pub(crate) fn differences(expected: &Outcome, got: &Outcome) -> String {
    let mut out = String::new();
    let names = |o: &Outcome| o.bindings.iter().map(|b| format!("{}#{}", b.name, b.version)).collect::<Vec<_>>();
    if names(expected) != names(got) {
        let _ = writeln!(out, "bindings: expected {:?}, got {:?}", names(expected), names(got));
        return out;
    }
    for (a, b) in expected.bindings.iter().zip(&got.bindings) {
        let at = format!("{}#{}", a.name, a.version);
        if a.entity != b.entity {
            let _ = writeln!(out, "{at}: type expected {}, got {}", a.entity, b.entity);
        }
        if a.entities != b.entities {
            let _ = writeln!(out, "{at}: entities expected {}, got {}", a.entities, b.entities);
        }
        if a.records.is_some() && a.records != b.records {
            let _ = writeln!(out, "{at}: records expected {:?}, got {:?}", a.records, b.records);
        }
        if a.unidentified != b.unidentified {
            let _ = writeln!(out, "{at}: unidentified expected {}, got {}", a.unidentified, b.unidentified);
        }
        if a.undecided.is_some() && a.undecided != b.undecided {
            let _ = writeln!(out, "{at}: undecided expected {:?}, got {:?}", a.undecided, b.undecided);
        }
        if a.keys.is_some() && a.entity != "x-oca-event" && a.keys != b.keys {
            let _ = writeln!(out, "{at}: {}", key_difference(a.keys.as_deref(), b.keys.as_deref()));
        }
    }
    for a in &expected.displays {
        match got.displays.iter().find(|b| b.statement == a.statement) {
            None => drop(writeln!(out, "statement {}: no display", a.statement)),
            Some(b) if a.unordered => display_difference(&in_any_order(a), &in_any_order(b), &mut out),
            Some(b) => display_difference(a, b, &mut out),
        }
    }
    out
}

fn in_any_order(display: &Display) -> Display {
    let mut display = display.clone();
    display.rows.sort_by_key(|row| Json::Array(row.clone()).to_string());
    display
}

fn key_difference(expected: Option<&[Json]>, got: Option<&[Json]>) -> String {
    let (Some(a), Some(b)) = (expected, got) else { return "keys are absent".to_owned() };
    let missing: Vec<String> = a.iter().filter(|k| !b.contains(k)).take(5).map(Json::to_string).collect();
    let surplus: Vec<String> = b.iter().filter(|k| !a.contains(k)).take(5).map(Json::to_string).collect();
    if missing.is_empty() && surplus.is_empty() {
        return "keys are in another order, or another number of times".to_owned();
    }
    format!("keys missing {missing:?}, surplus {surplus:?}")
}

fn display_difference(a: &Display, b: &Display, out: &mut String) {
    let at = format!("statement {} ({})", a.statement, a.variable);
    if a.columns != b.columns {
        let _ = writeln!(out, "{at}: columns expected {:?}, got {:?}", a.columns, b.columns);
    } else if a.rows != b.rows {
        let first = (0..a.rows.len().max(b.rows.len())).find(|i| a.rows.get(*i) != b.rows.get(*i)).unwrap_or(0);
        let row = |rows: &[Vec<Json>]| rows.get(first).map_or("no row".to_owned(), |r| Json::Array(r.clone()).to_string());
        let (expected, got) = (row(&a.rows), row(&b.rows));
        let _ =
            writeln!(out, "{at}: {} rows expected, {} got; row {first} expected {expected}, got {got}", a.rows.len(), b.rows.len());
    }
}
