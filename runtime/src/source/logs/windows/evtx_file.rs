//! `.evtx` files: a header, then chunks of 64 KiB with records in binary XML.
//!
//! Each chunk is read by itself, so that a file may be a stream of any length, and damage costs no more than it has to: behind it
//! the next record of the chunk is looked for. What is told is decided by the header. It counts the chunks of the log; while the
//! log is open (the header is dirty then) there may be more of them. What lies behind them was there before.

use super::binary_xml::{BinaryXml, SharedXml};
use super::ecs;
use super::event_tree;
use super::json::Json;
use crate::source::SourceError;
use crate::source::logs::format::{LogFormat, LogReading};
use crate::source::logs::log_clock::{EventClock, LogClock, LogTimeOffset};
use crate::source::logs::open::broken;
use crate::source::logs::piece::{Block, Emit, Layout, Piece};
use crate::source::logs::report::BadReason;
use memchr::memmem;
use std::io::Read;

/// A file that begins as the event log does.
pub(in super::super) const EVTX: LogFormat = LogFormat { name: "EVTX", sniff: |beginning| beginning.text.starts_with(MAGIC), read };

const MAGIC: &[u8] = b"ElfFile\0";
const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";
const RECORD_MAGIC: &[u8] = &[0x2a, 0x2a, 0, 0];
/// Places in a chunk: the numbers of its first and last record, the end of its records, their sum, and the first of them.
const FIRST_ID: usize = 24;
const LAST_ID: usize = 32;
const FREE_SPACE: usize = 48;
const RECORDS_SUM: usize = 52;
const FIRST_RECORD: usize = 512;
/// Of headers of files and chunks: the flags, and the one that says that there are no sums.
const FLAGS: usize = 120;
const NO_SUMS: u32 = 4;
const DIRTY: u32 = 1;
/// In front of the tokens of a record: magic, size, number and time. The size stands behind them once more.
const RECORD_HEADER: usize = 24;
const RECORD_END: usize = 4;
const HEADER: u64 = 4096;
const CHUNK: u64 = 65_536;

fn read(reader: &mut dyn Read, reading: &LogReading<'_>, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    each_record(reader, reading, document, emit)
}

