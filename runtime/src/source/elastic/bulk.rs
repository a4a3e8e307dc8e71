//! Documents written to an index in batches of `_bulk`: what `huntc convert --bulk` does.

use super::bulk_template::{self, explain};
use super::client::Call;
use super::config::ElasticConfig;
use super::connection::Connection;
use super::fault::{Fault, FaultKind, clean, of_answer};
use crate::source::{FetchContext, SourceError};
use huntc_compiler::index_name;
use reqwest::Method;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::Value;
use std::fmt::Write as _;

/// The bytes after which a batch is sent.
const BATCH: usize = 5 << 20;
/// Servers are often too busy to write. With pauses that double up to half a minute this is about two minutes.
const TRIES: u32 = 10;
/// The most refused documents that are named.
const NAMED: usize = 5;

/// Writes documents to one index of a cluster, in their order.
///
/// The id of a document follows from the document, its place and `origin`. So a batch that is sent again, since no answer came,
/// writes no document twice.
pub struct BulkWriter {
    connection: Connection,
    context: FetchContext,
    index: String,
    origin: String,
    body: Vec<u8>,
    waiting: u64,
    ready: bool,
    report: BulkReport,
}

/// What became of the documents.
#[derive(Clone, Debug, Default)]
pub struct BulkReport {
    /// Documents that the index has now.
    pub written: u64,
    /// Documents that the server refused.
    pub refused: u64,
    /// The first of them, each with its number and the server's reason, safe to show.
    pub named: Vec<String>,
}

impl BulkWriter {
    /// A writer to the index that `config` names. Nothing is sent before the first batch is full. Documents of equal text at the
    /// same place are written over each other where `origin` is the same.
    pub fn new(mut config: ElasticConfig, origin: &str) -> Result<Self, SourceError> {
        config.retries = config.retries.max(TRIES);
        Ok(Self {
            index: config.indices.clone(),
            connection: Connection::new(config)?,
            context: FetchContext::default(),
            origin: origin.to_owned(),
            body: Vec::new(),
            waiting: 0,
            ready: false,
            report: BulkReport::default(),
        })
    }

    /// Adds a document: JSON on one line.
    pub fn add(&mut self, document: &[u8]) -> Result<(), SourceError> {
        let id = self.id(document);
        self.body.extend_from_slice(format!("{{\"index\":{{\"_id\":\"{id}\"}}}}\n").as_bytes());
        self.body.extend_from_slice(document);
        self.body.push(b'\n');
        self.waiting += 1;
        if self.body.len() >= BATCH { self.send() } else { Ok(()) }
    }

    /// Sends what waits, and tells what became of all.
    pub fn finish(&mut self) -> Result<BulkReport, SourceError> {
        self.send()?;
        let refresh = Call { method: Method::POST, ..self.connection.get(format!("{}/_refresh", self.connection.indices())) };
        // Without the privilege for it the documents are found a little later.
        let _ = self.connection.send_once(&refresh, &self.context);
        Ok(self.report.clone())
    }

    /// What became of the documents so far.
    pub fn report(&self) -> &BulkReport {
        &self.report
    }

    fn id(&self, document: &[u8]) -> String {
        let place = self.report.written + self.report.refused + self.waiting;
        let mut text = format!("{place}\n{}\n", self.origin).into_bytes();
        text.extend_from_slice(document);
        digest(&SHA256, &text).as_ref().iter().take(16).fold(String::new(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        })
    }

    fn send(&mut self) -> Result<(), SourceError> {
        if self.waiting == 0 {
            return Ok(());
        }
        if !self.ready {
            bulk_template::put(&self.connection, &self.index, &self.context)?;
            self.ready = true;
        }
        let path = format!("{}/_bulk?filter_path=items.*.status,items.*.error", self.connection.indices());
        let body = Some(std::mem::take(&mut self.body));
        let call = Call { method: Method::POST, body, ..self.connection.get(path) };
        let waiting = self.waiting;
        let answer = self.connection.send(&call, &self.context, |reply| Outcomes::read(&reply.body, waiting));
        let outcomes = answer.map_err(|fault| explain(&self.connection, &fault))?;
        for item in outcomes.items {
            let place = self.report.written + self.report.refused + 1;
            if item.outcome.is_written() {
                self.report.written += 1;
                continue;
            }
            self.report.refused += 1;
            if self.report.named.len() < NAMED {
                let reason = self.connection.config.auth.hide(&item.outcome.reason());
                self.report.named.push(format!("record {place}: {reason}"));
            }
        }
        self.waiting = 0;
        Ok(())
    }
}

