//! Rewrites requests for the mapping of one index.
//!
//! Requests are written for the field types that they name, but an index may map a field to another type. So each leaf
//! becomes two queries: one that finds at least the records that are meant, and one that finds at most those. The first
//! is sent where a record must match, the second where it must not. The answer then contains every record that is
//! meant, and the executor tests each record again.

mod number;
mod text;
mod wildcard;

use super::mapping::{FieldKind, FieldMapping};
use super::server::{Product, Server};
use huntc_compiler::request::{Approx, Bool, BoundQuery, FieldKinds, Never, Query, Range, Regexp, Term, Terms, Wildcard};
use huntc_compiler::value::Value;
use std::cell::Cell;
use std::collections::BTreeMap;

/// The longest value in bytes that servers index at all.
const LONGEST_TERM: usize = 32_766;

/// The two approximations of a query, both without holes.
pub(super) type BoundApprox = Approx<Never>;

/// Rewrites queries for the mapping of one index, or of several indices with the same mapping.
pub(super) struct Adapter<'a> {
    pub(super) fields: &'a BTreeMap<String, FieldMapping>,
    /// The types that the request was written for.
    kinds: &'a FieldKinds,
    pub(super) product: Product,
    /// OpenSearch before 3.3, whose fields of type `wildcard` have further defects.
    pub(super) old: bool,
    server: &'a Server,
    /// Whether to leave patterns out, because the server refused them as too complex.
    pub(super) simple: bool,
    /// Whether the request only asks for a first hit. Then values beyond a length limit, if it is not a short one, are not
    /// searched where the server cannot tell which records have them: all records without the field would have to be read.
    pub(super) probe: bool,
    /// The number of clauses that OpenSearch will make of the `wildcard` fields of this request.
    grams: Cell<usize>,
}

