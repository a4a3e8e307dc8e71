//! One mistake, one message: where one edit of a token makes a broken stretch of statements readable, the first message
//! about it stands for all, and the statements are those of the edited text.
//!
//! Two mistakes that have nothing to do with each other are never mended by one edit, so neither hides the other.

mod edits;
mod mend;

pub(crate) use mend::Statements;

use super::token::{Class, Flags, Keyword, Kind, Token};
use crate::diag::MOST_TOLD;
use crate::diag::codes::syntax::KEYWORD_AS_NAME;
use crate::source::Span;
use crate::syntax::errors::fault::{Expect, Fault};
use foldhash::HashSet;
use mend::{mend, spoils};

/// How many tokens are read again for one text, so that a hostile one costs little more than its length.
const BUDGET: usize = 400_000;

/// Most tokens before and after a fault that count as its part of the statement.
const WIDEST: usize = 40;

/// Repairs the stretches around the faults: `statements` get their repaired forms, and one fault remains for each mistake. Also
/// gives the places about which later passes report nothing.
pub(crate) fn repair<L: Statements>(
    tokens: &[Token<'_>],
    statements: &mut Vec<L::Statement>,
    faults: Vec<Fault>,
) -> (Vec<Fault>, Vec<Span>) {
    let mut faults: Vec<(usize, Fault)> = faults.into_iter().map(|fault| (fault.position(tokens), fault)).collect();
    faults.retain(|(at, _)| tokens.get(*at).is_none_or(|t| !t.has(Flags::UNPAIRED)));
    faults.sort_by_key(|(at, _)| *at);
    // One more than is told, so that it is seen that there are more.
    faults.truncate(MOST_TOLD + 1);
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
        let wanted = own.iter().position(|(_, fault)| spoils(fault));
        let broken = &tokens[stretch.from..stretch.to];
        let mended = wanted.and_then(|wanted| {
            let (at, fault) = &own[wanted];
            Some((wanted, mend::<L>(broken, at - stretch.from, fault.expected, &mut budget)?))
        });
        if let Some((wanted, mended)) = mended {
            unread.extend(mended.touched);
            own.truncate(wanted + 1);
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
            // A second fault in the same part of a statement is an echo of the first.
            let part = part(tokens, at);
            let echo = fault.told.is_none() && last == Some(part);
            kept.extend((!echo).then_some(fault));
            unread.extend((last != Some(part)).then_some(part));
            last = Some(part);
        }
    }
    (kept, unread)
}

/// Drops the faults where a keyword is used that the file wrongly binds as a variable: the binding is the one mistake. Gives
/// the places of these faults.
fn drop_misnamed(tokens: &[Token<'_>], faults: &mut Vec<(usize, Fault)>) -> Vec<Span> {
    let text = |at: usize| tokens.get(at).map(|t| t.text);
    let binds = |fault: &Fault| fault.told.as_ref().is_some_and(|told| told.code == &KEYWORD_AS_NAME);
    let misnamed: HashSet<_> = faults.iter().filter(|(_, fault)| binds(fault)).map(|(at, _)| text(*at)).collect();
    let uses = |at: usize| tokens.get(at).is_some_and(|t| t.has(Flags::BOUND)) && misnamed.contains(&text(at));
    let mut told = HashSet::default();
    let mut dropped = Vec::new();
    faults.retain(|(at, fault)| {
        let keep = if binds(fault) { !told.contains(&text(*at)) } else { !uses(*at) && !at.checked_sub(1).is_some_and(uses) };
        told.extend(binds(fault).then(|| text(*at)));
        dropped.extend((!keep).then(|| part(tokens, *at)));
        keep
    });
    dropped
}

/// The statements that one mistake may have spoilt: whole lines of them.
struct Stretch {
    from: usize,
    to: usize,
}

impl Stretch {
    /// Whether a fault at a token lies in it. What is missing at its end shows at the token after it.
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
    let from = start(own).min(at).min(tokens.len());
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
