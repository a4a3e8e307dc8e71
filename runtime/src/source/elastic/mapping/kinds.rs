//! How an index keeps a field, and what can be asked of it.

use std::collections::BTreeMap;

/// How an index keeps a field.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in super::super) struct FieldMapping {
    pub(in super::super) kind: FieldKind,
    /// An alias: the field that it stands for.
    pub(in super::super) target: Option<String>,
}

/// What can be asked of a field.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in super::super) enum FieldKind {
    /// Whole values up to `limit` UTF-16 units; longer ones are in the document only.
    Keyword {
        limit: Option<usize>,
        /// Values are changed before they are indexed (lower case, ...).
        normalized: bool,
        /// A multi-field that indexes values of any length as text.
        text: Option<String>,
    },
    /// Whole values with an index of their parts.
    Wildcard { limit: Option<usize> },
    /// Words; `keyword` is a multi-field with whole values, and its limit.
    Text { keyword: Option<(String, Option<usize>)> },
    /// Addresses.
    Ip,
    /// Whole numbers in a range.
    Integer { least: i64, most: i64 },
    /// Numbers; `exact` where they keep 64 bits.
    Float { exact: bool },
    /// Instants; `plain` where the format is the default one.
    Date { plain: bool },
    /// `true`, `false`
    Boolean,
    /// The same value in every document of the index, none where it was never set.
    Constant(Option<String>),
    /// A key of a `flattened` object.
    Flattened,
    /// No document of the index has it.
    Missing,
    /// Documents may have it, but it cannot be searched.
    Hidden,
    /// Another type: only `exists` is the same everywhere.
    Other,
}

/// Indices and how each keeps the fields that were asked for.
pub(in super::super) type Indices = BTreeMap<String, BTreeMap<String, FieldMapping>>;

/// `process.parent.name` lives in `process` and `process.parent`.
pub(super) fn ancestors(field: &str) -> impl Iterator<Item = String> {
    field.match_indices('.').map(|(at, _)| field[..at].to_owned())
}
