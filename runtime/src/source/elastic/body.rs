//! The body of a search, whichever way its pages are read.

use super::server::Product;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
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

/// The body of a search without hits, which counts what `query` finds.
pub(super) fn counting(product: Product, query: &impl Serialize) -> Json {
    let mut body = json!({"size": 0, "track_total_hits": true, "query": query});
    if let Some(filter) = MatchAll::behind(product) {
        body["post_filter"] = json!(filter);
    }
    body
}

/// The fields of the document to return.
#[derive(Serialize)]
pub(super) struct SourceFilter<'a> {
    pub(super) includes: &'a [String],
}

/// A field whose value is read from the index and not from the document.
#[derive(Clone, Debug, Serialize)]
pub(super) struct IndexField {
    pub(super) field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<&'static str>,
}

impl IndexField {
    /// In the form of its type.
    pub(super) fn named(field: &str) -> Self {
        Self { field: field.to_owned(), format: None }
    }
}

/// What pages are sorted by: an order that is total.
#[derive(Clone, Copy, Serialize)]
#[serde(untagged)]
pub(super) enum SortKey {
    Field(&'static str),
    Index(IndexOrder),
}

/// Order by the name of the index. OpenSearch refuses it for an index without any mapping, unless it has a type for that case.
#[derive(Clone, Copy, Serialize)]
pub(super) struct IndexOrder {
    _index: UnmappedType,
}

#[derive(Clone, Copy, Serialize)]
struct UnmappedType {
    unmapped_type: &'static str,
}

/// The order of pages under a point in time. OpenSearch numbers documents within each index, so the order is only total with
/// the index in front.
pub(super) fn page_order(product: Product) -> &'static [SortKey] {
    const INDEX: SortKey = SortKey::Index(IndexOrder { _index: UnmappedType { unmapped_type: "keyword" } });
    const NUMBER: SortKey = SortKey::Field("_shard_doc");
    match product {
        Product::Elasticsearch => &[NUMBER],
        Product::OpenSearch => &[INDEX, NUMBER],
    }
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
    pub(super) sort: &'a [SortKey],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) search_after: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pit: Option<Pit<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) slice: Option<Slice>,
    pub(super) query: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aggs: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) post_filter: Option<MatchAll>,
    #[serde(rename = "_source")]
    pub(super) source: SourceFilter<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) docvalue_fields: &'a [IndexField],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) fields: &'a [IndexField],
}
