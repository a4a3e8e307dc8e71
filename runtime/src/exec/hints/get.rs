//! Why a GET from a data source found nothing.

use super::super::Run;
use super::ask::{Asker, FEW, MANY};
use super::blame::{failing, shown, spelled, together, with_others};
use super::evidence::{Evidence, Ground, Seen};
use super::near::{Reach, around, around_any, near};
use super::write::{range, window};
use crate::matching::References;
use crate::source::Sample;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::hints::{ABSENT_ATTRIBUTE, EMPTY_WINDOW, NOTHING_NEAR, OUTSIDE_WINDOW};
use huntc_compiler::plan::{Names, Node, NodeId, Op, Predicate, Scan, Span, Test, TestOp};
use huntc_compiler::time::{Instant, TimeRange, Window};

/// A GET from one source that found nothing.
pub(super) struct Scanned<'a> {
    pub(super) id: NodeId,
    pub(super) scan: &'a Scan,
    /// The condition as written, with source places. References to few values are replaced by the values.
    pub(super) predicate: Predicate,
    pub(super) references: References,
    /// Place of the statement.
    pub(super) span: Span,
}

impl Run<'_> {
    /// Why a scan found nothing.
    pub(super) fn why_scan(&self, scanned: &Scanned<'_>) -> Option<Diagnostic> {
        let node = self.job.plan.node(scanned.id);
        let search = Search { run: self, asker: Asker::new(self, scanned.id), node, scanned };
        search.inside().map(|hint| search.asker.with_gap_note(hint))
    }

    /// The name of a source, for messages.
    pub(super) fn source_name(&self, source: huntc_compiler::plan::SourceRef) -> &str {
        self.job.plan.source(source).map_or("the source", |s| s.name.as_str())
    }
}

struct Search<'a> {
    run: &'a Run<'a>,
    asker: Asker<'a>,
    node: &'a Node,
    scanned: &'a Scanned<'a>,
}

