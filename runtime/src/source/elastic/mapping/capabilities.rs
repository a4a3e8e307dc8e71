//! Reads `_field_caps`, which has the types of fields and little else. What it does not tell is taken as what it may be at worst.

use super::kinds::{FieldKind, FieldMapping, Indices, ancestors};
use super::parameters::type_alone;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// `ignore_above` of the keyword in the mapping that servers guess: the smallest usual one.
const SMALLEST_LIMIT: usize = 256;

/// The parts of the expression that did not answer, such as a remote cluster, each with the reason.
pub(super) fn failures(json: &Value) -> Vec<String> {
    let named = |failure: &Value| {
        let names: Vec<&str> =
            failure.get("indices").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let error = failure.pointer("/failure/error").or_else(|| failure.get("failure"));
        let reason = error.and_then(|e| e.get("reason")).and_then(Value::as_str).unwrap_or("no reason given");
        format!("`{}`: {reason}", names.join(","))
    };
    let told: Vec<String> = json.get("failures").and_then(Value::as_array).into_iter().flatten().map(named).collect();
    let failed = json.get("failed_indices").and_then(Value::as_u64).unwrap_or(0);
    if told.is_empty() && failed > 0 { vec![format!("{failed} of the indices, for no given reason")] } else { told }
}

/// Reads an answer. Types of one family are reported as one, so a `wildcard` or `constant_keyword` field may appear as a keyword.
pub(super) fn read(json: &Value, indices: &mut Indices) {
    let texts = |value: Option<&Value>| -> Vec<String> {
        value.and_then(Value::as_array).into_iter().flatten().filter_map(|i| i.as_str().map(str::to_owned)).collect()
    };
    let all = texts(json.get("indices"));
    for index in &all {
        indices.entry(index.clone()).or_default();
    }
    for (field, types) in json.get("fields").and_then(Value::as_object).into_iter().flatten() {
        // A field that an index does not map is one that is missing in the answer.
        let types = types.as_object().into_iter().flatten().filter(|(kind, _)| *kind != "unmapped");
        for (kind, capability) in types {
            let is_off = |key| capability.get(key).and_then(Value::as_bool) == Some(false);
            // Servers list indices only when the types, or what the field allows, differ between them.
            let of = if capability.get("indices").is_some() { texts(capability.get("indices")) } else { all.clone() };
            let unsearchable: BTreeSet<String> = match capability.get("non_searchable_indices") {
                Some(list) => texts(Some(list)).into_iter().collect(),
                None if is_off("searchable") => of.iter().cloned().collect(),
                None => BTreeSet::new(),
            };
            for index in of {
                let kind = if unsearchable.contains(&index) { unsearchable_kind(kind) } else { kind_of(kind) };
                let mapping = FieldMapping { type_only: true, ..FieldMapping::of(kind) };
                indices.entry(index).or_default().insert(field.clone(), mapping);
            }
        }
    }
}

fn kind_of(kind: &str) -> FieldKind {
    match kind {
        "keyword" => FieldKind::Keyword { limit: Some(SMALLEST_LIMIT), normalized: false, text: None },
        "wildcard" => FieldKind::Wildcard { limit: None },
        "text" | "match_only_text" => FieldKind::Text { keyword: None },
        // Its format is unknown.
        "date" | "date_nanos" => FieldKind::Date { plain: false },
        "flattened" | "flat_object" => FieldKind::Flattened,
        "nested" => FieldKind::Hidden,
        other => type_alone(other),
    }
}

/// The kind of a field that cannot be searched. Objects never can; they matter as parents of fields only.
fn unsearchable_kind(kind: &str) -> FieldKind {
    match kind {
        "object" | "flattened" | "flat_object" => kind_of(kind),
        _ => FieldKind::Hidden,
    }
}

/// Ends the reading: fields below a `nested` or `flattened` object have the kind of that object, since plain queries do not find
/// fields of nested documents. A field that no answer has may be in documents all the same, below an object that is not indexed.
pub(super) fn finish(indices: &mut Indices, wanted: &BTreeSet<String>) {
    for fields in indices.values_mut() {
        let parents: BTreeMap<String, FieldKind> = fields
            .iter()
            .filter(|(_, m)| m.type_only && matches!(m.kind, FieldKind::Hidden | FieldKind::Flattened))
            .map(|(f, m)| (f.clone(), m.kind.clone()))
            .collect();
        for (field, mapping) in fields.iter_mut() {
            if let Some(kind) = ancestors(field).find_map(|parent| parents.get(&parent)) {
                mapping.kind = kind.clone();
            }
        }
        fields.retain(|field, _| wanted.contains(field));
        for field in wanted {
            let hidden = || FieldMapping { type_only: true, ..FieldMapping::of(FieldKind::Hidden) };
            fields.entry(field.clone()).or_insert_with(hidden);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn kinds_by_index() {
        let json = json!({"indices": ["a", "b"], "fields": {
            "p": {"long": {"indices": ["a"]}, "keyword": {"indices": ["b"]}},
            "o": {"keyword": {"searchable": false, "non_searchable_indices": ["b"]}},
            "off": {"keyword": {"searchable": false}},
            "flat": {"flattened": {}}, "t": {"date": {}},
            "n": {"nested": {"searchable": false}}, "n.x": {"keyword": {}}, "q": {"unmapped": {"indices": ["a"]}, "ip": {"indices": ["b"]}}}});
        let mut indices = Indices::new();
        read(&json, &mut indices);
        let wanted = ["p", "o", "off", "flat.x", "n.x", "q", "t", "nowhere"].map(str::to_owned).into();
        finish(&mut indices, &wanted);
        assert_eq!(indices["a"].keys().cloned().collect::<BTreeSet<_>>(), wanted);
        let kind = |index: &str, field: &str| indices[index][field].kind.clone();
        assert_eq!(kind("a", "p"), FieldKind::Integer { least: i64::MIN, most: i64::MAX });
        assert!(matches!(kind("b", "p"), FieldKind::Keyword { limit: Some(256), .. }));
        assert!(matches!((kind("a", "o"), kind("b", "o")), (FieldKind::Keyword { .. }, FieldKind::Hidden)));
        // What is not mapped may be in documents all the same.
        assert_eq!((kind("a", "q"), kind("b", "q"), kind("b", "nowhere")), (FieldKind::Hidden, FieldKind::Ip, FieldKind::Hidden));
        assert_eq!(
            (kind("a", "n.x"), kind("a", "off"), kind("a", "t")),
            (FieldKind::Hidden, FieldKind::Hidden, FieldKind::Date { plain: false })
        );
        assert!(indices.values().flat_map(|fields| fields.values()).all(|mapping| mapping.type_only));
    }

    #[test]
    fn parts_that_did_not_answer_are_named() {
        let error = json!({"error": {"type": "connect_transport_exception", "reason": "Unable to connect to [far]"}});
        let told =
            failures(&json!({"indices": ["a"], "failed_indices": 1, "failures": [{"indices": ["far:logs-*"], "failure": error}]}));
        assert_eq!(told, ["`far:logs-*`: Unable to connect to [far]"]);
        assert_eq!(failures(&json!({"failed_indices": 2})).len(), 1);
        assert!(failures(&json!({"indices": ["a"], "fields": {}})).is_empty());
    }
}
