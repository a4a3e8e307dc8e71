//! A thread that parses blocks into segments.

use super::bad_lines::Bad;
use super::builder::{Builder, Meta};
use super::limits::Limits;
use crate::source::SourceError;
use crate::source::logs::{BadReason, BulkAction, Layout, Spare, action};
use crate::source::store::segment::Segment;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

/// Lines to parse; the first one has the id `first`.
pub(super) struct Task {
    pub(super) layout: Layout,
    pub(super) first: u64,
    pub(super) bytes: Vec<u8>,
}

/// What a worker returns when it ends.
#[derive(Default)]
pub(super) struct WorkerFindings {
    pub(super) records: u64,
    pub(super) bad: Bad,
}

/// A thread that parses blocks.
pub(super) struct Worker<'a> {
    limits: &'a Limits,
    keep: &'a (dyn Fn(Segment) -> Result<(), SourceError> + Sync),
    builder: Builder,
    found: WorkerFindings,
}

impl<'a> Worker<'a> {
    pub(super) fn new(limits: &'a Limits, keep: &'a (dyn Fn(Segment) -> Result<(), SourceError> + Sync)) -> Self {
        Self { limits, keep, builder: Builder::new(limits.fields.clone()), found: WorkerFindings::default() }
    }

    /// Parses blocks until the reader ends.
    pub(super) fn run(mut self, tasks: &Receiver<Task>, spare: &Spare, stop: &AtomicBool) -> Result<WorkerFindings, SourceError> {
        let result = self.work(tasks, spare);
        if result.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        result.map(|()| self.found)
    }

    fn work(&mut self, tasks: &Receiver<Task>, spare: &Spare) -> Result<(), SourceError> {
        for task in tasks {
            self.block(&task)?;
            spare.give(task.bytes);
        }
        self.seal()
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
        let mut id = task.first;
        let mut rest = task.bytes.as_slice();
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest[..end].trim_ascii();
            rest = rest.get(end + 1..).unwrap_or_default();
            let here = id;
            id += 1;
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
                Some(BulkAction::Write { index, id }) => Meta { index: index.as_deref(), id: id.as_deref() },
                _ => Meta::default(),
            };
            self.line(line, here, meta, all_text)?;
        }
        if let Some((line, _)) = waiting {
            self.bad(line, BadReason::NoDocument);
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], id: u64, meta: Meta<'_>, is_text: bool) -> Result<(), SourceError> {
        if self.builder.is_full(self.limits) {
            self.seal()?;
        }
        let added = if line.len() > self.limits.read.max_line {
            Err(BadReason::TooLong)
        } else if !is_text && std::str::from_utf8(line).is_err() {
            Err(BadReason::InvalidUtf8)
        } else {
            self.builder.add(line, id, meta)
        };
        match added {
            Ok(()) => self.found.records += 1,
            Err(reason) => self.bad(id, reason),
        }
        Ok(())
    }

    fn bad(&mut self, id: u64, reason: BadReason) {
        self.found.bad.push(id, reason);
    }
}
