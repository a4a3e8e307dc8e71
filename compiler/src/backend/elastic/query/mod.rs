//! The query DSL that huntc speaks: structured leaves and `bool`, in filter context, one file a kind.
//!
//! `H` is the kind of hole: [`super::request::Hole`] in templates, [`Never`] in requests that can be sent.
//! JSON is canonical: fixed key order, clauses in the order they were built.

mod bool_query;
mod exists;
mod range;
mod regexp;
mod term;
mod terms;
mod wildcard;

pub use bool_query::Bool;
pub use exists::Exists;
pub use range::{Bound, Range};
pub use regexp::Regexp;
pub use term::Term;
pub use terms::Terms;
pub use wildcard::Wildcard;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// The hole type of queries without holes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Never {}

impl Serialize for Never {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        match *self {}
    }
}

/// A query.
#[derive(Clone, PartialEq, Debug)]
pub enum Query<H> {
    /// Every record.
    MatchAll,
    /// No record.
    MatchNone,
    /// One value.
    Term(Term),
    /// One of several values.
    Terms(Terms<H>),
    /// Whole value by `*` and `?`.
    Wildcard(Wildcard),
    /// Whole value by a Lucene regular expression.
    Regexp(Regexp),
    /// Between bounds.
    Range(Range),
    /// Has any value.
    Exists(Exists),
    /// Clauses.
    Bool(Bool<H>),
}

impl<H> Query<H> {
    /// All of these; flattens, and drops what is always true.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut filter = Vec::new();
        for part in parts {
            match part {
                Self::MatchAll => {}
                Self::MatchNone => return Self::MatchNone,
                Self::Bool(Bool { filter: inner, must_not, should }) if must_not.is_empty() && should.is_empty() => {
                    filter.extend(inner);
                }
                other => filter.push(other),
            }
        }
        match filter.len() {
            0 => Self::MatchAll,
            1 => filter.remove(0),
            _ => Self::Bool(Bool { filter, must_not: Vec::new(), should: Vec::new() }),
        }
    }

    /// One of these; flattens, and drops what is never true.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut should = Vec::new();
        for part in parts {
            match part {
                Self::MatchNone => {}
                Self::MatchAll => return Self::MatchAll,
                Self::Bool(Bool { filter, must_not, should: inner }) if filter.is_empty() && must_not.is_empty() => {
                    should.extend(inner);
                }
                other => should.push(other),
            }
        }
        match should.len() {
            0 => Self::MatchNone,
            1 => should.remove(0),
            _ => Self::Bool(Bool { filter: Vec::new(), must_not: Vec::new(), should }),
        }
    }

    /// `yes` and not `no`.
    pub fn all_but(yes: Self, no: Self) -> Self {
        match no {
            Self::MatchNone => yes,
            Self::MatchAll => Self::MatchNone,
            no => {
                let filter = if matches!(yes, Self::MatchAll) { Vec::new() } else { vec![yes] };
                Self::Bool(Bool { filter, must_not: vec![no], should: Vec::new() })
            }
        }
    }

    /// Shows every field that the query names, as often as it does.
    pub fn each_field<'q>(&'q self, show: &mut dyn FnMut(&'q str)) {
        match self {
            Self::MatchAll | Self::MatchNone => {}
            Self::Term(q) => show(&q.field),
            Self::Terms(q) => show(&q.field),
            Self::Wildcard(q) => show(&q.field),
            Self::Regexp(q) => show(&q.field),
            Self::Range(q) => show(&q.field),
            Self::Exists(q) => show(&q.field),
            Self::Bool(q) => q.filter.iter().chain(&q.must_not).chain(&q.should).for_each(|q| q.each_field(show)),
        }
    }

    /// `exists`
    pub fn exists(field: impl Into<String>) -> Self {
        Self::Exists(Exists { field: field.into() })
    }

    /// `term`
    pub fn term(field: impl Into<String>, value: crate::value::Value) -> Self {
        Self::Term(Term { field: field.into(), value, case_insensitive: false })
    }

    /// `terms` over literal values; `term` for one, nothing for none.
    pub fn terms(field: impl Into<String>, mut values: Vec<crate::value::Value>) -> Self {
        match values.len() {
            0 => Self::MatchNone,
            1 => Self::term(field, values.remove(0)),
            _ => Self::Terms(Terms { field: field.into(), values, holes: Vec::new() }),
        }
    }
}

impl<H: Serialize> Serialize for Query<H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::MatchAll => map.serialize_entry("match_all", &serde_json::Map::new())?,
            Self::MatchNone => map.serialize_entry("match_none", &serde_json::Map::new())?,
            Self::Term(q) => map.serialize_entry("term", q)?,
            Self::Terms(q) => map.serialize_entry("terms", q)?,
            Self::Wildcard(q) => map.serialize_entry("wildcard", q)?,
            Self::Regexp(q) => map.serialize_entry("regexp", q)?,
            Self::Range(q) => map.serialize_entry("range", q)?,
            Self::Exists(q) => map.serialize_entry("exists", q)?,
            Self::Bool(q) => map.serialize_entry("bool", q)?,
        }
        map.end()
    }
}

/// `{field: {key: value, …}}`, the form of most leaves.
fn serialize_leaf<S: Serializer, V: Serialize>(serializer: S, field: &str, body: &V) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(field, body)?;
    map.end()
}
