//! The body of a search, whichever way its pages are read.

use super::server::Product;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// `{"match_all":{}}` as a `post_filter`, which makes OpenSearch count the records themselves. Otherwise it takes the
/// total of an `exists` query from statistics, which lack documents that have empty values only (3.8, measured: 11
/// hits, total 10).
#[derive(Serialize)]
pub(super) struct MatchAll {
    match_all: BTreeMap<u8, u8>,
}

impl MatchAll {
    /// The filter for products that need it; `None` for the others.
    pub(super) fn behind(product: Product) -> Option<Self> {
        (product == Product::OpenSearch).then(|| Self { match_all: BTreeMap::new() })
    }
}

/// The fields of the document to return.
#[derive(Serialize)]
pub(super) struct SourceFilter<'a> {
    pub(super) includes: &'a [String],
}

/// A field whose value is read from the index and not from the document.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DocValue {
    pub(super) field: String,
    pub(super) format: &'static str,
}

/// A part of the records: all, or one slice.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Slice {
    pub(super) id: usize,
    pub(super) max: usize,
}

/// A point in time, and how long the server keeps it after this request.
#[derive(Serialize)]
pub(super) struct Pit<'a> {
    pub(super) id: &'a str,
    pub(super) keep_alive: &'static str,
}

/// The body of `_search`. What is empty is not sent.
#[derive(Serialize)]
pub(super) struct SearchBody<'a> {
    pub(super) size: usize,
    pub(super) track_total_hits: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) sort: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) search_after: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pit: Option<Pit<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) slice: Option<Slice>,
    pub(super) query: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) post_filter: Option<MatchAll>,
    #[serde(rename = "_source")]
    pub(super) source: SourceFilter<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) docvalue_fields: &'a [DocValue],
}
