//! Single lines of a log file, for what stands behind a row of a report.

use super::format::ReadOptions;
use super::{Block, Input, Piece, Spare, ecs_of, read};
use crate::allowance::Allowance;
use crate::source::SourceError;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The longest line that is kept, and the most bytes of all lines of a file: the others have file and number only.
const LONGEST: usize = 1 << 20;
const MOST: usize = 64 << 20;

/// Those of the lines (or elements) of a file that have these numbers, from 0. What cannot be read any more is not there.
pub(crate) fn lines_of(path: &Path, numbers: &[u64], allowance: &Allowance) -> BTreeMap<u64, String> {
    let mut wanted: BTreeSet<u64> = numbers.iter().copied().collect();
    let (mut found, mut room) = (BTreeMap::new(), MOST);
    let input = Input { name: path.display().to_string(), path: Some(path.to_path_buf()), folder: None };
    // An error ends the reading: a fault of the file, or that nothing more is wanted.
    let _read = read(&input, &ReadOptions::default(), &Spare::default(), &mut |piece| {
        allowance.check()?;
        if let Piece::Block(block) = piece {
            take(&block, &mut wanted, &mut found, &mut room);
        }
        if wanted.is_empty() { Err(SourceError::cancelled()) } else { Ok(()) }
    });
    found
}

fn take(block: &Block, wanted: &mut BTreeSet<u64>, found: &mut BTreeMap<u64, String>, room: &mut usize) {
    for (line, number) in block.bytes.split(|byte| *byte == b'\n').zip(block.first..) {
        let Some(next) = wanted.range(number..).next() else { return };
        if *next == number {
            wanted.remove(&number);
            if line.len() <= LONGEST.min(*room) {
                *room -= line.len();
                let ecs = ecs_of(line);
                let line = ecs.as_deref().unwrap_or(line);
                found.insert(number, String::from_utf8_lossy(line.trim_ascii()).into_owned());
            }
        }
    }
}
