//! Plan nodes to request templates.

use super::lowered::{Context, Lowered};
use super::predicate;
use crate::catalog::{AttrId, Catalog, Entity, EntityId, Guard, Rule, SlotId, ValueType};
use crate::check::hir::{Attr, Predicate, SightingAttr};
use crate::identifier::NO_ENTITY_IDS;
use crate::options::ProcessIdentity;
use crate::plan::{Detail, FindingOutput, Node, NodeId, Op, Pivot, Plan, Scan};
use crate::request::{
    BoundQuery, BoundRequest, Exactness, FieldKinds, Hole, HolePart, Query, RequestForm, RequestTemplate, Requests, SlotTuples,
    Spare, Terms, TupleForm, TupleTimes, creation_record,
};
use crate::value::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Every request of a plan.
pub fn requests(plan: &Plan, catalog: &Catalog) -> Requests {
    let nodes = plan.iter().map(|(id, node)| request_of(plan, catalog, id, node)).collect();
    let ids = Query::all(["process.entity_id", "process.pid"].map(Query::exists));
    let none = Query::terms("process.entity_id", NO_ENTITY_IDS.map(Value::text).to_vec());
    let asked = ["@timestamp", "host.name", "process.entity_id", "process.pid"];
    let with_ids = BoundRequest::of(catalog, Query::all_but(ids, none), asked);
    let tested = ["@timestamp", "event.category", "event.code", "event.type", "host.name", "process.pid"];
    let creations = BoundRequest::of(catalog, creation_record(), tested);
    Requests { nodes, with_ids, creations }
}

/// The request of a node; `None` for local work. For explanations `node` may have another condition, window or way than the
/// plan's node `id`; its inputs must be the same.
pub fn request_of(plan: &Plan, catalog: &Catalog, id: NodeId, node: &Node) -> Option<RequestTemplate> {
    let entity = node.entity?;
    let (source, window) = match &node.op {
        Op::Scan(scan) => (scan.source, scan.window),
        Op::Pivot(pivot) => (pivot.source, pivot.window),
        Op::CreationRecords { source, window } => (*source, *window),
        _ => return None,
    };
    let by_id = Request { catalog, plan, node, entity, ladder: false, unidentified: true };
    let ladder = plan.identity != ProcessIdentity::EntityId && by_id.is_about_processes();
    let request = Request { ladder, ..by_id };
    let (tuples, unfound) = (request.tuples(), request.unfound(id));
    Some(RequestTemplate { node: id, source, window, purpose: request.purpose(), form: request.form(), tuples, unfound, ladder })
}

#[derive(Clone, Copy)]
struct Request<'a> {
    catalog: &'a Catalog,
    plan: &'a Plan,
    node: &'a Node,
    entity: EntityId,
    ladder: bool,
    /// Whether fields are wanted that show a process without an identity.
    unidentified: bool,
}

type Fields = BTreeSet<String>;

/// A way's condition on the record. A guard without values says that the record lacks the field.
fn condition(guard: &Guard) -> Query<Hole> {
    if guard.values.is_empty() {
        return Query::all_but(Query::MatchAll, Query::exists(&guard.field));
    }
    Query::terms(&guard.field, guard.values.iter().map(|v| Value::text(v.as_str())).collect())
}

