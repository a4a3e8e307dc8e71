//! Union, and what shares its work: the first entities, added columns, tables with other columns.

use super::filter::shell;
use crate::sight::Found;
use crate::table::{Collector, Entity, Key, Sighting, Table, Values};
use huntc_compiler::catalog::EntityId;
use huntc_compiler::plan::Attr;
use huntc_compiler::value::Value;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// All entities of the tables; equal ones become one, with the sightings of each.
pub fn union(tables: &[Arc<Table>], entity: Option<EntityId>, columns: &[Attr]) -> Table {
    let mut added: Vec<String> = Vec::new();
    for name in tables.iter().flat_map(|t| &t.added) {
        if !added.contains(name) {
            added.push(name.clone());
        }
    }
    let mut collector = Collector::default();
    let mut extras: FxHashMap<Key, Vec<Option<Value>>> = FxHashMap::default();
    for table in tables {
        let mut projection = Projection::new(&table.columns, columns);
        for one in &table.entities {
            for sighting in &one.sightings {
                collector.add(one.key.clone(), projection.apply(sighting));
            }
            if !table.added.is_empty() {
                let slots = extras.entry(one.key.clone()).or_insert_with(|| vec![None; added.len()]);
                for (name, value) in table.added.iter().zip(&one.added) {
                    let at = added.iter().position(|n| n == name);
                    if let (Some(slot @ None), Some(value)) = (at.and_then(|at| slots.get_mut(at)), value) {
                        *slot = Some(value.clone());
                    }
                }
            }
        }
    }
    let mut out = collector.finish(entity, columns);
    for one in &mut out.entities {
        one.added = extras.remove(&one.key).unwrap_or_else(|| vec![None; added.len()]);
    }
    out.added = added;
    out.unidentified = tables.iter().map(|t| t.unidentified).sum();
    out.partial = tables.iter().any(|t| t.partial);
    out
}

/// The table with other sightings beside its own; only those of entities that it has.
pub fn with_sightings(table: &Table, found: Found, columns: &[Attr]) -> Table {
    let mut projection = Projection::new(&table.columns, columns);
    let mut more: FxHashMap<Key, Vec<Sighting>> = found.sightings.entities().map(|e| (e.key, e.sightings)).collect();
    let entities = table.entities.iter().map(|one| {
        let mut sightings: Vec<Sighting> = one.sightings.iter().map(|s| projection.apply(s)).collect();
        sightings.extend(more.remove(&one.key).unwrap_or_default());
        let mut entity = Entity { key: one.key.clone(), sightings, added: one.added.clone() };
        entity.settle();
        entity
    });
    Table { entities: entities.collect(), rows: table.rows.clone(), columns: columns.to_vec(), ..shell(table) }
}

/// The table with its sightings' values in other columns.
pub fn aligned(table: &Table, columns: &[Attr]) -> Table {
    with_sightings(table, Found::default(), columns)
}

/// The first entities by (first counted time, key); the order of rows stays.
pub fn first(table: &Table, n: u64) -> Table {
    let mut ranked: Vec<(usize, &Entity)> = table.entities.iter().enumerate().collect();
    ranked.sort_by_cached_key(|(_, e)| {
        let time = e.first_time();
        (time.is_none(), time, e.key.clone())
    });
    let kept: FxHashSet<usize> = ranked.into_iter().take(usize::try_from(n).unwrap_or(usize::MAX)).map(|(i, _)| i).collect();
    let rows = (0..table.row_count()).filter(|row| match table.row_entity(*row) {
        Some(entity) => kept.contains(&(entity as usize)),
        // Rows of a GROUP result stand for no entity: they are counted themselves.
        None => (*row as u64) < n,
    });
    super::order::take_rows(table, &rows.collect::<Vec<usize>>())
}

/// Puts values of sightings into other columns; equal tuples stay shared.
struct Projection {
    from: Option<Vec<Option<usize>>>,
    done: FxHashMap<Values, Values>,
}

impl Projection {
    fn new(old: &[Attr], new: &[Attr]) -> Self {
        let from = (old != new).then(|| new.iter().map(|c| old.iter().position(|o| o == c)).collect());
        Self { from, done: FxHashMap::default() }
    }

    fn apply(&mut self, sighting: &Sighting) -> Sighting {
        let Some(from) = &self.from else { return sighting.clone() };
        let values = self
            .done
            .entry(sighting.values.clone())
            .or_insert_with_key(|old| from.iter().map(|at| at.and_then(|at| old.get(at).cloned().flatten())).collect())
            .clone();
        Sighting { values, ..sighting.clone() }
    }
}
