//! `.evtx` files: a header, then chunks of 64 KiB with records in binary XML.
//!
//! Each chunk is read by itself, so that a file may be a stream of any length, and damage costs no more than it has to.

use crate::damage::guarded;
use crate::source::SourceError;
use crate::source::logs::format::{LogFormat, LogReading};
use crate::source::logs::open::broken;
use crate::source::logs::piece::{Block, Emit, Layout, Piece};
use crate::source::logs::report::BadReason;
use evtx::{EvtxChunkData, ParserSettings};
use std::io::Read;
use std::sync::Arc;

/// A file that begins as the event log does.
pub(in super::super) const EVTX: LogFormat =
    LogFormat { name: "EVTX", sniff: |beginning| beginning.text.starts_with(MAGIC), read };

const MAGIC: &[u8] = b"ElfFile\0";
const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";
const HEADER: u64 = 4096;
const CHUNK: u64 = 65_536;

fn read(reader: &mut dyn Read, reading: &LogReading<'_>, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    let settings = Arc::new(ParserSettings::new().num_threads(1).indent(false));
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
        let done = whole && guarded(|| records(bytes, &settings, &mut block, &mut bad)).is_ok_and(|done| done);
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
fn records(bytes: Vec<u8>, settings: &Arc<ParserSettings>, block: &mut Vec<u8>, bad: &mut Vec<u64>) -> bool {
    let Ok(mut data) = EvtxChunkData::new(bytes, false) else { return false };
    let sound = data.validate_checksum();
    let Ok(mut chunk) = data.parse(Arc::clone(settings)) else { return false };
    let mut number = 0;
    for record in chunk.iter() {
        match record.and_then(evtx::EvtxRecord::into_json_bytes) {
            Ok(record) => block.extend_from_slice(&record.data),
            Err(_) => bad.push(number),
        }
        block.push(b'\n');
        number += 1;
    }
    // Where a sum is wrong and all was read the same, records at the end may be missing.
    sound || !bad.is_empty()
}
