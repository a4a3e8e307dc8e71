//! Suricata's EVE log: one event a line, of alerts, flows and protocols.

use super::converted::{begins_with, each_object};
use super::distinguished_name;
use super::field_table::FieldTable;
use super::flat_record::{FlatRecord, flat};
use super::format::LogFormat;
use super::report::BadReason;
use super::{read_value, url_parts};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Objects with a type and a time of Suricata's own.
pub(super) const SURICATA: LogFormat = LogFormat {
    name: "Suricata EVE",
    sniff: |beginning| begins_with(beginning, is_event),
    read: |reader, reading, emit| {
        each_object(reader, reading, emit, &mut |object| is_event(object).then(|| record(object)).transpose())
    },
};

static TABLE: LazyLock<FieldTable> = LazyLock::new(|| FieldTable::read(include_str!("data/suricata.csv")));

fn is_event(object: &Map<String, Value>) -> bool {
    ["event_type", "timestamp"].iter().all(|key| object.get(*key).is_some_and(Value::is_string))
        && !object.contains_key("@timestamp")
}

fn record(object: &Map<String, Value>) -> Result<FlatRecord, BadReason> {
    let kind = object.get("event_type").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let mut record = FlatRecord::default();
    flat(object, &mut |field, value| {
        if !TABLE.put(&kind, field, &value, &mut record) {
            record.put(&format!("suricata.eve.{field}"), value);
        }
    })?;
    TABLE.put_constants(&kind, &mut record);
    record.put_unless_there("event.kind", "event");
    let state = object.get("flow").and_then(|flow| flow.get("state")).and_then(Value::as_str);
    match (kind.as_str(), state) {
        ("flow", Some("new")) => record.put("event.type", "start"),
        ("flow", Some("closed")) => record.put("event.type", "end"),
        _ => {}
    }
    if let Some(status) = record.number("http.response.status_code").filter(|_| kind == "http") {
        record.put("event.outcome", if status < 400 { "success" } else { "failure" });
    }
    for name in ["subject", "issuer"] {
        distinguished_name::put(&format!("tls.server.{name}"), &[&format!("tls.server.x509.{name}")], &mut record);
    }
    if let Some(url) = record.first("url.original").and_then(Value::as_str).map(str::to_owned) {
        url_parts::put(&url, &mut record);
    }
    for flag in ["aa", "tc", "rd", "ra"] {
        if record.first(&format!("suricata.eve.dns.{flag}")) == Some(&Value::Bool(true)) {
            record.put("dns.header_flags", flag.to_ascii_uppercase());
        }
    }
    record.part_question();
    duration(&mut record);
    record.sum_directions();
    Ok(record)
}

/// How long a flow took, by its first and last packet.
fn duration(record: &mut FlatRecord) {
    let time = |field: &str| read_value::time(record.first(field)?.as_str()?);
    if let (Some(start), Some(end)) = (time("event.start"), time("event.end"))
        && let Some(nanos) = end.0.checked_sub(start.0).filter(|nanos| *nanos >= 0)
    {
        record.put("event.duration", nanos);
    }
}
