//! Compiles Lucene's regular expressions (`flags: NONE`, whole value) and wildcards into searches of a dictionary.
//!
//! One search over the whole dictionary finds all values that match. Every value ends with a byte that no UTF-8 text
//! contains, which is the line terminator for `^` and `$`. "Anything" at the beginning or the end of a pattern is
//! dropped, so that the search can use literals.

use super::column::END;
use crate::source::SourceError;
use huntc_compiler::diag::codes::store::STORE_QUERY;
use regex::bytes::{Regex, RegexBuilder};

/// A test of whole values.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// Matches every value.
    All,
    /// Matches no value.
    None,
    /// Matches this value only.
    Equal(Vec<u8>),
    /// Matches the values that begin with this text.
    Prefix(Vec<u8>),
    /// Matches the values that begin with the text and in which the expression is found; `^` and `$` are the ends of a value.
    Search(Vec<u8>, Regex),
}

/// A piece of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    /// Any run of characters.
    Any,
    /// A literal character, never folded.
    Exact(char),
    /// A literal character that is folded when the pattern ignores case.
    Letter(char),
    /// An expression for the `regex` crate.
    Other(String),
}

/// Compiles a wildcard pattern: `*` is any run of characters, `?` one character, and `\` makes the next character literal.
pub(super) fn wildcard(pattern: &str, fold: bool) -> Result<Pattern, SourceError> {
    if pattern.is_empty() {
        return Ok(Pattern::None);
    }
    let mut pieces = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '*' if pieces.last() == Some(&Piece::Any) => continue,
            '*' => Piece::Any,
            '?' => Piece::Other("(?s:.)".to_owned()),
            // As in Lucene an escaped letter is never folded, and a backslash at the end is literal.
            '\\' => Piece::Exact(chars.next().unwrap_or('\\')),
            c => Piece::Letter(c),
        });
    }
    build(pieces, fold)
}

/// Matches this text as a whole value, whatever the case of its letters.
pub(super) fn folded(text: &str) -> Result<Pattern, SourceError> {
    build(text.chars().map(Piece::Letter).collect(), true)
}

/// Compiles a regular expression of Lucene.
pub(super) fn regexp(pattern: &str) -> Result<Pattern, SourceError> {
    let mut parser = Parser { chars: pattern.chars().collect(), at: 0, depth: 0 };
    let pieces = parser.alternatives().map_err(|reason| unreadable(pattern, reason))?;
    if parser.at < parser.chars.len() {
        return Err(unreadable(pattern, "a closing parenthesis without its opening one"));
    }
    build(pieces, false)
}

fn unreadable(pattern: &str, reason: &str) -> SourceError {
    SourceError::new(&STORE_QUERY, "the store cannot read a regular expression").note(format!("{reason}: {pattern}"))
}

fn build(mut pieces: Vec<Piece>, fold: bool) -> Result<Pattern, SourceError> {
    let open_start = pieces.first() == Some(&Piece::Any);
    let open_end = pieces.last() == Some(&Piece::Any);
    if open_start && pieces.iter().all(|p| *p == Piece::Any) {
        return Ok(Pattern::All);
    }
    let literal = |piece: &Piece| match piece {
        Piece::Exact(c) => Some(*c),
        Piece::Letter(c) if !fold || !c.is_ascii_alphabetic() => Some(*c),
        _ => None,
    };
    let prefix: String = pieces.iter().map_while(literal).collect();
    let literals = prefix.chars().count();
    if literals == pieces.len() {
        return Ok(Pattern::Equal(prefix.into_bytes()));
    }
    if open_end && literals + 1 == pieces.len() {
        return Ok(Pattern::Prefix(prefix.into_bytes()));
    }
    if open_end {
        pieces.pop();
    }
    if open_start {
        pieces.remove(0);
    }
    let mut text = String::new();
    text.push_str(if open_start { "" } else { "^" });
    write_all(&pieces, fold, &mut text);
    text.push_str(if open_end { "" } else { "$" });
    let regex = RegexBuilder::new(&text)
        .multi_line(true)
        .line_terminator(END)
        .dot_matches_new_line(true)
        .size_limit(64 << 20)
        .dfa_size_limit(16 << 20)
        .nest_limit(1_000)
        .build()
        .map_err(|e| SourceError::new(&STORE_QUERY, "a pattern is too complex for the store").note(e.to_string()))?;
    Ok(Pattern::Search(prefix.into_bytes(), regex))
}

fn write_all(pieces: &[Piece], fold: bool, out: &mut String) {
    for piece in pieces {
        piece.write(fold, out);
    }
}

impl Piece {
    fn write(&self, fold: bool, out: &mut String) {
        match self {
            Self::Any => out.push_str("(?s:.)*"),
            Self::Letter(c) if fold && c.is_ascii_alphabetic() => {
                out.push('[');
                out.push(c.to_ascii_lowercase());
                out.push(c.to_ascii_uppercase());
                out.push(']');
            }
            Self::Letter(c) | Self::Exact(c) => push_literal(*c, out),
            Self::Other(text) => out.push_str(text),
        }
    }
}

fn push_literal(c: char, out: &mut String) {
    if c.is_ascii_alphanumeric() || !c.is_ascii() {
        out.push(c);
    } else {
        out.push_str("\\x{");
        out.extend([c as u32 / 16, c as u32 % 16].iter().filter_map(|d| char::from_digit(*d, 16)));
        out.push('}');
    }
}

