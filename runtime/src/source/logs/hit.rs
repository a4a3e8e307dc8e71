//! Hits of searches that asked for `fields` and not for `_source`, as Kibana does: lists of values under dotted names.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(borrow, rename = "_index")]
    index: Option<&'a RawValue>,
    #[serde(borrow, rename = "_id")]
    id: Option<&'a RawValue>,
    #[serde(borrow, rename = "_version")]
    version: Option<&'a RawValue>,
    #[serde(borrow, rename = "_source")]
    source: Option<&'a RawValue>,
    fields: Map<String, Value>,
    /// Values that the index left out, for their length mostly; the document has them all the same.
    #[serde(default)]
    ignored_field_values: Map<String, Value>,
}

/// A hit without `_source` as one that has it; `None` where the text is something else.
pub(crate) fn with_source(text: &[u8]) -> Option<String> {
    let Hit { index, id, version, source: None, mut fields, ignored_field_values } = serde_json::from_slice(text).ok()? else {
        return None;
    };
    // Documents may have a field of this name too, but no index.
    let names: Vec<String> = [("_index", index), ("_id", id), ("_version", version)]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("\"{name}\":{},", value?.get())))
        .collect();
    if index.is_none() && id.is_none() {
        return None;
    }
    for (name, ignored) in ignored_field_values {
        let both: Vec<Value> = fields.remove(&name).into_iter().chain([ignored]).flat_map(values).collect();
        fields.insert(name, Value::Array(both));
    }
    Some(format!("{{{}\"_source\":{}}}", names.concat(), Value::Object(fields)))
}

fn values(value: Value) -> Vec<Value> {
    if let Value::Array(values) = value { values } else { vec![value] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_the_source_of_hits_without_one() {
        for (hit, wanted) in [
            (
                r#"{"_index":"i","_id":"1","_score":null,"fields":{"@timestamp":["2020-10-22T06:58:00.462Z"],"a.b":[1]},"sort":[1]}"#,
                Some(r#"{"_index":"i","_id":"1","_source":{"@timestamp":["2020-10-22T06:58:00.462Z"],"a.b":[1]}}"#),
            ),
            (
                r#"{"_id":"1","fields":{"a":["x"]},"ignored_field_values":{"a":["long"],"b":["longer"]}}"#,
                Some(r#"{"_id":"1","_source":{"a":["x","long"],"b":["longer"]}}"#),
            ),
            (r#"{"_id":"1","_source":{},"fields":{"a":["x"]}}"#, None),
            (r#"{"@timestamp":1,"fields":{"a":["x"]}}"#, None),
            (r#"{"_id":"1","fields":7}"#, None),
            ("oops", None),
        ] {
            assert_eq!(with_source(hit.as_bytes()).as_deref(), wanted, "{hit}");
        }
    }
}
