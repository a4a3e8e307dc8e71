//! Limits on what is held in memory while files are read.

use crate::allowance::Allowance;
use crate::source::logs::ReadOptions;
use crate::source::{Fields, cores};
use std::sync::Arc;

/// The most rows of a segment.
const MAX_ROWS: usize = 131_072;

/// How many records a segment takes, and what reading may use.
#[derive(Clone, Debug)]
pub(in super::super) struct Limits {
    pub(in super::super) read: ReadOptions,
    /// The fields that are kept. The others are parsed too, so that invalid JSON is found, and then dropped.
    pub(in super::super) fields: Fields,
    /// The most bytes of JSON in a segment.
    pub(in super::super) segment_bytes: usize,
    /// The most rows in a segment.
    pub(in super::super) segment_rows: usize,
    /// The most bytes of memory for all segments while they grow; those of a line in progress come on top.
    pub(in super::super) memory: usize,
    /// What the hunt that reads may use of time and memory.
    pub(in super::super) allowance: Arc<Allowance>,
    /// The number of threads that parse.
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
            allowance: Arc::default(),
            workers: cores().min(16),
        }
    }
}
