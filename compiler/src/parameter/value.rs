//! Values of parameters: one literal, or a list of them.

use crate::diag::Diagnostic;
use crate::source::{SourceId, Span};
use crate::syntax::ast::{Literal, LiteralKind, Operands};
use crate::syntax::token::{Kind, Token};
use crate::syntax::{grammar, lexer, literal, words};
use crate::value::Value;
use std::ops::Range;

/// What a value may be, for messages.
pub(super) const FORMS: &str = "a value is 'text', 42, t'2024-01-31T00:00:00Z', or a list of these: ('a', 'b')";

/// A part of a text, read as one literal.
pub(super) struct Read {
    /// `None`: it is no literal.
    pub operands: Option<Operands>,
    /// Whether a comment stands behind it.
    pub commented: bool,
    /// Its text without `#`; `None`: it says nothing.
    pub comment: Option<String>,
    /// What the lexer says of it.
    pub told: Vec<Diagnostic>,
}

/// Reads a part of a text as exactly one literal or list.
pub(super) fn read(id: SourceId, text: &str, part: Range<usize>) -> Read {
    let lexed = lexer::lex_part(id, text, part);
    let comment = lexed.comments.first().and_then(|span| text.get(span.start as usize + 1..span.end as usize));
    let comment = comment.map(|comment| comment.trim().to_owned()).filter(|comment| !comment.is_empty());
    Read { operands: operands(&lexed.tokens), commented: !lexed.comments.is_empty(), comment, told: lexed.diagnostics }
}

fn operands(tokens: &[Token<'_>]) -> Option<Operands> {
    match tokens {
        [one] => scalar(one).map(Operands::One),
        [open, inside @ .., close] => {
            let brackets = [(Kind::OpenParen, Kind::CloseParen), (Kind::OpenBracket, Kind::CloseBracket)];
            if !brackets.contains(&(open.kind, close.kind)) || inside.len() % 2 == 0 {
                return None;
            }
            let mut items = Vec::with_capacity(inside.len().div_ceil(2));
            for (index, token) in inside.iter().enumerate() {
                if index % 2 == 0 {
                    items.push(scalar(token)?);
                } else if token.kind != Kind::Comma {
                    return None;
                }
            }
            Some(Operands::List(items, open.span.to(close.span)))
        }
        [] => None,
    }
}

fn scalar(token: &Token<'_>) -> Option<Literal> {
    let kind = match token.kind {
        Kind::Text | Kind::RawText => LiteralKind::Text(grammar::text_of(token)),
        Kind::TimeText => LiteralKind::Time(words::instant(&grammar::text_of(token))?),
        Kind::Number => literal::number_of(token.text)?,
        Kind::Word if words::is_dashed(token.text) => LiteralKind::Word(token.text.to_owned()),
        _ => return None,
    };
    Some(Literal::of_parameter(kind, token.span))
}

/// The literals of a value.
pub(super) fn items(operands: &Operands) -> &[Literal] {
    match operands {
        Operands::One(literal) => std::slice::from_ref(literal),
        Operands::List(literals, _) => literals,
    }
}

/// Where a value is written.
pub(super) fn place(operands: &Operands) -> Span {
    match operands {
        Operands::One(literal) => literal.given.unwrap_or(literal.span),
        Operands::List(_, span) => *span,
    }
}

/// Whether all of a value is text.
pub(super) fn is_text(operands: &Operands) -> bool {
    items(operands).iter().all(|literal| matches!(literal.kind, LiteralKind::Text(_) | LiteralKind::Word(_)))
}

/// The value for reports.
pub(super) fn of(operands: &Operands) -> Value {
    match operands {
        Operands::One(literal) => single(literal),
        Operands::List(literals, _) => Value::List(literals.iter().map(single).collect()),
    }
}

fn single(literal: &Literal) -> Value {
    match &literal.kind {
        LiteralKind::Int(int) => Value::Int(*int),
        LiteralKind::Float(float) => Value::Float(*float),
        LiteralKind::Time(time) => Value::Time(*time),
        LiteralKind::Text(text) | LiteralKind::Word(text) | LiteralKind::Parameter(text) => Value::text(text.as_str()),
        // Values hold neither of these.
        LiteralKind::Reference(_) | LiteralKind::Error => Value::text(""),
    }
}

/// What kind of value it is, in a word for people.
pub(super) fn word(operands: &Operands) -> &'static str {
    let list = matches!(operands, Operands::List(..));
    let all = |is: fn(&LiteralKind) -> bool| items(operands).iter().all(|literal| is(&literal.kind));
    if is_text(operands) {
        return if list { "list of texts" } else { "text" };
    }
    if all(|kind| matches!(kind, LiteralKind::Int(_) | LiteralKind::Float(_))) {
        return if list { "list of numbers" } else { "number" };
    }
    if all(|kind| matches!(kind, LiteralKind::Time(_))) {
        return if list { "list of times" } else { "time" };
    }
    "list"
}
