//! Reads all records from OpenSearch before 3.3 with a scroll, because its points in time have no order that is total.
//! Each page of a scroll can be read only once, so after any fault the whole reading begins again.

use super::answer::{self, Answer, FILTER};
use super::body::{MatchAll, SearchBody, SortKey, SourceFilter};
use super::client::Call;
use super::columns::RecordsBuilder;
use super::fault::{Fault, FaultKind, Repeat};
use super::scan::{Scan, may_shrink};
use super::server::Product;
use super::snapshot::KEEP_ALIVE;
use crate::source::repair::Repaired;
use serde_json::json;
use std::sync::atomic::Ordering;

/// What is kept of the first page of a scroll.
struct FirstPage {
    /// The number of records that were asked for in each page.
    asked: usize,
    hits: usize,
    total: u64,
    scroll: String,
}

/// What is kept of each other page.
struct NextPage {
    hits: usize,
    scroll: Option<String>,
}

impl Scan<'_> {
    /// Reads all records. Returns how many the server counted, and how many were read.
    pub(super) fn scroll(&self, builder: &mut RecordsBuilder) -> Result<(u64, u64), Fault> {
        let FirstPage { asked, mut hits, total, mut scroll } = self.first(builder)?;
        self.counted().total.store(total, Ordering::Relaxed);
        let mut seen = hits as u64;
        let result = loop {
            // Behind a full page there may be more than the server counted.
            if hits == 0 || (hits < asked && seen >= total) {
                break Ok((total, seen));
            }
            match self.next(&scroll, asked, builder) {
                Ok(page) => {
                    hits = page.hits;
                    seen += hits as u64;
                    scroll = page.scroll.unwrap_or(scroll);
                }
                // The lost page cannot be asked for again.
                Err(fault) if fault.asks_for_less() && self.shrink_page(asked) => {
                    break Err(Fault { kind: FaultKind::ContextLost, ..fault });
                }
                Err(fault) if fault.again(true) != Repeat::Never => break Err(Fault { kind: FaultKind::ContextLost, ..fault }),
                Err(fault) => break Err(fault),
            }
        };
        self.end(&scroll);
        result
    }

    fn first(&self, builder: &mut RecordsBuilder) -> Result<FirstPage, Fault> {
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
            let call = Call { shrinks: may_shrink(size), ..self.connection.post(path, &body)? };
            match self.connection.send(&call, self.context, |reply| self.opened(&reply.body, size, builder)) {
                Err(fault) if fault.asks_for_less() && self.shrink_page(size) => self.count_retry(),
                Err(fault) if self.settles_for_a_part(&fault) => {}
                result => return result,
            }
        }
    }

    /// Takes the answer that opened a scroll. The scroll of one that cannot be used is ended.
    fn opened(&self, body: &[u8], size: usize, builder: &mut RecordsBuilder) -> Result<FirstPage, Fault> {
        let Some(scroll) = answer::opened(body) else {
            return Err(Fault::new(FaultKind::Malformed, "the answer has no scroll"));
        };
        let mut mended = Repaired::default();
        let taken = Answer::read(body, &mut mended).and_then(|answer| Ok((answer.total()?, self.take(&answer, size, builder)?)));
        match taken {
            Ok((total, hits)) => Ok(FirstPage { asked: size, hits, total, scroll }),
            Err(fault) => {
                self.end(&scroll);
                Err(fault)
            }
        }
    }

    fn next(&self, scroll: &str, size: usize, builder: &mut RecordsBuilder) -> Result<NextPage, Fault> {
        let body = json!({"scroll": KEEP_ALIVE, "scroll_id": scroll});
        let call = self.connection.post(format!("_search/scroll?{FILTER}"), &body)?;
        let reply = self.connection.send_once(&call, self.context)?;
        let mut mended = Repaired::default();
        let mut answer = Answer::read(&reply.body, &mut mended)?;
        Ok(NextPage { hits: self.take(&answer, size, builder)?, scroll: answer.scroll_id.take() })
    }

    /// Takes the records of a page of `size`. Returns their number.
    fn take(&self, answer: &Answer<'_>, size: usize, builder: &mut RecordsBuilder) -> Result<usize, Fault> {
        self.check_complete(answer, None)?;
        let hits = answer.hits.hits.len();
        if hits > size {
            return Err(Fault::new(FaultKind::Malformed, "an answer has more records than were asked for"));
        }
        self.take_hits(answer, self.counted(), builder)?;
        self.context.stats.pages.fetch_add(1, Ordering::Relaxed);
        Ok(hits)
    }

    /// Ends the scroll; a fault has no effect.
    fn end(&self, scroll: &str) {
        self.connection.let_go("_search/scroll", &json!({"scroll_id": [scroll]}), self.context);
    }
}
