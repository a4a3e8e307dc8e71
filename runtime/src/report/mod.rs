//! Reports: the results of a run as JSON, HTML, CSV and text. Data of logs is hostile, so every format makes it harmless.

mod attachment;
pub mod csv;
pub mod evidence;
pub(crate) mod file;
pub mod folder;
pub mod html;
pub mod hunt_text;
pub mod huntbook;
pub mod json;
pub mod model;
mod names;
pub(crate) mod page;
pub mod pictures;
mod pretty_json;
pub mod requests;
pub mod rows;
pub mod sanitize;
pub mod sarif;
pub mod sightings;
pub mod text;

#[cfg(test)]
mod tests;

pub use model::RunReport;

use file::ReportFile;
use model::Display;
use std::io::{Result, Write};

/// The file for people.
const PAGE: &str = "report.html";

/// The files of every report folder, `report.json` first.
const FILES: [ReportFile<RunReport>; 4] = [
    ReportFile { name: "report.json", write: |run, out| json::write(run, true, out) },
    ReportFile { name: PAGE, write: html::write },
    ReportFile { name: "requests.ndjson", write: json::write_requests },
    ReportFile { name: "requests.console", write: requests::write_console },
];

/// A file that a report folder has for each display with a table.
struct DisplayFile {
    /// The end of its name.
    ending: &'static str,
    /// Writes the file.
    write: fn(display: &Display, form: csv::CsvForm, out: &mut dyn Write) -> Result<()>,
}

/// The files of each display.
const DISPLAY_FILES: [DisplayFile; 2] = [
    DisplayFile { ending: "csv", write: csv::write },
    DisplayFile { ending: "json", write: |display, _, out| json::write_display(display, out) },
];
