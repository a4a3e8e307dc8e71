//! The report folder. It is written to a hidden sibling, which then takes the folder's place in one step, so that there
//! is always one complete report.

use super::csv::CsvForm;
use super::file::write_all;
use super::model::RunReport;
use super::names::{attachment_name, display_stem};
use super::{DISPLAY_FILES, FILES, PAGE};
use crate::own_files::{self, NewFolder};
use huntc_compiler::diag::codes::config::{OUTPUT_NOT_USABLE, REPORT_NOT_WRITTEN};
use huntc_compiler::diag::{Code, Diagnostic};
use huntc_compiler::source::Span;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder whose place a report will take.
#[derive(Debug)]
pub struct ReportFolder {
    target: PathBuf,
    /// The hidden sibling. It is removed if no report is committed.
    new: NewFolder,
    /// Whether `target` holds an earlier report.
    earlier: bool,
    /// The place of `--out` in the command line.
    span: Span,
}

/// How the files of the folder are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct FolderOptions {
    /// How its CSV files are.
    pub csv: CsvForm,
}

impl ReportFolder {
    /// Checks that a report may take the place of `target`, and that its sibling can be written, before any source is
    /// asked. A folder with files of anything else is refused.
    pub fn prepare(target: &Path, span: Span) -> Result<Self, Box<Diagnostic>> {
        let refuse = |message: String, error: io::Error| Box::new(fault(&OUTPUT_NOT_USABLE, span, message, &error));
        let shown = target.display();
        // A link is followed, so that the folder is replaced and not the link. A target of `.` gets a name.
        let real = if target.exists() { fs::canonicalize(target) } else { std::path::absolute(target) };
        let target = real.map_err(|e| refuse(format!("the report folder `{shown}` cannot be used"), e))?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            let reason = io::Error::other("it has no parent folder");
            return Err(refuse(format!("the report folder `{shown}` cannot be used"), reason));
        };
        let earlier = inspect(&target).map_err(|e| refuse(format!("the report folder `{shown}` cannot be used"), e))?;
        let parent = parent.to_path_buf();
        let name = name.to_string_lossy().into_owned();
        let create = || {
            fs::create_dir_all(&parent)?;
            own_files::sweep(&parent, |swept| swept == name);
            NewFolder::beside(&parent, &name)
        };
        let new = create().map_err(|e| refuse(format!("no report can be written beside `{shown}`"), e))?;
        Ok(Self { target, new, earlier, span })
    }

    /// Whether the folder holds an earlier report.
    pub fn has_earlier(&self) -> bool {
        self.earlier
    }

    /// The place of `--out` in the command line.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Writes the report and puts it in place. After an error the earlier report is unchanged. Returns the path of
    /// the page to open.
    pub fn commit(mut self, run: &RunReport, options: FolderOptions) -> Result<PathBuf, Box<Diagnostic>> {
        let mut write_and_swap = || -> io::Result<()> {
            write_files(&mut self.new, run, options)?;
            self.new.complete()?;
            swap(self.new.path(), &self.target)?;
            self.new.is_in_place();
            // Its place has the earlier report now, or nothing.
            let _ = own_files::remove(self.new.path());
            Ok(())
        };
        write_and_swap().map_err(|e| {
            let message = format!("the report could not be written to `{}`", self.target.display());
            Box::new(fault(&REPORT_NOT_WRITTEN, self.span, message, &e))
        })?;
        Ok(self.target.join(PAGE))
    }
}

fn fault(code: &'static Code, span: Span, message: String, error: &io::Error) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(code, span, message).note(format!("the reason: {error}"));
    diagnostic = diagnostic.label(if code == &REPORT_NOT_WRITTEN { "not written" } else { "not usable" });
    diagnostic = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            diagnostic.help("free some space, or write to another disk with `--out`")
        }
        io::ErrorKind::DirectoryNotEmpty => diagnostic.help("give a new or empty folder, for example `--out report`"),
        _ => diagnostic.help("give another folder with `--out`"),
    };
    if code == &REPORT_NOT_WRITTEN {
        diagnostic = diagnostic.note("an earlier report in the folder is as it was");
    }
    diagnostic
}

/// Whether `target` contains an earlier report. Anything else in it is an error.
fn inspect(target: &Path) -> io::Result<bool> {
    if target.exists() { own_files::holds_only_listed(target) } else { Ok(false) }
}

fn write_files(folder: &mut NewFolder, run: &RunReport, options: FolderOptions) -> io::Result<()> {
    write_all(folder, &FILES, run)?;
    for (i, hunt) in run.hunts.iter().enumerate() {
        for (j, display) in hunt.displays.iter().enumerate().filter(|(_, d)| d.missing.is_none()) {
            let Some(stem) = display_stem(run, i, j) else { continue };
            for file in &DISPLAY_FILES {
                folder.write(&format!("{stem}.{}", file.ending), |out| (file.write)(display, options.csv, out))?;
            }
        }
        for (j, attachment) in hunt.attachments.iter().enumerate() {
            let Some(name) = attachment_name(run, i, j) else { continue };
            folder.write(&name, |out| out.write_all(&attachment.content()))?;
        }
    }
    Ok(())
}

/// Moves `scratch` to the place of `target`. Afterwards `scratch` is what `target` was, or does not exist.
fn swap(scratch: &Path, target: &Path) -> io::Result<()> {
    if !target.exists() {
        return fs::rename(scratch, target);
    }
    match exchange(scratch, target) {
        Ok(()) => Ok(()),
        Err(_) => swap_in_two_steps(scratch, target),
    }
}

/// For file systems that cannot exchange two folders. The earlier report is moved aside first, and moved back if the
/// new one cannot be moved.
fn swap_in_two_steps(scratch: &Path, target: &Path) -> io::Result<()> {
    let mut aside = scratch.as_os_str().to_owned();
    aside.push("-old");
    let aside = PathBuf::from(aside);
    fs::rename(target, &aside)?;
    if let Err(error) = fs::rename(scratch, target) {
        fs::rename(&aside, target)?;
        return Err(error);
    }
    fs::rename(&aside, scratch)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
