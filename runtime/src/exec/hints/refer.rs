//! Comparisons with a variable that has no values: `IN` is false and `NOT IN` true (semantics.md §3).

use super::super::Run;
use super::blame::parts;
use crate::matching::References;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::hints::EMPTY_REFERENCE;
use huntc_compiler::plan::{Attr, Names, Operand, Predicate, StatementFacts, Test, TestOp, VarId};
use std::collections::HashSet;

/// Whether a condition is false because a variable it refers to has no values.
pub(super) fn explains(predicate: &Predicate, references: &References) -> bool {
    let empty = |o: &Operand| match o {
        Operand::Reference(var, attr) => references.get(&(*var, attr.clone())).is_some_and(HashSet::is_empty),
        Operand::Value(_) => false,
    };
    let never =
        |t: &Test| matches!(&t.op, TestOp::OneOf(operands) if !t.negated && !operands.is_empty() && operands.iter().all(empty));
    parts(predicate).iter().any(|part| matches!(part, Predicate::Test(test) if never(test)))
}

impl Run<'_> {
    /// One hint for each comparison of the statement that refers to no values.
    pub(super) fn empty_references(&self, statement: &StatementFacts) -> Vec<Diagnostic> {
        statement.tests().into_iter().filter_map(|test| self.empty_reference(test)).collect()
    }

    fn empty_reference(&self, test: &Test) -> Option<Diagnostic> {
        let TestOp::OneOf(operands) = &test.op else { return None };
        let mut names = Vec::new();
        let mut facts = Vec::new();
        for operand in operands {
            let Operand::Reference(var, attr) = operand else { return None };
            let (name, fact) = self.without_values(*var, attr)?;
            names.push(format!("`{name}`"));
            facts.push(fact);
        }
        let have = if names.len() == 1 { "has" } else { "have" };
        let what = if test.negated { "this excludes nothing" } else { "this finds nothing" };
        let message = format!("{} {have} no values, so {what}", names.join(", "));
        let hint = Diagnostic::new(&EMPTY_REFERENCE, test.span, message).label(if test.negated {
            "true wherever the attribute is present"
        } else {
            "always false"
        });
        facts.dedup();
        let hint = hint.help("leave the comparison out, or refer to entities that have the attribute");
        Some(facts.into_iter().fold(hint, Diagnostic::note))
    }

    /// The name of a reference and why it has no values; `None` when it has some, or when that is not known.
    fn without_values(&self, var: VarId, attr: &Attr) -> Option<(String, String)> {
        let of = |(v, input): &&(VarId, huntc_compiler::plan::NodeId)| *v == var && self.table(*input).is_ok();
        let (_, input) = self.job.plan.nodes.iter().flat_map(|n| &n.references).find(of)?;
        let table = self.table(*input).ok().filter(|t| !t.partial)?;
        if table.column(attr).iter().any(Option::is_some) {
            return None;
        }
        let found = &self.job.plan.var(var)?.var;
        let centre = found.shape.entity();
        let names = Names { catalog: self.job.catalog, vars: self.job.plan, centre: Some(centre) };
        let attribute = names.attribute(centre, attr);
        let fact = match table.row_count() {
            0 => format!("`{}` is empty", found.name),
            n => format!("none of the {} of `{}` has `{attribute}`", crate::report::text::count(n as u64, "row"), found.name),
        };
        Some((format!("{}.{attribute}", found.name), fact))
    }
}
