//! Values: literals, references, lists, counts, instants and durations.

use super::ast::{AttrPath, Count, Ident, Length, Literal, LiteralKind, Moment, Operands, Reference};
use super::errors::fault::{Expect, ExpectSet, Fault, Tokens};
use super::errors::{names, values};
use super::grammar::{self, Extra, Input, P, comma, expected, index, look, report, required, span_since, sub};
use super::token::{Flags, Keyword, Kind, Token};
use super::words;
use crate::source::Span;
use crate::time::Instant;
use crate::time::duration;
use chumsky::prelude::*;

/// One literal: a string, number, bare word, or reference.
pub(crate) fn literal<'t>() -> impl Parser<'t, Tokens<'t>, Literal, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| {
        let Some(token) = look(input, 0) else { return Err(expected(input, Expect::Value)) };
        let kind = match token.kind {
            Kind::Text | Kind::RawText => return Ok(text(input, token)),
            Kind::TimeText => match instant_of(input, token) {
                Some(instant) => LiteralKind::Time(instant),
                None => LiteralKind::Error,
            },
            Kind::Number => number(input, token),
            Kind::TooDeep => LiteralKind::Error,
            Kind::Word if let Some(name) = words::parameter(token.text) => LiteralKind::Parameter(name.to_owned()),
            Kind::Word if may_be_value(token, look(input, 1)) => return Ok(word(input, token)),
            _ => return Err(expected(input, Expect::Value)),
        };
        input.skip();
        Ok(Literal::written(kind, token.span))
    })
}

/// Whether a word may be a value. A reserved word is one only where it cannot begin what it is reserved for; AND, OR and NOT
/// are none by themselves, since something is missing before them.
fn may_be_value(token: &Token<'_>, next: Option<&Token<'_>>) -> bool {
    if token.has(Flags::BEFORE_EQ) || token.has(Flags::OPENS) {
        return false;
    }
    let joins = matches!(token.keyword, Some(Keyword::And | Keyword::Or | Keyword::Not));
    let listed = next.is_some_and(|t| t.kind == Kind::Comma || t.kind.closes());
    let joined = next.is_some_and(|t| matches!(t.keyword, Some(Keyword::And | Keyword::Or)));
    let alone = !joins && (joined || grammar::name_by_place(token, next));
    token.may_name() || listed || alone || token.keyword.is_some_and(Keyword::statement)
}

/// A quoted string; a second one that touches it is a doubled quote, which is no escape here.
fn text(input: &mut Input<'_, '_>, token: &Token<'_>) -> Literal {
    let from = index(input);
    input.skip();
    let mut doubled = false;
    while look(input, 0).is_some_and(|t| t.kind == Kind::Text && t.has(Flags::GLUED)) {
        doubled = true;
        input.skip();
    }
    let span = span_since(input, from);
    if doubled {
        report(input, values::doubled_quote(span));
        return Literal::written(LiteralKind::Error, span);
    }
    Literal::written(LiteralKind::Text(grammar::text_of(token)), span)
}

/// The value of a number.
fn number(input: &mut Input<'_, '_>, token: &Token<'_>) -> LiteralKind {
    number_of(token.text).unwrap_or_else(|| {
        report(input, values::out_of_range(token.span, "numbers lie within 64 bits"));
        LiteralKind::Error
    })
}

/// The value of a number as written; `None` beyond 64 bits.
pub(crate) fn number_of(text: &str) -> Option<LiteralKind> {
    if words::is_integer(text) {
        return text.parse().ok().map(LiteralKind::Int);
    }
    text.parse::<f64>().ok().filter(|float| float.is_finite()).map(LiteralKind::Float)
}

