//! Pages about entity types: attributes with their fields, relations from and to the type.

use super::page::{Page, PageTable};
use huntc_compiler::catalog::{Access, Catalog, Entity, EntityId, Relation, Rule, ValueType};

/// The page of a type.
pub(super) fn page(catalog: &Catalog, id: EntityId) -> Page {
    let entity = catalog.get(id);
    Page {
        kind: "type",
        name: entity.name.clone(),
        about: about(entity),
        tables: vec![attributes(entity), relations(catalog, id)],
        example: Some(example(entity)),
    }
}

fn about(entity: &Entity) -> Vec<String> {
    let mut about = Vec::new();
    let words: Vec<&str> = entity.aliases.iter().chain(&entity.words).map(String::as_str).collect();
    if !words.is_empty() {
        about.push(format!("Also written: {}.", words.join(", ")));
    }
    let slots = |of_get: bool| -> Vec<&str> { entity.slots.iter().filter(|s| s.get == of_get).map(|s| s.name.as_str()).collect() };
    let (get, others) = (slots(true), slots(false));
    about.push(if get.is_empty() {
        "No ECS record shows such an entity: NEW and LOAD make them.".to_owned()
    } else {
        format!("GET looks at: {}.", get.join(", "))
    });
    if !others.is_empty() {
        about.push(format!("Relations alone lead to: {}.", others.join(", ")));
    }
    let names = |ids: &[huntc_compiler::catalog::AttrId]| {
        let name = |id: &huntc_compiler::catalog::AttrId| entity.attributes.get(usize::from(id.0)).map(|a| a.name.as_str());
        ids.iter().filter_map(name).collect::<Vec<_>>().join(", ")
    };
    about.push(match (entity.identity.per_record, entity.identity.per_host) {
        (true, _) => "Each record has its own.".to_owned(),
        (false, true) => format!("One is known by its {} and `host.name`.", names(&entity.identity.key)),
        (false, false) => format!("One is known by its {}.", names(&entity.identity.key)),
    });
    about
}

/// The attributes of a type, with a row for each slot.
pub(super) fn attributes(entity: &Entity) -> PageTable {
    let mut rows = Vec::new();
    for attribute in &entity.attributes {
        let mut shown = Vec::new();
        if attribute.shown {
            shown.push("shown");
        }
        if attribute.many {
            shown.push("list");
        }
        let slots = entity.slots.iter().zip(&attribute.access).filter_map(|(slot, access)| Some((slot, access.as_ref()?)));
        let mut read: Vec<(String, String)> = slots.map(|(slot, access)| (slot.name.clone(), fields(access))).collect();
        if read.is_empty() {
            read.push(Default::default());
        }
        for (slot, fields) in read {
            rows.push(vec![attribute.name.clone(), attribute.ty.word().to_owned(), slot, fields, shown.join(" ")]);
        }
    }
    PageTable { title: "attributes", columns: &["attribute", "type", "slot", "fields", "flags"], rows }
}

/// What an attribute reads, in words.
fn fields(access: &Access) -> String {
    let all = access.fields.join(", ");
    match access.rule {
        Rule::Value => all,
        Rule::First if access.fields.len() > 1 => format!("the first of {all}"),
        Rule::First => all,
        Rule::Basename => format!("the part of {all} after the last separator"),
        Rule::Dirname => format!("the part of {all} before the last separator"),
        Rule::PathWithSeparator => format!("{all}, where it has a separator"),
        Rule::BasenameOfPath => format!("the part of {all} after the last separator, where it has one"),
        Rule::RegistryKey => format!("{all} (literals with a hive look at the last)"),
        Rule::ProcessHash => format!("{all}, not of Sysmon 23 to 26"),
        Rule::Created => format!("{all}, else the time of a creation record"),
    }
}

fn relations(catalog: &Catalog, id: EntityId) -> PageTable {
    let rows = catalog.relations.iter().filter(|relation| relation.output == id || relation.input == id);
    PageTable {
        title: "relations",
        columns: RELATION_COLUMNS,
        rows: rows.map(|relation| relation_row(catalog, relation)).collect(),
    }
}

/// The columns of a table of relations.
pub(super) const RELATION_COLUMNS: &[&str] = &["statement", "ways"];

/// A relation in such a table.
pub(super) fn relation_row(catalog: &Catalog, relation: &Relation) -> Vec<String> {
    let (output, input) = (catalog.get(relation.output), catalog.get(relation.input));
    let name = |of: &Entity, slot: huntc_compiler::catalog::SlotId| {
        of.slots.get(usize::from(slot.0)).map_or("", |slot| slot.name.as_str()).to_owned()
    };
    let way = |way: &huntc_compiler::catalog::Way| {
        let conditions: Vec<String> = way
            .guard
            .iter()
            .map(|guard| match guard.values.as_slice() {
                [] => format!("without {}", guard.field),
                values => format!("{} = {}", guard.field, values.join(" or ")),
            })
            .collect();
        let ends = format!("{} to {}", name(input, way.input), name(output, way.output));
        if conditions.is_empty() { ends } else { format!("{ends} where {}", conditions.join(" and ")) }
    };
    let ways = relation.ways.iter().map(way).collect::<Vec<_>>().join("; ");
    let ways = relation.inexpressible.as_ref().map_or(ways, |reason| format!("none: {reason}"));
    vec![format!("FIND {} {relation} {}", output.name, input.name), ways]
}

/// A GET of a type, which compiles.
pub(super) fn example(entity: &Entity) -> String {
    let name = &entity.name;
    if entity.get_slots().next().is_none() {
        let primary = entity.attributes.get(usize::from(entity.primary.0)).map_or("", |attribute| attribute.name.as_str());
        return format!("x = NEW {name} [{{\"{primary}\": \"a\"}}]\nDISP x\n");
    }
    let get = entity.get_slots().next();
    let readable =
        entity.attributes.iter().find(|a| get.is_some_and(|slot| a.access.get(usize::from(slot.0)).is_some_and(Option::is_some)));
    let primary = entity.attributes.get(usize::from(entity.primary.0)).or(readable);
    let condition = match (&entity.everything, primary) {
        (Some(everything), _) => everything.clone(),
        (None, Some(attribute)) => format!("{} IS NOT NULL", attribute.name),
        (None, None) => String::new(),
    };
    format!("x = GET {name} FROM stixshifter://NAME WHERE {condition} LAST 1 d\nDISP x\n")
}

/// A literal of a type, for examples.
pub(super) fn literal(ty: ValueType) -> &'static str {
    match ty {
        ValueType::Text | ValueType::Id | ValueType::EntityId => "'…'",
        ValueType::Mac => "'00:00:5e:00:53:00'",
        ValueType::Integer => "1",
        ValueType::Float => "0.5",
        ValueType::Boolean => "true",
        ValueType::Time => "'2026-01-01T00:00:00Z'",
        ValueType::Address | ValueType::Ipv4 => "'10.0.0.1'",
        ValueType::Ipv6 => "'fd00::1'",
    }
}
