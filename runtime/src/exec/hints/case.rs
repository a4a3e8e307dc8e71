//! What a condition that found something leaves out only because of its case.

use super::super::{Run, bind};
use super::ask::{Asker, MANY};
use super::evidence::{Evidence, Ground};
use super::near::MOST_VALUES;
use super::write::short;
use crate::matching::compare::Comparer;
use crate::matching::{Holds, References};
use crate::table::{Key, Table};
use foldhash::HashSet;
use huntc_compiler::catalog::{EntityId, ValueType};
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::hints::OTHER_SPELLING;
use huntc_compiler::plan::{
    Condition, Names, Node, NodeId, Observed, Op, Operand, Pivot, Predicate, Scan, StatementFacts, Test, TestOp,
};
use huntc_compiler::value::Value;
use std::sync::Arc;

/// The most values that a hint names.
const MOST_NAMED: usize = 3;
/// What the request is for, as the report says it.
const WHY: &str = "what is there in another case";

impl Run<'_> {
    /// A look at what a statement that found something leaves out for its case; `None` where its condition has no case.
    /// Of several sources the first is looked at.
    pub(super) fn in_another_case(&self, statement: &StatementFacts, node: NodeId) -> Option<AnotherCase<'_>> {
        let root = |asks: &dyn Fn(&Op) -> bool| {
            let roots = self.roots_of(node, asks);
            Some((*roots.first()?, roots.len() == 1))
        };
        let (predicate, (at, whole)) = match statement.condition.as_ref()? {
            Condition::Pattern { pattern: Observed::One(pattern), limit: None } => {
                (pattern, root(&|op| matches!(op, Op::Scan(_)))?)
            }
            Condition::Related { filter, limit: None, .. } => (filter, root(&|op| matches!(op, Op::Pivot(_)))?),
            Condition::Held { filter, range: None, limit: None, .. } => (filter, (node, true)),
            _ => return None,
        };
        let folded = folded(predicate);
        if folded == *predicate {
            return None;
        }
        let (found, references) = (self.table(node).ok()?, self.references(self.job.plan.node(at)).ok()?);
        Some(AnotherCase { run: self, at, predicate: predicate.clone(), folded, references, found, whole })
    }
}

/// The condition with `=`, IN and MATCHES of text without regard to case; NOT stays as it is.
fn folded(predicate: &Predicate) -> Predicate {
    match predicate {
        Predicate::And(parts) => Predicate::And(parts.iter().map(folded).collect()),
        Predicate::Or(parts) => Predicate::Or(parts.iter().map(folded).collect()),
        Predicate::Test(test) if has_case(test) => Predicate::Test(Box::new(Test { fold: true, ..Test::clone(test) })),
        Predicate::Test(_) => predicate.clone(),
    }
}

/// Whether a comparison finds text in one case only.
fn has_case(test: &Test) -> bool {
    let letters = |text: &str| text.bytes().any(|b| b.is_ascii_alphabetic());
    let literal = |operand: &Operand| matches!(operand, Operand::Value(Value::Text(text)) if letters(text));
    let op = match &test.op {
        TestOp::OneOf(operands) => operands.len() <= MOST_VALUES && !operands.is_empty() && operands.iter().all(literal),
        TestOp::Matches(pattern) => !pattern.starts_with("(?") && letters(pattern),
        _ => false,
    };
    op && test.ty == ValueType::Text && !test.negated && !test.fold && test.attr.is_read()
}

/// A statement that found something, and its condition without regard to case.
pub(super) struct AnotherCase<'a> {
    run: &'a Run<'a>,
    /// The node that asked.
    at: NodeId,
    predicate: Predicate,
    folded: Predicate,
    references: References,
    /// What the statement found.
    found: Arc<Table>,
    /// Whether no other source was asked.
    whole: bool,
}

