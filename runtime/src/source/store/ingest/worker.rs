//! A thread that parses blocks into segments.

use super::builder::{Builder, Meta};
use super::limits::Limits;
use crate::source::SourceError;
use crate::source::logs::{BadReason, BulkAction, FileFindings, Layout, MENDED_FEED, Spare, action, event_of_block, with_source};
use crate::source::repair::{self, Flaw, Repaired};
use crate::source::store::segment::Segment;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

/// How an event begins that is no JSON; bytes that are no UTF-8 are mended where it is read.
const XML: &[u8] = b"<Event";

/// What a document may take that is kept for the next one, in bytes.
const LARGE: usize = 1 << 20;

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

/// Is shown each document that becomes a record, as JSON.
pub(super) type SeeDocument<'a> = dyn Fn(&[u8]) -> Result<(), SourceError> + Sync + 'a;

/// A thread that parses blocks.
pub(super) struct Worker<'a> {
    limits: &'a Limits,
    keep: &'a (dyn Fn(Segment) -> Result<(), SourceError> + Sync),
    /// Is shown each document that was added.
    see: &'a SeeDocument<'a>,
    builder: Builder,
    /// What the current Windows event becomes.
    document: Vec<u8>,
    /// The findings of the current block.
    found: FileFindings,
    /// Why a document could not be shown.
    unseen: Option<SourceError>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(
        limits: &'a Limits,
        keep: &'a (dyn Fn(Segment) -> Result<(), SourceError> + Sync),
        see: &'a SeeDocument<'a>,
    ) -> Self {
        let (builder, document, found) = (Builder::new(limits.fields.clone()), Vec::new(), FileFindings::default());
        Self { limits, keep, see, builder, document, found, unseen: None }
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
        let id = task.first_of_file + number;
        let added = if line.len() > self.limits.read.max_line {
            Err(BadReason::TooLong)
        } else if !is_text && !line.starts_with(XML) && std::str::from_utf8(line).is_err() {
            Err(BadReason::InvalidUtf8)
        } else {
            self.add_event(line, task.layout, id, meta)
        };
        let added = match added {
            Err(reason @ (BadReason::InvalidUtf8 | BadReason::Malformed | BadReason::TooDeep)) => {
                self.mend(line, task.layout, id, meta, reason)
            }
            Err(BadReason::NoTimestamp) => match with_source(line) {
                Some(hit) => self.add(hit.as_bytes(), id, meta).map(|()| None),
                None => Err(BadReason::NoTimestamp),
            },
            added => added,
        };
        match added {
            Ok(flaw) => {
                self.found.records += 1;
                if let Some(flaw) = flaw {
                    self.found.push_mended(number, flaw);
                }
            }
            Err(reason) => self.bad(number, reason),
        }
        self.unseen.take().map_or(Ok(()), Err)
    }

    fn add(&mut self, json: &[u8], id: u64, meta: Meta<'_>) -> Result<(), BadReason> {
        self.builder.add(json, id, meta)?;
        self.unseen = (self.see)(json).err();
        Ok(())
    }

    /// Adds a document, or what a Windows event becomes; says what had to be mended in that.
    fn add_event(&mut self, line: &[u8], layout: Layout, id: u64, meta: Meta<'_>) -> Result<Option<Flaw>, BadReason> {
        self.document.clear();
        self.document.shrink_to(LARGE);
        let Some(event) = event_of_block(layout, line, self.limits.read.log_time_offset, &mut self.document) else {
            // It may be no UTF-8.
            if line.starts_with(XML) {
                return Err(BadReason::Malformed);
            }
            return self.add(line, id, meta).map(|()| None);
        };
        self.builder.add(&self.document, id, meta)?;
        self.unseen = (self.see)(&self.document).err();
        if let Some(clock) = event.clock {
            self.found.clock.push(clock);
        }
        Ok(event.flaw)
    }

    /// Adds a line that was refused for `reason`, if its values can be mended.
    fn mend(&mut self, line: &[u8], layout: Layout, id: u64, meta: Meta<'_>, reason: BadReason) -> Result<Option<Flaw>, BadReason> {
        let fed = if layout == Layout::Elements { line.strip_suffix(&[MENDED_FEED]) } else { None };
        let mut repaired = repair::json(fed.unwrap_or(line)).ok_or(reason)?;
        if fed.is_some() {
            repaired.flaws.push((0, Flaw::Control));
        }
        let Some((_, flaw)) = repaired.flaws.first() else { return Err(reason) };
        let json = unless_mended_id(&repaired).ok_or(reason)?;
        let added = self.add_event(json.as_bytes(), layout, id, meta).map(drop);
        added.map(|()| Some(*flaw)).map_err(|again| if again == BadReason::Malformed { reason } else { again })
    }

    fn bad(&mut self, number: u64, reason: BadReason) {
        self.found.push(number, reason);
    }
}

/// The names that make two documents one.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, rename = "_index")]
    index: Option<&'a RawValue>,
    #[serde(borrow, rename = "_id")]
    id: Option<&'a RawValue>,
}

/// A document without its name, where that was mended: names that were different could be one now, and a record would take the
/// place of another. `None` where it is no object or says its name twice.
fn unless_mended_id(repaired: &Repaired) -> Option<Cow<'_, str>> {
    let Named { index, id } = serde_json::from_str(&repaired.json).ok()?;
    let names = || index.into_iter().chain(id).map(RawValue::get);
    if names().all(|name| repaired.flaw_in(name).is_none()) {
        return Some(Cow::Borrowed(&repaired.json));
    }
    let mut places: Vec<(usize, usize)> = names().map(|name| (repaired.place_of(name), name.len())).collect();
    places.sort_unstable();
    let (mut json, mut done) = (String::with_capacity(repaired.json.len()), 0);
    for (at, len) in places {
        json.push_str(repaired.json.get(done..at)?);
        json.push_str("null");
        done = at + len;
    }
    json.push_str(repaired.json.get(done..)?);
    Some(Cow::Owned(json))
}
