//! One document on each line: ECS NDJSON, and hits as `elasticdump` writes them. Cuts a stream into blocks of whole lines.

use super::action::{BulkAction, action};
use super::format::{LogFormat, LogReading};
use super::open::broken;
use super::piece::{Block, Emit, Layout, Piece};
use super::report::BadReason;
use super::seam;
use crate::source::SourceError;
use huntc_compiler::diag::codes::store::BULK_CHANGE;
use std::io::Read;

/// The format of every text that has no other one. Each line is tested by itself.
pub(super) const LINES: LogFormat =
    LogFormat { name: "lines", sniff: |_| true, read: |reader, reading, emit| cut(reader, Layout::Lines, reading, emit) };

/// Cuts a whole stream. Returns how many lines it has.
pub(super) fn cut(
    reader: &mut dyn Read,
    layout: Layout,
    reading: &LogReading<'_>,
    emit: &mut Emit<'_>,
) -> Result<u64, SourceError> {
    let mut cutter = Cutter { layout, reading, line: 0, parted: 0, bytes: Vec::new() };
    loop {
        let old = cutter.bytes.len();
        let ended = fill(reader, &mut cutter.bytes, reading.options.block).map_err(|e| broken(reading.name, &e))?;
        if ended {
            cutter.finish(emit)?;
            return Ok(cutter.line);
        }
        if let Some(end) = memchr::memrchr(b'\n', &cutter.bytes[old..]) {
            let end = cutter.part_seams(old + end + 1);
            cutter.emit_until(end, emit)?;
        }
        if cutter.unfinished() > reading.options.max_line {
            cutter.skip_line(reader, emit)?;
        }
    }
}

/// An action counts as one without a document once it and the blank lines after it have more bytes than this and than
/// a block.
const MAX_WAIT: usize = 64 << 10;

struct Cutter<'a> {
    layout: Layout,
    reading: &'a LogReading<'a>,
    /// Number of lines before `bytes`.
    line: u64,
    /// The length of the beginning of `bytes` that has been searched for seams.
    parted: usize,
    /// Bytes that were read, but not emitted yet.
    bytes: Vec<u8>,
}

impl Cutter<'_> {
    /// Emits `bytes[..end]`, which ends with a whole line. Of a bulk body, an action at the end is kept until its
    /// document is read.
    fn emit_until(&mut self, end: usize, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let end = if self.layout == Layout::Bulk { self.whole_pairs(end)? } else { end };
        self.hand_on(end, emit)
    }

    /// Puts documents of `bytes[..end]` that were joined without a line end on lines of their own, and returns the new end.
    fn part_seams(&mut self, end: usize) -> usize {
        let from = std::mem::replace(&mut self.parted, 0).min(end);
        let behind = self.bytes.split_off(end);
        seam::part(&mut self.bytes, from, self.reading.options.max_line);
        let end = self.bytes.len();
        self.bytes.extend_from_slice(&behind);
        self.parted = end;
        end
    }

    fn hand_on(&mut self, end: usize, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        if end == 0 {
            return Ok(());
        }
        // Reserves room for the rest and another block, so that the buffer is not moved while it is read into.
        let mut rest = self.reading.spare.take(self.reading.options.block + self.bytes.len() - end);
        rest.extend_from_slice(&self.bytes[end..]);
        self.parted = self.parted.saturating_sub(end);
        self.bytes.truncate(end);
        let bytes = std::mem::replace(&mut self.bytes, rest);
        let first = self.line;
        self.line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        emit(Piece::Block(Block { layout: self.layout, first, bytes }))
    }

    /// The end of the last document in `bytes[..end]`. An action after it waits for its document; but when the blank
    /// lines after it are longer than a block, it has none.
    fn whole_pairs(&self, end: usize) -> Result<usize, SourceError> {
        let mut waiting = None;
        let mut at = 0;
        let mut line = self.line;
        while at < end {
            let stop = memchr::memchr(b'\n', &self.bytes[at..end]).map_or(end, |i| at + i + 1);
            let text = self.bytes[at..stop].trim_ascii();
            if waiting.is_some() && !text.is_empty() {
                waiting = None;
            } else if !text.is_empty() {
                match action(text) {
                    Some(BulkAction::Write { .. }) => waiting = Some(at),
                    Some(BulkAction::Change(word)) => return Err(self.refuse(word, line)),
                    None => {}
                }
            }
            line += 1;
            at = stop;
        }
        Ok(waiting.filter(|at| end - at <= self.reading.options.block.max(MAX_WAIT)).unwrap_or(end))
    }

    fn refuse(&self, word: &str, line: u64) -> SourceError {
        SourceError::new(&BULK_CHANGE, format!("{}:{}: a bulk body of logs cannot {word} documents", self.reading.name, line + 1))
            .note("only `create` and `index` add records; records that change later would make a hunt's answer depend on order")
            .help("remove the action (and the line behind an `update`), or load the body into an index and export that")
    }

    /// Number of bytes after the last line feed.
    fn unfinished(&self) -> usize {
        self.bytes.len() - memchr::memrchr(b'\n', &self.bytes).map_or(0, |i| i + 1)
    }

    /// Drops the line at the end of `bytes`: emits what is before it, and skips the stream up to the next line.
    fn skip_line(&mut self, reader: &mut dyn Read, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let start = self.bytes.len() - self.unfinished();
        self.bytes.truncate(start);
        self.hand_on(start, emit)?;
        emit(Piece::Bad(self.line, BadReason::TooLong))?;
        self.bytes.clear();
        let mut chunk = vec![0; self.reading.options.block.clamp(1, 64 << 10)];
        loop {
            let n = read_some(reader, &mut chunk).map_err(|e| broken(self.reading.name, &e))?;
            if n == 0 {
                break;
            }
            if let Some(end) = memchr::memchr(b'\n', &chunk[..n]) {
                self.bytes.extend_from_slice(&chunk[end + 1..n]);
                break;
            }
        }
        self.line += 1;
        Ok(())
    }

    /// Emits all that is left. A file may end without a line feed, and a bulk body with an action.
    fn finish(&mut self, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        self.part_seams(self.bytes.len());
        if self.layout == Layout::Bulk {
            self.whole_pairs(self.bytes.len())?;
        }
        let open_line = u64::from(!self.bytes.ends_with(b"\n"));
        self.hand_on(self.bytes.len(), emit)?;
        self.line += open_line;
        Ok(())
    }
}

/// Reads `more` bytes, fewer at the end of the stream. True at that end.
fn fill(reader: &mut dyn Read, bytes: &mut Vec<u8>, more: usize) -> std::io::Result<bool> {
    bytes.reserve(more);
    Ok(reader.take(more as u64).read_to_end(bytes)? < more)
}

fn read_some(reader: &mut dyn Read, bytes: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match reader.read(bytes) {
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
