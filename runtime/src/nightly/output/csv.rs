//! New findings as CSV: their rows, and when they were first and last seen.

use crate::nightly::model::HuntOutcome;
use crate::report::csv::write_table;
use crate::report::sanitize::csv_cell;
use huntc_compiler::time::Instant;
use serde_json::Value as Json;
use std::io::{Result, Write};

/// Writes the new findings of a hunt.
pub(super) fn write(hunt: &HuntOutcome, out: &mut dyn Write) -> Result<()> {
    let columns = hunt.columns.iter().map(String::as_str).chain(["first_event", "last_event"]);
    let rows = hunt.news.new.iter().map(|(_, finding)| {
        let row = finding.row.as_deref().unwrap_or_default();
        let time = |t: Option<i64>| t.map_or_else(String::new, |t| Instant(t).to_string());
        let cells = (0..hunt.columns.len()).map(|i| row.get(i).map_or_else(String::new, cell));
        cells.chain([time(finding.first_event), time(finding.last_event)]).collect()
    });
    write_table(columns, rows, false, out)
}

fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => csv_cell(text).into_owned(),
        Json::Array(_) | Json::Object(_) => csv_cell(&value.to_string()).into_owned(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
    }
}
