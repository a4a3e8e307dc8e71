//! Clauses after the head of a statement. Every clause is read after every command and in any order, so that a wrong one gives
//! one message and no part of the statement is lost.

use super::ast::{AttrPath, Count, DepthClause, FunctionCall, Length, Moment, Observation, Path, SortBy, TimeSpan};
use super::computed;
use super::errors::fault::{Expect, Tokens};
use super::grammar::{self, Extra, Input, P, Stop, clause_keyword, expected, keyword, list, look, place, report, required};
use super::literal;
use super::token::{Keyword, Kind};
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::{CLAUSE_NOT_HERE, CLAUSE_ORDER, ONE_ONLY, UNEXPECTED};
use crate::source::Span;
use chumsky::prelude::*;

/// A kind of clause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ClauseKind {
    From,
    Depth,
    With,
    Where,
    Attr,
    Sort,
    Time,
    Limit,
    Offset,
}

impl ClauseKind {
    /// The clause as messages call it.
    fn word(self) -> &'static str {
        match self {
            Self::From => "FROM",
            Self::Depth => "DEPTH",
            Self::With => "WITH",
            Self::Where => "WHERE",
            Self::Attr => "ATTR",
            Self::Sort => "SORT BY",
            Self::Time => "START/LAST",
            Self::Limit => "LIMIT",
            Self::Offset => "OFFSET",
        }
    }
}

/// One clause. None in it: it could not be read, which was reported.
#[derive(Clone, Debug)]
pub(crate) enum Clause {
    From(Option<Path>),
    Depth(Option<DepthClause>),
    With(Option<Vec<FunctionCall>>),
    Where(Observation),
    Attr(Option<Vec<AttrPath>>),
    Sort(Option<SortBy>),
    Time(TimeSpan),
    Limit(Count),
    Offset(Count),
}

impl Clause {
    fn kind(&self) -> ClauseKind {
        match self {
            Self::From(_) => ClauseKind::From,
            Self::Depth(_) => ClauseKind::Depth,
            Self::With(_) => ClauseKind::With,
            Self::Where(_) => ClauseKind::Where,
            Self::Attr(_) => ClauseKind::Attr,
            Self::Sort(_) => ClauseKind::Sort,
            Self::Time(_) => ClauseKind::Time,
            Self::Limit(_) => ClauseKind::Limit,
            Self::Offset(_) => ClauseKind::Offset,
        }
    }
}

/// The clauses of one statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clauses {
    pub from: Option<Path>,
    pub depth: Option<DepthClause>,
    pub computed: Option<Vec<FunctionCall>>,
    pub filter: Option<Observation>,
    pub attributes: Option<Vec<AttrPath>>,
    pub sort: Option<SortBy>,
    pub time: Option<TimeSpan>,
    pub limit: Option<Count>,
    pub offset: Option<Count>,
    /// Whether a clause could not be read and has no error form of its own.
    pub broken: bool,
}

impl Clauses {
    fn take(&mut self, clause: Clause) {
        match clause {
            Clause::From(Some(path)) => self.from = Some(path),
            Clause::Depth(Some(depth)) => self.depth = Some(depth),
            Clause::Attr(Some(attributes)) => self.attributes = Some(attributes),
            Clause::Sort(Some(sort)) => self.sort = Some(sort),
            Clause::With(Some(calls)) => self.computed = Some(calls),
            Clause::With(None) | Clause::From(None) | Clause::Depth(None) | Clause::Attr(None) | Clause::Sort(None) => {
                self.broken = true;
            }
            Clause::Where(filter) => self.filter = Some(filter),
            Clause::Time(time) => self.time = Some(time),
            Clause::Limit(limit) => self.limit = Some(limit),
            Clause::Offset(offset) => self.offset = Some(offset),
        }
    }
}

