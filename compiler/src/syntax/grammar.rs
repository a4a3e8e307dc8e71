//! What all grammars are made of: single tokens, names, attributes, paths, and recovery after a keyword.
//!
//! The combinators are chumsky's over tokens. What each kind of helper does:
//!
//! * A **noun** (`kind`, `comma`, `keyword`, `variable`, `entity`, `attribute`, `function`, `path`, `literal`) takes what it is
//!   named after. Where something else stands it takes nothing, reports nothing and fails as a [`Fault`]: the caller goes
//!   back and tries what else may stand there. A name of a wrong shape is taken and reported.
//! * `clause_keyword` and `command_keyword` are nouns, but take a misspelt keyword, too, and report it.
//! * `required(part, stop)` and `closing(bracket)` never fail: where the part is not there, that is reported, tokens up to
//!   the stop are skipped, and `required` gives None. From the first `required` of a command on nothing goes back.
//! * `list` and `joined` repeat a part; `list` requires each one.
//! * `skip(stop)` takes and reports nothing but tokens.
//! * `one_variable` takes what is one variable too many, and reports it.
//! * `report` is for productions of known mistakes: it takes nothing, and the production goes on as if all were well.
//! * `look`, `called` and `index` only look.

use super::ast::{AttrPath, Ident, Path};
use super::errors::fault::{Expect, ExpectSet, Fault, Tokens};
use super::errors::names;
use super::token::{Class, Flags, Keyword, Kind, Token};
use super::{strings, words};
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::ONE_ONLY;
use crate::source::Span;
use chumsky::input::InputRef;
use chumsky::prelude::*;

pub(crate) type Extra = extra::Err<Fault>;
/// A boxed grammar.
pub(crate) type P<'t, T> = Boxed<'t, 't, Tokens<'t>, T, Extra>;
/// The position of a running grammar in the tokens.
pub(crate) type Input<'t, 'p> = InputRef<'t, 'p, Tokens<'t>, Extra>;

/// Index of the next token.
pub(crate) fn index(input: &Input<'_, '_>) -> usize {
    *input.cursor().inner()
}

/// The token `ahead` places from here, without taking it.
pub(crate) fn look<'t>(input: &mut Input<'t, '_>, ahead: usize) -> Option<&'t Token<'t>> {
    let at = index(input);
    input.full_slice().get(at + ahead)
}

/// The word of a function that is called here: it stands before `(`.
pub(crate) fn called<'t>(input: &mut Input<'t, '_>) -> Option<&'t Token<'t>> {
    look(input, 1).filter(|t| t.kind == Kind::OpenParen)?;
    look(input, 0).filter(|t| t.kind == Kind::Word && !t.has(Flags::OPENS))
}

/// From the first token of `from` to the last one taken; empty where none was taken.
pub(crate) fn span_since(input: &mut Input<'_, '_>, from: usize) -> Span {
    let at = index(input);
    let tokens = input.full_slice();
    match (tokens.get(from), tokens.get(at.wrapping_sub(1))) {
        (Some(first), Some(last)) if from < at => first.span.to(last.span),
        (_, Some(last)) => last.span.after(),
        (Some(first), None) => Span { end: first.span.start, ..first.span },
        (None, None) => Span::new(crate::source::SourceId(0), 0, 0),
    }
}

/// The span of the tokens that a grammar took.
pub(crate) fn place(tokens: Tokens<'_>) -> Span {
    match tokens {
        [first, .., last] => first.span.to(last.span),
        [only] => only.span,
        [] => Span::new(crate::source::SourceId(0), 0, 0),
    }
}

/// Emits the message of a production for a known mistake.
pub(crate) fn report(input: &mut Input<'_, '_>, diagnostic: Diagnostic) {
    input.emit(Fault::from(diagnostic));
}

/// The fault "something else is expected here".
pub(crate) fn expected(input: &Input<'_, '_>, what: impl Into<ExpectSet>) -> Fault {
    Fault::expected(index(input), what)
}

/// One token of a kind.
pub(crate) fn kind<'t>(kind: Kind, expect: Expect) -> impl Parser<'t, Tokens<'t>, (), Extra> + Clone {
    custom(move |input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == kind => {
            input.skip();
            Ok(())
        }
        _ => Err(expected(input, expect)),
    })
}

/// `,`
pub(crate) fn comma<'t>() -> impl Parser<'t, Tokens<'t>, (), Extra> + Clone {
    kind(Kind::Comma, Expect::Comma)
}

