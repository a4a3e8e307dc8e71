//! Reads the servers' JSON about mappings into field kinds.

use super::kinds::{FieldKind, FieldMapping, Indices, ancestors};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The answers to `_mapping/field` and `_mapping`, by index.
#[derive(Default)]
pub(in super::super) struct MappingAnswers {
    indices: BTreeMap<String, SeenIndex>,
}

#[derive(Default)]
struct SeenIndex {
    fields: BTreeMap<String, Value>,
    /// Runtime fields, which are computed at search time.
    runtime: BTreeMap<String, Value>,
    /// Objects that say whether keys without a mapping are left unindexed (`true`) or not.
    closed: BTreeMap<String, bool>,
    /// Objects of type `nested`, which are documents of their own.
    nested: BTreeSet<String>,
}

impl MappingAnswers {
    /// Reads an answer of `_mapping/field`.
    pub(super) fn fields(&mut self, json: &Value) {
        for (index, body) in json.as_object().into_iter().flatten() {
            let seen = self.indices.entry(index.clone()).or_default();
            for (name, field) in body.get("mappings").and_then(Value::as_object).into_iter().flatten() {
                // The inner key is the last part of the field's name.
                let inner = field.get("mapping").and_then(Value::as_object).and_then(|m| m.values().next());
                seen.fields.extend(inner.map(|m| (name.clone(), m.clone())));
            }
        }
    }

    /// Reads an answer of `_mapping` that has only objects.
    pub(super) fn objects(&mut self, json: &Value) {
        for (index, body) in json.as_object().into_iter().flatten() {
            let seen = self.indices.entry(index.clone()).or_default();
            let Some(mappings) = body.get("mappings") else { continue };
            for (name, field) in mappings.get("runtime").and_then(Value::as_object).into_iter().flatten() {
                seen.runtime.insert(name.clone(), field.clone());
            }
            seen.object("", mappings);
        }
    }

    /// The kinds of the wanted fields, from one text that is read as each kind of answer in turn.
    pub(in super::super) fn everything(json: &Value, wanted: &BTreeSet<String>) -> Indices {
        let mut seen = Self::default();
        seen.fields(json);
        seen.objects(json);
        let mut indices = seen.finish(wanted);
        capabilities(json, &mut indices);
        hide_nested(&mut indices);
        indices
    }

    /// The targets of aliases that were not asked for yet.
    pub(super) fn targets(&self) -> BTreeSet<String> {
        let aliases = self.indices.values().flat_map(|i| i.fields.values().map(move |m| (i, m)));
        let targets = aliases.filter(|(_, m)| is(m.get("type"), "alias")).filter_map(|(i, m)| Some((i, m.get("path")?.as_str()?)));
        targets.filter(|(i, t)| !i.fields.contains_key(*t)).map(|(_, t)| t.to_owned()).collect()
    }

    /// The kinds of the wanted fields in every index.
    pub(super) fn finish(self, wanted: &BTreeSet<String>) -> Indices {
        let kinds = |seen: &SeenIndex| wanted.iter().map(|field| (field.clone(), seen.mapping(field))).collect();
        self.indices.iter().map(|(index, seen)| (index.clone(), kinds(seen))).collect()
    }
}

impl SeenIndex {
    fn object(&mut self, path: &str, object: &Value) {
        if is(object.get("enabled"), "false") {
            self.closed.insert(path.to_owned(), true);
        } else if object.get("dynamic").is_some() {
            self.closed.insert(path.to_owned(), is(object.get("dynamic"), "false"));
        }
        if is(object.get("type"), "nested") {
            self.nested.insert(path.to_owned());
        }
        for (name, child) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.object(&below, child);
        }
    }

    fn mapping(&self, field: &str) -> FieldMapping {
        let plain = |kind| FieldMapping { kind, target: None };
        if ancestors(field).any(|a| self.nested.contains(&a)) {
            return plain(FieldKind::Hidden);
        }
        if let Some(mapping) = self.fields.get(field) {
            if let Some(target) = mapping.get("path").and_then(Value::as_str).filter(|_| is(mapping.get("type"), "alias")) {
                // The target itself may be unknown; then it counts as another type.
                let kind = self.fields.get(target).map_or(FieldKind::Other, |m| kind_of(target, m));
                return FieldMapping { kind, target: Some(target.to_owned()) };
            }
            return plain(kind_of(field, mapping));
        }
        if let Some(mapping) = self.runtime.get(field) {
            return plain(kind_of(field, mapping));
        }
        let type_of = |name: String| self.fields.get(&name)?.get("type")?.as_str();
        if ancestors(field).filter_map(type_of).any(|t| matches!(t, "flattened" | "flat_object")) {
            return plain(FieldKind::Flattened);
        }
        // The nearest object with a setting decides.
        let said = ancestors(field).filter_map(|a| self.closed.get(&a)).last().or_else(|| self.closed.get(""));
        let closed = said.copied().unwrap_or(false);
        plain(if closed { FieldKind::Hidden } else { FieldKind::Missing })
    }
}