/// Appends what a record becomes. Returns what it says of the clock of the log.
type WriteRecord = fn(&Json<'_>, LogTimeOffset, &mut Vec<u8>) -> Option<EventClock>;

fn document(tree: &Json<'_>, offset: LogTimeOffset, out: &mut Vec<u8>) -> Option<EventClock> {
    let Some(event) = event_tree::event(tree).and_then(|event| ecs::document(event, offset, out)) else {
        // It is no event, and told as what it is.
        tree.write(out);
        return None;
    };
    event.clock
}

/// As [`read`], with what each record becomes.
pub(super) fn each_record(
    reader: &mut dyn Read,
    reading: &LogReading<'_>,
    write: WriteRecord,
    emit: &mut Emit<'_>,
) -> Result<u64, SourceError> {
    let mut bytes = Vec::with_capacity(CHUNK as usize);
    let mut next = |length: u64, bytes: &mut Vec<u8>| {
        bytes.clear();
        reader.take(length).read_to_end(bytes).map_err(|error| broken(reading.name, &error))
    };
    let mut log =
        EventLog { reading, write, emit, count: 0, first: 0, block: Vec::new(), clock: LogClock::default(), bad: Vec::new() };
    next(HEADER, &mut bytes)?;
    let Some(header) = LogHeader::of(&bytes) else {
        log.bad(BadReason::CutLog)?;
        return log.end();
    };
    let (mut number, mut last_id, mut unwritten) = (0, 0, 0);
    loop {
        if next(CHUNK, &mut bytes)? == 0 {
            break;
        }
        let counted = header.chunks.is_none_or(|chunks| number < chunks);
        number += 1;
        let chunk = Chunk { bytes: &bytes, dirty: header.dirty };
        if bytes.iter().all(|byte| *byte == 0) {
            // Windows makes room for chunks before it writes them.
            if counted && header.chunks.is_some() {
                log.bad(BadReason::DamagedChunk)?;
            }
            continue;
        }
        if !counted && !chunk.has_magic() {
            unwritten += 1;
            continue;
        }
        if header.dirty && chunk.id(FIRST_ID).is_some_and(|first| first > last_id + 1 && chunk.has_magic()) {
            // The log goes on behind what was taken for room, and has other numbers: it was no room.
            (0..std::mem::take(&mut unwritten)).try_for_each(|_| log.bad(BadReason::DamagedChunk))?;
        }
        last_id = chunk.id(LAST_ID).filter(|_| chunk.has_magic()).unwrap_or(last_id);
        chunk.records(&mut log, counted || header.dirty)?;
    }
    if header.chunks.is_some_and(|chunks| number < chunks) {
        log.bad(BadReason::CutLog)?;
    }
    log.end()
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

fn huge(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at.checked_add(8)?)?.try_into().ok().map(u64::from_le_bytes)
}

/// What the header of a file says.
struct LogHeader {
    /// How many chunks the log has, if the header can be trusted.
    chunks: Option<u64>,
    /// Whether the log was open: it may have more chunks than the header counts, and more records than their headers say.
    dirty: bool,
}

impl LogHeader {
    /// `None` where the file ends within it.
    fn of(bytes: &[u8]) -> Option<Self> {
        const LAST_CHUNK: usize = 16;
        const CHUNKS: usize = 42;
        const SUM: usize = 124;
        if (bytes.len() as u64) < HEADER {
            return None;
        }
        let flags = long(bytes, FLAGS)?;
        let sum = bytes.get(..FLAGS).map(crc32fast::hash);
        let trusted = sum == long(bytes, SUM) || flags & NO_SUMS != 0;
        let chunks = u64::from(u16::from_le_bytes(bytes.get(CHUNKS..CHUNKS + 2)?.try_into().ok()?));
        // The number of more chunks than that does not fit into the header.
        let fits = huge(bytes, LAST_CHUNK)? < u64::from(u16::MAX);
        Some(Self { chunks: Some(chunks).filter(|_| trusted && fits), dirty: flags & DIRTY != 0 })
    }
}

struct Chunk<'c> {
    bytes: &'c [u8],
    dirty: bool,
}

