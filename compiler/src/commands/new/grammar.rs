//! The syntax of NEW: grammar, printing and walking.

use super::{Field, New, Rows};
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::BAD_ROWS;
use crate::syntax::ast::{Ident, Literal, LiteralKind};
use crate::syntax::clause::clauses;
use crate::syntax::errors::fault::{Expect, Tokens};
use crate::syntax::grammar::{
    Extra, Input, P, Stop, closing, comma, command_keyword, entity, expected, kind, look, place, report, required, skip,
};
use crate::syntax::literal::literal;
use crate::syntax::token::{Keyword, Kind, Token};
use crate::syntax::walk::Walk;
use crate::syntax::{Parts, print, strings, words};
use chumsky::prelude::*;

/// `NEW [TYPE] [rows]`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<New>> {
    let rows = kind(Kind::OpenBracket, Expect::Rows)
        .ignore_then(rows())
        .then_ignore(closing(Kind::CloseBracket, Expect::CloseBracket))
        .map_with(|rows, e| (rows, place(e.slice())));
    command_keyword(Keyword::New)
        .ignore_then(entity().or_not().then(required(rows, Stop::Clause)))
        .then_ignore(clauses(&parts.clause, "NEW", &[]))
        .map(|(entity, rows)| rows.map(|(rows, span)| New { entity, rows, span }))
        .boxed()
}

/// The rows between the brackets. The first one tells whether all are strings or objects.
fn rows<'t>() -> P<'t, Rows> {
    let objects = commas(object()).map(|rows| rows.into_iter().collect::<Option<Vec<_>>>().map_or(Rows::Error, Rows::Objects));
    let names = commas(row_name()).map(|rows| rows.into_iter().collect::<Option<Vec<_>>>().map_or(Rows::Error, Rows::Names));
    let is_object = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == Kind::OpenBrace => Ok(()),
        _ => Err(expected(input, Expect::Rows)),
    });
    let empty = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == Kind::CloseBracket => {
            let found = Diagnostic::new(&BAD_ROWS, token.span, "NEW needs at least one row");
            report(input, found.help("an example is NEW process [{\"name\": \"cmd.exe\"}]"));
            Ok(Rows::Error)
        }
        _ => Err(expected(input, Expect::Rows)),
    });
    let is_name = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind != Kind::OpenBrace => Ok(()),
        _ => Err(expected(input, Expect::Rows)),
    });
    choice((empty.boxed(), is_object.ignore_then(objects).boxed(), is_name.ignore_then(names).boxed()))
        .recover_with(via_parser(skip(Stop::Close).to(Rows::Error)))
        .boxed()
}

/// Parts with commas between; a comma after the last is reported.
fn commas<'t, T: 't>(part: P<'t, T>) -> P<'t, Vec<T>> {
    let more = comma().ignore_then(part.clone()).repeated().collect::<Vec<_>>();
    let trailing = custom(|input: &mut Input<'t, '_>| {
        let closes = look(input, 1).is_some_and(|t| t.kind.closes());
        match look(input, 0) {
            Some(token) if token.kind == Kind::Comma && closes => {
                report(input, Diagnostic::new(&BAD_ROWS, token.span, "nothing follows the comma").fix("remove it", token.span, ""));
                input.skip();
                Ok(())
            }
            _ => Err(expected(input, Expect::Comma)),
        }
    });
    part.then(more)
        .then_ignore(trailing.or_not())
        .map(|(first, more)| {
            let mut all = vec![first];
            all.extend(more);
            all
        })
        .boxed()
}

/// A row that is a string. Anything else is reported and skipped, and gives None.
fn row_name<'t>() -> P<'t, Option<Literal>> {
    let string = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if matches!(token.kind, Kind::Text | Kind::RawText) => {
            input.skip();
            Ok(Some(Literal::written(LiteralKind::Text(json_text(token)), token.span)))
        }
        _ => Err(expected(input, Expect::Rows)),
    });
    let other = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if matches!(token.kind, Kind::Number | Kind::Word | Kind::OpenBrace | Kind::OpenBracket) => {
            let found = Diagnostic::new(&BAD_ROWS, token.span, "rows are all strings or all objects");
            let quoted = format!("\"{}\"", token.text);
            report(
                input,
                if token.kind.opens() { found.help(EXAMPLE) } else { found.fix("quote it", token.span, quoted).help(EXAMPLE) },
            );
            Ok(())
        }
        _ => Err(expected(input, Expect::Rows)),
    });
    choice((string, other.then(skip(Stop::Close)).to(None))).boxed()
}

const EXAMPLE: &str = "examples are NEW ipv4-addr [\"10.0.0.1\", \"10.0.0.2\"] and NEW process [{\"pid\": 1}, {\"pid\": 2}]";

