//! `GET process FROM source WHERE pattern`: entities of one type out of a data source or a variable.

mod observe;

use crate::catalog::EntityId;
use crate::check::hir::{self, Birth, GetFrom, Observed, Predicate, SourceRef, VarId};
use crate::check::{Checked, Checker, Draft, Ground, Origin};
use crate::diag::codes::names::MISSING_WHERE;
use crate::diag::codes::types::TYPE_MISMATCH;
use crate::diag::{Diagnostic, Reported};
use crate::plan::{Condition, Full, Lowering};
use crate::source::Span;
use crate::syntax::Parts;
use crate::syntax::ast::{Count, Ident, Observation, Path, TimeSpan};
use crate::syntax::clause::{ClauseKind, clauses};
use crate::syntax::grammar::{P, Stop, command_keyword, entity, required};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use crate::syntax::walk::{self, Walk};
use crate::time::TimeRange;
use chumsky::Parser;
use observe::{ScanPlace, together};

/// The syntax of GET.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Get {
    /// The type of the entities to get.
    pub entity: Ident,
    /// FROM; a bare name that equals a variable is that variable.
    pub from: Option<Path>,
    pub pattern: Option<Observation>,
    /// START/STOP or LAST.
    pub span: Option<TimeSpan>,
    pub limit: Option<Count>,
}

const CLAUSES: &[ClauseKind] = &[ClauseKind::From, ClauseKind::Where, ClauseKind::Time, ClauseKind::Limit];

/// `GET TYPE [FROM source] [WHERE pattern] [time] [LIMIT n]`; the check decides whether WHERE may be left out.
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Get>> {
    command_keyword(Keyword::Get)
        .ignore_then(required(entity(), Stop::Clause))
        .then(clauses(&parts.clause, "GET", CLAUSES))
        .map(|(entity, clauses)| match entity {
            Some(entity) if !clauses.broken => {
                Some(Get { entity, from: clauses.from, pattern: clauses.filter, span: clauses.time, limit: clauses.limit })
            }
            _ => None,
        })
        .boxed()
}

impl Get {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("GET ");
        print::ident(&self.entity, out);
        print::clause("FROM", self.from.as_ref(), out, print::path);
        print::clause("WHERE", self.pattern.as_ref(), out, print::observation);
        print::time_clause(self.span.as_ref(), out);
        print::clause("LIMIT", self.limit.as_ref(), out, print::count);
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk.ident(&mut self.entity);
        self.from.iter_mut().for_each(|p| walk.sources(p));
        walk::rest(&mut self.pattern, &mut self.span, &mut self.limit, walk);
    }

    /// Checks types, source, pattern and window.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let entity = cx.entity(&self.entity);
        let from = cx.origin(self.from.as_ref());
        let range = cx.explicit(self.span.as_ref());
        let limit = cx.count(self.limit.as_ref());
        match from? {
            Origin::Variable(input) => self.of_variable(cx, entity?, input, range?, limit?),
            Origin::Sources(sources) => self.of_sources(cx, entity?, &sources, range, limit?),
        }
    }

    fn of_sources(
        &self,
        cx: &mut Checker<'_>,
        entity: EntityId,
        sources: &[SourceRef],
        range: Result<Option<TimeRange>, Reported>,
        limit: Option<u64>,
    ) -> Checked {
        let ground = Ground::records(cx, entity, sources);
        let pattern = match &self.pattern {
            Some(observation) => cx.observed(&ground, observation),
            None => Err(self.missing_where(cx)),
        };
        let references = pattern.as_ref().map(Observed::references).unwrap_or_default();
        let window = range.map(|range| cx.get_window(range, &references, sources));
        let draft = Draft {
            window: window.as_ref().map_or(None, |w| w.search),
            sources: sources.to_vec(),
            parents: references,
            ..Draft::entities(entity, Birth::Get)
        };
        let out = cx.bind(draft);
        let from = GetFrom::Sources { entity, sources: window?.sources, pattern: pattern? };
        cx.step(hir::GetStep { out, from, limit });
        Ok(())
    }

    fn of_variable(
        &self,
        cx: &mut Checker<'_>,
        entity: EntityId,
        input: VarId,
        range: Option<TimeRange>,
        limit: Option<u64>,
    ) -> Checked {
        let place = self.from.as_ref().map_or(self.entity.span, |f| f.span);
        cx.needs_entities(input, place, "GET")?;
        if cx.entity_of(input) != entity {
            return Err(self.other_type(cx, entity, input, place));
        }
        let ground = Ground::variable(cx, input, "GET from a variable");
        let filter = cx.filter(&ground, self.pattern.as_ref());
        let mut draft = cx.inherit(input, Birth::Get);
        if let Some(range) = range {
            cx.missed(range, input, self.span.as_ref().map_or(place, TimeSpan::span));
            draft.window = Some(range);
        }
        draft.parents.extend(filter.as_ref().map(Predicate::references).unwrap_or_default());
        let out = cx.bind(draft);
        cx.step(hir::GetStep { out, from: GetFrom::Variable { input, filter: filter?, range }, limit });
        Ok(())
    }

    fn missing_where(&self, cx: &mut Checker<'_>) -> Reported {
        if cx.half_read() {
            return cx.told();
        }
        let place = self.from.as_ref().map_or(self.entity.span, |f| f.span);
        let everything = cx.catalog.entity(&self.entity.text).and_then(|id| cx.catalog.get(id).everything.as_ref());
        let mut diagnostic =
            Diagnostic::new(&MISSING_WHERE, place.after(), "GET from a data source needs WHERE").label("WHERE is missing");
        if let Some(everything) = everything {
            let condition = format!(" WHERE {everything}");
            diagnostic = diagnostic.fix("to take everything, ask for what is always there", place.after(), condition);
        }
        cx.report(diagnostic.help("a pattern is written WHERE name = 'cmd.exe'"))
    }

    fn other_type(&self, cx: &mut Checker<'_>, entity: EntityId, input: VarId, place: Span) -> Reported {
        let (want, have, var) = (cx.type_name(entity), cx.type_name(cx.entity_of(input)), cx.var(input));
        let diagnostic = Diagnostic::new(&TYPE_MISMATCH, place, format!("GET {want} from `{}`, which holds {have}", var.name))
            .label(format!("holds {have}"))
            .also(self.entity.span, format!("asks for {want}"))
            .fix("the type of the variable", self.entity.span, have)
            .help(format!("FIND {want} LINKED {} finds the {want} in the same records", var.name));
        cx.report(diagnostic)
    }
}

impl hir::GetStep {
    /// Adds a scan of each source, or a filter of the variable's rows.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        match &self.from {
            GetFrom::Sources { entity, sources, pattern } => {
                cx.condition(Condition::Pattern { pattern: pattern.clone(), limit: self.limit });
                let places = sources.iter().map(|(source, window)| ScanPlace { entity: *entity, source: *source, window: *window });
                let places: Vec<ScanPlace> = places.collect();
                let parts = match pattern {
                    Observed::One(predicate) => places.iter().map(|place| place.scan(cx, predicate)).collect(),
                    several => vec![together(cx, *entity, &places, several)],
                };
                cx.bind_asked(self.out, &[], *entity, parts, self.limit, sources);
            }
            GetFrom::Variable { input, filter, range } => {
                let condition = Condition::Held { input: *input, filter: filter.clone(), range: *range, limit: self.limit };
                cx.condition(condition);
                let node = cx.filter(*input, filter, *range);
                let node = cx.first(node, cx.entity(*input), self.limit);
                cx.bind(self.out, &[*input], node, Full::Raw);
            }
        }
    }
}
