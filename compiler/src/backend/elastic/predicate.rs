//! A condition on one slot of one record, as a query.
//!
//! Every query made here finds *at least* the records on which the condition holds: the runtime tests each hit again,
//! slot by slot. [`Lowered::exact`] says where that test cannot change anything.

use super::leaf;
use super::lowered::{Context, Lowered};
use crate::catalog::{Access, AttrId, Catalog, Entity, EntityId, Rule, SlotId, ValueType};
use crate::check::hir::{Attr, Operand, Predicate, Test, TestOp};
use crate::request::{Hole, Query, creation_record};
use crate::value::Value;

/// Records in which an entity of this type stands in the slot: they have the fields that its identity requires. Processes
/// without an entity id are counted as unidentified, so any value of the process's own is enough for them.
pub(super) fn stands(catalog: &Catalog, entity: EntityId, slot: SlotId) -> Query<Hole> {
    let kind = catalog.get(entity);
    if kind.identity.ladder {
        let own = kind.attributes.iter().filter_map(|a| a.access.get(usize::from(slot.0))?.as_ref()).filter(|a| a.own);
        let mut fields: Vec<String> = own.flat_map(|a| a.fields.clone()).collect();
        fields.extend(parent_start(kind, slot));
        fields.sort();
        fields.dedup();
        return Query::any(fields.into_iter().map(Query::exists));
    }
    let required = kind.identity.required.iter().map(|attr| match kind.access(*attr, slot) {
        Some(access) => Query::any(access.fields.iter().map(Query::exists)),
        None => Query::MatchNone,
    });
    Query::all(required)
}

/// The field of a parent's start, for the slot `parent` of processes. No attribute of that slot reads it, but it is a value of
/// the parent's own and a rung of the identity ladder.
pub(super) fn parent_start(kind: &Entity, slot: SlotId) -> Option<String> {
    let parent = kind.slots.get(usize::from(slot.0)).is_some_and(|s| s.name == "parent");
    (kind.identity.ladder && parent).then(|| "process.parent.start".to_owned())
}

/// The condition on `slot` of `entity`. Comparisons on other types may hold in any of their slots in the same record.
pub(super) fn on_slot(context: &Context<'_>, predicate: &Predicate, entity: EntityId, slot: SlotId) -> Lowered {
    let mut others: Vec<EntityId> = predicate.tests().iter().map(|t| t.entity).filter(|e| *e != entity).collect();
    others.sort_unstable();
    others.dedup();
    let alternatives = assignments(context.catalog, &others)
        .into_iter()
        .map(|mut slots| {
            slots.push((entity, slot));
            tree(context, predicate, entity, &slots)
        })
        .collect();
    let lowered = Lowered::any(alternatives);
    let standing = stands(context.catalog, entity, slot);
    if implies_standing(context.catalog, predicate, entity, slot) {
        return lowered;
    }
    // A process stands nowhere if all that it has is nobody's entity id, a file nowhere if its path has no separator.
    let kind = context.catalog.get(entity);
    let read_whole = |attr: &AttrId| kind.access(*attr, slot).is_none_or(|access| access.rule.whole_value());
    let exact = lowered.exact && !kind.identity.ladder && kind.identity.required.iter().all(read_whole);
    Lowered { query: Query::all([standing, lowered.query]), exact }
}

/// Every way to choose one slot for each type.
fn assignments(catalog: &Catalog, entities: &[EntityId]) -> Vec<Vec<(EntityId, SlotId)>> {
    entities.iter().fold(vec![Vec::new()], |chosen, entity| {
        let slots: Vec<SlotId> = catalog.get(*entity).get_slots().collect();
        chosen.iter().flat_map(|c| slots.iter().map(move |s| [c.as_slice(), &[(*entity, *s)]].concat())).collect()
    })
}

fn tree(context: &Context<'_>, predicate: &Predicate, centre: EntityId, slots: &[(EntityId, SlotId)]) -> Lowered {
    match predicate {
        Predicate::And(parts) => Lowered::all(parts.iter().map(|p| tree(context, p, centre, slots)).collect()),
        Predicate::Or(parts) => Lowered::any(parts.iter().map(|p| tree(context, p, centre, slots)).collect()),
        Predicate::Test(test) => {
            let Some((_, slot)) = slots.iter().find(|(e, _)| *e == test.entity) else {
                return Lowered::exact(Query::MatchNone);
            };
            let mut lowered = comparison(context, test, *slot);
            lowered.exact &= one_family(test);
            if test.entity == centre {
                return lowered;
            }
            let standing = stands(context.catalog, test.entity, *slot);
            // A slot of another type may hold several entities (resolved addresses), and a process without an id is no entity.
            Lowered::superset(Query::all([standing, lowered.query]))
        }
    }
}

/// Whether the condition holds only where the entity stands in the slot, so that [`stands`] would add nothing.
fn implies_standing(catalog: &Catalog, predicate: &Predicate, entity: EntityId, slot: SlotId) -> bool {
    match predicate {
        Predicate::And(parts) => parts.iter().any(|p| implies_standing(catalog, p, entity, slot)),
        Predicate::Or(parts) => !parts.is_empty() && parts.iter().all(|p| implies_standing(catalog, p, entity, slot)),
        Predicate::Test(test) => {
            let present = !matches!(test.op, TestOp::Null) || test.negated;
            let (true, true, Attr::Catalog(attr)) = (present, test.entity == entity, &test.attr) else { return false };
            let kind = catalog.get(entity);
            let Some(access) = kind.access(*attr, slot) else { return true };
            if kind.identity.ladder { access.own } else { kind.identity.required == [*attr] }
        }
    }
}