/// Any clause, with its place.
pub(crate) fn clause(observation: P<'_, Observation>) -> P<'_, (Clause, Span)> {
    let from =
        clause_keyword(Keyword::From).ignore_then(required(grammar::path(Expect::Source, true), Stop::Clause)).map(Clause::From);
    let with = clause_keyword(Keyword::With).ignore_then(computed::calls()).map(Clause::With);
    let filter = clause_keyword(Keyword::Where).ignore_then(observation).map(Clause::Where);
    let attr = clause_keyword(Keyword::Attr).ignore_then(list(attribute_or_star(), Stop::List)).map(Clause::Attr);
    let sort =
        clause_keyword(Keyword::Sort).then(keyword(Keyword::By)).ignore_then(required(sort_by(), Stop::Clause)).map(Clause::Sort);
    let limit = clause_keyword(Keyword::Limit).ignore_then(count()).map(Clause::Limit);
    let offset = clause_keyword(Keyword::Offset).ignore_then(count()).map(Clause::Offset);
    let depth = clause_keyword(Keyword::Depth).ignore_then(required(steps(), Stop::Clause)).map(Clause::Depth);
    let time = time().map(Clause::Time);
    choice((
        from.boxed(),
        with.boxed(),
        filter.boxed(),
        attr.boxed(),
        sort.boxed(),
        limit.boxed(),
        offset.boxed(),
        depth.boxed(),
        time.boxed(),
    ))
    .map_with(|clause, e| (clause, place(e.slice())))
    .boxed()
}

/// An attribute of ATTR. `*` is reported, and taken as an attribute of that name.
fn attribute_or_star<'t>() -> impl Parser<'t, Tokens<'t>, AttrPath, Extra> + Clone {
    let star = custom(|input: &mut Input<'t, '_>| match look(input, 0) {
        Some(token) if token.kind == Kind::Star => {
            let found = Diagnostic::new(&UNEXPECTED, token.span, "ATTR takes names of attributes, not `*`");
            report(input, found.help("leave ATTR out: every attribute is shown then"));
            input.skip();
            Ok(AttrPath { entity: None, text: "*".into(), span: token.span })
        }
        _ => Err(expected(input, Expect::Attribute)),
    });
    choice((grammar::attribute(), star))
}

/// `attr [ASC|DESC]`; further attributes are reported.
pub(crate) fn sort_by<'t>() -> P<'t, SortBy> {
    let direction = choice((keyword(Keyword::Asc).to(true), keyword(Keyword::Desc).to(false)));
    let more = grammar::comma().ignore_then(grammar::attribute()).map(|a| a.span).repeated().collect::<Vec<_>>();
    grammar::attribute()
        .then(more)
        .then(direction.or_not())
        .validate(|((attribute, more), ascending), _, emitter| {
            if let (Some(first), Some(last)) = (more.first(), more.last()) {
                let found = Diagnostic::new(&ONE_ONLY, first.to(*last), "SORT BY takes one attribute");
                emitter.emit(found.help("sorting is stable: sort by the last one first, in statements of their own").into());
            }
            SortBy { attribute, ascending: ascending.unwrap_or(false), written: ascending.is_some() }
        })
        .boxed()
}

/// A count after LIMIT or OFFSET.
fn count<'t>() -> impl Parser<'t, Tokens<'t>, Count, Extra> + Clone {
    required(literal::count(), Stop::Clause)
        .map_with(|count, e| count.unwrap_or_else(|| Count { value: None, parameter: None, span: place(e.slice()) }))
}

/// `n` or `*` after DEPTH.
fn steps<'t>() -> impl Parser<'t, Tokens<'t>, DepthClause, Extra> + Clone {
    let count = literal::number_from_zero().map(|count| match count.value {
        Some(steps) => DepthClause { steps: Some(steps), span: count.span },
        // This is reported already; one step is what FIND takes anyway.
        None => DepthClause { steps: Some(1), span: count.span },
    });
    let star = grammar::kind(Kind::Star, Expect::Steps).map_with(|(), e| DepthClause { steps: None, span: place(e.slice()) });
    choice((count, star))
}