/// Parses Lucene's syntax. The depth of recursion is limited: servers take at most 1,000 characters, this parser at
/// most 255 open parentheses.
struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, &'static str>;

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    /// `a|b|…` up to the end or a closing parenthesis.
    fn alternatives(&mut self) -> Parsed<Vec<Piece>> {
        let first = self.sequence()?;
        if self.peek() != Some('|') {
            return Ok(first);
        }
        let mut text = "(?:".to_owned();
        write_all(&first, false, &mut text);
        while self.take('|') {
            if matches!(self.peek(), None | Some(')')) {
                return Err("nothing stands behind `|`");
            }
            text.push('|');
            write_all(&self.sequence()?, false, &mut text);
        }
        text.push(')');
        Ok(vec![Piece::Other(text)])
    }

    fn sequence(&mut self) -> Parsed<Vec<Piece>> {
        let mut pieces = Vec::new();
        while let Some(c) = self.peek() {
            if c == '|' || (c == ')' && self.depth > 0) {
                break;
            }
            if c == ')' {
                return Err("a closing parenthesis without its opening one");
            }
            let single = self.single()?;
            self.repeated(single, &mut pieces)?;
        }
        Ok(pieces)
    }

    /// Adds a piece with the repetitions that follow it.
    fn repeated(&mut self, single: Vec<Piece>, pieces: &mut Vec<Piece>) -> Parsed<()> {
        let mut suffixes = Vec::new();
        loop {
            match self.peek() {
                Some(c @ ('*' | '+' | '?')) => {
                    self.at += 1;
                    suffixes.push(c.to_string());
                }
                Some('{') => {
                    self.at += 1;
                    suffixes.push(self.counts()?);
                }
                _ => break,
            }
        }
        if suffixes.is_empty() {
            pieces.extend(single);
            return Ok(());
        }
        let dot = single == [Piece::Other("(?s:.)".to_owned())];
        if dot && suffixes == ["*"] {
            if pieces.last() != Some(&Piece::Any) {
                pieces.push(Piece::Any);
            }
            return Ok(());
        }
        let mut text = String::new();
        write_all(&single, false, &mut text);
        for suffix in suffixes {
            text = format!("(?:{text}){suffix}");
        }
        pieces.push(Piece::Other(text));
        Ok(())
    }

    /// `n}`, `n,}`, `n,m}`
    fn counts(&mut self) -> Parsed<String> {
        let start = self.at;
        while let Some(c) = self.next() {
            if c == '}' {
                let text: String = self.chars[start..self.at - 1].iter().collect();
                let (low, high) = text.split_once(',').unwrap_or((&text, &text));
                let number = |t: &str| t.parse::<u32>().map_err(|_| "`{}` needs numbers");
                let low = number(low)?;
                if !high.is_empty() && number(high)? < low {
                    return Err("`{}` needs the smaller number first");
                }
                return Ok(format!("{{{text}}}"));
            }
        }
        Err("`{` without `}`")
    }

    fn single(&mut self) -> Parsed<Vec<Piece>> {
        let Some(c) = self.next() else { return Ok(Vec::new()) };
        match c {
            '.' => Ok(vec![Piece::Other("(?s:.)".to_owned())]),
            '(' if self.take(')') => Ok(Vec::new()),
            '(' => {
                self.depth += 1;
                if self.depth > 255 {
                    return Err("too many parentheses");
                }
                let inner = self.alternatives()?;
                self.depth -= 1;
                if self.take(')') { Ok(inner) } else { Err("`(` without `)`") }
            }
            '"' => {
                let start = self.at;
                while self.next().ok_or("a quote without its end")? != '"' {}
                Ok(self.chars[start..self.at - 1].iter().map(|c| Piece::Exact(*c)).collect())
            }
            '[' => Ok(vec![Piece::Other(self.class()?)]),
            '\\' => match self.next().ok_or("a backslash at the end")? {
                c if c.is_ascii_alphanumeric() => Ok(vec![Piece::Other(shorthand(c)?.to_owned())]),
                c => Ok(vec![Piece::Exact(c)]),
            },
            c => Ok(vec![Piece::Exact(c)]),
        }
    }

    /// Reads a character class after its `[`. A `]` that comes first is literal.
    fn class(&mut self) -> Parsed<String> {
        let mut text = if self.take('^') { "[^".to_owned() } else { "[".to_owned() };
        let mut first = true;
        loop {
            let c = self.next().ok_or("`[` without `]`")?;
            if c == ']' && !first {
                text.push(']');
                return Ok(text);
            }
            first = false;
            let Some(low) = self.member(c, &mut text)? else { continue };
            push_literal(low, &mut text);
            if self.take('-') {
                let high = self.next().filter(|c| *c != ']').ok_or("a range without its end")?;
                let high = if high == '\\' { self.next().ok_or("a backslash at the end")? } else { high };
                if high < low {
                    return Err("a range needs the smaller character first");
                }
                text.push('-');
                push_literal(high, &mut text);
            }
        }
    }

    /// Reads a character of a class. Shorthands are written to `text`.
    fn member(&mut self, c: char, text: &mut String) -> Parsed<Option<char>> {
        if c != '\\' {
            return Ok(Some(c));
        }
        let c = self.next().ok_or("a backslash at the end")?;
        if c.is_ascii_alphanumeric() {
            text.push_str(shorthand(c)?);
            return Ok(None);
        }
        Ok(Some(c))
    }
}

/// `\d` and similar, as Elasticsearch 9 and OpenSearch 3 read them.
fn shorthand(c: char) -> Parsed<&'static str> {
    Ok(match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => r"[ \t\n\r]",
        'S' => r"[^ \t\n\r]",
        _ => return Err("a backslash before a letter or digit that means nothing"),
    })
}

#[cfg(test)]
mod tests;
