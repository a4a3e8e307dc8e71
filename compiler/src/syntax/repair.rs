//! One mistake, one message: where one edit of a token makes a broken stretch of statements readable, the first message
//! about it stands for all, and the statements are those of the edited text.
//!
//! Two mistakes that have nothing to do with each other are never mended by one edit, so neither hides the other.

use super::ast::Ident;
use super::fault::{Expect, ExpectSet, Fault};
use super::grammar::P;
use super::scan;
use super::token::{Class, Flags, Keyword, Kind, Token};
use crate::diag::Severity;
use crate::diag::codes::syntax::{BAD_DURATION, KEYWORD_AS_NAME, NOT_A_STATEMENT};
use crate::source::Span;
use chumsky::Parser;
use rustc_hash::FxHashSet;

/// The statements of a program, which this room knows by their places alone.
pub(crate) trait Statements {
    /// A statement.
    type Statement;

    /// The grammar of any number of them.
    fn grammar<'t>() -> P<'t, Vec<Self::Statement>>;

    /// Where one stands.
    fn place(statement: &Self::Statement) -> Span;
}

/// The name that a repair puts where one is missing.
const MISSING: &str = Ident::MISSING;

/// How many tokens are read again for one text, so that a hostile one costs little more than its length.
const BUDGET: usize = 400_000;

/// How far the part of a statement around a fault reaches at most.
const WIDEST: usize = 40;

/// How many tokens before a fault the mistake may lie.
const REACH: usize = 8;

/// How many tokens behind a fault it may lie.
const AHEAD: usize = 2;

/// How many tokens must be read behind an edit for the next fault to be another mistake, and how many are looked for.
const FAR: usize = 5;
const ROUNDS: usize = 4;

