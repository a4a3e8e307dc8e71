//! Tar archives, read as a stream.

use super::member::{self, TakeMember};
use super::unpacking::{MeteredUnpacking, Unpacking};
use crate::source::SourceError;
use crate::source::logs::file_kind::{LINK, NO_FILE, UNKNOWN_MEMBER};
use crate::source::logs::open::{CarriedError, broken};
use ::tar::{Archive, EntryType};
use huntc_compiler::diag::codes::store::UNREADABLE_LOG;
use std::cell::Cell;
use std::io::{Read, copy};

/// The most bytes between two members: headers, of which the reader keeps names and attributes whole, and padding.
const BETWEEN: u64 = 16 << 20;

/// Hands over the members of an archive.
pub(super) fn each_member(
    archive: &str,
    reader: Box<dyn Read + '_>,
    unpacking: &Unpacking<'_>,
    take: &mut TakeMember<'_>,
) -> Result<(), SourceError> {
    let damaged = |e: std::io::Error| broken(archive, &e);
    let (between, zeros) = (Cell::new(BETWEEN), Cell::new(0));
    let stream = Headers { reader: unpacking.metered(reader), between: &between, zeros: &zeros };
    let mut tar = Archive::new(stream);
    // Archives may follow each other, and blocks of zeros end each.
    tar.set_ignore_zeros(true);
    let mut entries = tar.entries().map_err(damaged)?;
    loop {
        between.set(BETWEEN);
        let Some(entry) = entries.next() else { break };
        let mut entry = entry.map_err(damaged)?;
        between.set(u64::MAX);
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        let is_file = !matches!(kind, EntryType::Directory | EntryType::XGlobalHeader);
        if let Some(name) = member::shown(&name).filter(|_| is_file) {
            match kind {
                EntryType::Regular | EntryType::Continuous => take(&name, Ok(Box::new(&mut entry)))?,
                // Of zeros that a header only tells of no byte was unpacked yet.
                EntryType::GNUSparse => take(&name, Ok(Box::new(unpacking.metered(&mut entry))))?,
                EntryType::Link | EntryType::Symlink => take(&name, Err(&LINK))?,
                EntryType::Char | EntryType::Block | EntryType::Fifo => take(&name, Err(&NO_FILE))?,
                _ => take(&name, Err(&UNKNOWN_MEMBER))?,
            }
        }
        // What was not wanted of it has to be there too.
        copy(&mut entry, &mut std::io::sink()).map_err(damaged)?;
    }
    if zeros.get() >= 512 {
        return Ok(());
    }
    Err(SourceError::new(&UNREADABLE_LOG, format!("cannot read {archive} to its end"))
        .note("the tar archive lacks the blocks of zeros that end it: members may be missing")
        .help("check that the file was copied whole, for example with `tar -tvf FILE`"))
}

/// Bounds what lies between members, and counts the zeros at the end.
struct Headers<'a, 'h> {
    reader: MeteredUnpacking<'a, Box<dyn Read + 'a>>,
    between: &'h Cell<u64>,
    zeros: &'h Cell<u64>,
}

impl Read for Headers<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let left = self.between.get();
        if left != u64::MAX {
            let Some(left) = left.checked_sub(read as u64) else {
                let error = SourceError::new(&UNREADABLE_LOG, "the header of a member of a tar archive never ends");
                return Err(CarriedError::as_io(error.help("unpack it, and name the logs in it")));
            };
            self.between.set(left);
        }
        let bytes = buffer.get(..read).unwrap_or_default();
        let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        self.zeros.set(if zeros == read { self.zeros.get() + zeros as u64 } else { zeros as u64 });
        Ok(read)
    }
}
