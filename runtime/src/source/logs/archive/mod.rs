//! Archives: each member is read as a file is that lies in a folder, archives in archives too. Nothing is written under the name
//! of a member, so names lead nowhere.
//!
//! An archive comes from a stranger. What is unpacked of it is bounded ([`UnpackLimits`]), and a member that breaks off ends the
//! reading: a part would pass for the whole. An archive of which nothing comes is named where it is one of several files.

mod member;
mod tar;
mod unpacking;
mod zip;

pub use unpacking::UnpackLimits;

use super::file_kind::{self, FileKind};
use super::inputs::{Input, unreadable};
use super::open::{self, broken};
use crate::allowance::Allowance;
use crate::source::SourceError;
use huntc_compiler::diag::codes::store::{NOTHING_TO_READ, UNREADABLE_LOG};
use member::{MemberContent, Names};
use std::io::{Cursor, Read};
use unpacking::Unpacking;

/// What an input holds: itself, or the members of an archive.
pub(crate) enum LogEntry<'r> {
    /// A log, or what should be one.
    Log(&'r Input, Box<dyn Read + 'r>),
    /// A member that cannot be read, as its header says.
    Unreadable(&'r Input, &'static FileKind),
}

/// Takes entries in order. An error ends the reading.
pub(crate) type VisitEntry<'v> = dyn FnMut(LogEntry<'_>) -> Result<(), SourceError> + 'v;

/// Hands over the entries of an input, with gzip, zstd, bzip2 and xz taken off.
pub(crate) fn each_entry(
    input: &Input,
    limits: UnpackLimits,
    allowance: &Allowance,
    visit: &mut VisitEntry<'_>,
) -> Result<(), SourceError> {
    let unpacking = Unpacking::new(limits, allowance);
    let file = open::open(input)?;
    if let Some(path) = &input.path {
        unpacking.packed(std::fs::metadata(path).map_err(|e| unreadable(path, &e))?.len());
    }
    let reader = open::decompress(Box::new(unpacking.counted(file)), &input.name)?;
    Walk { unpacking: &unpacking, names: Names::default(), visit }.entry(input, reader, 0)
}

/// As [`each_entry`], of an input that is the bytes of `stream`.
#[cfg(test)]
pub(super) fn each_entry_of(
    stream: &[u8],
    input: &Input,
    limits: UnpackLimits,
    visit: &mut VisitEntry<'_>,
) -> Result<(), SourceError> {
    let allowance = Allowance::default();
    let unpacking = Unpacking::new(limits, &allowance);
    let reader = open::decompress(Box::new(unpacking.counted(stream)), &input.name)?;
    Walk { unpacking: &unpacking, names: Names::default(), visit }.entry(input, reader, 0)
}

/// Goes through an input.
struct Walk<'w, 'v> {
    unpacking: &'w Unpacking<'w>,
    names: Names,
    visit: &'w mut VisitEntry<'v>,
}

/// Bytes by which archives are known.
const HEAD: u64 = 512;

impl Walk<'_, '_> {
    /// Hands over a file or a member, or goes through it where it is an archive. `depth` archives are around it.
    fn entry(&mut self, input: &Input, mut reader: Box<dyn Read + '_>, depth: usize) -> Result<(), SourceError> {
        let mut head = Vec::new();
        reader.by_ref().take(HEAD).read_to_end(&mut head).map_err(|e| broken(&input.name, &e))?;
        let (zip, tar) = (file_kind::is_zip(&head), file_kind::begins_tar(&head));
        let reader: Box<dyn Read + '_> = Box::new(Cursor::new(head).chain(reader));
        if !zip && !tar {
            return (self.visit)(LogEntry::Log(input, reader));
        }
        if depth >= self.unpacking.limits.depth {
            return (self.visit)(LogEntry::Unreadable(input, &file_kind::TOO_DEEP));
        }
        let before = self.names.len();
        let unpacking = self.unpacking;
        let mut take = |name: &str, content: MemberContent<'_>| {
            let member = input.member(self.names.take(format!("{}/{name}", input.name), unpacking)?);
            match content {
                // `reader` counts what comes out of the archive.
                Ok(reader) => {
                    let wrap = |layer| -> Box<dyn Read + '_> { Box::new(unpacking.metered(layer)) };
                    let reader = open::decompress_each(reader, &member.name, &wrap)?;
                    self.entry(&member, reader, depth + 1)
                }
                Err(kind) => (self.visit)(LogEntry::Unreadable(&member, kind)),
            }
        };
        if zip {
            let own = input.path.as_deref().filter(|_| depth == 0);
            let read = zip::each_member(&input.name, own, reader, unpacking, &mut take);
            // One file of several that gives nothing is named, as others are.
            let one_of_several = input.folder.is_some() || depth > 0;
            match read {
                Err(error) if one_of_several && self.names.len() == before && error.code.id == UNREADABLE_LOG.id => {
                    return (self.visit)(LogEntry::Unreadable(input, &file_kind::DAMAGED_ZIP));
                }
                read => read?,
            }
        } else {
            tar::each_member(&input.name, reader, unpacking, &mut take)?;
        }
        if depth == 0 && input.folder.is_none() && self.names.len() == before {
            return Err(SourceError::new(&NOTHING_TO_READ, format!("no log file in {}", input.name))
                .note("an archive is read with all that is in it; hidden members are passed over"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
