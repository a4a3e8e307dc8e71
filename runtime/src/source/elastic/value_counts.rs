//! In how many records values stand, whichever of several fields has them.

use super::fault::{Fault, FaultKind};
use super::side_by_side::side_by_side;
use super::tuple_pages::{TupleCount, aggregations};
use crate::source::{Scalar, TupleCounts};
use foldhash::HashMap;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Values in one request.
const VALUES: usize = 300;
/// The most values that are counted so. Records with more of them are read.
const MOST: usize = 20_000;

#[derive(Deserialize)]
struct ValueBuckets {
    values: NamedBuckets,
}

#[derive(Deserialize)]
struct NamedBuckets {
    buckets: BTreeMap<usize, NamedBucket>,
}

#[derive(Deserialize)]
struct NamedBucket {
    doc_count: u64,
}

/// Slot and tuple of each place where a value stands.
type Places = Vec<(usize, usize)>;

impl TupleCount<'_> {
    /// Lowers the counts of values that stand in several slots, so that those of a value are together the records that have it
    /// in any of `fields`. Each of `counts` is about one of them. False where they are too many.
    pub(super) fn in_all_slots(&self, counts: &mut [TupleCounts], fields: &[&str]) -> Result<bool, Fault> {
        let mut places: HashMap<Arc<str>, Places> = HashMap::default();
        for (slot, counted) in counts.iter().enumerate() {
            let Some((_, column)) = counted.records.columns.first() else { continue };
            for tuple in 0..counted.counts.len() {
                if let Some(Scalar::Text(value)) = column.values(tuple).next() {
                    places.entry(Arc::clone(value)).or_default().push((slot, tuple));
                }
            }
        }
        places.retain(|_, places| places.len() > 1);
        if places.len() > MOST {
            return Ok(false);
        }
        let mut several: Vec<(Arc<str>, Places)> = places.into_iter().collect();
        several.sort_unstable();
        let values: Vec<&Arc<str>> = several.iter().map(|(value, _)| value).collect();
        let chunks: Vec<&[&Arc<str>]> = values.chunks(VALUES).collect();
        let most = self.source.connection.config.concurrency;
        let counted = side_by_side(&chunks, most, &AtomicBool::new(false), |chunk| self.records_with(chunk, fields))?;
        for ((_, places), records) in several.iter().zip(counted.into_iter().flatten()) {
            let mut left = records;
            for (slot, tuple) in places {
                if let Some(count) = counts.get_mut(*slot).and_then(|counted| counted.counts.get_mut(*tuple)) {
                    *count = left.min(*count);
                    left -= *count;
                }
            }
            if left > 0 {
                // More records have it than all slots together: no such counts are to be trusted.
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How many records have each of these values in any of the fields.
    fn records_with(&self, values: &[&Arc<str>], fields: &[&str]) -> Result<Vec<u64>, Fault> {
        let filter = |value: &&Arc<str>| {
            let terms: Vec<Json> = fields.iter().map(|field| json!({"term": {(*field): &***value}})).collect();
            json!({"bool": {"should": terms, "minimum_should_match": 1}})
        };
        let filters: serde_json::Map<String, Json> =
            values.iter().enumerate().map(|(number, value)| (number.to_string(), filter(value))).collect();
        self.search(self.query, &json!({"values": {"filters": {"filters": filters}}}), |answer| {
            let found: ValueBuckets = aggregations(answer)?;
            let count = |number| found.values.buckets.get(&number).map(|bucket| bucket.doc_count);
            let counts: Option<Vec<u64>> = (0..values.len()).map(count).collect();
            counts.ok_or_else(|| Fault::new(FaultKind::Malformed, "an answer has fewer buckets than were asked for"))
        })
    }
}