/// Why no index of this name can be made and written to; `None` where one can.
pub fn index_fault(name: &str) -> Option<&'static str> {
    let begins = name.starts_with(['-', '_', '+', '.']);
    let holds = name.contains(['*', ',', ':', '<', '>', '|']) || name.chars().any(char::is_uppercase);
    index_name::fault(name).or((begins || holds || name.len() > 255).then_some(
        "one index is needed: in lower case, without `*`, `,`, `:`, `<`, `>`, `|`, and with none of `-`, `_`, `+`, `.` in front",
    ))
}

/// The answer to a batch.
#[derive(Deserialize)]
struct Outcomes {
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "index")]
    outcome: Outcome,
}

#[derive(Deserialize)]
struct Outcome {
    status: u16,
    #[serde(default)]
    error: Value,
}

impl Outcomes {
    /// What became of each of the documents. Where the server had no time for one, all are to be sent again: those that are
    /// written already are written over.
    fn read(body: &[u8], sent: u64) -> Result<Self, Fault> {
        let malformed = |why: String| Fault::new(FaultKind::Malformed, why);
        let answer: Self = serde_json::from_slice(body).map_err(|e| malformed(e.to_string()))?;
        if answer.items.len() as u64 != sent {
            return Err(malformed(format!("it tells of {} documents, and {sent} were sent", answer.items.len())));
        }
        match answer.items.iter().find(|item| matches!(item.outcome.status, 429 | 503)) {
            Some(Item { outcome }) => {
                let kind = if outcome.status == 429 { FaultKind::Overloaded } else { FaultKind::Unavailable };
                Err(Fault { status: Some(outcome.status), ..Fault::new(kind, outcome.reason()) })
            }
            None => Ok(answer),
        }
    }
}

impl Outcome {
    fn is_written(&self) -> bool {
        matches!(self.status, 200..=299) && self.error.is_null()
    }

    /// The server's reason and what caused it, without unsafe characters.
    fn reason(&self) -> String {
        let text = |pointer: &str| self.error.pointer(pointer).and_then(Value::as_str);
        let outer: Vec<&str> = [text("/type"), text("/reason"), text("/caused_by/reason")].into_iter().flatten().collect();
        if outer.is_empty() {
            of_answer(self.status, None, self.error.to_string().as_bytes()).reason
        } else {
            clean(&outer.join(": "))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn kind(body: &str, sent: u64) -> Option<FaultKind> {
        Outcomes::read(body.as_bytes(), sent).err().map(|fault| fault.kind)
    }

    #[test]
    fn an_answer_tells_of_every_document_or_is_none() {
        let one = r#"{"items":[{"index":{"status":201}}]}"#;
        assert_eq!((kind(one, 1), kind(one, 2)), (None, Some(FaultKind::Malformed)));
        assert_eq!(kind("{}", 1), Some(FaultKind::Malformed));
        assert_eq!(kind("<html>", 1), Some(FaultKind::Malformed));
        assert_eq!(kind(r#"{"items":[{"index":{"status":201}},{"index":{"status":429}}]}"#, 2), Some(FaultKind::Overloaded));
        assert_eq!(kind(r#"{"items":[{"index":{"status":503}}]}"#, 1), Some(FaultKind::Unavailable));
    }

    #[test]
    fn a_reason_is_safe_to_show_and_names_what_caused_it() {
        let hostile = r#"{"status":400,"error":{"type":"t","reason":"a\u001b[31m\nb","caused_by":{"reason":"c"}}}"#;
        let outcome: Outcome = serde_json::from_str(hostile).unwrap();
        assert_eq!((outcome.reason().as_str(), outcome.is_written()), ("t: a[31m b: c", false));
        let bare: Outcome = serde_json::from_str(r#"{"status":500}"#).unwrap();
        assert!(!bare.reason().is_empty() && !bare.is_written());
        let odd: Outcome = serde_json::from_str(r#"{"status":201,"error":"no"}"#).unwrap();
        assert!(!odd.is_written());
    }

    #[test]
    fn equal_documents_are_two_and_the_same_run_again_writes_no_third() {
        let config = ElasticConfig::new("bulk", "http://127.0.0.1:1", "i").unwrap();
        let mut writer = BulkWriter::new(config.clone(), "a").unwrap();
        let first = writer.id(b"{}");
        writer.add(b"{}").unwrap();
        assert_ne!(first, writer.id(b"{}"));
        assert_eq!(first, BulkWriter::new(config.clone(), "a").unwrap().id(b"{}"));
        assert_ne!(first, BulkWriter::new(config, "b").unwrap().id(b"{}"));
    }
}
