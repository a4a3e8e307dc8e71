//! `journalctl -o export`: a field a line, `NAME=text`, or `NAME` and behind its line the length of the value in eight bytes, and the
//! value; a blank line behind each entry.

use super::entry::{is_entry, record};
use crate::source::SourceError;
use crate::source::logs::converted::NumberedLines;
use crate::source::logs::format::{LogFormat, LogReading};
use crate::source::logs::open::broken;
use crate::source::logs::piece::{Emit, Piece};
use crate::source::logs::report::BadReason;
use serde_json::{Map, Value};
use std::io::{BufRead, BufReader, Read};

/// Entries, the first of which begins with its place or its time.
pub(in crate::source::logs) const JOURNAL_EXPORT: LogFormat = LogFormat {
    name: "journald export",
    sniff: |beginning| {
        let of_entry = |line: &[u8]| line.starts_with(b"__REALTIME_TIMESTAMP=");
        beginning.text.split(|byte| *byte == b'\n').take_while(|line| line.starts_with(b"_")).any(of_entry)
    },
    read,
};

fn read(reader: &mut dyn Read, reading: &LogReading<'_>, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    let (reader, out) = (BufReader::new(reader), NumberedLines::default());
    Export { reader, reading, emit, lines: 0, open: false, entry: Entry::default(), out }.read()
}

/// An entry, as far as it is read.
#[derive(Default)]
struct Entry {
    fields: Map<String, Value>,
    /// The number of its first line.
    first: u64,
    bytes: usize,
    bad: Option<BadReason>,
}

struct Export<'r, 'd, 'l, 'e> {
    reader: BufReader<&'r mut (dyn Read + 'd)>,
    reading: &'r LogReading<'l>,
    emit: &'r mut Emit<'e>,
    /// Ends of lines that were read, in values too, and whether something stands behind the last of them.
    lines: u64,
    open: bool,
    entry: Entry,
    out: NumberedLines,
}

impl Export<'_, '_, '_, '_> {
    fn read(mut self) -> Result<u64, SourceError> {
        loop {
            if self.entry.fields.is_empty() && self.entry.bad.is_none() {
                self.entry.first = self.lines;
            }
            let Some(line) = self.line()? else { break };
            if line.is_empty() {
                self.ends()?;
                continue;
            }
            match memchr::memchr(b'=', &line) {
                Some(at) => {
                    let (name, text) = line.split_at(at);
                    self.field(name, text.get(1..).unwrap_or_default());
                }
                None => self.long(&line)?,
            }
        }
        self.ends()?;
        self.out.hand_on(0, self.emit)?;
        Ok(self.lines + u64::from(self.open))
    }

    /// A line without its end; none behind the last one. What is too long is passed over, and spoils its entry.
    fn line(&mut self) -> Result<Option<Vec<u8>>, SourceError> {
        let most = self.reading.options.max_line.saturating_add(1) as u64;
        let mut line = Vec::new();
        let mut is_long = false;
        loop {
            let read = self.reader.by_ref().take(most).read_until(b'\n', &mut line).map_err(|e| broken(self.reading.name, &e))?;
            self.passes(&line);
            if line.ends_with(b"\n") || (read as u64) < most {
                break;
            }
            line.clear();
            is_long = true;
        }
        if is_long {
            self.spoil(BadReason::TooLong);
            return Ok(Some(b"=".to_vec()));
        }
        if line.is_empty() {
            return Ok(None);
        }
        if line.ends_with(b"\n") {
            line.pop();
        }
        Ok(Some(line))
    }

    /// A value behind the line of its name.
    fn long(&mut self, name: &[u8]) -> Result<(), SourceError> {
        if !is_name(name) {
            self.spoil(BadReason::NoJournalField);
            return Ok(());
        }
        let length = self.bytes(8)?;
        let Ok(length) = <[u8; 8]>::try_from(length.as_slice()).map(u64::from_le_bytes) else {
            self.spoil(BadReason::NoJournalField);
            return Ok(());
        };
        if length > self.reading.options.max_line as u64 {
            // A length may be one that somebody made up: the next entry begins behind the next blank line.
            self.spoil(BadReason::TooLong);
            return Ok(());
        }
        let value = self.bytes(length)?;
        if value.len() as u64 == length && self.bytes(1)? == b"\n" {
            self.field(name, &value);
        } else {
            self.spoil(BadReason::NoJournalField);
        }
        Ok(())
    }

    fn bytes(&mut self, length: u64) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        self.reader.by_ref().take(length).read_to_end(&mut bytes).map_err(|e| broken(self.reading.name, &e))?;
        self.passes(&bytes);
        Ok(bytes)
    }

    fn passes(&mut self, bytes: &[u8]) {
        self.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
        self.open = bytes.last().map_or(self.open, |last| *last != b'\n');
    }

    fn field(&mut self, name: &[u8], value: &[u8]) {
        if !is_name(name) {
            return self.spoil(BadReason::NoJournalField);
        }
        self.entry.bytes = self.entry.bytes.saturating_add(name.len() + value.len());
        if self.entry.bytes > self.reading.options.max_line {
            return self.spoil(BadReason::TooLong);
        }
        let value = Value::from(String::from_utf8_lossy(value));
        match self.entry.fields.entry(String::from_utf8_lossy(name)) {
            serde_json::map::Entry::Vacant(place) => drop(place.insert(value)),
            serde_json::map::Entry::Occupied(mut place) => match place.get_mut() {
                Value::Array(values) => values.push(value),
                first => *first = Value::Array(vec![first.take(), value]),
            },
        }
    }

    /// What is wrong with an entry first is told of it.
    fn spoil(&mut self, reason: BadReason) {
        self.entry.bad.get_or_insert(reason);
        self.entry.fields.clear();
    }

    fn ends(&mut self) -> Result<(), SourceError> {
        let entry = std::mem::take(&mut self.entry);
        match entry.bad {
            Some(reason) => (self.emit)(Piece::Bad(entry.first, reason))?,
            None if entry.fields.is_empty() => {}
            None if is_entry(&entry.fields) => match record(&entry.fields) {
                Ok(record) => self.out.put(entry.first, record),
                Err(reason) => (self.emit)(Piece::Bad(entry.first, reason))?,
            },
            None => (self.emit)(Piece::Bad(entry.first, BadReason::NoTimestamp))?,
        }
        self.out.hand_on(self.reading.options.block.max(1), self.emit)
    }
}

/// Names have capitals, digits and underscores.
fn is_name(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    (1..=64).contains(&name.len()) && name.iter().all(plain)
}
