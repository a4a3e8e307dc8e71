//! A thread that parses blocks into segments.

use super::builder::{Builder, Meta};
use super::limits::Limits;
use crate::source::SourceError;
use crate::source::logs::{BadReason, BulkAction, FileFindings, Layout, Spare, action};
use crate::source::store::segment::Segment;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

/// Lines to parse.
pub(super) struct Task {
    pub(super) layout: Layout,
    /// The number of their file.
    pub(super) file: usize,
    /// The id of the first line of that file.
    pub(super) first_of_file: u64,
    /// The number of the first of these lines in the file, from 0.
    pub(super) first: u64,
    pub(super) bytes: Vec<u8>,
}

/// What a worker returns when it ends, by the number of the file.
pub(super) type WorkerFindings = BTreeMap<usize, FileFindings>;

/// A thread that parses blocks.
pub(super) struct Worker<'a> {
    limits: &'a Limits,
    keep: &'a (dyn Fn(Segment) -> Result<(), SourceError> + Sync),
    builder: Builder,
    /// The findings of the current block.
    found: FileFindings,
}

impl<'a> Worker<'a> {
    pub(super) fn new(limits: &'a Limits, keep: &'a (dyn Fn(Segment) -> Result<(), SourceError> + Sync)) -> Self {
        Self { limits, keep, builder: Builder::new(limits.fields.clone()), found: FileFindings::default() }
    }

    /// Parses blocks until the reader ends.
    pub(super) fn run(mut self, tasks: &Receiver<Task>, spare: &Spare, stop: &AtomicBool) -> Result<WorkerFindings, SourceError> {
        self.work(tasks, spare).inspect_err(|_| stop.store(true, Ordering::Relaxed))
    }

    fn work(&mut self, tasks: &Receiver<Task>, spare: &Spare) -> Result<WorkerFindings, SourceError> {
        let mut all = WorkerFindings::new();
        for task in tasks {
            self.block(&task)?;
            all.entry(task.file).or_default().merge(std::mem::take(&mut self.found));
            spare.give(task.bytes);
        }
        self.seal()?;
        Ok(all)
    }

    fn seal(&mut self) -> Result<(), SourceError> {
        match self.builder.seal() {
            Some(segment) => (self.keep)(segment),
            None => Ok(()),
        }
    }

    fn block(&mut self, task: &Task) -> Result<(), SourceError> {
        let all_text = std::str::from_utf8(&task.bytes).is_ok();
        let mut waiting: Option<(u64, &[u8])> = None;
        let mut number = task.first;
        let mut rest = task.bytes.as_slice();
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest[..end].trim_ascii();
            rest = rest.get(end + 1..).unwrap_or_default();
            let here = number;
            number += 1;
            if line.is_empty() {
                continue;
            }
            let meta = if task.layout == Layout::Bulk {
                let Some((_, before)) = waiting.take() else {
                    match action(line) {
                        Some(_) => waiting = Some((here, line)),
                        None => self.bad(here, BadReason::NoAction),
                    }
                    continue;
                };
                action(before)
            } else {
                None
            };
            let meta = match &meta {
                Some(BulkAction::Write { index, id, version }) => {
                    Meta { index: index.as_deref(), id: id.as_deref(), version: *version }
                }
                _ => Meta::default(),
            };
            self.line(line, task, here, meta, all_text)?;
        }
        if let Some((line, _)) = waiting {
            self.bad(line, BadReason::NoDocument);
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], task: &Task, number: u64, meta: Meta<'_>, is_text: bool) -> Result<(), SourceError> {
        if self.builder.is_full(self.limits) {
            self.seal()?;
        }
        let added = if line.len() > self.limits.read.max_line {
            Err(BadReason::TooLong)
        } else if !is_text && std::str::from_utf8(line).is_err() {
            Err(BadReason::InvalidUtf8)
        } else {
            self.builder.add(line, task.first_of_file + number, meta)
        };
        match added {
            Ok(()) => self.found.records += 1,
            Err(reason) => self.bad(number, reason),
        }
        Ok(())
    }

    fn bad(&mut self, number: u64, reason: BadReason) {
        self.found.push(number, reason);
    }
}
