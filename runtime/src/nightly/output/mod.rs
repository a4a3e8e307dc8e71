//! The report folder of a night. It is written under a hidden name and renamed in one step.

mod csv;
mod html;
mod json;
mod names;
mod text;

pub(super) use names::is_night;
pub(crate) use text::summary;

use super::model::{Night, NightSettings};
use crate::report::file::{self, ReportFile, has_ended, is_listed, write_all};
use crate::source::SourceError;
use huntc_compiler::diag::codes::nightly::NIGHT_NOT_WRITTEN;
use names::csv_name;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The files of each night's report. The last one to be written shows that the others are complete.
const FILES: [ReportFile<Night>; 4] = [
    ReportFile { name: "report.json", write: |night, out| crate::report::json::write(&night.run, false, out) },
    ReportFile { name: "summary.txt", write: |night, out| out.write_all(text::summary(night).as_bytes()) },
    ReportFile { name: "summary.html", write: html::write },
    ReportFile { name: MARK, write: json::write },
];

/// The file that makes a folder the report of a night.
pub(super) const MARK: &str = "nightly.json";

fn fault(path: &Path, error: &io::Error) -> SourceError {
    SourceError::new(&NIGHT_NOT_WRITTEN, format!("the report of the night could not be written to `{}`", path.display()))
        .note(format!("the reason: {error}"))
        .note("what was found comes with the next report")
        .help("make space, or give another folder with `--out`")
}

/// Writes the report to a hidden folder beside its place. Returns the path of that folder.
pub(super) fn write(night: &Night, settings: &NightSettings) -> Result<PathBuf, SourceError> {
    let scratch = settings.out.join(format!(".{}.huntc-{}", night.id, std::process::id()));
    let write = || -> io::Result<()> {
        fs::create_dir_all(&settings.out)?;
        remove(&scratch);
        fs::create_dir(&scratch)?;
        for (at, hunt) in night.hunts.iter().enumerate().filter(|(_, h)| !h.news.new.is_empty()) {
            file::write(&scratch, &csv_name(at, &hunt.name), |out| csv::write(hunt, out))?;
        }
        write_all(&scratch, &FILES, night)?;
        File::open(&scratch)?.sync_all()
    };
    write().map_err(|e| {
        remove(&scratch);
        fault(&settings.out, &e)
    })?;
    Ok(scratch)
}

/// Renames the report to its name.
pub(super) fn put_in_place(scratch: &Path, target: &Path) -> Result<(), SourceError> {
    let place = || -> io::Result<()> {
        fs::rename(scratch, target)?;
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
    let mut found: Vec<String> = names.filter(|n| is_night(n) && out.join(n).join(MARK).is_file()).collect();
    // By length too: `…Z-10` comes after `…Z-2`.
    found.sort_by_key(|n| (n.get(..16).map(str::to_owned), n.len(), n.clone()));
    found
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

/// Removes a report. Of the files in its folder only those that belong to a report are removed.
pub(super) fn remove(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if is_listed(&FILES, &name) || name.ends_with("-new.csv") {
            let _ = fs::remove_file(entry.path());
        }
    }
    let _ = fs::remove_dir(folder);
}

/// Removes the hidden folders that killed runs left beside the reports.
pub(super) fn sweep(out: &Path) {
    for entry in fs::read_dir(out).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().and_then(|n| n.strip_prefix('.')) else { continue };
        let Some((night, process)) = name.split_once(".huntc-") else { continue };
        let own = process == std::process::id().to_string();
        if is_night(night) && (own || has_ended(process)) {
            remove(&entry.path());
        }
    }
}
