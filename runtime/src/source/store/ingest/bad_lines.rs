//! Lines that are no records, while they are found.

use crate::source::logs::{BadReason, NAMED_BAD_LINES};

/// Lines that are no records. A file may hold more of them than fit into memory, so only the first are kept.
#[derive(Debug, Default)]
pub(super) struct Bad {
    pub(super) total: u64,
    pub(super) first: Vec<(u64, BadReason)>,
}

impl Bad {
    /// Takes a line; they come in order, so the first ones have the smallest ids.
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