/// A keyword inside a statement.
pub(crate) fn keyword<'t>(keyword: Keyword) -> impl Parser<'t, Tokens<'t>, (), Extra> + Clone {
    custom(move |input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.is(keyword) => {
            input.skip();
            Ok(())
        }
        _ => Err(expected(input, keyword)),
    })
}

/// A keyword after a complete part, where any other word would be a mistake: a misspelt one is taken and reported.
pub(crate) fn clause_keyword<'t>(keyword: Keyword) -> impl Parser<'t, Tokens<'t>, (), Extra> + Clone {
    custom(move |input: &mut Input<'t, '_>| {
        let next = look(input, 1);
        match look(input, 0) {
            Some(token) if token.is(keyword) && (keyword != Keyword::Sort || next.is_some_and(|t| t.is(Keyword::By))) => {}
            Some(token) if names::misspells(token, keyword) && next.is_some_and(|t| !t.has(Flags::LINE_START)) => {
                report(input, names::misspelt(token, keyword));
            }
            _ => return Err(expected(input, keyword)),
        }
        input.skip();
        Ok(())
    })
}

/// The keyword that begins a statement; a misspelt one is taken where a name follows it.
pub(crate) fn command_keyword<'t>(keyword: Keyword) -> impl Parser<'t, Tokens<'t>, (), Extra> + Clone {
    custom(move |input: &mut Input<'t, '_>| {
        let next = look(input, 1);
        match look(input, 0) {
            Some(token) if token.is(keyword) => {}
            Some(token) if names::misspells(token, keyword) && next.is_some_and(names::follows_opener) => {
                report(input, names::misspelt(token, keyword));
            }
            _ => return Err(expected(input, ExpectSet::default())),
        }
        input.skip();
        Ok(())
    })
}

/// A name of some shape. What has another shape is taken and reported; a reserved word is not taken.
fn name<'t>(expect: Expect, shape: fn(&str) -> bool) -> impl Parser<'t, Tokens<'t>, Ident, Extra> + Clone {
    custom(move |input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.may_name() && !token.has(Flags::BEFORE_EQ) => {
            if !shape(token.text) {
                report(input, names::bad_name(token, expect));
            }
            input.skip();
            Ok(ident(token))
        }
        _ => Err(expected(input, expect)),
    })
}

/// A token as an identifier.
pub(crate) fn ident(token: &Token<'_>) -> Ident {
    Ident { text: token.text.to_owned(), span: token.span }
}

/// A variable where one is used. It is never followed by `=`, so that a missing one does not take the target of the next line.
pub(crate) fn variable<'t>() -> impl Parser<'t, Tokens<'t>, Ident, Extra> + Clone {
    name(Expect::Variable, words::is_variable)
}

/// An entity type.
pub(crate) fn entity<'t>() -> impl Parser<'t, Tokens<'t>, Ident, Extra> + Clone {
    name(Expect::EntityType, words::is_entity)
}

/// A relation word.
pub(crate) fn relation<'t>() -> impl Parser<'t, Tokens<'t>, Ident, Extra> + Clone {
    name(Expect::Relation, words::is_relation)
}

/// A column name after AS. A reserved word is one too if nothing follows that it could begin.
pub(crate) fn alias<'t>() -> impl Parser<'t, Tokens<'t>, Ident, Extra> + Clone {
    let reserved = custom(|input: &mut Input<'t, '_>| {
        let next = look(input, 1);
        match look(input, 0) {
            Some(token) if token.keyword.is_some() && !token.has(Flags::BEFORE_EQ) && name_by_place(token, next) => {
                input.skip();
                Ok(ident(token))
            }
            _ => Err(expected(input, Expect::Alias)),
        }
    });
    choice((name(Expect::Alias, |text| words::is_dashed(text) || words::is_variable(text)), reserved))
}

/// Whether a reserved word stands as a name where one is wanted: nothing that its clause would need follows.
pub(super) fn name_by_place(token: &Token<'_>, next: Option<&Token<'_>>) -> bool {
    let ends = next.is_none_or(|next| {
        let kind = matches!(next.kind, Kind::Comma | Kind::CloseParen | Kind::CloseBracket);
        kind || next.has(Flags::LINE_START) || next.has(Flags::OPENS)
    });
    let clause = next.and_then(|t| t.keyword).is_some_and(|k| {
        matches!(k.class(), Class::Clause)
            || matches!(k, Keyword::Asc | Keyword::Desc | Keyword::Sort | Keyword::As | Keyword::With | Keyword::On)
    });
    !token.has(Flags::OPENS) && (ends || clause)
}

