//! Whether what was read may be asked: a source that cannot be read is not an empty one (semantics.md §6).

use super::file_kind::FileKind;
use super::inputs::{Input, Listing};
use super::log_clock::{LogClock, LogTimeOffset};
use super::report::{BadLine, BadReason, LeftOut, MendedLine, NAMED_BAD_LINES, ReadReport};
use crate::source::SourceError;
use crate::source::repair::Flaw;
use huntc_compiler::diag::codes::store::NO_RECORDS;

/// What was found in a file.
#[derive(Debug, Default)]
pub(crate) struct FileFindings {
    /// Records.
    pub(crate) records: u64,
    /// Lines that are none.
    pub(crate) bad_total: u64,
    /// The first of them, counted from 0.
    pub(crate) bad: Vec<(u64, BadReason)>,
    /// Records of which a value was mended.
    pub(crate) mended_total: u64,
    /// The first of them, counted from 0.
    pub(crate) mended: Vec<(u64, Flaw)>,
    /// What its Windows events say of its clock.
    pub(crate) clock: LogClock,
    /// What it looks like; none before it was read to its end.
    pub(crate) kind: Option<&'static FileKind>,
}

impl FileFindings {
    /// Takes a line that is no record. A file may hold more of them than fit into memory, so only the first are kept.
    pub(crate) fn push(&mut self, line: u64, reason: BadReason) {
        self.bad_total += 1;
        if self.bad.len() < NAMED_BAD_LINES {
            self.bad.push((line, reason));
        }
    }

    /// Takes a record of which a value was mended.
    pub(crate) fn push_mended(&mut self, line: u64, flaw: Flaw) {
        self.mended_total += 1;
        if self.mended.len() < NAMED_BAD_LINES {
            self.mended.push((line, flaw));
        }
    }

    /// Takes what another thread found in the same file.
    pub(crate) fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.bad_total += other.bad_total;
        self.bad.extend(other.bad);
        self.bad.sort_unstable();
        self.bad.truncate(NAMED_BAD_LINES);
        self.mended_total += other.mended_total;
        self.mended.extend(other.mended);
        self.mended.sort_unstable();
        self.mended.truncate(NAMED_BAD_LINES);
        self.clock.merge(other.clock);
        self.kind = self.kind.or(other.kind);
    }

    /// Whether there is something in it, and nothing of that is a record.
    fn is_unreadable(&self) -> bool {
        self.records == 0 && (self.bad_total > 0 || self.kind.is_some_and(|kind| kind.foreign))
    }

    fn named(&self, input: &Input, most: usize) -> Vec<BadLine> {
        let bad = self.bad.iter().take(most);
        bad.map(|(line, reason)| BadLine { file: input.name.clone(), line: line + 1, reason: *reason }).collect()
    }
}

/// Bad lines that an error names.
const SHOWN: usize = 3;

/// What reading files found, one of `files` for each of the inputs; or why nothing of it may be asked. `offset` was added to when
/// Windows events were logged.
pub(crate) fn judge(listing: &Listing, files: &[FileFindings], offset: LogTimeOffset) -> Result<ReadReport, SourceError> {
    let mut report = ReadReport { left_out: listing.left_out.clone(), ..ReadReport::default() };
    for (input, found) in listing.inputs.iter().zip(files) {
        report.records += found.records;
        report.take_clock(found.clock.fault(&input.name, offset));
        report.mended_total += found.mended_total;
        let most = NAMED_BAD_LINES - report.mended.len();
        let mended = found.mended.iter().take(most);
        report.mended.extend(mended.map(|(line, flaw)| MendedLine { file: input.name.clone(), line: line + 1, flaw: *flaw }));
        if !found.is_unreadable() {
            report.bad_total += found.bad_total;
            let most = NAMED_BAD_LINES - report.bad.len();
            report.bad.extend(found.named(input, most));
        } else if input.folder.is_none() {
            return Err(no_record(input, found));
        } else if let Some(kind) = found.kind {
            let bad = found.named(input, 1).pop();
            report.left_out.push(LeftOut { file: input.name.clone(), what: kind.name, holds_records: kind.holds_records, bad });
        }
    }
    report.left_out.sort_by(|a, b| a.file.cmp(&b.file));
    let all: Vec<(&Input, &FileFindings)> = listing.inputs.iter().zip(files).collect();
    // The files of a folder stand together.
    all.chunk_by(|a, b| a.0.folder == b.0.folder).try_for_each(folder)?;
    Ok(report)
}

/// Judges the files of a folder.
fn folder(files: &[(&Input, &FileFindings)]) -> Result<(), SourceError> {
    let Some(name) = files.first().and_then(|(input, _)| input.folder.as_deref()) else { return Ok(()) };
    let unreadable: Vec<&(&Input, &FileFindings)> = files.iter().filter(|(_, found)| found.is_unreadable()).collect();
    let records: u64 = files.iter().map(|(_, found)| found.records).sum();
    if let (0, Some((input, found))) = (records, unreadable.first()) {
        let what = |(input, found): &(&Input, &FileFindings)| {
            found.kind.map_or_else(|| input.name.clone(), |kind| format!("{} looks like {}", input.name, kind.name))
        };
        let error = SourceError::new(&NO_RECORDS, format!("no file in {name} gives a record"));
        let error = unreadable.iter().take(SHOWN).fold(error, |error, file| error.note(what(file)));
        let error = found.named(input, SHOWN).iter().fold(error, |error, bad| error.note(bad.to_string()));
        return Err(match found.kind {
            Some(kind) => error.help(kind.way(input)),
            None => error,
        });
    }
    let bad: u64 = files.iter().filter(|(_, found)| found.records > 0).map(|(_, found)| found.bad_total).sum();
    if records >= bad {
        return Ok(());
    }
    let message = format!("most of {name} cannot be read: {bad} of {} lines", records + bad);
    let worst = files.iter().filter(|(_, found)| found.records > 0).max_by_key(|(_, found)| found.bad_total);
    let lines = worst.map(|(input, found)| found.named(input, SHOWN)).unwrap_or_default();
    let error = lines.iter().fold(SourceError::new(&NO_RECORDS, message), |error, bad| error.note(bad.to_string()));
    Err(error.help("name the files that are logs themselves, or take what is no log out of the folder"))
}

/// The error of a file, named itself, that gives no record.
fn no_record(input: &Input, found: &FileFindings) -> SourceError {
    let Some(kind) = found.kind else { return SourceError::new(&NO_RECORDS, format!("{} gives no record", input.name)) };
    let error = SourceError::new(&NO_RECORDS, format!("{} gives no record: it looks like {}", input.name, kind.name));
    let error = match found.bad_total {
        0 => error,
        1 => error.note("its one line is no record"),
        lines => error.note(format!("none of its {lines} lines is a record")),
    };
    let error = found.named(input, SHOWN).iter().fold(error, |error, bad| error.note(bad.to_string()));
    error.help(kind.way(input))
}
