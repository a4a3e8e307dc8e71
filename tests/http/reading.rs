//! The ways in which records are read, and what may come of one: all records, or an error that says that they did not.

use super::fake::{Fake, Product, context, everything, opens};
use super::matched::{START, name};
use super::{all, numbers};
use crate::support::stub::{Request, Response};
use huntc_compiler::catalog::{Catalog, SlotId};
use huntc_compiler::request::{BoundRequest, FieldKinds, Query, SlotTuples, TupleTimes};
use huntc_compiler::time::{Instant, TimeRange};
use huntc_compiler::value::Value as Literal;
use huntc_runtime::source::elastic::{ElasticConfig, ElasticSource};
use huntc_runtime::source::{DataSource, FetchContext, Records, Scalar, SourceError, TupleRequest};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const FIELD: &str = "process.name";

/// How records are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// Page by page, by one reader.
    Pages,
    /// Side by side, in slices where the server has them for nothing.
    Slices,
    /// Side by side, in units of time.
    Units,
    /// Counted by tuples, of which the first and last records are read.
    Tuples,
    /// Counted by values.
    Values,
}

impl Way {
    pub(super) const ALL: [Self; 5] = [Self::Pages, Self::Slices, Self::Units, Self::Tuples, Self::Values];

    /// How many documents are there.
    pub(super) fn documents(self) -> usize {
        match self {
            Self::Slices => 700,
            Self::Units => 1_300,
            _ => 450,
        }
    }

    pub(super) fn readers(self) -> usize {
        if self == Self::Pages { 1 } else { 4 }
    }

    /// Whether the server counts.
    pub(super) fn counts(self) -> bool {
        matches!(self, Self::Tuples | Self::Values)
    }

    /// Whether a server can be read so.
    pub(super) fn suits(self, product: Product) -> bool {
        product != Product::OldOpenSearch || self == Self::Pages
    }
}

/// What is counted.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// Whether some documents are read one by one.
    pub(super) single: bool,
    pub(super) times: TupleTimes,
    /// Whether each value counts.
    pub(super) each: bool,
}

impl Asked {
    pub(super) fn of(way: Way) -> Self {
        let tuples = way == Way::Tuples;
        Self { single: tuples, times: if tuples { TupleTimes::FirstAndLast } else { TupleTimes::First }, each: !tuples }
    }
}

/// What came of a reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Came {
    All,
    /// What the server counted is right.
    Counted,
    /// A part, which says so.
    Part,
    /// An error with this code.
    Failed(&'static str),
}

/// Reads documents in one way. Panics where records come that are not right, where something stays open, or where it does not end.
pub(super) fn read(
    (product, way, documents): (Product, Way, usize),
    asked: Asked,
    context: &FetchContext,
    set: &dyn Fn(&mut ElasticConfig),
    about: &str,
    fault: impl Fn(&Request, Response) -> Response + Send + Sync + 'static,
) -> (Came, Vec<Request>) {
    let fake = Fake::start(product, documents, move |request, right, _| fault(request, right));
    let begun = std::time::Instant::now();
    let source = fake.source(|c| {
        c.concurrency = way.readers();
        c.patience = Duration::from_millis(50);
        set(c);
    });
    let came = come(&source, way, documents, asked, context, about);
    drop(source);
    assert_eq!(fake.open.load(Ordering::SeqCst), 0, "{about}: points in time and scrolls are closed");
    assert!(begun.elapsed() < Duration::from_mins(1), "{about}: {:?}", begun.elapsed());
    let requests = fake.requests();
    assert!(requests.len() < 2_000, "{about}: {} requests", requests.len());
    (came, requests)
}

/// What comes of a source.
pub(super) fn come(source: &ElasticSource, way: Way, documents: usize, asked: Asked, context: &FetchContext, about: &str) -> Came {
    match if way.counts() { counted(source, documents, context, asked, about) } else { Ok(false) } {
        Ok(true) => Came::Counted,
        // What is not counted is read.
        Ok(false) => gives_all(source, documents, context, about),
        Err(error) => failed(&error, about),
    }
}

fn failed(error: &SourceError, about: &str) -> Came {
    assert!(error.code.id.starts_with("K07"), "{about}: {error:?}");
    Came::Failed(error.code.id)
}