/// An attribute in a list, a sort order or an aggregate: without type.
pub(crate) fn attribute<'t>() -> impl Parser<'t, Tokens<'t>, AttrPath, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| {
        let next = look(input, 1);
        match look(input, 0) {
            Some(token)
                if token.kind == Kind::Word && !token.has(Flags::BEFORE_EQ) && (token.may_name() || name_by_place(token, next)) =>
            {
                let path = attr_path(input, token);
                if let Some(entity) = &path.entity {
                    report(input, names::typed_attribute(token, entity, &path));
                }
                input.skip();
                Ok(AttrPath { entity: None, ..path })
            }
            _ => Err(expected(input, Expect::Attribute)),
        }
    })
}

/// An attribute in a pattern, perhaps with its type; `token` is taken by the caller.
pub(crate) fn attr_path(input: &mut Input<'_, '_>, token: &Token<'_>) -> AttrPath {
    let (entity, text) = match token.text.split_once(':') {
        Some((entity, text)) => (Some(entity), text),
        None => (None, token.text),
    };
    if !words::is_attribute(text) || entity.is_some_and(|e| !words::is_entity(e)) {
        report(input, names::bad_attribute(token, text));
    }
    let start = token.span.end as usize - text.len();
    let entity = entity.map(|e| Ident { text: e.to_owned(), span: sub(token.span, 0, e.len()) });
    AttrPath { entity, text: text.to_owned(), span: Span::new(token.span.source, start, token.span.end as usize) }
}

/// Part of a span.
pub(crate) fn sub(span: Span, from: usize, len: usize) -> Span {
    let start = span.start as usize + from;
    Span::new(span.source, start, start + len)
}

/// The name of a function and the `(` after it, if `read` takes the name.
pub(crate) fn function<'t, T: 't>(
    expect: Expect,
    read: impl Fn(&mut Input<'t, '_>, &str, Span) -> Option<T> + Clone + 't,
) -> impl Parser<'t, Tokens<'t>, T, Extra> + Clone {
    custom(move |input: &mut Input<'t, '_>| match called(input).and_then(|t| read(input, t.text, t.span)) {
        Some(found) => {
            input.skip();
            input.skip();
            Ok(found)
        }
        None => Err(expected(input, expect)),
    })
}

/// A path or URI; with `many`, several names of sources joined by commas without blanks, in which `*` may stand.
pub(crate) fn path<'t>(expect: Expect, many: bool) -> impl Parser<'t, Tokens<'t>, Path, Extra> + Clone {
    custom(move |input: &mut Input<'t, '_>| {
        let from = index(input);
        let Some(token) = look(input, 0) else { return Err(expected(input, expect)) };
        if matches!(token.kind, Kind::Text | Kind::RawText) {
            input.skip();
            return Ok(Path { text: text_of(token), span: token.span, quoted: true });
        }
        let reserved = token.keyword.is_some() && !token.has(Flags::BEFORE_EQ) && name_by_place(token, look(input, 1));
        if !(path_word(token) || reserved || many && token.kind == Kind::Star) {
            return Err(expected(input, expect));
        }
        input.skip();
        let mut text = token.text.to_owned();
        while many && let (Some(next), after) = (look(input, 0), look(input, 1)) {
            if next.has(Flags::GLUED) && (next.kind == Kind::Star || text.ends_with('*') && path_word(next)) {
                text.push_str(next.text);
                input.skip();
                continue;
            }
            let Some(word) = after.filter(|word| next.kind == Kind::Comma && (path_word(word) || word.kind == Kind::Star)) else {
                break;
            };
            if !next.has(Flags::GLUED) || !word.has(Flags::GLUED) {
                report(input, names::spaced_sources(token.span.to(word.span), &text, word));
            }
            text.push(',');
            text.push_str(word.text);
            input.skip();
            input.skip();
        }
        let span = span_since(input, from);
        let name = |part: &str| words::is_path(part) || many && (words::is_path_pattern(part) || words::is_source_parameter(part));
        if !text.split(',').all(name) {
            report(input, names::unquoted_path(span, &text));
        }
        Ok(Path { text, span, quoted: false })
    })
}

/// Whether a token can be an unquoted path.
fn path_word(token: &Token<'_>) -> bool {
    token.kind == Kind::Number || (token.may_name() && !token.has(Flags::BEFORE_EQ))
}

