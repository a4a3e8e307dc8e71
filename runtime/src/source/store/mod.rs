//! The embedded store: log files as column segments, in memory or in a folder. It takes the same queries as clusters.
//!
//! The store has none of the limits of servers: values are kept whole, and it takes any number of clauses and terms.
//! Otherwise it answers as Elasticsearch does with ECS mappings: `keyword` fields compare texts (for numbers and
//! booleans the JSON), `long` fields numbers, `ip` fields addresses and networks, `date` fields milliseconds.

mod bits;
mod column;
mod convert;
mod disk;
mod documents;
mod duplicates;
mod eval;
mod fetch;
mod ingest;
mod lucene;
mod match_values;
mod memory_budget;
mod prefix_index;
mod prefix_sort;
mod prepare;
mod row_cursor;
mod sample;
mod segment;
mod stream;

pub use convert::{convert, convert_each};
pub use disk::{IngestOptions, IngestReport, ingest};

use super::clocks::{CATEGORY, Clock, Clocks};
use super::evidence::{RecordDocuments, WantedRecord};
use super::logs::{self, ReadReport};
use super::{
    ANSWER, DataSource, FetchContext, Fields, Records, Sample, Sink, SourceError, Tally, TallyRequest, TupleRequest, Tuples,
};
use crate::allowance::{Allowance, Spent};
use crate::damage::unless_changed;
use bits::Bits;
use fetch::Selection;
use huntc_compiler::request::{BoundRequest, Query};
use huntc_compiler::time::Instant;
use ingest::{Limits, Origin};
use memory_budget::Budget;
use prepare::{Patterns, Prepared};
use rayon::prelude::*;
use segment::Segment;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

/// The most records that are given on at a time, but for those of one segment.
const PART: usize = 131_072;

/// Records of log files that requests can be asked of.
pub struct Store {
    location: String,
    segments: Vec<Segment>,
    origins: Vec<Origin>,
    /// Why it holds only a part of an answer, should the files that it was made of have said so.
    part: Option<String>,
    /// The fields whose values were kept.
    fields: Fields,
    /// How its log files were read.
    settings: logs::FileSettings,
    patterns: Mutex<Patterns>,
}

/// Figures about a store.
#[derive(Clone, PartialEq, Debug, Default)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct StoreStats {
    pub records: u64,
    /// Time of the first and the last record; `None` when there are no records.
    pub span: Option<(Instant, Instant)>,
    pub segments: usize,
    /// The name of each field and how many records have it, sorted by name.
    pub fields: Vec<(String, u64)>,
}

impl Store {
    /// Reads log files, folders of log files, or standard input (`-`) into memory.
    pub fn from_paths(paths: &[PathBuf]) -> Result<(Self, ReadReport), SourceError> {
        Self::from_paths_within(paths, &Limits::default())
    }

    /// As [`Self::from_paths`], but keeps only some fields, and only as long as a hunt may go on. A request for another
    /// field is an error.
    pub fn from_paths_with(
        paths: &[PathBuf],
        fields: Fields,
        allowance: Arc<Allowance>,
    ) -> Result<(Self, ReadReport), SourceError> {
        Self::from_paths_within(paths, &Limits { fields, allowance, ..Limits::default() })
    }

    /// As [`Self::from_paths_with`], of files of which the configuration says something.
    pub fn from_paths_as(
        paths: &[PathBuf],
        settings: &logs::FileSettings,
        fields: Fields,
        allowance: Arc<Allowance>,
    ) -> Result<(Self, ReadReport), SourceError> {
        let read = logs::ReadOptions::of(settings);
        Self::from_paths_within(paths, &Limits { read, fields, allowance, ..Limits::default() })
    }

    /// As [`Self::from_paths`], with one thread, `read` for cutting the text into pieces, and `segment_rows` records in
    /// a segment. For tests that need such borders everywhere.
    #[doc(hidden)]
    pub fn from_paths_cut(
        paths: &[PathBuf],
        read: logs::ReadOptions,
        segment_rows: usize,
    ) -> Result<(Self, ReadReport), SourceError> {
        Self::from_paths_within(paths, &Limits { read, segment_rows, workers: 1, ..Limits::default() })
    }

    /// As [`Self::from_paths_with`], of one file, which is called `name` wherever it is told of.
    pub fn from_file(
        path: &Path,
        name: &str,
        fields: Fields,
        allowance: Arc<Allowance>,
    ) -> Result<(Self, ReadReport), SourceError> {
        let mut listing = logs::list(&[path.to_path_buf()])?;
        for input in &mut listing.inputs {
            name.clone_into(&mut input.name);
        }
        Self::from_listing(&listing, name.to_owned(), &Limits { fields, allowance, ..Limits::default() })
    }

