//! Patterns: comparisons joined by AND and OR, with NOT before any part.

use super::ast::{Comparison, Operands, Operator, Pattern};
use super::errors::fault::{Expect, Tokens};
use super::errors::operators as errors;
use super::grammar::{self, Extra, Input, P, Stop, closing, expected, joined, keyword, kind, look, place, report, skip};
use super::operators;
use super::token::{Flags, Keyword, Kind, Token};
use crate::source::Span;
use chumsky::prelude::*;

/// A pattern. It never fails: a part that cannot be read is an error node, and what follows AND or OR is read again.
pub(crate) fn pattern<'t>(operand: P<'t, Operands>) -> P<'t, Pattern> {
    recursive(|pattern: Recursive<dyn Parser<'t, Tokens<'t>, Pattern, Extra> + 't>| {
        let group = kind(Kind::OpenParen, Expect::Comparison)
            .ignore_then(pattern.clone())
            .then_ignore(closing(Kind::CloseParen, Expect::CloseParen));
        let closed = closing(Kind::CloseBracket, Expect::CloseBracket);
        let bracketed = stray_bracket().ignore_then(pattern.clone()).then_ignore(closed.clone());
        // Behind NOT brackets are parentheses: `[NOT a]` and `NOT [a]` ask for the same.
        let whole = kind(Kind::OpenBracket, Expect::Comparison).ignore_then(pattern).then_ignore(closed);
        let deep = kind(Kind::TooDeep, Expect::Comparison).map_with(|(), e| Pattern::Error(place(e.slice())));
        let plain = choice((exists().boxed(), comparison(operand), group.boxed(), bracketed.boxed(), deep.boxed())).boxed();
        let not = keyword(Keyword::Not).repeated().at_least(1).count();
        let negated = not.then(choice((whole.boxed(), plain.clone()))).map_with(|(nots, part), e| {
            // Two are none, so that no text nests deeper than its brackets.
            if nots % 2 == 0 { part } else { not_of(part, place(e.slice())) }
        });
        let part = choice((negated.boxed(), plain)).recover_with(via_parser(skip(Stop::Pattern).map(Pattern::Error))).boxed();
        let all = joined(part, connective(Keyword::And), Pattern::And);
        joined(all, connective(Keyword::Or), Pattern::Or)
    })
    .boxed()
}

/// AND or OR between two parts; also where it is missing before what can only be a comparison.
fn connective<'t>(word: Keyword) -> P<'t, ()> {
    let missing = custom(move |input: &mut Input<'t, '_>| match (look(input, 0), look(input, 2)) {
        (Some(token), Some(value)) if word == Keyword::And && operators::is_comparison(token, value) => {
            // After something invalid, such as `&&`, the lexer has said what is wrong.
            if !token.has(Flags::TAINTED) {
                report(input, errors::missing_connective(token));
            }
            Ok(())
        }
        _ => Err(expected(input, word)),
    });
    choice((grammar::clause_keyword(word), missing)).boxed()
}

/// NOT before a part; nothing is left of NOT (NOT a), which is `a`.
fn not_of(part: Pattern, span: Span) -> Pattern {
    match part {
        Pattern::Not(inner, _) => *inner,
        Pattern::Error(span) => Pattern::Error(span),
        part => Pattern::Not(Box::new(part), span),
    }
}

/// `[` inside a pattern: reported, and read as a parenthesis.
fn stray_bracket<'t>() -> impl Parser<'t, Tokens<'t>, (), Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == Kind::OpenBracket => {
            report(input, errors::mixed_brackets(token.span));
            input.skip();
            Ok(())
        }
        _ => Err(expected(input, Expect::Comparison)),
    })
}

/// `attr op value`, `attr IS [NOT] NULL`.
fn comparison<'t>(operand: P<'t, Operands>) -> P<'t, Pattern> {
    let attribute = custom(|input: &mut Input<'t, '_>| {
        let next = look(input, 1);
        match look(input, 0) {
            Some(token) if begins_comparison(token, next) => {
                let path = grammar::attr_path(input, token);
                input.skip();
                Ok(path)
            }
            _ => Err(expected(input, Expect::Comparison)),
        }
    });
    let null = keyword(Keyword::Is).ignore_then(keyword(Keyword::Not).or_not()).then_ignore(keyword(Keyword::Null));
    let null = null.map_with(|not, e| ((not.is_some(), Operator::IsNull, place(e.slice())), None));
    let compared = operator().then(operand.map(Some));
    attribute
        .then(choice((null, compared)))
        .map_with(|(attribute, ((negated, operator, operator_span), operand)), e| {
            let span = place(e.slice());
            Pattern::Compare(Box::new(Comparison { attribute, negated, operator, operator_span, operand, span }))
        })
        .boxed()
}

/// `EXISTS attr` of STIX, which is `attr IS NOT NULL`.
fn exists<'t>() -> impl Parser<'t, Tokens<'t>, Pattern, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| {
        let operator_follows = look(input, 1).is_none_or(operators::begins_operator);
        let Some(word) = look(input, 0).filter(|t| t.is(Keyword::Exists) && !operator_follows) else {
            return Err(expected(input, Expect::Comparison));
        };
        let Some(token) = look(input, 1).filter(|t| t.may_name()) else { return Err(expected(input, Expect::Comparison)) };
        input.skip();
        let attribute = grammar::attr_path(input, token);
        input.skip();
        let (operator, span) = (Operator::IsNull, word.span.to(token.span));
        let comparison = Comparison { attribute, negated: true, operator, operator_span: word.span, operand: None, span };
        Ok(Pattern::Compare(Box::new(comparison)))
    })
}

/// Whether a word is the left side of a comparison. A reserved one is, if an operator follows.
fn begins_comparison(token: &Token<'_>, next: Option<&Token<'_>>) -> bool {
    let compares = next.is_some_and(operators::begins_operator);
    token.kind == Kind::Word && !token.has(Flags::STRONG) && (token.may_name() || compares && token.keyword != Some(Keyword::Not))
}

/// `[NOT] op` with its place, NOT excluded.
fn operator<'t>() -> P<'t, (bool, Operator, Span)> {
    // `keyword` would not do: it takes NOT before `=` for a name. Here that is the mistake `NOT =`.
    let not = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.keyword == Some(Keyword::Not) => {
            input.skip();
            Ok(token)
        }
        _ => Err(expected(input, Expect::Operator)),
    });
    let symbol = custom(|input: &mut Input<'t, '_>| {
        let Some(token) = look(input, 0) else { return Err(expected(input, Expect::Operator)) };
        let Some(operator) = operators::operator(token, look(input, 1)) else { return Err(expected(input, Expect::Operator)) };
        input.skip();
        Ok((token, operator))
    });
    not.or_not()
        .then(symbol)
        .validate(|(not, (token, operator)), _, emitter| {
            if token.kind == Kind::Word && token.keyword.is_none() {
                emitter.emit(errors::misspelt(token).into());
            } else if token.kind == Kind::Diamond {
                emitter.emit(errors::diamond(token.span).into());
            } else if let (Some(not), false) = (not, token.kind == Kind::Word) {
                emitter.emit(errors::not_symbol(not.span.to(token.span), operator).into());
            }
            (not.is_some(), operator, token.span)
        })
        .boxed()
}