impl Request<'_> {
    fn context(&self) -> Context<'_> {
        Context { catalog: self.catalog, references: &self.node.references, plan: self.plan }
    }

    fn form(&self) -> RequestForm {
        let lowered = self.query();
        let mut fields = self.fields();
        let spare = self.spare(&fields).map(Arc::new);
        // What is found in a record has its time.
        let written_times = !fields.insert("@timestamp".to_owned());
        let exactness = if lowered.exact { Exactness::Exact } else { Exactness::Superset };
        let kinds = Arc::new(FieldKinds::of(self.catalog, &lowered.query, &fields));
        RequestForm { query: lowered.query, fields: fields.into_iter().collect(), kinds, written_times, spare, exactness }
    }

    fn query(&self) -> Lowered {
        match &self.node.op {
            Op::Scan(scan) => self.scan(scan),
            Op::Pivot(pivot) => self.pivot(pivot),
            _ => self.starts(),
        }
    }

    fn fields(&self) -> Fields {
        match &self.node.op {
            Op::Scan(scan) => self.scan_fields(scan),
            Op::Pivot(pivot) => self.pivot_fields(pivot),
            _ => self.starts_fields(),
        }
    }

    /// The fields that are wanted of processes without entity id only; `None` if there are none.
    fn spare(&self, all: &Fields) -> Option<Spare> {
        let needed = Request { unidentified: false, ..*self }.fields();
        let fields: Vec<String> = all.difference(&needed).cloned().collect();
        let unless = Query::any(self.process_slots().into_iter().map(|(entity, slot)| self.unidentified(entity, slot)));
        (!fields.is_empty()).then_some(Spare { unless, fields })
    }

    /// The slots whose processes are identified, by their types.
    fn process_slots(&self) -> BTreeSet<(EntityId, SlotId)> {
        let of = |entity: EntityId| self.catalog.get(entity).get_slots().map(move |slot| (entity, slot));
        let (own, predicate): (Vec<_>, _) = match &self.node.op {
            Op::Scan(scan) => (of(self.entity).collect(), Some(&scan.predicate)),
            Op::Pivot(pivot) => {
                let ways = pivot.ways.iter().flat_map(|way| [(pivot.input, way.input), (self.entity, way.output)]);
                (ways.collect(), Some(&pivot.filter))
            }
            _ => (vec![(self.entity, SlotId(0))], None),
        };
        let compared = predicate.map(Predicate::tests).into_iter().flatten().map(|test| test.entity);
        let compared = compared.filter(|entity| *entity != self.entity).flat_map(of);
        own.into_iter().chain(compared).filter(|(entity, _)| self.catalog.get(*entity).identity.ladder).collect()
    }

    /// Records in which a process may stand in a slot without an entity id.
    fn unidentified(&self, entity: EntityId, slot: SlotId) -> BoundQuery {
        let kind = self.catalog.get(entity);
        let missing = kind.identity.required.iter().map(|attr| {
            let fields = kind.access(*attr, slot).map(|access| access.fields.as_slice()).unwrap_or_default();
            let none = |field: &String| Query::terms(field, NO_ENTITY_IDS.map(Value::text).to_vec());
            // Any other text is one.
            let ty = Some(kind.attributes[usize::from(attr.0)].ty).filter(|ty| *ty != ValueType::EntityId);
            let lacks = lacks(self.catalog, kind, *attr, slot, ty.unwrap_or(ValueType::Id));
            Query::any([lacks, Query::any(fields.iter().map(none))])
        });
        Query::all([Query::any(missing), Query::any(own_fields(kind, slot).iter().map(Query::exists))])
    }

    /// How the records may be counted by their values. In a record that has every entity id that it can have, nothing but
    /// values and conditions decides what is found.
    fn tuples(&self) -> Option<TupleForm> {
        let Detail { order, times, creations, counts, slots, records } = self.node.detail;
        if !matches!(self.node.op, Op::Scan(_) | Op::Pivot(_)) || records.is_some() {
            return None;
        }
        let mut fields = Request { ladder: false, unidentified: false, ..*self }.fields();
        fields.remove("@timestamp");
        let unidentified = self.process_slots().into_iter().map(|(entity, slot)| self.unidentified(entity, slot));
        let single = Query::any(unidentified.chain(creations.then(creation_record)));
        let lowered = self.query();
        let kinds = FieldKinds::of(self.catalog, &lowered.query, &fields);
        let kinds = Arc::new(kinds.with(FieldKinds::of(self.catalog, &single, [])));
        let last = self.node.columns.contains(&Attr::Sighting(SightingAttr::LastObserved));
        let times = match (times, last) {
            (false, _) if order => TupleTimes::Order,
            (false, _) => TupleTimes::None,
            (true, false) => TupleTimes::First,
            (true, true) => TupleTimes::FirstAndLast,
        };
        let slots = if slots { Vec::new() } else { self.slot_tuples(counts, lowered.exact) };
        Some(TupleForm { fields: fields.into_iter().collect(), slots, counts, kinds, single, times })
    }

    /// The creation records that GET did not find itself, where it looks at the same source and time, and where it matters of the
    /// creation records only which values they have.
    fn unfound(&self, id: NodeId) -> Option<RequestForm> {
        let Op::CreationRecords { source, window } = &self.node.op else { return None };
        let input = self.plan.node(*self.node.inputs.first()?);
        let Op::Scan(scan) = &input.op else { return None };
        let sightings = self.node.columns.iter().any(|column| matches!(column, Attr::Sighting(_)));
        let findings = self.plan.finding.iter().flat_map(FindingOutput::nodes).any(|node| node == id);
        if sightings || findings || self.node.detail.creations {
            return None;
        }
        if (scan.source, scan.window) != (*source, *window) || input.entity != Some(self.entity) || !input.references.is_empty() {
            return None;
        }
        let found = predicate::on_slot(&self.context(), &scan.predicate, self.entity, SlotId(0));
        let query = Query::all_but(creation_record(), found.query);
        let kinds = Arc::new(FieldKinds::of(self.catalog, &query, []));
        found.exact.then(|| RequestForm {
            query,
            fields: Vec::new(),
            kinds,
            written_times: false,
            spare: None,
            exactness: Exactness::Exact,
        })
    }

    /// What makes a tuple in each slot that GET looks at; nothing where only all slots together tell in which records something
    /// stands. What a slot holds that is nothing but one value is known by that value. Of processes all hits are known to be
    /// wanted if the query is `exact`, because what has no entity id is read by itself; of other types a query does not say whether
    /// something stands in a slot, such as an address of one family. `counts`: whether it matters in how many records each entity
    /// stands, which a server says of values only.
    fn slot_tuples(&self, counts: bool, exact: bool) -> Vec<SlotTuples> {
        let Op::Scan(scan) = &self.node.op else { return Vec::new() };
        let request = Request { ladder: false, unidentified: false, ..*self };
        let kind = self.catalog.get(self.entity);
        let each = kind.each_value().is_some();
        let slots = kind.get_slots().map(|slot| {
            let mut fields = request.fields_in(scan, [slot]);
            fields.remove("@timestamp");
            SlotTuples { slot, each: each && fields.len() == 1, fields: fields.into_iter().collect() }
        });
        let slots: Vec<SlotTuples> = slots.collect();
        let told = slots.iter().all(|slot| slot.each) || (kind.identity.ladder && exact && !counts);
        if slots.len() > 1 && told { slots } else { Vec::new() }
    }

    /// Whether entities identified by the ladder of processes are asked for, asked from, or compared.
    fn is_about_processes(&self) -> bool {
        self.node.types().any(|entity| self.catalog.get(entity).identity.ladder)
    }

    fn scan(&self, scan: &Scan) -> Lowered {
        let context = self.context();
        let slots = self.catalog.get(self.entity).get_slots();
        Lowered::any(slots.map(|slot| predicate::on_slot(&context, &scan.predicate, self.entity, slot)).collect())
    }

    fn pivot(&self, pivot: &Pivot) -> Lowered {
        let context = self.context();
        let input = self.node.inputs.first().copied().unwrap_or(NodeId(0));
        let ways = pivot.ways.iter().map(|way| {
            let mut parts: Vec<Lowered> = way.guard.iter().map(|guard| Lowered::exact(condition(guard))).collect();
            parts.push(self.keys(input, pivot.input, way.input));
            parts.push(predicate::on_slot(&context, &pivot.filter, self.entity, way.output));
            Lowered::all(parts)
        });
        Lowered::any(ways.collect())
    }

    /// Records in which an entity of the node `input` stands in `slot`.
    fn keys(&self, input: NodeId, entity: EntityId, slot: SlotId) -> Lowered {
        let kind = self.catalog.get(entity);
        let hole = |attr: AttrId| {
            let name = kind.attributes[usize::from(attr.0)].name.clone();
            let Some(access) = kind.access(attr, slot) else { return Query::MatchNone };
            let whole = access.rule.whole_value() || access.rule == Rule::PathWithSeparator;
            // Where the key is a part of the field's value, the runtime compares it.
            let find = |field: &String| {
                if whole { terms(field, Hole { node: input, part: HolePart::Key(name.clone()) }) } else { Query::exists(field) }
            };
            let terms = access.fields.iter().map(find);
            Query::any(terms)
        };
        if kind.identity.per_record {
            // The runtime compares the ids of records; the query asks for what the entity must have.
            let access = kind.identity.required.iter().filter_map(|attr| kind.access(*attr, slot));
            return Lowered::superset(Query::all(access.map(|a| Query::any(a.fields.iter().map(Query::exists)))));
        }
        // An entity that was seen in a record without a host is found in records without a host only.
        let host = || {
            let hole = Hole { node: input, part: HolePart::Host };
            Query::any([terms("host.name", hole), Query::all_but(Query::MatchAll, Query::exists("host.name"))])
        };
        if kind.identity.ladder {
            let by_id = Query::all(kind.identity.key.iter().map(|a| hole(*a)));
            if !self.ladder {
                return Lowered::exact(by_id);
            }
            let pid = kind.attribute("pid").map_or(Query::MatchNone, hole);
            return Lowered::superset(Query::any([by_id, Query::all([pid, host()])]));
        }
        let mut parts: Vec<Query<Hole>> = kind.identity.required.iter().map(|a| hole(*a)).collect();
        if kind.whole_key {
            // What lacks a part has an equal key only where the record lacks it too.
            let others = kind.identity.key.iter().filter(|a| !kind.identity.required.contains(a));
            parts.extend(
                others.map(|a| Query::any([hole(*a), lacks(self.catalog, kind, *a, slot, kind.attributes[usize::from(a.0)].ty)])),
            );
        }
        let plain = kind.identity.key.first().is_some_and(|key| kind.access(*key, slot).is_some_and(|a| a.rule.whole_value()));
        let single = plain && parts.len() == 1 && !kind.identity.per_host && kind.identity.key.len() == 1;
        if kind.identity.per_host {
            parts.push(host());
        }
        // Several holes are filled independently: their cross product holds more than the entities.
        if single { Lowered::exact(Query::all(parts)) } else { Lowered::superset(Query::all(parts)) }
    }

    fn starts(&self) -> Lowered {
        let input = self.node.inputs.first().copied().unwrap_or(NodeId(0));
        let keys = self.keys(input, self.entity, SlotId(0));
        Lowered { query: Query::all([creation_record(), keys.query]), exact: keys.exact }
    }

    fn scan_fields(&self, scan: &Scan) -> Fields {
        self.fields_in(scan, self.catalog.get(self.entity).get_slots())
    }

    /// What GET needs of some slots.
    fn fields_in(&self, scan: &Scan, slots: impl IntoIterator<Item = SlotId>) -> Fields {
        let mut fields = self.base();
        for slot in slots {
            self.slot_fields(slot, &mut fields);
            self.predicate_fields(&scan.predicate, slot, &mut fields);
        }
        fields
    }

    fn pivot_fields(&self, pivot: &Pivot) -> Fields {
        let mut fields = self.base();
        for way in &pivot.ways {
            fields.extend(way.guard.iter().map(|guard| guard.field.clone()));
            self.identity_fields(pivot.input, way.input, &mut fields);
            self.slot_fields(way.output, &mut fields);
            self.predicate_fields(&pivot.filter, way.output, &mut fields);
        }
        fields
    }

    fn starts_fields(&self) -> Fields {
        let mut fields = self.base();
        fields.extend(["event.category", "event.code", "event.type"].map(str::to_owned));
        self.slot_fields(SlotId(0), &mut fields);
        fields
    }

    fn base(&self) -> Fields {
        let mut fields = Fields::new();
        let observed = self.node.columns.contains(&Attr::Sighting(SightingAttr::ObservationId));
        if observed || self.catalog.get(self.entity).identity.per_record {
            fields.insert("_id".to_owned());
        }
        fields
    }

    /// The fields of a sighting in a slot: those of its identity and of the demanded attributes.
    fn slot_fields(&self, slot: SlotId, fields: &mut Fields) {
        self.identity_fields(self.entity, slot, fields);
        for attr in &self.node.columns {
            self.access_fields(self.entity, attr, slot, fields);
        }
    }

    fn identity_fields(&self, entity: EntityId, slot: SlotId, fields: &mut Fields) {
        let kind = self.catalog.get(entity);
        for attr in kind.identity.key.iter().chain(&kind.identity.required) {
            self.access_fields(entity, &Attr::Catalog(*attr), slot, fields);
        }
        if kind.identity.per_host || (kind.identity.ladder && self.ladder) {
            fields.insert("host.name".to_owned());
        }
        if kind.identity.ladder && self.unidentified {
            fields.extend(own_fields(kind, slot));
        }
        if kind.identity.per_record {
            fields.insert("_id".to_owned());
        }
    }

    fn predicate_fields(&self, predicate: &Predicate, slot: SlotId, fields: &mut Fields) {
        for test in predicate.tests() {
            if test.entity == self.entity {
                self.access_fields(self.entity, &test.attr, slot, fields);
                continue;
            }
            for other in self.catalog.get(test.entity).get_slots() {
                self.identity_fields(test.entity, other, fields);
                self.access_fields(test.entity, &test.attr, other, fields);
            }
        }
    }

    fn access_fields(&self, entity: EntityId, attr: &Attr, slot: SlotId, fields: &mut Fields) {
        let Some(access) = attr.access(self.catalog, entity, slot) else { return };
        fields.extend(access.fields.iter().cloned());
        match access.rule {
            Rule::ProcessHash => fields.extend(["event.code".to_owned()]),
            Rule::Created => fields.extend(["event.category", "event.code", "event.type"].map(str::to_owned)),
            _ => {}
        }
    }

    fn purpose(&self) -> String {
        let (node, name) = (self.node, &self.catalog.get(self.entity).name);
        let input = node.inputs.first().copied().unwrap_or(NodeId(0));
        match &node.op {
            Op::Scan(_) => format!("statement {}: GET {name}", node.statement),
            Op::Pivot(pivot) => format!("statement {}: FIND {name} {} {input:?}", node.statement, pivot.relation),
            _ => format!("statement {}: creation records of {input:?}", node.statement),
        }
    }
}

/// Fields that show an unidentified process, and the lower rungs of the ladder.
fn own_fields(kind: &Entity, slot: SlotId) -> Fields {
    let own = kind.attributes.iter().filter_map(|a| a.access.get(usize::from(slot.0))?.as_ref()).filter(|a| a.own);
    own.flat_map(|a| a.fields.clone()).chain(predicate::parent_start(kind, slot)).collect()
}

/// Records that may lack an attribute in a slot.
fn lacks<H>(catalog: &Catalog, kind: &Entity, attr: AttrId, slot: SlotId, ty: ValueType) -> Query<H> {
    let Some(access) = kind.access(attr, slot) else { return Query::MatchAll };
    if !access.rule.whole_value() || !access.fields.iter().all(|f| catalog.field_type(f).fits(ty)) {
        // The field may hold what is no value of the attribute.
        return Query::MatchAll;
    }
    Query::all_but(Query::MatchAll, Query::any(access.fields.iter().map(Query::exists)))
}

fn terms(field: &str, hole: Hole) -> Query<Hole> {
    Query::Terms(Terms { field: field.to_owned(), values: Vec::new(), holes: vec![hole] })
}
