//! The syntax tree, as far as commands share it. Each command has its own node in its slice, and `program` puts them together.

use super::token::Keyword;
use crate::source::Span;
use crate::time::Instant;

/// A name with its place: a variable, an entity type, a relation word.
#[derive(Clone, PartialEq, Eq)]
pub struct Ident {
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
}

impl Ident {
    /// What stands where a name is missing and the rest of the statement could be read; its place is empty.
    pub(crate) const MISSING: &'static str = "missing";

    /// Whether it was not written.
    pub(crate) fn is_missing(&self) -> bool {
        self.text == Self::MISSING && self.span.start == self.span.end
    }
}

/// An attribute as written.
#[derive(Clone, PartialEq, Eq)]
pub struct AttrPath {
    /// The type before `:` in patterns (`process:name`).
    pub entity: Option<Ident>,
    /// As written, without the type: column headers repeat it (`protocols[*]`, `hashes.'SHA-256'`).
    pub text: String,
    /// Of the attribute without the type.
    pub span: Span,
}

impl AttrPath {
    /// The name in the catalog.
    pub fn canonical(&self) -> String {
        crate::attribute_name::canonical(&self.text)
    }
}

/// A path, URI or data source list, decoded from its quoted form where it has one.
#[derive(Clone, PartialEq, Eq)]
pub struct Path {
    /// The text.
    pub text: String,
    /// Where.
    pub span: Span,
    /// Whether it was quoted (then `~` and `$VAR` are expanded, and commas separate sources only).
    pub quoted: bool,
}

/// A literal with its place.
#[derive(Clone, PartialEq)]
pub struct Literal {
    /// The value.
    pub kind: LiteralKind,
    /// Where.
    pub span: Span,
}

/// The kinds of literals.
#[derive(Clone, PartialEq, Debug)]
pub enum LiteralKind {
    /// A quoted string, decoded.
    Text(String),
    /// A bare word, which is text too (`true`, `tcp`).
    Word(String),
    /// A whole number in the range of 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// `t'…'` as a value.
    Time(Instant),
    /// `variable.attribute`
    Reference(Reference),
    /// Not readable; reported.
    Error,
}

/// `variable.attribute` as a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// The variable.
    pub variable: Ident,
    /// The attribute.
    pub attribute: AttrPath,
}

/// The right side of a comparison.
#[derive(Clone, PartialEq, Debug)]
pub enum Operands {
    /// One literal.
    One(Literal),
    /// `(a, b)` or `[a, b]`, nested lists flattened.
    List(Vec<Literal>, Span),
}