/// Repairs the stretches around the faults: `statements` get their repaired forms, and what remains of the faults is one
/// for each mistake. Gives the places about which later passes are to say nothing.
pub(crate) fn repair<L: Statements>(
    tokens: &[Token<'_>],
    statements: &mut Vec<L::Statement>,
    faults: Vec<Fault>,
) -> (Vec<Fault>, Vec<Span>) {
    let mut faults: Vec<(usize, Fault)> = faults.into_iter().map(|fault| (position(tokens, &fault), fault)).collect();
    faults.retain(|(at, _)| tokens.get(*at).is_none_or(|t| !t.has(Flags::UNPAIRED)));
    faults.sort_by_key(|(at, _)| *at);
    let mut kept = Vec::with_capacity(faults.len());
    let mut unread = drop_misnamed(tokens, &mut faults);
    let mut budget = BUDGET;
    let mut rest = faults.into_iter().peekable();
    while let Some((at, first)) = rest.next() {
        let stretch = stretch::<L>(tokens, statements, at, &first);
        let mut own = vec![(at, first)];
        while let Some(other) = rest.next_if(|(other, fault)| stretch.covers(*other, fault)) {
            own.push(other);
        }
        let wanted = own.iter().any(|(_, fault)| spoils(fault));
        let broken = &tokens[stretch.from..stretch.to];
        let mended = wanted.then(|| mend::<L>(broken, at - stretch.from, own[0].1.expected, &mut budget)).flatten();
        if let Some(mended) = mended {
            unread.extend(mended.inserted);
            own.truncate(1);
            own.extend(mended.faults.into_iter().map(|(at, fault)| (at + stretch.from, fault.moved(stretch.from))));
            let before = |at: usize| {
                let end = tokens.get(at).map_or(u32::MAX, |t| t.span.start);
                statements.partition_point(|s| L::place(s).start < end)
            };
            let inside = before(stretch.from)..before(stretch.to);
            statements.splice(inside, mended.statements);
        }
        let mut last = None;
        for (at, fault) in own {
            // What stands beside a fault in one part of a statement is its echo.
            let part = part(tokens, at);
            let echo = fault.told.is_none() && last == Some(part);
            kept.extend((!echo).then_some(fault));
            unread.extend((last != Some(part)).then_some(part));
            last = Some(part);
        }
    }
    (kept, unread)
}

/// Drops what is said of uses of a keyword that the file wrongly binds as a variable: the binding is the one mistake. Gives
/// the places of what it drops.
fn drop_misnamed(tokens: &[Token<'_>], faults: &mut Vec<(usize, Fault)>) -> Vec<Span> {
    let text = |at: usize| tokens.get(at).map(|t| t.text);
    let binds = |fault: &Fault| fault.told.as_ref().is_some_and(|told| told.code == &KEYWORD_AS_NAME);
    let misnamed: FxHashSet<_> = faults.iter().filter(|(_, fault)| binds(fault)).map(|(at, _)| text(*at)).collect();
    let uses = |at: usize| tokens.get(at).is_some_and(|t| t.has(Flags::BOUND)) && misnamed.contains(&text(at));
    let mut told = FxHashSet::default();
    let mut dropped = Vec::new();
    faults.retain(|(at, fault)| {
        let keep = if binds(fault) { !told.contains(&text(*at)) } else { !uses(*at) && !at.checked_sub(1).is_some_and(uses) };
        told.extend(binds(fault).then(|| text(*at)));
        dropped.extend((!keep).then(|| part(tokens, *at)));
        keep
    });
    dropped
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
}

fn stretch<L: Statements>(tokens: &[Token<'_>], statements: &[L::Statement], at: usize, fault: &Fault) -> Stretch {
    let start = |own: usize| {
        let from = statements.get(own).map_or(0, |s| L::place(s).start);
        tokens.partition_point(|t| t.span.start < from)
    };
    let place = tokens.get(at).map_or(u32::MAX, |t| t.span.start);
    let mut own = statements.partition_point(|s| L::place(s).start <= place).saturating_sub(1);
    // What is missing, or too much, at the end of a statement is noticed where the next one begins.
    if fault.told.is_none() && start(own) == at {
        own = own.saturating_sub(1);
    }
    while own > 0 && tokens.get(start(own)).is_some_and(|t| !t.has(Flags::LINE_START)) {
        own -= 1;
    }
    let begins = |t: &Token<'_>| t.has(Flags::LINE_START) && t.has(Flags::OPENS);
    let from = start(own).min(at);
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
    let (first, last) = (at.min(tokens.len()).saturating_sub(WIDEST), tokens.len().min(at + WIDEST));
    let from = (first..at.min(tokens.len())).rev().find(|i| begins(&tokens[*i])).unwrap_or(first);
    let to = (at + 1..last).find(|i| begins(&tokens[*i])).unwrap_or(last);
    match tokens.get(from..to) {
        Some([first, .., last]) => first.span.to(last.span),
        Some([only]) => only.span,
        _ => Span::new(crate::source::SourceId(0), 0, 0),
    }
}

/// A stretch as its edits read.
struct Mended<S> {
    statements: Vec<S>,
    /// Further mistakes, with the index of the token that each is about.
    faults: Vec<(usize, Fault)>,
    /// Where something was put in.
    inserted: Vec<Span>,
}

/// The stretch with one edit for each mistake: near `at`, then wherever reading stopped again far enough behind.
fn mend<L: Statements>(tokens: &[Token<'_>], at: usize, expected: ExpectSet, budget: &mut usize) -> Option<Mended<L::Statement>> {
    let mut text = Edited { tokens: tokens.to_vec(), origins: (0..tokens.len()).collect(), inserted: Vec::new(), end: 0 };
    let (mut at, mut expected) = (at, expected);
    let mut faults = Vec::new();
    let mut best = None;
    for _ in 0..ROUNDS {
        let Some((edited, statements, found)) = edited::<L>(&text, at, expected, budget) else { break };
        text = edited;
        let next = found.first().map(|(at, fault)| (*at, fault.expected));
        let original = |at: usize| text.origins.get(at).copied().unwrap_or(tokens.len());
        let mut found = found.into_iter().map(|(at, fault)| (original(at), fault.at(original(at))));
        let again = next.filter(|_| found.clone().any(|(_, fault)| spoils(&fault)));
        match again {
            Some((further, what)) => {
                best = Some((statements, faults.clone(), found.clone().collect::<Vec<_>>()));
                faults.extend(found.next());
                (at, expected) = (further, what);
            }
            None => {
                faults.extend(found);
                best = Some((statements, faults, Vec::new()));
                break;
            }
        }
    }
    let (statements, mut faults, more) = best?;
    faults.extend(more);
    Some(Mended { statements, faults, inserted: text.inserted })
}

type Reading<'s, S> = (Edited<'s>, Vec<S>, Vec<(usize, Fault)>);

/// The first of the likely edits that leaves no fault, else the one behind which reading goes furthest.
fn edited<'s, L: Statements>(
    text: &Edited<'s>,
    at: usize,
    expected: ExpectSet,
    budget: &mut usize,
) -> Option<Reading<'s, L::Statement>> {
    let edits = edits(&text.tokens, at, expected);
    *budget = budget.checked_sub(edits.len() * text.tokens.len())?;
    let all: Vec<Edited<'s>> = edits.into_iter().map(|edit| edit.apply(text)).collect();
    let grammar = L::grammar();
    let mut best: Option<(usize, (usize, usize), Vec<L::Statement>, Vec<(usize, Fault)>)> = None;
    for (index, edited) in all.iter().enumerate() {
        let (statements, faults) = grammar.parse(&edited.tokens[..]).into_output_errors();
        let mut faults: Vec<(usize, Fault)> = faults.into_iter().map(|f| (position(&edited.tokens, &f), f)).collect();
        faults.sort_by_key(|(at, _)| *at);
        let reached = faults.first().map_or(usize::MAX, |(at, _)| *at);
        let Some(statements) = statements.filter(|_| reached >= edited.end.max(at) + FAR || reached == usize::MAX) else {
            continue;
        };
        // A line holds one statement, as a rule: an edit that leaves two is the second choice.
        let lines = edited.tokens.iter().filter(|t| t.has(Flags::LINE_START) && t.has(Flags::OPENS)).count();
        let rank = (reached, usize::MAX - statements.len().max(lines.max(1)));
        if best.as_ref().is_none_or(|(_, before, ..)| rank > *before) {
            let done = reached == usize::MAX && statements.len() <= lines.max(1);
            best = Some((index, rank, statements, faults));
            if done {
                break;
            }
        }
    }
    let (index, _, statements, faults) = best?;
    drop(grammar);
    Some((all.into_iter().nth(index)?, statements, faults))
}

/// Tokens with edits.
struct Edited<'s> {
    tokens: Vec<Token<'s>>,
    /// For each token its index before all edits; of a new one that of the token behind it.
    origins: Vec<usize>,
    /// Where something was put in.
    inserted: Vec<Span>,
    /// Where the last edit ends.
    end: usize,
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
    fn apply<'s>(&self, text: &Edited<'s>) -> Edited<'s> {
        let behind = self.at + self.removed;
        let (tokens, mut origins) = (&text.tokens, text.origins.clone());
        let mut out = tokens[..self.at].to_vec();
        let place = match (self.at.checked_sub(1).and_then(|b| tokens.get(b)), tokens.get(self.at)) {
            (Some(before), _) => before.span.after(),
            (None, Some(first)) => Span { end: first.span.start, ..first.span },
            (None, None) => Span::new(crate::source::SourceId(0), 0, 0),
        };
        let mut inserted = text.inserted.clone();
        match self.put {
            Put::Nothing => _ = origins.drain(self.at..behind),
            Put::Swapped => {
                let (one, other) = (tokens[self.at], tokens[self.at + 1]);
                out.push(Token { flags: one.flags, ..other });
                out.push(Token { flags: other.flags, ..one });
            }
            Put::New(new) => {
                inserted.push(place);
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
        // The first token of a line stays one: what takes its place, or stands before a lone `=`.
        let line = Flags::LINE_START;
        let heads = tokens.get(self.at).is_some_and(|t| t.has(line) && (self.removed > 0 || t.kind == Kind::Eq));
        if heads && let Some(first) = out.get_mut(self.at) {
            first.flags.set(line);
            if let Some(next) = out.get_mut(end).filter(|_| self.removed == 0) {
                next.flags.clear(line);
            }
        }
        scan::mark(&mut out);
        Edited { tokens: out, origins, inserted, end }
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
