//! The lexer. It is total: tokens, blanks and comments together are the text, and a character that begins no token is a token
//! of its own kind.

use super::errors::lexer as errors;
use super::strings;
use super::token::{Flags, Keyword, Kind, Token};
use super::words;
use crate::diag::{Diagnostic, MOST_TOLD};
use crate::source::{SourceId, SourceSet, Span};
use std::fmt::Write as _;
use std::ops::Range;

/// The tokens of a text.
#[derive(Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Lexed<'s> {
    /// In the order of the text; between them are blanks and comments only.
    pub tokens: Vec<Token<'s>>,
    /// Comments without their line ends.
    pub comments: Vec<Span>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Splits a text into tokens.
pub fn lex(source: SourceId, text: &str) -> Lexed<'_> {
    lex_part(source, text, 0..text.len())
}

/// Splits a part of a text into tokens. Their places are those in the text.
pub(crate) fn lex_part(source: SourceId, text: &str, part: Range<usize>) -> Lexed<'_> {
    let text = text.get(..part.end).unwrap_or(text);
    let mut lexer = Lexer {
        source,
        text,
        bytes: text.as_bytes(),
        at: part.start,
        fresh_line: true,
        out: Lexed { tokens: Vec::with_capacity(part.len() / 5), comments: Vec::new(), diagnostics: Vec::new() },
    };
    while let Some(&byte) = lexer.bytes.get(lexer.at) {
        lexer.step(byte);
    }
    lexer.out
}

struct Lexer<'s> {
    source: SourceId,
    text: &'s str,
    bytes: &'s [u8],
    at: usize,
    fresh_line: bool,
    out: Lexed<'s>,
}