impl AnotherCase<'_> {
    /// The hint that there is more in another case. At most one request.
    pub(super) fn advice(&self) -> Option<Diagnostic> {
        let node = self.run.job.plan.node(self.at);
        match &node.op {
            Op::Scan(scan) => self.scanned(node, scan),
            Op::Pivot(pivot) => self.linked(node, pivot),
            Op::Filter { .. } => self.held(node),
            _ => None,
        }
    }

    fn scanned(&self, node: &Node, scan: &Scan) -> Option<Diagnostic> {
        let with = |predicate: &Predicate| {
            let scan = Scan { predicate: predicate.clone(), ..scan.clone() };
            Node { op: Op::Scan(scan), columns: Vec::new(), ..node.clone() }
        };
        let asker = Asker::new(self.run, self.at);
        let sample = asker.ask_beyond(&with(&self.folded), &with(&self.predicate), None, MANY, WHY)?;
        self.more(&asker, node.entity?, Ground::Records(&sample), self.whole)
    }

    fn linked(&self, node: &Node, pivot: &Pivot) -> Option<Diagnostic> {
        let input = self.run.table(*node.inputs.first()?).ok()?;
        let keys = bind::pivot_keys(&input);
        let some = keys.get(..bind::CHUNK.min(keys.len())).unwrap_or_default();
        let with = |filter: &Predicate| {
            let pivot = Pivot { filter: filter.clone(), ..pivot.clone() };
            Node { op: Op::Pivot(pivot), columns: Vec::new(), ..node.clone() }
        };
        let asker = Asker::new(self.run, self.at);
        let sample = asker.ask_beyond(&with(&self.folded), &with(&self.predicate), Some((some, pivot.input)), MANY, WHY)?;
        let wanted: HashSet<&Key> = some.iter().copied().collect();
        self.more(&asker, node.entity?, Ground::Linked(&sample, pivot, &wanted), self.whole && some.len() == keys.len())
    }

    /// Of a variable all is there; nothing is asked.
    fn held(&self, node: &Node) -> Option<Diagnostic> {
        let input = self.run.table(*node.inputs.first()?).ok()?;
        self.more(&Asker::new(self.run, self.at), node.entity?, Ground::Table(&input), true)
    }

    /// `whole`: the ground is all that there is.
    fn more(&self, asker: &Asker<'_>, centre: EntityId, ground: Ground<'_>, whole: bool) -> Option<Diagnostic> {
        let job = self.run.job;
        let evidence = Evidence { catalog: job.catalog, references: &self.references, ladder: asker.ladder(), centre, ground };
        let known: HashSet<&Key> = self.found.entities().map(|entity| entity.key()).collect();
        let more = evidence.seen(&self.folded)?.keys.iter().filter(|key| !known.contains(key)).count() as u64;
        if more == 0 {
            return None;
        }
        let names = Names { catalog: job.catalog, vars: job.plan, centre: Some(centre) };
        self.predicate.tests().into_iter().filter(|test| has_case(test)).find_map(|test| {
            let seen = evidence.values(&self.folded, test.entity, &test.attr)?;
            let written = Comparer::new(test, &self.references, false).ok()?;
            let any_case = Comparer::new(&Test { fold: true, ..test.clone() }, &self.references, false).ok()?;
            let only_folded = |value: &Value| any_case.passes(value) == Holds::Yes && written.passes(value) == Holds::No;
            let mut values: Vec<(&Value, u64)> =
                seen.values.iter().filter(|(v, _)| only_folded(v)).map(|(v, records)| (v, records.len() as u64)).collect();
            values.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
            let (first, _) = values.first()?;
            let at_least = if whole && evidence.whole() { "" } else { "at least " };
            let entities = if more == 1 { "1 entity".to_owned() } else { format!("{more} entities") };
            let attribute = names.attribute(test.entity, &test.attr);
            let message =
                format!("{at_least}{entities} left out: `{attribute}` is `{}` there, another case", short(&first.to_string()));
            let hint = Diagnostic::new(&OTHER_SPELLING, test.span, message).label("distinguishes case");
            let hint = values
                .iter()
                .take(MOST_NAMED)
                .fold(hint, |hint, (value, n)| hint.note(format!("`{}`: {}", short(&value.to_string()), evidence.count(*n))));
            Some(asker.with_gap_note(hint.fix("this finds both", test.span, any_case_text(test).display(names).to_string())))
        })
    }
}

/// The comparison as a hunt can write it without regard to case.
fn any_case_text(test: &Test) -> Test {
    match &test.op {
        TestOp::Matches(pattern) => Test { op: TestOp::Matches(format!("(?i){pattern}")), ..test.clone() },
        _ => Test { fold: true, ..test.clone() },
    }
}
