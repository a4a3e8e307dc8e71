//! Reports: what a run found, as JSON, HTML, CSV and text. Log data is hostile: every sink neutralises it.

pub mod csv;
pub(crate) mod file;
pub mod folder;
pub mod html;
pub mod json;
pub mod model;
mod names;
pub(crate) mod page;
pub mod sanitize;
pub mod text;

#[cfg(test)]
mod tests;

pub use model::RunReport;

use file::ReportFile;
use model::Display;
use std::io::{Result, Write};

/// Files of every report folder, the main one first.
const FILES: [ReportFile<RunReport>; 3] = [
    ReportFile { name: "report.json", write: |run, out| json::write(run, true, out) },
    ReportFile { name: "report.html", write: html::write },
    ReportFile { name: "requests.ndjson", write: json::write_requests },
];

/// A file that a report folder has for each display that is not missing.
struct DisplayFile {
    /// What its name ends in.
    ending: &'static str,
    /// Writes it; `raw` leaves CSV cells that a spreadsheet would run as they are.
    write: fn(display: &Display, raw: bool, out: &mut dyn Write) -> Result<()>,
}

/// Files of each display.
const DISPLAY_FILES: [DisplayFile; 2] = [
    DisplayFile { ending: "csv", write: csv::write },
    DisplayFile { ending: "json", write: |display, _, out| json::write_display(display, out) },
];