/// `START … STOP …`, `LAST n unit`.
fn time<'t>() -> P<'t, TimeSpan> {
    let stop = keyword(Keyword::Stop).ignore_then(literal::moment());
    let both = required(literal::moment().then(stop.clone()), Stop::Clause);
    let between = clause_keyword(Keyword::Start).ignore_then(both).map_with(|both, e| {
        let (start, stop) = both.unwrap_or_default();
        TimeSpan::Between { start, stop, span: place(e.slice()) }
    });
    let last = clause_keyword(Keyword::Last).ignore_then(required(literal::length(), Stop::Clause));
    let last = last.map_with(|found, e| {
        let (nanos, parameter) = found.map_or((None, None), |length| (length.nanos, length.parameter));
        TimeSpan::Last(Length { nanos, parameter, span: place(e.slice()) })
    });
    let lone = stop.validate(|stop, e, emitter| {
        let span = place(e.slice());
        let found = Diagnostic::new(&UNEXPECTED, span, "STOP stands behind START only");
        emitter.emit(found.help("write START t'…' STOP t'…', or LAST 5d for the last five days").into());
        TimeSpan::Between { start: Moment::default(), stop, span }
    });
    choice((between.boxed(), last.boxed(), lone.boxed())).boxed()
}

/// The clauses of a command, which takes those of `allowed` in that order. Others are reported.
pub(crate) fn clauses<'t>(clause: &P<'t, (Clause, Span)>, command: &'static str, allowed: &'static [ClauseKind]) -> P<'t, Clauses> {
    clause
        .clone()
        .repeated()
        .collect::<Vec<_>>()
        .validate(move |all, _, emitter| {
            let mut out = Clauses::default();
            let mut reached: Option<(usize, ClauseKind)> = None;
            let mut foreign = false;
            for (clause, span) in all {
                let kind = clause.kind();
                let Some(rank) = allowed.iter().position(|k| *k == kind) else {
                    if !foreign {
                        emitter.emit(not_here(command, allowed, kind, span).into());
                    }
                    foreign = true;
                    continue;
                };
                match reached {
                    Some((_, last)) if last == kind => emitter.emit(twice(kind, span).into()),
                    Some((at, last)) if rank < at => emitter.emit(order(allowed, kind, last, span).into()),
                    _ => reached = Some((rank, kind)),
                }
                out.take(clause);
            }
            out
        })
        .boxed()
}

/// The message about a clause that the command does not take.
fn not_here(command: &str, allowed: &[ClauseKind], kind: ClauseKind, span: Span) -> Diagnostic {
    let found = Diagnostic::new(&CLAUSE_NOT_HERE, span, format!("{command} takes no {}", kind.word()));
    let found = match allowed {
        [] => found.label("it takes no clauses"),
        _ => found.label(format!("it takes {}", words(allowed))),
    };
    match kind {
        ClauseKind::With | ClauseKind::Where | ClauseKind::Attr | ClauseKind::Sort | ClauseKind::Limit | ClauseKind::Offset => {
            found.help(format!("give it to a variable in a statement of its own: `y = x {} …`", kind.word()))
        }
        ClauseKind::From => found.help("the data source is the one of the variable"),
        ClauseKind::Time => found.help("only GET and FIND look at a range of time"),
        ClauseKind::Depth => found.help("only FIND goes several steps"),
    }
}

/// The message about a clause that is written twice.
fn twice(kind: ClauseKind, span: Span) -> Diagnostic {
    let found = Diagnostic::new(&CLAUSE_ORDER, span, format!("a second {}", kind.word()));
    match kind {
        ClauseKind::Where => found.help("join both patterns with AND"),
        ClauseKind::With => found.help("one WITH takes several functions: WITH LOWER(name) AS a, LENGTH(name) AS b"),
        ClauseKind::Attr => found.help("one ATTR takes several attributes: ATTR name, pid"),
        _ => found.help("remove one of them"),
    }
}

/// The message about a clause after one that it must precede.
fn order(allowed: &[ClauseKind], kind: ClauseKind, last: ClauseKind, span: Span) -> Diagnostic {
    Diagnostic::new(&CLAUSE_ORDER, span, format!("{} must stand before {}", kind.word(), last.word()))
        .help(format!("the order is {}", words(allowed)))
}

fn words(kinds: &[ClauseKind]) -> String {
    kinds.iter().map(|k| k.word()).collect::<Vec<_>>().join(", ")
}
