//! Reports: the results of a run as JSON, HTML, CSV and text. Data of logs is hostile, so every format makes it harmless.

pub mod csv;
pub mod evidence;
pub(crate) mod file;
pub mod folder;
pub mod html;
pub mod hunt_text;
pub mod json;
pub mod model;
mod names;
pub(crate) mod page;
pub mod pictures;
mod pretty_json;
pub mod requests;
pub mod sanitize;
pub mod sightings;
pub mod text;

#[cfg(test)]
mod tests;

pub use model::RunReport;

use file::ReportFile;
use model::Display;
use std::io::{Result, Write};

/// The files of every report folder, `report.json` first.
const FILES: [ReportFile<RunReport>; 4] = [
    ReportFile { name: "report.json", write: |run, out| json::write(run, true, out) },
    ReportFile { name: "report.html", write: html::write },
    ReportFile { name: "requests.ndjson", write: json::write_requests },
    ReportFile { name: "requests.console", write: requests::write_console },
];

/// A file that a report folder has for each display with a table.
struct DisplayFile {
    /// The end of its name.
    ending: &'static str,
    /// Writes the file. With `raw`, CSV cells that a spreadsheet would run as formulas stay as they are.
    write: fn(display: &Display, raw: bool, out: &mut dyn Write) -> Result<()>,
}

/// The files of each display.
const DISPLAY_FILES: [DisplayFile; 2] = [
    DisplayFile { ending: "csv", write: csv::write },
    DisplayFile { ending: "json", write: |display, _, out| json::write_display(display, out) },
];
