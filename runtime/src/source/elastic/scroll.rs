//! Reads all records from OpenSearch before 3.3 with a scroll, because its points in time have no order that is total.
//! Each page of a scroll can be read only once, so after any fault the whole reading begins again.

use super::answer::{Answer, FILTER};
use super::body::{MatchAll, SearchBody, SortKey, SourceFilter};
use super::columns::RecordsBuilder;
use super::fault::{Fault, FaultKind, Repeat};
use super::scan::Scan;
use super::server::Product;
use super::snapshot::KEEP_ALIVE;
use crate::source::repair::Repaired;
use serde_json::json;
use std::sync::atomic::Ordering;

/// What is kept of one page of a scroll.
struct Page {
    hits: usize,
    total: Option<u64>,
    scroll: Option<String>,
}

impl Scan<'_> {
    /// Reads all records. Returns how many the server counted, and how many were read.
    pub(super) fn scroll(&self, builder: &mut RecordsBuilder) -> Result<(u64, u64), Fault> {
        let first = self.first(builder)?;
        let Some(total) = first.total else { return Err(Fault::new(FaultKind::Malformed, "the answer has no total")) };
        let Some(mut scroll) = first.scroll else { return Err(Fault::new(FaultKind::Malformed, "the answer has no scroll")) };
        self.counted().total.store(total, Ordering::Relaxed);
        let mut seen = first.hits as u64;
        let result = loop {
            if seen >= total {
                break Ok((total, seen));
            }
            match self.next(&scroll, builder) {
                Ok(page) if page.hits == 0 => break Ok((total, seen)),
                Ok(page) => {
                    seen += page.hits as u64;
                    scroll = page.scroll.unwrap_or(scroll);
                }
                // The lost page cannot be asked for again.
                Err(fault) if fault.again(true) != Repeat::Never => break Err(Fault { kind: FaultKind::ContextLost, ..fault }),
                Err(fault) => break Err(fault),
            }
        };
        self.end(&scroll);
        result
    }

    fn first(&self, builder: &mut RecordsBuilder) -> Result<Page, Fault> {
        loop {
            let size = self.page_size();
            let from_index = self.prepared.index_fields()?;
            let body = SearchBody {
                size,
                track_total_hits: true,
                sort: &[SortKey::Field("_doc")],
                search_after: None,
                pit: None,
                slice: None,
                query: &self.prepared.query,
                aggs: None,
                post_filter: MatchAll::behind(Product::OpenSearch),
                source: SourceFilter { includes: &self.prepared.includes },
                docvalue_fields: &from_index.doc_values,
                fields: &from_index.fields,
            };
            let options = "allow_no_indices=false&ignore_unavailable=false";
            let partial = self.is_lenient();
            let path = format!(
                "{}/_search?scroll={KEEP_ALIVE}&allow_partial_search_results={partial}&{options}&{FILTER}",
                self.connection.indices()
            );
            let call = self.connection.post(path, &body)?;
            match self.connection.send(&call, self.context, |reply| self.take(&reply.body, builder)) {
                Err(fault) if fault.kind == FaultKind::PageTooLarge && self.shrink_page(size) => {}
                Err(fault) if self.settles_for_a_part(&fault) => {}
                result => return result,
            }
        }
    }

    fn next(&self, scroll: &str, builder: &mut RecordsBuilder) -> Result<Page, Fault> {
        let body = json!({"scroll": KEEP_ALIVE, "scroll_id": scroll});
        let call = self.connection.post(format!("_search/scroll?{FILTER}"), &body)?;
        let reply = self.connection.send_once(&call, self.context)?;
        self.take(&reply.body, builder)
    }

    fn take(&self, body: &[u8], builder: &mut RecordsBuilder) -> Result<Page, Fault> {
        let mut mended = Repaired::default();
        let mut answer = Answer::read(body, &mut mended)?;
        self.check_complete(&answer, None)?;
        self.take_hits(&answer, self.counted(), builder)?;
        let hits = answer.hits.hits.len();
        self.context.stats.pages.fetch_add(1, Ordering::Relaxed);
        Ok(Page { hits, total: answer.hits.exact_total(), scroll: answer.scroll_id.take() })
    }

    /// Ends the scroll; a fault has no effect.
    fn end(&self, scroll: &str) {
        self.connection.let_go("_search/scroll", &json!({"scroll_id": [scroll]}), self.context);
    }
}
