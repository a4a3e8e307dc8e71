//! The files of report folders. Those of runs and those of nights are lists of these.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A file that a folder contains for each report of type `R`.
pub(crate) struct ReportFile<R> {
    pub name: &'static str,
    pub write: fn(&R, &mut dyn Write) -> io::Result<()>,
}

/// Writes every file of a list.
pub(crate) fn write_all<R>(folder: &Path, files: &[ReportFile<R>], report: &R) -> io::Result<()> {
    files.iter().try_for_each(|file| write(folder, file.name, |out| (file.write)(report, out)))
}

/// Whether a file of this name is in a list.
pub(crate) fn is_listed<R>(files: &[ReportFile<R>], name: &str) -> bool {
    files.iter().any(|file| file.name == name)
}

/// Writes one file and waits until it is on the disk: an error must occur before an earlier report is removed.
pub(crate) fn write(folder: &Path, name: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let name_it = |e: io::Error| io::Error::new(e.kind(), format!("{name}: {e}"));
    let mut out = BufWriter::new(File::create_new(folder.join(name)).map_err(name_it)?);
    write(&mut out).map_err(name_it)?;
    let file = out.into_inner().map_err(|e| name_it(e.into_error()))?;
    file.sync_data().map_err(name_it)
}

/// Whether the process with this id has certainly ended, so that its files are no longer written.
pub(crate) fn has_ended(process: &str) -> bool {
    Path::new("/proc/self").exists() && !Path::new("/proc").join(process).exists()
}
