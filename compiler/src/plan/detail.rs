//! Detail: what a node must know of the records that it reads. A source that counts equal records together spares their
//! transport where nobody asks for single ones.

use super::{Attr, Function, Node, NodeId, Op, OutputKind, Pivot, Plan, Scan, SightingAttr};
use crate::catalog::{Access, Catalog, EntityId, Identity, Rule};
use crate::check::hir::Predicate;
use crate::options::ProcessIdentity;
use std::collections::BTreeMap;

/// What a node must know of the records that it reads, or its inputs read, beside which values occur together and in how many
/// records.
#[expect(clippy::struct_excessive_bools, reason = "each is a need of its own")]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Detail {
    /// The order in which they occur first, which is that of rows.
    pub order: bool,
    /// The first and the last time at which they occur.
    pub times: bool,
    /// Each record by itself in which a process begins: filters let those count that a statement did not find.
    pub creations: bool,
    /// In how many records each entity stands, whatever the slot.
    pub counts: bool,
    /// Which entities stand in one record: without it the slots of records are counted each by itself.
    pub slots: bool,
    /// Each record by itself; with the reason.
    pub records: Option<&'static str>,
}

impl Detail {
    const VALUES: Self = Self { order: false, times: false, creations: false, counts: false, slots: false, records: None };
    const TIMES: Self = Self { times: true, ..Self::VALUES };
    const COUNTS: Self = Self { counts: true, ..Self::VALUES };
    const CREATIONS: Self = Self { creations: true, ..Self::VALUES };
    const SLOTS: Self = Self { slots: true, ..Self::VALUES };
    /// What rows tell beside their values.
    const ROWS: Self = Self { order: true, ..Self::VALUES };

    fn records(why: &'static str) -> Self {
        Self { records: Some(why), ..Self::VALUES }
    }

    /// What both need.
    fn and(self, other: Self) -> Self {
        Self {
            order: self.order || other.order,
            times: self.times || other.times,
            creations: self.creations || other.creations,
            counts: self.counts || other.counts,
            slots: self.slots || other.slots,
            records: self.records.max(other.records),
        }
    }

    /// The same, where the order does not come from one table alone.
    fn exact(self) -> Self {
        Self { times: self.times || self.order, ..self }
    }

    fn all(details: impl Iterator<Item = Self>) -> Self {
        details.fold(Self::VALUES, Self::and)
    }

    /// As it stands in a printed plan.
    pub fn text(self) -> String {
        if let Some(why) = self.records {
            return format!("single records: {why}");
        }
        let values = match self {
            Self { times: true, .. } => "values, their numbers and times",
            Self { order: true, .. } => "values, their numbers and order",
            _ => "values and their numbers",
        };
        if self.creations { format!("single creation records, and of the others {values}") } else { values.to_owned() }
    }
}

const NIGHT: &str = "a finding names its records";
const EACH: &str = "a row for each record";
const PAIRED: &str = "observations pair records";
const SIGHTINGS: &str = "a condition on the time or the number of sightings";
const TIMED: &str = "the time of a record is one of its values";
const OBSERVED: &str = "ADDOBSID shows the ids of records";
const TOGETHER: &str = "other statements find the same records";
const LADDER: &str = "processes are told apart by their times";
const OWN: &str = "each record is an entity of its own";
const STEPS: &str = "the steps of DEPTH follow records";
const FEW: &str = "they are asked for by key";

