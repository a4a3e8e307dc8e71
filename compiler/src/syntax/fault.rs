//! What went wrong while parsing, cheap enough for every alternative that does not match.

use super::token::{Keyword, Token};
use crate::diag::Diagnostic;
use chumsky::error::{Error, LabelError};
use chumsky::span::SimpleSpan;
use chumsky::util::MaybeRef;

/// Tokens as the grammar sees them.
pub(crate) type Tokens<'t> = &'t [Token<'t>];

/// Things that a place in the grammar takes, besides keywords. The texts complete "expected …".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
#[repr(u8)]
pub(crate) enum Expect {
    Statement,
    Command,
    Variable,
    EntityType,
    Relation,
    Attribute,
    Comparison,
    Operator,
    Value,
    Source,
    File,
    Analytic,
    Instant,
    Whole,
    Unit,
    Steps,
    Key,
    Aggregate,
    Alias,
    Argument,
    Rows,
    JsonKey,
    JsonValue,
    Equals,
    Plus,
    Comma,
    Colon,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    CloseBrace,
    Observation,
}

impl Expect {
    /// All of them, in the order in which messages list them.
    pub(crate) const ALL: [Self; 33] = [
        Self::Statement,
        Self::Command,
        Self::Variable,
        Self::EntityType,
        Self::Relation,
        Self::Attribute,
        Self::Comparison,
        Self::Operator,
        Self::Value,
        Self::Source,
        Self::File,
        Self::Analytic,
        Self::Instant,
        Self::Whole,
        Self::Unit,
        Self::Steps,
        Self::Key,
        Self::Aggregate,
        Self::Alias,
        Self::Argument,
        Self::Rows,
        Self::JsonKey,
        Self::JsonValue,
        Self::Equals,
        Self::Plus,
        Self::Comma,
        Self::Colon,
        Self::OpenParen,
        Self::CloseParen,
        Self::OpenBracket,
        Self::CloseBracket,
        Self::CloseBrace,
        Self::Observation,
    ];

    /// For people.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Statement => "a statement",
            Self::Command => "a command",
            Self::Variable => "a variable",
            Self::EntityType => "an entity type",
            Self::Relation => "a relation",
            Self::Attribute => "an attribute",
            Self::Comparison => "a comparison",
            Self::Operator => "a comparison operator",
            Self::Value => "a value",
            Self::Source => "a data source",
            Self::File => "a file path",
            Self::Analytic => "an analytic",
            Self::Instant => "an instant",
            Self::Whole => "a whole number",
            Self::Unit => "a unit of time",
            Self::Steps => "a number of steps or `*`",
            Self::Key => "an attribute or BIN",
            Self::Aggregate => "an aggregate function",
            Self::Alias => "a column name",
            Self::Argument => "an argument name",
            Self::Rows => "rows in `[…]`",
            Self::JsonKey => "a quoted key",
            Self::JsonValue => "a JSON value",
            Self::Equals => "`=`",
            Self::Plus => "`+`",
            Self::Comma => "`,`",
            Self::Colon => "`:`",
            Self::OpenParen => "`(`",
            Self::CloseParen => "`)`",
            Self::OpenBracket => "`[`",
            Self::CloseBracket => "`]`",
            Self::CloseBrace => "`}`",
            Self::Observation => "a part in brackets",
        }
    }
}

/// A set of expected things: keywords in the lower half, [`Expect`] in the upper.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct ExpectSet(u128);

impl ExpectSet {
    /// Whether a thing is in it.
    pub(crate) fn has(self, expect: Expect) -> bool {
        self.0 >> (64 + expect as u32) & 1 == 1
    }

    /// Whether a keyword is in it.
    pub(crate) fn has_keyword(self, keyword: Keyword) -> bool {
        self.0 >> keyword as u32 & 1 == 1
    }

    /// The texts of what is in it: things first, then keywords.
    pub(crate) fn texts(self) -> Vec<&'static str> {
        let things = Expect::ALL.iter().filter(|e| self.has(**e)).map(|e| e.text());
        things.chain(Keyword::ALL.iter().filter(|k| self.has_keyword(**k)).map(|k| k.word())).collect()
    }
}

impl From<Expect> for ExpectSet {
    fn from(expect: Expect) -> Self {
        Self(1 << (64 + expect as u32))
    }
}

impl From<Keyword> for ExpectSet {
    fn from(keyword: Keyword) -> Self {
        Self(1 << keyword as u32)
    }
}

/// Why an alternative did not match, or what a production for a known mistake has to say.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Index of the token.
    pub at: usize,
    /// What would have matched.
    pub expected: ExpectSet,
    /// The whole message, where a production made one.
    pub told: Option<Box<Diagnostic>>,
}

impl Fault {
    /// Something else was expected at a token.
    pub(crate) fn expected(at: usize, expected: impl Into<ExpectSet>) -> Self {
        Self { at, expected: expected.into(), told: None }
    }
}

impl Fault {
    /// The same about another token.
    pub(super) fn at(self, at: usize) -> Self {
        Self { at, ..self }
    }

    /// The same where its token stands `by` places behind.
    pub(super) fn moved(self, by: usize) -> Self {
        Self { at: self.at + by, ..self }
    }
}

impl From<Diagnostic> for Fault {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { at: 0, expected: ExpectSet::default(), told: Some(Box::new(diagnostic)) }
    }
}

impl<'t> Error<'t, Tokens<'t>> for Fault {
    fn merge(mut self, other: Self) -> Self {
        self.expected.0 |= other.expected.0;
        self.told = self.told.or(other.told);
        self
    }
}

impl<'t, L> LabelError<'t, Tokens<'t>, L> for Fault {
    fn expected_found<E: IntoIterator<Item = L>>(_: E, _: Option<MaybeRef<'t, Token<'t>>>, span: SimpleSpan<usize>) -> Self {
        Self { at: span.start, expected: ExpectSet::default(), told: None }
    }
}
