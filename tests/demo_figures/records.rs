//! The demo's documents as plain rows: what a hunt looks at, and nothing of the product.

use serde_json::Value;

/// A process in a slot.
#[derive(Clone, Debug, Default)]
pub(super) struct Process {
    pub(super) id: Option<String>,
    pub(super) pid: i64,
    pub(super) name: Option<String>,
    pub(super) command: Option<String>,
    pub(super) image: Option<String>,
}

/// A flow; `key` is its five parts.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) port: i64,
    pub(super) key: String,
}

/// One document.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) time: i64,
    pub(super) host: String,
    pub(super) creation: bool,
    pub(super) me: Option<Process>,
    pub(super) parent: Option<Process>,
    pub(super) flow: Option<Flow>,
    pub(super) resolved: Vec<String>,
    pub(super) file: Option<String>,
}

/// Reads the documents.
pub(super) fn read(lines: &[String]) -> Vec<Record> {
    lines.iter().map(|line| record(&serde_json::from_str(line).unwrap())).collect()
}

/// Milliseconds since 1970.
pub(super) fn millis(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn record(doc: &Value) -> Record {
    let code = doc["event"]["code"].as_str().unwrap();
    let has = |field: &str, word: &str| doc["event"][field].as_array().is_some_and(|a| a.iter().any(|v| v == word));
    Record {
        time: millis(doc["@timestamp"].as_str().unwrap()),
        host: text(&doc["host"]["name"]).unwrap(),
        creation: code == "1" || has("category", "process") && has("type", "start"),
        me: process(&doc["process"]),
        parent: process(&doc["process"]["parent"]),
        flow: flow(doc),
        resolved: doc["dns"]["resolved_ip"].as_array().into_iter().flatten().filter_map(text).collect(),
        file: text(&doc["file"]["path"]),
    }
}

fn process(value: &Value) -> Option<Process> {
    Some(Process {
        id: text(&value["entity_id"]),
        pid: value.get("pid")?.as_i64()?,
        name: text(&value["name"]),
        command: text(&value["command_line"]),
        image: text(&value["executable"]),
    })
}

fn flow(doc: &Value) -> Option<Flow> {
    let (source, destination) = (&doc["source"], &doc["destination"]);
    let parts = [&source["ip"], &source["port"], &destination["ip"], &destination["port"], &doc["network"]["transport"]];
    Some(Flow {
        source: text(&source["ip"])?,
        destination: text(&destination["ip"])?,
        port: destination["port"].as_i64()?,
        key: parts.map(Value::to_string).join(" "),
    })
}
