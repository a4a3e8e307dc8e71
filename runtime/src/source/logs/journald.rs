//! The journal of systemd, as `journalctl -o json` writes it: one entry a line, texts under names in capitals.

use super::converted::{each_object, first_object};
use super::field_table::FieldTable;
use super::flat_record::FlatRecord;
use super::format::LogFormat;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Objects with the time that the journal gives each entry.
pub(super) const JOURNALD: LogFormat = LogFormat {
    name: "journald",
    sniff: |beginning| first_object(beginning.first_line).is_some_and(|object| is_entry(&object)),
    read: |reader, reading, emit| each_object(reader, reading, emit, &mut |object| is_entry(object).then(|| record(object))),
};

static TABLE: LazyLock<FieldTable> = LazyLock::new(|| FieldTable::read(include_str!("data/journald.csv")));

fn is_entry(object: &Map<String, Value>) -> bool {
    object.contains_key("__REALTIME_TIMESTAMP") && !object.contains_key("@timestamp")
}

fn record(object: &Map<String, Value>) -> FlatRecord {
    let mut record = FlatRecord::default();
    for (field, value) in object {
        for value in texts(value) {
            if !TABLE.put("*", field, &value, &mut record) {
                let name = field.trim_start_matches('_').to_ascii_lowercase();
                record.put_all(&format!("journald.{name}"), value);
            }
        }
    }
    TABLE.put_constants("*", &mut record);
    record
}

/// The values of a field. One that is no text is a list of its bytes; one that occurs several times a list of texts.
fn texts(value: &Value) -> Vec<Value> {
    let Value::Array(values) = value else { return vec![value.clone()] };
    let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
    match values.iter().map(byte).collect::<Option<Vec<u8>>>() {
        Some(bytes) if !bytes.is_empty() => vec![String::from_utf8_lossy(&bytes).into_owned().into()],
        _ => values.iter().flat_map(|value| if value.is_array() { texts(value) } else { vec![value.clone()] }).collect(),
    }
}
