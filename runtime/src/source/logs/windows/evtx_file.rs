//! `.evtx` files: a header, then chunks of 64 KiB with records in binary XML.
//!
//! Each chunk is read by itself, so that a file may be a stream of any length, and damage costs no more than it has to.

use super::binary_xml::BinaryXml;
use crate::source::SourceError;
use crate::source::logs::format::{LogFormat, LogReading};
use crate::source::logs::open::broken;
use crate::source::logs::piece::{Block, Emit, Layout, Piece};
use crate::source::logs::report::BadReason;
use std::io::Read;

/// A file that begins as the event log does.
pub(in super::super) const EVTX: LogFormat = LogFormat { name: "EVTX", sniff: |beginning| beginning.text.starts_with(MAGIC), read };

const MAGIC: &[u8] = b"ElfFile\0";
const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";
/// Places in a chunk: the end of its records, their sum, and the first of them.
const FREE_SPACE: usize = 48;
const RECORDS_SUM: usize = 52;
const FIRST_RECORD: usize = 512;
const RECORD_MAGIC: u32 = 0x2a2a;
const RECORD_HEADER: usize = 24;
const HEADER: u64 = 4096;
const CHUNK: u64 = 65_536;

fn read(reader: &mut dyn Read, reading: &LogReading<'_>, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    let failed = |error: std::io::Error| broken(reading.name, &error);
    let mut header = Vec::new();
    let length = reader.take(HEADER).read_to_end(&mut header).map_err(failed)?;
    let mut count = 0;
    if (length as u64) < HEADER {
        emit(Piece::Bad(0, BadReason::Truncated))?;
        return Ok(1);
    }
    loop {
        let mut bytes = Vec::new();
        let length = reader.take(CHUNK).read_to_end(&mut bytes).map_err(failed)?;
        if length == 0 {
            return Ok(count);
        }
        // Windows makes room for chunks before it writes them.
        if bytes.iter().all(|byte| *byte == 0) {
            continue;
        }
        let first = count;
        let mut block = reading.spare.take(4 * bytes.len());
        let mut bad = Vec::new();
        let whole = length as u64 == CHUNK && bytes.starts_with(CHUNK_MAGIC);
        let done = whole && records(&bytes, &mut block, &mut bad);
        count = first + memchr::memchr_iter(b'\n', &block).count() as u64;
        if !block.is_empty() {
            emit(Piece::Block(Block { layout: Layout::Elements, first, bytes: block }))?;
        }
        bad.into_iter().try_for_each(|number| emit(Piece::Bad(first + number, BadReason::DamagedRecord)))?;
        if !done {
            let reason = if length as u64 == CHUNK { BadReason::DamagedChunk } else { BadReason::Truncated };
            emit(Piece::Bad(count, reason))?;
            count += 1;
        }
    }
}

/// Writes the records of a chunk as JSON, one a line; an empty line for a damaged one. `false` where the rest cannot be read.
fn records(chunk: &[u8], block: &mut Vec<u8>, bad: &mut Vec<u64>) -> bool {
    let long = |at: usize| chunk.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    let place = |at: usize| long(at).and_then(|number| usize::try_from(number).ok());
    let Some(end) = place(FREE_SPACE).filter(|end| (FIRST_RECORD..=chunk.len()).contains(end)) else { return false };
    let (mut at, mut number) = (FIRST_RECORD, 0);
    while at < end {
        let size = place(at + 4).filter(|size| *size > RECORD_HEADER + 4 && at + size <= end);
        let Some(size) = size.filter(|_| long(at) == Some(RECORD_MAGIC)) else { return false };
        match BinaryXml::new(chunk, at + RECORD_HEADER).record() {
            Some(event) => event.write(block),
            None => bad.push(number),
        }
        block.push(b'\n');
        number += 1;
        at += size;
    }
    // Where the sum is wrong although all was read, a value may be another one.
    let sum = chunk.get(FIRST_RECORD..end).map(crc32fast::hash);
    sum == long(RECORDS_SUM) || !bad.is_empty()
}
