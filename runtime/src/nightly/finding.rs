//! The finding of one run: the entities of one variable, with their identities, keys, times and rows.

use crate::exec::Kept;
use crate::table::{Entity, Key, Rows, Rung, Table};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::plan::{Column, Plan, Shape, VarId, Variable};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};

/// The entities of the variable that is the hunt's finding.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FoundEntities {
    /// Name of the variable, as the huntflow writes it.
    pub variable: String,
    /// Its entity type.
    pub entity: String,
    /// Headers of the rows.
    pub columns: Vec<String>,
    /// One entity for each identity.
    pub entities: Vec<FoundEntity>,
}

/// An entity of the finding.
#[derive(Clone, PartialEq, Debug)]
pub struct FoundEntity {
    /// Identifies it among all findings of the hunt, in all nights.
    pub identity: String,
    /// The key as in reports.
    pub key: Json,
    /// Time of its first record.
    pub first: Option<Instant>,
    /// Time of its last record.
    pub last: Option<Instant>,
    /// The first of its rows.
    pub row: Vec<Json>,
}

/// Reads the finding from a variable's table. Fewer entities than `at_least` are no finding.
pub fn found(plan: &Plan, catalog: &Catalog, var: VarId, at_least: u64, kept: &Kept) -> FoundEntities {
    let Some(Variable { var: variable, .. }) = plan.var(var) else { return FoundEntities::default() };
    let (Shape::Entities { entity, .. } | Shape::Groups { of: entity, .. }) = &variable.shape;
    let keys = match &variable.shape {
        Shape::Groups { keys, .. } => Some(*keys),
        Shape::Entities { .. } => None,
    };
    let all = || variable.shape.columns(catalog);
    // The columns are those of the hunt's last DISP, if there is one. A GROUP result always has all its columns, those
    // of its keys first.
    let columns = kept.shown.as_ref().filter(|_| keys.is_none()).map_or_else(all, |(columns, _)| columns.clone());
    let mut found = FoundEntities {
        variable: variable.name.clone(),
        entity: catalog.get(*entity).name.clone(),
        columns: columns.iter().map(|c| c.header.clone()).collect(),
        entities: Vec::new(),
    };
    let table = &kept.table;
    if table.entity_count() < at_least {
        return found;
    }
    let mut seen = BTreeSet::new();
    let mut add = |entity: FoundEntity| {
        if seen.insert(entity.identity.clone()) {
            found.entities.push(entity);
        }
    };
    if let Some(keys) = keys {
        let values = Values::of(table, &columns);
        for at in 0..table.row_count() {
            let row = values.row(at);
            let key = Json::Array(row.iter().take(keys).cloned().collect());
            add(FoundEntity { identity: format!("group {key}"), key, first: None, last: None, row });
        }
        return found;
    }
    let mut rows = rows(table, &columns);
    // Only the table that DISP shows has creation records, and its WHERE may leave entities out.
    if let Some((_, shown)) = &kept.shown {
        rows.extend(self::rows(shown, &columns));
    }
    for entity in &table.entities {
        add(one(&found.entity, entity, rows.remove(&entity.key).unwrap_or_default()));
    }
    on_hosts(table, &mut found);
    found
}

/// Adds a column `host` when keys have a host: the same path on two hosts is two findings.
fn on_hosts(table: &Table, found: &mut FoundEntities) {
    if found.entities.len() != table.entities.len() || table.entities.iter().all(|e| e.key.host.is_none()) {
        return;
    }
    found.columns.push("host".to_owned());
    for (entity, one) in table.entities.iter().zip(&mut found.entities) {
        one.row.resize(found.columns.len() - 1, Json::Null);
        one.row.push(entity.key.host.as_deref().map_or(Json::Null, Json::from));
    }
}

/// The values of some columns.
struct Values(Vec<Vec<Option<Value>>>);

impl Values {
    fn of(table: &Table, columns: &[Column]) -> Self {
        Self(columns.iter().map(|c| table.column(&c.attr)).collect())
    }

    fn row(&self, at: usize) -> Vec<Json> {
        self.0.iter().map(|c| json(c.get(at).and_then(Option::as_ref))).collect()
    }
}

/// The first row of each entity.
fn rows<'t>(table: &'t Table, columns: &[Column]) -> HashMap<&'t Key, Vec<Json>> {
    let values = Values::of(table, columns);
    let mut rows = HashMap::new();
    for at in 0..table.row_count() {
        if let Some(entity) = entity_of(table, at).and_then(|e| table.entities.get(e)) {
            rows.entry(&entity.key).or_insert_with(|| values.row(at));
        }
    }
    rows
}

fn one(kind: &str, entity: &Entity, row: Vec<Json>) -> FoundEntity {
    let key = Json::Array(entity.key.parts.iter().map(|p| json(p.as_ref())).collect());
    let mut identity = format!("{kind} {key}");
    if let Some(host) = &entity.key.host {
        identity = format!("{identity} on {}", Json::from(host.as_ref()));
    }
    // The entity id of a process and its key on the ladder are never equal (semantics.md §2), so the rung is a part of
    // the identity.
    if !matches!(entity.key.rung, Rung::Plain | Rung::EntityId) {
        identity = format!("{identity} by {}", entity.key.rung.word());
    }
    if entity.key.unique != 0 {
        identity = format!("{identity} no. {} {}", entity.key.unique, Json::Array(row.clone()));
    }
    let times = || entity.sightings.iter().filter(|s| s.counted).filter_map(|s| s.time);
    FoundEntity { identity, key, first: times().min(), last: times().max(), row }
}

fn json(value: Option<&Value>) -> Json {
    value.and_then(|v| serde_json::to_value(v).ok()).unwrap_or(Json::Null)
}

/// The place of the entity that a row stands for.
fn entity_of(table: &Table, row: usize) -> Option<usize> {
    match &table.rows {
        Rows::Entities => Some(row),
        Rows::Records(_, rows) => rows.get(row).map(|(e, _)| *e as usize),
        Rows::Explicit { rows, .. } => rows.get(row).and_then(|r| r.entity).map(|e| e as usize),
    }
}
