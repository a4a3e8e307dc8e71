//! The scan between lexer and grammar. It notes on each token what its surroundings tell, so that the grammar looks at one
//! token.
//!
//! It drops invalid tokens, folds parts that nest too deep into one token, and marks where statements begin.

use super::token::{Class, Flags, Keyword, Kind, Token};
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::TOO_DEEP;

/// How deep brackets may nest.
pub(crate) const MAX_DEPTH: usize = 256;

/// Tokens as the grammar takes them.
#[derive(Debug)]
pub(crate) struct Scanned<'s> {
    /// Without invalid ones.
    pub tokens: Vec<Token<'s>>,
    /// Whether something invalid stands at the very end.
    pub tainted_end: bool,
}

/// Prepares tokens for the grammar.
pub(crate) fn scan<'s>(text: &'s str, tokens: Vec<Token<'s>>, diagnostics: &mut Vec<Diagnostic>) -> Scanned<'s> {
    let (tokens, tainted_end) = drop_invalid(tokens);
    let mut tokens = fold_deep(text, tokens, diagnostics);
    mark_before_eq(&mut tokens);
    mark_bound(&mut tokens);
    mark_openers(&mut tokens);
    Scanned { tokens, tainted_end }
}

/// Marks anew what an edit of the tokens may have changed; which words the file binds stays as it was.
pub(super) fn mark(tokens: &mut [Token<'_>]) {
    for token in tokens.iter_mut() {
        for flag in [Flags::BEFORE_EQ, Flags::OPENS, Flags::STRONG] {
            token.flags.clear(flag);
        }
    }
    mark_before_eq(tokens);
    mark_openers(tokens);
}

/// Marks words before `=`.
fn mark_before_eq(tokens: &mut [Token<'_>]) {
    for at in 0..tokens.len().saturating_sub(1) {
        if tokens[at].kind == Kind::Word && tokens[at + 1].kind == Kind::Eq && !target_lost(tokens, at + 1) {
            tokens[at].flags.set(Flags::BEFORE_EQ);
        }
    }
}

/// Whether a line begins with `= GET`: then the last word of the line before is not what it binds, unless it stands alone.
fn target_lost(tokens: &[Token<'_>], eq: usize) -> bool {
    let yields = tokens.get(eq + 1).and_then(|t| t.keyword).is_some_and(|k| k.class() == Class::Yield);
    yields && tokens[eq].has(Flags::LINE_START) && !tokens[eq - 1].has(Flags::LINE_START)
}

/// Takes invalid tokens out. The token after one, or after an unterminated string, is tainted.
fn drop_invalid(tokens: Vec<Token<'_>>) -> (Vec<Token<'_>>, bool) {
    let mut out = Vec::with_capacity(tokens.len());
    let (mut taint, mut line_start) = (false, false);
    for mut token in tokens {
        if token.kind == Kind::Invalid {
            taint = true;
            line_start |= token.has(Flags::LINE_START);
            continue;
        }
        let faulty = token.has(Flags::TAINTED);
        if taint {
            token.flags.set(Flags::TAINTED);
        }
        if line_start && taint {
            token.flags.set(Flags::LINE_START);
        }
        (taint, line_start) = (faulty, false);
        out.push(token);
    }
    (out, taint)
}

/// Replaces what nests deeper than [`MAX_DEPTH`] by one token.
fn fold_deep<'s>(text: &'s str, tokens: Vec<Token<'s>>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Token<'s>> {
    let depths =
        |t: &Token<'_>, depth: usize| if t.kind.opens() { depth + 1 } else { depth - usize::from(t.kind.closes() && depth > 0) };
    let deepest = tokens.iter().fold((0, 0), |(depth, max), t| {
        let depth = depths(t, depth);
        (depth, max.max(depth))
    });
    if deepest.1 <= MAX_DEPTH {
        return tokens;
    }
    let mut out: Vec<Token<'s>> = Vec::with_capacity(tokens.len());
    let (mut depth, mut reported) = (0, false);
    for token in tokens {
        let before = depth;
        depth = depths(&token, depth);
        if before > MAX_DEPTH || depth > MAX_DEPTH {
            match out.last_mut() {
                Some(last) if before > MAX_DEPTH => {
                    last.span = last.span.to(token.span);
                    last.text = text.get(last.span.start as usize..last.span.end as usize).unwrap_or(last.text);
                }
                _ => {
                    if !reported {
                        let message = format!("brackets nest deeper than {MAX_DEPTH} levels");
                        diagnostics.push(
                            Diagnostic::new(&TOO_DEEP, token.span, message).help("split the pattern over several statements"),
                        );
                        reported = true;
                    }
                    out.push(Token { kind: Kind::TooDeep, keyword: None, ..token });
                }
            }
        } else {
            out.push(token);
        }
    }
    out
}

/// Whether a name before `=` at this place may be the target of a statement, going by the token before it.
fn behind_statement(before: Option<&Token<'_>>) -> bool {
    let Some(before) = before else { return true };
    let joins = matches!(before.keyword, Some(Keyword::Where | Keyword::And | Keyword::Or | Keyword::Not | Keyword::With));
    !joins && !before.kind.opens() && before.kind != Kind::Comma
}

/// Marks reserved words that the file binds as variables, at every place. If the word begins a statement, binding it is the
/// mistake, and using it is not.
fn mark_bound(tokens: &mut [Token<'_>]) {
    let mut bound: Vec<&str> = Vec::new();
    for at in 0..tokens.len() {
        let token = &tokens[at];
        let reserved = token.keyword.is_some_and(Keyword::reserved);
        if reserved && token.has(Flags::BEFORE_EQ) && behind_statement(at.checked_sub(1).map(|b| &tokens[b])) {
            bound.push(token.text);
        }
    }
    if bound.is_empty() {
        return;
    }
    for token in tokens.iter_mut().filter(|t| t.keyword.is_some()) {
        if bound.contains(&token.text) {
            token.flags.set(Flags::BOUND);
        }
    }
}

/// Marks where statements begin.
fn mark_openers(tokens: &mut [Token<'_>]) {
    for at in 0..tokens.len() {
        let (opens, strong) = opener(tokens, at);
        if opens {
            tokens[at].flags.set(Flags::OPENS);
        }
        if strong {
            tokens[at].flags.set(Flags::STRONG);
        }
    }
}

/// Whether a statement probably, and whether it certainly begins at a token.
fn opener(tokens: &[Token<'_>], at: usize) -> (bool, bool) {
    let token = &tokens[at];
    if token.kind != Kind::Word {
        return (false, false);
    }
    let line_start = token.has(Flags::LINE_START);
    if token.has(Flags::BEFORE_EQ) {
        let Some(value) = tokens.get(at + 2) else { return (line_start, false) };
        let yields = value.keyword.is_some_and(|k| k.class() == Class::Yield) && !value.has(Flags::BEFORE_EQ);
        let strong = yields && tokens.get(at + 3).is_some_and(takes_head);
        let copies = value.kind == Kind::Word && !value.text.contains('.') && token.has(Flags::MARGIN);
        return (strong || line_start && (yields && token.has(Flags::MARGIN) || copies), strong);
    }
    let Some(keyword) = token.keyword.filter(|k| k.statement()) else { return (false, false) };
    let next = tokens.get(at + 1);
    let sort_clause = keyword == Keyword::Sort && next.is_some_and(|t| t.is(Keyword::By));
    let takes = next.is_some_and(takes_head);
    let opens = !sort_clause && (line_start || takes);
    (opens, opens && takes)
}

/// Whether a token can follow the keyword of a statement.
fn takes_head(token: &Token<'_>) -> bool {
    token.may_name() && !token.has(Flags::BEFORE_EQ) || token.kind.is_text() || token.kind == Kind::OpenBracket
}
