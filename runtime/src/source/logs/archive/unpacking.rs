//! What may be unpacked of one input: bytes for the size that it has, members, and the time of the hunt.

use crate::allowance::Allowance;
use crate::source::SourceError;
use crate::source::logs::open::CarriedError;
use huntc_compiler::diag::codes::store::UNPACKS_TO_TOO_MUCH;
use std::cell::Cell;
use std::io::Read;

/// How much an archive may unpack to. Files that are only compressed have no such limit: they are read as a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnpackLimits {
    /// Bytes that any archive may unpack to.
    pub always: u64,
    /// Above that, how many times its own size. Deflate packs nothing more than 1,032 times.
    pub ratio: u64,
    /// The most bytes, whatever its size.
    pub most: u64,
    /// Bytes of an archive that is no file of the disk, of which a copy is kept while it is read.
    pub copy: u64,
    /// Members, those of archives in it counted too.
    pub members: usize,
    /// Archives in archives.
    pub depth: usize,
}

impl Default for UnpackLimits {
    fn default() -> Self {
        Self { always: 1 << 30, ratio: 1_100, most: 1 << 40, copy: 16 << 30, members: 1_000_000, depth: 4 }
    }
}

/// What was unpacked of an input so far.
pub(super) struct Unpacking<'a> {
    pub(super) limits: UnpackLimits,
    allowance: &'a Allowance,
    packed: Cell<u64>,
    unpacked: Cell<u64>,
}

impl<'a> Unpacking<'a> {
    pub(super) fn new(limits: UnpackLimits, allowance: &'a Allowance) -> Self {
        Self { limits, allowance, packed: Cell::new(0), unpacked: Cell::new(0) }
    }

    /// Says that the input has so many bytes at least.
    pub(super) fn packed(&self, bytes: u64) {
        self.packed.set(self.packed.get().max(bytes));
    }

    /// The bytes of the input itself.
    pub(super) fn counted<R: Read>(&'a self, reader: R) -> impl Read + use<'a, R> {
        Counted { reader, unpacking: self, read: 0 }
    }

    /// Bytes that were unpacked.
    pub(super) fn metered<R: Read>(&self, reader: R) -> MeteredUnpacking<'_, R> {
        MeteredUnpacking { reader, unpacking: self }
    }

    /// Takes a member, whose name takes so many bytes as long as its source is open.
    pub(super) fn one_more(&self, bytes: usize, members: usize) -> Result<(), SourceError> {
        self.allowance.check()?;
        self.allowance.take(bytes as u64, "the members of archives")?;
        if members < self.limits.members {
            return Ok(());
        }
        Err(SourceError::new(&UNPACKS_TO_TOO_MUCH, format!("it has more than {} members", self.limits.members))
            .help("unpack it, and name the logs in it"))
    }

    /// Takes bytes that were unpacked.
    fn take(&self, bytes: u64) -> Result<(), SourceError> {
        self.allowance.check()?;
        self.unpacked.set(self.unpacked.get().saturating_add(bytes));
        let UnpackLimits { always, ratio, most, .. } = self.limits;
        let packed = self.packed.get();
        if self.unpacked.get() <= packed.saturating_mul(ratio).max(always).min(most) {
            return Ok(());
        }
        let message = format!("an archive of {packed} bytes unpacks to more than {} bytes", self.unpacked.get() - bytes);
        Err(SourceError::new(&UNPACKS_TO_TOO_MUCH, message)
            .note("one that unpacks to so much is made to fill memory or time")
            .help("if it is none of that kind, unpack it, and name the logs in it"))
    }
}

struct Counted<'a, R> {
    reader: R,
    unpacking: &'a Unpacking<'a>,
    read: u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.read += read as u64;
        self.unpacking.packed(self.read);
        Ok(read)
    }
}

/// Counts what was unpacked, and refuses more than the limit.
pub(super) struct MeteredUnpacking<'a, R> {
    reader: R,
    unpacking: &'a Unpacking<'a>,
}

impl<R: Read> Read for MeteredUnpacking<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.unpacking.take(read as u64).map_err(CarriedError::as_io)?;
        Ok(read)
    }
}
