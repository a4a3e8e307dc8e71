//! A broken stretch of statements read again, with one edit for each mistake.

use super::edits::{Edited, edits};
use crate::diag::Severity;
use crate::diag::codes::syntax::{BAD_DURATION, BAD_NAME, BAD_ROWS, NOT_A_STATEMENT};
use crate::source::Span;
use crate::syntax::errors::fault::{ExpectSet, Fault};
use crate::syntax::grammar::P;
use crate::syntax::token::{Flags, Token};
use chumsky::Parser;

/// The statements of a program, of which repairs know the places only.
pub(crate) trait Statements {
    type Statement;

    /// The grammar of any number of them.
    fn grammar<'t>() -> P<'t, Vec<Self::Statement>>;

    /// The place of a statement.
    fn place(statement: &Self::Statement) -> Span;
}

/// How many tokens must be readable after an edit for the next fault to be another mistake.
const FAR: usize = 5;

/// Most mistakes that are looked for in one stretch.
const ROUNDS: usize = 4;

/// Whether the statements around a fault may have been misread. A production that offers a replacement knew what was meant, and
/// went on from there.
pub(super) fn spoils(fault: &Fault) -> bool {
    let Some(told) = &fault.told else { return true };
    let guessed = [&NOT_A_STATEMENT, &BAD_DURATION, &BAD_NAME, &BAD_ROWS].contains(&told.code);
    let meant = told.helps.iter().any(|help| help.replace.is_some()) && !guessed;
    !meant && told.severity == Severity::Error
}

/// A stretch as it reads after the edits.
pub(super) struct Mended<S> {
    pub(super) statements: Vec<S>,
    /// Further mistakes, with the index of the token that each is about.
    pub(super) faults: Vec<(usize, Fault)>,
    /// Where something was inserted or swapped.
    pub(super) touched: Vec<Span>,
}

/// The stretch with one edit for each mistake: the first near `at`, the next wherever reading stops again far enough from
/// there.
pub(super) fn mend<L: Statements>(
    tokens: &[Token<'_>],
    at: usize,
    expected: ExpectSet,
    budget: &mut usize,
) -> Option<Mended<L::Statement>> {
    let mut text = Edited { tokens: tokens.to_vec(), origins: (0..tokens.len()).collect(), touched: Vec::new(), end: 0 };
    let (mut at, mut expected) = (at, expected);
    let mut faults = Vec::new();
    let mut best = None;
    for _ in 0..ROUNDS {
        let Some((edited, statements, found)) = edited::<L>(&text, at, expected, budget) else { break };
        text = edited;
        let next = found.iter().position(|(_, fault)| spoils(fault));
        let further = next.map(|next| (found[next].0, found[next].1.expected));
        let original = |at: usize| text.origins.get(at).copied().unwrap_or(tokens.len());
        let mut found: Vec<_> = found.into_iter().map(|(at, fault)| (original(at), fault.at(original(at)))).collect();
        let more = next.map_or(Vec::new(), |next| found.split_off(next));
        faults.extend(found);
        best = Some((statements, faults.len(), more.clone()));
        let Some(further) = further else { break };
        faults.extend(more.into_iter().take(1));
        (at, expected) = further;
    }
    let (statements, kept, more) = best?;
    faults.truncate(kept);
    faults.extend(more);
    Some(Mended { statements, faults, touched: text.touched })
}

type Reading<'s, S> = (Edited<'s>, Vec<S>, Vec<(usize, Fault)>);

/// The first of the likely edits that leaves no fault, else the one after which reading gets furthest.
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
    let mut best = None;
    let mut best_rank = (0, 0);
    for (index, edited) in all.iter().enumerate() {
        let (statements, faults) = grammar.parse(&edited.tokens[..]).into_output_errors();
        let mut faults: Vec<(usize, Fault)> = faults.into_iter().map(|f| (f.position(&edited.tokens), f)).collect();
        faults.retain(|(before, fault)| *before >= at || spoils(fault));
        faults.sort_by_key(|(at, _)| *at);
        let reached = faults.first().map_or(usize::MAX, |(at, _)| *at);
        let Some(statements) = statements.filter(|_| reached >= edited.end.max(at) + FAR || reached == usize::MAX) else {
            continue;
        };
        // A line holds one statement, as a rule: an edit that leaves two is the second choice.
        let lines = edited.tokens.iter().filter(|t| t.has(Flags::LINE_START) && t.has(Flags::OPENS)).count();
        let rank = (reached, usize::MAX - statements.len().max(lines.max(1)));
        if best.is_none() || rank > best_rank {
            let done = reached == usize::MAX && statements.len() <= lines.max(1);
            best = Some((index, statements, faults));
            best_rank = rank;
            if done {
                break;
            }
        }
    }
    let (index, statements, faults) = best?;
    drop(grammar);
    Some((all.into_iter().nth(index)?, statements, faults))
}
