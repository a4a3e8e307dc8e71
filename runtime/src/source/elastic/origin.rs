//! Where the values of a document come from: what it was sent as (`_source`), and the index where that lacks a field.

use super::answer::Hit;
use super::body::IndexField;
use super::columns::RecordsBuilder;
use super::document::FieldTree;
use super::fault::{Fault, FaultKind};
use super::mapping::{FieldKind, FieldMapping, ValuesKept};
use super::server::Product;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// The fields of one kind of index, by name.
type FieldMappings = BTreeMap<String, FieldMapping>;

/// What a search asks of the index, beside documents.
#[derive(Clone, Debug, Default)]
pub(super) struct FromIndex {
    /// Doc values.
    pub(super) doc_values: Vec<IndexField>,
    /// Values of fields however they are mapped, by which aliases and constants come too.
    pub(super) fields: Vec<IndexField>,
}

impl FromIndex {
    /// For columns of these names in indices of these kinds, each with the name of an index. An error names a field whose
    /// values cannot be read as they were sent.
    pub(super) fn of(names: &[String], classes: &[(&FieldMappings, &str)], product: Product) -> Result<Self, Fault> {
        let mut doc_values: BTreeSet<&str> = BTreeSet::new();
        let mut fields: BTreeSet<&str> = BTreeSet::new();
        for (class, index) in classes {
            for name in names {
                let Some(mapping) = class.get(name) else { continue };
                match &mapping.kept {
                    ValuesKept::Document => {}
                    ValuesKept::NoDocument => return Err(Fault::new(FaultKind::NoDocuments, format!("index `{index}`"))),
                    // OpenSearch does not tell which documents have longer values.
                    ValuesKept::DocValues { limited: true, .. } if product == Product::OpenSearch => {
                        return Err(left_out(index, name));
                    }
                    ValuesKept::DocValues { field, .. } if classes.iter().all(|(other, _)| columnar(other.get(field))) => {
                        doc_values.insert(field);
                    }
                    ValuesKept::DocValues { .. } | ValuesKept::Nowhere => return Err(left_out(index, name)),
                }
                if mapping.type_only && mapping.kind != FieldKind::Hidden {
                    fields.insert(name);
                }
            }
        }
        let named = |names: BTreeSet<&str>| names.into_iter().map(IndexField::named).collect();
        Ok(Self { doc_values: named(doc_values), fields: named(fields) })
    }
}

/// Whether doc values of a field can be asked for: an index that does not map it gives none, but one of words refuses.
fn columnar(mapping: Option<&FieldMapping>) -> bool {
    let refuses = |kind: &FieldKind| matches!(kind, FieldKind::Text { .. } | FieldKind::Flattened | FieldKind::Other);
    mapping.is_none_or(|m| !refuses(&m.kind))
}

fn left_out(index: &str, field: &str) -> Fault {
    let reason = format!("index `{index}` keeps documents without `{field}`, and its doc values do not have it whole");
    Fault::new(FaultKind::LeftOut, reason)
}

/// How values that come from the index get into columns.
#[derive(Clone, Debug, Default)]
pub(super) struct IndexValues {
    /// Columns of fields that documents are kept without.
    only: Vec<FromDocValues>,
    /// Columns whose values the index has where the document has none: those of fields that may be aliases.
    otherwise: Vec<(String, usize)>,
}

/// A column whose values are doc values.
#[derive(Clone, Debug)]
struct FromDocValues {
    field: String,
    column: usize,
    /// Whether values beyond a length are in no place.
    limited: bool,
}

impl IndexValues {
    pub(super) fn new(names: &[String], fields: &FieldMappings) -> Self {
        let mut values = Self::default();
        for (column, name) in names.iter().enumerate() {
            let Some(mapping) = fields.get(name) else { continue };
            if let ValuesKept::DocValues { field, limited } = &mapping.kept {
                values.only.push(FromDocValues { field: field.clone(), column, limited: *limited });
            } else if mapping.type_only && mapping.kind != FieldKind::Hidden {
                values.otherwise.push((name.clone(), column));
            }
        }
        values
    }

