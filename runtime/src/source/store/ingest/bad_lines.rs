//! Collects the lines that are no records.

use crate::source::logs::{BadReason, NAMED_BAD_LINES};

/// The number of such lines, and the first of them. A file may have more of them than fit into memory.
#[derive(Debug, Default)]
pub(super) struct Bad {
    pub(super) total: u64,
    pub(super) first: Vec<(u64, BadReason)>,
}

impl Bad {
    /// Adds a line. Lines arrive in order, so the first ones have the smallest ids.
    pub(super) fn push(&mut self, id: u64, reason: BadReason) {
        self.total += 1;
        if self.first.len() < NAMED_BAD_LINES {
            self.first.push((id, reason));
        }
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.total += other.total;
        self.first.extend(other.first);
    }
}
