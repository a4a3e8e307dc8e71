//! Computing one node.

use super::bind;
use super::requests::Visitor;
use super::tree::{self, Lineage};
use super::{Failure, Outcome, Run, failed, locked};
use crate::matching::{self, Found, Ladder, Lives, Mark, Reading, References, Undecidable, Unread};
use crate::ops::join::Pairing;
use crate::ops::observe::{self, Observed, Refused};
use crate::ops::{compute, filter, group, join, new, order, union};
use crate::source::Records;
use crate::table::{Key, Table};
use foldhash::HashSet;
use huntc_compiler::catalog::{EntityId, SlotId, ValueType};
use huntc_compiler::diag::codes;
use huntc_compiler::diag::{Code, Diagnostic, Severity};
use huntc_compiler::plan::{Attr, Depth, Node, NodeId, Op, Pivot, SourceRef};
use huntc_compiler::value::Value;
use std::sync::Arc;

/// The codes of a source that is down.
const DOWN: [&Code; 4] = [
    &codes::elastic::UNREACHABLE,
    &codes::elastic::OVERLOADED,
    &codes::elastic::SERVER_TIMEOUT,
    &codes::elastic::INCOMPLETE_ANSWER,
];

impl Run<'_> {
    /// Computes the table of a node whose inputs are computed.
    pub(super) fn node(&self, id: NodeId) -> Outcome {
        let node = self.job.plan.node(id);
        let inputs: Vec<Arc<Table>> =
            node.inputs.iter().map(|i| self.input(node, *i)).collect::<Result<_, _>>().map_err(|e| match e {
                Failure::Cancelled => Failure::Cancelled,
                // The answers of an analytic and the table that takes one of them are one statement, so they fail alike.
                failed @ Failure::Failed(_) if matches!(node.op, Op::Pick(_)) => failed,
                _ => Failure::Skipped,
            })?;
        match inputs.first() {
            Some(input) => self.local(id, node, &inputs, input),
            None => self.leaf(id, node),
        }
        .and_then(|mut table| {
            table.partial |= inputs.iter().any(|i| i.partial);
            table.identifiers = self.identifiers(&table);
            // What was read out of records is counted while it is read.
            if !matches!(node.op, Op::Scan(_) | Op::Pivot(_) | Op::Walk(_)) {
                self.options.allowance.take(table.bytes(), "the table of a statement").map_err(|spent| failed(node, spent))?;
            }
            Ok(Arc::new(table))
        })
    }

    /// The table of an input. Of a statement that asks several sources, those that are down may be left out, as long as another
    /// one answers.
    fn input(&self, node: &Node, input: NodeId) -> Outcome {
        let table = self.table(input);
        let Err(Failure::Failed(problem)) = &table else { return table };
        let asked = self.job.plan.node(input);
        let several = matches!(node.op, Op::Union) && asked.origin == node.origin && matches!(asked.op, Op::Scan(_) | Op::Pivot(_));
        let another = || node.inputs.iter().any(|i| self.table(*i).is_ok());
        if !(several && self.may_leave_out(problem) && another()) {
            return table;
        }
        locked(&self.left_out).insert(input);
        Ok(Arc::new(Table { partial: true, ..Table::empty(asked.entity, &asked.columns) }))
    }

    /// Whether a source is down, and a part is allowed.
    pub(super) fn may_leave_out(&self, problem: &Diagnostic) -> bool {
        self.options.allow_partial && DOWN.contains(&problem.code)
    }

    /// Tells of a source that is left out. What comes of it is not whole.
    pub(super) fn leave_out(&self, problem: Diagnostic) -> bool {
        let problem = Diagnostic { severity: Severity::Warning, ..problem };
        let mut warnings = locked(&self.warnings);
        if !warnings.iter().any(|told| (told.primary.span, &told.message) == (problem.primary.span, &problem.message)) {
            warnings.push(problem);
        }
        false
    }

    /// Computes a node without inputs.
    fn leaf(&self, id: NodeId, node: &Node) -> Result<Table, Failure> {
        match &node.op {
            Op::Scan(_) => self.found(id, node),
            Op::New { columns, rows } => match node.entity {
                Some(entity) => Ok(new::table(entity, columns, rows, self.job.catalog)),
                None => Err(Failure::Skipped),
            },
            Op::Load { path } => self.load(node, path),
            _ => Ok(Table::empty(node.entity, &node.columns)),
        }
    }

    fn local(&self, id: NodeId, node: &Node, inputs: &[Arc<Table>], input: &Arc<Table>) -> Result<Table, Failure> {
        Ok(match &node.op {
            Op::Scan(_) => self.found(id, node)?,
            Op::Pivot(pivot) if pivot.repeated => Table::empty(node.entity, &node.columns),
            Op::Pivot(pivot) => {
                self.warn_of_nameless(node, pivot, input);
                self.found(id, node)?
            }
            Op::Walk(most) => self.walk(id, node, *most, input)?,
            Op::CreationRecords { source, .. } => self.creation_records(id, node, *source, input)?,
            Op::Observe { shape, sources } => {
                let observed = Observed { shape, inputs, sources: *sources };
                let allowance = &self.options.allowance;
                observe::observe(observed, node.entity, &node.columns, allowance).map_err(|e| refused(node, e))?
            }
            Op::Union => union::union(inputs, node.entity, &node.columns),
            Op::Filter { predicate, range } => {
                let references = self.references(node)?;
                let allowance = &self.options.allowance;
                let (table, undecided) = filter::filter(input, predicate, *range, self.job.catalog, &references, allowance)
                    .map_err(|e| unread(node, e))?;
                self.undecided(id, undecided);
                table
            }
            Op::First(n) => union::first(input, *n),
            Op::Transform(transformer) => order::transform(input, *transformer),
            Op::Sort { attr, ascending } => order::sort(input, attr, *ascending),
            Op::Slice { offset, limit } => order::slice(input, *offset, *limit),
            Op::Project(_) | Op::New { .. } | Op::Load { .. } => Table::clone(input),
            Op::Compute(columns) => {
                let (table, stopped) = compute::compute(input, columns, &self.options.allowance).map_err(|e| unread(node, e))?;
                self.warn_stopped(node, stopped);
                table
            }
            Op::Group { keys, aggregates } => group::group(input, keys, aggregates),
            Op::Join { by, within } => match inputs {
                [left, right, ..] => {
                    let pairing = Pairing { by, within: *within, columns: &node.columns };
                    join::join(left, right, &pairing, self.job.catalog, &self.options.allowance).map_err(|e| failed(node, e))?
                }
                _ => Table::clone(input),
            },
            Op::Reload { path, columns } => self.reload(node, path, columns, input)?,
            Op::Apply { analytic, arguments } => self.apply(id, node, analytic, arguments, inputs)?,
            Op::Pick(number) => self.pick(node, *number, input),
        })
    }

    /// What GET or FIND finds: counted by the source, or in the records that it gives.
    fn found(&self, id: NodeId, node: &Node) -> Result<Table, Failure> {
        self.asking(node, |asked, take| {
            let mut found = Found::default();
            if asked.keys.is_some_and(|(keys, _)| keys.is_empty()) {
                return Ok(self.collect(found, id, node, true));
            }
            if let Some(table) = self.by_tuples(id, node, asked, take)? {
                return Ok(table);
            }
            let whole = self.read(id, node, asked, &mut found, take)?;
            Ok(self.collect(found, id, node, whole))
        })
    }

    /// Calls `work` with what the request of GET or FIND depends on, and with what finds things in its records.
    pub(super) fn asking<T>(
        &self,
        node: &Node,
        work: impl FnOnce(&Asked<'_>, &mut Take<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Some(entity) = node.entity else { return Err(Failure::Skipped) };
        let references = &self.references(node)?;
        match (&node.op, node.inputs.first()) {
            (Op::Scan(scan), _) => {
                let asked = Asked { source: scan.source, keys: None, references };
                work(&asked, &mut |reading, records, found| matching::scan(reading, records, entity, &scan.predicate, found))
            }
            (Op::Pivot(pivot), Some(input)) => {
                let input = self.table(*input)?;
                let keys = bind::pivot_keys(&input);
                let wanted: HashSet<&Key> = keys.iter().copied().collect();
                let asked = Asked { source: pivot.source, keys: Some((&keys, pivot.input)), references };
                work(&asked, &mut crossing(pivot, entity, &wanted))
            }
            _ => Err(Failure::Skipped),
        }
    }

    /// Warns when rows without identity are among the input.
    fn warn_of_nameless(&self, node: &Node, pivot: &Pivot, input: &Table) {
        if !input.entities().any(|entity| entity.key().unique() > 0) {
            return;
        }
        let all = input.entities().count();
        let message = format!("{} of {all} entities have no identity and find nothing", all - bind::pivot_keys(input).len());
        let required = &self.job.catalog.get(pivot.input).identity.required;
        let names: Vec<&str> = required.iter().map(|a| self.job.catalog.attribute(pivot.input, *a).name.as_str()).collect();
        locked(&self.warnings).push(
            Diagnostic::new(&codes::run::NO_IDENTITY, node.origin, message).help(format!("give them {}", names.join(" and "))),
        );
    }

    /// One step of a relation. Answers whether the records were complete.
    fn hop(
        &self,
        id: NodeId,
        node: &Node,
        pivot: &Pivot,
        keys: &[&Key],
        references: &References,
        found: &mut Found,
    ) -> Result<bool, Failure> {
        let Some(entity) = node.entity else { return Err(Failure::Skipped) };
        if keys.is_empty() {
            return Ok(true);
        }
        let wanted: HashSet<&Key> = keys.iter().copied().collect();
        let asked = Asked { source: pivot.source, keys: Some((keys, pivot.input)), references };
        self.read(id, node, &asked, found, &mut crossing(pivot, entity, &wanted))
    }

    /// FIND … DEPTH: each step starts from the entities that the last step found first, in any source, until a step finds no
    /// new one. An entity has the depth at which it was found first. Entities of the input have depth 0 and are in the
    /// result only if a step finds them. A source that is down may be left out from then on, as long as another one answers.
    fn walk(&self, id: NodeId, node: &Node, most: Depth, input: &Table) -> Result<Table, Failure> {
        let mut steps = Vec::with_capacity(node.inputs.len());
        for id in node.inputs.iter().skip(1) {
            let node = self.job.plan.node(*id);
            if let Op::Pivot(pivot) = &node.op {
                steps.push((*id, node, pivot, self.references(node)?));
            }
        }
        let Some((_, first, pivot, _)) = steps.first() else { return Ok(Table::empty(node.entity, &node.columns)) };
        self.warn_of_nameless(first, pivot, input);
        let mut frontier: Vec<Key> = bind::pivot_keys(input).into_iter().cloned().collect();
        let mut asked: HashSet<Key> = frontier.iter().cloned().collect();
        let mut lineage = Lineage::default();
        let mut all = Found::default();
        let mut whole = true;
        let mut depth = 0_u64;
        while !frontier.is_empty() && most.goes_on(depth) {
            depth += 1;
            let keys: Vec<&Key> = frontier.iter().collect();
            let mut next = Vec::new();
            let mut down = Vec::new();
            for (number, (id, node, pivot, references)) in steps.iter().enumerate() {
                let before = all.sightings.count();
                match self.hop(*id, node, pivot, &keys, references, &mut all) {
                    Ok(complete) => whole &= complete,
                    Err(Failure::Failed(problem)) if self.may_leave_out(&problem) => down.push((number, problem)),
                    Err(failure) => return Err(failure),
                }
                for key in all.sightings.since(before).filter_map(|number| all.sightings.key(number)) {
                    if !asked.contains(key) {
                        asked.insert(key.clone());
                        next.push(key.clone());
                    }
                }
                tree::grow(&mut lineage, depth, std::mem::take(&mut all.links));
            }
            for (number, problem) in down.into_iter().rev() {
                if steps.len() == 1 {
                    return Err(Failure::Failed(problem));
                }
                steps.remove(number);
                whole = self.leave_out(*problem);
            }
            next.sort();
            frontier = next;
        }
        let mut table = self.collect(all, id, node, whole);
        let depths: Vec<Option<Value>> =
            table.entities().map(|entity| Some(Value::Int(lineage.get(entity.key())?.depth as i64))).collect();
        table.add_column("depth", depths);
        locked(&self.walks).insert(id, lineage);
        Ok(table)
    }

    /// Sends the request of a node and passes its records to `take`. Answers whether the records were complete.
    fn read(&self, id: NodeId, node: &Node, asked: &Asked<'_>, found: &mut Found, take: &mut Take<'_>) -> Result<bool, Failure> {
        let Some(template) = self.job.requests.of(id) else { return Err(Failure::Skipped) };
        let before = found.mark();
        let mut finder = Finder { run: self, node, asked, ladder: template.ladder, found, before, take };
        self.ask(id, template, asked.keys, &mut finder)
    }

    /// Finds things in some records of a node.
    pub(super) fn find(
        &self,
        node: &Node,
        asked: &Asked<'_>,
        (slots, records): (LookIn, &Records),
        found: &mut Found,
        take: &mut Take<'_>,
    ) -> Result<(), Failure> {
        self.with_lives(node, asked, slots.ladder, records, &mut |reading| {
            take(&Reading { slot: slots.only, ..*reading }, records, found)
        })
    }

    /// Reads records of a node with what tells their processes apart.
    pub(super) fn with_lives(
        &self,
        node: &Node,
        asked: &Asked<'_>,
        may_be_on_ladder: bool,
        records: &Records,
        read: &mut dyn FnMut(&Reading<'_>) -> Result<(), Unread>,
    ) -> Result<(), Failure> {
        let Asked { source, references, .. } = *asked;
        let ladder = if may_be_on_ladder { self.ladder(node, source, records)? } else { Ladder::Nowhere };
        let mut lives: Arc<Lives> = Arc::default();
        if !matches!(ladder, Ladder::Nowhere) {
            self.learn_lives(node, source, records, &ladder)?;
            lives = self.source(source).map(|state| locked(&state.lives).clone()).unwrap_or_default();
        }
        let (columns, allowance) = (&node.columns, &*self.options.allowance);
        let reading =
            Reading { catalog: self.job.catalog, slot: None, ladder: &ladder, lives: &lives, references, columns, allowance };
        read(&reading).map_err(|why| unread(node, why))
    }

    /// The table of the sightings that a node found.
    fn collect(&self, mut found: Found, id: NodeId, node: &Node, whole: bool) -> Table {
        let unidentified = found.unidentified_count();
        let mut table = found.sightings.finish(node.entity, &node.columns);
        table.unidentified = unidentified;
        table.partial = !whole;
        self.undecided(id, table.undecided_count());
        table
    }

    /// Remembers that the condition of a node could not be decided so often.
    pub(super) fn undecided(&self, id: NodeId, times: u64) {
        if times > 0 {
            locked(&self.undecided).push((id, times));
        }
    }

    /// The columns of a table that hold identifiers.
    fn identifiers(&self, table: &Table) -> Vec<Attr> {
        let is_id = |attr: &&Attr| attr.value_type(self.job.catalog, table.entity).is_some_and(ValueType::is_identifier);
        table.columns.iter().filter(is_id).cloned().collect()
    }
}

/// Reads what a relation leads to from these keys.
fn crossing<'a>(
    pivot: &'a Pivot,
    entity: EntityId,
    keys: &'a HashSet<&'a Key>,
) -> impl FnMut(&Reading<'_>, &Records, &mut Found) -> Result<(), Unread> + 'a {
    move |reading, records, found| {
        let (input, ways, filter, trace) = (pivot.input, &pivot.ways, &pivot.filter, pivot.repeated);
        matching::pivot(reading, records, &matching::Hop { input, keys, ways, entity, filter, trace }, found)
    }
}

/// In which slots of records things are looked for.
#[derive(Clone, Copy)]
pub(super) struct LookIn {
    /// The only slot that GET looks at; `None` for all that it looks at.
    pub(super) only: Option<SlotId>,
    /// Whether processes without entity id may be told apart.
    pub(super) ladder: bool,
}

/// What the request of a node depends on beside its template.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) source: SourceRef,
    /// The entities whose keys are asked for, and their type.
    pub(super) keys: Option<(&'a [&'a Key], EntityId)>,
    pub(super) references: &'a References,
}

