//! Opens files of a store, and makes the errors of damaged files and of files that cannot be written.

use crate::source::SourceError;
use huntc_compiler::diag::codes::store::{STORE_CORRUPT, STORE_WRITE};
use std::path::Path;

/// Opens a file of a store. Anything but a regular file is refused, because reading a pipe would never end.
pub(super) fn open_file(path: &Path) -> std::io::Result<std::fs::File> {
    if std::fs::metadata(path)?.is_file() {
        return std::fs::File::open(path);
    }
    Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "it is no plain file"))
}

/// The error of a damaged file.
pub(super) fn corrupt(path: &Path, what: &str) -> SourceError {
    SourceError::new(&STORE_CORRUPT, format!("{} is damaged: {what}", path.display()))
        .help("copy the store again, or make it again with `huntc ingest LOGS... --store NEW_DIR`")
}

/// The error of a file that cannot be written.
pub(super) fn write_error(path: &Path, error: &std::io::Error) -> SourceError {
    let out = SourceError::new(&STORE_WRITE, format!("cannot write {}", path.display())).note(error.to_string());
    let out = out.note("the store keeps its last whole state");
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => out.help("make room, or name another folder"),
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            out.help("check the permissions of the folder, or name another one")
        }
        _ => out.help("check the disk and run the same command again"),
    }
}
