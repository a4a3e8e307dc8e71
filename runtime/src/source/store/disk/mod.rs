//! Stores in folders: segment files, and a manifest that says which of them count.

mod layout;
mod manifest;
mod map;
mod merge;
mod writer;

pub use writer::{IngestOptions, IngestReport, ingest};

use super::ingest::Origin;
use super::residence::Budget;
use super::segment::Segment;
use crate::source::SourceError;
use huntc_compiler::diag::codes::store::{STORE_CORRUPT, STORE_WRITE};
use manifest::Entry;
use map::Mapping;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// Whether a folder holds an embedded store, of whatever version and however damaged: taken for a folder of logs, a store
/// without a readable manifest would be an empty one.
pub(super) fn is_store(dir: &Path) -> bool {
    manifest::exists(dir) || writer::lost_its_manifest(dir)
}

/// Bytes of mapped files that a store keeps in memory between two uses of a segment.
pub(super) const IN_MEMORY: u64 = 256 << 20;

/// Opens the segments of a store, to keep no more in memory than a budget.
pub(super) fn open(dir: &Path, budget: &Arc<Budget>) -> Result<(Vec<Segment>, Vec<Origin>), SourceError> {
    let mut manifest = manifest::read(dir)?;
    loop {
        let opened: Result<Vec<Segment>, SourceError> =
            manifest.segments.par_iter().map(|entry| open_segment(dir, entry, budget)).collect();
        match opened {
            Ok(segments) => return Ok((segments, manifest.origins)),
            // A writer may have merged segments between our two looks. Then there is a new manifest.
            Err(error) => {
                let now = manifest::read(dir)?;
                if now == manifest {
                    return Err(error);
                }
                manifest = now;
            }
        }
    }
}

fn open_segment(dir: &Path, entry: &Entry, budget: &Arc<Budget>) -> Result<Segment, SourceError> {
    let path = dir.join(&entry.file);
    let plain_name = Path::new(&entry.file).file_name().is_some_and(|n| n == entry.file.as_str());
    if !plain_name {
        return Err(corrupt(&dir.join(manifest::NAME), "it names a file outside of the store"));
    }
    let file = open_file(&path).map_err(|e| corrupt(&path, "it cannot be opened").note(e.to_string()))?;
    let mapping = Mapping::of(&file).map_err(|e| corrupt(&path, "it cannot be mapped").note(e.to_string()))?;
    let of_column = path.clone();
    let segment = layout::decode(mapping.as_ref(), budget, &entry.frame, move |what| corrupt(&of_column, what))
        .map_err(|what| corrupt(&path, what))?;
    if segment.len() as u64 != entry.records {
        return Err(corrupt(&path, "it has more records than the manifest says, or fewer"));
    }
    Ok(segment)
}

/// Opens a file of a store; a pipe in its place would wait for ever.
fn open_file(path: &Path) -> std::io::Result<std::fs::File> {
    if std::fs::metadata(path)?.is_file() {
        return std::fs::File::open(path);
    }
    Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "it is no plain file"))
}

/// The error of a damaged file.
fn corrupt(path: &Path, what: &str) -> SourceError {
    SourceError::new(&STORE_CORRUPT, format!("{} is damaged: {what}", path.display()))
        .help("copy the store again, or make it again with `huntc ingest LOGS... --store NEW_DIR`")
}

/// The error of a file that cannot be written.
fn write_error(path: &Path, error: &std::io::Error) -> SourceError {
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