impl Chunk<'_> {
    fn has_magic(&self) -> bool {
        self.bytes.starts_with(CHUNK_MAGIC)
    }

    fn id(&self, at: usize) -> Option<u64> {
        huge(self.bytes, at)
    }

    /// The size and the number of the record at a place, if one is there that ends before `end`.
    fn record(&self, at: usize, end: usize) -> Option<(usize, u64)> {
        let is_one = self.bytes.get(at..)?.starts_with(RECORD_MAGIC);
        let size = usize::try_from(long(self.bytes, at + RECORD_MAGIC.len())?).ok()?;
        let fits = size > RECORD_HEADER + RECORD_END && at.checked_add(size)? <= end;
        Some((size, huge(self.bytes, at + 8)?)).filter(|_| is_one && fits)
    }

    /// As [`Self::record`], of a place of which nothing says that a record is there: its size must stand at its end too.
    fn sound_record(&self, at: usize, end: usize) -> Option<(usize, u64)> {
        let (size, id) = self.record(at, end)?;
        (long(self.bytes, at + size - RECORD_END) == long(self.bytes, at + RECORD_MAGIC.len())).then_some((size, id))
    }

    /// Hands on the records. What cannot be read is told, unless the chunk is only the rest of an older log.
    fn records(&self, log: &mut EventLog<'_, '_>, told: bool) -> Result<(), SourceError> {
        let said = long(self.bytes, FREE_SPACE).and_then(|end| usize::try_from(end).ok());
        let said = said.filter(|end| self.has_magic() && (FIRST_RECORD..=CHUNK as usize).contains(end));
        let end = said.unwrap_or(self.bytes.len()).min(self.bytes.len());
        let mut shared = SharedXml::of_a_chunk();
        let (mut at, mut last, mut sound) = (FIRST_RECORD, None, true);
        loop {
            // A dirty log may have records of which the header of the chunk does not know yet.
            let found = if at < end {
                self.record(at, end).filter(|(size, _)| {
                    // Its size is right if it stands at its end too, or something sound does behind it.
                    self.sound_record(at, end).is_some() || at + size == end || self.record(at + size, end).is_some()
                })
            } else {
                let more = self.sound_record(at, self.bytes.len()).filter(|_| self.dirty && said.is_some());
                more.filter(|(_, id)| last.is_none_or(|last| *id == last + 1))
            };
            let Some((size, id)) = found else {
                let mut next = memmem::find_iter(self.bytes.get(at..end).unwrap_or_default(), RECORD_MAGIC).map(|place| at + place);
                let Some(next) = next.find(|next| self.sound_record(*next, end).is_some()) else { break };
                if told && said.is_some() {
                    log.bad(BadReason::DamagedRecord)?;
                }
                (at, sound) = (next, false);
                continue;
            };
            match BinaryXml::new(self.bytes, at + RECORD_HEADER, at + size - RECORD_END, &mut shared).record() {
                Some(event) => log.record(&event)?,
                None if told => {
                    log.bad(BadReason::DamagedRecord)?;
                    sound = false;
                }
                None => {}
            }
            at += size;
            last = Some(id);
        }
        let has_sum = [long(self.bytes, FLAGS)].iter().flatten().all(|flags| flags & NO_SUMS == 0);
        let sum = self.bytes.get(FIRST_RECORD..end).map(crc32fast::hash);
        let reason = if (self.bytes.len() as u64) < CHUNK {
            BadReason::CutLog
        } else if said.is_none() || at < end {
            BadReason::DamagedChunk
        } else if sound && has_sum && sum != long(self.bytes, RECORDS_SUM) {
            BadReason::ChangedChunk
        } else {
            return Ok(());
        };
        if told { log.bad(reason) } else { Ok(()) }
    }
}

/// What was read of a file, as blocks with the document of a record on each line, and an empty line for each bad one.
struct EventLog<'a, 'e> {
    reading: &'a LogReading<'a>,
    write: WriteRecord,
    emit: &'a mut Emit<'e>,
    /// How many lines there are so far; `first` is the number of the first one in `block`.
    count: u64,
    first: u64,
    block: Vec<u8>,
    clock: LogClock,
    bad: Vec<(u64, BadReason)>,
}

impl EventLog<'_, '_> {
    fn record(&mut self, tree: &Json<'_>) -> Result<(), SourceError> {
        let clock = (self.write)(tree, self.reading.options.log_time_offset, &mut self.block);
        if let Some(clock) = clock {
            self.clock.push(clock);
        }
        self.line()
    }

    fn bad(&mut self, reason: BadReason) -> Result<(), SourceError> {
        self.bad.push((self.count, reason));
        self.line()
    }

    fn line(&mut self) -> Result<(), SourceError> {
        self.block.push(b'\n');
        self.count += 1;
        if self.block.len() >= self.reading.options.block { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), SourceError> {
        let bytes = std::mem::replace(&mut self.block, self.reading.spare.take(self.reading.options.block));
        if bytes.iter().any(|byte| *byte != b'\n') {
            (self.emit)(Piece::Block(Block { layout: Layout::Documents, first: self.first, bytes }))?;
        }
        self.first = self.count;
        std::mem::take(&mut self.bad).into_iter().try_for_each(|(line, reason)| (self.emit)(Piece::Bad(line, reason)))
    }

    fn end(mut self) -> Result<u64, SourceError> {
        self.flush()?;
        (self.emit)(Piece::Clock(self.clock))?;
        Ok(self.count)
    }
}
