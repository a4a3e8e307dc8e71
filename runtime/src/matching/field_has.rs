//! Which records have one of several texts in a field. The texts are compared once with each dictionary entry.

use super::values::text_of;
use crate::source::{Column, Records};
use huntc_compiler::catalog::Guard;
use huntc_compiler::request::CREATION_TYPES;

/// Tests whether a field of a record has one of several texts.
pub(crate) struct FieldHas<'r> {
    column: Option<&'r Column>,
    /// For each dictionary entry, whether it is one of the texts.
    hits: Vec<bool>,
}

impl<'r> FieldHas<'r> {
    pub(crate) fn new(records: &'r Records, field: &str, texts: &[&str]) -> Self {
        let column = records.column(field);
        let hit = |scalar| texts.contains(&text_of(scalar).as_ref());
        Self { column, hits: column.map_or_else(Vec::new, |c| c.dictionary.iter().map(hit).collect()) }
    }

    pub(crate) fn holds(&self, record: usize) -> bool {
        self.codes(record).iter().any(|code| self.hits.get(*code as usize).copied().unwrap_or(false))
    }

    fn codes(&self, record: usize) -> &'r [u32] {
        self.column.map_or(&[], |c| c.codes(record))
    }
}

/// Tests whether a record says that a process began (semantics.md §4).
pub(crate) struct Creations<'r> {
    code: FieldHas<'r>,
    category: FieldHas<'r>,
    kind: FieldHas<'r>,
}

impl<'r> Creations<'r> {
    pub(crate) fn new(records: &'r Records) -> Self {
        Self {
            code: FieldHas::new(records, "event.code", &["1"]),
            category: FieldHas::new(records, "event.category", &["process"]),
            kind: FieldHas::new(records, "event.type", &CREATION_TYPES),
        }
    }

    pub(crate) fn holds(&self, record: usize) -> bool {
        self.code.holds(record) || (self.category.holds(record) && self.kind.holds(record))
    }
}

/// Tests whether a record satisfies the guard of a way.
pub(crate) struct Guarded<'r> {
    having: FieldHas<'r>,
    /// Whether the field must be absent: a guard without values says so.
    lacking: bool,
}

impl<'r> Guarded<'r> {
    pub(crate) fn new(records: &'r Records, guard: &Guard) -> Self {
        let texts: Vec<&str> = guard.values.iter().map(String::as_str).collect();
        Self { having: FieldHas::new(records, &guard.field, &texts), lacking: texts.is_empty() }
    }

    pub(crate) fn holds(&self, record: usize) -> bool {
        if self.lacking { self.having.codes(record).is_empty() } else { self.having.holds(record) }
    }
}
