//! What deciding an observation expression may take, and why one is refused.

use crate::allowance::{Allowance, Spent};
use std::cell::Cell;

/// The most steps: some minutes of work.
const MOST_STEPS: u64 = 3_000_000_000;
/// After so many steps it is asked whether the hunt may go on.
const OFTEN: u64 = 1 << 14;

/// Why an observation expression is not decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The hunt has nothing left of something.
    Spent(Spent),
    /// It has too many ways to match.
    Hard(Hard),
}

/// What makes too many ways to match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hard {
    /// More patterns than can be told apart.
    Patterns,
    /// OR in brackets that are joined or repeated.
    Choices,
    /// More ways to be partly matched than are followed.
    Partial,
    /// WITHIN in brackets that repeat, or nest.
    Spans,
    /// BY in brackets, over many values.
    Groups,
    /// More work than is done.
    Steps,
}

impl Hard {
    /// What there is too much of.
    pub fn note(self) -> &'static str {
        match self {
            Self::Patterns => "it has more than 128 patterns",
            Self::Choices => "OR inside of brackets that are joined or repeated makes more than 256 expressions of it",
            Self::Partial => "brackets and REPEATS leave more than 20000 ways in which it can be matched in part",
            Self::Spans => "too many stretches of time are open at once: WITHIN stands in brackets that are repeated or nested",
            Self::Groups => "BY stands in brackets of a larger expression, and the records have too many values for it",
            Self::Steps => "the records satisfy its patterns in too many ways",
        }
    }

    /// What to change.
    pub fn help(self) -> &'static str {
        match self {
            Self::Patterns => "ask for some of the patterns in a statement of their own",
            Self::Choices => "write each choice as a GET of its own, and merge the variables: x = a + b",
            Self::Partial => "use smaller numbers in REPEATS, or fewer observations in one pair of brackets",
            Self::Spans => "put WITHIN behind the outermost brackets, or use a smaller number in REPEATS",
            Self::Groups => "put BY behind the outermost brackets: ([a] FOLLOWEDBY [b]) BY host.name",
            Self::Steps => "narrow the patterns or the time range, or add WITHIN or BY behind the outermost brackets",
        }
    }
}

impl From<Spent> for Refused {
    fn from(spent: Spent) -> Self {
        Self::Spent(spent)
    }
}

impl From<Hard> for Refused {
    fn from(hard: Hard) -> Self {
        Self::Hard(hard)
    }
}

/// Counts the work on one expression.
pub(super) struct Effort<'a> {
    pub(super) allowance: &'a Allowance,
    steps: Cell<u64>,
}

impl<'a> Effort<'a> {
    pub(super) fn new(allowance: &'a Allowance) -> Self {
        Self { allowance, steps: Cell::new(0) }
    }

    /// Takes some steps.
    pub(super) fn spend(&self, steps: usize) -> Result<(), Refused> {
        let before = self.steps.get();
        let after = before.saturating_add(steps as u64);
        self.steps.set(after);
        if after / OFTEN != before / OFTEN {
            self.allowance.check()?;
        }
        if after > MOST_STEPS { Err(Hard::Steps.into()) } else { Ok(()) }
    }
}
