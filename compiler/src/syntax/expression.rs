//! What follows `=` and DISP: `v` or `TIMESTAMPED(v)` with clauses, and merges.

use super::ast::{Expression, Ident, Transformer};
use super::clause::{Clause, ClauseKind, Clauses, clauses};
use super::errors::fault::{Expect, Tokens};
use super::errors::names;
use super::grammar::{self, Extra, Input, P, Stop, closing, expected, kind, look, report, required, variable};
use super::token::{Flags, Kind};
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::BAD_FUNCTION;
use crate::source::Span;
use chumsky::prelude::*;

/// The clauses of an expression, in their order.
const CLAUSES: &[ClauseKind] =
    &[ClauseKind::With, ClauseKind::Where, ClauseKind::Attr, ClauseKind::Sort, ClauseKind::Limit, ClauseKind::Offset];

/// What follows `=` where no command does.
#[derive(Clone, Debug)]
pub(crate) enum Computed {
    /// `v …`
    Expression(Box<Expression>),
    /// `a + b`; the place is that of the first clause or `(`, which a merge does not take.
    Merge(Vec<Ident>, Option<Span>),
    /// It could not be read, which was reported.
    Error,
}

/// An expression or a merge.
pub(crate) fn value<'t>(clause: &P<'t, (Clause, Span)>) -> P<'t, Computed> {
    let plus = kind(Kind::Plus, Expect::Plus).ignore_then(required(variable(), Stop::Clause)).repeated().collect::<Vec<_>>();
    let clauses = clauses(clause, "an expression", CLAUSES).map_with(|c, e| (c, grammar::place(e.slice())));
    head()
        .then(plus)
        .then(clauses)
        .map(|(((transformer, variable, head_span), more), (clauses, clause_span))| {
            let Some(variable) = variable else { return Computed::Error };
            if more.is_empty() {
                return if clauses.broken {
                    Computed::Error
                } else {
                    Computed::Expression(Box::new(expression(transformer, variable, clauses)))
                };
            }
            let Some(more) = more.into_iter().collect::<Option<Vec<_>>>() else { return Computed::Error };
            let extra = transformer.map(|_| head_span).or((clause_span.start < clause_span.end).then_some(clause_span));
            Computed::Merge(std::iter::once(variable).chain(more).collect(), extra)
        })
        .boxed()
}

/// Puts the parts of an expression together.
fn expression(transformer: Option<Transformer>, variable: Ident, clauses: Clauses) -> Expression {
    Expression {
        transformer,
        variable,
        computed: clauses.computed,
        filter: clauses.filter,
        attributes: clauses.attributes,
        sort: clauses.sort,
        limit: clauses.limit,
        offset: clauses.offset,
    }
}

type Head = (Option<Transformer>, Option<Ident>, Span);

/// `v` or `TIMESTAMPED(v)`.
fn head<'t>() -> P<'t, Head> {
    let called = function()
        .then_ignore(kind(Kind::OpenParen, Expect::OpenParen))
        .then(required(variable(), Stop::Close))
        .then_ignore(closing(Kind::CloseParen, Expect::CloseParen))
        .map_with(|(transformer, variable), e| (transformer, variable, grammar::place(e.slice())));
    let plain = variable().map(|v| {
        let span = v.span;
        (None, Some(v), span)
    });
    choice((called.boxed(), plain.boxed())).boxed()
}

/// The name of a transformer before `(`; any other name is reported.
fn function<'t>() -> impl Parser<'t, Tokens<'t>, Option<Transformer>, Extra> + Clone {
    custom(|input: &mut Input<'t, '_>| {
        let call = look(input, 1).is_some_and(|t| t.kind == Kind::OpenParen);
        let Some(token) = look(input, 0).filter(|t| call && t.may_name() && !t.has(Flags::BEFORE_EQ)) else {
            return Err(expected(input, Expect::Variable));
        };
        let all = [Transformer::Timestamped, Transformer::AddObsId, Transformer::Records];
        let found = all.into_iter().find(|t| t.word().eq_ignore_ascii_case(token.text));
        if found.is_none() {
            let upper = token.text.to_ascii_uppercase();
            let near = all.into_iter().find(|t| strsim::osa_distance(&upper, t.word()) <= 3);
            let told = Diagnostic::new(&BAD_FUNCTION, token.span, format!("there is no function `{}`", names::shorten(token.text)));
            let told = told.label("the functions of a variable are TIMESTAMPED, ADDOBSID and RECORDS");
            report(input, near.map_or(told.clone(), |t| told.fix(format!("write {}", t.word()), token.span, t.word())));
        }
        input.skip();
        Ok(found)
    })
}
