//! STIX observation expressions: patterns in brackets, joined over records.
//!
//! FOLLOWEDBY binds loosest, then OR, then AND; a qualifier binds to the part before it. START and STOP after the last part
//! belong to the statement, as everywhere in the language.

use super::ast::{AttrPath, Observation, Pattern, Qualifier, Without};
use super::errors::fault::{Expect, Tokens};
use super::errors::operators as errors;
use super::grammar::{
    Extra, Input, P, Stop, attribute, closing, expected, joined, keyword, kind, list, look, place, report, required, skip,
};
use super::literal;
use super::operators;
use super::token::{Keyword, Kind};
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::{BAD_QUALIFIER, OUT_OF_RANGE};
use crate::time::{Instant, SECOND};
use chumsky::prelude::*;

/// What follows WHERE: a pattern, or an observation expression where a bracket comes first.
pub(crate) fn observation<'t>(pattern: P<'t, Pattern>) -> P<'t, Observation> {
    let one = pattern.clone().map(|pattern| Observation::One { pattern, bracketed: false });
    let without = without(pattern.clone());
    let nested = recursive(|nested: Recursive<dyn Parser<'t, Tokens<'t>, Observation, Extra> + 't>| {
        let part = part(pattern.clone(), nested.boxed());
        followed(qualified(part, choice((between_committed(), without.clone())).boxed()))
    });
    let top = followed(qualified(part(pattern, nested.boxed()), choice((between_inside(), without)).boxed()));
    let bracket_first = custom(|input: &mut Input<'t, '_>| {
        let mut ahead = 0;
        while look(input, ahead).is_some_and(|t| t.kind == Kind::OpenParen) {
            ahead += 1;
        }
        if look(input, ahead).is_some_and(|t| t.kind == Kind::OpenBracket) {
            Ok(())
        } else {
            Err(expected(input, Expect::Comparison))
        }
    });
    choice((bracket_first.ignore_then(top), one)).boxed()
}

/// `[ pattern ]` or `( expression )`.
fn part<'t>(pattern: P<'t, Pattern>, nested: P<'t, Observation>) -> P<'t, Observation> {
    let loose = pattern.clone();
    let bracketed = kind(Kind::OpenBracket, Expect::Observation)
        .ignore_then(pattern)
        .then_ignore(closing(Kind::CloseBracket, Expect::CloseBracket))
        .map(|pattern| Observation::One { pattern, bracketed: true });
    let group =
        kind(Kind::OpenParen, Expect::Observation).ignore_then(nested).then_ignore(closing(Kind::CloseParen, Expect::CloseParen));
    let unbracketed = begins_loose().ignore_then(loose).map(|pattern| Observation::One { pattern, bracketed: true });
    let broken = |span| Observation::One { pattern: Pattern::Error(span), bracketed: true };
    choice((bracketed, group, unbracketed)).recover_with(via_parser(skip(Stop::Pattern).map(broken))).boxed()
}

/// A comparison where a bracketed part belongs: reported, and read.
fn begins_loose<'t>() -> impl Parser<'t, Tokens<'t>, (), Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| match (look(input, 0), look(input, 1)) {
        (Some(token), Some(next)) if token.kind == Kind::Word && operators::begins_operator(next) => {
            report(input, errors::mixed_brackets(token.span));
            Ok(())
        }
        _ => Err(expected(input, Expect::Observation)),
    })
}

/// A part with its qualifiers, each kind at most once.
fn qualified<'t>(part: P<'t, Observation>, other: P<'t, Qualifier>) -> P<'t, Observation> {
    let by = by().map(Qualifier::By);
    let qualifier = choice((within().map(Qualifier::Within).boxed(), repeats().boxed(), by.boxed(), other))
        .map_with(|q, e| (q, place(e.slice())))
        .boxed();
    part.then(qualifier.repeated().collect::<Vec<_>>())
        .validate(|(part, qualifiers), _, emitter| {
            let mut kinds = Vec::new();
            let mut out = part;
            for (qualifier, span) in qualifiers {
                let kind = std::mem::discriminant(&qualifier);
                if kinds.contains(&kind) {
                    emitter.emit(
                        Diagnostic::new(&BAD_QUALIFIER, span, "a qualifier of this kind stands here already")
                            .help("remove one")
                            .into(),
                    );
                    continue;
                }
                kinds.push(kind);
                out = Observation::Qualified(Box::new(out), qualifier, span);
            }
            out
        })
        .boxed()
}