impl Lexer<'_> {
    /// Takes one token, blank or comment.
    fn step(&mut self, byte: u8) {
        match byte {
            b'\n' => {
                self.at += 1;
                self.fresh_line = true;
            }
            b' ' | b'\t' | b'\r' | b'\x0c' => self.at += 1,
            b'#' => self.comment(),
            b'\'' | b'"' => self.quoted(self.at, Kind::Text),
            b'(' => self.push(Kind::OpenParen, 1),
            b')' => self.push(Kind::CloseParen, 1),
            b'[' => self.push(Kind::OpenBracket, 1),
            b']' => self.push(Kind::CloseBracket, 1),
            b'{' => self.push(Kind::OpenBrace, 1),
            b'}' => self.push(Kind::CloseBrace, 1),
            b',' => self.push(Kind::Comma, 1),
            b'+' => self.push(Kind::Plus, 1),
            b'*' => self.push(Kind::Star, 1),
            b':' => self.push(Kind::Colon, 1),
            b'=' if self.next_is(b'=') => self.push(Kind::EqEq, 2),
            // `=~/x/` is how other languages write MATCHES, which is told of `~/x/`.
            b'=' if self.next_is(b'~') && self.bytes.get(self.at + 2) != Some(&b'/') => self.push(Kind::EqTilde, 2),
            b'=' => self.push(Kind::Eq, 1),
            b'!' if self.next_is(b'=') => self.push(Kind::Ne, 2),
            b'!' if self.next_is(b'~') => self.push(Kind::NeTilde, 2),
            b'<' if self.next_is(b'=') => self.push(Kind::Le, 2),
            b'<' if self.next_is(b'>') => self.push(Kind::Diamond, 2),
            b'<' => self.push(Kind::Lt, 1),
            b'>' if self.next_is(b'=') => self.push(Kind::Ge, 2),
            b'>' => self.push(Kind::Gt, 1),
            _ => self.word_or_other(),
        }
    }

    fn next_is(&self, byte: u8) -> bool {
        self.bytes.get(self.at + 1) == Some(&byte)
    }

    fn comment(&mut self) {
        let rest = &self.text[self.at..];
        let line = rest.split('\n').next().unwrap_or(rest);
        let end = self.at + line.trim_end_matches('\r').len();
        self.out.comments.push(Span::new(self.source, self.at, end));
        self.at = end;
    }

    /// Adds a token that ends at `end`.
    fn push_to(&mut self, kind: Kind, keyword: Option<Keyword>, end: usize) {
        let mut flags = Flags::default();
        if self.fresh_line {
            flags.set(Flags::LINE_START);
        }
        if self.at == 0 || self.bytes[self.at - 1] == b'\n' {
            flags.set(Flags::MARGIN);
        }
        if self.out.tokens.last().is_some_and(|t| t.span.end as usize == self.at) {
            flags.set(Flags::GLUED);
        }
        let span = Span::new(self.source, self.at, end);
        self.out.tokens.push(Token { kind, keyword, flags, span, text: &self.text[self.at..end] });
        self.fresh_line = false;
        self.at = end;
    }

    fn push(&mut self, kind: Kind, len: usize) {
        self.push_to(kind, None, self.at + len);
    }

    /// A string whose quote stands at `open`.
    fn quoted(&mut self, open: usize, kind: Kind) {
        let found = strings::scan(self.bytes, open);
        let end = found.unwrap_or_else(|line_end| open + self.text[open..line_end].trim_end().len());
        let span = Span::new(self.source, self.at, end);
        let text = &self.text[self.at..end];
        let shift = found.err().and_then(|_| self.unpaired());
        if self.out.diagnostics.len() > MOST_TOLD {
            // Nothing more is told.
        } else if found.is_err() {
            self.out.diagnostics.push(match shift {
                Some(at) => errors::unpaired(self.out.tokens[at].span),
                None => errors::unterminated(span, text),
            });
        } else if kind == Kind::Text {
            errors::escapes(span, text, &mut self.out.diagnostics);
        }
        self.push_to(kind, None, end);
        if found.is_err()
            && let Some(token) = self.out.tokens.last_mut()
        {
            token.flags.set(Flags::TAINTED);
        }
        for token in shift.map(|at| &mut self.out.tokens[at..]).into_iter().flatten() {
            token.flags.set(Flags::UNPAIRED);
        }
    }

    /// The word or number next to which an earlier quote of the line is missing: the first one that touches a string, as `pid`
    /// in `pid": "1"`. The string that does not end is then a consequence.
    fn unpaired(&self) -> Option<usize> {
        let tokens = &self.out.tokens;
        let from = if self.fresh_line { tokens.len() } else { tokens.iter().rposition(|t| t.has(Flags::LINE_START))? };
        let bare = |t: &Token<'_>| t.kind == Kind::Number || t.kind == Kind::Word && t.keyword.is_none_or(|k| !k.reserved());
        let text = |kind: Kind| matches!(kind, Kind::Text | Kind::RawText);
        let touching = |at: &usize| {
            let (one, next) = (&tokens[*at], tokens.get(at + 1));
            let touches = next.map_or(one.span.end as usize == self.at, |t| t.has(Flags::GLUED));
            let (texts, bares) = (next.is_none_or(|t| text(t.kind)), next.is_some_and(bare));
            touches && (bare(one) && texts || text(one.kind) && bares)
        };
        (from..tokens.len()).find(touching).map(|at| if bare(&tokens[at]) { at } else { at + 1 })
    }

    fn word_or_other(&mut self) {
        let number = words::number_len(&self.bytes[self.at..]);
        let end = self.word_end();
        if number > 0 && self.number_stands_alone(number, end) {
            return self.push(Kind::Number, number);
        }
        if end == self.at {
            return self.other();
        }
        let text = &self.text[self.at..end];
        let before_quote = matches!(self.bytes.get(end), Some(b'\'' | b'"'));
        match text {
            "r" if before_quote => self.quoted(end, Kind::RawText),
            "t" if before_quote => self.quoted(end, Kind::TimeText),
            _ => self.push_to(Kind::Word, Keyword::find(text), end),
        }
    }

    /// Whether a number of this length is a token, though word characters may follow: `3AND`, `5d`.
    fn number_stands_alone(&self, len: usize, word_end: usize) -> bool {
        let rest = self.text.get(self.at + len..word_end).unwrap_or("");
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        rest.is_empty()
            || letters == rest.len() && (Keyword::find(rest).is_some() || crate::time::duration::unit_nanos(rest).is_some())
    }

    /// Where the word at the current place ends; the place itself where none begins.
    fn word_end(&self) -> usize {
        let mut end = self.at;
        while let Some(&byte) = self.bytes.get(end) {
            end += match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'/' | b'-' | b'@' | b'~' | b'$' | b'%' | b'?' | b'\\' => 1,
                b':' if end > self.at => 1,
                b'[' if end > self.at => match self.index_len(end) {
                    0 => break,
                    len => len,
                },
                b'\'' if end > self.at && self.bytes[end - 1] == b'.' => match self.quoted_segment_len(end) {
                    0 => break,
                    len => len,
                },
                0x80.. => match self.text[end..].chars().next() {
                    Some(c) if c.is_alphanumeric() || words::in_name(c) => c.len_utf8(),
                    _ => break,
                },
                _ => break,
            };
        }
        end
    }

    /// Length of `[*]` at `open`, or of `[0]` where the word before is not reserved (`IN[0]`); else 0.
    fn index_len(&self, open: usize) -> usize {
        let digits = self.bytes[open + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        let reserved = Keyword::find(&self.text[self.at..open]).is_some_and(Keyword::reserved);
        let inside = match self.bytes.get(open + 1) {
            Some(b'*') => 1,
            _ if reserved => 0,
            _ => digits,
        };
        if inside > 0 && self.bytes.get(open + 1 + inside) == Some(&b']') { inside + 2 } else { 0 }
    }

    /// Length of `'SHA-256'` at `open`; 0 where this is no segment of an attribute.
    fn quoted_segment_len(&self, open: usize) -> usize {
        let inside = self.bytes[open + 1..].iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        if inside > 0 && self.bytes.get(open + 1 + inside) == Some(&b'\'') { inside + 2 } else { 0 }
    }

    /// A blank beyond ASCII, a typographic quote, or a character that begins no token.
    fn other(&mut self) {
        let rest = &self.text[self.at..];
        let Some(c) = rest.chars().next() else { return };
        if c.is_whitespace() || c == '\u{feff}' && self.at == 0 {
            self.at += c.len_utf8();
            return;
        }
        let len = match errors::typographic_len(rest) {
            Some(len) => len,
            None if rest.starts_with("&&") || rest.starts_with("||") => 2,
            None => c.len_utf8(),
        };
        let span = Span::new(self.source, self.at, self.at + len);
        let kind = if len > c.len_utf8() && !c.is_ascii() { Kind::Text } else { Kind::Invalid };
        if &rest[..len] == "|" && self.told_on_this_line("|") {
            return self.push(kind, len);
        }
        if self.out.diagnostics.len() <= MOST_TOLD {
            self.out.diagnostics.push(errors::invalid(span, &rest[..len]));
        } else if let Some(last) = self.out.tokens.last_mut().filter(|last| last.kind == kind && last.span.end == span.start) {
            // Nothing more is told of them, so a whole row of them is one token.
            last.span = last.span.to(span);
            last.text = &self.text[last.span.start as usize..self.at + len];
            self.at += len;
            return;
        }
        self.push(kind, len);
    }

    /// Whether the line has shortly before a character that means nothing, and this is the same again. Pipes come in rows, of
    /// commands or in an expression without quotes: one cause is told once.
    fn told_on_this_line(&self, text: &str) -> bool {
        const NEAR: usize = 32;
        let tokens = &self.out.tokens;
        let near = &tokens[tokens.len().saturating_sub(NEAR)..];
        let line = near.iter().rposition(|t| t.has(Flags::LINE_START)).unwrap_or(0);
        !self.fresh_line && near[line..].iter().any(|t| t.kind == Kind::Invalid && t.text == text)
    }
}

