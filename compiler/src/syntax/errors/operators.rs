//! Messages about comparison operators that do not exist, and about what joins comparisons.

use super::names;
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::{BAD_OPERATOR, MISSING_CONNECTIVE, MISSPELT, MIXED_BRACKETS};
use crate::source::Span;
use crate::syntax::ast::Operator;
use crate::syntax::token::Token;

/// A comparison directly after another.
pub(crate) fn missing_connective(token: &Token<'_>) -> Diagnostic {
    let place = Span { end: token.span.start, ..token.span };
    Diagnostic::new(&MISSING_CONNECTIVE, token.span, "AND or OR is missing between two comparisons").fix(
        "both must hold",
        place,
        "AND ",
    )
}

/// A word near an operator.
pub(crate) fn misspelt(token: &Token<'_>) -> Diagnostic {
    let near = Operator::WORDS.iter().find(|(k, _)| names::misspells(token, *k)).map_or("LIKE", |(k, _)| k.word());
    Diagnostic::new(&MISSPELT, token.span, format!("`{}` is no operator", names::shorten(token.text)))
        .label(format!("did this mean {near}?"))
        .fix(format!("write {near}"), token.span, near)
}

/// `<>`
pub(crate) fn diamond(span: Span) -> Diagnostic {
    Diagnostic::new(&BAD_OPERATOR, span, "`<>` is no operator").fix("write `!=`", span, "!=")
}

/// `NOT =` and its kin.
pub(crate) fn not_symbol(span: Span, operator: Operator) -> Diagnostic {
    let instead = match operator {
        Operator::Eq => "!=",
        Operator::EqAnyCase => "!~",
        Operator::NeAnyCase => "=~",
        Operator::Lt => ">=",
        Operator::Le => ">",
        Operator::Gt => "<=",
        Operator::Ge => "<",
        _ => "=",
    };
    Diagnostic::new(&BAD_OPERATOR, span, "NOT stands before operators that are words only")
        .label("not before `=`, `!=`, `<` and their kin")
        .fix(format!("write `{instead}`"), span, instead)
}

/// `[` where an unbracketed pattern has begun, or a comparison without brackets between observations.
pub(crate) fn mixed_brackets(span: Span) -> Diagnostic {
    Diagnostic::new(&MIXED_BRACKETS, span, "some parts of the pattern stand in brackets and some do not")
        .label("`[…]` holds a whole pattern; several make an observation expression")
        .help("group with (…) for one record: WHERE (a = 1 OR b = 2) AND c = 3; or bracket every part: WHERE [a = 1] AND [b = 2]")
}