/// Parts joined by AND, OR and FOLLOWEDBY.
fn followed(part: P<'_, Observation>) -> P<'_, Observation> {
    let all = joined(part, keyword(Keyword::And).boxed(), Observation::And);
    let any = joined(all, keyword(Keyword::Or).boxed(), Observation::Or);
    joined(any, keyword(Keyword::FollowedBy).boxed(), Observation::FollowedBy)
}

/// `BY f, g`; no fields where one cannot be read, which was reported.
fn by<'t>() -> P<'t, Vec<AttrPath>> {
    keyword(Keyword::By).ignore_then(list(attribute(), Stop::List)).map(Option::unwrap_or_default).boxed()
}

/// `WITHOUT [pattern] WITHIN n SECONDS BY f, g`
fn without(pattern: P<'_, Pattern>) -> P<'_, Qualifier> {
    let bracketed = kind(Kind::OpenBracket, Expect::Observation)
        .ignore_then(pattern)
        .then_ignore(closing(Kind::CloseBracket, Expect::CloseBracket));
    let whole = bracketed.then(within()).then(by().or_not());
    let whole = whole.map(|((pattern, nanos), by)| Without { pattern, nanos, by: by.unwrap_or_default() });
    let broken = |span| Without { pattern: Pattern::Error(span), nanos: SECOND, by: Vec::new() };
    let whole = whole.recover_with(via_parser(skip(Stop::Pattern).map(broken)));
    keyword(Keyword::Without).ignore_then(whole).map(|without| Qualifier::Without(Box::new(without))).boxed()
}

/// `WITHIN n SECONDS`, in nanoseconds.
fn within<'t>() -> impl Parser<'t, Tokens<'t>, i64, Extra> + Clone {
    let nanos = custom(|input: &mut Input<'t, '_>| {
        let Some(token) = look(input, 0).filter(|t| t.kind == Kind::Number) else { return Err(expected(input, Expect::Whole)) };
        let seconds = nanos(token.text);
        if seconds.is_none() {
            let message = "WITHIN takes seconds above 0, and below 292 years";
            report(input, Diagnostic::new(&OUT_OF_RANGE, token.span, message));
        }
        input.skip();
        Ok(seconds.unwrap_or(SECOND))
    });
    let seconds = required(nanos.then_ignore(keyword(Keyword::Seconds)), Stop::Pattern);
    keyword(Keyword::Within).ignore_then(seconds).map(|n| n.unwrap_or(SECOND))
}

/// Decimal seconds as nanoseconds; further digits are dropped. None for 0, and beyond 64 bits.
fn nanos(text: &str) -> Option<i64> {
    let plain = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !plain(whole) || !plain(fraction) {
        return None;
    }
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    whole.checked_mul(SECOND)?.checked_add(fraction.parse().ok()?).filter(|n| *n > 0)
}

/// `REPEATS n TIMES`
fn repeats<'t>() -> impl Parser<'t, Tokens<'t>, Qualifier, Extra> + Clone {
    let times = custom(|input: &mut Input<'t, '_>| {
        let Some(token) = look(input, 0).filter(|t| t.kind == Kind::Number) else { return Err(expected(input, Expect::Whole)) };
        let times = token.text.parse::<u32>().ok().filter(|n| *n > 0);
        if times.is_none() {
            report(input, Diagnostic::new(&OUT_OF_RANGE, token.span, "REPEATS takes a whole number from 1 to 4294967295"));
        }
        input.skip();
        Ok(times.unwrap_or(1))
    });
    let times = required(times.then_ignore(keyword(Keyword::Times)), Stop::Pattern);
    keyword(Keyword::Repeats).ignore_then(times).map(|n| Qualifier::Repeats(n.unwrap_or(1)))
}

/// `START t'…' STOP t'…'`. An instant that could not be read was reported, and the epoch stands in its place.
fn between<'t>() -> impl Parser<'t, Tokens<'t>, Qualifier, Extra> + Clone {
    let instants = literal::instant().then_ignore(keyword(Keyword::Stop)).then(literal::instant());
    let qualifier = |(start, stop): (Option<Instant>, Option<Instant>)| {
        Qualifier::Between(start.unwrap_or(Instant(0)), stop.unwrap_or(Instant(0)))
    };
    keyword(Keyword::Start).ignore_then(instants).map(qualifier)
}

/// Inside parentheses START is always a qualifier.
fn between_committed<'t>() -> impl Parser<'t, Tokens<'t>, Qualifier, Extra> + Clone {
    between()
}

/// Outside parentheses START is a qualifier only where the expression goes on; otherwise it belongs to the statement.
fn between_inside<'t>() -> impl Parser<'t, Tokens<'t>, Qualifier, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| {
        let goes_on = look(input, 4).is_some_and(|t| {
            const ON: [Keyword; 7] =
                [Keyword::And, Keyword::Or, Keyword::FollowedBy, Keyword::Within, Keyword::Repeats, Keyword::By, Keyword::Without];
            ON.into_iter().any(|k| t.is(k))
        });
        if goes_on { Ok(()) } else { Err(expected(input, Keyword::Start)) }
    })
    .ignore_then(between())
}
