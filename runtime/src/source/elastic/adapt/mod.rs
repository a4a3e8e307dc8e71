//! Requests rewritten for the mapping of one index.
//!
//! Requests are made for the catalog's types; an index may keep a field otherwise. Each leaf becomes two queries: `upper` finds at
//! least the records that it means, `lower` at most those. Where a record must match, `upper` is sent, where it must not, `lower`;
//! so the answer holds every record that the request means, and the executor tests each again.

mod number;
mod text;
mod wildcard;

use super::mapping::{FieldKind, FieldMapping};
use super::product::{Product, Server};
use huntc_compiler::backend::elastic::query::{Bool, Never, Query, Range, Regexp, Term, Terms, Wildcard};
use huntc_compiler::catalog::{Catalog, FieldType};
use huntc_compiler::value::Value;
use std::cell::Cell;
use std::collections::BTreeMap;

/// A query without holes.
pub(super) type Bound = Query<Never>;

/// Values that servers take into an index at all, in bytes.
const LONGEST_TERM: usize = 32_766;

/// Two queries around what a leaf means.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Around {
    /// Matches at least what is meant.
    pub(super) upper: Bound,
    /// Matches at most what is meant.
    pub(super) lower: Bound,
}

impl Around {
    /// The query means exactly that.
    fn exact(query: Bound) -> Self {
        Self { upper: query.clone(), lower: query }
    }

    /// Nothing is known of the field's values but that there are some.
    fn present(field: &str) -> Self {
        Self { upper: Query::exists(field), lower: Query::MatchNone }
    }

    /// Nothing is known at all.
    fn unknown() -> Self {
        Self { upper: Query::MatchAll, lower: Query::MatchNone }
    }

    fn upper_only(upper: Bound) -> Self {
        Self { upper, lower: Query::MatchNone }
    }

    /// Any of several.
    fn any(parts: Vec<Self>) -> Self {
        let (upper, lower): (Vec<_>, Vec<_>) = parts.into_iter().map(|a| (a.upper, a.lower)).unzip();
        Self { upper: Query::any(upper), lower: Query::any(lower) }
    }

    /// Whether the query that is sent means exactly what was asked.
    pub(super) fn is_exact(&self) -> bool {
        self.upper == self.lower
    }
}

/// Rewrites queries for the mapping of one index, or of several with the same.
pub(super) struct Adapter<'a> {
    pub(super) fields: &'a BTreeMap<String, FieldMapping>,
    pub(super) product: Product,
    /// OpenSearch before 3.3: fields of type `wildcard` have further faults.
    pub(super) old: bool,
    /// Without patterns: the server found them too complex.
    pub(super) simple: bool,
    /// Whether a first hit is enough: then values beyond a limit are not looked for where the server cannot tell them, since all
    /// records without the field would have to be read.
    pub(super) probe: bool,
    /// Clauses that fields of type `wildcard` will be expanded to (OpenSearch).
    grams: Cell<usize>,
}