    fn from_paths_within(paths: &[PathBuf], limits: &Limits) -> Result<(Self, ReadReport), SourceError> {
        let location = paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
        Self::from_listing(&logs::list(paths)?, location, limits)
    }

    fn from_listing(listing: &logs::Listing, location: String, limits: &Limits) -> Result<(Self, ReadReport), SourceError> {
        let segments = Mutex::new(Vec::new());
        let outcome = ingest::ingest(listing, 0, limits, &|segment| {
            limits.allowance.take(segment.bytes()?, "what is kept of log files").map_err(in_memory)?;
            segments.lock().unwrap_or_else(PoisonError::into_inner).push(segment);
            Ok(())
        })?;
        let segments = segments.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut segments = once_each(segments, &outcome.origins)?;
        segments.sort_by_key(|s| (s.span(), s.ids.first().copied()));
        let logs::ReadOptions { columns, log_time_offset, .. } = limits.read.clone();
        let settings = logs::FileSettings { columns, log_time_offset };
        let fields = limits.fields.clone();
        let store = Self { location, segments, origins: outcome.origins, part: None, fields, settings, patterns: Mutex::default() };
        Ok((store, outcome.report))
    }

    /// Opens a store that [`ingest`] made. Its files are mapped, not read.
    pub fn open(dir: &Path) -> Result<Self, SourceError> {
        Self::open_within(dir, disk::IN_MEMORY)
    }

    fn open_within(dir: &Path, in_memory: u64) -> Result<Self, SourceError> {
        let disk::Opened { segments, origins, part } = disk::open(dir, &Budget::new(in_memory))?;
        let location = dir.display().to_string();
        let settings = logs::FileSettings::default();
        Ok(Self { location, segments, origins, part, fields: Fields::All, settings, patterns: Mutex::default() })
    }

    /// Of documents that stand in several stores, leaves out all but the one that counts. Before anything is asked.
    pub fn count_once(stores: &[Arc<Self>]) -> Result<(), SourceError> {
        let parts: Vec<_> = stores.iter().map(|s| duplicates::Part { segments: &s.segments, origins: &s.origins }).collect();
        let unchanged = || stores.iter().flat_map(|s| &s.segments).try_for_each(Segment::intact);
        let dead = unless_changed(unchanged, || duplicates::superseded(&parts, duplicates::AT_ONCE))?;
        for (store, dead) in stores.iter().zip(dead) {
            for (segment, rows) in store.segments.iter().zip(dead).filter(|(_, rows)| !rows.is_empty()) {
                segment.leave_out(rows);
            }
        }
        Ok(())
    }

    /// Whether a path is a folder that holds a store, of any version. Other folders hold log files.
    pub fn is_store(path: &Path) -> bool {
        disk::is_store(path)
    }

    /// Why it holds only a part of an answer, should one of the files that it was made of have said so.
    pub fn part(&self) -> Option<&str> {
        self.part.as_deref()
    }

    /// Tests all checksums of an opened store.
    pub fn verify(&self) -> Result<(), SourceError> {
        self.unless_cut(|| {
            self.segments.par_iter().try_for_each(|segment| {
                segment.all_columns()?;
                segment.release_excess();
                Ok(())
            })
        })
    }

    /// How many records the store has.
    pub fn len(&self) -> u64 {
        self.segments.iter().map(|s| s.len() as u64).sum()
    }

    /// Whether the store has no records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Figures about the store, for reports.
    pub fn stats(&self) -> StoreStats {
        let mut fields: BTreeMap<&str, u64> = BTreeMap::new();
        for field in self.segments.iter().flat_map(Segment::fields) {
            *fields.entry(&field.name).or_default() += field.present;
        }
        if !self.is_empty() {
            fields.insert("@timestamp", self.len());
        }
        let spans = self.segments.iter().filter_map(Segment::span);
        let span = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let fields = fields.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        StoreStats { records: self.len(), span, segments: self.segments.len(), fields }
    }

    /// The time that the records of each event category cover.
    pub fn clocks(&self) -> Result<Vec<Clock>, SourceError> {
        self.unless_cut(|| {
            let mut clocks = Clocks::default();
            for segment in &self.segments {
                let rows = (0..segment.len() as u32).collect();
                clocks.add(&segment.times, &fetch::gather(CATEGORY, &[Selection { segment, rows }])?);
            }
            Ok(clocks.finish())
        })
    }

