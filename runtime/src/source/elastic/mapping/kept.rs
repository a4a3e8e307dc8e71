//! Which fields an index keeps in its documents (`_source`), and how values of others are read from the index.

use super::kinds::{ValuesKept, ancestors};
use super::parameters::{is, limit, normalized};
use crate::source::elastic::expression::fits;
use serde_json::Value;

/// The setting `_source` of an index.
#[derive(Default)]
pub(super) struct DocumentFilter {
    /// Whether no document is kept.
    pub(super) none: bool,
    includes: Vec<String>,
    excludes: Vec<String>,
}

impl DocumentFilter {
    pub(super) fn read(setting: &Value) -> Self {
        let list = |key| -> Vec<String> {
            setting.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(|p| p.as_str().map(str::to_owned)).collect()
        };
        let none = is(setting.get("enabled"), "false") || is(setting.get("mode"), "disabled");
        Self { none, includes: list("includes"), excludes: list("excludes") }
    }

    /// Whether documents are kept with this field. A pattern that matches an object is for all that is below it.
    pub(super) fn keeps(&self, field: &str) -> bool {
        let named = |patterns: &[String]| patterns.iter().any(|p| fits(p, field) || ancestors(field).any(|a| fits(p, &a)));
        !self.none && !named(&self.excludes) && (self.includes.is_empty() || named(&self.includes))
    }
}

/// Where the values of a field are kept when documents are without it: doc values have them as they were sent unless the type
/// changes them, as dates and small floats do.
pub(super) fn in_index(field: &str, mapping: &Value) -> ValuesKept {
    let kind = mapping.get("type").and_then(Value::as_str).unwrap_or("object");
    let columnar = |m: &Value| !is(m.get("doc_values"), "false");
    match kind {
        "keyword" | "wildcard" if columnar(mapping) && !normalized(mapping) => {
            ValuesKept::DocValues { field: field.to_owned(), limited: limit(mapping).is_some() }
        }
        "ip" | "long" | "integer" | "short" | "byte" | "boolean" | "double" | "date_nanos" if columnar(mapping) => {
            ValuesKept::DocValues { field: field.to_owned(), limited: false }
        }
        // The time of a record is one of milliseconds to the server.
        "date" if field == "@timestamp" && columnar(mapping) => ValuesKept::DocValues { field: field.to_owned(), limited: false },
        "text" | "match_only_text" => {
            let subs = mapping.get("fields").and_then(Value::as_object).into_iter().flatten();
            let exact = |m: &Value| is(m.get("type"), "keyword") && columnar(m) && !normalized(m);
            subs.into_iter().find(|(_, m)| exact(m)).map_or(ValuesKept::Nowhere, |(name, m)| ValuesKept::DocValues {
                field: format!("{field}.{name}"),
                limited: limit(m).is_some(),
            })
        }
        _ => ValuesKept::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patterns_of_the_document_filter() {
        let filter = |json: Value| DocumentFilter::read(&json);
        let open = filter(json!({}));
        assert!(open.keeps("a") && open.keeps("a.b"));
        let without = filter(json!({"excludes": ["process.command_line", "file.*", "dns", "*.md5"]}));
        for gone in ["process.command_line", "file.path", "file.hash.sha1", "dns", "dns.question.name", "a.b.md5"] {
            assert!(!without.keeps(gone), "{gone}");
        }
        assert!(without.keeps("process.name") && without.keeps("file") && without.keeps("dnsx"));
        let only = filter(json!({"includes": ["process.*", "@timestamp"], "excludes": ["*.args"]}));
        assert!(only.keeps("process.name") && only.keeps("@timestamp"));
        assert!(!only.keeps("host.name") && !only.keeps("process.args"));
        assert!(!filter(json!({"enabled": false})).keeps("a") && filter(json!({"mode": "synthetic"})).keeps("a"));
    }

    #[test]
    fn values_that_doc_values_have_as_they_were_sent() {
        let kept = |json: Value| in_index("f", &json);
        let values = |field: &str, limited| ValuesKept::DocValues { field: field.to_owned(), limited };
        assert_eq!(kept(json!({"type": "keyword", "normalizer": null, "ignore_above": 2_147_483_647})), values("f", false));
        assert_eq!(kept(json!({"type": "keyword", "ignore_above": 1024})), values("f", true));
        assert_eq!(kept(json!({"type": "ip"})), values("f", false));
        assert_eq!(kept(json!({"type": "text", "fields": {"keyword": {"type": "keyword"}}})), values("f.keyword", false));
        for nowhere in [
            json!({"type": "text"}),
            json!({"type": "keyword", "doc_values": false}),
            json!({"type": "keyword", "normalizer": "lowercase"}),
            json!({"type": "date"}),
            json!({"type": "half_float"}),
            json!({"type": "flattened"}),
        ] {
            assert_eq!(kept(nowhere.clone()), ValuesKept::Nowhere, "{nowhere}");
        }
    }
}
