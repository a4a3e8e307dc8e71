//! Reads the servers' JSON about mappings into field kinds.

use super::kept::DocumentFilter;
use super::kinds::{FieldKind, FieldMapping, Indices, ValuesKept, ancestors};
use super::parameters::{is, limit, normalized, type_alone};
use super::{capabilities, kept};
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
    /// Runtime fields, which are computed at search time, in place of an indexed field of that name. OpenSearch calls them derived.
    runtime: BTreeMap<String, Value>,
    /// Fields that get values of other fields too (`copy_to`), in the index only.
    copied_to: BTreeSet<String>,
    /// Objects that say whether keys without a mapping are left unindexed (`true`) or not.
    closed: BTreeMap<String, bool>,
    /// Objects of type `nested`, which are documents of their own.
    nested: BTreeSet<String>,
    /// Which fields documents are kept with.
    filter: DocumentFilter,
    /// Whether documents may have fields and values that are not indexed and named in `_ignored`.
    ignores: bool,
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
            for computed in ["runtime", "derived"].iter().filter_map(|key| mappings.get(key)?.as_object()) {
                seen.runtime.extend(computed.iter().map(|(name, field)| (name.clone(), field.clone())));
            }
            if let Some(filter) = mappings.get("_source") {
                seen.filter = DocumentFilter::read(filter);
            }
            seen.object("", mappings);
        }
    }

    /// Reads an answer of `_settings`; `None` when it may not be read.
    pub(super) fn settings(&mut self, json: Option<&Value>) {
        for (index, seen) in &mut self.indices {
            // What was set, else what holds by default.
            let said = |key: &str| {
                let answer = json?.get(index)?;
                ["settings", "defaults"].iter().find_map(|part| answer.pointer(&format!("/{part}/index/mapping/{key}")))
            };
            let on = |key| is(said(key), "true");
            seen.ignores = json.is_none() || on("total_fields/ignore_dynamic_beyond_limit") || on("ignore_malformed");
        }
    }

    /// The kinds of the wanted fields, from one text that is read as each kind of answer in turn.
    pub(in super::super) fn everything(json: &Value, wanted: &BTreeSet<String>) -> Indices {
        let mut seen = Self::default();
        seen.fields(json);
        seen.objects(json);
        let mut indices = seen.finish(wanted);
        capabilities::read(json, &mut indices);
        capabilities::finish(&mut indices, wanted);
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
        let targets = object.get("copy_to").map(|to| to.as_array().map_or(std::slice::from_ref(to), Vec::as_slice));
        self.copied_to.extend(targets.into_iter().flatten().filter_map(|to| to.as_str().map(str::to_owned)));
        for (name, child) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.object(&below, child);
        }
    }

    fn mapping(&self, field: &str) -> FieldMapping {
        let mapping = self.mapped(field);
        let real = mapping.target.as_deref().unwrap_or(field);
        let unindexed = self.fields.get(real).is_some_and(|m| is(m.get("index"), "false"));
        let malformed = self.fields.get(real).is_some_and(|m| is(m.get("ignore_malformed"), "true"));
        let kept = if self.filter.keeps(real) { ValuesKept::Document } else { self.kept(real, &mapping.kind) };
        let invented =
            self.runtime.contains_key(real) || self.copied_to.contains(real) || self.fields.get(real).is_some_and(invents);
        FieldMapping { ignorable: self.ignores || malformed, unindexed, kept, invented, ..mapping }
    }

    /// Where the values of a field are kept that documents do not have.
    fn kept(&self, field: &str, kind: &FieldKind) -> ValuesKept {
        match (kind, self.fields.get(field)) {
            // They have none, or all the same.
            (FieldKind::Missing | FieldKind::Constant(_), _) => ValuesKept::Document,
            _ if self.filter.none => ValuesKept::NoDocument,
            (_, Some(mapping)) => kept::in_index(field, mapping),
            (_, None) => ValuesKept::Nowhere,
        }
    }

    fn mapped(&self, field: &str) -> FieldMapping {
        let plain = FieldMapping::of;
        if ancestors(field).any(|a| self.nested.contains(&a)) {
            return plain(FieldKind::Hidden);
        }
        // A script may leave out what documents have.
        if ancestors(field).chain([field.to_owned()]).any(|name| self.runtime.get(&name).is_some_and(|m| m.get("script").is_some()))
        {
            return plain(FieldKind::Hidden);
        }
        if let Some(mapping) = self.runtime.get(field) {
            return plain(kind_of(field, mapping));
        }
        if let Some(mapping) = self.fields.get(field) {
            if let Some(target) = mapping.get("path").and_then(Value::as_str).filter(|_| is(mapping.get("type"), "alias")) {
                // The target itself may be unknown; then it counts as another type.
                let kind = self.fields.get(target).map_or(FieldKind::Other, |m| kind_of(target, m));
                return FieldMapping { target: Some(target.to_owned()), ..plain(kind) };
            }
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

fn kind_of(field: &str, mapping: &Value) -> FieldKind {
    let kind = mapping.get("type").and_then(Value::as_str).unwrap_or("object");
    let off = |key| is(mapping.get(key), "false");
    if off("index") && (off("doc_values") || matches!(kind, "text" | "match_only_text")) {
        return FieldKind::Hidden;
    }
    let subs = || mapping.get("fields").and_then(Value::as_object).into_iter().flatten();
    let type_of = |sub: &Value| sub.get("type").and_then(Value::as_str).unwrap_or("").to_owned();
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

/// Whether values are made up where documents have none.
fn invents(mapping: &Value) -> bool {
    let subs = mapping.get("fields").and_then(Value::as_object).into_iter().flatten().map(|(_, sub)| sub);
    std::iter::once(mapping).chain(subs).any(|m| m.get("null_value").is_some_and(|value| !value.is_null()))
}

fn plain_format(mapping: &Value) -> bool {
    mapping.get("format").and_then(Value::as_str).is_none_or(|f| f.starts_with("strict_date_optional_time"))
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
    fn what_only_the_index_has_is_invented() {
        let mut seen = MappingAnswers::default();
        let field = |name: &str, body: Value| json!({"full_name": name, "mapping": {name: body}});
        seen.fields(&json!({"i": {"mappings": {
            "a": field("a", json!({"type": "keyword"})), "b": field("b", json!({"type": "keyword"})),
            "c": field("c", json!({"type": "long", "null_value": 4})), "s": field("s", json!({"type": "keyword"}))}}}));
        seen.objects(&json!({"i": {"mappings": {
            "properties": {"o": {"properties": {"x": {"copy_to": ["b", "d"]}, "y": {"copy_to": "e"}}}},
            "runtime": {"s": {"type": "keyword", "script": {"source": "emit('x')"}}, "f": {"type": "composite", "script": {}}},
            "derived": {"z": {"type": "keyword", "script": {}}}}}}));
        let fields = ["a", "b", "c", "d", "e", "s", "f.g", "z"];
        let indices = seen.finish(&fields.map(str::to_owned).into());
        let invented: Vec<&str> = fields.into_iter().filter(|f| indices["i"][*f].invented).collect();
        assert_eq!(invented, ["b", "c", "d", "e", "s", "z"]);
        let hidden: Vec<&str> = fields.into_iter().filter(|f| indices["i"][*f].kind == FieldKind::Hidden).collect();
        assert_eq!(hidden, ["s", "f.g", "z"], "a script may leave out what documents have");
    }

    #[test]
    fn an_index_that_indexes_nothing_new_hides_its_unmapped_fields() {
        let mut seen = MappingAnswers::default();
        seen.objects(&json!({"i": {"mappings": {"dynamic": "false"}}}));
        assert_eq!(kinds(seen, &["x"]), [FieldKind::Hidden]);
    }
}
