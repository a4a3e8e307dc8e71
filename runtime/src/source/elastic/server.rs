//! Elasticsearch or OpenSearch, and which version: what the two dialects can do.

use reqwest::header::HeaderMap;

/// The two dialects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Product {
    /// Elasticsearch 7.12 or newer.
    Elasticsearch,
    /// OpenSearch.
    OpenSearch,
}

/// A server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    /// The dialect.
    pub product: Product,
    /// As the server says it; unknown where the credentials may not ask.
    pub version: Option<String>,
}

impl Server {
    /// Whether a point in time can be read in the order of `_shard_doc`: all of Elasticsearch's, OpenSearch from 3.3 on.
    pub(super) fn has_shard_doc(&self) -> bool {
        self.product == Product::Elasticsearch || self.numbers().is_none_or(|v| v >= (3, 3))
    }

    fn numbers(&self) -> Option<(u32, u32)> {
        let mut parts = self.version.as_deref()?.split('.').map(str::parse);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    }

    /// `Elasticsearch 9.2.0`
    pub fn title(&self) -> String {
        let product = match self.product {
            Product::Elasticsearch => "Elasticsearch",
            Product::OpenSearch => "OpenSearch",
        };
        self.version.as_ref().map_or_else(|| product.to_owned(), |v| format!("{product} {v}"))
    }
}

/// The product that an answer's headers name.
pub(super) fn of_headers(headers: &HeaderMap) -> Option<Product> {
    if headers.contains_key("x-opensearch-version") {
        Some(Product::OpenSearch)
    } else if headers.contains_key("x-elastic-product") {
        Some(Product::Elasticsearch)
    } else {
        None
    }
}
