//! The report folder of a night. It is written under a hidden name and renamed in one step.

mod chart;
mod csv;
pub(super) mod health;
mod html;
mod json;
mod names;
mod overview;
mod sarif;
mod table;
mod text;
mod when;

pub(super) use names::is_night;
pub(super) use overview::overview;
pub(crate) use sarif::sarif;
pub(crate) use text::summary;

use super::model::{Night, NightSettings};
use crate::config::trust::sha256;
use crate::own_files::{self, NewFolder};
use crate::report::file::{ReportFile, write_all};
use crate::source::SourceError;
use huntc_compiler::diag::codes::nightly::NIGHT_NOT_WRITTEN;
use names::csv_name;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The files of each night's report. The last one to be written shows that the others are complete.
const FILES: [ReportFile<Night>; 4] = [
    ReportFile { name: "report.json", write: |night, out| crate::report::json::write(&night.run, false, out) },
    ReportFile { name: "summary.txt", write: |night, out| out.write_all(text::summary(night).as_bytes()) },
    ReportFile { name: SUMMARY_PAGE, write: html::write },
    ReportFile { name: MARK, write: json::write },
];

/// The file for people.
pub(crate) const SUMMARY_PAGE: &str = "summary.html";

/// The file that makes a folder the report of a night.
pub(super) const MARK: &str = "nightly.json";

fn fault(path: &Path, error: &io::Error) -> SourceError {
    SourceError::new(&NIGHT_NOT_WRITTEN, format!("the report of the night could not be written to `{}`", path.display()))
        .note(format!("the reason: {error}"))
        .note("what was found comes with the next report")
        .help("make space, or give another folder with `--out`")
}

/// Keeps a name for a report of this night alone: the hidden folder that it is written to. `None` where the name is taken. Where
/// the folder of reports cannot be written to, that is told when the report is.
pub(super) fn reserve(out: &Path, id: &str) -> Option<Reserved> {
    if out.join(id).exists() {
        return None;
    }
    match fs::create_dir_all(out).and_then(|()| NewFolder::only(out, id)) {
        Ok(folder) => Some(Reserved(Some(folder))),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && out.is_dir() => None,
        Err(_) => Some(Reserved(None)),
    }
}

/// The place of a report that is to be written.
pub(super) struct Reserved(Option<NewFolder>);

/// Writes the report to a hidden folder beside its place.
pub(super) fn write(night: &Night, settings: &NightSettings, reserved: Reserved) -> Result<NewFolder, SourceError> {
    let write = || -> io::Result<NewFolder> {
        fs::create_dir_all(&settings.out)?;
        let mut folder = reserved.0.map_or_else(|| NewFolder::only(&settings.out, &night.id), Ok)?;
        for (at, hunt) in night.hunts.iter().enumerate().filter(|(_, h)| h.news.told_count() > 0) {
            folder.write(&csv_name(at, &hunt.name), |out| csv::write(hunt, settings.csv, out))?;
        }
        write_all(&mut folder, &FILES, night)?;
        folder.complete()?;
        Ok(folder)
    };
    write().map_err(|e| fault(&settings.out, &e))
}

/// The checksum of a report: that of the file which shows that it is one.
pub(super) fn checksum(night: &Night) -> Option<String> {
    let mut bytes = Vec::new();
    json::write(night, &mut bytes).ok()?;
    Some(sha256(&String::from_utf8_lossy(&bytes)))
}

/// Whether a folder holds the report of this checksum.
pub(super) fn holds(folder: &Path, checksum: &str) -> bool {
    fs::read_to_string(folder.join(MARK)).is_ok_and(|text| sha256(&text) == checksum)
}

/// Renames the report to its name.
pub(super) fn put_in_place(mut folder: NewFolder, target: &Path) -> Result<(), SourceError> {
    let mut place = || -> io::Result<()> {
        fs::rename(folder.path(), target)?;
        folder.is_in_place();
        if let Some(parent) = target.parent() {
            File::open(parent)?.sync_all()?;
        }
        Ok(())
    };
    place().map_err(|e| fault(target, &e))
}

/// The names of the nights in a folder, sorted by time.
pub(super) fn nights(out: &Path) -> Vec<String> {
    let entries = fs::read_dir(out).into_iter().flatten().flatten();
    let names = entries.filter_map(|e| e.file_name().into_string().ok());
    let mut found: Vec<String> = names.filter(|n| is_night(n) && is_report(&out.join(n))).collect();
    // By length too: `…Z-10` comes after `…Z-2`.
    found.sort_by_key(|n| (n.get(..16).map(str::to_owned), n.len(), n.clone()));
    found
}

/// Whether a folder is the report of a night. A link to one is none.
fn is_report(folder: &Path) -> bool {
    folder.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) && folder.join(MARK).is_file()
}

/// Whether a report says that every hunt of the folder was searched up to now.
pub(super) fn is_whole(folder: &Path) -> bool {
    #[derive(serde::Deserialize)]
    struct Report {
        complete: bool,
        part: Option<String>,
    }
    let text = fs::read(folder.join(MARK)).unwrap_or_default();
    serde_json::from_slice::<Report>(&text).is_ok_and(|report| report.complete && report.part.is_none())
}

/// Removes the hidden folders that killed runs left beside the reports.
pub(super) fn sweep(out: &Path) {
    own_files::sweep(out, is_night);
}
