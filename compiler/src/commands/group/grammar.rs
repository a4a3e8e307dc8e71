//! The syntax of GROUP: grammar, printing and walking.

use super::{AggregateCall, Group, Key};
use crate::check::hir::Function;
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::BAD_FUNCTION;
use crate::source::Span;
use crate::syntax::ast::AttrPath;
use crate::syntax::clause::clauses;
use crate::syntax::errors::fault::{Expect, Tokens};
use crate::syntax::grammar::{
    Extra, Input, P, Stop, alias, attribute, closing, comma, command_keyword, expected, function, keyword, list, look, place,
    report, required, variable,
};
use crate::syntax::token::{Keyword, Kind};
use crate::syntax::walk::Walk;
use crate::syntax::{Parts, literal, print};
use chumsky::Parser;
use chumsky::primitive::{choice, custom};
use std::fmt::Write as _;

/// `GROUP v BY key, … [WITH aggregate, …]`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Group>> {
    let key = choice((bin(), attribute().map(|a| Some(Key::Attr(a))))).boxed();
    let with = keyword(Keyword::With).ignore_then(list(aggregate(), Stop::List)).or_not();
    let head = variable().then_ignore(keyword(Keyword::By)).then(list(key, Stop::List));
    command_keyword(Keyword::Group)
        .ignore_then(required(head, Stop::Clause))
        .then(with)
        .then_ignore(clauses(&parts.clause, "GROUP", &[]))
        .map(|(head, with)| {
            let Some((variable, Some(keys))) = head else { return None };
            let keys = keys.into_iter().collect::<Option<Vec<_>>>()?;
            let aggregates = match with {
                Some(all) => Some(all?.into_iter().collect::<Option<Vec<_>>>()?),
                None => None,
            };
            Some(Group { variable, keys, aggregates })
        })
        .boxed()
}

/// `BIN(attr, n [unit])`
fn bin<'t>() -> P<'t, Option<Key>> {
    let begins = function(Expect::Key, |_, word, _| word.eq_ignore_ascii_case("BIN").then_some(()));
    let none = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == Kind::CloseParen => Ok(None),
        _ => Err(expected(input, Expect::Comma)),
    });
    let inside = attribute().then(choice((comma().ignore_then(size()).map(Some), none)));
    begins
        .ignore_then(required(inside, Stop::Close))
        .then_ignore(closing(Kind::CloseParen, Expect::CloseParen))
        .validate(|inside, e, emitter| {
            let span = place(e.slice());
            let (attribute, size) = inside?;
            let Some((size, time)) = size else {
                let found = Diagnostic::new(&BAD_FUNCTION, span, "BIN needs a size");
                emitter.emit(found.fix("for five minutes", attribute.span.after(), ", 5m").into());
                return None;
            };
            Some(Key::Bin { attribute, size, time, span })
        })
        .boxed()
}

/// `n` or `n unit`: the size, and whether it has a unit of time.
fn size<'t>() -> impl Parser<'t, Tokens<'t>, (Option<i64>, bool), Extra> + Clone {
    let timed = custom(|input: &mut Input<'t, '_>| {
        let unit = look(input, 1).is_some_and(|t| t.kind == Kind::Word && literal::unit_word(t));
        if unit { Ok(()) } else { Err(expected(input, Expect::Whole)) }
    });
    let number = custom(|input: &mut Input<'t, '_>| {
        let Some(token) = look(input, 0).filter(|t| t.kind == Kind::Number) else { return Err(expected(input, Expect::Whole)) };
        let size = literal::whole(token);
        input.skip();
        Ok(size.map_err(|fault| input.emit(fault)).ok())
    });
    choice((timed.ignore_then(literal::duration()).map(|(nanos, _)| (nanos, true)), number.map(|size| (size, false))))
}

