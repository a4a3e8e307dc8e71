//! Reuses the memory of blocks that were parsed.

use std::sync::{Mutex, PoisonError};

/// Free buffers. If each block had a new one, the system would have to provide and take back its memory again and
/// again, which costs as much time as reading.
#[derive(Debug, Default)]
pub(crate) struct Spare(Mutex<Vec<Vec<u8>>>);

/// Larger buffers, which very long lines need, are not kept.
const MOST: usize = 1 << 20;

impl Spare {
    /// An empty buffer with at least this capacity.
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

    /// Takes back a buffer whose content is no longer needed.
    pub(crate) fn give(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= MOST {
            buffer.clear();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        }
    }
}
