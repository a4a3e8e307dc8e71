//! Memory of blocks that were parsed, for those that come.

use std::sync::{Mutex, PoisonError};

/// Buffers that are free. New ones for each block would come from the system again and again, and go back to it, which costs
/// as much as reading does.
#[derive(Debug, Default)]
pub(crate) struct Spare(Mutex<Vec<Vec<u8>>>);

/// Bigger buffers, of lines as long as these, are not kept.
const MOST: usize = 1 << 20;

impl Spare {
    /// An empty buffer with this capacity at least.
    pub(super) fn take(&self, capacity: usize) -> Vec<u8> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        buffer.reserve(capacity);
        buffer
    }

    /// How many buffers are free.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Takes a buffer back whose content is no longer needed.
    pub(crate) fn give(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= MOST {
            buffer.clear();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        }
    }
}
