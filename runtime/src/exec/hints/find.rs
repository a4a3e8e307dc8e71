//! Why a FIND found nothing, though its input holds entities.

use super::super::{Run, bind};
use super::ask::{Asker, MANY};
use super::blame::{failing, shown, spelled, together, with_others};
use super::evidence::{Evidence, Ground, Seen};
use super::near::{Reach, around, around_any};
use super::write::{range, window};
use crate::matching::References;
use crate::source::Sample;
use crate::table::{Key, Table};
use foldhash::HashSet;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::hints::{NO_LINK, NOTHING_NEAR, SHIFTED_CLOCK};
use huntc_compiler::plan::{Names, Node, NodeId, Op, Pivot, Predicate, Span, VarId};
use huntc_compiler::time::duration::rough;
use huntc_compiler::time::{SECOND, TimeRange, Window};

/// A FIND that found nothing, as one step along a relation.
pub(super) struct Stepped<'a> {
    pub(super) id: NodeId,
    pub(super) pivot: &'a Pivot,
    /// The variable whose entities the step starts from.
    pub(super) from: VarId,
    /// WHERE as written, with source places. References to few values are replaced by the values.
    pub(super) predicate: Predicate,
    pub(super) references: References,
    pub(super) input: &'a Table,
    /// Place of the statement.
    pub(super) span: Span,
}

/// A smaller difference between the times of input and records is not mentioned (nanoseconds).
const SHIFT: i64 = 1_800 * SECOND;

impl Run<'_> {
    /// Why a step of FIND found nothing.
    pub(super) fn why_pivot(&self, stepped: &Stepped<'_>) -> Option<Diagnostic> {
        let usable = |k: &&Key| bind::pivots(k);
        let keys: Vec<&Key> = stepped.input.entities().map(|entity| entity.key()).filter(usable).collect();
        if keys.is_empty() {
            return None;
        }
        let some = keys.get(..bind::CHUNK.min(keys.len())).unwrap_or_default();
        let asker = Asker::new(self, stepped.id);
        let wanted = some.iter().copied().collect();
        let all = some.len() == keys.len();
        let search = Search { run: self, asker, node: self.job.plan.node(stepped.id), stepped, keys: some, wanted, all };
        search.inside().map(|hint| search.asker.with_gap_note(hint))
    }
}

struct Search<'a> {
    run: &'a Run<'a>,
    asker: Asker<'a>,
    node: &'a Node,
    stepped: &'a Stepped<'a>,
    keys: &'a [&'a Key],
    wanted: HashSet<&'a Key>,
    /// Whether `keys` are all keys of the input that can be asked for.
    all: bool,
}

