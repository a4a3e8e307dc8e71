//! Names of the files in a report folder: safe, stable from run to run, and recognisable as ours.

use super::RunReport;
use super::sanitize::file_part;
use std::path::Path;

/// Files with fixed names.
pub(crate) const FIXED: [&str; 3] = ["report.json", "report.html", "requests.ndjson"];

/// The stem of a display's files: `02-tasks`, and in a run of several files `03-scheduled-tasks-02-tasks`.
pub(crate) fn display_stem(run: &RunReport, hunt: usize, display: usize) -> Option<String> {
    let report = run.hunts.get(hunt)?;
    let variable = file_part(&report.displays.get(display)?.variable);
    let own = format!("{:02}-{variable}", display + 1);
    if run.hunts.len() == 1 {
        return Some(own);
    }
    let stem = Path::new(&report.file).file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    Some(format!("{:02}-{}-{own}", hunt + 1, file_part(&stem)))
}

/// Whether a report could have written a file of this name: `report.json`, or `NN-….csv|json`.
pub(crate) fn is_ours(name: &str) -> bool {
    let numbered = name.split_once('-').is_some_and(|(n, _)| n.len() >= 2 && n.bytes().all(|b| b.is_ascii_digit()));
    let table = Path::new(name).extension().is_some_and(|e| e == "csv" || e == "json");
    FIXED.contains(&name) || (numbered && table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_files_are_recognised_and_others_are_not() {
        for ours in ["report.json", "report.html", "requests.ndjson", "01-tasks.csv", "112-x.json", "02-flow-01-x.csv"] {
            assert!(is_ours(ours), "{ours}");
        }
        for foreign in ["notes.txt", "events.ndjson", "1-x.csv", "01-x.txt", "2020-report.docx", ".git", "x.csv", "tasks.json"] {
            assert!(!is_ours(foreign), "{foreign}");
        }
    }
}
