//! The edits that may mend a mistake: a token deleted, swapped with the next, inserted, or replaced.

use crate::source::{SourceId, Span};
use crate::syntax::ast::Ident;
use crate::syntax::errors::fault::{Expect, ExpectSet};
use crate::syntax::scan;
use crate::syntax::token::{Flags, Keyword, Kind, Token};

/// The name that a repair inserts where one is missing.
const MISSING: &str = Ident::MISSING;

/// How many tokens before a fault the mistake may lie.
const REACH: usize = 8;

/// How many tokens after a fault the mistake may lie.
const AHEAD: usize = 2;

/// Tokens with edits.
pub(super) struct Edited<'s> {
    pub(super) tokens: Vec<Token<'s>>,
    /// For each token its index before all edits; for an inserted one, that of the token after it.
    pub(super) origins: Vec<usize>,
    /// Where something was inserted or swapped: places and order there are not those of the text.
    pub(super) touched: Vec<Span>,
    /// Where the last edit ends.
    pub(super) end: usize,
}

/// One edit of the tokens.
pub(super) struct Edit {
    /// Tokens from here …
    at: usize,
    /// … this many are replaced …
    removed: usize,
    /// … by these.
    put: Put,
}

/// What takes the place of the removed tokens.
enum Put {
    Nothing,
    Swapped,
    New(New),
}

/// Tokens to insert.
type New = &'static [(Kind, &'static str)];

const NAME: New = &[(Kind::Word, MISSING)];

impl Edit {
    /// The text with this edit.
    pub(super) fn apply<'s>(&self, text: &Edited<'s>) -> Edited<'s> {
        let behind = self.at + self.removed;
        let (tokens, mut origins) = (&text.tokens, text.origins.clone());
        let mut out = tokens[..self.at].to_vec();
        let place = match (self.at.checked_sub(1).and_then(|b| tokens.get(b)), tokens.get(self.at)) {
            (Some(before), _) => before.span.after(),
            (None, Some(first)) => Span { end: first.span.start, ..first.span },
            (None, None) => Span::new(SourceId(0), 0, 0),
        };
        let mut touched = text.touched.clone();
        match self.put {
            Put::Nothing => _ = origins.drain(self.at..behind),
            Put::Swapped => {
                let (one, other) = (tokens[self.at], tokens[self.at + 1]);
                touched.push(one.span.to(other.span));
                out.push(Token { flags: one.flags, ..other });
                out.push(Token { flags: other.flags, ..one });
            }
            Put::New(new) => {
                touched.push(place);
                let origin = origins.get(self.at).copied().unwrap_or_else(|| origins.last().map_or(0, |last| last + 1));
                origins.splice(self.at..behind, new.iter().map(|_| origin));
                for (kind, text) in new {
                    let keyword = (*kind == Kind::Word).then(|| Keyword::find(text)).flatten();
                    out.push(Token { kind: *kind, keyword, flags: Flags::default(), span: place, text });
                }
            }
        }
        let end = out.len();
        out.extend_from_slice(&tokens[behind..]);
        // What takes the place of the first token of a line is first too; so is what is inserted before a lone `=`.
        let line = Flags::LINE_START;
        let heads = tokens.get(self.at).is_some_and(|t| t.has(line) && (self.removed > 0 || t.kind == Kind::Eq));
        if heads && let Some(first) = out.get_mut(self.at) {
            first.flags.set(line);
            if let Some(next) = out.get_mut(end).filter(|_| self.removed == 0) {
                next.flags.clear(line);
            }
        }
        scan::mark(&mut out);
        Edited { tokens: out, origins, touched, end }
    }
}

