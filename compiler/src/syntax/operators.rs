//! Comparison operators, and the messages about those that do not exist.

use super::ast::Operator;
use super::mistakes;
use super::token::{Flags, Keyword, Kind, Token};
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::{BAD_OPERATOR, MISSING_CONNECTIVE, MISSPELT, MIXED_BRACKETS};
use crate::source::Span;

/// Operators that are words.
pub(crate) const WORDS: [(Keyword, Operator); 5] = [
    (Keyword::In, Operator::In),
    (Keyword::Like, Operator::Like),
    (Keyword::Matches, Operator::Matches),
    (Keyword::IsSubset, Operator::IsSubset),
    (Keyword::IsSuperset, Operator::IsSuperset),
];

/// The operator that a token is; a misspelt word counts where a value follows.
pub(super) fn operator(token: &Token<'_>, next: Option<&Token<'_>>) -> Option<Operator> {
    match token.kind {
        Kind::Eq | Kind::EqEq => Some(Operator::Eq),
        Kind::Ne | Kind::Diamond => Some(Operator::Ne),
        Kind::Lt => Some(Operator::Lt),
        Kind::Le => Some(Operator::Le),
        Kind::Gt => Some(Operator::Gt),
        Kind::Ge => Some(Operator::Ge),
        Kind::Word => {
            let value = next.is_some_and(|t| t.kind.is_text() || t.kind.opens() || matches!(t.kind, Kind::Number | Kind::Word));
            let exact = WORDS.iter().find(|(k, _)| token.keyword == Some(*k));
            let near = || WORDS.iter().find(|(k, _)| value && mistakes::misspells(token, *k));
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

/// Whether a comparison begins at `token`, `value` standing two places behind: what no statement looks like.
pub(super) fn is_comparison(token: &Token<'_>, value: &Token<'_>) -> bool {
    let literal = value.kind.is_text() || value.kind == Kind::Number;
    token.kind == Kind::Word && token.has(Flags::BEFORE_EQ) && literal && !token.has(Flags::MARGIN)
}

/// A comparison directly behind another.
pub(super) fn missing_connective(token: &Token<'_>) -> Diagnostic {
    let place = Span { end: token.span.start, ..token.span };
    Diagnostic::new(&MISSING_CONNECTIVE, token.span, "AND or OR is missing between two comparisons").fix(
        "both must hold",
        place,
        "AND ",
    )
}

/// A word near an operator.
pub(super) fn misspelt(token: &Token<'_>) -> Diagnostic {
    let near = WORDS.iter().find(|(k, _)| mistakes::misspells(token, *k)).map_or("LIKE", |(k, _)| k.word());
    Diagnostic::new(&MISSPELT, token.span, format!("`{}` is no operator", mistakes::shorten(token.text)))
        .label(format!("did this mean {near}?"))
        .fix(format!("write {near}"), token.span, near)
}

/// `<>`
pub(super) fn diamond(span: Span) -> Diagnostic {
    Diagnostic::new(&BAD_OPERATOR, span, "`<>` is no operator").fix("write `!=`", span, "!=")
}

/// `NOT =` and its kin.
pub(super) fn not_symbol(span: Span, operator: Operator) -> Diagnostic {
    let instead = match operator {
        Operator::Eq => "!=",
        Operator::Lt => ">=",
        Operator::Le => ">",
        Operator::Gt => "<=",
        Operator::Ge => "<",
        _ => "=",
    };
    Diagnostic::new(&BAD_OPERATOR, span, "NOT stands before operators that are words only")
        .label("not before `=`, `!=`, `<`, `<=`, `>`, `>=`")
        .fix(format!("write `{instead}`"), span, instead)
}

/// NOT before a comparison or a group.
pub(super) fn prefix_not(token: &Token<'_>, rest: [Option<&Token<'_>>; 3]) -> Diagnostic {
    let found = Diagnostic::new(&BAD_OPERATOR, token.span, "NOT stands behind the attribute, not before a comparison");
    let [Some(attribute), Some(op), value] = rest else {
        return found.help("write `attribute NOT LIKE …` or `attribute != …`");
    };
    if attribute.kind != Kind::Word {
        let rule = "no group can be negated";
        return found
            .label(rule)
            .help("negate each comparison inside, and swap AND with OR: NOT (a = 1 OR b = 2) is a != 1 AND b != 2");
    }
    let (span, with) = (token.span.to(op.span), attribute.text);
    match (op.kind, value) {
        (Kind::Eq | Kind::EqEq, _) => found.fix("write `!=`", span, format!("{with} !=")),
        (Kind::Word, _) if op.is(Keyword::Is) => found.fix("write IS NOT", span, format!("{with} IS NOT")),
        (Kind::Word, _) => found.fix("move it", span, format!("{with} NOT {}", op.text)),
        _ => found.help("write `attribute NOT LIKE …` or `attribute != …`"),
    }
}

/// `[` where an unbracketed pattern has begun, or a comparison without brackets between observations.
pub(super) fn mixed_brackets(span: Span) -> Diagnostic {
    Diagnostic::new(&MIXED_BRACKETS, span, "some parts of the pattern stand in brackets and some do not")
        .label("`[…]` holds a whole pattern; several make an observation expression")
        .help("group with (…) for one record: WHERE (a = 1 OR b = 2) AND c = 3; or bracket every part: WHERE [a = 1] AND [b = 2]")
}
