//! Why a statement found nothing, or not all: one hint for each cause, as far as a few small requests can find it.
//!
//! Hints change no figure, no status and no exit code. A hint whose request fails is left out.

mod ask;
mod blame;
mod case;
mod evidence;
mod filled;
mod filter;
mod find;
mod get;
mod near;
mod refer;
mod write;

use super::Run;
use super::schedule::side_by_side;
use crate::table::Table;
use case::AnotherCase;
use filled::filled;
use find::Stepped;
use foldhash::{HashMap, HashSet};
use get::Scanned;
use huntc_compiler::diag::codes::hints::{NEVER_TOGETHER, NOTHING_NEAR};
use huntc_compiler::diag::{Diagnostic, codes};
use huntc_compiler::plan::{Binding, Condition, NodeId, Observe, Observed, Op, Predicate, StatementFacts, VarId};
use std::sync::Arc;

/// What is looked into for a statement. None needs the answer to another, and most of them ask a source.
enum Question<'a> {
    /// References without values, which are known.
    EmptyReferences(&'a StatementFacts),
    /// Something was found: whether there is more in another case.
    Case(AnotherCase<'a>),
    /// Nothing was found for this variable.
    Empty(&'a StatementFacts, NodeId, VarId),
    /// Nothing may be shown.
    Shown(&'a StatementFacts),
}

impl Run<'_> {
    /// Hints for all statements that found nothing, in the order of the statements.
    pub(super) fn hints(&self) -> Vec<Diagnostic> {
        // For each variable that is empty because of another: the first empty variable of that chain.
        let mut roots: HashMap<VarId, VarId> = HashMap::default();
        let mut dependants: Vec<(VarId, &str)> = Vec::new();
        let (mut asked, mut cases): (HashSet<NodeId>, HashSet<NodeId>) = Default::default();
        let mut questions = Vec::new();
        for statement in &self.job.plan.statements {
            questions.push(Question::EmptyReferences(statement));
            for Binding { out, inputs } in &statement.binds {
                let Some(variable) = self.job.plan.var(*out) else { continue };
                if !self.is_empty(*out) {
                    if let Some(node) = variable.node.filter(|node| cases.len() < MOST_STATEMENTS && !cases.contains(node))
                        && let Some(look) = self.in_another_case(statement, node)
                    {
                        cases.insert(node);
                        questions.push(Question::Case(look));
                    }
                    continue;
                }
                if let Some(input) = inputs.iter().find(|i| self.is_empty(**i)) {
                    let root = roots.get(input).copied().unwrap_or(*input);
                    roots.insert(*out, root);
                    dependants.push((root, variable.var.name.as_str()));
                    continue;
                }
                if let Some(node) = variable.node.filter(|node| asked.len() < MOST_STATEMENTS && asked.insert(*node)) {
                    questions.push(Question::Empty(statement, node, *out));
                }
            }
            questions.push(Question::Shown(statement));
        }
        let mut hints = self.answers(&questions);
        for (hint, empty) in &mut hints {
            let Some(root) = empty else { continue };
            let mut names: Vec<String> =
                dependants.iter().filter(|(r, _)| r == root).map(|(_, name)| format!("`{name}`")).collect();
            names.dedup();
            if names.len() > MOST_NAMED {
                names[MOST_NAMED - 1] = format!("{} more", names.len() - MOST_NAMED + 1);
                names.truncate(MOST_NAMED);
            }
            if !names.is_empty() {
                hint.notes.push(format!("empty because of this: {}", names.join(", ")));
            }
        }
        let mut hints: Vec<Diagnostic> = hints.into_iter().map(|(hint, _)| hint).collect();
        hints.iter_mut().for_each(shorten);
        hints
    }

    /// The answers to all questions, asked side by side. One about an empty variable comes with the variable.
    fn answers(&self, questions: &[Question<'_>]) -> Vec<(Diagnostic, Option<VarId>)> {
        // Where a hunt may send few requests, the first statements have them.
        let threads = if self.options.max_requests.is_some() { 1 } else { self.options.concurrency };
        let answers = side_by_side(questions, threads, &|question| match question {
            Question::EmptyReferences(statement) => self.empty_references(statement),
            Question::Case(look) => look.advice().into_iter().collect(),
            Question::Empty(statement, node, _) => self.why(statement, *node).into_iter().collect(),
            Question::Shown(statement) => self.why_shown(statement).into_iter().collect(),
        });
        let empty = |question: &Question<'_>| if let Question::Empty(_, _, out) = question { Some(*out) } else { None };
        let answered = questions.iter().zip(answers);
        answered.flat_map(|(question, hints): (_, Vec<_>)| hints.into_iter().map(move |hint| (hint, empty(question)))).collect()
    }

    /// Whether a variable is known to be empty. A partial table does not show that.
    fn is_empty(&self, var: VarId) -> bool {
        let node = self.job.plan.var(var).and_then(|v| v.node);
        node.and_then(|n| self.table(n).ok()).is_some_and(|t| t.entity_count() == 0 && !t.partial)
    }

    /// Why a statement without a binding (DISP and the like) shows nothing although its variable is not empty.
    fn why_shown(&self, statement: &StatementFacts) -> Option<Diagnostic> {
        let Some(Condition::Held { input, filter, .. }) = &statement.condition else { return None };
        if !statement.binds.is_empty() || self.is_empty(*input) {
            return None;
        }
        let output = self.job.plan.outputs.iter().find(|o| o.statement == statement.number)?;
        self.why_filter(statement, output.node?, filter, None)
    }

    /// Why a statement found nothing although its inputs are not empty.
    fn why(&self, statement: &StatementFacts, node: NodeId) -> Option<Diagnostic> {
        match statement.condition.as_ref()? {
            Condition::Pattern { limit: Some(0), .. }
            | Condition::Related { limit: Some(0), .. }
            | Condition::Held { limit: Some(0), .. } => None,
            Condition::Pattern { pattern, limit } => {
                let all = self.roots_of(node, &|op| matches!(op, Op::Scan(_) | Op::Observe { .. }));
                match self.unidentified(&all) {
                    0 => likeliest(all.into_iter().filter_map(|id| self.why_get(statement, id, pattern))),
                    n => left_out(statement, n, limit.is_some()),
                }
            }
            Condition::Related { input, filter, limit } => {
                let all = self.roots_of(node, &|op| matches!(op, Op::Pivot(_)));
                match self.unidentified(&self.roots_of(node, &|op| matches!(op, Op::Pivot(_) | Op::Walk(_)))) {
                    0 => likeliest(all.into_iter().filter_map(|id| self.why_find(statement, id, *input, filter))),
                    n => left_out(statement, n, limit.is_some()),
                }
            }
            Condition::Held { filter, range, .. } => self.why_filter(statement, node, filter, *range),
        }
    }

    /// The nodes that satisfy `asks` and whose tables this node unites, in the order of the sources.
    fn roots_of(&self, node: NodeId, asks: &dyn Fn(&Op) -> bool) -> Vec<NodeId> {
        let found = self.job.plan.node(node);
        match &found.op {
            op if asks(op) => vec![node],
            Op::Walk(_) => found.inputs.iter().skip(1).flat_map(|i| self.roots_of(*i, asks)).collect(),
            Op::Union | Op::First(_) => found.inputs.iter().flat_map(|i| self.roots_of(*i, asks)).collect(),
            _ => Vec::new(),
        }
    }

    /// How many process sightings without identity these nodes found; they alone can explain an empty table.
    fn unidentified(&self, nodes: &[NodeId]) -> u64 {
        nodes.iter().filter_map(|n| self.table(*n).ok()).map(|t| t.unidentified).sum()
    }

    fn why_get(&self, statement: &StatementFacts, id: NodeId, pattern: &Observed) -> Option<Diagnostic> {
        let node = self.job.plan.node(id);
        let predicates = pattern.single();
        match &node.op {
            Op::Scan(_) => self.why_scanned(statement, id, predicates.first()?),
            Op::Observe { shape, sources } => {
                let tables: Vec<Arc<Table>> = node.inputs.iter().map(|i| self.table(*i)).collect::<Result<_, _>>().ok()?;
                let found = |tables: &[Arc<Table>]| tables.iter().map(|t| t.record_count()).sum();
                let found: Vec<u64> = tables.chunks((*sources).max(1)).map(found).collect();
                if let Some(at) = missing(shape, &found) {
                    let asked = node.inputs.iter().skip(at * sources).take(*sources);
                    return likeliest(asked.filter_map(|id| self.why_scanned(statement, *id, predicates.get(at)?)));
                }
                let message = "each observation finds something, but not together as asked";
                let hint = Diagnostic::new(&NEVER_TOGETHER, statement.span, message).label("never together");
                let records = |n: u64| crate::report::text::count(n, "record");
                let said = found.iter().enumerate().map(|(n, t)| format!("observation {} alone finds {}", n + 1, records(*t)));
                Some(said.fold(hint, Diagnostic::note).help("widen WITHIN, or ask for the observations one by one"))
            }
            _ => None,
        }
    }

    fn why_scanned(&self, statement: &StatementFacts, id: NodeId, predicate: &Predicate) -> Option<Diagnostic> {
        let node = self.job.plan.node(id);
        let Op::Scan(scan) = &node.op else { return None };
        let references = self.references(node).ok()?;
        if refer::explains(predicate, &references) {
            return None;
        }
        let predicate = filled(predicate, &references);
        self.why_scan(&Scanned { id, scan, predicate, references, span: statement.span })
    }

    fn why_find(&self, statement: &StatementFacts, id: NodeId, from: VarId, filter: &Predicate) -> Option<Diagnostic> {
        let node = self.job.plan.node(id);
        let Op::Pivot(pivot) = &node.op else { return None };
        let references = self.references(node).ok()?;
        if refer::explains(filter, &references) {
            return None;
        }
        let predicate = filled(filter, &references);
        let input = self.table(*node.inputs.first()?).ok()?;
        self.why_pivot(&Stepped { id, pivot, from, predicate, references, input: &input, span: statement.span })
    }
}

/// The first observation that the expression needs and that found nothing. `found`: for each pattern how many records.
fn missing(shape: &Observe, found: &[u64]) -> Option<usize> {
    match shape {
        Observe::One(at) => found.get(*at).is_some_and(|n| *n == 0).then_some(*at),
        Observe::And(parts) | Observe::FollowedBy(parts) => parts.iter().find_map(|p| missing(p, found)),
        Observe::Or(parts) => {
            let all: Option<Vec<usize>> = parts.iter().map(|p| missing(p, found)).collect();
            all?.first().copied()
        }
        Observe::Within(part, _) | Observe::Repeats(part, _) | Observe::By(part, _) | Observe::Without { part, .. } => {
            missing(part, found)
        }
    }
}

/// The hint that only processes without identity were found. It is needed under LIMIT only: otherwise they are counted
/// and a warning names them.
fn left_out(statement: &StatementFacts, count: u64, limited: bool) -> Option<Diagnostic> {
    let message = format!("all that was found are {count} process sightings without an entity id");
    let hint = Diagnostic::new(&codes::run::UNIDENTIFIED, statement.span, message)
        .help("`--process-identity ladder` tells such processes apart by host, pid and time");
    limited.then_some(hint)
}

/// The first hint, in the order of the sources, that says more than that nothing is near.
fn likeliest(hints: impl Iterator<Item = Diagnostic>) -> Option<Diagnostic> {
    let hints: Vec<Diagnostic> = hints.take(MOST_SOURCES).collect();
    let at = hints.iter().position(|h| h.code != &NOTHING_NEAR).unwrap_or(0);
    hints.into_iter().nth(at)
}

/// The most statements of one hunt for which sources are asked.
const MOST_STATEMENTS: usize = 20;
/// The most variables that a note lists.
const MOST_NAMED: usize = 12;
/// The most sources that are asked for one statement.
const MOST_SOURCES: usize = 3;

/// Cuts the headline: values of records may be long.
fn shorten(hint: &mut Diagnostic) {
    const MOST: usize = 100;
    if hint.message.chars().count() > MOST {
        hint.message = hint.message.chars().take(MOST - 1).chain(['…']).collect();
    }
}
