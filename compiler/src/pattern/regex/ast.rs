//! The tree of a MATCHES pattern in normal form: flags are resolved, every character is a set of code points.

// The only part of regex-syntax that is used: sets of code points with union, difference and negation. Its parser reads Rust's
// dialect, and patterns of hunts are PCRE.
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// A set of code points.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Set(ClassUnicode);

impl Set {
    /// No character.
    pub(super) fn none() -> Self {
        Self(ClassUnicode::empty())
    }

    /// Every character.
    pub(super) fn any() -> Self {
        Self::ranges(&[('\0', char::MAX)])
    }

    /// One character.
    pub(super) fn one(c: char) -> Self {
        Self::ranges(&[(c, c)])
    }

    /// Ranges, both ends included.
    pub(super) fn ranges(ranges: &[(char, char)]) -> Self {
        Self(ClassUnicode::new(ranges.iter().map(|(a, b)| ClassUnicodeRange::new(*a, *b))))
    }

    /// Adds another set.
    pub(super) fn add(&mut self, other: &Self) {
        self.0.union(&other.0);
    }

    /// All other characters.
    pub(super) fn negated(mut self) -> Self {
        self.0.negate();
        self
    }

    /// With the other case of every ASCII letter; nothing else is folded.
    pub(super) fn folded(mut self) -> Self {
        let shifted = |from: char, to: char, target: u8| {
            let mut part = self.0.clone();
            part.intersect(&ClassUnicode::new([ClassUnicodeRange::new(from, to)]));
            let shift = |c: char| char::from(target + (c as u8 - from as u8));
            ClassUnicode::new(part.iter().map(|r| ClassUnicodeRange::new(shift(r.start()), shift(r.end()))))
        };
        let (upper, lower) = (shifted('a', 'z', b'A'), shifted('A', 'Z', b'a'));
        self.0.union(&upper);
        self.0.union(&lower);
        self
    }

    pub(super) fn contains(&self, c: char) -> bool {
        self.iter().any(|(a, b)| a <= c && c <= b)
    }

    /// Its ranges, ascending and apart.
    pub(super) fn iter(&self) -> impl Iterator<Item = (char, char)> + '_ {
        self.0.iter().map(|r| (r.start(), r.end()))
    }

    pub(super) fn is_any(&self) -> bool {
        self.iter().eq([('\0', char::MAX)])
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.ranges().is_empty()
    }

    /// The only character, or an ASCII letter in both cases: then the lower one, and `true`.
    pub(super) fn letter(&self) -> Option<(char, bool)> {
        match self.0.ranges() {
            [r] if r.start() == r.end() => Some((r.start(), false)),
            [upper, lower] if upper.start() == upper.end() && lower.start() == lower.end() => {
                let both = upper.start().is_ascii_uppercase() && upper.start().to_ascii_lowercase() == lower.start();
                both.then_some((lower.start(), true))
            }
            _ => None,
        }
    }
}

/// Whether a repetition tries more turns or fewer first. It changes what groups hold, not which texts match. A possessive
/// repetition is written as [`RegexNode::Atomic`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Greed {
    /// `*`
    Greedy,
    /// `*?`
    Lazy,
}

/// A place in the text that takes no characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// The start of the text.
    Start,
    /// The end, or before a newline that ends the text (`$`).
    EndOrNewline,
    /// The end.
    End,
    /// The start of the text or after a newline (`(?m)^`).
    LineStart,
    /// The end of the text or before a newline (`(?m)$`).
    LineEnd,
    /// Between a word character and another character, or an end of the text.
    Boundary,
    /// Anywhere else.
    NotBoundary,
}

/// A pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum RegexNode {
    /// One character.
    Set(Set),
    /// No character, at a place.
    At(Place),
    /// One after the other; the empty text if there are none.
    Concat(Vec<RegexNode>),
    /// One of these.
    Alternation(Vec<RegexNode>),
    /// From `min` to `max` times; `None`: without limit.
    Repeat { node: Box<RegexNode>, min: u32, max: Option<u32>, greed: Greed },
    /// A capturing group, numbered from 1.
    Group(Box<RegexNode>),
    /// Look-around.
    Look { ahead: bool, negated: bool, node: Box<RegexNode> },
    /// Without backtracking into it.
    Atomic(Box<RegexNode>),
    /// The text that a group held; with `fold`, ASCII letters in either case.
    Backreference { group: u32, fold: bool },
}

impl RegexNode {
    /// Matches the empty text.
    pub(super) const EMPTY: Self = Self::Concat(Vec::new());

    /// A character.
    pub(super) fn char(c: char) -> Self {
        Self::Set(Set::one(c))
    }

    /// These in a row.
    pub(super) fn concat(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::Concat(parts) }
    }

    /// One of these.
    pub(super) fn alternation(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::Alternation(parts) }
    }

    /// Whether a finite automaton decides it: no look-around, no atomic group, no back-reference.
    pub(super) fn is_regular(&self) -> bool {
        match self {
            Self::Set(_) | Self::At(_) => true,
            Self::Concat(parts) | Self::Alternation(parts) => parts.iter().all(Self::is_regular),
            Self::Repeat { node, .. } | Self::Group(node) => node.is_regular(),
            Self::Look { .. } | Self::Atomic(_) | Self::Backreference { .. } => false,
        }
    }

    /// Whether it takes no characters wherever it matches.
    pub(super) fn takes_nothing(&self) -> bool {
        match self {
            Self::At(_) | Self::Look { .. } => true,
            Self::Set(_) | Self::Backreference { .. } => false,
            Self::Concat(parts) | Self::Alternation(parts) => parts.iter().all(Self::takes_nothing),
            Self::Repeat { node, max, .. } => *max == Some(0) || node.takes_nothing(),
            Self::Group(node) | Self::Atomic(node) => node.takes_nothing(),
        }
    }

    /// Whether a `$` stands where characters may follow, so that it cannot be written as an optional newline and the end.
    /// `last` says that nothing follows this node.
    pub(super) fn has_inner_end(&self, last: bool) -> bool {
        match self {
            Self::Set(_) | Self::Backreference { .. } => false,
            Self::At(place) => *place == Place::EndOrNewline && !last,
            Self::Concat(parts) => {
                let count = parts.len();
                parts.iter().enumerate().any(|(i, part)| part.has_inner_end(last && i + 1 == count))
            }
            Self::Alternation(parts) => parts.iter().any(|part| part.has_inner_end(last)),
            Self::Repeat { node, max, .. } => node.has_inner_end(last && *max == Some(1)),
            Self::Group(node) => node.has_inner_end(last),
            Self::Look { node, .. } | Self::Atomic(node) => node.has_inner_end(false),
        }
    }
}

/// The characters of `\w`.
pub(super) const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
/// The characters of `\d`.
pub(super) const DIGIT: &[(char, char)] = &[('0', '9')];
/// The characters of `\s`.
pub(super) const SPACE: &[(char, char)] = &[('\t', '\r'), (' ', ' ')];
