//! Stores in folders: segment files, and a manifest that says which of them count.

mod files;
mod layout;
mod manifest;
mod map;
mod merge;
mod reader;
mod writer;

pub(super) use reader::{IN_MEMORY, open};
pub use writer::{IngestOptions, IngestReport, ingest};

use std::path::Path;

/// Whether a folder holds an embedded store, of whatever version and however damaged: taken for a folder of logs, a store
/// without a readable manifest would be an empty one.
pub(super) fn is_store(dir: &Path) -> bool {
    manifest::exists(dir) || writer::lost_its_manifest(dir)
}
