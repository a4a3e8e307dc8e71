//! Creation records: what entities that were found somewhere were when they began (semantics.md §4).

use super::bind::{self, Fill};
use super::node::Asked;
use super::requests::Visitor;
use super::{Failure, Run, failed};
use crate::allowance::Lent;
use crate::matching::{self, Reading, References};
use crate::source::Records;
use crate::table::{Growth, Table};
use huntc_compiler::catalog::EntityId;
use huntc_compiler::plan::{Node, NodeId, SourceRef};
use huntc_compiler::request::RequestTemplate;

impl Run<'_> {
    /// The table of a node with the creation records of its entities, which tell what they were when they began.
    pub(super) fn creation_records(&self, id: NodeId, node: &Node, source: SourceRef, input: &Table) -> Result<Table, Failure> {
        let Some(entity) = node.entity else { return Err(Failure::Skipped) };
        let keys = bind::pivot_keys(input);
        let template = self.job.requests.of(id).filter(|_| !keys.is_empty());
        if let Some(template) = template
            && keys.len() > bind::CHUNK
            && node.columns.iter().all(|column| input.columns.contains(column))
            && input.is_settled()
            && self.found_all(node, template)?
        {
            return Ok(input.clone());
        }
        let mut growth = Growth::new(input, &node.columns);
        let mut whole = true;
        if let Some(template) = template {
            let references = References::default();
            let asked = Asked { source, keys: Some((&keys, entity)), references: &references };
            let memory = self.options.allowance.lend("the creation records of a statement");
            let (growth, ladder) = (&mut growth, template.ladder);
            let mut grower = Grower { run: self, node, asked: &asked, ladder, growth, entity, memory, counted: 0 };
            whole = match self.ask(id, template, asked.keys, &mut grower) {
                // The entities came from others, or before.
                Err(Failure::Failed(problem)) if self.may_leave_out(&problem) => self.leave_out(*problem),
                whole => whole?,
            };
        }
        let mut table = growth.finish();
        table.partial |= !whole;
        Ok(table)
    }

    /// Whether the input of a node has all creation records that there are. A source that cannot say it is asked for them.
    fn found_all(&self, node: &Node, template: &RequestTemplate) -> Result<bool, Failure> {
        let Some(unfound) = &template.unfound else { return Ok(false) };
        let fill = Fill { keys: &[], entity: None, catalog: self.job.catalog, columns: &[], any: false };
        let request = bind::request(template, unfound, &fill);
        let opened = self.open(node, template.source)?;
        self.budget(node)?;
        let count = self.in_one_moment(template.source, opened.as_ref(), || opened.exact_count(&request, &self.context("count")));
        Ok(count.is_ok_and(|count| count == Some(0)))
    }
}

/// Finds the creation records of the entities of a table.
struct Grower<'a, 'r, 't> {
    run: &'a Run<'r>,
    node: &'a Node,
    asked: &'a Asked<'a>,
    ladder: bool,
    growth: &'a mut Growth<'t>,
    entity: EntityId,
    /// What it takes counts.
    memory: Lent<'a>,
    counted: usize,
}

impl Visitor for Grower<'_, '_, '_> {
    fn begin(&mut self) {
        self.growth.forget();
    }

    fn take(&mut self, records: &Records) -> Result<(), Failure> {
        let Self { run, node, asked, ladder, growth, entity, .. } = self;
        let read = &mut |reading: &Reading<'_>| matching::creation_records(reading, records, *entity, growth);
        run.with_lives(node, asked, *ladder, records, read)?;
        let more = self.growth.bytes().saturating_sub(self.counted);
        self.counted += more;
        self.memory.grow(more).map_err(|spent| failed(self.node, spent))
    }

    fn whole(&mut self) {
        self.growth.keep();
    }
}
