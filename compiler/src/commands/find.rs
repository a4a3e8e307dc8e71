//! `FIND process CREATED BY v`: one step along a relation, through the records of a data source.

use crate::catalog::{EntityId, ValueType, Way};
use crate::check::hir::{self, Birth, Shape, VarId};
use crate::check::{Checked, Checker, ColumnInfo, Draft, Ground, foreign_relations};
use crate::diag::codes::relations::{BAD_DEPTH, INEXPRESSIBLE_RELATION, UNSUPPORTED_RELATION};
use crate::diag::{Diagnostic, Reported, suggest};
use crate::plan::{Condition, Lowering, Op, Pivot};
use crate::source::Span;
use crate::syntax::Parts;
use crate::syntax::ast::{Count, DepthClause, Ident, Observation, TimeSpan};
use crate::syntax::clause::{ClauseKind, clauses};
use crate::syntax::grammar::{P, Stop, command_keyword, entity, keyword, place, relation, required, variable};
use crate::syntax::print;
use crate::syntax::token::Keyword;
use crate::syntax::walk::{self, Walk};
use chumsky::Parser;
use std::fmt::Write as _;

/// The syntax of FIND.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the other fields are what they are called")]
pub struct Find {
    /// The type of the entities to find.
    pub entity: Ident,
    /// The relation word as written.
    pub relation: Ident,
    /// The place of BY, if it is written.
    pub by: Option<Span>,
    /// The variable that the relation starts from.
    pub variable: Ident,
    /// `DEPTH n`: follow the relation n times; `DEPTH *` is as far as it goes.
    pub depth: Option<DepthClause>,
    pub filter: Option<Observation>,
    /// START/STOP or LAST.
    pub span: Option<TimeSpan>,
    pub limit: Option<Count>,
}

const CLAUSES: &[ClauseKind] = &[ClauseKind::Depth, ClauseKind::Where, ClauseKind::Time, ClauseKind::Limit];

/// `FIND TYPE RELATION [BY] v [DEPTH n] [WHERE pattern] [time] [LIMIT n]`
pub(crate) fn grammar<'t>(parts: &Parts<'t>) -> P<'t, Option<Find>> {
    let by = keyword(Keyword::By).map_with(|(), e| place(e.slice())).or_not();
    let head = entity().then(relation()).then(by).then(variable());
    command_keyword(Keyword::Find)
        .ignore_then(required(head, Stop::Clause))
        .then(clauses(&parts.clause, "FIND", CLAUSES))
        .map(|(head, clauses)| match head {
            Some((((entity, relation), by), variable)) if !clauses.broken => Some(Find {
                entity,
                relation,
                by,
                variable,
                depth: clauses.depth,
                filter: clauses.filter,
                span: clauses.time,
                limit: clauses.limit,
            }),
            _ => None,
        })
        .boxed()
}

impl Find {
    /// Writes the statement's text after the target.
    pub(crate) fn print(&self, out: &mut String) {
        let by = if self.by.is_some() { " BY" } else { "" };
        let _ = write!(out, "FIND {} {}{by} {}", self.entity.text, self.relation.text, self.variable.text);
        print::clause("DEPTH", self.depth.as_ref(), out, |depth, out| match depth.steps {
            Some(steps) => _ = write!(out, "{steps}"),
            None => out.push('*'),
        });
        print::clause("WHERE", self.filter.as_ref(), out, print::observation);
        print::time_clause(self.span.as_ref(), out);
        print::clause("LIMIT", self.limit.as_ref(), out, print::count);
    }

    /// Visits its parts.
    pub(crate) fn walk(&mut self, walk: &mut impl Walk) {
        walk.ident(&mut self.entity);
        walk.relation(&mut self.relation);
        self.by.iter_mut().for_each(|s| walk.span(s));
        walk.ident(&mut self.variable);
        self.depth.iter_mut().for_each(|d| walk.span(&mut d.span));
        walk::rest(&mut self.filter, &mut self.span, &mut self.limit, walk);
    }

