//! Single lines of a log file, for what stands behind a row of a report.

use super::archive::UnpackLimits;
use super::format::{FileSettings, ReadOptions};
use super::log_clock::LogTimeOffset;
use super::{Block, Input, LogEntry, Piece, Spare, each_entry, event_of_block, read};
use crate::allowance::Allowance;
use crate::source::SourceError;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The longest line that is kept, and the most bytes of all lines of a file: the others have file and number only.
const LONGEST: usize = 1 << 20;
const MOST: usize = 64 << 20;

/// What is unpacked of an archive for them at most.
const UNPACKED: UnpackLimits = UnpackLimits { always: 1 << 32, ratio: 0, most: 1 << 32, copy: 1 << 30, members: 100_000, depth: 4 };

/// The lines (or elements) that are wanted of logs, from 0, by the names of the logs.
pub(crate) type WantedLines<'a> = BTreeMap<&'a str, BTreeSet<u64>>;

/// The file that holds a log: the log itself, or the archive in which it is a member.
pub(crate) fn file_of(name: &str) -> Option<&Path> {
    Path::new(name).ancestors().find(|path| path.is_file())
}

/// Those of the lines of the logs in a file, which is read as it was read before. What cannot be read any more is not there.
pub(crate) fn lines_of<'w>(
    file: &Path,
    mut wanted: WantedLines<'w>,
    settings: &FileSettings,
    allowance: &Allowance,
) -> BTreeMap<(&'w str, u64), String> {
    let (mut found, mut room) = (BTreeMap::new(), MOST);
    let options = ReadOptions { unpack: UNPACKED, ..ReadOptions::of(settings) };
    // An error ends the reading: a fault of the file, or that nothing more is wanted.
    let _read = each_entry(&Input::file(file), options.unpack, allowance, &mut |entry| {
        let LogEntry::Log(log, reader) = entry else { return Ok(()) };
        let Some((name, mut numbers)) = wanted.remove_entry(log.name.as_str()) else { return Ok(()) };
        let _end = read(reader, name, &options, &Spare::default(), &mut |piece| {
            allowance.check()?;
            if let Piece::Block(block) = piece {
                take(&block, settings.log_time_offset, &mut numbers, &mut room, &mut |number, text| {
                    found.insert((name, number), text);
                });
            }
            if numbers.is_empty() { Err(SourceError::cancelled()) } else { Ok(()) }
        });
        if wanted.is_empty() { Err(SourceError::cancelled()) } else { Ok(()) }
    });
    found
}

fn take(block: &Block, offset: LogTimeOffset, wanted: &mut BTreeSet<u64>, room: &mut usize, found: &mut dyn FnMut(u64, String)) {
    for (line, number) in block.bytes.split(|byte| *byte == b'\n').zip(block.first..) {
        let Some(next) = wanted.range(number..).next() else { return };
        if *next == number {
            wanted.remove(&number);
            if line.len() <= LONGEST.min(*room) {
                *room -= line.len();
                let mut document = Vec::new();
                let event = event_of_block(block.layout, line, offset, &mut document);
                let line = if event.is_some() { &document } else { line };
                found(number, String::from_utf8_lossy(line.trim_ascii()).into_owned());
            }
        }
    }
}
