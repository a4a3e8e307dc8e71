//! Which fields of a source a hunt may ask for, before anything is asked.

use super::Run;
use crate::source::Fields;
use huntc_compiler::backend::elastic::lower;
use huntc_compiler::backend::elastic::query::{Never, Query};
use huntc_compiler::catalog::EntityId;
use huntc_compiler::check::hir::{Predicate, SourceRef};
use huntc_compiler::options::ProcessIdentity;
use huntc_compiler::plan::{Node, Op};
use huntc_compiler::value::Value;
use std::collections::BTreeSet;

impl Run<'_> {
    /// The fields of every request that may go to a source: of the plan's nodes, whichever way processes are told apart
    /// there, of what is asked to know that, and of hints.
    pub(super) fn needs(&self, source: SourceRef) -> Fields {
        let (plan, catalog) = (self.job.plan, self.job.catalog);
        // What tells processes apart without entity ids is asked for beside these.
        let ladder = plan.identity != ProcessIdentity::EntityId;
        let mut fields = BTreeSet::new();
        // Of no pid at all the query would be none.
        for (query, named) in [lower::probe(), lower::lives::<Never>(vec![Value::Int(0)])] {
            add(&query, named, &mut fields);
        }
        let mut types = BTreeSet::new();
        let name = |source: SourceRef| self.job.hunt.sources.get(usize::from(source.0)).map(|s| &s.name);
        for (id, node) in plan.iter() {
            let request = lower::request(plan, catalog, id, ladder);
            if let Some(request) = request.filter(|request| name(request.source) == name(source)) {
                add(&request.query, request.fields, &mut fields);
                types.extend(types_of(node));
            }
        }
        if self.options.hints {
            // They look for values in other attributes of the types, and in other slots.
            let attributes = types.into_iter().flat_map(|entity| &catalog.get(entity).attributes);
            let accesses = attributes.flat_map(|attribute| attribute.access.iter().flatten());
            fields.extend(accesses.flat_map(|access| access.fields.iter().cloned()));
            fields.extend(["event.category", "event.code", "event.type", "host.name"].map(str::to_owned));
        }
        fields.into_iter().collect()
    }
}

fn add<H>(query: &Query<H>, named: Vec<String>, fields: &mut BTreeSet<String>) {
    query.each_field(&mut |field| {
        fields.insert(field.to_owned());
    });
    fields.extend(named);
}

/// The entity types that a node finds, starts from, or compares.
fn types_of(node: &Node) -> impl Iterator<Item = EntityId> {
    let (input, predicate) = match &node.op {
        Op::Scan(scan) => (None, Some(&scan.predicate)),
        Op::Pivot(pivot) => (Some(pivot.input), Some(&pivot.filter)),
        _ => (None, None),
    };
    let compared = predicate.map(Predicate::tests).into_iter().flatten().map(|test| test.entity);
    node.entity.into_iter().chain(input).chain(compared)
}
