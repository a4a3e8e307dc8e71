//! Segment files mapped into memory: mapped when a store is opened, and read page by page when used.
#![expect(
    unsafe_code,
    reason = "a mapped file must not shrink or change while it is mapped: segment files are written once, under names that \
              are never used again, and only ever removed, which leaves mappings valid; where another program cuts one, what \
              is gone becomes zeros. Pages of a mapping that are given back hold the same bytes when they are read again"
)]

#[cfg(unix)]
use super::cut::CutGuard;
use arrow_buffer::Buffer;
use memmap2::{Mmap, UncheckedAdvice};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A mapped file.
#[derive(Clone)]
pub(super) struct Mapping {
    map: Arc<Mapped>,
    place: Arc<Place>,
}

/// The bytes of a file, and the guard over them, which ends before they go.
struct Mapped {
    #[cfg(unix)]
    _guard: CutGuard,
    bytes: Mmap,
}

/// The file behind a mapping.
struct Place {
    path: PathBuf,
    mapped: std::fs::Metadata,
}

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        &self.map.bytes
    }
}

impl Mapping {
    /// Maps a file, of which nothing is read yet. `None` when the file is empty.
    pub(super) fn of(file: &File, path: &Path) -> std::io::Result<Option<Self>> {
        let mapped = file.metadata()?;
        if mapped.len() == 0 {
            return Ok(None);
        }
        let bytes = unsafe { Mmap::map(file) }?;
        let map = Mapped {
            #[cfg(unix)]
            _guard: CutGuard::over(&bytes),
            bytes,
        };
        Ok(Some(Self { map: Arc::new(map), place: Arc::new(Place { path: path.to_owned(), mapped }) }))
    }

    /// Whether the file still has all bytes that were mapped; those that are gone read as zeros. Asked before each use, and after
    /// it. Huntc itself shortens no file of a store, so only another program may do it. A file that is no longer there, or
    /// another one of its name, says nothing about the mapped one.
    pub(super) fn is_whole(&self) -> bool {
        let Place { path, mapped } = &*self.place;
        std::fs::metadata(path).map_or(true, |now| !same_file(&now, mapped) || now.len() >= mapped.len())
    }

    pub(super) fn bytes(&self) -> Buffer {
        Buffer::from(bytes::Bytes::from_owner(self.clone()))
    }

    /// Reads a part of the file that will be used whole: this is faster than reading it page by page.
    pub(super) fn bring(&self, part: Range<usize>) {
        // Where the system cannot do this, pages are read when they are used.
        #[cfg(target_os = "linux")]
        let _may_come_later = self.map.bytes.advise_range(memmap2::Advice::PopulateRead, part.start, part.len());
        #[cfg(not(target_os = "linux"))]
        let _ = part;
    }

    /// Gives the memory back to the system. Bytes that are used again are read from the file again.
    pub(super) fn give_back(&self) {
        // Where the system does not do this, the pages stay until the system needs their memory.
        let _may_stay = unsafe { self.map.bytes.unchecked_advise(UncheckedAdvice::DontNeed) };
    }
}

#[cfg(unix)]
fn same_file(a: &std::fs::Metadata, b: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Elsewhere no file can be shortened while it is mapped.
#[cfg(not(unix))]
fn same_file(_: &std::fs::Metadata, _: &std::fs::Metadata) -> bool {
    false
}
