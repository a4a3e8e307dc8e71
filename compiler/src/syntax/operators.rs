//! Comparison operators: which tokens are one, and where a comparison begins.

use super::ast::Operator;
use super::errors::names;
use super::token::{Flags, Keyword, Kind, Token};

/// The operator that a token is; a misspelt word counts where a value follows.
pub(super) fn operator(token: &Token<'_>, next: Option<&Token<'_>>) -> Option<Operator> {
    match token.kind {
        Kind::Eq | Kind::EqEq => Some(Operator::Eq),
        Kind::Ne | Kind::Diamond => Some(Operator::Ne),
        Kind::EqTilde => Some(Operator::EqAnyCase),
        Kind::NeTilde => Some(Operator::NeAnyCase),
        Kind::Lt => Some(Operator::Lt),
        Kind::Le => Some(Operator::Le),
        Kind::Gt => Some(Operator::Gt),
        Kind::Ge => Some(Operator::Ge),
        Kind::Word => {
            let value = next.is_some_and(|t| t.kind.is_text() || t.kind.opens() || matches!(t.kind, Kind::Number | Kind::Word));
            let exact = Operator::WORDS.iter().find(|(k, _)| token.keyword == Some(*k));
            let near = || Operator::WORDS.iter().find(|(k, _)| value && names::misspells(token, *k));
            exact.or_else(near).map(|(_, operator)| *operator)
        }
        _ => None,
    }
}

/// Whether an operator begins with this token.
pub(super) fn begins_operator(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Word => matches!(token.keyword, Some(Keyword::Not | Keyword::Is)) || operator(token, None).is_some(),
        _ => operator(token, None).is_some(),
    }
}

/// Whether a comparison begins at `token`, and no statement; `value` is the token two places later.
pub(super) fn is_comparison(token: &Token<'_>, value: &Token<'_>) -> bool {
    let literal = value.kind.is_text() || value.kind == Kind::Number;
    token.kind == Kind::Word && token.has(Flags::BEFORE_EQ) && literal && !token.has(Flags::MARGIN)
}