    /// Checks types, relation, condition and window.
    pub(crate) fn check(&self, cx: &mut Checker<'_>) -> Checked {
        let entity = cx.entity(&self.entity);
        let input = cx.resolve(&self.variable);
        let range = cx.explicit(self.span.as_ref());
        let limit = cx.count(self.limit.as_ref());
        if entity.is_err() || input.is_err() {
            self.known_word(cx);
        }
        let (entity, input) = (entity?, input?);
        let row = match cx.needs_entities(input, self.variable.span, "FIND") {
            Ok(()) => self.relation(cx, entity, input),
            Err(reported) => Err(reported),
        };
        let source = cx.needs_source(input, self.variable.span);
        let repeated = self.repeated(cx, entity, input);
        let sources = cx.var(input).sources.clone();
        let ground = Ground::records(cx, entity, &sources);
        let filter = cx.filter(&ground, self.filter.as_ref());

        let window = range.map(|range| cx.find_window(range, input));
        let mut draft =
            Draft { window: window.as_ref().map_or(None, |w| w.search), sources, ..Draft::entities(entity, Birth::Find) };
        draft.parents = vec![input];
        draft.parents.extend(filter.as_ref().map(hir::Predicate::references).unwrap_or_default());
        if self.depth.is_some()
            && let Shape::Entities { added, .. } = &mut draft.shape
        {
            added.push("depth".to_owned());
            draft.columns.push(ColumnInfo { name: "depth".to_owned(), ty: Some(ValueType::Integer) });
        }
        let out = cx.bind(draft);
        let ways = row?;
        source?;
        repeated?;
        let depth = |d: DepthClause| d.steps.map_or(hir::Depth::Unlimited, hir::Depth::Steps);
        cx.step(hir::FindStep {
            out,
            entity,
            relation: self.words(),
            input,
            ways,
            sources: window?.sources,
            filter: filter?,
            limit: limit?,
            depth: self.depth.map(depth),
        });
        Ok(())
    }

    /// `CREATED BY`
    fn words(&self) -> String {
        format!("{}{}", self.relation.text.to_uppercase(), if self.by.is_some() { " BY" } else { "" })
    }

    /// Reports a word that is no relation between any types, even if the statement has other errors.
    fn known_word(&self, cx: &mut Checker<'_>) {
        let word = self.relation.text.to_lowercase();
        let words: Vec<&str> = cx.catalog.relations.iter().map(|r| r.name.as_str()).chain(["linked"]).collect();
        // `FIND created process BY x` has one mistake: two words are swapped.
        let elsewhere = [&self.entity, &self.variable].into_iter().any(|w| words.contains(&w.text.to_lowercase().as_str()));
        if elsewhere || words.contains(&word.as_str()) {
            return;
        }
        let message = format!("no relation is called `{}`", self.relation.text);
        let diagnostic = Diagnostic::new(&UNSUPPORTED_RELATION, self.relation.span, message).label("not a relation");
        let diagnostic = match suggest::best(&word, words) {
            Some(near) => diagnostic.fix("a relation with a similar name", self.relation.span, near.to_uppercase()),
            None => diagnostic.help("LINKED finds what is in the same records"),
        };
        cx.report(diagnostic);
    }

    /// The ways of the relation across a record.
    fn relation(&self, cx: &mut Checker<'_>, entity: EntityId, input: VarId) -> Result<Vec<Way>, Reported> {
        let word = self.relation.text.to_lowercase();
        let from = cx.entity_of(input);
        if word == "linked" {
            return Ok(cx.catalog.linked(entity, from));
        }
        let catalog = cx.catalog;
        let Some(row) = catalog.relation(entity, &word, self.by.is_some(), from) else {
            return Err(self.unsupported(cx, entity, from, &word));
        };
        match &row.inexpressible {
            None => Ok(row.ways.clone()),
            Some(reason) => {
                let message = format!("no ECS record tells which {} {} a {}", cx.type_name(entity), row, cx.type_name(from));
                let diagnostic = Diagnostic::new(&INEXPRESSIBLE_RELATION, self.relation.span, message)
                    .label("not recorded")
                    .note(reason.clone())
                    .help(format!("FIND {} LINKED {} finds what is in the same records", cx.type_name(entity), self.variable.text));
                Err(cx.report(diagnostic))
            }
        }
    }