/// A leaf of a query, without its field.
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
    pub(super) fn new(
        fields: &'a BTreeMap<String, FieldMapping>,
        kinds: &'a FieldKinds,
        server: &'a Server,
        simple: bool,
        probe: bool,
    ) -> Self {
        Self { fields, kinds, product: server.product, old: !server.has_shard_doc(), server, simple, probe, grams: Cell::new(0) }
    }

    /// The two approximations of a query.
    pub(super) fn approx(&self, query: &BoundQuery) -> BoundApprox {
        match query {
            Query::MatchAll | Query::MatchNone => BoundApprox::exact(query.clone()),
            Query::Bool(b) => self.clauses(b),
            Query::Term(q) => self.leaf(&q.field, Leaf::Term(q)),
            Query::Terms(q) => self.leaf(&q.field, Leaf::Terms(q)),
            Query::Wildcard(q) => self.leaf(&q.field, Leaf::Wildcard(q)),
            Query::Regexp(q) => self.leaf(&q.field, Leaf::Regexp(q)),
            Query::Range(q) => self.leaf(&q.field, Leaf::Range(q)),
            Query::Exists(q) => self.leaf(&q.field, Leaf::Exists),
        }
    }

    fn clauses(&self, clauses: &Bool<Never>) -> BoundApprox {
        let all = |part: &[BoundQuery]| -> Vec<BoundApprox> { part.iter().map(|q| self.approx(q)).collect() };
        let (filter, must_not, should) = (all(&clauses.filter), all(&clauses.must_not), all(&clauses.should));
        let at_least = |parts: &[BoundApprox]| parts.iter().map(|a| a.at_least.clone()).collect::<Vec<_>>();
        let at_most = |parts: &[BoundApprox]| parts.iter().map(|a| a.at_most.clone()).collect::<Vec<_>>();
        BoundApprox {
            at_least: simplified(at_least(&filter), at_most(&must_not), at_least(&should)),
            at_most: simplified(at_most(&filter), at_least(&must_not), at_most(&should)),
        }
    }

    fn leaf(&self, field: &str, leaf: Leaf<'_>) -> BoundApprox {
        // Fields that servers add themselves, and fields whose mapping was not asked for, are sent unchanged.
        let Some(mapping) = self.fields.get(field) else { return BoundApprox::exact(leaf.query(field)) };
        let real = mapping.target.as_deref().unwrap_or(field);
        let mut found = self.by_kind(mapping, field, real, leaf);
        if mapping.ignorable {
            found.at_least = Query::any([found.at_least, ignored(real)]);
        }
        if mapping.invented {
            // The value that is found may be in no document.
            found.at_most = Query::MatchNone;
        }
        found
    }

    /// The approximations by what the index has of the field.
    fn by_kind(&self, mapping: &FieldMapping, field: &str, real: &str, leaf: Leaf<'_>) -> BoundApprox {
        let asked = self.kinds.get(field);
        let keyword = |field, limit, normalized, text| text::Keyword {
            field,
            real,
            limit,
            normalized,
            text,
            asked,
            unindexed: mapping.unindexed,
            type_only: mapping.type_only,
        };
        match &mapping.kind {
            FieldKind::Missing => BoundApprox::exact(Query::MatchNone),
            FieldKind::Hidden => BoundApprox::unknown(),
            // Old versions of Elasticsearch find nothing by doc values, but whether there are any.
            _ if mapping.unindexed && !self.server.searches_doc_values() => text::existence(asked, leaf, Query::exists(field)),
            FieldKind::Other | FieldKind::Text { keyword: None } => text::existence(asked, leaf, Query::exists(field)),
            FieldKind::Keyword { limit, normalized, text } => {
                self.keyword(&keyword(field, *limit, *normalized, text.as_deref()), leaf)
            }
            FieldKind::Text { keyword: Some((sub, limit)) } => {
                let keyword = text::Keyword { real: sub, ..keyword(sub, *limit, false, Some(field)) };
                leaf.existence_or(field, |leaf| self.keyword(&keyword, leaf))
            }
            FieldKind::Wildcard { limit } => self.wildcard_field(&keyword(field, *limit, false, None), leaf),
            FieldKind::Constant(value) => text::constant(value.as_deref(), leaf),
            FieldKind::Flattened if self.old && self.product == Product::OpenSearch => BoundApprox::unknown(),
            FieldKind::Flattened => text::flattened(field, asked, leaf),
            FieldKind::Ip => number::ip(field, text::holds_addresses(asked), leaf),
            FieldKind::Integer { least, most } => number::integer(field, *least..=*most, leaf),
            FieldKind::Float { exact } => number::float(field, *exact, leaf),
            FieldKind::Date { .. } => number::date(field, leaf),
            FieldKind::Boolean => number::boolean(field, leaf),
        }
    }
}

/// The documents that have values of a field which the index has not: those name it, or an object that has it.
fn ignored(field: &str) -> BoundQuery {
    let names = field.match_indices('.').map(|(at, _)| &field[..at]).chain([field]);
    Query::terms("_ignored", names.map(Value::text).collect())
}

impl Leaf<'_> {
    /// The same leaf on another field.
    fn query(self, field: &str) -> BoundQuery {
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

    /// For `exists` the query itself on `field`, for any other leaf the result of `other`.
    fn existence_or(self, field: &str, other: impl FnOnce(Self) -> BoundApprox) -> BoundApprox {
        if matches!(self, Self::Exists) { BoundApprox::exact(Query::exists(field)) } else { other(self) }
    }

    /// The literals of `term` and `terms`; `None` for other leaves.
    fn literals(&self) -> Option<&[Value]> {
        match self {
            Self::Term(q) => Some(std::slice::from_ref(&q.value)),
            Self::Terms(q) => Some(&q.values),
            _ => None,
        }
    }
}

/// A `bool` without clauses that have no effect.
fn simplified(filter: Vec<BoundQuery>, must_not: Vec<BoundQuery>, should: Vec<BoundQuery>) -> BoundQuery {
    let asked = !should.is_empty();
    let one_of = Query::any(should);
    let mut filter: Vec<BoundQuery> = filter.into_iter().filter(|q| *q != Query::MatchAll).collect();
    let must_not: Vec<BoundQuery> = must_not.into_iter().filter(|q| *q != Query::MatchNone).collect();
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