    /// Does work on the segments. If another program has cut the file of one meanwhile, nothing that came of the work counts.
    fn unless_cut<T>(&self, work: impl FnOnce() -> Result<T, SourceError>) -> Result<T, SourceError> {
        unless_changed(|| self.segments.iter().try_for_each(Segment::intact), work)
    }

    /// Prepares the query of a request. The error says that the request needs a field that was not kept.
    fn prepared(&self, request: &BoundRequest) -> Result<Prepared, SourceError> {
        if let Some(field) = self.fields.lacks(request) {
            let message = format!("a request needs the field `{field}`, which was passed over in {}", self.location);
            return Err(SourceError::new(&huntc_compiler::diag::codes::internal::BUG, message));
        }
        self.patterns.lock().unwrap_or_else(PoisonError::into_inner).prepare(&request.query, &request.kinds)
    }

    /// The segments in which a request finds something, with the rows that it matches.
    fn select(&self, request: &BoundRequest, context: &FetchContext) -> Result<Vec<Selection<'_>>, SourceError> {
        let query = self.prepared(request)?;
        let rows: Vec<Vec<u32>> = if let Some(mut enough) = request.enough {
            let mut found = Vec::new();
            for segment in &self.segments {
                let bits = matching(segment, &query, request, context)?;
                let mut rows = match bits {
                    Some(bits) if enough == 1 => bits.first().into_iter().collect(),
                    bits => bits.map_or_else(Vec::new, |bits| bits.rows()),
                };
                rows.truncate(enough);
                enough -= rows.len();
                found.push(rows);
                if enough == 0 {
                    break;
                }
            }
            found
        } else {
            let one = |segment| rows(segment, &query, request, context);
            self.segments.par_iter().with_max_len(1).map(one).collect::<Result<_, _>>()?
        };
        let selections = self.segments.iter().zip(rows).map(|(segment, rows)| Selection { segment, rows });
        Ok(selections.filter(|s| !s.rows.is_empty()).collect())
    }

    /// The records of the selected rows, with the fields that a request names.
    fn records(&self, request: &BoundRequest, selections: &[Selection<'_>], allowance: &Allowance) -> Result<Records, SourceError> {
        let memory = Mutex::new(allowance.lend(ANSWER));
        let grow = |bytes| memory.lock().unwrap_or_else(PoisonError::into_inner).grow(bytes);
        grow(24 * selections.iter().map(|s| s.rows.len()).sum::<usize>())?;
        let mut records = Records::default();
        for selection in selections {
            selection.segment.intact()?;
            for (time, id) in selection.rows.iter().filter_map(|row| selection.segment.key(*row)) {
                records.ids.push(id);
                records.times.push(Some(time));
            }
            selection.segment.release_excess();
        }
        if request.fields.iter().any(|f| f == "_id") {
            records.observations = self.observations(&records.ids, selections)?;
        }
        let gathered = |field: &&str| {
            allowance.check()?;
            let column = fetch::gather(field, selections)?;
            grow(column.bytes())?;
            Ok(((*field).to_owned(), column))
        };
        let columns: Vec<&str> = request.columns().collect();
        records.columns = columns.par_iter().map(gathered).collect::<Result<_, SourceError>>()?;
        Ok(records)
    }

    /// For each record `index/id`, or the file and the line that it came from.
    fn observations(&self, ids: &[u64], selections: &[Selection<'_>]) -> Result<Vec<Arc<str>>, SourceError> {
        let index = fetch::gather("_index", selections)?;
        let id = fetch::gather("_id", selections)?;
        let text = |column: &super::Column, row: usize| match column.values(row).next() {
            Some(super::Scalar::Text(text)) => text.to_string(),
            Some(super::Scalar::Int(int)) => int.to_string(),
            _ => String::new(),
        };
        let name = |(row, record): (usize, &u64)| -> Arc<str> {
            let own = text(&id, row);
            if own.is_empty() {
                let (file, line) = ingest::place(&self.origins, *record);
                return format!("{file}:{line}").into();
            }
            format!("{}/{own}", text(&index, row)).into()
        };
        Ok(ids.iter().enumerate().map(name).collect())
    }
}

/// The error of a hunt that may not hold what it reads of log files.
fn in_memory(spent: Spent) -> SourceError {
    SourceError::from(spent).help("`huntc ingest LOGS... --store DIR` makes a store of them, which stays on the disk")
}

/// The segments without the documents that others of them supersede.
fn once_each(segments: Vec<Segment>, origins: &[Origin]) -> Result<Vec<Segment>, SourceError> {
    let dead = duplicates::superseded(&[duplicates::Part { segments: &segments, origins }], duplicates::AT_ONCE)?;
    let mut left = Vec::with_capacity(segments.len());
    for (segment, rows) in segments.into_iter().zip(dead.into_iter().flatten()) {
        if rows.is_empty() {
            left.push(segment);
        } else {
            left.extend(duplicates::without(&segment, &rows)?);
        }
    }
    Ok(left)
}

/// The rows of a segment that a request matches; `None` when the segment is outside of the window.
fn matching(
    segment: &Segment,
    query: &Prepared,
    request: &BoundRequest,
    context: &FetchContext,
) -> Result<Option<Bits>, SourceError> {
    context.allowance.check()?;
    segment.intact()?;
    let within = segment.rows(request.window);
    if within.is_empty() {
        return Ok(None);
    }
    context.stats.pages.fetch_add(1, Ordering::Relaxed);
    let mut found = eval::evaluate(query, segment, &Bits::range(segment.len(), within))?;
    if let Some(rows) = segment.superseded() {
        found.and_not(rows);
    }
    segment.release_excess();
    Ok(Some(found))
}

/// The rows of a segment that a request matches.
fn rows(segment: &Segment, query: &Prepared, request: &BoundRequest, context: &FetchContext) -> Result<Vec<u32>, SourceError> {
    Ok(matching(segment, query, request, context)?.map_or_else(Vec::new, |bits| bits.rows()))
}

impl DataSource for Store {
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        self.unless_cut(|| {
            let selections = self.select(request, context)?;
            let records = self.records(request, &selections, &context.allowance)?;
            context.allowance.check()?;
            context.read.fetch_add(records.len() as u64, Ordering::Relaxed);
            Ok(records)
        })
    }

    fn stream(&self, request: &BoundRequest, context: &FetchContext, sink: &mut dyn Sink) -> Result<(), SourceError> {
        if request.enough.is_some() {
            sink.begin();
            sink.take(self.fetch(request, context)?)?;
            return sink.end();
        }
        self.unless_cut(|| self.streamed(request, context, sink, PART))
    }

    fn sample(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError> {
        self.unless_cut(|| self.sampled(request, most, context))
    }

    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError> {
        self.unless_cut(|| {
            if request.enough.is_some() {
                return Ok(self.select(request, context)?.iter().map(|s| s.rows.len() as u64).sum());
            }
            let query = self.prepared(request)?;
            let one = |segment| Ok(matching(segment, &query, request, context)?.map_or(0, |bits| bits.count()));
            self.segments.par_iter().with_max_len(1).map(one).sum()
        })
    }

    fn tally(&self, asked: &TallyRequest<'_>, context: &FetchContext) -> Result<Tally, SourceError> {
        self.unless_cut(|| {
            let selections = self.select(asked.request, context)?;
            let times: Vec<Instant> =
                selections.iter().flat_map(|s| s.rows.iter().filter_map(|row| Some(s.segment.key(*row)?.0))).collect();
            let clock = asked.clock.map(|field| fetch::gather(field, &selections)).transpose()?;
            Ok(Tally::of(&times, clock.as_ref(), &fetch::gather(asked.by, &selections)?, asked.most))
        })
    }

    fn tuples(&self, asked: &TupleRequest<'_>, context: &FetchContext) -> Result<Option<Tuples>, SourceError> {
        // A store gives its records part by part about as fast as it counts them, and in less memory.
        if asked.from > 0 {
            return Ok(None);
        }
        let query = &asked.request.query;
        let tuples = BoundRequest { query: Query::all_but(query.clone(), asked.single.clone()), ..asked.of_tuples() };
        let single = BoundRequest { query: Query::all([query.clone(), asked.single.clone()]), ..asked.of_single() };
        Ok(Some(Tuples::of(&self.fetch(&tuples, context)?, asked, self.fetch(&single, context)?)))
    }

    fn exact_count(&self, request: &BoundRequest, context: &FetchContext) -> Result<Option<u64>, SourceError> {
        self.count(request, context).map(Some)
    }

    fn documents(&self, wanted: &[WantedRecord], context: &FetchContext) -> Result<RecordDocuments, SourceError> {
        self.unless_cut(|| self.documents_of(wanted, context))
    }

    fn location(&self) -> String {
        self.location.clone()
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("location", &self.location).field("records", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