    fn unsupported(&self, cx: &mut Checker<'_>, entity: EntityId, from: EntityId, word: &str) -> Reported {
        let (output, input) = (cx.type_name(entity), cx.type_name(from));
        let place = self.by.map_or(self.relation.span, |by| self.relation.span.to(by));
        let message = format!("no relation `FIND {output} {} {input}`", self.words());
        let mut diagnostic = Diagnostic::new(&UNSUPPORTED_RELATION, place, message).label("not between these types");
        let catalog = cx.catalog;
        let rows = || catalog.relations.iter().filter(|r| r.inexpressible.is_none());
        let other_direction = catalog.relation(entity, word, self.by.is_none(), from).filter(|r| r.inexpressible.is_none());
        let fits: Vec<String> = rows().filter(|r| r.output == entity && r.input == from).map(ToString::to_string).collect();
        let foreign = foreign_relations(word).iter().find(|meant| **meant == "LINKED" || fits.iter().any(|fit| fit == *meant));
        if let Some(meant) = foreign {
            diagnostic = diagnostic.fix("the same by its name here", place, *meant);
        } else if let Some(row) = other_direction {
            diagnostic = diagnostic.fix("the other direction", place, row.to_string());
        } else {
            let words = rows().filter(|r| r.output == entity && r.input == from).map(|r| r.name.as_str()).chain(["linked"]);
            let near = suggest::best(word, words).map(str::to_uppercase);
            if let Some(near) = near {
                diagnostic = diagnostic.fix("a relation with a similar name", self.relation.span, near);
            }
        }
        let mut legal: Vec<String> =
            rows().filter(|r| r.input == from).map(|r| format!("{} {r}", cx.type_name(r.output))).collect();
        legal.sort();
        legal.dedup();
        let variable = &self.variable.text;
        if !fits.is_empty() {
            diagnostic = diagnostic.note(format!("FIND {output} … {variable}: {}, LINKED", fits.join(", ")));
        }
        if fits.is_empty() && !legal.is_empty() {
            diagnostic = diagnostic.note(format!("from {input}: FIND {}", legal.join(" · ")));
        }
        cx.report(diagnostic.help(format!("FIND {output} LINKED {variable} finds the {output} in the same records")))
    }

    fn repeated(&self, cx: &mut Checker<'_>, entity: EntityId, input: VarId) -> Checked {
        let Some(depth) = self.depth else { return Ok(()) };
        let from = cx.entity_of(input);
        let diagnostic = if from != entity {
            let message = format!("DEPTH needs one type on both sides, not {} and {}", cx.type_name(entity), cx.type_name(from));
            Diagnostic::new(&BAD_DEPTH, depth.span, message)
                .label("cannot be repeated")
                .also(self.entity.span, "one type")
                .also(self.variable.span, format!("holds {}", cx.type_name(from)))
                .help("leave DEPTH out")
        } else if depth.steps == Some(0) {
            Diagnostic::new(&BAD_DEPTH, depth.span, "DEPTH needs at least 1 step").label("no step").fix("one step", depth.span, "1")
        } else {
            return Ok(());
        };
        Err(cx.report(diagnostic))
    }
}

impl hir::FindStep {
    /// Adds a pivot from the raw table in each source; for DEPTH, the walk that repeats them.
    pub(crate) fn lower(&self, cx: &mut Lowering<'_>) {
        cx.condition(Condition::Related { input: self.input, filter: self.filter.clone(), limit: self.limit });
        let input = cx.raw(self.input);
        let filter = self.filter.without_spans();
        let mut parts = Vec::with_capacity(self.sources.len());
        for (source, window) in &self.sources {
            let pivot = Pivot {
                source: *source,
                window: *window,
                relation: self.relation.clone(),
                input: cx.entity(self.input),
                ways: self.ways.clone(),
                filter: filter.clone(),
                repeated: self.depth.is_some(),
            };
            parts.push(cx.node_with(Op::Pivot(pivot), self.entity, vec![input], filter.references()));
        }
        if let Some(most) = self.depth {
            let begin_and_steps = [input].into_iter().chain(parts).collect();
            parts = vec![cx.node(Op::Walk(most), self.entity, begin_and_steps)];
        }
        cx.bind_asked(self.out, &[self.input], self.entity, parts, self.limit, &self.sources);
    }
}
