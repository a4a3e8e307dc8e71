//! How a finding is shown: when, on which host, as whom, and the columns that its hunt displays of it; never a bare key.

use super::record::KeyRecord;
use crate::report::sanitize::{terminal as safe, unlike_marks};
use huntc_compiler::time::Instant;
use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::Value as Json;
use std::fmt::Write as _;

/// The longest text of a cell on a line.
const CELL: usize = 200;

/// A finding as JSON, in `nightly.json` and in messages.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Face<'a> {
    /// What makes it the same finding in every night.
    key: &'a Json,
    /// Time of its first record.
    first: Option<String>,
    /// Time of its last record.
    last: Option<String>,
    hosts: &'a [String],
    users: &'a [String],
    /// What its hunt displays of it, by header.
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, serde_json::Value>"))]
    columns: Columns<'a>,
    /// The most entities that it stood for in one window.
    entities: u64,
    /// The number of reports that list it, this one included.
    nights: u64,
    /// It came back: until when it had been there.
    again: Option<String>,
}

/// The columns of a finding, as an object in their order.
struct Columns<'a>(&'a [(String, Json)]);

impl Serialize for Columns<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (header, value) in self.0 {
            map.serialize_entry(header, value)?;
        }
        map.end()
    }
}

impl<'a> Face<'a> {
    /// The face of a finding.
    pub fn of(finding: &'a KeyRecord) -> Self {
        let time = |nanos: Option<i64>| nanos.map(|nanos| Instant(nanos).to_string());
        Self {
            key: &finding.key,
            first: time(finding.first_event),
            last: time(finding.last_event),
            hosts: &finding.hosts,
            users: &finding.users,
            columns: Columns(&finding.face),
            entities: finding.entities,
            nights: finding.nights,
            again: time(finding.again),
        }
    }
}

/// A cell as text; empty where there is nothing.
pub fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Several names in one cell: the first three, and how many more.
pub fn names(names: &[String]) -> String {
    match names {
        [a, b, c, rest @ ..] if !rest.is_empty() => format!("{a}, {b}, {c} and {} more", rest.len()),
        all => all.join(", "),
    }
}

/// What a finding looks like, without its times: `name: cmd.exe, command_line: cmd /c whoami`. Where nothing is known to show,
/// its key.
pub fn columns(finding: &KeyRecord) -> String {
    let mut out = String::new();
    for (header, value) in finding.face.iter().filter(|(_, value)| !value.is_null()) {
        let comma = if out.is_empty() { "" } else { ", " };
        let _ = write!(out, "{comma}{header}: {}", short(&cell(value)));
    }
    if out.is_empty() { short(&key(finding)) } else { out }
}

/// The key of a finding on a line.
pub fn key(finding: &KeyRecord) -> String {
    match finding.key.as_array() {
        Some(parts) => parts.iter().map(cell).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        None => cell(&finding.key),
    }
}

/// A finding on one line for a terminal: `2026-01-01T02:00:00Z  ws5  bob  name: cmd.exe, …`. `at` is its time.
pub fn line(finding: &KeyRecord, at: Option<i64>) -> String {
    let when = at.map(|at| Instant(at).to_seconds_text());
    let who = [names(&finding.hosts), names(&finding.users)].into_iter().filter(|name| !name.is_empty());
    let mut parts: Vec<String> = when.into_iter().chain(who).collect();
    // A command line must not look like the count behind it.
    parts.push(unlike_marks(&columns(finding)).into_owned());
    if finding.entities > 1 {
        parts.push(format!("×{}", finding.entities));
    }
    safe(&parts.join("  ")).into_owned()
}

fn short(text: &str) -> String {
    let length = text.chars().count();
    if length <= CELL {
        return text.to_owned();
    }
    let kept: String = text.chars().take(CELL).collect();
    format!("{kept}… ({} more characters)", length - CELL)
}

/// The headers of all columns that some finding has a value in, in the order of the first that has them.
pub fn headers<'a>(findings: impl Iterator<Item = &'a KeyRecord>) -> Vec<&'a str> {
    let mut headers: Vec<&str> = Vec::new();
    for (header, _) in findings.flat_map(|finding| &finding.face).filter(|(_, value)| !value.is_null()) {
        if !headers.contains(&header.as_str()) {
            headers.push(header);
        }
    }
    headers
}

/// The value of a finding in a column.
pub fn value<'a>(finding: &'a KeyRecord, header: &str) -> Option<&'a Json> {
    finding.face.iter().find(|(name, _)| name == header).map(|(_, value)| value)
}
