//! Data sources: where records are. Every source gets the same requests and answers with the same [`Records`].

pub mod arrival;
mod clocks;
pub mod combined;
pub(crate) mod document_time;
pub mod elastic;
pub mod evidence;
mod fields;
pub(crate) mod json_string;
pub mod logs;
pub mod regular_file;
pub mod repair;
pub mod store;
mod tally;
mod tuples;
pub mod web_file;

pub use clocks::Clock;
pub use fields::Fields;
pub use tally::{TalliedValue, Tally, TallyRequest};
pub(crate) use tuples::TupleFields;
pub use tuples::{TupleCounts, TupleRequest, Tuples};

use crate::allowance::{Allowance, Spent};
use evidence::{RecordDocuments, WantedRecord};
use foldhash::HashSet;
use huntc_compiler::diag::{Code, Diagnostic};
use huntc_compiler::plan::Span;
use huntc_compiler::request::{BoundRequest, PastedSearch};
use huntc_compiler::time::Instant;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};

/// The number of threads that can work at the same time.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// A place that holds records: an index expression of a cluster, or an embedded store.
pub trait DataSource: Send + Sync {
    /// Every record that the request matches, or an error; never a part of the records, unless `context` allows it.
    ///
    /// Records come in any order, each once. Values are as the record has them: nothing is converted, shortened or
    /// dropped. Records outside of the window, which is exact to the nanosecond, are not returned.
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError>;

    /// Gives all that [`Self::fetch`] answers to `sink`, in parts as they come, so that they need not be held together.
    fn stream(&self, request: &BoundRequest, context: &FetchContext, sink: &mut dyn Sink) -> Result<(), SourceError> {
        sink.begin();
        sink.take(self.fetch(request, context)?)?;
        sink.end()
    }

    /// How many records a request matches; possibly too many when an index allows no exact query, never too few.
    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError>;

    /// The earliest records that the request matches, fewer than `most`. For hints, never for results. The answer is
    /// always the same for the same records: an instant whose records do not all fit is left out.
    fn sample(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError>;

    /// Figures about the records that a request matches. They may include records that the request does not mean when an
    /// index allows no exact query.
    fn tally(&self, asked: &TallyRequest<'_>, context: &FetchContext) -> Result<Tally, SourceError>;

    /// The indices that requests of this run go to; none where there are no indices, or where none was asked yet.
    fn indices(&self) -> Vec<String> {
        Vec::new()
    }

    /// The indices that patterns of this run stand for and that its requests do not go to, each with why, as far as that is known.
    fn passed_over(&self) -> Vec<(String, &'static str)> {
        Vec::new()
    }

    /// Changes when what was read before does not belong to what is read now, since records or indices changed meanwhile.
    fn moment(&self) -> u64 {
        0
    }

    /// The records of a request as tuples; `None` where the source cannot count them exactly, or where reading them costs less.
    fn tuples(&self, asked: &TupleRequest<'_>, context: &FetchContext) -> Result<Option<Tuples>, SourceError> {
        let _ = (asked, context);
        Ok(None)
    }

    /// The records that were counted and lie in these milliseconds; `None` where not each of them has one.
    fn seen_at(&self, asked: &TupleRequest<'_>, millis: &[i64], context: &FetchContext) -> Result<Option<Records>, SourceError> {
        let _ = (asked, millis, context);
        Ok(None)
    }

    /// How many records a request matches among those that this run reads; `None` where the source cannot say exactly.
    fn exact_count(&self, request: &BoundRequest, context: &FetchContext) -> Result<Option<u64>, SourceError> {
        let _ = (request, context);
        Ok(None)
    }

    /// For each of these records its name and, where it can be read again, its document. A record that is not there any more, or
    /// whose id is of another source, has none.
    fn documents(&self, wanted: &[WantedRecord], context: &FetchContext) -> Result<RecordDocuments, SourceError> {
        let _ = context;
        Ok(wanted.iter().map(|_| None).collect())
    }

    /// The path, or the URL without secrets, for people.
    fn location(&self) -> String;
}

/// Takes the records of a request as they come.
pub trait Sink {
    /// A reading begins, perhaps anew: what came since the last end of one is no part of the answer.
    fn begin(&mut self);

    /// Takes records of the answer, any number of them; of each reading at least once. After an error no more are wanted.
    fn take(&mut self, records: Records) -> Result<(), SourceError>;

    /// The reading is whole. Another may follow, of further records of the answer.
    fn end(&mut self) -> Result<(), SourceError>;
}

/// The earliest records of a request.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Sample {
    pub records: Records,
    /// Whether these are all records of the request.
    pub whole: bool,
    /// Whether values were not searched because an index leaves them out for their length.
    pub gaps: bool,
    /// The first and the last time of all records in the window, whether or not the request matches them.
    pub span: Option<(Instant, Instant)>,
}

/// A scalar value of a field, as in JSON.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the other variants are what they are called")]
pub enum Scalar {
    Bool(bool),
    /// A whole number that fits into 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    Text(Arc<str>),
}

/// The ids of records are below this. What a run counts together has ids above.
pub const RECORD_IDS: u64 = 1 << 63;

/// Records as columns, one for each field that the request names.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Ids, unique among all records of the source and the same in every request of a run; below [`RECORD_IDS`].
    pub ids: Vec<u64>,
    /// `@timestamp` of each record. `None` only when the request has no window: a record without a readable time is in no window.
    pub times: Vec<Option<Instant>>,
    /// `index/id` of each record, which ADDOBSID shows. Empty unless the request names the field `_id`.
    pub observations: Vec<Arc<str>>,
    /// The columns by field name, in the order of the request's fields.
    pub columns: Vec<(String, Column)>,
    /// Those of which a value was mended while they were read.
    pub mended: Mended,
}

