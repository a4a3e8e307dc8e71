//! The manifest of a store: the list of its files. It is replaced in one step, so a store is never half changed.
//!
//! The first line of the file has the version of the format and a checksum of the rest, which is JSON.

use super::super::ingest::Origin;
use super::files::{corrupt, open_file, write_error};
use super::layout::Frame;
use crate::own_files;
use crate::source::SourceError;
use foldhash::HashSet;
use huntc_compiler::diag::codes::store::{NOT_A_STORE, STORE_VERSION, UNREADABLE_LOG};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

pub(super) const NAME: &str = "manifest.json";
/// Version of the format.
const FORMAT: u32 = 1;

/// A segment file of a store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub(super) struct Entry {
    /// Name of the file in the store's folder.
    pub(super) file: String,
    pub(super) records: u64,
    /// Times of the first and the last record, in nanoseconds since the epoch.
    pub(super) span: (i64, i64),
    /// The smallest id of its records.
    pub(super) first_id: u64,
    #[serde(flatten)]
    pub(super) frame: Frame,
}

/// The state of a store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug, Default)]
pub(super) struct Manifest {
    /// The id that the next record gets.
    pub(super) next_id: u64,
    /// The number that the next segment file gets.
    pub(super) next_file: u64,
    /// The files that records came from.
    pub(super) origins: Vec<Origin>,
    /// Why it holds only a part of an answer, should a file have said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<String>,
    /// The segments, sorted by time.
    pub(super) segments: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    huntc_store: u32,
    crc32: String,
}

/// Whether a folder has a manifest of huntc, of any version.
pub(super) fn exists(dir: &Path) -> bool {
    let Ok(file) = open_file(&dir.join(NAME)) else { return false };
    let mut start = Vec::new();
    let read = std::io::Read::read_to_end(&mut std::io::Read::take(file, MARK.len() as u64), &mut start);
    read.is_ok() && start == MARK.as_bytes()
}

const MARK: &str = "{\"huntc_store\":";

/// Reads the manifest of a folder.
pub(super) fn read(dir: &Path) -> Result<Manifest, SourceError> {
    let path = dir.join(NAME);
    let not_a_store = || {
        SourceError::new(&NOT_A_STORE, format!("{} is no embedded store", dir.display()))
            .note(format!("it has no {NAME} of one"))
            .help("make a store with `huntc ingest LOGS... --store DIR`")
    };
    let text = match open_file(&path).and_then(std::io::read_to_string) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound || e.kind() == std::io::ErrorKind::NotADirectory => {
            return Err(not_a_store());
        }
        Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
            return Err(corrupt(&path, "it cannot be read").note(e.to_string()));
        }
        Err(e) => {
            return Err(SourceError::new(&UNREADABLE_LOG, format!("cannot read {}", path.display())).note(e.to_string()));
        }
    };
    let Some((head, body)) = text.split_once('\n') else {
        return Err(if text.starts_with(MARK) { corrupt(&path, "it is cut off") } else { not_a_store() });
    };
    let Ok(head) = serde_json::from_str::<Head>(head) else {
        return Err(if text.starts_with(MARK) { corrupt(&path, "its first line is broken") } else { not_a_store() });
    };
    if head.huntc_store != FORMAT {
        return Err(SourceError::new(&STORE_VERSION, format!("{} has another version's format", dir.display()))
            .note(format!("it is format {}, this huntc reads format {FORMAT}", head.huntc_store))
            .help("use the huntc that wrote the store, or make the store again with `huntc ingest`"));
    }
    if checksum(body) != head.crc32 {
        return Err(corrupt(&path, "it does not fit its checksum"));
    }
    let manifest: Manifest = serde_json::from_str(body).map_err(|_| corrupt(&path, "it cannot be read"))?;
    // Opened as often as it is named, one small file would fill the memory, and its records would count as often.
    let mut names = HashSet::default();
    if !manifest.segments.iter().all(|entry| names.insert(entry.file.as_str())) {
        return Err(corrupt(&path, "it names a file twice"));
    }
    Ok(manifest)
}

/// Makes `manifest` the state of a folder. The segment files that it names must be on the disk already. After an error
/// the state is the old one. After success it is the new one, and [`sync_folder`] makes the change permanent.
pub(super) fn commit(dir: &Path, manifest: &Manifest) -> Result<(), SourceError> {
    let path = dir.join(NAME);
    let failed = |e: &std::io::Error| write_error(&path, e);
    let body = serde_json::to_string(manifest).map_err(|e| failed(&e.into()))?;
    let head = serde_json::to_string(&Head { huntc_store: FORMAT, crc32: checksum(&body) }).map_err(|e| failed(&e.into()))?;
    let text = format!("{head}\n{body}");
    own_files::replace(&path, |file| file.write_all(text.as_bytes())).map_err(|e| failed(&e))
}

/// Makes the creation and renaming of files in a folder permanent.
pub(super) fn sync_folder(dir: &Path) -> Result<(), SourceError> {
    std::fs::File::open(dir).and_then(|d| d.sync_all()).map_err(|e| write_error(dir, &e))
}

fn checksum(body: &str) -> String {
    format!("{:08x}", crc32fast::hash(body.as_bytes()))
}
