//! Real event logs, record by record against another reader: the `evtx` package of Python.
//!
//! `HUNTC_EVTX_SAMPLES` names folders with `.evtx` files, as a list of paths; `HUNTC_EVTX_PYTHON` an interpreter that has the package.
//! No such file is part of this repository.
#![allow(clippy::print_stdout, reason = "what differs is for people to read")]

use super::super::{ecs_of, xml};
use super::reading::{Values, flat, lines, trees};
use super::twins::fields;
use crate::source::logs::BadReason;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Records by their number.
type Records = BTreeMap<String, Vec<Values>>;

/// Where ours may differ from the other reader: what differs, or with `*` all that begins so; and why.
const EXPLAINED: [(&str, &str); 9] = [
    ("torn record", "a record whose end is lost, zeros in its values: ours tells that it is damaged"),
    ("ours   Event/RenderingInfo/*", "the other reader leaves out what stands behind the data"),
    ("document message", "as above"),
    ("document winlog.opcode", "as above"),
    ("document winlog.task", "as above"),
    ("ours   Event/EventData/Data", "a boolean whose byte is neither 0 nor 1 is true; the other reader prints the byte"),
    ("theirs Event/EventData/Data", "as above"),
    ("document winlog.event_data.Is*", "as above"),
    ("document winlog.user_data.*", "the other reader's JSON numbers elements of one name: Action, Action_1; ours is a list"),
];

/// Values that are written in other ways and are the same: times with more or fewer digits, GUIDs in large letters and without braces.
fn plain(text: &str) -> String {
    let text = text.trim_matches(|c: char| c.is_whitespace());
    let bare = text.trim_start_matches('{').trim_end_matches('}');
    let is_guid = bare.len() == 36 && bare.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    let is_time = text.len() > 19 && text.as_bytes()[10] == b'T' && text.ends_with('Z');
    if is_guid {
        bare.to_lowercase()
    } else if is_time {
        // The other reader rounds to microseconds.
        format!("{}Z", text.get(..23).unwrap_or(text).trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.'))
    } else {
        text.to_owned()
    }
}

fn ours(path: &Path) -> (Records, Vec<(u64, BadReason)>) {
    let (found, bad) = trees(&std::fs::read(path).unwrap(), 1 << 16);
    let mut records = Records::new();
    for values in found {
        add(values, &mut records);
    }
    (records, bad)
}

fn add(mut values: Values, records: &mut Records) {
    values.retain(|(path, _)| !path.ends_with("/xmlns"));
    for (_, text) in &mut values {
        *text = plain(text);
    }
    values.retain(|(_, text)| !text.is_empty());
    values.sort();
    let id = values.iter().find(|(path, _)| path == "Event/System/EventRecordID").map_or("-", |(_, id)| id).to_owned();
    records.entry(id).or_default().push(values);
}

/// The records of the other reader, what it cannot read, and its JSON.
fn theirs(path: &Path) -> (Records, Vec<String>, Vec<String>) {
    let python = std::env::var("HUNTC_EVTX_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/source/logs/windows/tests/reference.py");
    let mut child = Command::new(python).arg(script).arg(path).stdout(Stdio::piped()).spawn().unwrap();
    let (mut records, mut failed, mut json) = (Records::new(), Vec::new(), Vec::new());
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let Some(text) = line["xml"].as_str() else {
            failed.push(line["error"].to_string());
            continue;
        };
        json.push(line["json"].as_str().unwrap().to_owned());
        let text = text.get(text.find("<Event").unwrap()..).unwrap();
        match xml::tree(text) {
            Some(tree) => {
                let mut values = Values::new();
                flat(&tree, "Event", &mut values);
                add(values, &mut records);
            }
            None => failed.push(format!("its XML cannot be read: {text}")),
        }
    }
    assert!(child.wait().unwrap().success());
    (records, failed, json)
}

