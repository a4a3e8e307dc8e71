//! How an index maps a field, and which queries that allows.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How an index maps a field.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the index")]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(in super::super) struct FieldMapping {
    pub(in super::super) kind: FieldKind,
    /// For an alias: the field that it points to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in super::super) target: Option<String>,
    /// Whether documents may have values of it that are in no index, and then name it in `_ignored`.
    #[serde(default, skip_serializing_if = "is_off")]
    pub(in super::super) ignorable: bool,
    /// Whether it has doc values, but no index.
    #[serde(default, skip_serializing_if = "is_off")]
    pub(in super::super) unindexed: bool,
    /// Where its values are read.
    #[serde(default, skip_serializing_if = "ValuesKept::is_whole")]
    pub(in super::super) kept: ValuesKept,
    /// Whether the index may have values that no document has: `null_value`, or a field that is computed.
    #[serde(default, skip_serializing_if = "is_off")]
    pub(in super::super) invented: bool,
    /// Whether only the type is known: no limit, no normalizer, no format, and not whether it is an alias.
    #[serde(default, skip_serializing_if = "is_off")]
    pub(in super::super) type_only: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_off(setting: &bool) -> bool {
    !setting
}

impl FieldMapping {
    /// A field of this kind, of which everything is known.
    pub(in super::super) const fn of(kind: FieldKind) -> Self {
        let (ignorable, unindexed, invented, type_only) = (false, false, false, false);
        Self { kind, target: None, ignorable, unindexed, kept: ValuesKept::Document, invented, type_only }
    }
}

/// Where the values of a field are kept, so that they can be read as they were sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub(in super::super) enum ValuesKept {
    /// In the document.
    #[default]
    Document,
    /// In the doc values of this field only, of which each document may have one. `limited`: up to the length that is indexed.
    DocValues { field: String, limited: bool },
    /// Nowhere in the form in which they were sent.
    Nowhere,
    /// The index keeps no documents at all.
    NoDocument,
}

impl ValuesKept {
    /// Whether documents have them.
    fn is_whole(&self) -> bool {
        *self == Self::Document
    }
}

/// The kinds of mappings, by the queries that they allow.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(in super::super) enum FieldKind {
    /// Whole values of up to `limit` UTF-16 units. Longer ones are in the document only.
    Keyword {
        limit: Option<usize>,
        /// Whether values are changed before they are indexed (to lower case, for example).
        normalized: bool,
        /// A multi-field that indexes values of any length as text.
        text: Option<String>,
    },
    /// Whole values, with an index of their parts.
    Wildcard { limit: Option<usize> },
    /// Words. `keyword` is a multi-field with whole values: its name and its limit.
    Text { keyword: Option<(String, Option<usize>)> },
    /// IP addresses.
    Ip,
    /// Whole numbers from `least` to `most`.
    Integer { least: i64, most: i64 },
    /// Numbers; `exact` if all 64 bits of a float are kept.
    Float { exact: bool },
    /// Dates; `plain` if the format is the default one.
    Date { plain: bool },
    /// `true` and `false`.
    Boolean,
    /// The same value in every document of the index; `None` when it was never set.
    Constant(Option<String>),
    /// A key of a `flattened` object.
    Flattened,
    /// No document of the index has the field.
    Missing,
    /// Documents may have the field, but it cannot be searched.
    Hidden,
    /// Any other type; only `exists` works on all of these.
    Other,
}

impl FieldKind {
    /// Whether it is one of dates, in any format.
    pub(in super::super) const fn is_date(&self) -> bool {
        matches!(self, Self::Date { .. })
    }
}

/// The mappings of the requested fields, by index and field.
pub(in super::super) type Indices = BTreeMap<String, BTreeMap<String, FieldMapping>>;

/// The objects that contain a field: `process` and `process.parent` for `process.parent.name`.
pub(super) fn ancestors(field: &str) -> impl Iterator<Item = String> {
    field.match_indices('.').map(|(at, _)| field[..at].to_owned())
}