/// Reads records into what was found.
pub(super) type Take<'a> = dyn FnMut(&Reading<'_>, &Records, &mut Found) -> Result<(), Unread> + 'a;

/// Finds things in the records of a node's requests as they come.
struct Finder<'a, 'r> {
    run: &'a Run<'r>,
    node: &'a Node,
    asked: &'a Asked<'a>,
    /// Whether processes without entity id may be told apart.
    ladder: bool,
    found: &'a mut Found,
    /// What was found before the request that is read.
    before: Mark,
    take: &'a mut Take<'a>,
}

impl Visitor for Finder<'_, '_> {
    fn begin(&mut self) {
        self.found.back_to(self.before);
    }

    fn take(&mut self, records: &Records) -> Result<(), Failure> {
        let Self { run, node, asked, ladder, .. } = *self;
        run.find(node, asked, (LookIn { only: None, ladder }, records), self.found, self.take)
    }

    fn whole(&mut self) {
        self.before = self.found.mark();
    }
}

fn unread(node: &Node, why: Unread) -> Failure {
    match why {
        Unread::Undecidable(reason) => undecidable(node, &reason),
        Unread::Spent(spent) => failed(node, spent),
    }
}

fn refused(node: &Node, why: Refused) -> Failure {
    match why {
        Refused::Spent(spent) => failed(node, spent),
        Refused::Hard(hard) => Failure::Failed(Box::new(
            Diagnostic::new(&codes::run::TOO_MANY_WAYS, node.origin, "the observation expression has too many ways to match")
                .note(hard.note())
                .help(hard.help()),
        )),
    }
}

