//! One mistake, one message: where one edit of a token makes a broken stretch of statements readable, the first message
//! about it stands for all, and the statements are those of the edited text.
//!
//! Two mistakes that have nothing to do with each other are never mended by one edit, so neither hides the other.

use super::fault::{Expect, ExpectSet, Fault, Tokens};
use super::grammar::P;
use super::scan;
use super::token::{Class, Flags, Keyword, Kind, Token};
use crate::diag::Severity;
use crate::diag::codes::syntax::{BAD_DURATION, NOT_A_STATEMENT};
use crate::source::Span;
use chumsky::Parser;

/// The statements of a program, which this room knows by their places alone.
pub(crate) trait Statements {
    /// A statement.
    type Statement;

    /// The grammar of any number of them.
    fn grammar<'t>() -> P<'t, Vec<Self::Statement>>;

    /// Where one stands.
    fn place(statement: &Self::Statement) -> Span;
}

/// The name that a repair puts where one is missing; it is never bound, and nothing is said of it.
pub(crate) const MISSING: &str = "missing";

/// Longest stretch that is repaired, and how many are tried in one text: hostile texts cost time in proportion.
const LONGEST: usize = 200;
const MOST: usize = 20;

/// How many tokens before a fault the mistake may lie.
const REACH: usize = 8;

/// How many tokens behind a fault it may lie.
const AHEAD: usize = 2;

