//! The files of report folders. Those of runs and those of nights are lists of these.

use crate::own_files::NewFolder;
use std::io::{self, Write};

/// A file that a folder contains for each report of type `R`.
pub(crate) struct ReportFile<R> {
    pub name: &'static str,
    pub write: fn(&R, &mut dyn Write) -> io::Result<()>,
}

/// Writes every file of a list.
pub(crate) fn write_all<R>(folder: &mut NewFolder, files: &[ReportFile<R>], report: &R) -> io::Result<()> {
    files.iter().try_for_each(|file| folder.write(file.name, |out| (file.write)(report, out)))
}
