//! What a look found: the entities of one variable by identity, with their keys, times and rows.

use crate::table::{Entity, Rows, Rung, Table};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::check::hir::{Hunt, Shape, StepKind, VarId, all_columns};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The entities of the variable that is the finding.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Found {
    /// Its name.
    pub variable: String,
    /// Its type.
    pub entity: String,
    /// Headers of the rows.
    pub columns: Vec<String>,
    /// One for each identity.
    pub entities: Vec<FoundEntity>,
}

/// One of them.
#[derive(Clone, PartialEq, Debug)]
pub struct FoundEntity {
    /// Tells it from all others of the hunt, for ever.
    pub identity: String,
    /// As in reports.
    pub key: Json,
    /// Time of its first record.
    pub first: Option<Instant>,
    /// Time of its last record.
    pub last: Option<Instant>,
    /// Its first row.
    pub row: Vec<Json>,
}

/// Reads the finding out of a variable's table. Fewer entities than `at_least` are none.
pub fn found(hunt: &Hunt, catalog: &Catalog, var: VarId, at_least: u64, table: &Table) -> Found {
    let Some(variable) = hunt.vars.get(var.0 as usize) else { return Found::default() };
    let (Shape::Entities { entity, .. } | Shape::Groups { of: entity, .. }) = &variable.shape;
    let columns = all_columns(hunt, catalog, var);
    let mut found = Found {
        variable: variable.name.clone(),
        entity: catalog.get(*entity).name.clone(),
        columns: columns.iter().map(|c| c.header.clone()).collect(),
        entities: Vec::new(),
    };
    if table.entity_count() < at_least {
        return found;
    }
    let values: Vec<Vec<Option<Value>>> = columns.iter().map(|c| table.column(&c.attr)).collect();
    let row = |at: usize| values.iter().map(|c| json(c.get(at).and_then(Option::as_ref))).collect::<Vec<_>>();
    let mut seen = BTreeSet::new();
    let mut add = |entity: FoundEntity| {
        if seen.insert(entity.identity.clone()) {
            found.entities.push(entity);
        }
    };
    if matches!(variable.shape, Shape::Groups { .. }) {
        let keys = group_keys(hunt, var).unwrap_or(columns.len()).min(columns.len());
        for at in 0..table.row_count() {
            let row = row(at);
            let key = Json::Array(row.iter().take(keys).cloned().collect());
            add(FoundEntity { identity: format!("group {key}"), key, first: None, last: None, row });
        }
        return found;
    }
    let mut rows: Vec<Option<usize>> = vec![None; table.entities.len()];
    for at in 0..table.row_count() {
        if let Some(slot) = entity_of(table, at).and_then(|e| rows.get_mut(e)) {
            slot.get_or_insert(at);
        }
    }
    for (entity, at) in table.entities.iter().zip(rows) {
        add(one(&found.entity, entity, at.map(row).unwrap_or_default()));
    }
    found
}

fn one(kind: &str, entity: &Entity, row: Vec<Json>) -> FoundEntity {
    let key = Json::Array(entity.key.parts.iter().map(|p| json(p.as_ref())).collect());
    let mut identity = format!("{kind} {key}");
    if let Some(host) = &entity.key.host {
        identity = format!("{identity} on {}", Json::from(host.as_ref()));
    }
    // Ids of a process and its place on the ladder never mean the same (semantics.md §2).
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

/// The entity that a row stands for.
fn entity_of(table: &Table, row: usize) -> Option<usize> {
    match &table.rows {
        Rows::Entities => Some(row),
        Rows::Records(_, rows) => rows.get(row).map(|(e, _)| *e as usize),
        Rows::Explicit { rows, .. } => rows.get(row).and_then(|r| r.entity).map(|e| e as usize),
    }
}

/// How many of a GROUP result's columns are its keys.
fn group_keys(hunt: &Hunt, var: VarId) -> Option<usize> {
    hunt.steps.iter().find_map(|step| match &step.kind {
        StepKind::Group { out, keys, .. } if *out == var => Some(keys.len()),
        StepKind::Assign { out, expression } if *out == var && expression.input != var => {
            expression.columns.is_none().then(|| group_keys(hunt, expression.input))?
        }
        _ => None,
    })
}