/// A bare word, or `variable.attribute`. Blanks around the first dot are tolerated.
fn word(input: &mut Input<'_, '_>, token: &Token<'_>) -> Literal {
    let from = index(input);
    input.skip();
    if let Some(bytes) = look(input, 0).filter(|t| t.kind == Kind::Text && t.has(Flags::GLUED) && matches!(token.text, "h" | "b")) {
        input.skip();
        let span = token.span.to(bytes.span);
        report(input, values::bytes_literal(span, token.text, &grammar::text_of(bytes)));
        return Literal::written(LiteralKind::Error, span);
    }
    if let Some((variable, attribute)) = reference_parts(input, token) {
        let span = span_since(input, from);
        return Literal::written(LiteralKind::Reference(Reference { variable, attribute }), span);
    }
    let span = token.span;
    if words::is_dashed(token.text) {
        return Literal::written(LiteralKind::Word(token.text.to_owned()), span);
    }
    report(input, names::unquoted_value(token));
    Literal::written(LiteralKind::Error, span)
}

/// The parts of `v.attr`, `v .attr`, `v. attr` or `v . attr`. `token` is taken already, the rest is taken here.
pub(crate) fn reference_parts(input: &mut Input<'_, '_>, token: &Token<'_>) -> Option<(super::ast::Ident, AttrPath)> {
    let (variable, mut text) = match token.text.split_once('.') {
        Some((variable, text)) => (variable, text.to_owned()),
        None => (token.text, String::new()),
    };
    if !words::is_dashed(variable) && !words::is_variable(variable) {
        return None;
    }
    let mut span = sub(token.span, token.text.len() - text.len(), text.len());
    let mut dot = token.text.contains('.');
    while text.is_empty()
        && let Some(next) = look(input, 0)
        && next.kind == Kind::Word
        && (dot && next.may_name() || next.text.starts_with('.'))
        && !next.has(Flags::BEFORE_EQ)
    {
        let rest = if dot { next.text } else { &next.text[1..] };
        rest.clone_into(&mut text);
        span = sub(next.span, next.text.len() - rest.len(), rest.len());
        dot = true;
        input.skip();
    }
    if !words::is_attribute(&text) {
        return None;
    }
    let variable = super::ast::Ident { text: variable.to_owned(), span: sub(token.span, 0, variable.len()) };
    Some((variable, AttrPath { entity: None, text, span }))
}

/// The right side of a comparison, or the value of an argument.
pub(crate) fn operand<'t>() -> P<'t, Operands> {
    let items = recursive(|items: Recursive<dyn Parser<'t, Tokens<'t>, Vec<Literal>, Extra> + 't>| {
        let item = choice((literal().map(|l| vec![l]), items)).boxed();
        let item = required(item, grammar::Stop::List).map(Option::unwrap_or_default);
        let more = comma().ignore_then(item.clone()).repeated().collect::<Vec<_>>();
        let inside = item.then(more).map(|(first, more)| {
            let mut all = first;
            all.extend(more.into_iter().flatten());
            all
        });
        let inside = inside.boxed();
        let round = grammar::kind(Kind::OpenParen, Expect::OpenParen)
            .ignore_then(inside.clone())
            .then_ignore(grammar::closing(Kind::CloseParen, Expect::CloseParen));
        let square = grammar::kind(Kind::OpenBracket, Expect::OpenBracket)
            .ignore_then(inside)
            .then_ignore(grammar::closing(Kind::CloseBracket, Expect::CloseBracket));
        choice((round, square)).boxed()
    });
    let list = items.map_with(|literals, extra| Operands::List(literals, grammar::place(extra.slice())));
    choice((literal().map(Operands::One), list)).boxed()
}

/// Reads a token as an instant; a text that is none is reported.
fn instant_of(input: &mut Input<'_, '_>, token: &Token<'_>) -> Option<Instant> {
    let text = if token.kind.is_text() { grammar::text_of(token) } else { token.text.to_owned() };
    let found = words::instant(&text);
    if found.is_none() && !token.has(Flags::TAINTED) {
        report(input, values::bad_instant(token, &text));
    }
    found
}

/// An instant after START or STOP; None in it where it could not be read, which is reported.
pub(crate) fn instant<'t>() -> impl Parser<'t, Tokens<'t>, Option<Instant>, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind.is_text() || token.kind == Kind::Number || token.may_name() && !token.has(Flags::BEFORE_EQ) => {
            let found = instant_of(input, token);
            input.skip();
            Ok(found)
        }
        _ => Err(expected(input, Expect::Instant)),
    })
}

