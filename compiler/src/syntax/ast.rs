//! The syntax tree, as far as commands share it. Each command has its own node in its slice, and `program` holds them all.

use super::token::Keyword;
use crate::source::Span;
use crate::time::Instant;

/// A name with its place: a variable, an entity type, a relation word.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are what they are called")]
pub struct Ident {
    pub text: String,
    pub span: Span,
}

impl Ident {
    /// The text of a name that is missing in a statement whose rest could be read. Its span is empty.
    pub(crate) const MISSING: &'static str = "missing";

    /// Whether it was not written.
    pub(crate) fn is_missing(&self) -> bool {
        self.text == Self::MISSING && self.span.start == self.span.end
    }
}

/// An attribute as written.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct AttrPath {
    /// The type before `:` in patterns (`process:name`).
    pub entity: Option<Ident>,
    /// As written, without the type; column headers repeat it (`protocols[*]`, `hashes.'SHA-256'`).
    pub text: String,
    /// The place of `text`.
    pub span: Span,
}

impl AttrPath {
    /// The name in the catalog.
    pub fn canonical(&self) -> String {
        crate::attribute_name::canonical(&self.text)
    }

    /// Whether `record:` stands before it: the field of the record is meant, even where an attribute has this name.
    pub fn of_record(&self) -> bool {
        self.entity.as_ref().is_some_and(|word| word.text == "record")
    }
}

/// A path, URI or data source list, decoded from its quoted form where it has one.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Path {
    pub text: String,
    pub span: Span,
    /// Whether it was quoted (then `~` and `$VAR` are expanded, and commas separate sources only).
    pub quoted: bool,
}

/// A literal with its place.
#[derive(Clone, PartialEq)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Literal {
    pub kind: LiteralKind,
    pub span: Span,
    /// Where the value is written, if a parameter gave it; `span` is then the place of `$name`.
    pub given: Option<Span>,
}

impl Literal {
    /// A literal that is written where it stands.
    pub fn written(kind: LiteralKind, span: Span) -> Self {
        Self { kind, span, given: None }
    }

    /// The value of a parameter, or a part of it, where it is written.
    pub(crate) fn of_parameter(kind: LiteralKind, span: Span) -> Self {
        Self { kind, span, given: Some(span) }
    }
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
    /// `$name`, before its value takes its place.
    Parameter(String),
    /// It could not be read, which was reported.
    Error,
}

/// `variable.attribute` as a value.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "fields are what they are called")]
pub struct Reference {
    pub variable: Ident,
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
    EqAnyCase "=~",
    NeAnyCase "!~",
    InAnyCase "IN~" [InAnyCase],
    Like "LIKE" [Like],
    Matches "MATCHES" [Matches],
    IsSubset "ISSUBSET" [IsSubset],
    IsSuperset "ISSUPERSET" [IsSuperset],
    IsNull "IS NULL",
}

impl Operator {
    /// The operator that distinguishes case, where this one does not: `=` for `=~`.
    #[must_use]
    pub fn with_case(self) -> Self {
        match self {
            Self::EqAnyCase => Self::Eq,
            Self::NeAnyCase => Self::Ne,
            Self::InAnyCase => Self::In,
            other => other,
        }
    }

    /// Whether `~` says that the case of ASCII letters does not matter.
    pub fn any_case(self) -> bool {
        self != self.with_case()
    }
}

/// `[NOT] attr op value`.
#[derive(Clone, PartialEq)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Comparison {
    pub attribute: AttrPath,
    /// Whether NOT was written (also in `IS NOT NULL`).
    pub negated: bool,
    pub operator: Operator,
    /// The place of the operator: without NOT, except in IS NOT NULL.
    pub operator_span: Span,
    /// `None` for IS NULL.
    pub operand: Option<Operands>,
    pub span: Span,
}

impl Comparison {
    /// Whether it holds where a value is not what is written: NOT, `!=`, `!~`.
    pub fn denies(&self) -> bool {
        self.negated != (self.operator.with_case() == Operator::Ne)
    }
}

