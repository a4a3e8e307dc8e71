//! What someone would send without huntc: pages of which nothing is decoded, and aggregations written by hand.

use super::measure::Outcome;
use super::server::Server;
use reqwest::Method;
use serde_json::{Value, json};

/// Records of a page, and the most buckets that a server gives at once.
const PAGE: usize = 10_000;
const BUCKETS: usize = 65_535;

impl Server {
    /// Reads all that a query finds, under one point in time, in so many loops side by side. Of an answer only the last sort
    /// values are looked at. Answers how many pages came.
    pub(super) fn pages(&self, query: &Value, fields: &Value, readers: usize) -> Outcome<usize> {
        let (open, close) = if self.is_opensearch {
            (format!("{}/_search/point_in_time?keep_alive=5m", self.index), "_search/point_in_time")
        } else {
            (format!("{}/_pit?keep_alive=5m", self.index), "_pit")
        };
        let opened = self.ask(Method::POST, &open, &Value::Null)?;
        let id = opened.get("id").or(opened.get("pit_id")).ok_or("no point in time opens")?.clone();
        let sort = if self.is_opensearch { json!(["_index", "_shard_doc"]) } else { json!(["_shard_doc"]) };
        let body = json!({
            "size": PAGE, "track_total_hits": false, "sort": sort, "pit": {"id": id, "keep_alive": "5m"},
            "query": query, "_source": {"includes": fields}
        });
        let read = |number| {
            let mut body = body.clone();
            if readers > 1 {
                body["slice"] = json!({"id": number, "max": readers});
            }
            self.slice(body).map_err(|e| e.to_string())
        };
        let pages: Vec<Result<usize, String>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..readers).map(|number| scope.spawn(move || read(number))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a reader panicked".to_owned()))).collect()
        });
        let closed = if self.is_opensearch { json!({"pit_id": [id]}) } else { json!({"id": id}) };
        self.ask(Method::DELETE, close, &closed)?;
        Ok(pages.into_iter().sum::<Result<usize, String>>()?)
    }

    fn slice(&self, mut body: Value) -> Outcome<usize> {
        let filter = "pit_id,timed_out,_shards,hits.total,hits.hits._index,hits.hits._id,hits.hits.sort,hits.hits._source";
        let path = format!("_search?allow_partial_search_results=false&filter_path={filter}");
        for pages in 0.. {
            let page = self.send(Method::POST, &path, body.to_string().into_bytes())?;
            let sort = memchr::memmem::rfind(&page, b"\"sort\":");
            let Some(after) = sort.and_then(|at| page.get(at + b"\"sort\":".len()..)) else { return Ok(pages) };
            let values = serde_json::Deserializer::from_slice(after).into_iter::<Value>().next();
            body["search_after"] = values.ok_or("a page ends in the middle")??;
        }
        Ok(0)
    }

    /// The keys of all buckets of a composite aggregation over one to three fields, page after page, each with the first time of
    /// its records where that is asked for.
    pub(super) fn buckets(&self, query: &Value, fields: &[&str], first: bool) -> Outcome<Vec<Bucket>> {
        let names = ["a", "b", "c"].into_iter().zip(fields);
        let sources: Vec<Value> = names.map(|(name, field)| json!({ name: {"terms": {"field": field}} })).collect();
        let mut all = json!({"composite": {"size": BUCKETS, "sources": sources}});
        if first {
            all["aggs"] = json!({"first": {"min": {"field": "@timestamp"}}});
        }
        let mut body = json!({"size": 0, "track_total_hits": false, "query": query, "aggs": {"all": all}});
        let mut buckets = Vec::new();
        loop {
            let path = format!("{}/_search?filter_path=_shards,timed_out,aggregations", self.index);
            let answer = self.send(Method::POST, &path, body.to_string().into_bytes())?;
            let Page { aggregations: Aggregations { all } } = serde_json::from_slice(&answer)?;
            let whole = all.buckets.len() < BUCKETS;
            buckets.extend(all.buckets);
            match all.after_key {
                Some(key) if !whole => body["aggs"]["all"]["composite"]["after"] = serde_json::to_value(key)?,
                _ => return Ok(buckets),
            }
        }
    }
}

#[derive(serde::Deserialize)]
struct Page {
    aggregations: Aggregations,
}

#[derive(serde::Deserialize)]
struct Aggregations {
    all: Buckets,
}

#[derive(serde::Deserialize)]
struct Buckets {
    after_key: Option<Key>,
    #[serde(default)]
    buckets: Vec<Bucket>,
}

/// A bucket.
#[derive(serde::Deserialize)]
pub(super) struct Bucket {
    pub(super) key: Key,
    pub(super) first: Option<First>,
}

/// The values of the fields.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Key {
    pub(super) a: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(super) b: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(super) c: Value,
}

/// The first time of the records of a bucket, in milliseconds.
#[derive(serde::Deserialize)]
pub(super) struct First {
    pub(super) value: f64,
}