/// A leaf of a query.
#[derive(Clone, Copy)]
enum Leaf<'q> {
    Term(&'q Term),
    Terms(&'q Terms<Never>),
    Wildcard(&'q Wildcard),
    Regexp(&'q Regexp),
    Range(&'q Range),
    Exists,
}

impl<'a> Adapter<'a> {
    pub(super) fn new(fields: &'a BTreeMap<String, FieldMapping>, server: &Server, simple: bool, probe: bool) -> Self {
        Self { fields, product: server.product, old: !server.has_shard_doc(), simple, probe, grams: Cell::new(0) }
    }

    /// The two queries around a query.
    pub(super) fn around(&self, query: &Bound) -> Around {
        match query {
            Query::MatchAll | Query::MatchNone => Around::exact(query.clone()),
            Query::Bool(b) => self.clauses(b),
            Query::Term(q) => self.leaf(&q.field, Leaf::Term(q)),
            Query::Terms(q) => self.leaf(&q.field, Leaf::Terms(q)),
            Query::Wildcard(q) => self.leaf(&q.field, Leaf::Wildcard(q)),
            Query::Regexp(q) => self.leaf(&q.field, Leaf::Regexp(q)),
            Query::Range(q) => self.leaf(&q.field, Leaf::Range(q)),
            Query::Exists(q) => self.leaf(&q.field, Leaf::Exists),
        }
    }

    fn clauses(&self, clauses: &Bool<Never>) -> Around {
        let all = |part: &[Bound]| -> Vec<Around> { part.iter().map(|q| self.around(q)).collect() };
        let (filter, must_not, should) = (all(&clauses.filter), all(&clauses.must_not), all(&clauses.should));
        let upper = |parts: &[Around]| parts.iter().map(|a| a.upper.clone()).collect::<Vec<_>>();
        let lower = |parts: &[Around]| parts.iter().map(|a| a.lower.clone()).collect::<Vec<_>>();
        Around {
            upper: simplified(upper(&filter), lower(&must_not), upper(&should)),
            lower: simplified(lower(&filter), upper(&must_not), lower(&should)),
        }
    }

    fn leaf(&self, field: &str, leaf: Leaf<'_>) -> Around {
        // Fields that servers make up themselves, and fields whose mapping nobody asked for, are taken as they come.
        let Some(mapping) = self.fields.get(field) else { return Around::exact(leaf.query(field)) };
        match &mapping.kind {
            FieldKind::Missing => Around::exact(Query::MatchNone),
            FieldKind::Hidden => Around::unknown(),
            FieldKind::Other | FieldKind::Text { keyword: None } => leaf.existence(field, Query::exists(field)),
            FieldKind::Keyword { limit, normalized, text } => {
                let real = mapping.target.as_deref().unwrap_or(field);
                let keyword =
                    text::Keyword { name: field, field, real, limit: *limit, normalized: *normalized, text: text.as_deref() };
                self.keyword(&keyword, leaf)
            }
            FieldKind::Text { keyword: Some((sub, limit)) } => {
                let keyword =
                    text::Keyword { name: field, field: sub, real: sub, limit: *limit, normalized: false, text: Some(field) };
                leaf.existence_or(field, |leaf| self.keyword(&keyword, leaf))
            }
            FieldKind::Wildcard { limit } => self.wildcard_field(field, mapping.target.as_deref().unwrap_or(field), *limit, leaf),
            FieldKind::Constant(value) => text::constant(value.as_deref(), leaf),
            FieldKind::Flattened => text::flattened(field, leaf),
            FieldKind::Ip => number::ip(field, leaf),
            FieldKind::Integer { least, most } => number::integer(field, *least..=*most, leaf),
            FieldKind::Float { exact } => number::float(field, *exact, leaf),
            FieldKind::Date { .. } => number::date(field, leaf),
            FieldKind::Boolean => number::boolean(field, leaf),
        }
    }
}

impl Leaf<'_> {
    /// The leaf as it was, on another field.
    fn query(self, field: &str) -> Bound {
        let field = field.to_owned();
        match self {
            Self::Term(q) => Query::Term(Term { field, ..q.clone() }),
            Self::Terms(q) => Query::Terms(Terms { field, values: q.values.clone(), holes: Vec::new() }),
            Self::Wildcard(q) => Query::Wildcard(Wildcard { field, ..q.clone() }),
            Self::Regexp(q) => Query::Regexp(Regexp { field, ..q.clone() }),
            Self::Range(q) => Query::Range(Range { field, ..q.clone() }),
            Self::Exists => Query::exists(field),
        }
    }

    /// `exists` is exact, anything else only needs the field.
    fn existence(self, field: &str, present: Bound) -> Around {
        if matches!(self, Self::Exists) { Around::exact(present) } else { Around { upper: present, ..Around::present(field) } }
    }

    /// `exists` on the field itself, anything else as told.
    fn existence_or(self, field: &str, other: impl FnOnce(Self) -> Around) -> Around {
        if matches!(self, Self::Exists) { Around::exact(Query::exists(field)) } else { other(self) }
    }

    /// The literals of `term` and `terms`.
    fn literals(&self) -> Option<&[Value]> {
        match self {
            Self::Term(q) => Some(std::slice::from_ref(&q.value)),
            Self::Terms(q) => Some(&q.values),
            _ => None,
        }
    }
}

/// What the catalog says of a field: a text literal on an address field is an address or a network.
fn is_address_field(field: &str) -> bool {
    Catalog::builtin().field_type(field) == FieldType::Ip
}

/// A `bool` without clauses that say nothing.
fn simplified(filter: Vec<Bound>, must_not: Vec<Bound>, should: Vec<Bound>) -> Bound {
    let asked = !should.is_empty();
    let one_of = Query::any(should);
    let mut filter: Vec<Bound> = filter.into_iter().filter(|q| *q != Query::MatchAll).collect();
    let must_not: Vec<Bound> = must_not.into_iter().filter(|q| *q != Query::MatchNone).collect();
    if filter.contains(&Query::MatchNone) || must_not.contains(&Query::MatchAll) || (asked && one_of == Query::MatchNone) {
        return Query::MatchNone;
    }
    let mut should = Vec::new();
    match one_of {
        Query::MatchAll | Query::MatchNone => {}
        Query::Bool(Bool { filter: f, must_not: m, should: s }) if f.is_empty() && m.is_empty() => should = s,
        single => filter.push(single),
    }
    match (filter.len(), must_not.is_empty(), should.is_empty()) {
        (0, true, true) => Query::MatchAll,
        (1, true, true) => filter.remove(0),
        _ => Query::Bool(Bool { filter, must_not, should }),
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests;