impl Search<'_> {
    fn names(&self) -> Names<'_> {
        let job = self.run.job;
        Names { catalog: job.catalog, vars: job.plan, centre: self.node.entity }
    }

    fn ask(&self, predicate: Predicate, window: Window, most: usize, why: &str) -> Option<Sample> {
        let scan = Scan { source: self.scanned.scan.source, window, predicate };
        let node = Node { op: Op::Scan(scan), columns: Vec::new(), ..self.node.clone() };
        self.asker.ask(&node, None, most, why)
    }

    fn evidence<'s>(&'s self, sample: &'s Sample) -> Option<Evidence<'s>> {
        Some(Evidence {
            catalog: self.run.job.catalog,
            references: &self.scanned.references,
            ladder: self.asker.ladder(),
            centre: self.node.entity?,
            ground: Ground::Records(sample),
        })
    }

    /// Looks inside the window for what comes near the condition.
    fn inside(&self) -> Option<Diagnostic> {
        let (predicate, within) = (&self.scanned.predicate, self.scanned.scan.window);
        let names = self.names();
        let sample = self.ask(around(predicate, Reach::All, names.catalog), within, MANY, "what comes near the condition")?;
        let figures = self.evidence(&sample)?;
        let mut missing = failing(&figures, predicate);
        let mut more = None;
        if !sample.whole && !missing.is_empty() {
            // The first request may have used its limit of records for the other parts, so these are asked for alone.
            let only = around_any(&missing, Reach::All, names.catalog);
            let sample = self.ask(only, within, MANY, "what comes near the parts that found nothing")?;
            missing.retain(|part| self.evidence(&sample).and_then(|e| e.seen(part)).is_some_and(|s| s.count() == 0));
            more = Some(sample);
        }
        let evidence = self.evidence(more.as_ref().unwrap_or(&sample))?;
        if missing.is_empty() {
            return together(names, &figures, &evidence, predicate, self.scanned.span);
        }
        if let Some(hint) = spelled(names, &evidence, predicate, &missing, &figures) {
            return Some(hint);
        }
        if !evidence.whole() {
            return None;
        }
        match within {
            Some(window) => self.outside(names, window, &figures, sample.span.is_none(), &missing),
            None if sample.span.is_none() => Some(self.no_records()),
            None => self.nowhere(names, &missing).map(|hint| self.with_figures(names, &figures, hint)),
        }
    }

    /// Looks outside the window, when nothing near the condition is inside.
    fn outside(
        &self,
        names: Names<'_>,
        within: TimeRange,
        figures: &Evidence<'_>,
        empty: bool,
        missing: &[&Predicate],
    ) -> Option<Diagnostic> {
        let any = around_any(missing, Reach::Quick, names.catalog);
        let sample = self.ask(any, None, MANY, "what comes near the condition at any time")?;
        let Some((first, last)) = sample.span else { return Some(self.no_records()) };
        let evidence = self.evidence(&sample)?;
        let seen = evidence.seen(&self.scanned.predicate)?;
        if empty {
            let message = format!("`{}` holds no records in the window", self.run.source_name(self.scanned.scan.source));
            let hint = Diagnostic::new(&EMPTY_WINDOW, self.scanned.span, message)
                .label(window(within))
                .note(format!("its records are from {first} to {last}"));
            return Some(match seen.span() {
                Some(span) => with_range(hint, &evidence, &seen, span),
                None => hint.help(format!("`{}` holds all of them", range(first, last))),
            });
        }
        if let Some(span) = seen.span() {
            let message = format!("the condition holds outside the window only: {}", evidence.count(seen.count()));
            let hint = Diagnostic::new(&OUTSIDE_WINDOW, self.scanned.span, message).label(window(within));
            return Some(with_range(hint, &evidence, &seen, span));
        }
        if let Some(hint) = spelled(names, &evidence, &self.scanned.predicate, missing, figures) {
            let hint = hint.note(format!("all of this lies outside the window, {}", window(within)));
            return Some(hint.help("widen the window too"));
        }
        self.elsewhen(names, within, &evidence, missing)
            .or_else(|| self.nowhere(names, missing))
            .map(|hint| self.with_figures(names, figures, hint))
    }

    /// The hint about one part, with the counts of the other parts inside the window.
    fn with_figures(&self, names: Names<'_>, figures: &Evidence<'_>, hint: Diagnostic) -> Diagnostic {
        let told = [hint.primary.span];
        with_others(names, figures, &self.scanned.predicate, hint, &told)
    }

    /// The hint that one part holds at other times, although the whole condition never does.
    fn elsewhen(&self, names: Names<'_>, within: TimeRange, evidence: &Evidence<'_>, missing: &[&Predicate]) -> Option<Diagnostic> {
        missing.iter().find_map(|part| {
            let seen = evidence.seen(part).filter(|s| s.count() > 0)?;
            let (first, last) = seen.span()?;
            let place = part.tests().first().map_or(self.scanned.span, |t| t.span);
            let message = format!("`{}` holds outside the window only", shown(names, part));
            let n = evidence.count(seen.count());
            let hint = Diagnostic::new(&OUTSIDE_WINDOW, place, message).label(window(within));
            Some(hint.note(format!("{n} from {first} to {last}")))
        })
    }

    /// The hint that no record has the attributes of the parts that find nothing.
    fn nowhere(&self, names: Names<'_>, missing: &[&Predicate]) -> Option<Diagnostic> {
        let tests: Vec<&Test> = missing.iter().flat_map(|p| p.tests()).filter(|t| !matches!(t.op, TestOp::Null)).collect();
        let present = |t: &&Test| Predicate::Test(Box::new(Test { op: TestOp::Null, negated: true, ..Test::clone(t) }));
        let source = self.run.source_name(self.scanned.scan.source);
        let Some(first) = tests.first() else {
            let kind = &names.catalog.get(names.centre?).name;
            let message = format!("no record of `{source}` holds a {kind} that satisfies this");
            return Some(Diagnostic::new(&NOTHING_NEAR, self.scanned.span, message).label("finds nothing"));
        };
        let any = Predicate::Or(tests.iter().map(present).collect());
        let look = format!("`huntc doctor {source}` shows which fields there are");
        let sample = self.ask(any, None, FEW, "whether the attributes occur at all")?;
        let evidence = self.evidence(&sample)?;
        let absent = |t: &&&Test| sample.whole && evidence.values(&present(t), t.entity, &t.attr).is_some_and(|s| s.count() == 0);
        if let Some(test) = tests.iter().find(absent) {
            let attribute = names.attribute(test.entity, &test.attr);
            let message = format!("no record of `{source}` has `{attribute}`, at any time");
            return Some(Diagnostic::new(&ABSENT_ATTRIBUTE, test.span, message).label("never there").help(look));
        }
        let nearby = missing.iter().flat_map(|p| p.tests()).all(|t| !near(t, names.catalog).is_empty());
        let how = match (nearby, self.scanned.scan.window) {
            (false, _) => "no record satisfies it, at any time",
            (true, None) => "nothing comes near it: no other case, blanks, folder or attribute",
            (true, Some(_)) => "nothing comes near it in the window, and it does not occur at another time",
        };
        let message = format!("`{source}` has records, but none for `{}`", shown(names, missing.first()?));
        Some(Diagnostic::new(&NOTHING_NEAR, first.span, message).label("finds nothing").note(how).help(look))
    }

    fn no_records(&self) -> Diagnostic {
        let message = format!("`{}` holds no records at all", self.run.source_name(self.scanned.scan.source));
        Diagnostic::new(&EMPTY_WINDOW, self.scanned.span, message).label("nothing to look in").help("`huntc doctor` tries a source")
    }
}

/// The hint with a time range that covers everything that was seen.
fn with_range(hint: Diagnostic, evidence: &Evidence<'_>, seen: &Seen, (first, last): (Instant, Instant)) -> Diagnostic {
    let n = evidence.count(seen.count());
    hint.note(format!("what is looked for is there from {first} to {last}")).help(format!("`{}` finds {n}", range(first, last)))
}
