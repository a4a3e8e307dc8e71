//! The query DSL that huntc speaks: structured leaves and `bool`, in filter context.

use crate::value::Value;

/// The hole type of queries without holes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Never {}

/// A query without holes.
pub type BoundQuery = Query<Never>;

/// A query. `H` is the type of its holes: [`Hole`](super::Hole) in templates, [`Never`] in requests that can be sent.
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

/// The field has this value. On `ip` fields the value may be a network (`10.0.0.0/8`).
#[derive(Clone, PartialEq, Debug)]
pub struct Term {
    /// The field.
    pub field: String,
    /// The value.
    pub value: Value,
    /// Folds ASCII letters.
    pub case_insensitive: bool,
}

/// The field has one of the values. An address field takes networks too.
#[derive(Clone, PartialEq, Debug)]
pub struct Terms<H> {
    /// The field.
    pub field: String,
    /// Literal values.
    pub values: Vec<Value>,
    /// What earlier nodes fill in.
    pub holes: Vec<H>,
}

/// The field's whole value matches a pattern: `*` any run, `?` one character, `\` escapes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wildcard {
    /// The field.
    pub field: String,
    /// The pattern, never empty.
    pub pattern: String,
    /// Folds ASCII letters.
    pub case_insensitive: bool,
}

/// The field's whole value matches a Lucene regular expression, in the subset that is the same on every server. Sent with
/// `flags: NONE`; both cases are written out in the pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Regexp {
    /// The field.
    pub field: String,
    /// Lucene syntax, never empty, at most 1,000 characters.
    pub pattern: String,
}

/// A limit of a range, and whether it is inside.
#[derive(Clone, PartialEq, Debug)]
pub struct Limit {
    /// The value.
    pub value: Value,
    /// `gte`/`lte` rather than `gt`/`lt`.
    pub inclusive: bool,
}

/// The field has a value between the limits. Times are sent with milliseconds.
#[derive(Clone, PartialEq, Debug)]
pub struct Range {
    /// The field.
    pub field: String,
    /// `gt`, `gte`
    pub lower: Option<Limit>,
    /// `lt`, `lte`
    pub upper: Option<Limit>,
}

/// The field has any value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exists {
    /// The field.
    pub field: String,
}

/// Clauses. An empty `should` asks nothing.
#[derive(Clone, PartialEq, Debug)]
pub struct Bool<H> {
    /// All of these.
    pub filter: Vec<Query<H>>,
    /// None of these.
    pub must_not: Vec<Query<H>>,
    /// At least one of these, if there are any.
    pub should: Vec<Query<H>>,
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
    pub fn term(field: impl Into<String>, value: Value) -> Self {
        Self::Term(Term { field: field.into(), value, case_insensitive: false })
    }

    /// `terms` over literal values; `term` for one, nothing for none.
    pub fn terms(field: impl Into<String>, mut values: Vec<Value>) -> Self {
        match values.len() {
            0 => Self::MatchNone,
            1 => Self::term(field, values.remove(0)),
            _ => Self::Terms(Terms { field: field.into(), values, holes: Vec::new() }),
        }
    }
}

/// What `event.type` has where a process began.
pub const CREATION_TYPES: [&str; 3] = ["process_start", "process_started", "start"];

/// Records that say that a process began (semantics.md §4).
pub fn creation_record<H>() -> Query<H> {
    Query::any([
        Query::term("event.code", Value::text("1")),
        Query::all([
            Query::term("event.category", Value::text("process")),
            Query::terms("event.type", CREATION_TYPES.map(Value::text).to_vec()),
        ]),
    ])
}
