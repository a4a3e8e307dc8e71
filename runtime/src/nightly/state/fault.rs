//! The errors of a state that cannot be used, with the way back to a whole one.

use super::copies::{FILE, newest_good};
use crate::nightly::shell::shell_word;
use crate::source::SourceError;
use huntc_compiler::diag::codes::nightly::{STATE_UNUSABLE, STATE_VERSION};
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::Path;

fn unusable(path: &Path, reason: &dyn Display) -> SourceError {
    SourceError::new(&STATE_UNUSABLE, format!("the state in `{}` cannot be used", path.display()))
        .note(format!("the reason: {reason}"))
}

/// The state cannot be reached: a missing right, a full disk.
pub(super) fn fault(path: &Path, error: impl Display) -> SourceError {
    unusable(path, &error).help("give another folder with `--state`, or make it usable and run again")
}

/// The state is not what was written. It can be put back.
pub(super) fn damaged(path: &Path, reason: impl Display) -> SourceError {
    let folder = path.parent().unwrap_or(Path::new("."));
    let problem = unusable(path, &reason);
    let Some(copy) = newest_good(folder) else {
        return problem.help("give another folder with `--state`, or put the file back from a backup");
    };
    let word = |path: &Path| shell_word(&path.display().to_string());
    let (state, copy_path) = (word(path), word(&copy.path));
    // The damaged file stays for whoever looks for the reason. A link in its place is moved, not followed.
    let aside = if path.symlink_metadata().is_ok() { format!("mv {state} {state}.damaged && ") } else { String::new() };
    problem
        .note(format!("the copy made after the night {} is whole; what was told since is told again", copy.night))
        .help(format!("go back to that copy: {aside}cp {copy_path} {state}"))
}

/// The error of the database.
pub(super) fn broken(path: &Path, error: impl Into<redb::Error>) -> SourceError {
    match error.into() {
        redb::Error::Io(error) if !matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) => fault(path, error),
        error @ (redb::Error::DatabaseAlreadyOpen | redb::Error::ValueTooLarge(_)) => fault(path, error),
        error => damaged(path, error),
    }
}

/// The state is gone, and copies of it are there.
pub(super) fn lost(folder: &Path) -> Option<SourceError> {
    newest_good(folder)?;
    let path = folder.join(FILE);
    Some(damaged(&path, "it is gone, but copies of it are there").help("or remove the copies too, to begin anew"))
}

pub(super) fn version(path: &Path, found: u64, known: u64) -> SourceError {
    let headline = format!("the state in `{}` has version {found} of its layout", path.display());
    SourceError::new(&STATE_VERSION, headline)
        .note(format!("this huntc knows version {known}"))
        .help("use the huntc that wrote it, or a later one")
}