/// Records of which a value was mended ([`repair`]).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Mended {
    pub ids: Vec<u64>,
    /// The first of them: which record, and what was done.
    pub named: Vec<String>,
}

impl Mended {
    /// Adds a record. `what` says which it is, and what was done.
    pub(crate) fn push(&mut self, id: u64, what: impl FnOnce() -> String) {
        self.ids.push(id);
        if self.named.len() < NAMED_MENDED {
            self.named.push(what());
        }
    }

    /// Adds those of other records of the source.
    pub(crate) fn append(&mut self, other: Self) {
        self.ids.extend(other.ids);
        let room = NAMED_MENDED.saturating_sub(self.named.len());
        self.named.extend(other.named.into_iter().take(room));
    }
}

/// The most mended records that are named.
pub const NAMED_MENDED: usize = 20;

/// The values of one field over all records. Those of record `i` are `dictionary[codes[starts[i]..starts[i + 1]]]`.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// The values. What comes often stands in it once.
    pub dictionary: Vec<Scalar>,
    /// Places in the dictionary. A record without the field has none.
    pub codes: Vec<u32>,
    /// One more entry than there are records.
    pub starts: Vec<u32>,
}

impl Column {
    /// The codes of a record, by its place among the records.
    pub fn codes(&self, record: usize) -> &[u32] {
        match (self.starts.get(record), self.starts.get(record + 1)) {
            (Some(&a), Some(&b)) => self.codes.get(a as usize..b as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The codes of these records, and where those of each begin.
    fn codes_of(&self, places: &[usize]) -> (Vec<u32>, Vec<u32>) {
        let (mut codes, mut starts) = (Vec::new(), vec![0]);
        for place in places {
            codes.extend_from_slice(self.codes(*place));
            starts.push(codes.len() as u32);
        }
        (codes, starts)
    }

    /// Roughly how many bytes it takes.
    pub fn bytes(&self) -> usize {
        let text = |value: &Scalar| if let Scalar::Text(text) = value { text.len() } else { 0 };
        let texts: usize = self.dictionary.iter().map(text).sum();
        texts + size_of::<Scalar>() * self.dictionary.len() + 4 * (self.codes.len() + self.starts.len())
    }

    /// The values of a record, by its place among the records.
    pub fn values(&self, record: usize) -> impl Iterator<Item = &Scalar> {
        self.codes(record).iter().filter_map(|c| self.dictionary.get(*c as usize))
    }
}

impl Records {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Roughly how many bytes they take.
    pub fn bytes(&self) -> usize {
        let names = self.observations.iter().map(|o| size_of_val(o) + o.len()).sum::<usize>();
        24 * self.len() + names + self.columns.iter().map(|(_, column)| column.bytes()).sum::<usize>()
    }

    /// Keeps only the records whose time passes.
    pub fn retain(&mut self, keep: impl Fn(Option<Instant>) -> bool) {
        self.keep(&self.times.iter().enumerate().filter(|(_, t)| keep(**t)).map(|(row, _)| row).collect::<Vec<_>>());
    }

    /// Drops the records with these ids.
    pub(crate) fn without(&mut self, known: &HashSet<u64>) {
        self.keep(&self.ids.iter().enumerate().filter(|(_, id)| !known.contains(id)).map(|(row, _)| row).collect::<Vec<_>>());
    }

    /// Drops what is there again.
    pub(crate) fn each_once(&mut self) {
        let mut known = HashSet::default();
        self.keep(&self.ids.iter().enumerate().filter(|(_, id)| known.insert(**id)).map(|(row, _)| row).collect::<Vec<_>>());
    }

    /// Keeps only the records at these places.
    fn keep(&mut self, kept: &[usize]) {
        for (_, column) in &mut self.columns {
            (column.codes, column.starts) = column.codes_of(kept);
        }
        self.observations = kept.iter().filter_map(|row| self.observations.get(*row).cloned()).collect();
        self.ids = kept.iter().filter_map(|row| self.ids.get(*row).copied()).collect();
        self.times = kept.iter().filter_map(|row| self.times.get(*row).copied()).collect();
    }

    /// The column of a field; `None` when the request did not name it.
    pub fn column(&self, field: &str) -> Option<&Column> {
        self.columns.iter().find(|(name, _)| name == field).map(|(_, c)| c)
    }
}

/// What grows while a source answers.
const ANSWER: &str = "the records of a request";

/// What a source must observe while it answers a request, and where it reports progress.
#[derive(Clone, Debug, Default)]
pub struct FetchContext {
    /// The time and the memory of the hunt. When it has none left, the source stops soon.
    pub allowance: Arc<Allowance>,
    /// Number of records read so far in the whole run, for progress.
    pub read: Arc<AtomicU64>,
    /// What is waited for, for progress.
    pub waiting: Arc<Waiting>,
    /// Names the request to the server (`X-Opaque-Id`) and in the report.
    pub request_id: String,
    /// `--allow-partial`: a source may answer with a part of the records, and then sets `stats.partial`.
    pub allow_partial: bool,
    /// Whether the searches that are sent are kept for the report.
    pub keep_sent: bool,
    /// Figures that the source adds for the report.
    pub stats: Arc<FetchStats>,
}

/// What a run waits for beside its own work, as a text for people.
#[derive(Debug, Default)]
pub struct Waiting(Mutex<Option<String>>);

impl Waiting {
    /// What is waited for from now on; `None`: nothing.
    pub fn set(&self, what: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    /// What is waited for.
    pub fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Figures of one request, for the report.
#[derive(Debug, Default)]
pub struct FetchStats {
    /// Pages of a cluster, or segments of a store, that were read.
    pub pages: AtomicU64,
    /// Tries after the first.
    pub retries: AtomicU64,
    /// Set when records are missing and `allow_partial` permits it.
    pub partial: AtomicBool,
    /// Bytes received from a server.
    pub bytes: AtomicU64,
    /// The searches that were sent, each once, where the report wants them.
    sent: Mutex<Vec<PastedSearch>>,
    /// Why a server did not count.
    uncounted: Mutex<Option<String>>,
}

impl FetchStats {
    /// Keeps a search in place of an earlier one to the same indices: a reading that begins anew may ask in another way.
    pub fn keep_sent(&self, search: PastedSearch) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|earlier| (&earlier.url, &earlier.index) != (&search.url, &search.index));
        sent.push(search);
    }

    /// Keeps why a server did not count what it was asked to.
    pub fn set_uncounted(&self, why: String) {
        *self.uncounted.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    /// Why a server did not count what it was asked to.
    pub fn uncounted(&self) -> Option<String> {
        self.uncounted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The searches that were sent.
    pub fn sent(&self) -> Vec<PastedSearch> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Why a source cannot answer. It becomes a diagnostic at the statement that asked.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct SourceError {
    pub code: &'static Code,
    /// The headline. It names the source and the fault, and contains no secret.
    pub message: String,
    /// Facts, for example the server's reason or the file and line.
    pub notes: Vec<String>,
    /// Suggestions for the user.
    pub helps: Vec<String>,
}

impl SourceError {
    /// An error without notes and helps.
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), notes: Vec::new(), helps: Vec::new() }
    }

    /// The error of a source that stopped because the run was cancelled.
    pub fn cancelled() -> Self {
        Self::new(&huntc_compiler::diag::codes::run::CANCELLED, "the run was interrupted")
    }

    /// The diagnostic of this error at a place in a huntflow or a configuration.
    pub fn at(&self, span: Span) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.code, span, self.message.as_str());
        diagnostic.notes.clone_from(&self.notes);
        self.helps.iter().fold(diagnostic, |diagnostic, help| diagnostic.help(help.as_str()))
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a suggestion.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(text.into());
        self
    }
}

impl From<Spent> for SourceError {
    fn from(spent: Spent) -> Self {
        let limit = match spent {
            Spent::Cancelled => return Self::cancelled(),
            Spent::Time(_) => "`timeout` under [run] in huntc.toml, for a night `--hunt-time` and `--night-time`",
            Spent::Memory(..) => "`max_memory` under [run] in huntc.toml, or `--max-memory`",
        };
        let error = Self::new(&huntc_compiler::diag::codes::run::BUDGET, spent.message());
        let error = spent.note().into_iter().fold(error, Self::note);
        error.help(format!("narrow the hunt, or give it more: {limit}"))
    }
}
