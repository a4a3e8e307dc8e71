//! From files to segments: one thread reads and cuts blocks, workers parse them.
//!
//! Blocks are given to the workers in turn, so that all of them work from the first megabyte on and only a few blocks
//! wait in memory. The reader numbers the records: the id of a record is the number of its line over all files.

mod builder;
mod bytes;
mod escape;
mod interner;
mod limits;
mod parser;
mod paths;
mod text;
mod worker;

pub(super) use limits::Limits;

use super::segment::Segment;
use crate::source::SourceError;
use crate::source::logs::{self, Block, FileFindings, Input, Listing, LogEntry, Piece, ReadReport, SavedAnswers, Spare};
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use worker::{SeeDocument, Task, Worker};

/// A file that records came from. The names of records are made from it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Origin {
    /// The path as the user gave it.
    pub(super) name: String,
    /// The id of its first line.
    pub(super) first: u64,
}

/// The result of reading files, beside the segments.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) report: ReadReport,
    pub(super) origins: Vec<Origin>,
    /// The id that the next line would get.
    pub(super) next: u64,
}

/// The most blocks that wait for one worker.
const WAITING: usize = 2;

/// Reads files completely. Workers' threads call `keep` with each segment as soon as it is full. After an error, of files
/// without records too, the segments must be removed.
pub(super) fn ingest(
    listing: &Listing,
    first_id: u64,
    limits: &Limits,
    keep: &(dyn Fn(Segment) -> Result<(), SourceError> + Sync),
) -> Result<Outcome, SourceError> {
    ingest_seen(listing, first_id, limits, keep, &|_| Ok(()))
}

/// As [`ingest`]; workers' threads show each document that becomes a record to `see`.
pub(super) fn ingest_seen(
    listing: &Listing,
    first_id: u64,
    limits: &Limits,
    keep: &(dyn Fn(Segment) -> Result<(), SourceError> + Sync),
    see: &SeeDocument<'_>,
) -> Result<Outcome, SourceError> {
    let (stop, spare) = (AtomicBool::new(false), Spare::default());
    let workers = limits.workers.max(1);
    let (read, done) = std::thread::scope(|scope| {
        let mut senders = Vec::new();
        let mut threads = Vec::new();
        for _ in 0..workers {
            let (sender, receiver) = sync_channel(WAITING);
            senders.push(sender);
            let (stop, spare) = (&stop, &spare);
            threads.push(scope.spawn(move || Worker::new(limits, keep, see).run(&receiver, spare, stop)));
        }
        let read = read_all(listing, first_id, limits, &spare, &senders, &stop);
        drop(senders);
        let done: Vec<_> = threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        (read, done)
    });
    let mut parsed = Vec::with_capacity(done.len());
    for worker in done {
        parsed.push(worker.unwrap_or_else(|_| {
            Err(SourceError::new(&huntc_compiler::diag::codes::internal::BUG, "a thread that parses log files stopped"))
        })?);
    }
    let Reading { listing, mut files, answers, origins, next } = read?;
    for (file, found) in parsed.into_iter().flatten() {
        if let Some(all) = files.get_mut(file) {
            all.merge(found);
        }
    }
    let report = ReadReport { part: answers.part(), ..logs::judge(&listing, &files, limits.read.log_time_offset)? };
    Ok(Outcome { report, origins, next })
}

/// The file and the line number of an id.
pub(super) fn place(origins: &[Origin], id: u64) -> (&str, u64) {
    let found = origin(origins, id).and_then(|at| origins.get(at));
    found.map_or(("", id), |o| (o.name.as_str(), id - o.first + 1))
}

/// The place of an id's file among the files.
pub(super) fn origin(origins: &[Origin], id: u64) -> Option<usize> {
    origins.partition_point(|o| o.first <= id).checked_sub(1)
}

#[derive(Default)]
struct Reading {
    /// The logs that were read: inputs, and the members of those that are archives.
    listing: Listing,
    /// The findings of each of them.
    files: Vec<FileFindings>,
    answers: SavedAnswers,
    origins: Vec<Origin>,
    next: u64,
}

/// Where blocks go: to the workers in turn.
struct Workers<'a> {
    senders: &'a [SyncSender<Task>],
    turn: usize,
    stop: &'a AtomicBool,
}

impl Workers<'_> {
    fn give(&mut self, task: Task) -> Result<(), SourceError> {
        // A worker that ended returns an error later; there is no use in reading on.
        if self.stop.load(Ordering::Relaxed) || self.senders[self.turn].send(task).is_err() {
            return Err(SourceError::cancelled());
        }
        self.turn = (self.turn + 1) % self.senders.len();
        Ok(())
    }
}

fn read_all(
    listing: &Listing,
    first_id: u64,
    limits: &Limits,
    spare: &Spare,
    senders: &[SyncSender<Task>],
    stop: &AtomicBool,
) -> Result<Reading, SourceError> {
    let read = Listing { inputs: Vec::new(), left_out: listing.left_out.clone() };
    let mut reading = Reading { listing: read, next: first_id, ..Reading::default() };
    let mut workers = Workers { senders, turn: 0, stop };
    for input in &listing.inputs {
        logs::each_entry(input, limits.read.unpack, &limits.allowance, &mut |entry| match entry {
            LogEntry::Log(log, reader) => reading.log(log, reader, limits, spare, &mut workers),
            LogEntry::Unreadable(log, kind) => {
                reading.listing.inputs.push(log.clone());
                reading.files.push(FileFindings { kind: Some(kind), ..FileFindings::default() });
                Ok(())
            }
        })?;
    }
    Ok(reading)
}

impl Reading {
    /// Reads a log completely.
    fn log(
        &mut self,
        log: &Input,
        reader: Box<dyn Read + '_>,
        limits: &Limits,
        spare: &Spare,
        workers: &mut Workers<'_>,
    ) -> Result<(), SourceError> {
        let (file, first_of_file) = (self.files.len(), self.next);
        self.origins.push(Origin { name: log.name.clone(), first: first_of_file });
        let mut found = FileFindings::default();
        let answers = &mut self.answers;
        let read = logs::read(reader, &log.name, &limits.read, spare, &mut |piece| {
            limits.allowance.check()?;
            match piece {
                Piece::Answer(facts) => answers.push(facts, &log.name),
                Piece::Bad(line, reason) => found.push(line, reason),
                Piece::Mended(line, flaw) => found.push_mended(line, flaw),
                Piece::Clock(clock) => found.clock.merge(clock),
                Piece::Block(Block { layout, first, bytes }) => {
                    workers.give(Task { layout, file, first_of_file, first, bytes })?;
                }
            }
            Ok(())
        })?;
        found.kind = Some(read.kind);
        self.listing.inputs.push(log.clone());
        self.files.push(found);
        self.next = first_of_file + read.lines;
        Ok(())
    }
}
