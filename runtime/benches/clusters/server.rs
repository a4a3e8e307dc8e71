//! A server with the documents of the bench, and bare requests to it.

use super::generate::{Generator, VERSION};
use super::measure::Outcome;
use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};
use std::io::Write;

/// How many of a hundred records create a process: one lives for about sixteen records.
const BIRTHS: u64 = 6;
/// Documents of one `_bulk`.
const BULK: u64 = 5_000;

pub(super) struct Server {
    pub(super) url: String,
    /// The index with the documents.
    pub(super) index: String,
    pub(super) is_opensearch: bool,
    pub(super) client: Client,
}

impl Server {
    /// The server at an address, with so many documents. Those of an earlier run are kept if they are all there.
    pub(super) fn with_documents(url: &str, documents: u64) -> Outcome<Self> {
        let server = Self { index: format!("huntc-bench-clusters-v{VERSION}-{documents}"), ..Self::at(url)? };
        server.fill(documents)?;
        Ok(server)
    }

    /// The server at an address.
    pub(super) fn at(url: &str) -> Outcome<Self> {
        // Another part of the program may have installed a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(None).build()?;
        let is_opensearch = client.get(url).send()?.headers().contains_key("x-opensearch-version");
        Ok(Self { url: url.to_owned(), index: String::new(), is_opensearch, client })
    }

    /// The body of a good answer.
    pub(super) fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Outcome<Vec<u8>> {
        let request = self.client.request(method, format!("{}/{path}", self.url)).header("content-type", "application/x-ndjson");
        let answer = request.body(body).send()?;
        let status = answer.status();
        let body = answer.bytes()?.to_vec();
        if status.is_success() { Ok(body) } else { Err(format!("{path}: {status}: {}", String::from_utf8_lossy(&body)).into()) }
    }

    /// As [`Self::send`] with JSON; `null` is no body.
    pub(super) fn ask(&self, method: Method, path: &str, body: &Value) -> Outcome<Value> {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        Ok(serde_json::from_slice(&self.send(method, path, body)?)?)
    }

    /// Makes the server forget what it answered before.
    pub(super) fn forget(&self) -> Outcome<()> {
        self.send(Method::POST, &format!("{}/_cache/clear?request=true&query=true", self.index), Vec::new()).map(drop)
    }

    fn fill(&self, documents: u64) -> Outcome<()> {
        let index = &self.index;
        if self.ask(Method::GET, &format!("{index}/_count"), &Value::Null).is_ok_and(|answer| answer["count"] == documents) {
            return Ok(());
        }
        self.send(Method::DELETE, &format!("{index}?ignore_unavailable=true"), Vec::new())?;
        let strings = json!({"strings": {"match_mapping_type": "string", "mapping": {"type": "keyword", "ignore_above": 1024}}});
        let addresses = json!({"properties": {"ip": {"type": "ip"}}});
        let properties = json!({"@timestamp": {"type": "date"}, "source": addresses, "destination": addresses});
        let mappings = json!({"date_detection": false, "dynamic_templates": [strings], "properties": properties});
        let settings = json!({"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": -1});
        self.ask(Method::PUT, index, &json!({"settings": settings, "mappings": mappings}))?;
        let mut generator = Generator::new(BIRTHS);
        for sent in (0..documents).step_by(BULK as usize) {
            let mut log = Vec::new();
            generator.write(BULK.min(documents - sent), &mut log)?;
            let mut bulk = Vec::new();
            for document in log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                bulk.write_all(b"{\"index\":{}}\n")?;
                bulk.write_all(document)?;
                bulk.push(b'\n');
            }
            let answer = self.send(Method::POST, &format!("{index}/_bulk?filter_path=errors"), bulk)?;
            if serde_json::from_slice::<Value>(&answer)?["errors"] != false {
                return Err("the server refuses a document".into());
            }
        }
        self.send(Method::POST, &format!("{index}/_forcemerge?max_num_segments=1"), Vec::new())?;
        self.send(Method::POST, &format!("{index}/_refresh"), Vec::new())?;
        Ok(())
    }
}