/// The table of comparison operators: name, canonical text, and for operators that are words the keyword.
macro_rules! operators {
    ($($name:ident $text:literal $([$keyword:ident])?,)*) => {
        /// A comparison operator, with NOT taken out. The operand of `IS NULL` is absent.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs, reason = "each is what its text says")]
        pub enum Operator { $($name,)* }

        impl Operator {
            /// All of them, in the order in which messages list them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Those that are words, by keyword.
            pub const WORDS: &[(Keyword, Self)] = &[$($((Keyword::$keyword, Self::$name),)?)*];

            /// The canonical text.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

operators! {
    Eq "=",
    Ne "!=",
    Lt "<",
    Le "<=",
    Gt ">",
    Ge ">=",
    In "IN" [In],
    Like "LIKE" [Like],
    Matches "MATCHES" [Matches],
    IsSubset "ISSUBSET" [IsSubset],
    IsSuperset "ISSUPERSET" [IsSuperset],
    IsNull "IS NULL",
}

/// `[NOT] attr op value`.
#[derive(Clone, PartialEq)]
pub struct Comparison {
    /// Left side.
    pub attribute: AttrPath,
    /// Whether NOT was written (also in `IS NOT NULL`).
    pub negated: bool,
    /// The operator.
    pub operator: Operator,
    /// Where the operator stands, NOT included.
    pub operator_span: Span,
    /// Right side; absent for IS NULL.
    pub operand: Option<Operands>,
    /// The whole comparison.
    pub span: Span,
}

/// What stands between `[` and `]`, or behind WHERE. AND and OR have two parts or more, and never hold one of their
/// own kind directly unless it was parenthesised.
#[derive(Clone, PartialEq, Debug)]
pub enum Pattern {
    /// All hold.
    And(Vec<Pattern>, Span),
    /// One holds.
    Or(Vec<Pattern>, Span),
    /// One comparison.
    Compare(Box<Comparison>),
    /// Not readable; reported.
    Error(Span),
}

/// A WHERE clause: one pattern, or (in GET from a data source) a STIX observation expression.
#[derive(Clone, PartialEq, Debug)]
pub enum Observation {
    /// `pattern` or `[pattern]`.
    One {
        /// The pattern.
        pattern: Pattern,
        /// Whether brackets were written.
        bracketed: bool,
    },
    /// `[a] AND [b]`: both occur, in different records.
    And(Vec<Observation>, Span),
    /// `[a] OR [b]`
    Or(Vec<Observation>, Span),
    /// `[a] FOLLOWEDBY [b]`
    FollowedBy(Vec<Observation>, Span),
    /// `[a] WITHIN 5 SECONDS`
    Qualified(Box<Observation>, Qualifier, Span),
}

/// A STIX observation qualifier.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Qualifier {
    /// Seconds, fraction allowed, as nanoseconds.
    Within(i64),
    /// At least once.
    Repeats(u32),
    /// `START t'…' STOP t'…'` inside an observation expression.
    Between(Instant, Instant),
}

/// `START … STOP …` or `LAST n unit`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TimeSpan {
    /// Absolute. `None`: not readable; reported.
    Between {
        /// Inclusive.
        start: Option<Instant>,
        /// Exclusive.
        stop: Option<Instant>,
        /// The clause.
        span: Span,
    },
    /// Relative to now. `None`: not readable; reported.
    Last {
        /// Nanoseconds.
        nanos: Option<i64>,
        /// The clause.
        span: Span,
    },
}

/// A count behind LIMIT or OFFSET. `None`: not readable; reported.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The number.
    pub value: Option<u64>,
    /// Where.
    pub span: Span,
}

/// How often FIND follows its relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DepthClause {
    /// Steps; `None`: as far as it goes.
    pub steps: Option<u64>,
    /// Where.
    pub span: Span,
}

/// Functions that give a row for each record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Transformer {
    /// Adds `first_observed`.
    Timestamped,
    /// Adds `observation_id`.
    AddObsId,
    /// Adds `number_observed`, `first_observed`, `last_observed`, `observation_id`.
    Records,
}

impl Transformer {
    /// The columns it adds, in order.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Timestamped => &["first_observed"],
            Self::AddObsId => &["observation_id"],
            Self::Records => &["number_observed", "first_observed", "last_observed", "observation_id"],
        }
    }

    /// The keyword.
    pub fn word(self) -> &'static str {
        match self {
            Self::Timestamped => "TIMESTAMPED",
            Self::AddObsId => "ADDOBSID",
            Self::Records => "RECORDS",
        }
    }
}

/// `SORT BY attr [ASC|DESC]`; DESC where nothing is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SortBy {
    /// The attribute.
    pub attribute: AttrPath,
    /// Direction.
    pub ascending: bool,
}

/// `v` or `TIMESTAMPED(v)` with its clauses.
#[derive(Clone, PartialEq, Debug)]
pub struct Expression {
    /// Around the variable.
    pub transformer: Option<Transformer>,
    /// The variable.
    pub variable: Ident,
    /// WHERE.
    pub filter: Option<Observation>,
    /// ATTR.
    pub attributes: Option<Vec<AttrPath>>,
    /// SORT BY.
    pub sort: Option<SortBy>,
    /// LIMIT.
    pub limit: Option<Count>,
    /// OFFSET.
    pub offset: Option<Count>,
}
