//! New findings as CSV: their times, hosts, users and columns.

use crate::nightly::face::{self, headers};
use crate::nightly::model::HuntOutcome;
use crate::report::csv::{CsvForm, write_table};
use crate::report::sanitize::csv_cell;
use huntc_compiler::time::Instant;
use serde_json::Value as Json;
use std::io::{Result, Write};

/// Columns that every finding has, before and behind those of its hunt.
const BEFORE: [&str; 4] = ["first_event", "last_event", "hosts", "users"];
const BEHIND: [&str; 3] = ["entities", "seen_before", "key"];

/// Writes the findings of a hunt that the report tells: the new ones, then those that came back.
pub(super) fn write(hunt: &HuntOutcome, form: CsvForm, out: &mut dyn Write) -> Result<()> {
    let shown = headers(hunt.news.told().map(|(_, finding)| finding));
    let time = |t: Option<i64>| t.map_or_else(String::new, |t| Instant(t).to_string());
    let text = |text: &str| csv_cell(text).into_owned();
    let rows = hunt.news.told().map(|(_, finding)| {
        let before =
            [time(finding.first_event), time(finding.last_event), text(&finding.hosts.join(", ")), text(&finding.users.join(", "))];
        let own = shown.iter().map(|header| face::value(finding, header).map_or_else(String::new, cell));
        let behind = [finding.entities.to_string(), time(finding.again), text(&finding.key.to_string())];
        before.into_iter().chain(own).chain(behind).collect()
    });
    write_table(BEFORE.into_iter().chain(shown.iter().copied()).chain(BEHIND), rows, form, out)
}

fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => csv_cell(text).into_owned(),
        Json::Array(_) | Json::Object(_) => csv_cell(&value.to_string()).into_owned(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
    }
}