/// Repairs the stretches around the faults: `statements` get their repaired forms, and faults that a repair explains are
/// gone but for the first. Gives the places about which later passes are to say nothing.
pub(crate) fn repair<L: Statements>(
    tokens: &[Token<'_>],
    statements: &mut Vec<L::Statement>,
    faults: Vec<Fault>,
) -> (Vec<Fault>, Vec<Span>) {
    let mut faults: Vec<(usize, Fault)> = faults.into_iter().map(|fault| (position(tokens, &fault), fault)).collect();
    faults.retain(|(at, _)| tokens.get(*at).is_none_or(|t| !t.has(Flags::UNPAIRED)));
    faults.sort_by_key(|(at, _)| *at);
    let mut kept = Vec::with_capacity(faults.len());
    let mut unread = Vec::new();
    let mut tried = 0;
    let mut rest = faults.into_iter().peekable();
    while let Some((at, first)) = rest.next() {
        unread.push(part(tokens, at));
        let stretch = stretch(tokens, statements.iter().map(L::place), at, &first);
        let mut others = Vec::new();
        while let Some(other) = rest.next_if(|(other, fault)| stretch.covers(*other, fault)) {
            others.push(other);
        }
        tried += 1;
        let spoilt = spoils(&first) || others.iter().any(|(_, fault)| spoils(fault));
        let repaired = (spoilt && tried <= MOST && stretch.len() <= LONGEST)
            .then(|| repaired::<L>(&tokens[stretch.from..stretch.to], at - stretch.from, first.expected));
        kept.push(first);
        match repaired.flatten() {
            Some(repaired) => {
                unread.extend(repaired.inserted);
                let inside = |s: &L::Statement| stretch.holds(tokens, L::place(s));
                let begin = statements.iter().position(inside).unwrap_or(statements.len());
                let count = statements[begin..].iter().take_while(|s| inside(s)).count();
                statements.splice(begin..begin + count, repaired.statements);
            }
            None => {
                let mut parts = vec![part(tokens, at)];
                for (at, fault) in others {
                    let part = part(tokens, at);
                    let echo = fault.told.is_none() && parts.contains(&part);
                    parts.push(part);
                    kept.extend((!echo).then_some(fault));
                }
                unread.extend(parts);
            }
        }
    }
    (kept, unread)
}

/// Whether the statements around a fault may have been misread: a production that has a replacement to offer knows what
/// was meant, and went on from there.
fn spoils(fault: &Fault) -> bool {
    let Some(told) = &fault.told else { return true };
    let guessed = [&NOT_A_STATEMENT, &BAD_DURATION].contains(&told.code);
    let meant = told.helps.iter().any(|help| help.replace.is_some()) && !guessed;
    !meant && told.severity == Severity::Error
}

/// Index of the token that a fault is about.
fn position(tokens: &[Token<'_>], fault: &Fault) -> usize {
    match &fault.told {
        Some(told) => tokens.partition_point(|t| t.span.end <= told.primary.span.start),
        None => fault.at,
    }
}

/// The statements that one mistake may have spoilt: whole lines of them.
struct Stretch {
    from: usize,
    to: usize,
}

impl Stretch {
    fn len(&self) -> usize {
        self.to - self.from
    }

    /// Whether a fault at a token lies in it; what is missing at its end is noticed behind it.
    fn covers(&self, at: usize, fault: &Fault) -> bool {
        at < self.to || at == self.to && fault.told.is_none() && !fault.expected.has(Expect::Statement)
    }

    fn holds(&self, tokens: &[Token<'_>], span: Span) -> bool {
        let end = tokens.get(self.to).map_or(u32::MAX, |t| t.span.start);
        tokens.get(self.from).is_some_and(|t| t.span.start <= span.start) && span.start < end
    }
}

fn stretch(tokens: &[Token<'_>], spans: impl Iterator<Item = Span>, at: usize, fault: &Fault) -> Stretch {
    let starts: Vec<usize> = spans.map(|span| tokens.partition_point(|t| t.span.start < span.start)).collect();
    let mut own = starts.partition_point(|start| *start <= at).saturating_sub(1);
    // What is missing, or too much, at the end of a statement is noticed where the next one begins.
    if fault.told.is_none() && starts.get(own) == Some(&at) {
        own = own.saturating_sub(1);
    }
    while own > 0 && !tokens[starts[own]].has(Flags::LINE_START) {
        own -= 1;
    }
    let begins = |t: &Token<'_>| t.has(Flags::LINE_START) && t.has(Flags::OPENS);
    let from = starts.get(own).copied().unwrap_or(0);
    let behind = at.max(from + 1).min(tokens.len());
    let to = behind + tokens[behind..].iter().position(begins).unwrap_or(tokens.len() - behind);
    Stretch { from, to }
}

/// The part of a statement around a token: between words of clauses, AND, OR and commas.
fn part(tokens: &[Token<'_>], at: usize) -> Span {
    let begins = |t: &Token<'_>| {
        let word = matches!(t.keyword, Some(Keyword::And | Keyword::Or)) || t.keyword.is_some_and(|k| k.class() == Class::Clause);
        t.has(Flags::OPENS) || t.kind == Kind::Comma || word && !t.has(Flags::BEFORE_EQ)
    };
    let from = (0..at.min(tokens.len())).rev().find(|i| begins(&tokens[*i])).unwrap_or(0);
    let to = (at + 1..tokens.len()).find(|i| begins(&tokens[*i])).unwrap_or(tokens.len());
    match tokens.get(from..to) {
        Some([first, .., last]) => first.span.to(last.span),
        Some([only]) => only.span,
        _ => Span::new(crate::source::SourceId(0), 0, 0),
    }
}

struct Repaired<S> {
    statements: Vec<S>,
    /// Where something was put in.
    inserted: Option<Span>,
}

/// The stretch with one edit near `at`, if one makes it readable.
fn repaired<L: Statements>(tokens: &[Token<'_>], at: usize, expected: ExpectSet) -> Option<Repaired<L::Statement>> {
    let texts: Vec<(Vec<Token<'_>>, Option<Span>)> = edits(tokens, at, expected).into_iter().map(|e| e.apply(tokens)).collect();
    let grammar = L::grammar();
    let mut found: Option<Repaired<L::Statement>> = None;
    for (edited, inserted) in &texts {
        let edited: Tokens<'_> = edited;
        let (statements, faults) = grammar.parse(edited).into_output_errors();
        let Some(statements) = statements.filter(|_| faults.is_empty()) else { continue };
        // A line holds one statement, as a rule: an edit that leaves two is the second choice.
        let lines = edited.iter().filter(|t| t.has(Flags::LINE_START) && t.has(Flags::OPENS)).count();
        if found.as_ref().is_none_or(|f| statements.len() < f.statements.len()) {
            let done = statements.len() <= lines.max(1);
            found = Some(Repaired { statements, inserted: *inserted });
            if done {
                break;
            }
        }
    }
    found
}

/// One edit.
struct Edit {
    /// Tokens from here …
    at: usize,
    /// … so many, are replaced …
    removed: usize,
    /// … by these.
    put: Put,
}

enum Put {
    Nothing,
    Swapped,
    New(New),
}

/// Tokens to put in.
type New = &'static [(Kind, &'static str)];

const NAME: New = &[(Kind::Word, MISSING)];

impl Edit {
    /// The edited tokens, and the place of new ones.
    fn apply<'s>(&self, tokens: &[Token<'s>]) -> (Vec<Token<'s>>, Option<Span>) {
        let behind = self.at + self.removed;
        let mut out = tokens[..self.at].to_vec();
        let place = match (self.at.checked_sub(1).and_then(|b| tokens.get(b)), tokens.get(self.at)) {
            (Some(before), _) => before.span.after(),
            (None, Some(first)) => Span { end: first.span.start, ..first.span },
            (None, None) => Span::new(crate::source::SourceId(0), 0, 0),
        };
        let mut inserted = None;
        match self.put {
            Put::Nothing => {}
            Put::Swapped => {
                let (one, other) = (tokens[self.at], tokens[self.at + 1]);
                out.push(Token { flags: one.flags, ..other });
                out.push(Token { flags: other.flags, ..one });
            }
            Put::New(new) => {
                inserted = Some(place);
                for (kind, text) in new {
                    let keyword = (*kind == Kind::Word).then(|| Keyword::find(text)).flatten();
                    out.push(Token { kind: *kind, keyword, flags: Flags::default(), span: place, text });
                }
            }
        }
        let edited = out.len();
        out.extend_from_slice(&tokens[behind..]);
        // The first token of a line stays one: what takes its place, or stands before a lone `=`.
        let line = Flags::LINE_START;
        let heads = tokens.get(self.at).is_some_and(|t| t.has(line) && (self.removed > 0 || t.kind == Kind::Eq));
        if heads && let Some(first) = out.get_mut(self.at) {
            first.flags.set(line);
            if let Some(next) = out.get_mut(edited).filter(|_| self.removed == 0) {
                next.flags.clear(line);
            }
        }
        scan::mark(&mut out);
        (out, inserted)
    }
}

/// The edits to try, the likely ones first.
fn edits(tokens: &[Token<'_>], at: usize, expected: ExpectSet) -> Vec<Edit> {
    let len = tokens.len();
    let delete = |at: usize| (at < len).then_some(Edit { at, removed: 1, put: Put::Nothing });
    let swap = |at: usize| (at + 1 < len).then_some(Edit { at, removed: 2, put: Put::Swapped });
    let mut out = Vec::new();
    // The first name of a line is a target: what stands behind it is too much, rather than itself.
    let found = tokens.get(at);
    let put = |at: usize, removed: usize, new: New| (at + removed <= len).then_some(Edit { at, removed, put: Put::New(new) });
    let before = at.checked_sub(1);
    if found.is_some_and(|t| t.has(Flags::LINE_START)) {
        out.extend(found.filter(|t| t.kind == Kind::Eq).and_then(|_| put(at, 0, NAME)));
        out.extend(delete(at + 1));
    }
    if found.is_some_and(|t| t.kind.opens()) {
        out.extend(before.and_then(|before| put(before, 0, &[(Kind::CloseBrace, "}")])));
    }
    out.extend(delete(at));
    out.extend(before.and_then(delete));
    out.extend(before.and_then(swap));
    out.extend(swap(at));
    let at_end = at.min(len);
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

/// What is lost without leaving a fault at its place.
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

/// Commands that may be lost behind `=`.
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
