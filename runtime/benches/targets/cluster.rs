//! Reading everything from a real server, beside a loop that gets the same pages and decodes nothing.

use super::data::Data;
use super::generate::Generator;
use super::measure::{Outcome, cpu};
use super::rows::{Bound::AtLeast, Bound::AtMost, Effort, Limit, Row};
use super::store::FIELDS;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Query};
use huntc_runtime::source::elastic::{ElasticConfig, ElasticSource};
use huntc_runtime::source::{DataSource, FetchContext};
use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Instant;

/// The rows of this file.
pub(super) const ROWS: &[Row] = &[Row {
    name: "drain a cluster, 10 fields",
    effort: Effort::Server,
    limits: &[
        Limit { unit: "× the time of the bare page loop", bound: AtMost(1.15) },
        Limit { unit: "documents per CPU-second of ours", bound: AtLeast(500_000.0) },
    ],
    measure: drain,
}];

/// Names the server.
pub(super) const SERVER: &str = "HUNTC_TEST_ELASTICSEARCH_9";
const DOCUMENTS: u64 = 100_000;
const INDEX: &str = "huntc-bench-1";
const PAGE: usize = 10_000;

fn drain(_: &Data) -> Outcome<Vec<f64>> {
    let url = std::env::var(SERVER)?;
    // One reader, as the loop is one.
    let mut config = ElasticConfig::new("bench", &url, INDEX).map_err(|e| e.message)?;
    config.concurrency = 1;
    let source = ElasticSource::new(config).map_err(|e| e.message)?;
    let server = Server { url, client: Client::builder().gzip(false).no_proxy().timeout(None).build()? };
    server.fill()?;
    let request = BoundRequest::of(Catalog::builtin(), Query::MatchAll, FIELDS.iter().copied());
    // Server and mappings are known afterwards, as they are to all but the first request of a hunt.
    source.count(&request, &FetchContext::default()).map_err(|e| e.message)?;
    let begun = Instant::now();
    server.pages()?;
    let bare = begun.elapsed();
    let (begun, before) = (Instant::now(), cpu()?);
    let records = source.fetch(&request, &FetchContext::default()).map_err(|e| e.message)?;
    let (time, used) = (begun.elapsed(), cpu()? - before);
    if records.len() as u64 != DOCUMENTS {
        return Err(format!("{} records came", records.len()).into());
    }
    Ok(vec![time.as_secs_f64() / bare.as_secs_f64(), DOCUMENTS as f64 / used])
}

struct Server {
    url: String,
    client: Client,
}

impl Server {
    /// The body of a good answer.
    fn send(&self, method: Method, path: &str, body: String) -> Outcome<Vec<u8>> {
        let request = self.client.request(method, format!("{}/{path}", self.url)).header("content-type", "application/x-ndjson");
        Ok(request.body(body).send()?.error_for_status()?.bytes()?.to_vec())
    }

    /// Puts the documents there, unless they are.
    fn fill(&self) -> Outcome<()> {
        let count = self.send(Method::GET, &format!("{INDEX}/_count"), String::new());
        if let Ok(answer) = count
            && serde_json::from_slice::<Value>(&answer)?["count"] == DOCUMENTS
        {
            return Ok(());
        }
        self.send(Method::DELETE, &format!("{INDEX}?ignore_unavailable=true"), String::new())?;
        let strings = json!({"strings": {"match_mapping_type": "string", "mapping": {"type": "keyword", "ignore_above": 1024}}});
        let mappings =
            json!({"date_detection": false, "dynamic_templates": [strings], "properties": {"@timestamp": {"type": "date"}}});
        let index = json!({"settings": {"number_of_shards": 1, "number_of_replicas": 0}, "mappings": mappings});
        self.send(Method::PUT, INDEX, index.to_string())?;
        let mut log = Vec::new();
        Generator::new().write(DOCUMENTS, &mut log)?;
        let documents: Vec<&str> = std::str::from_utf8(&log)?.lines().collect();
        for part in documents.chunks(5_000) {
            let mut bulk = String::new();
            for document in part {
                writeln!(bulk, "{{\"index\":{{}}}}\n{document}")?;
            }
            let answer = self.send(Method::POST, &format!("{INDEX}/_bulk?filter_path=errors"), bulk)?;
            if serde_json::from_slice::<Value>(&answer)?["errors"] != false {
                return Err("the server refuses a document".into());
            }
        }
        self.send(Method::POST, &format!("{INDEX}/_forcemerge?max_num_segments=1"), String::new())?;
        self.send(Method::POST, &format!("{INDEX}/_refresh"), String::new())?;
        Ok(())
    }

    /// Every page, as the source asks for them; of an answer only the last sort value is looked at.
    fn pages(&self) -> Outcome<()> {
        let open = self.send(Method::POST, &format!("{INDEX}/_pit?keep_alive=1m"), String::new())?;
        let id = serde_json::from_slice::<Value>(&open)?["id"].clone();
        let filter = "pit_id,timed_out,_shards,hits.total,hits.hits._index,hits.hits._id,hits.hits.sort,hits.hits._source";
        let path = format!("_search?allow_partial_search_results=false&filter_path={filter}");
        let mut body = json!({
            "size": PAGE, "track_total_hits": false, "sort": ["_shard_doc"], "pit": {"id": id, "keep_alive": "1m"},
            "query": {"match_all": {}}, "_source": {"includes": FIELDS}
        });
        loop {
            let page = self.send(Method::POST, &path, body.to_string())?;
            let sort = memchr::memmem::rfind(&page, b"\"sort\":");
            let Some(after) = sort.and_then(|at| page.get(at + b"\"sort\":".len()..)) else { break };
            let values = serde_json::Deserializer::from_slice(after).into_iter::<Value>().next();
            body["search_after"] = values.ok_or("a page ends in the middle")??;
        }
        self.send(Method::DELETE, "_pit", json!({"id": id}).to_string())?;
        Ok(())
    }
}