impl Search<'_> {
    fn names(&self) -> Names<'_> {
        let job = self.run.job;
        Names { catalog: job.catalog, vars: job.plan, centre: self.node.entity }
    }

    fn ask(&self, pivot: Pivot, why: &str) -> Option<Sample> {
        let node = Node { op: Op::Pivot(pivot), columns: Vec::new(), ..self.node.clone() };
        self.asker.ask(&node, Some((self.keys, self.stepped.pivot.input)), MANY, why)
    }

    fn other(&self, filter: Predicate, window: Window) -> Pivot {
        Pivot { filter, window, ..self.stepped.pivot.clone() }
    }

    fn evidence<'s>(&'s self, sample: &'s Sample, pivot: &'s Pivot) -> Option<Evidence<'s>> {
        Some(Evidence {
            catalog: self.run.job.catalog,
            references: &self.stepped.references,
            ladder: self.asker.ladder(),
            centre: self.node.entity?,
            ground: Ground::Linked(sample, pivot, &self.wanted),
        })
    }

    /// Looks inside the window for what comes near WHERE.
    fn inside(&self) -> Option<Diagnostic> {
        let (predicate, within) = (&self.stepped.predicate, self.stepped.pivot.window);
        if *predicate == Predicate::TRUE {
            return match within {
                Some(window) => self.outside(window),
                None => self.no_link(),
            };
        }
        let names = self.names();
        // This is always true; its second part makes the request fetch the fields of what comes near.
        let all = Predicate::Or(vec![Predicate::TRUE, around(predicate, Reach::All, names.catalog)]);
        let sample = self.ask(self.other(all, within), "what the relation finds without WHERE")?;
        let evidence = self.evidence(&sample, self.stepped.pivot)?;
        let linked = evidence.seen(&Predicate::TRUE)?.count();
        if linked == 0 {
            return match within {
                Some(window) => self.outside(window),
                None => self.no_link(),
            };
        }
        let missing = failing(&evidence, predicate);
        let more = if sample.whole || missing.is_empty() {
            None
        } else {
            let only = around_any(&missing, Reach::All, names.catalog);
            Some(self.ask(self.other(only, within), "what comes near the parts of WHERE that found nothing")?)
        };
        let near = self.evidence(more.as_ref().unwrap_or(&sample), self.stepped.pivot)?;
        let missing: Vec<&Predicate> = missing.into_iter().filter(|p| near.seen(p).is_some_and(|s| s.count() == 0)).collect();
        if let Some(hint) = spelled(names, &near, predicate, &missing, &evidence) {
            return Some(hint);
        }
        if missing.is_empty() {
            return together(names, &evidence, &near, predicate, self.stepped.span);
        }
        if !near.whole() {
            return None;
        }
        let first = missing.first()?;
        let place = first.tests().first().map_or(self.stepped.span, |t| t.span);
        let message = format!("the relation finds {}, but none with `{}`", evidence.count(linked), shown(names, first));
        let hint = Diagnostic::new(&NOTHING_NEAR, place, message).label("finds nothing");
        Some(with_others(names, &evidence, predicate, hint, &[place]))
    }

    /// Looks outside the window for records that link the entities.
    fn outside(&self, within: TimeRange) -> Option<Diagnostic> {
        let predicate = &self.stepped.predicate;
        let sample = self.ask(self.other(predicate.clone(), None), "what the relation finds at any time")?;
        let seen = self.evidence(&sample, self.stepped.pivot)?.seen(predicate)?;
        if seen.count() == 0 {
            return self.no_link();
        }
        let (first, last) = seen.span()?;
        let (gap, side) = if last < within.start {
            (within.start.0.saturating_sub(last.0), "before")
        } else if first >= within.stop {
            (first.0.saturating_sub(within.stop.0), "after")
        } else {
            (0, "around")
        };
        let far = if gap == 0 { String::new() } else { format!("{} ", rough(gap)) };
        let message = format!("the records that link them lie {far}{side} the window");
        let n = self.evidence(&sample, self.stepped.pivot)?.count(seen.count());
        let mut hint = Diagnostic::new(&SHIFTED_CLOCK, self.stepped.span, message)
            .label(window(within))
            .note(format!("{n} from {first} to {last}"));
        if let Some(shift) = self.shift(&seen).filter(|_| gap > 0) {
            hint = hint.note(format!("if that is a clock: it is about {} off", rough(shift)));
        }
        Some(hint.help(format!("`{}` finds them", range(first, last))))
    }

    /// The difference between the middle of the found times and the middle of the input's times, rounded to half an
    /// hour (nanoseconds).
    fn shift(&self, seen: &Seen) -> Option<i64> {
        let (first, last) = seen.span()?;
        let input = || self.stepped.input.entities().flat_map(|entity| entity.sightings()).filter_map(|s| s.time());
        let middle = |a: i64, b: i64| a / 2 + b / 2;
        let shift = middle(first.0, last.0).saturating_sub(middle(input().min()?.0, input().max()?.0)).saturating_abs();
        let rounded = (shift.saturating_add(SHIFT / 2)) / SHIFT * SHIFT;
        (rounded > 0).then_some(rounded)
    }

    /// No record at any time links the entities: the hint suggests LINKED if that could find more.
    fn no_link(&self) -> Option<Diagnostic> {
        let names = self.names();
        let (pivot, centre) = (self.stepped.pivot, names.centre?);
        let kind = |e| names.catalog.get(e).name.as_str();
        let (output, input) = (kind(centre), kind(pivot.input));
        let message = format!("no record links a {input} of the input to a {output}");
        let hint = Diagnostic::new(&NO_LINK, self.stepped.span, message).label(format!("{} finds nothing", pivot.relation));
        let hint = if self.all { hint } else { hint.note(format!("the first {} entities were looked at", self.keys.len())) };
        let wider = names.catalog.linked(centre, pivot.input);
        // Between two entities of one type LINKED finds each entity itself.
        let no_wider = pivot.relation.eq_ignore_ascii_case("linked") || centre == pivot.input || wider == pivot.ways;
        if no_wider {
            return Some(hint);
        }
        let wider = Pivot { ways: wider, ..self.other(self.stepped.predicate.clone(), pivot.window) };
        let Some(sample) = self.ask(wider.clone(), "whether LINKED finds something") else { return Some(hint) };
        let evidence = self.evidence(&sample, &wider)?;
        let n = evidence.seen(&self.stepped.predicate).map_or(0, |s| s.count());
        let name = self.run.job.plan.var(self.stepped.from).map_or("", |v| v.var.name.as_str());
        Some(match n {
            0 => hint
                .note("nor does any record hold both, in the places that LINKED looks at")
                .help(format!("`huntc doctor {}` shows which fields there are", self.run.source_name(pivot.source))),
            n => hint.help(format!("`FIND {output} LINKED {name}` finds {}", evidence.count(n))),
        })
    }
}
