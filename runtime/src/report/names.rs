//! Names of the files that a report folder has for a display: safe, and stable from run to run.

use super::model::RunReport;
use super::sanitize::file_part;
use std::path::Path;

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
