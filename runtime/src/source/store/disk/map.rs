//! Segment files mapped into memory: mapped when a store is opened, and read page by page when used.
#![expect(
    unsafe_code,
    reason = "a mapped file must not shrink or change while it is mapped: segment files are written once, under names that \
              are never used again, and only ever removed, which leaves mappings valid. Pages of such a mapping that are \
              given back hold the same bytes when they are read again"
)]

use arrow_buffer::Buffer;
use memmap2::{Mmap, UncheckedAdvice};
use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

/// A mapped file.
#[derive(Clone)]
pub(super) struct Mapping(Arc<Mmap>);

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Mapping {
    /// Maps a file, of which nothing is read yet. `None` when the file is empty.
    pub(super) fn of(file: &File) -> std::io::Result<Option<Self>> {
        if file.metadata()?.len() == 0 {
            return Ok(None);
        }
        let mapped = unsafe { Mmap::map(file) }?;
        Ok(Some(Self(Arc::new(mapped))))
    }

    pub(super) fn bytes(&self) -> Buffer {
        Buffer::from(bytes::Bytes::from_owner(self.clone()))
    }

    /// Reads a part of the file that will be used whole: this is faster than reading it page by page.
    pub(super) fn bring(&self, part: Range<usize>) {
        // Where the system cannot do this, pages are read when they are used.
        #[cfg(target_os = "linux")]
        let _may_come_later = self.0.advise_range(memmap2::Advice::PopulateRead, part.start, part.len());
        #[cfg(not(target_os = "linux"))]
        let _ = part;
    }

    /// Gives the memory back to the system. Bytes that are used again are read from the file again.
    pub(super) fn give_back(&self) {
        // Where the system does not do this, the pages stay until the system needs their memory.
        let _may_stay = unsafe { self.0.unchecked_advise(UncheckedAdvice::DontNeed) };
    }
}