/// The text of a JSON string: that of any string, and besides `\/` is `/`.
fn json_text(token: &Token<'_>) -> String {
    let inner = strings::inner(token.text);
    if token.kind == Kind::Text { strings::decode_json(inner) } else { inner.to_owned() }
}

/// `{"key": value, …}`; None where a part could not be read, which is reported.
fn object<'t>() -> P<'t, Option<Vec<Field>>> {
    let field = key().then_ignore(kind(Kind::Colon, Expect::Colon)).then(json_value());
    let field = field.map(|(key, value)| match value {
        Json::Value(literal) => Some(Field { key, value: Some(literal) }),
        Json::Null => Some(Field { key, value: None }),
        Json::Broken => None,
    });
    kind(Kind::OpenBrace, Expect::Rows)
        .ignore_then(commas(field.boxed()))
        .then_ignore(closing(Kind::CloseBrace, Expect::CloseBrace))
        .map(|fields| fields.into_iter().collect())
        .boxed()
}

/// A quoted key.
fn key<'t>() -> impl Parser<'t, Tokens<'t>, Ident, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if matches!(token.kind, Kind::Text | Kind::RawText) => {
            input.skip();
            Ok(Ident { text: json_text(token), span: token.span })
        }
        _ => Err(expected(input, Expect::JsonKey)),
    })
}

/// A value of an object.
#[derive(Clone, Debug)]
enum Json {
    Value(Literal),
    Null,
    /// It could not be read, which was reported.
    Broken,
}

/// A value without parts; one with parts is reported.
fn json_value<'t>() -> P<'t, Json> {
    let scalar = custom(|input: &mut Input<'t, '_>| {
        let Some(token) = look(input, 0) else { return Err(expected(input, Expect::JsonValue)) };
        let is = |word: &str| token.text.eq_ignore_ascii_case(word);
        let kind = match token.kind {
            Kind::Text | Kind::RawText => Some(LiteralKind::Text(json_text(token))),
            Kind::Word if is("null") => None,
            Kind::Word if let Some(name) = words::parameter(token.text) => Some(LiteralKind::Parameter(name.to_owned())),
            Kind::Word if is("true") || is("false") => Some(LiteralKind::Word(token.text.to_ascii_lowercase())),
            _ => return Err(expected(input, Expect::JsonValue)),
        };
        input.skip();
        Ok(kind.map_or(Json::Null, |kind| Json::Value(Literal::written(kind, token.span))))
    });
    let number_next = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == Kind::Number => Ok(()),
        _ => Err(expected(input, Expect::JsonValue)),
    });
    let number = number_next.ignore_then(literal()).map(Json::Value);
    let nested = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind.opens() || token.kind == Kind::TooDeep => {
            if token.kind != Kind::TooDeep {
                let found = Diagnostic::new(&BAD_ROWS, token.span, "rows of NEW are flat");
                report(input, found.help("a reference is written with a dot: {\"parent_ref.pid\": 4}"));
            }
            input.skip();
            Ok(token.kind.opens())
        }
        _ => Err(expected(input, Expect::JsonValue)),
    });
    let closing = custom(|input: &mut Input<'t, '_>| {
        if look(input, 0).is_some_and(|t| t.kind.closes()) {
            input.skip();
        }
        Ok(())
    });
    let nested = nested.then(skip(Stop::Close)).then(closing).to(Json::Broken);
    choice((scalar.boxed(), number.boxed(), nested.boxed())).boxed()
}

impl New {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("NEW ");
        if let Some(entity) = &self.entity {
            print::ident(entity, out);
            out.push(' ');
        }
        out.push('[');
        match &self.rows {
            Rows::Names(names) => print::list(names, out, value),
            Rows::Objects(rows) => print::list(rows, out, |fields, out| {
                out.push('{');
                print::list(fields, out, |field, out| {
                    out.push_str(&strings::quote_json(&field.key.text));
                    out.push_str(": ");
                    match &field.value {
                        Some(literal) => value(literal, out),
                        None => out.push_str("null"),
                    }
                });
                out.push('}');
            }),
            Rows::Error => out.push('?'),
        }
        out.push(']');
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        self.entity.iter_mut().for_each(|e| walk.ident(e));
        match &mut self.rows {
            Rows::Names(names) => names.iter_mut().for_each(|n| walk.literal(n)),
            Rows::Objects(rows) => {
                for field in rows.iter_mut().flatten() {
                    walk.ident(&mut field.key);
                    field.value.iter_mut().for_each(|v| walk.literal(v));
                }
            }
            Rows::Error => {}
        }
        walk.json(&mut self.span);
    }
}

/// Writes a literal as JSON.
fn value(literal: &Literal, out: &mut String) {
    match &literal.kind {
        LiteralKind::Text(text) => out.push_str(&strings::quote_json(text)),
        _ => print::literal(literal, out),
    }
}
