//! Zip archives. Their list of members stands at their end, so one that comes through a pipe, or is packed once more, is copied into
//! a file without a name first.

use super::member::{self, TakeMember};
use super::unpacking::Unpacking;
use crate::source::SourceError;
use crate::source::logs::file_kind::{ENCRYPTED, FileKind, LINK, PACKED_OTHERWISE};
use crate::source::logs::open::{CarriedError, broken};
use ::zip::read::{Config, ZipFileEntry};
use ::zip::result::ZipError;
use ::zip::unstable::read::ZipIterable;
use ::zip::{CompressionMethod, ZipReadOptions};
use huntc_compiler::diag::codes::store::{UNPACKS_TO_TOO_MUCH, UNREADABLE_LOG};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, copy};
use std::path::Path;

/// Hands over the members of an archive. `own` is the path of the file that it is, perhaps compressed.
pub(super) fn each_member(
    archive: &str,
    own: Option<&Path>,
    reader: Box<dyn Read + '_>,
    unpacking: &Unpacking<'_>,
    take: &mut TakeMember<'_>,
) -> Result<(), SourceError> {
    let mut file = seekable(archive, own, reader, unpacking)?;
    let mut zip = ZipIterable::try_new(&mut file, Config::default()).map_err(|e| damaged(archive, e))?;
    let files = zip.files().map_err(|e| damaged(archive, e))?;
    while let Some(entry) = files.next() {
        let entry = entry.map_err(|e| damaged(archive, e))?;
        let raw = || String::from_utf8_lossy(entry.name_raw()).into_owned();
        let name = entry.name().map_or_else(|_| raw(), std::borrow::Cow::into_owned);
        // A folder is nothing but a name.
        let Some(name) = member::shown(&name).filter(|_| !entry.is_dir()) else { continue };
        if let Some(kind) = unread(&entry) {
            take(&name, Err(kind))?;
            continue;
        }
        let path = format!("{archive}/{name}");
        let mut content = entry.with_reader(files.reader_mut(), ZipReadOptions::new()).map_err(|e| damaged(&path, e))?;
        take(&name, Ok(Box::new(unpacking.metered(&mut content))))?;
        // What was not wanted of it has to be whole too.
        copy(&mut unpacking.metered(&mut content), &mut std::io::sink()).map_err(|e| broken(&path, &e))?;
    }
    Ok(())
}

/// Why a member cannot be read, as the list of members says.
fn unread(entry: &ZipFileEntry<'_>) -> Option<&'static FileKind> {
    match entry.compression() {
        _ if entry.is_symlink() => Some(&LINK),
        _ if entry.encrypted() => Some(&ENCRYPTED),
        CompressionMethod::Stored
        | CompressionMethod::Deflated
        | CompressionMethod::Deflate64
        | CompressionMethod::Bzip2
        | CompressionMethod::Zstd => None,
        _ => Some(&PACKED_OTHERWISE),
    }
}

/// The archive as a file in which any place can be gone to.
fn seekable(archive: &str, own: Option<&Path>, reader: Box<dyn Read + '_>, unpacking: &Unpacking<'_>) -> Result<File, SourceError> {
    let failed = |e: std::io::Error| broken(archive, &e);
    if let Some(path) = own.filter(|path| path.is_file()) {
        let mut file = File::open(path).map_err(failed)?;
        let mut head = [0; 2];
        // A file that is compressed as a whole is not the archive itself.
        if file.read_exact(&mut head).is_ok() && head == *b"PK" {
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            return Ok(file);
        }
    }
    let most = unpacking.limits.copy;
    let mut file = tempfile::tempfile().map_err(failed)?;
    let mut metered = unpacking.metered(reader);
    if copy(&mut metered.by_ref().take(most), &mut file).map_err(failed)? == most {
        let message = format!("{archive} has more than {most} bytes, and would have to be copied to be read");
        return Err(SourceError::new(&UNPACKS_TO_TOO_MUCH, message).help("save it as a file of its own, and name that"));
    }
    Ok(file)
}

/// The error of an archive, or a member, that is none.
fn damaged(name: &str, error: ZipError) -> SourceError {
    match error {
        ZipError::Io(error) if CarriedError::of(&error).is_some() => broken(name, &error),
        error => SourceError::new(&UNREADABLE_LOG, format!("cannot read the zip archive {name} to its end"))
            .note(error.to_string())
            .help("check that the file was copied whole, for example with `unzip -t FILE`"),
    }
}