/// Whether a setting has this value; servers send settings as JSON values or as texts.
fn is(value: Option<&Value>, text: &str) -> bool {
    match value {
        Some(Value::String(s)) => s == text,
        Some(Value::Bool(b)) => b.to_string() == text,
        _ => false,
    }
}

/// The length limit of a field. Servers send 2^31 - 1 for "no limit".
fn limit(mapping: &Value) -> Option<usize> {
    let limit = mapping.get("ignore_above").and_then(Value::as_u64)?;
    (limit < 2_147_483_647).then_some(limit as usize)
}

fn kind_of(field: &str, mapping: &Value) -> FieldKind {
    let kind = mapping.get("type").and_then(Value::as_str).unwrap_or("object");
    let off = |key| is(mapping.get(key), "false");
    if off("index") && (off("doc_values") || matches!(kind, "text" | "match_only_text")) {
        return FieldKind::Hidden;
    }
    let subs = || mapping.get("fields").and_then(Value::as_object).into_iter().flatten();
    let type_of = |sub: &Value| sub.get("type").and_then(Value::as_str).unwrap_or("").to_owned();
    let normalized = |m: &Value| m.get("normalizer").and_then(Value::as_str).is_some_and(|n| n != "default");
    match kind {
        "keyword" => {
            let text = subs().find(|(_, s)| matches!(type_of(s).as_str(), "text" | "match_only_text"));
            FieldKind::Keyword {
                limit: limit(mapping),
                normalized: normalized(mapping),
                text: text.map(|(name, _)| format!("{field}.{name}")),
            }
        }
        "text" | "match_only_text" | "search_as_you_type" => {
            let whole = subs().find(|(_, s)| type_of(s) == "keyword" && !normalized(s) && !is(s.get("index"), "false"));
            FieldKind::Text { keyword: whole.map(|(name, s)| (format!("{field}.{name}"), limit(s))) }
        }
        "wildcard" if normalized(mapping) => FieldKind::Other,
        "wildcard" => FieldKind::Wildcard { limit: limit(mapping) },
        "constant_keyword" => FieldKind::Constant(mapping.get("value").and_then(Value::as_str).map(str::to_owned)),
        "date" | "date_nanos" => FieldKind::Date { plain: plain_format(mapping) },
        "flattened" | "flat_object" => FieldKind::Flattened,
        other => type_alone(other),
    }
}

fn plain_format(mapping: &Value) -> bool {
    mapping.get("format").and_then(Value::as_str).is_none_or(|f| f.starts_with("strict_date_optional_time"))
}

/// Types whose parameters do not matter.
fn type_alone(kind: &str) -> FieldKind {
    let integer = |bits: u32| FieldKind::Integer { least: -(1_i64 << (bits - 1)), most: (1_i64 << (bits - 1)) - 1 };
    match kind {
        "ip" => FieldKind::Ip,
        "long" => FieldKind::Integer { least: i64::MIN, most: i64::MAX },
        "integer" => integer(32),
        "short" => integer(16),
        "byte" => integer(8),
        "double" => FieldKind::Float { exact: true },
        "float" | "half_float" | "scaled_float" => FieldKind::Float { exact: false },
        "boolean" => FieldKind::Boolean,
        _ => FieldKind::Other,
    }
}

/// Reads an answer of `_field_caps`. It has no limits, so the smallest usual one is assumed. Types of one family are
/// reported as one, so a `wildcard` field may appear as a keyword.
pub(super) fn capabilities(json: &Value, indices: &mut Indices) {
    /// `ignore_above` of the keyword in the mapping that servers guess.
    const SMALLEST_LIMIT: usize = 256;
    let all: Vec<String> =
        json.get("indices").and_then(Value::as_array).into_iter().flatten().filter_map(|i| i.as_str().map(str::to_owned)).collect();
    for index in &all {
        indices.entry(index.clone()).or_default();
    }
    for (field, types) in json.get("fields").and_then(Value::as_object).into_iter().flatten() {
        for (kind, capability) in types.as_object().into_iter().flatten() {
            let kind = match kind.as_str() {
                "keyword" => FieldKind::Keyword { limit: Some(SMALLEST_LIMIT), normalized: false, text: None },
                "wildcard" => FieldKind::Wildcard { limit: None },
                "text" | "match_only_text" => FieldKind::Text { keyword: None },
                "date" | "date_nanos" => FieldKind::Date { plain: true },
                "flattened" | "flat_object" => FieldKind::Flattened,
                "nested" => FieldKind::Hidden,
                "unmapped" => FieldKind::Missing,
                other => type_alone(other),
            };
            // Servers list indices only when the types differ between them.
            let listed = capability.get("indices").and_then(Value::as_array);
            let of: Vec<&str> = match listed {
                Some(list) => list.iter().filter_map(Value::as_str).collect(),
                None => all.iter().map(String::as_str).collect(),
            };
            for index in of {
                indices
                    .entry(index.to_owned())
                    .or_default()
                    .insert(field.clone(), FieldMapping { kind: kind.clone(), target: None });
            }
        }
    }
}