/// The tokens of a source, one a line: place, kind, text.
pub fn listing(sources: &SourceSet, id: SourceId) -> String {
    let mut out = String::new();
    for token in &lex(id, &sources.get(id).text).tokens {
        let kind = match token.keyword.filter(|k| k.reserved()) {
            Some(keyword) => format!("Keyword({})", keyword.word()),
            None => format!("{:?}", token.kind),
        };
        let _ = writeln!(out, "{:<12} {kind:<20} {}", format!("{:?}", token.span), strings::visible(token.text));
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &str) -> Vec<&str> {
        lex(SourceId(0), text).tokens.iter().map(|t| t.text).collect()
    }

    fn blank(c: char) -> bool {
        c.is_whitespace() || c == '\u{feff}'
    }

    fn kinds(text: &str) -> Vec<Kind> {
        lex(SourceId(0), text).tokens.iter().map(|t| t.kind).collect()
    }

    #[test]
    fn no_blank_is_needed_where_classes_change() {
        assert_eq!(texts("pid=3AND name='x'AND y>=-2.5"), ["pid", "=", "3", "AND", "name", "=", "'x'", "AND", "y", ">=", "-2.5"]);
        assert_eq!(texts("BIN(t,5m)LAST 5d#c"), ["BIN", "(", "t", ",", "5", "m", ")", "LAST", "5", "d"]);
        assert_eq!(texts("LIKE'a'IN[3]IN(4)"), ["LIKE", "'a'", "IN", "[", "3", "]", "IN", "(", "4", ")"]);
    }

    #[test]
    fn words_are_the_longest_match() {
        for word in [
            "stixshifter://bh22-windows-192.168.56.111",
            "file:///tmp/lab101.json",
            "opened_connection_refs[*].dst_ref.value",
            "binary_ref.hashes.'SHA-256'",
            "extensions.'windows-service-ext'.service_name",
            "2021-04-01T00:00:00.5Z",
            "/tmp/x.csv.gz",
            "process:name",
            "1.2.3.4",
            "2021.csv",
            "C:\\x",
            "~/x",
            "é",
            "./3",
            "values[0].name",
        ] {
            assert_eq!(texts(word), [word]);
            assert_eq!(kinds(word), [Kind::Word]);
        }
    }

    #[test]
    fn strings_have_their_prefix() {
        assert_eq!(
            kinds("'a' \"b\" r'c' t'd' R'e'"),
            [Kind::Text, Kind::Text, Kind::RawText, Kind::TimeText, Kind::Word, Kind::Text]
        );
        assert_eq!(texts("'a # b' # c 'd'"), ["'a # b'"]);
    }

    #[test]
    fn json_is_split() {
        assert_eq!(texts(r#"{"a":-1,"b":true}"#), ["{", "\"a\"", ":", "-1", ",", "\"b\"", ":", "true", "}"]);
    }

    #[test]
    fn a_string_ends_with_its_line() {
        let lexed = lex(SourceId(0), "x = 'abc  \ny = 'd'");
        assert_eq!(lexed.tokens.iter().map(|t| t.text).collect::<Vec<_>>(), ["x", "=", "'abc", "y", "=", "'d'"]);
        assert_eq!(lexed.diagnostics.len(), 1);
        assert_eq!(lexed.diagnostics[0].primary.span, Span::new(SourceId(0), 4, 8));
    }

    #[test]
    fn typographic_quotes_are_one_mistake() {
        let lexed = lex(SourceId(0), "name = ‘svchost.exe’ AND");
        assert_eq!(lexed.tokens.len(), 4);
        assert_eq!(lexed.diagnostics.len(), 1);
        assert_eq!(lexed.diagnostics[0].helps[0].replace.as_ref().unwrap().1, "'svchost.exe'");
    }

    proptest! {
        #[test]
        fn tokens_blanks_and_comments_are_the_text(text in r#"([a-zA-Z0-9_.:/\-'"\\#=<>!\[\](){},+*;é‘’ \n\t]|GET |AND |[^a])*"#) {
            let lexed = lex(SourceId(0), &text);
            let mut pieces: Vec<Span> = lexed.tokens.iter().map(|t| t.span).chain(lexed.comments.iter().copied()).collect();
            pieces.sort();
            let mut at = 0;
            for piece in pieces {
                let gap = &text[at..piece.start as usize];
                prop_assert!(gap.chars().all(blank), "{gap:?}");
                prop_assert!(piece.start < piece.end);
                at = piece.end as usize;
            }
            prop_assert!(text[at..].chars().all(blank));
        }
    }
}
