//! What went wrong while parsing. Every alternative that does not match makes a fault, so it must be cheap.

use crate::diag::Diagnostic;
use crate::syntax::token::{Keyword, Token};
use chumsky::error::{Error, LabelError};
use chumsky::span::SimpleSpan;
use chumsky::util::MaybeRef;

/// Tokens as the grammar sees them.
pub(crate) type Tokens<'t> = &'t [Token<'t>];

macro_rules! expects {
    ($($name:ident $text:literal,)*) => {
        /// Things that a place in the grammar takes, besides keywords. The texts complete "expected …".
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub(crate) enum Expect { $($name,)* }

        impl Expect {
            /// All of them, in the order in which messages list them.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The thing as messages name it.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

expects! {
    Statement "a statement",
    Command "a command",
    Variable "a variable",
    EntityType "an entity type",
    Relation "a relation",
    Attribute "an attribute",
    Comparison "a comparison",
    Operator "a comparison operator",
    Value "a value",
    Source "a data source",
    File "a file path",
    Analytic "an analytic",
    Instant "an instant",
    Whole "a whole number",
    Unit "a unit of time",
    Steps "a number of steps or `*`",
    Key "an attribute or BIN",
    Aggregate "an aggregate function",
    Function "a function",
    Alias "a column name",
    Argument "an argument name",
    Rows "rows in `[…]`",
    JsonKey "a quoted key",
    JsonValue "a JSON value",
    Equals "`=`",
    Plus "`+`",
    Comma "`,`",
    Colon "`:`",
    OpenParen "`(`",
    CloseParen "`)`",
    OpenBracket "`[`",
    CloseBracket "`]`",
    CloseBrace "`}`",
    Observation "a part in brackets",
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
    /// Index of the token that it is about.
    pub(crate) fn position(&self, tokens: &[Token<'_>]) -> usize {
        match &self.told {
            Some(told) => tokens.partition_point(|t| t.span.end <= told.primary.span.start),
            None => self.at,
        }
    }

    /// The same fault about another token.
    pub(crate) fn at(self, at: usize) -> Self {
        Self { at, ..self }
    }

    /// The same fault, with the index of its token moved by `by`.
    pub(crate) fn moved(self, by: usize) -> Self {
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
