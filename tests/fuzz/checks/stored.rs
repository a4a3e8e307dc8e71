//! Files in a folder of the process, and requests on stores of them.

use huntc_compiler::request::{BoundRequest, Never, Query};
use huntc_runtime::source::logs::{ReadOptions, ReadReport};
use huntc_runtime::source::store::Store;
use huntc_runtime::source::{DataSource, FetchContext, Records, SourceError};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder that is there for one check.
pub struct Folder(pub PathBuf);

impl Folder {
    /// A new one, in memory where the system has such a place.
    pub fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let memory = PathBuf::from("/dev/shm");
        let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("huntc-fuzz-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_to_the_system = std::fs::remove_dir_all(&self.0);
    }
}

/// A log read in blocks of this size, longest line 1,000 bytes, three records in a segment.
pub fn read(bytes: &[u8], block: usize) -> Result<(Store, ReadReport), SourceError> {
    let folder = Folder::new();
    let path = folder.file("log", bytes);
    Store::from_paths_cut(&[path], ReadOptions { max_line: 1000, block, ..ReadOptions::default() }, 3)
}

/// The records that a query finds.
pub fn fetch(store: &Store, query: Query<Never>, fields: Vec<String>) -> Result<Records, SourceError> {
    let request = BoundRequest::of(huntc_compiler::catalog::Catalog::builtin(), query, fields);
    store.fetch(&request, &FetchContext::default())
}