/// An instant after START or STOP, or the parameter that gives it.
pub(crate) fn moment<'t>() -> impl Parser<'t, Tokens<'t>, Moment, Extra> + Clone {
    choice((parameter().map(|name| Moment { at: None, parameter: Some(name) }), instant().map(|at| Moment { at, parameter: None })))
}

/// `$name`
fn parameter<'t>() -> impl Parser<'t, Tokens<'t>, Ident, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| {
        let token = look(input, 0);
        let Some((token, name)) = token.and_then(|token| Some((token, words::parameter(token.text)?))) else {
            return Err(expected(input, ExpectSet::default()));
        };
        input.skip();
        Ok(Ident { text: name.to_owned(), span: token.span })
    })
}

/// A whole number from 0, or the parameter that gives it; None in it where it could not be read, which is reported.
pub(crate) fn count<'t>() -> impl Parser<'t, Tokens<'t>, Count, Extra> + Clone {
    choice((parameter().map(|name| Count { value: None, span: name.span, parameter: Some(name) }), number_from_zero()))
}

/// A whole number from 0; None in it where it could not be read, which is reported.
pub(crate) fn number_from_zero<'t>() -> impl Parser<'t, Tokens<'t>, Count, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == Kind::Number => {
            let value = token.text.parse().ok();
            if value.is_none() {
                report(input, values::out_of_range(token.span, "a whole number from 0 is needed"));
            }
            input.skip();
            Ok(Count { value, parameter: None, span: token.span })
        }
        _ => Err(expected(input, Expect::Whole)),
    })
}

/// `5 d`, `$days d`
pub(crate) fn length<'t>() -> impl Parser<'t, Tokens<'t>, Length, Extra> + Clone {
    let unit = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(word) if word.kind == Kind::Word && duration::unit_nanos(word.text).is_some() => {
            let text = word.text.to_ascii_lowercase();
            input.skip();
            Ok(text)
        }
        _ => Err(expected(input, Expect::Unit)),
    });
    let given = parameter().then(unit);
    let given =
        given.map_with(|(name, unit), e| Length { nanos: None, parameter: Some((name, unit)), span: grammar::place(e.slice()) });
    choice((given, duration().map(|(nanos, span)| Length { nanos, parameter: None, span })))
}

/// `5 d`, `10minutes` in nanoseconds; None in it where it could not be read, which is reported.
pub(crate) fn duration<'t>() -> impl Parser<'t, Tokens<'t>, (Option<i64>, Span), Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| {
        let from = index(input);
        let Some(number) = look(input, 0).filter(|t| t.kind == Kind::Number) else { return Err(expected(input, Expect::Whole)) };
        input.skip();
        let unit = match look(input, 0) {
            Some(word) if word.kind == Kind::Word && unit_word(word) => {
                input.skip();
                Some(word)
            }
            _ => None,
        };
        let span = span_since(input, from);
        let Some(unit) = unit.filter(|u| duration::unit_nanos(u.text).is_some()) else {
            report(input, values::bad_unit(number, unit));
            return Ok((None, span));
        };
        let total = duration::of(number.text, unit.text);
        if total.is_none() {
            report(input, values::out_of_range(number.span, "a duration is a whole number of units, below 292 years"));
        }
        Ok((total, span))
    })
}

/// Whether a word after a number is meant as its unit, rightly or not.
pub(crate) fn unit_word(word: &Token<'_>) -> bool {
    !word.has(Flags::BEFORE_EQ) && (duration::unit_nanos(word.text).is_some() || word.may_name() && !word.has(Flags::LINE_START))
}

/// The value of a number token as a whole number from 1 to the largest of 64 bits.
pub(crate) fn whole(token: &Token<'_>) -> Result<i64, Fault> {
    let value = token.text.parse::<i64>().ok().filter(|n| *n > 0);
    value.ok_or_else(|| values::out_of_range(token.span, "a whole number from 1 is needed").into())
}