/// The text of a quoted token.
pub(crate) fn text_of(token: &Token<'_>) -> String {
    let inner = strings::inner(token.text);
    if token.kind == Kind::Text { strings::decode(inner) } else { inner.to_owned() }
}

/// Where skipping after a mistake stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// Where a statement begins.
    Statement,
    /// There, and at the keyword of a clause.
    Clause,
    /// There, at AND and OR, and at the end of the bracket around.
    Pattern,
    /// There, and at a comma.
    List,
    /// At the end of the bracket around, and where a clause or statement begins.
    Close,
}

impl Stop {
    fn here(self, token: &Token<'_>, next: Option<&Token<'_>>, depth: usize) -> bool {
        if token.has(Flags::OPENS) {
            return true;
        }
        let clause = match token.keyword {
            Some(Keyword::Sort) => next.is_some_and(|t| t.is(Keyword::By)),
            Some(Keyword::Depth) => next.is_some_and(|t| matches!(t.kind, Kind::Number | Kind::Star)),
            Some(k) => k.class() == Class::Clause && !token.has(Flags::BEFORE_EQ),
            None => false,
        };
        let pattern = token.kind.closes() || matches!(token.keyword, Some(Keyword::And | Keyword::Or));
        match self {
            Self::Statement => false,
            Self::Clause => clause,
            Self::Pattern => clause || depth == 0 && pattern,
            Self::List => clause || depth == 0 && (pattern || token.kind == Kind::Comma),
            Self::Close => clause || depth == 0 && token.kind.closes(),
        }
    }
}

/// Takes tokens up to a stop, perhaps none, and gives their place. What stands in brackets is skipped as a whole.
pub(crate) fn skip<'t>(stop: Stop) -> impl Parser<'t, Tokens<'t>, Span, Extra> + Clone {
    custom(move |input: &mut Input<'t, '_>| {
        let from = index(input);
        let mut depth = 0_usize;
        while let Some(token) = look(input, 0) {
            let next = look(input, 1);
            if stop.here(token, next, depth) {
                break;
            }
            if token.kind.opens() {
                depth += 1;
            } else if token.kind.closes() {
                depth = depth.saturating_sub(1);
            }
            input.skip();
        }
        Ok(span_since(input, from))
    })
}

/// A part that must be there. Where it is not, that is reported, and parsing goes on at the stop with None.
pub(crate) fn required<'t, T: 't>(part: impl Parser<'t, Tokens<'t>, T, Extra> + 't, stop: Stop) -> P<'t, Option<T>> {
    part.map(Some).recover_with(via_parser(skip(stop).map(|_| None))).boxed()
}

/// One or more parts with commas between; None where one of them cannot be read.
pub(crate) fn list<'t, T: 't>(part: impl Parser<'t, Tokens<'t>, T, Extra> + Clone + 't, stop: Stop) -> P<'t, Option<Vec<T>>> {
    let first = required(part, stop);
    let more = comma().ignore_then(first.clone()).repeated().collect::<Vec<_>>();
    first.then(more).map(|(first, more)| std::iter::once(first).chain(more).collect()).boxed()
}

/// `part { word part }` as one list; a part that stands alone is itself.
pub(crate) fn joined<'t, T: 't>(part: P<'t, T>, word: P<'t, ()>, join: fn(Vec<T>, Span) -> T) -> P<'t, T> {
    let more = word.ignore_then(part.clone()).repeated().collect::<Vec<_>>();
    part.then(more)
        .map_with(move |(first, more), e| {
            if more.is_empty() {
                return first;
            }
            join(std::iter::once(first).chain(more).collect(), place(e.slice()))
        })
        .boxed()
}

/// A closing bracket. If it is missing, that is reported, tokens are skipped up to the stop, and a bracket there is taken.
pub(crate) fn closing<'t>(closing: Kind, expect: Expect) -> P<'t, ()> {
    let found = skip(Stop::Close).then(kind(closing, expect).or_not()).ignored();
    kind(closing, expect).recover_with(via_parser(found)).boxed()
}

/// Reports further variables after a command that takes one.
pub(crate) fn one_variable<'t>(command: &'static str) -> impl Parser<'t, Tokens<'t>, (), Extra> + Clone {
    comma().ignore_then(variable()).map(|v| v.span).repeated().collect::<Vec<_>>().validate(move |more, _, emitter| {
        if let (Some(first), Some(last)) = (more.first(), more.last()) {
            let found = Diagnostic::new(&ONE_ONLY, first.to(*last), format!("{command} takes one variable"));
            emitter.emit(found.help(format!("write a second {command}")).into());
        }
    })
}
