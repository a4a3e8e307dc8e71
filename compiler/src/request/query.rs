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
    /// The field has one value.
    Term(Term),
    /// The field has one of several values.
    Terms(Terms<H>),
    /// The whole value matches a pattern of `*` and `?`.
    Wildcard(Wildcard),
    /// The whole value matches a Lucene regular expression.
    Regexp(Regexp),
    /// The field has a value between bounds.
    Range(Range),
    /// The field has any value.
    Exists(Exists),
    /// Several queries, joined by and, or and not.
    Bool(Bool<H>),
}

/// The field has this value. On `ip` fields the value may be a network (`10.0.0.0/8`).
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Term {
    pub field: String,
    pub value: Value,
    /// Whether ASCII letters match in either case.
    pub case_insensitive: bool,
}

/// The field has one of the values. An address field takes networks too.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Terms<H> {
    pub field: String,
    /// Literal values.
    pub values: Vec<Value>,
    /// What earlier nodes fill in.
    pub holes: Vec<H>,
}

/// The field's whole value matches a pattern: `*` any run, `?` one character, `\` escapes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Wildcard {
    pub field: String,
    /// Never empty.
    pub pattern: String,
    /// Whether ASCII letters match in either case.
    pub case_insensitive: bool,
}

/// The field's whole value matches a Lucene regular expression, in the subset that is the same on every server. Sent with
/// `flags: NONE`; both cases are written out in the pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Regexp {
    pub field: String,
    /// Lucene syntax, never empty, at most 1,000 characters.
    pub pattern: String,
}

/// A limit of a range, and whether it is inside.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Limit {
    pub value: Value,
    /// `gte`/`lte` rather than `gt`/`lt`.
    pub inclusive: bool,
}

/// The field has a value between the limits. Times are sent with milliseconds.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Range {
    pub field: String,
    /// `gt`, `gte`
    pub lower: Option<Limit>,
    /// `lt`, `lte`
    pub upper: Option<Limit>,
}

/// The field has any value.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "fields are what they are called")]
pub struct Exists {
    pub field: String,
}

/// Queries joined by and, or and not. An empty `should` asks nothing.
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
    /// All of these. Nested ones are flattened, and what is always true is dropped.
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

    /// One of these. Nested ones are flattened, and what is never true is dropped.
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

    /// What `yes` finds and `no` does not.
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

    /// Calls `show` with every field that the query names, once for each time that it does.
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

    /// An `exists` query: the field has any value.
    pub fn exists(field: impl Into<String>) -> Self {
        Self::Exists(Exists { field: field.into() })
    }

    /// A `term` query: the field has this value, in this case.
    pub fn term(field: impl Into<String>, value: Value) -> Self {
        Self::Term(Term { field: field.into(), value, case_insensitive: false })
    }

    /// A `terms` query over literal values; `term` for one value, [`Self::MatchNone`] for none.
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

/// A query for creation records: those that say that a process began (semantics.md §4).
pub fn creation_record<H>() -> Query<H> {
    Query::any([
        Query::term("event.code", Value::text("1")),
        Query::all([
            Query::term("event.category", Value::text("process")),
            Query::terms("event.type", CREATION_TYPES.map(Value::text).to_vec()),
        ]),
    ])
}
