//! Logs of the Linux audit daemon: several lines of one event, known by its time and serial number, become one record on the line of
//! the first of them.

mod event;
mod pairs;
mod socket;
mod syscalls;

use super::converted::each_line;
use super::format::{LogFormat, LogReading};
use super::piece::{Block, Emit, Layout, Piece};
use super::report::BadReason;
use crate::source::SourceError;
use event::AuditEvent;
use pairs::AuditLine;
use std::collections::VecDeque;
use std::io::Read;

/// Lines of `type=… msg=audit(…)`.
pub(super) const AUDITD: LogFormat = LogFormat {
    name: "auditd",
    sniff: |beginning| {
        let mut lines = beginning.text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let first = lines.find(|line| !is_margin(line)).unwrap_or_default();
        std::str::from_utf8(first).is_ok_and(|line| AuditLine::read(line).is_some())
    },
    read,
};

/// The most events that wait for further lines. The kernel mixes the lines of few.
const WAITING: usize = 64;
/// The most lines of an event; those behind make a record of their own.
const LINES: usize = 512;

/// What `ausearch` writes between events.
fn is_margin(line: &[u8]) -> bool {
    line.is_empty() || line == b"----" || line.starts_with(b"time->")
}

fn read(reader: &mut dyn Read, reading: &LogReading<'_>, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    let mut joined = Joined { waiting: VecDeque::new(), next: 0, out: Vec::new() };
    let block = reading.options.block.max(1);
    let lines = each_line(
        reader,
        reading,
        &mut |piece| match piece {
            Piece::Block(Block { first, bytes, .. }) => {
                for (line, number) in bytes.split(|byte| *byte == b'\n').zip(first..) {
                    // What is no line of the log was told already.
                    if let Some(line) = std::str::from_utf8(line).ok().and_then(AuditLine::read) {
                        joined.take(number, &line);
                    }
                }
                reading.spare.give(bytes);
                if joined.out.len() >= block { joined.hand_on(emit) } else { Ok(()) }
            }
            piece => emit(piece),
        },
        &mut |line, out| {
            let text = std::str::from_utf8(line).map_err(|_| BadReason::InvalidUtf8)?;
            if is_margin(line) {
                return Ok(());
            }
            AuditLine::read(text).ok_or(BadReason::NoAuditLine)?;
            out.extend_from_slice(line);
            Ok(())
        },
    )?;
    while joined.give() {}
    joined.hand_on(emit)?;
    Ok(lines)
}

/// Events in the order of their first lines.
struct Joined {
    waiting: VecDeque<(u64, AuditEvent)>,
    /// The number of the next line of `out`, and the lines that were made.
    next: u64,
    out: Vec<u8>,
}

impl Joined {
    fn take(&mut self, number: u64, line: &AuditLine<'_>) {
        let own = self.waiting.iter_mut().rev().find(|(_, event)| event.is_of(line) && event.lines() < LINES);
        match own {
            Some((_, event)) => event.add(line),
            None => self.waiting.push_back((number, AuditEvent::new(line))),
        }
        // Another event was begun since, or this one said that it is whole.
        while self.waiting.len() > WAITING || self.waiting.front().is_some_and(|(_, event)| event.is_whole()) {
            self.give();
        }
    }

    /// Writes the first event that waits.
    fn give(&mut self) -> bool {
        let Some((number, event)) = self.waiting.pop_front() else { return false };
        // One record a line, at the line where its event begins.
        while self.next < number {
            self.out.push(b'\n');
            self.next += 1;
        }
        event.record().write(&mut self.out);
        self.out.push(b'\n');
        self.next += 1;
        true
    }

    fn hand_on(&mut self, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let lines = memchr::memchr_iter(b'\n', &self.out).count() as u64;
        let bytes = std::mem::take(&mut self.out);
        if bytes.is_empty() { Ok(()) } else { emit(Piece::Block(Block { layout: Layout::Lines, first: self.next - lines, bytes })) }
    }
}

#[cfg(test)]
mod tests;
