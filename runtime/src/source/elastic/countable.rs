//! By which field of an index whole values can be counted.

use super::mapping::{FieldKind, Indices};
use std::collections::BTreeSet;

/// The field by which the values of a field can be counted; `None` when indices differ, or index words only.
pub(super) fn countable(field: &str, indices: &Indices) -> Option<String> {
    let countable = |kind: &FieldKind| match kind {
        FieldKind::Keyword { .. } | FieldKind::Constant(_) => Some(field.to_owned()),
        FieldKind::Text { keyword: Some((name, _)) } => Some(name.clone()),
        _ => None,
    };
    let kinds = indices.values().filter_map(|fields| fields.get(field)).map(|mapping| &mapping.kind);
    let names: BTreeSet<Option<String>> = kinds.filter(|kind| **kind != FieldKind::Missing).map(countable).collect();
    if names.len() == 1 { names.into_iter().next().flatten() } else { None }
}