/// The edits to try, the likely ones first.
pub(super) fn edits(tokens: &[Token<'_>], at: usize, expected: ExpectSet) -> Vec<Edit> {
    let len = tokens.len();
    let delete = |at: usize| (at < len).then_some(Edit { at, removed: 1, put: Put::Nothing });
    let swap = |at: usize| (at + 1 < len).then_some(Edit { at, removed: 2, put: Put::Swapped });
    let mut out = Vec::new();
    // The first name of a line is a target: rather than the name, what follows it is too much.
    let found = tokens.get(at);
    let put = |at: usize, removed: usize, new: New| (at + removed <= len).then_some(Edit { at, removed, put: Put::New(new) });
    let before = at.checked_sub(1);
    let lone_eq = |at: usize| tokens.get(at).is_some_and(|t| t.kind == Kind::Eq && t.has(Flags::LINE_START));
    out.extend([at, at + 1].into_iter().filter(|at| lone_eq(*at)).filter_map(|at| put(at, 0, NAME)));
    if found.is_some_and(|t| t.has(Flags::LINE_START)) {
        out.extend(delete(at + 1));
    }
    if found.is_some_and(|t| t.kind.opens()) {
        out.extend(before.and_then(|before| put(before, 0, &[(Kind::CloseBrace, "}")])));
    }
    let at_end = at.min(len);
    // What ends too early lacks something; elsewhere something may be too much.
    out.extend(missing(expected).into_iter().filter(|_| at >= len).filter_map(|new| put(at_end, 0, new)));
    out.extend(delete(at));
    out.extend(before.and_then(delete));
    out.extend(before.and_then(swap));
    out.extend(swap(at));
    out.extend(missing(expected).into_iter().filter_map(|new| put(at_end, 0, new)));
    out.extend(missing(expected).into_iter().filter_map(|new| put(at, 1, new)));
    out.extend(missing(expected).into_iter().filter_map(|new| put(before?, 1, new)));
    for back in 0..=REACH + AHEAD {
        let Some(before) = (at + AHEAD).checked_sub(back) else { break };
        out.extend(swap(before));
        out.extend(delete(before).filter(|_| before != at && before + 1 != at));
    }
    let assigned = (2..=at_end).filter(|i| tokens[i - 1].kind == Kind::Eq && tokens[i - 2].has(Flags::LINE_START));
    out.extend(assigned.flat_map(|at| COMMANDS.iter().map(move |new| Edit { at, removed: 0, put: Put::New(new) })));
    for back in 0..=REACH {
        let Some(before) = at_end.checked_sub(back) else { break };
        out.extend(OFTEN_LOST.iter().map(|new| Edit { at: before, removed: 0, put: Put::New(new) }));
    }
    out
}

/// Tokens whose absence often gives a fault only further on.
const OFTEN_LOST: &[New] = &[
    &[(Kind::OpenParen, "(")],
    &[(Kind::OpenBracket, "[")],
    &[(Kind::OpenBrace, "{")],
    &[(Kind::Comma, ",")],
    &[(Kind::Eq, "=")],
    &[(Kind::Word, "WHERE")],
    &[(Kind::Word, "FROM")],
    &[(Kind::Word, "BY")],
    &[(Kind::CloseBrace, "}")],
    &[(Kind::Word, MISSING)],
];

/// Commands that may be missing after `=`.
const COMMANDS: &[New] =
    &[&[(Kind::Word, "GET")], &[(Kind::Word, "FIND")], &[(Kind::Word, "GROUP")], &[(Kind::Word, "SORT")], &[(Kind::Word, "JOIN")]];

/// The tokens of which one was expected.
fn missing(expected: ExpectSet) -> Vec<New> {
    const NAMES: [Expect; 10] = [
        Expect::Variable,
        Expect::EntityType,
        Expect::Relation,
        Expect::Attribute,
        Expect::Source,
        Expect::File,
        Expect::Analytic,
        Expect::Key,
        Expect::Alias,
        Expect::Statement,
    ];
    const OTHERS: [(Expect, New); 18] = [
        (Expect::Comparison, &[(Kind::Word, MISSING), (Kind::Eq, "="), (Kind::Text, "''")]),
        (Expect::Operator, &[(Kind::Eq, "=")]),
        (Expect::Value, &[(Kind::Text, "''")]),
        (Expect::Instant, &[(Kind::TimeText, "t'2020-01-01T00:00:00Z'")]),
        (Expect::Whole, &[(Kind::Number, "1")]),
        (Expect::Steps, &[(Kind::Number, "1")]),
        (Expect::Unit, &[(Kind::Word, "d")]),
        (Expect::Argument, &[(Kind::Word, MISSING), (Kind::Eq, "=")]),
        (Expect::JsonKey, &[(Kind::Text, "''")]),
        (Expect::JsonValue, &[(Kind::Text, "''")]),
        (Expect::Equals, &[(Kind::Eq, "=")]),
        (Expect::Comma, &[(Kind::Comma, ",")]),
        (Expect::Colon, &[(Kind::Colon, ":")]),
        (Expect::OpenParen, &[(Kind::OpenParen, "(")]),
        (Expect::CloseParen, &[(Kind::CloseParen, ")")]),
        (Expect::OpenBracket, &[(Kind::OpenBracket, "[")]),
        (Expect::CloseBracket, &[(Kind::CloseBracket, "]")]),
        (Expect::CloseBrace, &[(Kind::CloseBrace, "}")]),
    ];
    let names = NAMES.into_iter().any(|e| expected.has(e)).then_some(NAME);
    let others = OTHERS.into_iter().filter(|(e, _)| expected.has(*e)).map(|(_, new)| new);
    let keywords = KEYWORDS.iter().filter(|(k, _)| expected.has_keyword(*k)).map(|(_, new)| *new);
    names.into_iter().chain(others).chain(keywords).collect()
}

/// Keywords that a statement cannot do without at their place.
const KEYWORDS: &[(Keyword, New)] = &[
    (Keyword::On, &[(Kind::Word, "ON")]),
    (Keyword::To, &[(Kind::Word, "TO")]),
    (Keyword::By, &[(Kind::Word, "BY")]),
    (Keyword::Stop, &[(Kind::Word, "STOP")]),
    (Keyword::Null, &[(Kind::Word, "NULL")]),
    (Keyword::And, &[(Kind::Word, "AND")]),
    (Keyword::Where, &[(Kind::Word, "WHERE")]),
    (Keyword::From, &[(Kind::Word, "FROM")]),
    (Keyword::Attr, &[(Kind::Word, "ATTR")]),
    (Keyword::With, &[(Kind::Word, "WITH")]),
    (Keyword::As, &[(Kind::Word, "AS")]),
    (Keyword::Start, &[(Kind::Word, "START")]),
    (Keyword::Last, &[(Kind::Word, "LAST")]),
    (Keyword::Limit, &[(Kind::Word, "LIMIT")]),
    (Keyword::Offset, &[(Kind::Word, "OFFSET")]),
    (Keyword::Seconds, &[(Kind::Word, "SECONDS")]),
    (Keyword::Times, &[(Kind::Word, "TIMES")]),
    (Keyword::FollowedBy, &[(Kind::Word, "FOLLOWEDBY")]),
];
