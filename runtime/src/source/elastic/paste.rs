//! What a reading sends, kept for people who paste it: without the point in time, which is gone by then, and so in the order of
//! time.

use super::ElasticSource;
use super::body::{MatchAll, SearchBody, SortKey, SourceFilter};
use super::prepare::PreparedRequest;
use crate::source::FetchContext;
use huntc_compiler::request::PastedSearch;
use serde::Serialize;

/// The order of what is pasted.
const ORDER: [SortKey; 1] = [SortKey::Field("@timestamp")];

impl ElasticSource {
    /// Keeps the search for the first page of a reading, where the hunt wants it.
    pub(super) fn keep_reading(&self, prepared: &PreparedRequest, context: &FetchContext) {
        // What cannot be known of the server or of the mappings fails the reading itself.
        let (Ok(server), Ok(from_index)) = (self.connection.server(context), prepared.index_fields()) else { return };
        let body = SearchBody {
            size: self.connection.config.page_size,
            track_total_hits: true,
            sort: &ORDER,
            search_after: None,
            pit: None,
            slice: None,
            query: &prepared.query,
            aggs: None,
            post_filter: MatchAll::behind(server.product),
            source: SourceFilter { includes: &prepared.includes },
            docvalue_fields: &from_index.doc_values,
            fields: &from_index.fields,
        };
        self.keep_sent("", &body, context);
    }

    /// Keeps a search. `heading`: how it differs from a reading.
    pub(super) fn keep_sent(&self, heading: &str, body: &impl Serialize, context: &FetchContext) {
        if !context.keep_sent {
            return;
        }
        let config = &self.connection.config;
        context.stats.keep_sent(PastedSearch {
            heading: heading.to_owned(),
            url: config.url.to_string(),
            index: config.indices.clone(),
            body: serde_json::to_string(body).unwrap_or_default(),
        });
    }
}
