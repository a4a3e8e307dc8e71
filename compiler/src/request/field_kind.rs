//! The types of the fields that a request names, so that no source needs a catalog.

use super::Query;
use crate::catalog::{Catalog, FieldType};
use std::collections::BTreeMap;

/// What values a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldKind {
    /// How the values compare.
    pub ty: FieldType,
    /// Whether a record may hold several values.
    pub list: bool,
}

/// Kinds by field name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct FieldKinds(BTreeMap<String, FieldKind>);

impl FieldKinds {
    /// The kinds of the fields that a query names, and of further ones, as a catalog has them.
    pub fn of<'f, H>(catalog: &Catalog, query: &'f Query<H>, fields: impl IntoIterator<Item = &'f String>) -> Self {
        let mut kinds = BTreeMap::new();
        let mut add = |field: &str| {
            if !kinds.contains_key(field) {
                kinds.insert(field.to_owned(), FieldKind { ty: catalog.field_type(field), list: catalog.is_list(field) });
            }
        };
        query.each_field(&mut add);
        fields.into_iter().for_each(|field| add(field));
        Self(kinds)
    }

    /// These kinds and others.
    #[must_use]
    pub fn with(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// These kinds and the one of a further field, which holds one value.
    #[must_use]
    pub fn and(&self, field: &str, ty: FieldType) -> Self {
        let mut kinds = self.clone();
        kinds.0.insert(field.to_owned(), FieldKind { ty, list: false });
        kinds
    }

    /// The kind of a field. One that the request does not name, such as a server's own, counts as a single keyword.
    pub fn get(&self, field: &str) -> FieldKind {
        self.0.get(field).copied().unwrap_or(FieldKind { ty: FieldType::Keyword, list: false })
    }
}
