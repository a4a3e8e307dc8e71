//! Answers of a cluster: how fast the records in them are read, without a server.

use super::data::Data;
use super::generate::Generator;
use super::limit::{Bound::AtLeast, Limit};
use super::measure::Outcome;
use super::rows::{Effort, Row};
use super::warm::warm;
use huntc_compiler::catalog::Catalog;
use huntc_runtime::source::elastic::read_offline;
use serde_json::{Map, Value, json};

/// The rows of this file.
pub(super) const ROWS: &[Row] = &[Row {
    name: "answers of a cluster, read",
    effort: Effort::Median,
    limits: &[Limit { unit: "records per CPU-second", bound: AtLeast(1_000_000.0) }],
    measure: read,
}];

/// Records of a page, and pages.
const PAGE: usize = 10_000;
const PAGES: usize = 5;
/// How many of a hundred records create a process, as in the documents of `clusters`.
const BIRTHS: u64 = 6;

/// What GET of all processes asks for that shows names, numbers and command lines.
const FIELDS: [&str; 9] = [
    "host.name",
    "process.command_line",
    "process.entity_id",
    "process.name",
    "process.parent.command_line",
    "process.parent.entity_id",
    "process.parent.name",
    "process.parent.pid",
    "process.pid",
];

fn read(_: &Data) -> Outcome<Vec<f64>> {
    let mut log = Vec::new();
    Generator::new(BIRTHS).write((PAGE * PAGES) as u64, &mut log)?;
    let documents = serde_json::Deserializer::from_slice(&log).into_iter::<Value>().collect::<Result<Vec<_>, _>>()?;
    let pages: Vec<String> = documents.chunks(PAGE).map(page).collect();
    let words = json!({"type": "keyword"});
    let properties: Map<String, Value> = FIELDS.iter().map(|field| ((*field).to_owned(), words.clone())).collect();
    let mapping = json!({"logs": {"mappings": {"properties": properties}}}).to_string();
    let all = || {
        for page in &pages {
            let records = read_offline(Catalog::builtin(), mapping.as_bytes(), page.as_bytes(), &FIELDS)?;
            if records.len() != PAGE {
                return Err(format!("{} records came", records.len()).into());
            }
        }
        Ok(())
    };
    Ok(vec![(PAGE * PAGES) as f64 / warm(20, all)? * 1e3])
}

/// A full page of an answer.
fn page(documents: &[Value]) -> String {
    let hit = |(number, document): (usize, &Value)| {
        let mut source = json!({ "@timestamp": document["@timestamp"] });
        for field in FIELDS {
            let pointer = format!("/{}", field.replace('.', "/"));
            if let Some(value) = document.pointer(&pointer) {
                put(&mut source, field, value.clone());
            }
        }
        json!({"_index": "logs", "_id": format!("AZ{number:016x}"), "_source": source, "sort": [number]}).to_string()
    };
    let hits: Vec<String> = documents.iter().enumerate().map(hit).collect();
    let head = r#"{"pit_id":"p","timed_out":false,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0}"#;
    format!(r#"{head},"hits":{{"hits":[{}]}}}}"#, hits.join(","))
}

/// Sets a field of a document.
fn put(document: &mut Value, field: &str, value: Value) {
    let place = field.split('.').fold(document, |at, part| &mut at[part]);
    *place = value;
}
