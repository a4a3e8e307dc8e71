//! Stores in folders: segment files, and a manifest that says which of them count.

#[cfg(unix)]
mod cut;
mod files;
mod layout;
mod manifest;
mod map;
mod merge;
mod reader;
mod writer;

pub(super) use reader::{IN_MEMORY, Opened, open};
pub use writer::{IngestOptions, IngestReport, ingest};

use std::path::Path;

/// Whether a folder holds a store, of any version and even a damaged one. If a store without a readable manifest were
/// taken for a folder of logs, it would seem to be empty.
pub(super) fn is_store(dir: &Path) -> bool {
    manifest::exists(dir) || writer::lost_its_manifest(dir)
}
