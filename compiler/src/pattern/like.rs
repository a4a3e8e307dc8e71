//! LIKE: the whole value, `%` any run, `_` one code point, no escape character.

use super::wildcard::push_wildcard_literal;
use memchr::memmem::Finder;

/// Fewer `_` than this after a `%` never make the automaton too large.
const SAFE_ANY: usize = 8;

/// A LIKE pattern, ready to match.
#[derive(Clone, Debug)]
pub struct Like {
    pattern: String,
    fold: bool,
    shape: Shape,
}

/// A LIKE pattern as a query: the leaf kind and its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LikeQuery {
    /// No wildcard: the value itself.
    Term(String),
    /// Only `%`: any value.
    Exists,
    /// A `wildcard` query, with literal characters escaped.
    Wildcard(String),
    /// A `wildcard` query that finds other values too: servers would refuse the exact one, whose automaton is too large.
    Superset(String),
}

/// A pattern split at its `%`.
#[derive(Clone, Debug)]
enum Shape {
    /// No `%`.
    Whole(Run),
    /// What the value begins with, what follows in this order, and what it ends with.
    Parts { first: Run, middle: Vec<Search>, last: Run },
}

/// A part of a pattern without `%`; it may hold `_`.
#[derive(Clone, Debug)]
struct Run {
    text: String,
    fold: bool,
}

/// A run that is looked for inside a value, and how.
#[derive(Clone, Debug)]
enum Search {
    /// Byte for byte.
    Plain(Box<Finder<'static>>),
    /// Ignoring case, or with `_`: the run's rarest byte gives candidates, which are then compared.
    Run(Run, Rare),
}

/// The rarest character of a run: its first byte, in both cases, and its place in the run.
#[derive(Clone, Debug)]
struct Rare {
    bytes: [u8; 2],
    /// Characters of the run before it; `usize::MAX` where the run is `_` alone.
    before: usize,
    /// Whether those are ASCII without `_`, so that each is one byte of the value too.
    ascii: bool,
}

impl Like {
    /// Reads a pattern. With `fold`, ASCII letters match in either case.
    pub fn new(pattern: &str, fold: bool) -> Self {
        let run = |text: &str| Run { text: text.to_owned(), fold };
        let parts: Vec<&str> = pattern.split('%').collect();
        let shape = match parts.as_slice() {
            [first, middle @ .., last] => {
                let middle = middle.iter().filter(|part| !part.is_empty()).map(|part| Search::new(run(part))).collect();
                Shape::Parts { first: run(first), middle, last: run(last) }
            }
            _ => Shape::Whole(run(pattern)),
        };
        Self { pattern: pattern.to_owned(), fold, shape }
    }

    /// Whether ASCII letters match in either case.
    pub fn folds(&self) -> bool {
        self.fold
    }

    /// Whether the whole value matches.
    pub fn is_match(&self, value: &str) -> bool {
        match &self.shape {
            Shape::Whole(run) => run.prefix_of(value) == Some(value.len()),
            Shape::Parts { first, middle, last } => {
                let Some(start) = first.prefix_of(value) else { return false };
                let Some(end) = last.suffix_of(value).filter(|end| *end >= start) else { return false };
                let mut rest = &value[start..end];
                for search in middle {
                    let Some(after) = search.find_end(rest) else { return false };
                    rest = &rest[after..];
                }
                true
            }
        }
    }

    /// The pattern as a query on a keyword field. An empty pattern becomes a term, since Lucene's automaton of an empty
    /// wildcard accepts nothing.
    pub fn wildcard(&self) -> LikeQuery {
        if !self.pattern.contains(['%', '_']) {
            return LikeQuery::Term(self.pattern.clone());
        }
        if self.pattern.bytes().all(|b| b == b'%') {
            return LikeQuery::Exists;
        }
        let mut out = String::with_capacity(self.pattern.len() + 4);
        let mut previous = None;
        for c in self.pattern.chars() {
            match c {
                '%' if previous == Some('%') => {}
                '%' => out.push('*'),
                '_' => out.push('?'),
                c => push_wildcard_literal(&mut out, c),
            }
            previous = Some(c);
        }
        if self.fits_servers() {
            return LikeQuery::Wildcard(out);
        }
        let runs: Vec<&str> = self.pattern.split(['%', '_']).filter(|run| !run.is_empty()).collect();
        out.clear();
        for run in runs {
            out.push('*');
            run.chars().for_each(|c| push_wildcard_literal(&mut out, c));
        }
        out.push('*');
        LikeQuery::Superset(out)
    }