/// One comparison on a slot.
fn comparison(context: &Context<'_>, test: &Test, slot: SlotId) -> Lowered {
    match &test.attr {
        Attr::Catalog(_) | Attr::Record(_) => {}
        // The runtime tests what belongs to the sighting. No record has an added column.
        Attr::Sighting(_) => return Lowered::superset(Query::MatchAll),
        Attr::Added(_) => return Lowered::exact(Query::MatchNone),
    }
    let Some(access) = test.attr.access(context.catalog, test.entity, slot) else {
        let absent = matches!(test.op, TestOp::Null) && !test.negated;
        return Lowered::exact(if absent { Query::MatchAll } else { Query::MatchNone });
    };
    if !access.fields.iter().all(|f| context.catalog.field_type(f).holds(test.ty)) {
        // A user's attribute may have values that the field's index type does not take.
        return Lowered::superset(Query::MatchAll);
    }
    if let TestOp::Null = test.op {
        return null(context.catalog, access, test);
    }
    if access.rule == Rule::RegistryKey {
        return leaf::registry_key(context, access, test);
    }
    let kind = context.catalog.get(test.entity);
    // Each value of a key with several values is an entity of its own; a query on the field cannot tell them apart.
    let each = matches!(test.attr, Attr::Catalog(attr) if kind.identity.key == [attr] && kind.attributes[usize::from(attr.0)].many);
    let several = each || (access.rule == Rule::First && access.fields.len() > 1);
    let found = Lowered::any(access.fields.iter().map(|f| leaf::on_field(context, access.rule, f, test)).collect());
    let lowered = if test.negated {
        let present = Query::any(access.fields.iter().map(Query::exists));
        // Only an exact query may be subtracted: a superset would take wanted hits away.
        if found.exact && !several { Lowered::exact(Query::all_but(present, found.query)) } else { Lowered::superset(present) }
    } else {
        Lowered { exact: found.exact && !several, query: found.query }
    };
    match access.rule {
        Rule::ProcessHash => Lowered { query: Query::all_but(lowered.query, deleted_file()), exact: lowered.exact },
        Rule::Created => created(context, test, lowered.query),
        _ => lowered,
    }
}

/// Whether the comparison cannot find an address of the wrong family, though the fields hold both families.
fn one_family(test: &Test) -> bool {
    let family = |v: &Value| match (v, test.ty) {
        (Value::Address(a), ValueType::Ipv4) => a.is_ipv4(),
        (Value::Address(a), ValueType::Ipv6) => a.is_ipv6(),
        _ => false,
    };
    match (&test.op, test.ty) {
        (TestOp::OneOf(operands), ValueType::Ipv4 | ValueType::Ipv6) if !test.negated => {
            operands.iter().all(|o| matches!(o, Operand::Value(v) if family(v)))
        }
        (_, ValueType::Ipv4 | ValueType::Ipv6) => false,
        _ => true,
    }
}

fn null(catalog: &Catalog, access: &Access, test: &Test) -> Lowered {
    let negated = test.negated;
    let present = Query::any(access.fields.iter().map(Query::exists));
    // A value that the attribute's type cannot read counts as absent, though the field exists.
    let fits = |field: &String| catalog.field_type(field).fits(test.ty);
    match access.rule {
        _ if !access.fields.iter().all(fits) => Lowered::superset(if negated { present } else { Query::MatchAll }),
        Rule::Value | Rule::First | Rule::Basename => {
            Lowered::exact(if negated { present } else { Query::all_but(Query::MatchAll, present) })
        }
        Rule::RegistryKey => {
            let present = access.fields.first().map_or(Query::MatchNone, Query::exists);
            Lowered::exact(if negated { present } else { Query::all_but(Query::MatchAll, present) })
        }
        Rule::ProcessHash if negated => Lowered::exact(Query::all_but(present, deleted_file())),
        Rule::ProcessHash => Lowered::exact(Query::any([Query::all_but(Query::MatchAll, present), deleted_file()])),
        Rule::Created if negated => Lowered::superset(Query::any([present, creation_record()])),
        Rule::Created => Lowered::superset(Query::MatchAll),
        Rule::Dirname | Rule::PathWithSeparator | Rule::BasenameOfPath => {
            Lowered::superset(if negated { present } else { Query::MatchAll })
        }
    }
}

/// The time at which a process began: what `stored` asks of the field, and of creation records their own time.
fn created(context: &Context<'_>, test: &Test, stored: Query<Hole>) -> Lowered {
    let began = if test.negated { Query::MatchAll } else { leaf::on_field(context, Rule::Value, "@timestamp", test).query };
    Lowered::superset(Query::any([stored, Query::all([creation_record(), began])]))
}

/// Sysmon events whose `process.hash` is a deleted file's (Sysmon 23 to 26).
fn deleted_file() -> Query<Hole> {
    Query::terms("event.code", ["23", "24", "25", "26"].map(Value::text).to_vec())
}
