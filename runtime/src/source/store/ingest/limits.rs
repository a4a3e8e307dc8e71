//! How much a reading of files may hold at once.

use crate::source::logs::ReadOptions;
use crate::source::{Fields, cores};

/// Rows of a segment at most.
const MAX_ROWS: usize = 131_072;

/// How records become segments.
#[derive(Clone, Debug)]
pub(in super::super) struct Limits {
    pub(in super::super) read: ReadOptions,
    /// Fields that are kept; the others are read, so that what is no JSON is found, and passed over.
    pub(in super::super) fields: Fields,
    /// Bytes of JSON in a segment.
    pub(in super::super) segment_bytes: usize,
    /// Rows in a segment.
    pub(in super::super) segment_rows: usize,
    /// Bytes of memory that all segments may take while they grow; those of one line are on top.
    pub(in super::super) memory: usize,
    /// Threads that parse.
    pub(in super::super) workers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            read: ReadOptions::default(),
            fields: Fields::All,
            segment_bytes: 96 << 20,
            segment_rows: MAX_ROWS,
            memory: 256 << 20,
            workers: cores().min(16),
        }
    }
}