/// Fills in the detail of every node.
pub(super) fn fill(plan: &mut Plan, catalog: &Catalog) {
    let mut details = vec![Detail::VALUES; plan.nodes.len()];
    for output in &plan.outputs {
        let Some(NodeId(at)) = output.node else { continue };
        let asked = match &output.kind {
            OutputKind::Disp { .. } | OutputKind::Save { .. } => Detail::ROWS,
            OutputKind::Describe(column) => of_attr(&column.attr),
            OutputKind::Info | OutputKind::Explain | OutputKind::Apply => Detail::SLOTS,
        };
        raise(&mut details, at, asked);
    }
    for NodeId(at) in plan.finding.iter().flat_map(super::FindingOutput::nodes) {
        raise(&mut details, at, Detail::records(NIGHT));
    }
    let born = with_creation_records(plan);
    let requested = requested(plan);
    for at in (0..plan.nodes.len()).rev() {
        let node = &plan.nodes[at];
        let asked = details[at].and(of_columns(&node.columns));
        details[at] = asked.and(of_reading(node, plan, catalog));
        let several = requested[at].values().any(Option::is_none);
        for (input, asked) in inputs(node, asked, several, &born) {
            raise(&mut details, input.0, asked);
        }
    }
    for (node, detail) in plan.nodes.iter_mut().zip(details) {
        node.detail = detail;
    }
}

fn raise(details: &mut [Detail], at: u32, asked: Detail) {
    if let Some(detail) = details.get_mut(at as usize) {
        *detail = asked.and(*detail);
    }
}

fn of_columns(columns: &[Attr]) -> Detail {
    Detail::all(columns.iter().map(of_attr))
}

/// What the value of an attribute in a row depends on.
fn of_attr(attr: &Attr) -> Detail {
    match attr {
        Attr::Sighting(SightingAttr::ObservationId) => Detail::records(OBSERVED),
        Attr::Sighting(SightingAttr::FirstObserved | SightingAttr::LastObserved) => Detail::TIMES,
        Attr::Sighting(SightingAttr::NumberObserved) => Detail::COUNTS,
        _ => Detail::VALUES,
    }
}

/// What a node that asks a source needs for itself.
fn of_reading(node: &Node, plan: &Plan, catalog: &Catalog) -> Detail {
    let predicate = match &node.op {
        Op::Scan(scan) => &scan.predicate,
        Op::Pivot(pivot) if pivot.repeated => return Detail::records(STEPS),
        Op::Pivot(pivot) => &pivot.filter,
        Op::CreationRecords { .. } => return Detail::records(FEW),
        _ => return Detail::VALUES,
    };
    let of_types = |is: fn(&Identity) -> bool| node.types().any(|entity| is(&catalog.get(entity).identity));
    match () {
        () if of_types(|identity| identity.per_record) => Detail::records(OWN),
        () if plan.identity == ProcessIdentity::Ladder && of_types(|identity| identity.ladder) => Detail::records(LADDER),
        () if on_sightings(predicate) => Detail::records(SIGHTINGS),
        () if reads_times(node, predicate, catalog) => Detail::records(TIMED),
        () => Detail::VALUES,
    }
}

fn on_sightings(predicate: &Predicate) -> bool {
    predicate.tests().iter().any(|test| matches!(test.attr, Attr::Sighting(_)))
}

/// Whether a value that is read is the time of its record.
fn reads_times(node: &Node, predicate: &Predicate, catalog: &Catalog) -> bool {
    let is_time = |access: &Access| access.rule == Rule::Created || access.fields.iter().any(|field| field == "@timestamp");
    let timed = |entity: EntityId, attr: &Attr| match attr {
        Attr::Catalog(id) => catalog.attribute(entity, *id).access.iter().flatten().any(is_time),
        Attr::Record(field) => is_time(&field.access),
        Attr::Sighting(_) | Attr::Added(_) => false,
    };
    let shown = node.entity.is_some_and(|entity| node.columns.iter().any(|attr| timed(entity, attr)));
    shown || predicate.tests().iter().any(|test| timed(test.entity, &test.attr))
}

