//! Logs of the Linux audit daemon: several lines of one event, known by its time and serial number, become one record on the line of
//! the first of them.

mod accounts;
mod event;
mod files;
mod messages;
mod pairs;
mod record;
mod selinux;
mod socket;
mod syscalls;

use super::converted::{NumberedLines, each_line, first_lines};
use super::format::{LogFormat, LogReading};
use super::piece::{Block, Emit, Piece};
use super::report::BadReason;
use crate::source::SourceError;
use event::{AuditEvent, END};
use pairs::AuditLine;
use std::collections::VecDeque;
use std::io::Read;

/// Lines of `type=… msg=audit(…)`.
pub(super) const AUDITD: LogFormat = LogFormat {
    name: "auditd",
    sniff: |beginning| first_lines(beginning).any(|line| AuditLine::read(&String::from_utf8_lossy(line)).is_some()),
    read,
};

/// The most events that wait for further lines. The kernel mixes the lines of few.
const WAITING: usize = 64;
/// The most lines of an event; those behind make a record of their own.
const LINES: usize = 512;
/// The most bytes of lines that wait. Real events have a few hundred.
const HELD: usize = 16 << 20;

/// What `ausearch` writes between events.
fn is_margin(line: &[u8]) -> bool {
    line.is_empty() || line == b"----" || line.starts_with(b"time->")
}

fn read(reader: &mut dyn Read, reading: &LogReading<'_>, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    let mut joined = Joined { waiting: VecDeque::new(), lines: NumberedLines::default() };
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
                joined.lines.hand_on(block, emit)
            }
            piece => emit(piece),
        },
        &mut |line, out| {
            let text = String::from_utf8_lossy(line);
            if is_margin(line) {
                return Ok(());
            }
            AuditLine::read(&text).ok_or(BadReason::NoAuditLine)?;
            out.extend_from_slice(line);
            Ok(())
        },
    )?;
    while joined.give() {}
    joined.lines.hand_on(0, emit)?;
    Ok(lines)
}

/// Events in the order of their first lines.
struct Joined {
    waiting: VecDeque<(u64, AuditEvent)>,
    lines: NumberedLines,
}

impl Joined {
    fn take(&mut self, number: u64, line: &AuditLine<'_>) {
        let own = self.waiting.iter_mut().rev().find(|(_, event)| event.is_of(line) && event.lines.len() < LINES);
        match own {
            Some((_, event)) => event.add(line),
            // The event was whole without this mark.
            None if line.kind == END => return,
            None => self.waiting.push_back((number, AuditEvent::new(line))),
        }
        // Another event was begun since, or this one said that it is whole.
        while self.waiting.len() > WAITING || self.held() > HELD || self.waiting.front().is_some_and(|(_, event)| event.is_whole())
        {
            self.give();
        }
    }

    /// The bytes of the lines that wait.
    fn held(&self) -> usize {
        self.waiting.iter().map(|(_, event)| event.length).sum()
    }

    /// Writes the first event that waits.
    fn give(&mut self) -> bool {
        let Some((number, event)) = self.waiting.pop_front() else { return false };
        self.lines.put(number, record::record(&event));
        true
    }
}

#[cfg(test)]
mod tests;
