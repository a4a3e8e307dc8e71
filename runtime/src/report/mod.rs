//! Reports: what a run found, as JSON, CSV and text. Log data is hostile: every sink neutralises it.

pub mod csv;
pub mod folder;
pub mod html;
pub mod json;
pub mod model;
mod names;
pub mod sanitize;
pub mod text;

#[cfg(test)]
mod tests;

use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Instant;
use model::HuntReport;
use std::time::Duration;

/// The outcome of a run: all its huntflows, in the order of the command line.
#[derive(Debug)]
pub struct RunReport {
    /// The one "now" of the run.
    pub now: Instant,
    /// One for each file.
    pub hunts: Vec<HuntReport>,
    /// What the spans of diagnostics point into.
    pub sources: SourceSet,
    /// Wall time of the whole run.
    pub elapsed: Duration,
}

impl HuntReport {
    /// Whether the hunt found something: a DISP that shows a row; in a hunt without DISP, a last variable that is
    /// not empty.
    pub fn has_findings(&self) -> bool {
        let mut tables = self.displays.iter().filter(|d| d.command == "DISP").peekable();
        if tables.peek().is_none() {
            return self.variables.last().is_some_and(|v| v.entities.unwrap_or(0) > 0);
        }
        tables.any(|d| d.missing.is_none() && !d.rows.is_empty())
    }
}
