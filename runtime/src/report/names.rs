//! Names of the files that a report folder has for a display. They are safe and the same in every run.

use super::model::RunReport;
use super::sanitize::file_part;
use std::path::Path;

/// The name of an attachment's file: `attachment-01-plot.png`. `None` when there is no such attachment.
pub(crate) fn attachment_name(run: &RunReport, hunt: usize, attachment: usize) -> Option<String> {
    let own = run.hunts.get(hunt)?.attachments.get(attachment)?;
    let stem = own.name.rsplit_once('.').map_or(own.name.as_str(), |(stem, _)| stem);
    let hunt = if run.hunts.len() == 1 { String::new() } else { format!("{:02}-", hunt + 1) };
    Some(format!("{hunt}attachment-{:02}-{}.{}", attachment + 1, file_part(stem), own.kind.ending()))
}

/// The common part of the names of a display's files: `02-tasks`, or `03-scheduled-tasks-02-tasks` in a run of several
/// huntflows. `None` when there is no such display.
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
