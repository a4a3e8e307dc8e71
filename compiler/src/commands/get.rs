//! `GET process FROM source WHERE pattern`: entities of one type out of a data source or a variable.

use crate::catalog::EntityId;
use crate::check::hir::{SourceRef, StepKind, VarId};
use crate::check::{Checked, Checker, Draft, Ground, Origin, observed_references, references};
use crate::diag::codes::names::MISSING_WHERE;
use crate::diag::codes::types::TYPE_MISMATCH;
use crate::diag::{Diagnostic, Reported};
use crate::source::Span;
use crate::syntax::Parts;
use crate::syntax::ast::{Command, Count, Ident, Observation, Path, TimeSpan};
use crate::syntax::clause::{ClauseKind, clauses};
use crate::syntax::grammar::{P, Stop, entity, need, opener};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use crate::time::TimeRange;
use chumsky::Parser;

/// The syntax of GET.
#[derive(Clone, PartialEq, Debug)]
pub struct Get {
    /// Wanted type.
    pub entity: Ident,
    /// FROM; a bare name that equals a variable is that variable.
    pub from: Option<Path>,
    /// WHERE.
    pub pattern: Option<Observation>,
    /// START/STOP or LAST.
    pub span: Option<TimeSpan>,
    /// LIMIT.
    pub limit: Option<Count>,
}

const CLAUSES: &[ClauseKind] = &[ClauseKind::From, ClauseKind::Where, ClauseKind::Time, ClauseKind::Limit];

/// `GET TYPE [FROM source] [WHERE pattern] [time] [LIMIT n]`; whether WHERE may be left out is for the check.
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Command> {
    opener(Keyword::Get)
        .ignore_then(need(entity(), Stop::Clause))
        .then(clauses(&parts.clause, "GET", CLAUSES))
        .map(|(entity, clauses)| match entity {
            Some(entity) if !clauses.broken => {
                Command::Get(Get { entity, from: clauses.from, pattern: clauses.filter, span: clauses.time, limit: clauses.limit })
            }
            _ => Command::Error,
        })
        .boxed()
}

impl Get {
    /// Writes the statement's text behind the target.
    pub(crate) fn print(&self, out: &mut String) {
        out.push_str("GET ");
        print::ident(&self.entity, out);
        print::clause("FROM", self.from.as_ref(), out, print::path);
        print::clause("WHERE", self.pattern.as_ref(), out, print::observation);
        print::time_clause(self.span.as_ref(), out);
        print::clause("LIMIT", self.limit.as_ref(), out, print::count);
    }
}

impl Get {
    /// Types, source, pattern and window.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let entity = cx.entity(&self.entity);
        let from = cx.origin(self.from.as_ref());
        let range = cx.explicit(self.span.as_ref());
        let limit = cx.count(self.limit);
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
        let references = pattern.as_ref().map(observed_references).unwrap_or_default();
        let window = range.map(|range| cx.get_window(range, &references, sources));
        let draft = Draft {
            window: window.as_ref().map_or(None, |w| w.search),
            sources: sources.to_vec(),
            parents: references,
            ..Draft::entities(entity, "get")
        };
        let out = cx.bind(draft);
        cx.step(StepKind::GetSource { out, entity, sources: window?.sources, pattern: pattern?, limit });
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
        let mut draft = cx.inherit(input, "get");
        if let Some(range) = range {
            cx.missed(range, input, self.span.as_ref().map_or(place, time_span));
            draft.window = Some(range);
        }
        draft.parents.extend(filter.as_ref().map(references).unwrap_or_default());
        let out = cx.bind(draft);
        cx.step(StepKind::GetVariable { out, input, filter: filter?, range, limit });
        Ok(())
    }

    fn missing_where(&self, cx: &mut Checker<'_>) -> Reported {
        if cx.half_read() {
            return cx.told();
        }
        let place = self.from.as_ref().map_or(self.entity.span, |f| f.span);
        let everything = match Some(self.entity.text.as_str()) {
            Some("process") => " WHERE pid >= 0",
            Some("network-traffic") => " WHERE dst_port >= 0",
            _ => "",
        };
        let mut diagnostic =
            Diagnostic::new(&MISSING_WHERE, place.after(), "GET from a data source needs WHERE").label("WHERE is missing");
        if !everything.is_empty() {
            diagnostic = diagnostic.fix("to take everything, ask for what is always there", place.after(), everything);
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

/// Where a time range stands.
fn time_span(span: &TimeSpan) -> Span {
    match span {
        TimeSpan::Between { span, .. } | TimeSpan::Last { span, .. } => *span,
    }
}
