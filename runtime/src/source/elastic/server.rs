//! The products Elasticsearch and OpenSearch, their versions, and how they differ.

use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};

/// The supported products.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the other variants are what they are called")]
pub enum Product {
    /// Elasticsearch 7.12 or newer.
    Elasticsearch,
    OpenSearch,
}

/// The product and version of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Server {
    pub product: Product,
    /// The version as the server gives it; `None` when the credentials may not ask for it.
    pub version: Option<String>,
}

impl Server {
    /// Whether a point in time can be read in the order of `_shard_doc`: in all versions of Elasticsearch, and in
    /// OpenSearch from 3.3 on.
    pub(super) fn has_shard_doc(&self) -> bool {
        self.product == Product::Elasticsearch || self.numbers().is_none_or(|v| v >= (3, 3))
    }

    /// Whether opening a point in time has a parameter for missing shards: in Elasticsearch from 8.16 on.
    pub(super) fn has_partial_opening(&self) -> bool {
        self.numbers().is_some_and(|v| v >= (8, 16))
    }

    /// Whether fields with doc values and without an index can be searched: in OpenSearch, and in Elasticsearch from 8.1 on.
    pub(super) fn searches_doc_values(&self) -> bool {
        self.product == Product::OpenSearch || self.numbers().is_some_and(|v| v >= (8, 1))
    }

    fn numbers(&self) -> Option<(u32, u32)> {
        let mut parts = self.version.as_deref()?.split('.').map(str::parse);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    }

    /// Product and version, as in `Elasticsearch 9.2.0`.
    pub fn title(&self) -> String {
        let product = match self.product {
            Product::Elasticsearch => "Elasticsearch",
            Product::OpenSearch => "OpenSearch",
        };
        self.version.as_ref().map_or_else(|| product.to_owned(), |v| format!("{product} {v}"))
    }
}

/// The product that the headers of an answer name.
pub(super) fn of_headers(headers: &HeaderMap) -> Option<Product> {
    if headers.contains_key("x-opensearch-version") {
        Some(Product::OpenSearch)
    } else if headers.contains_key("x-elastic-product") {
        Some(Product::Elasticsearch)
    } else {
        None
    }
}