/// The fields of documents by number of their records; times to the millisecond, as the other reader rounds them.
fn documents(documents: impl Iterator<Item = Vec<u8>>) -> BTreeMap<String, Vec<BTreeMap<String, Value>>> {
    let mut found = BTreeMap::<String, Vec<BTreeMap<String, Value>>>::new();
    for ecs in documents {
        let mut fields = fields(&serde_json::from_slice(&ecs).unwrap());
        for value in fields.values_mut().filter(|value| value.is_string()) {
            let text = value.as_str().unwrap().to_owned();
            *value = Value::String(if text.ends_with('Z') { plain(&text) } else { text });
        }
        found.entry(fields.get("winlog.record_id").map_or(String::new(), Value::to_string)).or_default().push(fields);
    }
    found
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "evtx") {
            out.push(path);
        }
    }
}

#[test]
fn real_logs_have_the_values_that_another_reader_finds() {
    let Ok(folders) = std::env::var("HUNTC_EVTX_SAMPLES") else { return };
    let mut paths = Vec::new();
    folders.split(':').for_each(|folder| files(Path::new(folder), &mut paths));
    let (mut count, mut found_more, mut different) = (0, 0, BTreeMap::<String, (usize, String)>::new());
    for path in &paths {
        let ((ours, bad), (theirs, failed, json)) = (ours(path), theirs(path));
        let name = path.file_name().unwrap().to_string_lossy();
        if !bad.is_empty() || !failed.is_empty() {
            println!("{name}: ours tells {bad:?}, theirs {} {:.300}", failed.len(), failed.first().map_or("", String::as_str));
        }
        let own = documents(lines(&std::fs::read(path).unwrap(), 1 << 16).lines.into_iter().map(|(_, line)| line));
        // A record without a provider is no event.
        for (id, others) in documents(json.into_iter().filter_map(|line| ecs_of(line.as_bytes()))) {
            let Some(own) = own.get(&id).filter(|own| own.len() == others.len()) else { continue };
            for (own, other) in own.iter().zip(&others) {
                let paths = own.keys().chain(other.keys().filter(|path| !own.contains_key(*path)));
                for path in paths.filter(|path| own.get(*path) != other.get(*path)) {
                    let example = format!("{name} record {id}: {:.200?} and {:.200?}", own.get(path), other.get(path));
                    different.entry(format!("document {path}")).or_insert((0, example)).0 += 1;
                }
            }
        }
        let ids: std::collections::BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        for id in ids {
            let none = Vec::new();
            let (one, other) = (ours.get(id).unwrap_or(&none), theirs.get(id).unwrap_or(&none));
            count += one.len();
            let mut note = |what: String, example: String| {
                let entry = different.entry(what).or_insert((0, format!("{name} record {id}: {example}")));
                entry.0 += 1;
            };
            if one.len() != other.len() {
                // Behind damage ours looks for the next record.
                if bad.is_empty() {
                    note("records".to_owned(), format!("{} and {}", one.len(), other.len()));
                } else if one.len() < other.len() {
                    note("torn record".to_owned(), format!("{} and {}", one.len(), other.len()));
                }
                found_more += one.len().saturating_sub(other.len());
                continue;
            }
            for (one, other) in one.iter().zip(other) {
                for value in one.iter().filter(|value| !other.contains(value)) {
                    note(format!("ours   {}", value.0), format!("{:.300}", value.1));
                }
                for value in other.iter().filter(|value| !one.contains(value)) {
                    note(format!("theirs {}", value.0), format!("{:.300}", value.1));
                }
            }
        }
    }
    println!("{count} records of {} files, of which the other reader has not {found_more}", paths.len());
    let explained = |what: &str| {
        let covers = |row: &&(&str, &str)| row.0.strip_suffix('*').map_or(row.0 == what, |prefix| what.starts_with(prefix));
        EXPLAINED.iter().find(covers).map(|(_, why)| *why)
    };
    for (what, (count, example)) in &different {
        println!("{count:6} {what}   {example}   {}", explained(what).unwrap_or("NOT EXPLAINED"));
    }
    assert!(different.keys().all(|what| explained(what).is_some()));
}
