//! Whether a comparison holds, where it may be one that cannot be decided (semantics.md §3).

use std::ops::Not;

/// Whether a comparison, or a condition made of them, holds.
///
/// In this order AND is the least of its parts and OR the greatest, and what NOT makes of an undecided comparison is undecided
/// too. So a condition is undecided if and only if it depends on how an undecided comparison would have been decided,
/// whatever stands first in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Holds {
    /// It does not.
    No,
    /// It reached its step limit: it counts as one that holds, and is told.
    Undecided,
    /// It does.
    Yes,
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl Not for Holds {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Undecided => Self::Undecided,
            Self::Yes => Self::No,
        }
    }
}
