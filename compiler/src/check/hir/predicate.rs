//! Conditions: on one slot of one record, and on several records.

use super::{Attr, VarId};
use crate::catalog::{EntityId, ValueType};
use crate::source::{SourceId, Span};
use crate::time::TimeRange;
use crate::value::Value;
use ipnet::IpNet;
use std::fmt;

/// A pattern over one record, or a STIX observation expression over several.
#[derive(Clone, PartialEq, Debug)]
pub enum Observed {
    /// A pattern on one record.
    One(Predicate),
    /// All parts, in different records.
    And(Vec<Observed>),
    /// One of the parts.
    Or(Vec<Observed>),
    /// All parts, one after the other in time.
    FollowedBy(Vec<Observed>),
    /// A part whose records lie within this many nanoseconds of each other.
    Within(Box<Observed>, i64),
    /// A part that occurs at least this many times.
    Repeats(Box<Observed>, u32),
    /// A part whose records lie inside a range.
    Between(Box<Observed>, TimeRange),
    /// A part whose records have a value in common in each of these fields of the record.
    By(Box<Observed>, Vec<Attr>),
    /// Single observations that no other one follows.
    Without(Box<Observed>, Box<Unfollowed>),
}

/// What must not follow a single observation.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Unfollowed {
    pub pattern: Predicate,
    /// How long it must not follow, in nanoseconds.
    pub nanos: i64,
    /// Fields of the record in which both have a value in common.
    pub by: Vec<Attr>,
}

/// A condition on one slot of one record. `And(vec![])` is true, `Or(vec![])` is false.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "variants are what they are called")]
pub enum Predicate {
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
    Test(Box<Test>),
}

impl Predicate {
    /// The condition that always holds.
    pub const TRUE: Self = Self::And(Vec::new());

    /// Every comparison in it.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::tests).collect(),
            Self::Test(test) => vec![test],
        }
    }

    /// The variables that it refers to, in the order of the text.
    pub(crate) fn references(&self) -> Vec<VarId> {
        let operands = self.tests().into_iter().filter_map(|t| if let TestOp::OneOf(o) = &t.op { Some(o) } else { None });
        operands.flatten().filter_map(Operand::variable).collect()
    }

    /// The same condition with one span everywhere, so that equal conditions at different places are equal.
    pub(crate) fn without_spans(&self) -> Self {
        match self {
            Self::And(parts) => Self::And(parts.iter().map(Self::without_spans).collect()),
            Self::Or(parts) => Self::Or(parts.iter().map(Self::without_spans).collect()),
            Self::Test(test) => Self::Test(Box::new(Test { span: Span::new(SourceId(0), 0, 0), ..Test::clone(test) })),
        }
    }
}

/// One comparison.
#[derive(Clone, PartialEq)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Test {
    /// The type whose slot is looked at: the statement's, or another one in the same record.
    pub entity: EntityId,
    pub attr: Attr,
    /// How its values compare.
    pub ty: ValueType,
    /// `!=`, `NOT …`, `IS NOT NULL`.
    pub negated: bool,
    pub op: TestOp,
    /// Whether ASCII letters are folded (LIKE by default; everything with `--ignore-case`).
    pub fold: bool,
    pub span: Span,
}

impl fmt::Debug for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.negated { "not " } else { "" };
        let fold = if self.fold { " (any case)" } else { "" };
        write!(f, "{:?}.{:?} {not}{:?}{fold} as {:?} {:?}", self.entity, self.attr, self.op, self.ty, self.span)
    }
}

/// What a comparison asks of the attribute's value. Literals have the attribute's type.
#[derive(Clone, PartialEq, Debug)]
pub enum TestOp {
    /// The slot lacks the attribute.
    Null,
    /// Equal to one of these.
    OneOf(Vec<Operand>),
    /// `<`
    Less(Value),
    /// `<=`
    LessEqual(Value),
    /// `>`
    Greater(Value),
    /// `>=`
    GreaterEqual(Value),
    /// LIKE: `%` any run, `_` one character.
    Like(String),
    /// MATCHES: the PCRE as written, known to compile.
    Matches(String),
    /// Inside one of these networks.
    Subset(Vec<IpNet>),
    /// The address contains all of this network, which therefore has one address only.
    Superset(IpNet),
}

/// A value to be equal to.
#[derive(Clone, PartialEq, Debug)]
pub enum Operand {
    /// A literal; in a comparison it has the attribute's type.
    Value(Value),
    /// The set of an attribute's values over a variable's rows.
    Reference(VarId, Attr),
}

impl Operand {
    /// The variable that it refers to.
    pub(crate) fn variable(&self) -> Option<VarId> {
        match self {
            Self::Reference(var, _) => Some(*var),
            Self::Value(_) => None,
        }
    }
}

impl Observed {
    /// The patterns of single records, in the order of the text, which is that of the plan's scans.
    pub fn single(&self) -> Vec<&Predicate> {
        match self {
            Self::One(predicate) => vec![predicate],
            Self::And(parts) | Self::Or(parts) | Self::FollowedBy(parts) => parts.iter().flat_map(Self::single).collect(),
            Self::Within(inner, _) | Self::Repeats(inner, _) | Self::Between(inner, _) | Self::By(inner, _) => inner.single(),
            Self::Without(inner, without) => {
                let mut all = inner.single();
                all.push(&without.pattern);
                all
            }
        }
    }

    /// The variables that it refers to, in the order of the text.
    pub(crate) fn references(&self) -> Vec<VarId> {
        self.single().into_iter().flat_map(Predicate::references).collect()
    }
}
