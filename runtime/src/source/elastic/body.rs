//! Parts that several search bodies share.

use super::server::Product;
use serde::Serialize;
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
