//! The manifest of a store: which files belong to it. It changes in one step, so a store has always one whole state.
//!
//! The file's first line has the format's number and a checksum of the rest, which is JSON.

use super::super::ingest::Origin;
use super::files::{corrupt, open_file, write_error};
use super::layout::Frame;
use crate::source::SourceError;
use huntc_compiler::diag::codes::store::{NOT_A_STORE, STORE_VERSION, UNREADABLE_LOG};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

/// The manifest's file name.
pub(super) const NAME: &str = "manifest.json";
/// Where the next manifest is written before it takes the place of the current one.
pub(super) const NEXT: &str = "manifest.json.tmp";
/// Number of the format.
const FORMAT: u32 = 1;

/// A segment file of a store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub(super) struct Entry {
    /// File name in the store's folder.
    pub(super) file: String,
    /// Records.
    pub(super) records: u64,
    /// Nanoseconds of the first and the last record.
    pub(super) span: (i64, i64),
    /// Smallest id.
    pub(super) first_id: u64,
    #[serde(flatten)]
    pub(super) frame: Frame,
}

/// The state of a store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug, Default)]
pub(super) struct Manifest {
    /// Id of the next record.
    pub(super) next_id: u64,
    /// Number of the next segment file.
    pub(super) next_file: u64,
    /// Files that records came from.
    pub(super) origins: Vec<Origin>,
    /// Segments, by time.
    pub(super) segments: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    huntc_store: u32,
    crc32: String,
}

/// Whether a folder holds a manifest of ours, of whatever version.
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
    serde_json::from_str(body).map_err(|_| corrupt(&path, "it cannot be read"))
}

/// Makes a manifest the state of a folder. Its segment files must be on the disk already. After an error the state is the
/// one before; after success it is the new one, and [`sync_folder`] makes it stay.
pub(super) fn commit(dir: &Path, manifest: &Manifest) -> Result<(), SourceError> {
    let next = dir.join(NEXT);
    let failed = |e: &std::io::Error| write_error(&next, e);
    let body = serde_json::to_string(manifest).map_err(|e| failed(&e.into()))?;
    let head = serde_json::to_string(&Head { huntc_store: FORMAT, crc32: checksum(&body) }).map_err(|e| failed(&e.into()))?;
    let mut file = std::fs::File::create(&next).map_err(|e| failed(&e))?;
    file.write_all(format!("{head}\n{body}").as_bytes()).map_err(|e| failed(&e))?;
    file.sync_all().map_err(|e| failed(&e))?;
    drop(file);
    std::fs::rename(&next, dir.join(NAME)).map_err(|e| failed(&e))
}

/// Makes what was created or renamed in a folder last.
pub(super) fn sync_folder(dir: &Path) -> Result<(), SourceError> {
    std::fs::File::open(dir).and_then(|d| d.sync_all()).map_err(|e| write_error(dir, &e))
}

fn checksum(body: &str) -> String {
    format!("{:08x}", crc32fast::hash(body.as_bytes()))
}
