//! Plan nodes to request templates.

use super::predicate::{self, Context, Lowered};
use super::query::{Query, Terms};
use super::request::{Exactness, Hole, HolePart, RequestTemplate};
use crate::catalog::{AttrId, Catalog, EntityId, Guard, Rule, SlotId};
use crate::check::hir::{Attr, Predicate, SightingAttr};
use crate::options::ProcessIdentity;
use crate::plan::{Node, NodeId, Op, Pivot, Plan, Scan};
use crate::value::Value;
use std::collections::BTreeSet;

pub use super::predicate::creation;

/// Every request of a plan, in plan order, as a dry run shows them.
pub fn requests(plan: &Plan, catalog: &Catalog) -> Vec<RequestTemplate> {
    let ladder = plan.identity == ProcessIdentity::Ladder;
    plan.iter().filter_map(|(id, _)| request(plan, catalog, id, ladder)).collect()
}

/// The request of a node; `None` for local work. `ladder`: whether the source's processes may lack entity ids
/// (semantics.md §2).
pub fn request(plan: &Plan, catalog: &Catalog, id: NodeId, ladder: bool) -> Option<RequestTemplate> {
    request_of(plan, catalog, id, plan.node(id), ladder)
}

/// The request that `node` would need in the place of the node `id`: the same with another condition, window or way, for
/// explanations.
pub fn request_of(plan: &Plan, catalog: &Catalog, id: NodeId, node: &Node, ladder: bool) -> Option<RequestTemplate> {
    let entity = node.entity?;
    let request = Request { catalog, plan, node, entity, ladder };
    let (source, window, lowered, purpose, fields) = match &node.op {
        Op::Scan(scan) => (scan.source, scan.window, request.scan(scan), request.scan_purpose(), request.scan_fields(scan)),
        Op::Pivot(pivot) => {
            (pivot.source, pivot.window, request.pivot(pivot), request.pivot_purpose(pivot), request.pivot_fields(pivot))
        }
        Op::CreationRecords { source, window } => {
            let purpose = format!("statement {}: creation records of {:?}", node.statement, node.inputs.first()?);
            (*source, *window, request.starts(), purpose, request.starts_fields())
        }
        _ => return None,
    };
    let exactness = if lowered.exact { Exactness::Exact } else { Exactness::Superset };
    let fields = fields.into_iter().collect();
    Some(RequestTemplate { node: id, source, query: lowered.query, window, fields, exactness, purpose })
}

/// Creation records of these pids, wherever in time: the lives of processes that have no entity id.
pub fn lives<H>(pids: Vec<Value>) -> (Query<H>, Vec<String>) {
    let fields = ["@timestamp", "host.name", "process.pid"].map(str::to_owned).to_vec();
    (Query::all([creation(), Query::terms("process.pid", pids)]), fields)
}

/// Whether any record of the source has an entity id.
pub fn probe<H>() -> (Query<H>, Vec<String>) {
    (Query::exists("process.entity_id"), vec!["@timestamp".to_owned()])
}

struct Request<'a> {
    catalog: &'a Catalog,
    plan: &'a Plan,
    node: &'a Node,
    entity: EntityId,
    ladder: bool,
}

type Fields = BTreeSet<String>;

/// A pivot's condition on the record; without values, the record lacks the field.
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

    /// Records in which an entity of `input` stands in a slot.
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
            // A record is told by its id, which the runtime compares; it must have what makes the entity.
            let access = kind.identity.required.iter().filter_map(|attr| kind.access(*attr, slot));
            return Lowered::superset(Query::all(access.map(|a| Query::any(a.fields.iter().map(Query::exists)))));
        }
        // What was seen in records without a host stands in such records only.
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
        // Key parts that may be null are told apart by the runtime, except those without which a flow pivots nowhere.
        let asked = if kind.name == "network-traffic" { &kind.identity.key } else { &kind.identity.required };
        let mut parts: Vec<Query<Hole>> = asked.iter().map(|a| hole(*a)).collect();
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
        Lowered { query: Query::all([creation(), keys.query]), exact: keys.exact }
    }

    fn scan_fields(&self, scan: &Scan) -> Fields {
        let mut fields = self.base();
        for slot in self.catalog.get(self.entity).get_slots() {
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
        let mut fields = Fields::from(["@timestamp".to_owned()]);
        let observed = self.node.columns.contains(&Attr::Sighting(SightingAttr::ObservationId));
        if observed || self.catalog.get(self.entity).identity.per_record {
            fields.insert("_id".to_owned());
        }
        fields
    }

    /// What a sighting in a slot needs: its identity and the demanded attributes.
    fn slot_fields(&self, slot: SlotId, fields: &mut Fields) {
        self.identity_fields(self.entity, slot, fields);
        for attr in &self.node.columns {
            if let Attr::Catalog(attr) = attr {
                self.access_fields(self.entity, *attr, slot, fields);
            }
        }
    }

    fn identity_fields(&self, entity: EntityId, slot: SlotId, fields: &mut Fields) {
        let kind = self.catalog.get(entity);
        for attr in kind.identity.key.iter().chain(&kind.identity.required) {
            self.access_fields(entity, *attr, slot, fields);
        }
        if kind.identity.per_host || (kind.identity.ladder && self.ladder) {
            fields.insert("host.name".to_owned());
        }
        if kind.identity.ladder {
            // What makes a process unidentified, and the lower rungs of the ladder.
            let own = kind.attributes.iter().filter_map(|a| a.access.get(usize::from(slot.0))?.as_ref()).filter(|a| a.own);
            fields.extend(own.flat_map(|a| a.fields.clone()));
            fields.extend(predicate::parent_start(kind, slot));
        }
        if kind.identity.per_record {
            fields.insert("_id".to_owned());
        }
    }

    fn predicate_fields(&self, predicate: &Predicate, slot: SlotId, fields: &mut Fields) {
        for test in predicate.tests() {
            let Attr::Catalog(attr) = test.attr else { continue };
            if test.entity == self.entity {
                self.access_fields(self.entity, attr, slot, fields);
                continue;
            }
            for other in self.catalog.get(test.entity).get_slots() {
                self.identity_fields(test.entity, other, fields);
                self.access_fields(test.entity, attr, other, fields);
            }
        }
    }

    fn access_fields(&self, entity: EntityId, attr: AttrId, slot: SlotId, fields: &mut Fields) {
        let Some(access) = self.catalog.get(entity).access(attr, slot) else { return };
        fields.extend(access.fields.iter().cloned());
        match access.rule {
            Rule::ProcessHash => fields.extend(["event.code".to_owned()]),
            Rule::Created => fields.extend(["event.category", "event.code", "event.type"].map(str::to_owned)),
            _ => {}
        }
    }

    fn scan_purpose(&self) -> String {
        format!("statement {}: GET {}", self.node.statement, self.catalog.get(self.entity).name)
    }

    fn pivot_purpose(&self, pivot: &Pivot) -> String {
        let name = &self.catalog.get(self.entity).name;
        format!(
            "statement {}: FIND {name} {} {:?}",
            self.node.statement,
            pivot.relation,
            self.node.inputs.first().unwrap_or(&NodeId(0))
        )
    }
}

fn terms(field: &str, hole: Hole) -> Query<Hole> {
    Query::Terms(Terms { field: field.to_owned(), values: Vec::new(), holes: vec![hole] })
}