fn undecidable(node: &Node, reason: &Undecidable) -> Failure {
    let message = "a condition cannot be decided";
    let problem = Diagnostic::new(&codes::run::UNDECIDABLE, node.origin, message).note(reason.0.clone());
    Failure::Failed(Box::new(problem.help("write the expression in another way, or with --ignore-case off")))
}

/// For each row of a table the values of `attrs`, in their order.
pub(super) fn rows_of(table: &Table, attrs: &[Attr]) -> Vec<Vec<Option<Value>>> {
    let columns: Vec<Vec<Option<Value>>> = attrs.iter().map(|a| table.column(a)).collect();
    (0..table.row_count()).map(|row| columns.iter().map(|c| c.get(row).cloned().flatten()).collect()).collect()
}

/// Sets added columns of a table's entities: `values` has one row for each entity, in their order.
pub(super) fn add_columns(table: &mut Table, names: &[String], values: Vec<Vec<Option<Value>>>) {
    // An analytic chooses the names, and how many there are. Of columns with one name the last counts.
    let mut columns: Vec<Vec<Option<Value>>> = names.iter().map(|_| Vec::with_capacity(values.len())).collect();
    for row in values {
        for (column, value) in columns.iter_mut().zip(row.into_iter().chain(std::iter::repeat(None))) {
            column.push(value);
        }
    }
    let of_groups = table.is_of_groups();
    for (name, column) in names.iter().zip(columns) {
        if of_groups { table.add_group_column(name, column) } else { table.add_column(name, column) }
    }
}