    /// Whether servers take the wildcard: after a `%`, each `_` may double the states of its automaton.
    fn fits_servers(&self) -> bool {
        let rest = self.pattern.trim_start_matches(|c| c != '%');
        rest.bytes().filter(|b| *b == b'_').count() < SAFE_ANY || super::regex::wildcard_is_small(&self.pattern)
    }
}

impl Run {
    /// Where the run ends if the value begins with it.
    fn prefix_of(&self, value: &str) -> Option<usize> {
        let mut chars = value.chars();
        for wanted in self.text.chars() {
            let found = chars.next()?;
            if !self.fits(wanted, found) {
                return None;
            }
        }
        Some(value.len() - chars.as_str().len())
    }

    /// Where the run begins if the value ends with it.
    fn suffix_of(&self, value: &str) -> Option<usize> {
        let mut chars = value.chars();
        for wanted in self.text.chars().rev() {
            let found = chars.next_back()?;
            if !self.fits(wanted, found) {
                return None;
            }
        }
        Some(chars.as_str().len())
    }

    fn fits(&self, wanted: char, found: char) -> bool {
        wanted == '_' || wanted == found || (self.fold && wanted.eq_ignore_ascii_case(&found))
    }
}

impl Search {
    fn new(run: Run) -> Self {
        if !run.fold && !run.text.contains('_') {
            return Self::Plain(Box::new(Finder::new(&run.text).into_owned()));
        }
        let rare = run.text.char_indices().enumerate().filter(|(_, (_, c))| *c != '_').min_by_key(|(_, (_, c))| frequency(*c));
        match rare {
            Some((before, (at, c))) => {
                let mut first = [0; 4];
                let byte = c.encode_utf8(&mut first).as_bytes()[0];
                let bytes = if run.fold { [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()] } else { [byte; 2] };
                let ascii = run.text[..at].bytes().all(|b| b.is_ascii() && b != b'_');
                Self::Run(run, Rare { bytes, before, ascii })
            }
            // Only `_`: every place is a candidate, the first one with enough characters after it fits.
            None => Self::Run(run, Rare { bytes: [0; 2], before: usize::MAX, ascii: false }),
        }
    }

    /// The end of the leftmost occurrence.
    fn find_end(&self, text: &str) -> Option<usize> {
        match self {
            Self::Plain(finder) => finder.find(text.as_bytes()).map(|at| at + finder.needle().len()),
            Self::Run(run, rare) if rare.before == usize::MAX => run.prefix_of(text),
            Self::Run(run, rare) => memchr::memchr2_iter(rare.bytes[0], rare.bytes[1], text.as_bytes()).find_map(|at| {
                let start = rare.start(text, at)?;
                let len = run.prefix_of(text.get(start..)?)?;
                Some(start + len)
            }),
        }
    }
}

impl Rare {
    /// Where the run would begin if this byte of the text is the rare one.
    fn start(&self, text: &str, at: usize) -> Option<usize> {
        if self.ascii || self.before == 0 {
            return at.checked_sub(self.before);
        }
        text.get(..at)?.char_indices().nth_back(self.before - 1).map(|(start, _)| start)
    }
}

/// How often a character occurs in paths, names and command lines, roughly: letters by their rank in English text, then
/// what Windows paths are full of.
fn frequency(c: char) -> usize {
    const COMMON: &[u8] = b"zqxjkvbypgfwmuclrhnsdioate0123456789 ._-:/\\\"";
    let lower = c.to_ascii_lowercase();
    COMMON.iter().position(|b| char::from(*b) == lower).map_or(0, |rank| rank + 1)
}

#[cfg(test)]
mod tests;