/// Whether the server counted: then all figures are right.
fn counted(
    source: &ElasticSource,
    documents: usize,
    context: &FetchContext,
    asked: Asked,
    about: &str,
) -> Result<bool, SourceError> {
    let window = TimeRange::new(Instant::from_millis(START), Instant::from_millis(START + 3_600_000));
    let single = if asked.single { Query::terms("n", [3, 10, 12].map(Literal::Int).to_vec()) } else { Query::MatchNone };
    let apart = if asked.single { BTreeSet::from([3, 10, 12]) } else { BTreeSet::new() };
    let fields = [FIELD.to_owned()];
    let request = BoundRequest { window: Some(window), ..everything() };
    let kinds = Arc::new(FieldKinds::of(Catalog::builtin(), &single, &[FIELD.to_owned(), "n".to_owned()]));
    let slots = [SlotTuples { slot: SlotId(0), fields: fields.to_vec(), each: true }];
    let slots = if asked.each { slots.as_slice() } else { &[] };
    let times = asked.times;
    let tuple_request =
        TupleRequest { request: &request, fields: &fields, slots, counts: false, kinds: &kinds, single: &single, times, from: 0 };
    let Some(tuples) = source.tuples(&tuple_request, context)? else { return Ok(false) };
    assert!(!context.stats.partial.load(Ordering::Relaxed), "{about}: what is counted is whole");
    let mut wanted: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for number in (0..documents).filter(|number| !apart.contains(number)) {
        wanted.entry(name(number)).or_default().push(number);
    }
    let [counted] = tuples.counts.as_slice() else { panic!("{about}: all fields are counted together") };
    let column = counted.records.column(FIELD).expect("the field that is counted");
    let text = |value: &Scalar| if let Scalar::Text(text) = value { text.to_string() } else { format!("{value:?}") };
    let found: BTreeMap<String, usize> =
        counted.counts.iter().enumerate().map(|(t, n)| (column.values(t).map(text).collect(), *n as usize)).collect();
    let counts: BTreeMap<String, usize> = wanted.iter().map(|(name, numbers)| (name.clone(), numbers.len())).collect();
    assert_eq!((found, counted.counts.len()), (counts, wanted.len()), "{about}");
    let of = |records: &Records| if records.is_empty() { BTreeSet::new() } else { numbers(records) };
    assert_eq!(of(&tuples.single), apart.iter().map(|n| *n as i64).collect(), "{about}");
    let seen = of(&tuples.seen);
    for (wants, ends) in [
        (times >= TupleTimes::First, wanted.values().filter_map(|n| n.first()).collect::<Vec<_>>()),
        (times == TupleTimes::FirstAndLast, wanted.values().filter_map(|n| n.last()).collect()),
    ] {
        assert!(!wants || ends.iter().all(|n| seen.contains(&(**n as i64))), "{about}: first and last records: {seen:?}");
    }
    Ok(true)
}

/// All records come, or the reading says that they do not.
fn gives_all(source: &ElasticSource, documents: usize, context: &FetchContext, about: &str) -> Came {
    match source.fetch(&everything(), context) {
        Ok(_) if context.stats.partial.load(Ordering::Relaxed) => {
            assert!(context.allow_partial, "{about}");
            Came::Part
        }
        Ok(records) => {
            assert!(numbers(&records) == all(documents as i64), "{about}: others came");
            assert_eq!(records.len(), documents, "{about}");
            Came::All
        }
        Err(error) => failed(&error, about),
    }
}

/// What is played to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum At {
    /// All but what lets go of something.
    Any,
    /// Searches and pages of scrolls.
    Search,
    /// Searches that count tuples.
    Count,
    /// What opens a point in time or a scroll.
    Opening,
    /// What lets go of one.
    Closing,
}

impl At {
    pub(super) fn meets(self, request: &Request) -> bool {
        let search = request.method == "POST" && (request.path.ends_with("/_search") || request.path == "/_search/scroll");
        match self {
            Self::Any => request.method != "DELETE",
            Self::Search => search,
            Self::Count => search && request.body["aggs"]["tuples"].is_object(),
            Self::Opening => opens(request),
            Self::Closing => request.method == "DELETE",
        }
    }
}

/// A context that allows a part, or none.
pub(super) fn allowing(allow_partial: bool) -> FetchContext {
    FetchContext { allow_partial, ..context() }
}