/// `COUNT(attr) [AS name]`, `COUNT(*) [AS name]`
fn aggregate<'t>() -> P<'t, Option<AggregateCall>> {
    let name = function(Expect::Aggregate, |input, word, span| {
        let found = Function::ALL.into_iter().find(|f| f.word().eq_ignore_ascii_case(word));
        if found.is_none() {
            report(input, unknown(word, span));
        }
        Some(found)
    });
    let star = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == Kind::Star => {
            input.skip();
            Ok(Argument::Star(token.span))
        }
        _ => Err(expected(input, Expect::Attribute)),
    });
    let argument = choice((attribute().map(Argument::Attribute), star)).boxed();
    let named = keyword(Keyword::As).ignore_then(required(alias(), Stop::List)).or_not();
    name.then(required(argument, Stop::Close))
        .then_ignore(closing(Kind::CloseParen, Expect::CloseParen))
        .then(named)
        .validate(|((function, argument), named), e, emitter| {
            let alias = match named {
                Some(None) => return None,
                Some(alias) => alias,
                None => None,
            };
            let function = function?;
            let attribute = match argument? {
                Argument::Attribute(attribute) => Some(attribute),
                Argument::Star(_) if function == Function::Count => None,
                Argument::Star(star) => {
                    emitter.emit(star_of(function, star).into());
                    return None;
                }
            };
            Some(AggregateCall { function, attribute, alias, span: place(e.slice()) })
        })
        .boxed()
}

/// What stands between the parentheses of an aggregate.
enum Argument {
    Attribute(AttrPath),
    Star(Span),
}

/// The message about `MIN(*)`.
fn star_of(function: Function, star: Span) -> Diagnostic {
    let word = function.word().to_uppercase();
    let found = Diagnostic::new(&BAD_FUNCTION, star, format!("{word} takes an attribute, not `*`"));
    found.label("no attribute").help("COUNT(*) counts the rows; every other function looks at the values of an attribute")
}

/// The message about an aggregate function that does not exist.
fn unknown(word: &str, span: Span) -> Diagnostic {
    let all = "MIN, MAX, SUM, AVG, COUNT, NUNIQUE, LIST, FIRST and LAST";
    let found =
        Diagnostic::new(&BAD_FUNCTION, span, "there is no such aggregate function").label(format!("the functions are {all}"));
    let lower = word.to_ascii_lowercase();
    let other = match lower.as_str() {
        "mean" | "average" => Some(Function::Avg),
        "values" | "make_set" | "makeset" | "array_agg" | "collect" | "group_concat" => Some(Function::List),
        "earliest" => Some(Function::First),
        "latest" => Some(Function::Last),
        "distinct" | "unique" | "count_distinct" | "countdistinct" | "dcount" => Some(Function::NUnique),
        _ => Function::ALL.into_iter().find(|f| strsim::osa_distance(&lower, f.word()) <= words_apart(f.word())),
    };
    match other {
        Some(function) => {
            let word = function.word().to_uppercase();
            found.fix(format!("write {word}"), span, word)
        }
        None => found.help("an example is COUNT(pid) AS n"),
    }
}

/// How many edits a word may be away from the one that it is taken for.
fn words_apart(word: &str) -> usize {
    (word.len() / 3).max(1)
}

impl Group {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("GROUP ");
        print::ident(&self.variable, out);
        print::clause("BY", Some(&self.keys), out, |keys, out| print::list(keys, out, Key::print));
        print::clause("WITH", self.aggregates.as_ref(), out, |all, out| print::list(all, out, AggregateCall::print));
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk.ident(&mut self.variable);
        self.keys.iter_mut().for_each(|k| k.walk(walk));
        for aggregate in self.aggregates.iter_mut().flatten() {
            aggregate.attribute.iter_mut().for_each(|a| walk.attribute(a));
            aggregate.alias.iter_mut().for_each(|a| walk.ident(a));
            walk.span(&mut aggregate.span);
        }
    }
}

impl Key {
    /// Writes one key.
    pub(crate) fn print(&self, out: &mut String) {
        match self {
            Self::Attr(attribute) => print::attribute(attribute, out),
            Self::Bin { attribute, size, time, .. } => {
                let size = match (size, time) {
                    (Some(size), false) => size.to_string(),
                    (size, _) => print::duration(*size),
                };
                let _ = write!(out, "BIN({}, {size})", attribute.text);
            }
        }
    }

    fn walk(&mut self, walk: &mut impl Walk) {
        match self {
            Self::Attr(attribute) => walk.attribute(attribute),
            Self::Bin { attribute, span, .. } => {
                walk.attribute(attribute);
                walk.span(span);
            }
        }
    }
}

impl AggregateCall {
    /// Writes one aggregate.
    pub(crate) fn print(&self, out: &mut String) {
        let attribute = self.attribute.as_ref().map_or("*", |a| &a.text);
        let _ = write!(out, "{}({attribute})", self.function.word().to_uppercase());
        print::clause("AS", self.alias.as_ref(), out, print::ident);
    }
}
