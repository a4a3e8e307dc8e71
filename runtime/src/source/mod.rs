//! Data sources: where records live. Every back end gets the same requests and answers with the same [`Records`].

mod clocks;
pub mod combined;
pub(crate) mod document_time;
pub mod elastic;
mod fields;
pub mod logs;
pub mod store;

pub use clocks::Clock;
pub use fields::Fields;

use huntc_compiler::diag::{Code, Diagnostic};
use huntc_compiler::plan::Span;
use huntc_compiler::request::BoundRequest;
use huntc_compiler::time::Instant;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Threads that can work at the same time.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// A place where records live: a cluster's index expression, or an embedded store.
pub trait DataSource: Send + Sync {
    /// Every record that the request asks for, or an error; never a part of them.
    ///
    /// Records come in any order, each once. Values are as the record has them: nothing is coerced, shortened or
    /// dropped. Records outside the window, exact to the nanosecond, are not returned.
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError>;

    /// How many records a request matches.
    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError>;

    /// The earliest records that the request asks for, fewer than `most`; for explanations, never for results. The same
    /// over the same records: an instant whose records do not all fit is left out.
    fn sample(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError>;

    /// What it is, for people: a path, or an URL without secrets.
    fn location(&self) -> String;
}

/// Some records of a request.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// The earliest ones.
    pub records: Records,
    /// Whether these are all.
    pub whole: bool,
    /// Whether values that an index left out for their length were not looked at.
    pub gaps: bool,
    /// The first and the last time that the window holds records of, whatever the request asks for.
    pub span: Option<(Instant, Instant)>,
}

/// A field of a record as JSON has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `true`, `false`
    Bool(bool),
    /// A whole number in the range of 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(Arc<str>),
}

/// Records as columns, for the fields that the request named.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Unique among all records of the source, the same in every request of a run.
    pub ids: Vec<u64>,
    /// `@timestamp`; a record without a readable one is in no window and never returned, but `None` where the
    /// request has no window.
    pub times: Vec<Option<Instant>>,
    /// What ADDOBSID shows: `index/id`. Filled where the request names the field `_id`.
    pub observations: Vec<Arc<str>>,
    /// Columns by field name, in the order of the request's fields.
    pub columns: Vec<(String, Column)>,
}

/// The values of one field over the records: `dictionary[codes[starts[i]..starts[i + 1]]]` are those of record `i`.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Distinct values.
    pub dictionary: Vec<Scalar>,
    /// Indices into the dictionary; none where the record lacks the field.
    pub codes: Vec<u32>,
    /// One more than there are records.
    pub starts: Vec<u32>,
}

impl Column {
    /// The codes of a record.
    pub fn codes(&self, record: usize) -> &[u32] {
        match (self.starts.get(record), self.starts.get(record + 1)) {
            (Some(&a), Some(&b)) => self.codes.get(a as usize..b as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The values of a record.
    pub fn values(&self, record: usize) -> impl Iterator<Item = &Scalar> {
        self.codes(record).iter().filter_map(|c| self.dictionary.get(*c as usize))
    }
}

impl Records {
    /// How many.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Keeps only records of some times.
    pub fn retain(&mut self, keep: impl Fn(Option<Instant>) -> bool) {
        let kept: Vec<usize> = self.times.iter().enumerate().filter(|(_, t)| keep(**t)).map(|(row, _)| row).collect();
        for (_, column) in &mut self.columns {
            let mut starts = vec![0];
            let mut codes = Vec::new();
            for row in &kept {
                codes.extend_from_slice(column.codes(*row));
                starts.push(codes.len() as u32);
            }
            (column.codes, column.starts) = (codes, starts);
        }
        self.observations = kept.iter().filter_map(|row| self.observations.get(*row).cloned()).collect();
        self.ids = kept.iter().filter_map(|row| self.ids.get(*row).copied()).collect();
        self.times = kept.iter().filter_map(|row| self.times.get(*row).copied()).collect();
    }

    /// The column of a field.
    pub fn column(&self, field: &str) -> Option<&Column> {
        self.columns.iter().find(|(name, _)| name == field).map(|(_, c)| c)
    }
}

/// What a running request may use and must watch.
#[derive(Clone, Debug, Default)]
pub struct FetchContext {
    /// Set on Ctrl-C: give up soon, with [`SourceError::cancelled`].
    pub cancel: Arc<AtomicBool>,
    /// Records read so far in the whole run, for progress.
    pub read: Arc<AtomicU64>,
    /// Identifies the request to the server and in the report (`X-Opaque-Id`).
    pub request_id: String,
    /// `--allow-partial`: where a part can be had, answer it with `stats.partial` set.
    pub allow_partial: bool,
    /// What the source wants to say of this request, for the report.
    pub stats: Arc<FetchStats>,
}

/// Figures of one request, for the report.
#[derive(Debug, Default)]
pub struct FetchStats {
    /// Pages or segments read.
    pub pages: AtomicU64,
    /// Tries after the first.
    pub retries: AtomicU64,
    /// Set where a part is missing and the user allowed it.
    pub partial: AtomicBool,
    /// Bytes received or scanned.
    pub bytes: AtomicU64,
}

impl FetchContext {
    /// Whether the run was cancelled.
    pub fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }
}

/// Why a source could not answer. Shown as a diagnostic at the statement that asked.
#[derive(Clone, Debug)]
pub struct SourceError {
    /// Its code.
    pub code: &'static Code,
    /// Headline: names the source and the fault, no secret.
    pub message: String,
    /// Facts: the server's reason, the file and line.
    pub notes: Vec<String>,
    /// Ways out.
    pub helps: Vec<String>,
}

impl SourceError {
    /// An error with a headline.
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), notes: Vec::new(), helps: Vec::new() }
    }

    /// The run was cancelled.
    pub fn cancelled() -> Self {
        Self::new(&huntc_compiler::diag::codes::run::CANCELLED, "the run was interrupted")
    }

    /// What is told of it at a place of a huntflow or of a configuration.
    pub fn at(&self, span: Span) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.code, span, self.message.as_str());
        diagnostic.notes.clone_from(&self.notes);
        self.helps.iter().fold(diagnostic, |diagnostic, help| diagnostic.help(help.as_str()))
    }

    /// A fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// A way out.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }
}