/// What a node asks of each of its inputs, given what is asked of it. `several`: its table holds what several requests to one
/// source found.
fn inputs(node: &Node, asked: Detail, several: bool, born: &[bool]) -> Vec<(NodeId, Detail)> {
    let tables = &node.inputs[..node.inputs.len() - node.references.len()];
    let of_tables = match &node.op {
        Op::Filter { range: Some(_), .. } => Detail::records(SIGHTINGS),
        Op::Filter { predicate, .. } if on_sightings(predicate) => Detail::records(SIGHTINGS),
        // The filter lets sightings count that were kept only because a process begins there.
        Op::Filter { .. } if tables.iter().any(|table| born[table.0 as usize]) => {
            asked.exact().and(Detail::CREATIONS).and(Detail::SLOTS)
        }
        // Another sighting may be the first of those that pass.
        Op::Filter { .. } => asked.exact().and(Detail::SLOTS),
        Op::Transform(_) => Detail::records(EACH),
        Op::Observe { .. } => Detail::records(PAIRED),
        // Two requests may have found one record.
        Op::Union if several => Detail::records(TOGETHER),
        // Only together they tell what was first.
        Op::Union if !node.columns.is_empty() => asked.and(Detail::TIMES).and(Detail::SLOTS),
        Op::Union => asked.exact().and(Detail::SLOTS),
        Op::Join { within: Some(_), .. } => asked.and(Detail::ROWS).and(Detail::COUNTS).and(Detail::SLOTS).and(Detail::TIMES),
        Op::First(_) | Op::Slice { .. } | Op::Join { .. } | Op::Apply { .. } | Op::Reload { .. } => {
            asked.and(Detail::ROWS).and(Detail::COUNTS).and(Detail::SLOTS)
        }
        Op::Sort { attr, .. } => asked.and(of_attr(attr)).and(Detail::SLOTS),
        Op::Group { keys, aggregates } => {
            let by_time = aggregates.iter().any(|a| matches!(a.function, Function::First | Function::Last));
            let read = keys.iter().map(|k| &k.attr).chain(aggregates.iter().filter_map(|a| a.attr.as_ref()));
            Detail::all(read.map(of_attr)).and(if by_time { Detail::TIMES } else { Detail::VALUES })
        }
        // Only the keys of the entities are asked for.
        Op::Pivot(_) => Detail::VALUES,
        Op::CreationRecords { .. } => asked,
        // In how many records the sightings of a table stand that are left, or come together.
        _ => asked.and(Detail::SLOTS),
    };
    let mut all: Vec<(NodeId, Detail)> = tables.iter().map(|table| (*table, of_tables)).collect();
    all.extend(node.references.iter().map(|(_, input)| (*input, Detail::VALUES)));
    all
}

/// For each node, whether its table holds creation records that no condition was tested on.
fn with_creation_records(plan: &Plan) -> Vec<bool> {
    let mut born: Vec<bool> = Vec::with_capacity(plan.nodes.len());
    for node in &plan.nodes {
        let passed_on = !matches!(node.op, Op::Scan(_) | Op::Pivot(_) | Op::Group { .. });
        let inputs = || node.inputs.iter().any(|input| born.get(input.0 as usize).copied().unwrap_or(false));
        born.push(matches!(node.op, Op::CreationRecords { .. }) || (passed_on && inputs()));
    }
    born
}

/// For each source by name the one request whose records a table holds; `None` where there are several.
type Requested<'p> = BTreeMap<&'p str, Option<NodeId>>;

/// Whose records each node's table holds.
fn requested(plan: &Plan) -> Vec<Requested<'_>> {
    let mut all: Vec<Requested<'_>> = Vec::with_capacity(plan.nodes.len());
    for (id, node) in plan.iter() {
        let mut own = Requested::new();
        match &node.op {
            // A relation takes the keys of its input, and no record.
            Op::Scan(Scan { source, .. }) | Op::Pivot(Pivot { source, .. }) => {
                own.extend(plan.source(*source).map(|source| (source.name.as_str(), Some(id))));
            }
            _ => {
                for (name, request) in node.inputs.iter().filter_map(|input| all.get(input.0 as usize)).flatten() {
                    let known = own.entry(name).or_insert(*request);
                    *known = known.filter(|known| Some(*known) == *request);
                }
            }
        }
        all.push(own);
    }
    all
}