/// Gives fields below a `nested` or `flattened` object the kind of that object: plain queries do not find fields of
/// nested documents.
pub(super) fn hide_nested(indices: &mut Indices) {
    for fields in indices.values_mut() {
        let parents: Vec<(String, FieldKind)> = fields
            .iter()
            .filter(|(_, m)| matches!(m.kind, FieldKind::Hidden | FieldKind::Flattened))
            .map(|(f, m)| (format!("{f}."), m.kind.clone()))
            .collect();
        for (parent, kind) in parents {
            for (_, mapping) in fields.iter_mut().filter(|(f, _)| f.starts_with(&parent)) {
                mapping.kind = kind.clone();
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kinds(seen: MappingAnswers, fields: &[&str]) -> Vec<FieldKind> {
        let wanted = fields.iter().map(|f| (*f).to_owned()).collect();
        let indices = seen.finish(&wanted);
        fields.iter().map(|f| indices["i"][*f].kind.clone()).collect()
    }

    #[test]
    fn kinds_of_one_index() {
        let mut seen = MappingAnswers::default();
        let field = |name: &str, body: Value| {
            let inner = name.rsplit('.').next().unwrap();
            json!({"full_name": name, "mapping": {inner: body}})
        };
        seen.fields(&json!({"i": {"mappings": {
            "a.k": field("a.k", json!({"type": "keyword", "ignore_above": 1024, "normalizer": null, "fields": {"text": {"type": "text"}}})),
            "open": field("open", json!({"type": "keyword", "ignore_above": 2_147_483_647, "normalizer": "default"})),
            "low": field("low", json!({"type": "keyword", "ignore_above": 10, "normalizer": "lowercase"})),
            "t": field("t", json!({"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}})),
            "al": field("al", json!({"type": "alias", "path": "open"})),
            "d": field("d", json!({"type": "date", "format": "epoch_second"})),
            "s": field("s", json!({"type": "short"})),
            "off": field("off", json!({"type": "keyword", "index": false, "doc_values": false})),
            "flat": field("flat", json!({"type": "flattened"})),
            "c": field("c", json!({"type": "constant_keyword", "value": "x"})),
            "n.a": field("n.a", json!({"type": "keyword"})),
        }}}));
        seen.objects(&json!({"i": {"mappings": {"dynamic": "true", "runtime": {"r": {"type": "long"}}, "properties": {
            "n": {"type": "nested"}, "o": {"dynamic": "false"}, "e": {"enabled": false}}}}}));
        let found =
            kinds(seen, &["a.k", "open", "low", "t", "al", "d", "s", "off", "flat.x", "c", "n.a", "o.y", "e.z", "r", "nope"]);
        let wanted = [
            FieldKind::Keyword { limit: Some(1024), normalized: false, text: Some("a.k.text".to_owned()) },
            FieldKind::Keyword { limit: None, normalized: false, text: None },
            FieldKind::Keyword { limit: Some(10), normalized: true, text: None },
            FieldKind::Text { keyword: Some(("t.keyword".to_owned(), Some(256))) },
            FieldKind::Keyword { limit: None, normalized: false, text: None },
            FieldKind::Date { plain: false },
            FieldKind::Integer { least: -32768, most: 32767 },
            FieldKind::Hidden,
            FieldKind::Flattened,
            FieldKind::Constant(Some("x".to_owned())),
            FieldKind::Hidden,
            FieldKind::Hidden,
            FieldKind::Hidden,
            FieldKind::Integer { least: i64::MIN, most: i64::MAX },
            FieldKind::Missing,
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn an_index_that_indexes_nothing_new_hides_its_unmapped_fields() {
        let mut seen = MappingAnswers::default();
        seen.objects(&json!({"i": {"mappings": {"dynamic": "false"}}}));
        assert_eq!(kinds(seen, &["x"]), [FieldKind::Hidden]);
    }

    #[test]
    fn capabilities_by_index() {
        let json = json!({"indices": ["a", "b"], "fields": {
            "p": {"long": {"indices": ["a"]}, "keyword": {"indices": ["b"]}},
            "n": {"nested": {}}, "n.x": {"keyword": {}}, "q": {"unmapped": {"indices": ["a"]}, "ip": {"indices": ["b"]}}}});
        let mut indices = Indices::new();
        capabilities(&json, &mut indices);
        hide_nested(&mut indices);
        let kind = |index: &str, field: &str| indices[index][field].kind.clone();
        assert_eq!(kind("a", "p"), FieldKind::Integer { least: i64::MIN, most: i64::MAX });
        assert!(matches!(kind("b", "p"), FieldKind::Keyword { limit: Some(256), .. }));
        assert_eq!((kind("a", "n.x"), kind("a", "q"), kind("b", "q")), (FieldKind::Hidden, FieldKind::Missing, FieldKind::Ip));
    }
}
