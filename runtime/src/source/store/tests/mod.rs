//! Tests of the store: documents in, records out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad_lines;
mod basics;
mod disk;
mod duplicates;
mod faults;
mod kept;
mod mended;
mod naive;
mod random;
mod shared_data;
mod stream;

use super::Store;
use super::ingest::Limits;
use crate::source::logs::{ReadOptions, ReadReport};
use crate::source::{DataSource, FetchContext, Records, Scalar};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Never, Query};
use huntc_compiler::time::Window;
use std::path::{Path, PathBuf};

/// A store of one file with this text.
pub(super) fn store_of(text: &str) -> (Store, ReadReport) {
    store_with(text.as_bytes(), &Limits::default())
}

pub(super) fn store_with(bytes: &[u8], limits: &Limits) -> (Store, ReadReport) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("events.ndjson");
    std::fs::write(&file, bytes).unwrap();
    Store::from_paths_within(&[file], limits).unwrap()
}

/// Limits with small blocks, small segments and several workers.
pub(super) fn tiny_limits() -> Limits {
    Limits {
        read: ReadOptions { max_line: 4096, block: 64, ..ReadOptions::default() },
        segment_bytes: 400,
        segment_rows: 3,
        memory: 1 << 20,
        workers: 3,
        ..Limits::default()
    }
}

pub(super) fn request(query: Query<Never>, window: Window, fields: &[&str]) -> BoundRequest {
    BoundRequest { window, ..BoundRequest::of(Catalog::builtin(), query, fields.iter().copied()) }
}

/// The ids of the records that match, ascending.
pub(super) fn ids(store: &Store, query: Query<Never>) -> Vec<u64> {
    let request = request(query, None, &[]);
    let context = FetchContext::default();
    let records = store.fetch(&request, &context).unwrap();
    assert_eq!(store.count(&request, &context).unwrap(), records.len() as u64);
    let mut ids = records.ids;
    ids.sort_unstable();
    ids
}

/// The values of a field in each record, in the order of ids.
pub(super) fn values(records: &Records, field: &str) -> Vec<Vec<Scalar>> {
    let column = records.column(field).unwrap();
    let mut rows: Vec<_> = (0..records.len()).map(|i| (records.ids[i], column.values(i).cloned().collect())).collect();
    rows.sort_by_key(|(id, _): &(u64, Vec<Scalar>)| *id);
    rows.into_iter().map(|(_, values)| values).collect()
}

/// The folder of shared telemetry; `None` when it is missing. It must be there when HUNTC_REQUIRE_SHARED is set.
pub(super) fn shared_data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if path.is_dir() {
        return Some(path);
    }
    assert!(std::env::var_os("HUNTC_REQUIRE_SHARED").is_none(), "the shared telemetry is not at {}", path.display());
    None
}
