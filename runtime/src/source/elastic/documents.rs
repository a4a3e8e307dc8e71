//! Single records of a cluster for reports. A hunt keeps of records no more than a number made of index and `_id`, so they are
//! found again by their times: one search names what lies there, a second one reads the documents that are meant.

use super::ElasticSource;
use super::answer::Answer;
use super::columns::record_id;
use super::fault::Fault;
use crate::source::FetchContext;
use crate::source::evidence::{RecordDocument, RecordDocuments, WantedRecord};
use crate::source::repair::Repaired;
use foldhash::HashMap;
use huntc_compiler::request::{BoundQuery, Limit, Query, Range};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

/// Instants that one search asks for; servers take 1024 clauses.
const AT_ONCE: usize = 256;
/// What a server gives in one page.
const PAGE: usize = 10_000;

impl ElasticSource {
    /// The records of these ids, those that are still there.
    pub(super) fn documents_of(&self, wanted: &[WantedRecord], context: &FetchContext) -> Result<RecordDocuments, Fault> {
        let mut found: RecordDocuments = wanted.iter().map(|_| None).collect();
        let places: HashMap<u64, usize> = wanted.iter().enumerate().map(|(place, record)| (record.id, place)).collect();
        let mut times: Vec<Instant> = wanted.iter().filter_map(|record| record.time).collect();
        times.sort_unstable();
        times.dedup_by_key(|time| time.millis_floor());
        for times in times.chunks(AT_ONCE) {
            let there = json!({
                "size": PAGE, "track_total_hits": false, "_source": false,
                "query": Query::any(times.iter().map(|time| at(*time))),
            });
            let mut ids = Vec::new();
            self.hits(&there, context, |index, id, _| {
                if places.contains_key(&record_id(index, id)) {
                    ids.push(id.to_owned());
                }
            })?;
            if ids.is_empty() {
                continue;
            }
            let meant = json!({"size": PAGE, "track_total_hits": false, "_source": true, "query": {"ids": {"values": ids}}});
            self.hits(&meant, context, |index, id, source| {
                let place = places.get(&record_id(index, id)).and_then(|place| found.get_mut(*place));
                if let Some(place) = place {
                    *place = Some(RecordDocument { name: format!("{index}/{id}"), text: source.map(str::to_owned) });
                }
            })?;
        }
        Ok(found)
    }

    /// One try of a search; each hit goes to `take` with its index, its id and its document.
    fn hits(
        &self,
        body: &(impl Serialize + ?Sized),
        context: &FetchContext,
        mut take: impl FnMut(&str, &str, Option<&str>),
    ) -> Result<(), Fault> {
        let body: Json = serde_json::to_value(body).unwrap_or_default();
        let call = self.connection.search(context.allow_partial, &body)?;
        let reply = self.connection.send_once(&call, context)?;
        let mut mended = Repaired::default();
        let answer = Answer::read(&reply.body, &mut mended)?;
        answer.usable(context)?;
        for hit in &answer.hits.hits {
            take(&hit.index, &hit.id, hit.source.map(RawValue::get));
        }
        Ok(())
    }
}

/// The records at an instant, which servers keep in milliseconds.
fn at(time: Instant) -> BoundQuery {
    let millis = time.millis_floor();
    let limit = |millis, inclusive| Some(Limit { value: Value::Time(Instant::from_millis(millis)), inclusive });
    Query::Range(Range {
        field: "@timestamp".to_owned(),
        lower: limit(millis, true),
        upper: limit(millis.saturating_add(1), false),
    })
}