/// A pattern between `[` and `]`, or after WHERE. AND and OR have two parts or more, and never hold one of their
/// own kind directly unless it was parenthesised. NOT never holds another NOT directly.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the others are what they are called")]
pub enum Pattern {
    And(Vec<Pattern>, Span),
    Or(Vec<Pattern>, Span),
    /// NOT before a comparison or parentheses.
    Not(Box<Pattern>, Span),
    Compare(Box<Comparison>),
    /// It could not be read, which was reported.
    Error(Span),
}

/// A WHERE clause: one pattern, or (in GET from a data source) a STIX observation expression.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the others are what they are called")]
pub enum Observation {
    /// `pattern` or `[pattern]`.
    One {
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

/// What is said of an observation or the brackets before it: the qualifiers of STIX, and BY and WITHOUT.
#[derive(Clone, PartialEq, Debug)]
pub enum Qualifier {
    /// `WITHIN n SECONDS`, in nanoseconds.
    Within(i64),
    /// `REPEATS n TIMES`, from 1.
    Repeats(u32),
    /// `START t'…' STOP t'…'` inside an observation expression.
    Between(Instant, Instant),
    /// `BY f, g`: fields of the record in which all records of a match have a value in common.
    By(Vec<AttrPath>),
    /// `WITHOUT [pattern] WITHIN n SECONDS BY f, g`
    Without(Box<Without>),
}

/// What must not follow an observation.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Without {
    pub pattern: Pattern,
    /// How long it must not follow, in nanoseconds.
    pub nanos: i64,
    /// Fields of the record in which both have a value in common; none where BY is not written.
    pub by: Vec<AttrPath>,
}

/// `START … STOP …` or `LAST n unit`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the others are what they are called")]
pub enum TimeSpan {
    /// Two instants.
    Between {
        /// Inclusive.
        start: Moment,
        /// Exclusive.
        stop: Moment,
        span: Span,
    },
    /// A length before now.
    Last(Length),
}

impl TimeSpan {
    /// Its place, from the word that it begins with.
    pub fn span(&self) -> Span {
        match self {
            Self::Between { span, .. } => *span,
            Self::Last(length) => length.span,
        }
    }
}

/// An instant after START or STOP.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Moment {
    /// `None`: a parameter has not given it yet, or it could not be read, which was reported.
    pub at: Option<Instant>,
    /// The parameter that stands there.
    pub parameter: Option<Ident>,
}

/// `5 d`: a length of time.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Length {
    /// In nanoseconds. `None`: a parameter has not given it yet, or it could not be read, which was reported.
    pub nanos: Option<i64>,
    /// The parameter that stands for the number, and the unit in lower case.
    pub parameter: Option<(Ident, String)>,
    pub span: Span,
}

/// A count after LIMIT or OFFSET.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Count {
    /// `None`: a parameter has not given it yet, or it could not be read, which was reported.
    pub value: Option<u64>,
    /// The parameter that stands there.
    pub parameter: Option<Ident>,
    pub span: Span,
}

/// How often FIND follows its relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct DepthClause {
    /// `None` is `*`: as far as it goes.
    pub steps: Option<u64>,
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

    /// The name as hunts write it.
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
#[allow(missing_docs, reason = "fields are what they are called")]
pub struct SortBy {
    pub attribute: AttrPath,
    pub ascending: bool,
    /// Whether ASC or DESC was written.
    pub written: bool,
}

/// `FUNCTION(attr, literal, …) AS name` behind WITH.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct FunctionCall {
    /// In upper case.
    pub function: Ident,
    pub attribute: AttrPath,
    /// What stands behind the attribute.
    pub arguments: Vec<Literal>,
    /// The attribute that it makes.
    pub name: Ident,
    pub span: Span,
}

/// `v` or `TIMESTAMPED(v)` with its clauses.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "fields are the parts of the statement")]
pub struct Expression {
    pub transformer: Option<Transformer>,
    pub variable: Ident,
    /// What WITH computes, in order.
    pub computed: Option<Vec<FunctionCall>>,
    pub filter: Option<Observation>,
    pub attributes: Option<Vec<AttrPath>>,
    pub sort: Option<SortBy>,
    pub limit: Option<Count>,
    pub offset: Option<Count>,
}