    /// Adds values of a hit to the record that is being read. An error where a value is not there as it was sent.
    pub(super) fn add(&self, hit: &Hit<'_>, builder: &mut RecordsBuilder) -> Result<(), Fault> {
        if self.only.is_empty() && self.otherwise.is_empty() {
            return Ok(());
        }
        let broken = |e: serde_json::Error| Fault::new(FaultKind::Rejected, format!("record {}/{}: {e}", hit.index, hit.id));
        let ignored: Vec<String> =
            hit.ignored.map(|i| serde_json::from_str(i.get())).transpose().map_err(broken)?.unwrap_or_default();
        let [values, beyond] = [hit.fields, hit.ignored_values].map(|part| -> serde_json::Result<BTreeMap<String, &RawValue>> {
            part.map_or_else(|| Ok(BTreeMap::new()), |part| serde_json::from_str(part.get()))
        });
        let (values, beyond) = (values.map_err(broken)?, beyond.map_err(broken)?);
        for FromDocValues { field, column, limited } in &self.only {
            let lost =
                |why: &str| Fault::new(FaultKind::LeftOut, format!("record {}/{} has {why} of `{field}`", hit.index, hit.id));
            if *limited && ignored.contains(field) {
                return Err(lost("a value beyond the limit"));
            }
            push(values.get(field), *column, builder).map_err(broken)?;
            if builder.columns.get(*column).is_some_and(|c| c.current().nth(1).is_some()) {
                return Err(lost("several values"));
            }
        }
        for (field, column) in &self.otherwise {
            if builder.columns.get(*column).is_some_and(|c| c.current().next().is_none()) {
                push(values.get(field), *column, builder).map_err(broken)?;
                push(beyond.get(field), *column, builder).map_err(broken)?;
            }
        }
        Ok(())
    }
}

fn push(values: Option<&&RawValue>, column: usize, builder: &mut RecordsBuilder) -> serde_json::Result<()> {
    let Some(values) = values else { return Ok(()) };
    FieldTree::of_one(column).read_value(values.get(), builder)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::source::Scalar;

    fn class(field: &str, mapping: FieldMapping) -> FieldMappings {
        FieldMappings::from([(field.to_owned(), mapping)])
    }

    fn doc_values(field: &str, limited: bool) -> FieldMapping {
        let kind = FieldKind::Keyword { limit: limited.then_some(9), normalized: false, text: None };
        FieldMapping { kept: ValuesKept::DocValues { field: field.to_owned(), limited }, ..FieldMapping::of(kind) }
    }

    fn asked(classes: &[(&FieldMappings, &str)], product: Product) -> Result<Vec<String>, String> {
        let names = ["a".to_owned()];
        let from = FromIndex::of(&names, classes, product).map_err(|f| f.reason)?;
        Ok(from.doc_values.into_iter().map(|f| f.field).collect())
    }

    #[test]
    fn doc_values_are_asked_for_where_every_index_gives_them() {
        let (open, limited) = (class("a", doc_values("a", false)), class("a", doc_values("a", true)));
        let text = class("a", FieldMapping::of(FieldKind::Text { keyword: None }));
        let nowhere = class("a", FieldMapping { kept: ValuesKept::Nowhere, ..FieldMapping::of(FieldKind::Text { keyword: None }) });
        let missing = class("a", FieldMapping::of(FieldKind::Missing));
        assert_eq!(asked(&[(&open, "i"), (&missing, "j")], Product::OpenSearch).unwrap(), ["a"]);
        assert_eq!(asked(&[(&limited, "i")], Product::Elasticsearch).unwrap(), ["a"]);
        for (classes, product) in [
            (vec![(&limited, "i")], Product::OpenSearch),
            (vec![(&open, "i"), (&text, "j")], Product::Elasticsearch),
            (vec![(&nowhere, "i")], Product::Elasticsearch),
        ] {
            let fault = asked(&classes, product).unwrap_err();
            assert!(fault.starts_with("index `i` keeps documents without `a`"), "{fault}");
        }
    }

    fn read(mapping: FieldMapping, hit: &str) -> Result<Vec<Scalar>, String> {
        let names = ["a".to_owned()];
        let mut builder = RecordsBuilder::new(1, false);
        let hit: Hit<'_> = serde_json::from_str(hit).unwrap();
        IndexValues::new(&names, &class("a", mapping)).add(&hit, &mut builder).map_err(|f| f.reason)?;
        Ok(builder.columns[0].current().cloned().collect())
    }

    #[test]
    fn one_value_is_taken_and_what_is_not_whole_refused() {
        let hit = |rest: &str| format!(r#"{{"_index":"i","_id":"1",{rest}}}"#);
        let text = |t: &str| Scalar::Text(t.into());
        assert_eq!(read(doc_values("a", true), &hit(r#""fields":{"a":["x"]}"#)).unwrap(), [text("x")]);
        assert_eq!(read(doc_values("a", true), &hit(r#""fields":{}"#)).unwrap(), []);
        let long = read(doc_values("a", true), &hit(r#""_ignored":["a"],"fields":{}"#)).unwrap_err();
        assert_eq!(long, "record i/1 has a value beyond the limit of `a`");
        let several = read(doc_values("a", false), &hit(r#""fields":{"a":["x","y"]}"#)).unwrap_err();
        assert_eq!(several, "record i/1 has several values of `a`");
        let alias = FieldMapping { type_only: true, ..FieldMapping::of(FieldKind::Ip) };
        let both = hit(r#""fields":{"a":["::1"]},"ignored_field_values":{"a":["::2"]}"#);
        assert_eq!(read(alias, &both).unwrap(), [text("::1"), text("::2")]);
    }
}
