//! Tables: what a variable holds. Entities with their sightings; rows are derived from them, or explicit where
//! GROUP or JOIN made them.

mod key;
mod rows;
mod take_rows;
#[cfg(test)]
mod tests;

pub use key::{Key, Rung};

use huntc_compiler::catalog::EntityId;
use huntc_compiler::plan::{Attr, Transformer};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// The values of a sighting's columns; equal tuples of one result share one allocation.
pub type Values = Arc<[Option<Value>]>;

/// What a variable holds.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Type of the entities; of a GROUP result the grouped type.
    pub entity: Option<EntityId>,
    /// What the values of sightings are.
    pub columns: Vec<Attr>,
    /// Those of the columns that hold identifiers: GUIDs, hashes and the like.
    pub identifiers: Vec<Attr>,
    /// Names of the values that entities have beside their sightings: from NEW, LOAD and analytics.
    pub added: Vec<String>,
    /// In row order.
    pub entities: Vec<Entity>,
    /// What the rows are.
    pub rows: Rows,
    /// Whether SORT gave the order of the entities.
    pub sorted: bool,
    /// Process slots that were found without an identity.
    pub unidentified: u64,
    /// Distinct records of a GROUP result's input, which has no sightings of its own.
    pub grouped_records: Option<u64>,
    /// Whether a part is missing, and the user allowed it.
    pub partial: bool,
}

/// One thing that records mention.
#[derive(Clone, Debug)]
pub struct Entity {
    /// What tells it from others.
    pub key: Key,
    /// By time, then record and slot.
    pub sightings: Vec<Sighting>,
    /// One for each of [`Table::added`].
    pub added: Vec<Option<Value>>,
}

/// One entity in one slot of one record; of NEW and LOAD rows, without a record.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// The record.
    pub record: Option<u64>,
    /// The slot in it.
    pub slot: u8,
    /// `@timestamp`.
    pub time: Option<Instant>,
    /// Whether it counts in `records`: it matched, was projected, or passed a filter itself.
    pub counted: bool,
    /// Whether it is the entity's own creation.
    pub creation: bool,
    /// Index and id of the record, where asked for.
    pub observation: Option<Arc<str>>,
    /// One for each of [`Table::columns`].
    pub values: Values,
}

/// What the rows of a table are.
#[derive(Clone, Debug, Default)]
pub enum Rows {
    /// One for each entity.
    #[default]
    Entities,
    /// One for each entity and counted record: indices of entity and sighting, in row order.
    Records(Transformer, Vec<(u32, u32)>),
    /// Written out: GROUP and JOIN.
    Explicit {
        /// What the values are.
        columns: Vec<Attr>,
        /// The rows.
        rows: Vec<Row>,
    },
}

/// An explicit row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The entity it stands for.
    pub entity: Option<u32>,
    /// Its values.
    pub values: Vec<Option<Value>>,
}

impl Entity {
    /// Time of the first sighting that counts.
    pub fn first_time(&self) -> Option<Instant> {
        self.sightings.iter().filter(|s| s.counted).filter_map(|s| s.time).min()
    }

    /// Sorts the sightings, and merges those of one slot of one record.
    pub fn settle(&mut self) {
        self.sightings.sort_by_key(|s| (s.time.is_none(), s.time, s.record, s.slot));
        self.sightings.dedup_by(|later, first| {
            let same = later.record.is_some() && later.record == first.record && later.slot == first.slot;
            if same {
                first.counted |= later.counted;
                first.creation |= later.creation;
            }
            same
        });
    }
}

impl Table {
    /// An empty table of a type.
    pub fn empty(entity: Option<EntityId>, columns: &[Attr]) -> Self {
        Self { entity, columns: columns.to_vec(), ..Self::default() }
    }

    /// Number of entities, or of groups.
    pub fn entity_count(&self) -> u64 {
        match &self.rows {
            Rows::Explicit { rows, .. } if self.entities.is_empty() => rows.len() as u64,
            _ => self.entities.len() as u64,
        }
    }

    /// Distinct records among the counted sightings.
    pub fn record_count(&self) -> u64 {
        if let Some(records) = self.grouped_records {
            return records;
        }
        let counted = self.entities.iter().flat_map(|e| &e.sightings).filter(|s| s.counted).filter_map(|s| s.record);
        counted.collect::<FxHashSet<u64>>().len() as u64
    }

    /// Puts the entities into the order of rows without SORT: (first counted time, key), nulls last.
    pub fn sort_by_time(&mut self) {
        self.entities.sort_by_cached_key(|e| {
            let time = e.first_time();
            (time.is_none(), time, e.key.clone())
        });
        self.sorted = false;
    }

    /// The keys of all entities, sorted, as reports list them. None of a GROUP result.
    pub fn sorted_keys(&self) -> Vec<Vec<Option<Value>>> {
        let mut keys: Vec<&Key> = self.entities.iter().map(|e| &e.key).collect();
        keys.sort();
        keys.into_iter().map(|k| k.parts.to_vec()).collect()
    }

    /// How many entities each rung of the identity ladder told apart.
    pub fn rungs(&self) -> Vec<(String, u64)> {
        let mut counts: Vec<(String, u64)> = Vec::new();
        for rung in [Rung::EntityId, Rung::Start, Rung::Life] {
            let n = self.entities.iter().filter(|e| e.key.rung == rung).count() as u64;
            if n > 0 {
                counts.push((rung.word().to_owned(), n));
            }
        }
        counts
    }
}

/// Collects sightings into entities.
#[derive(Debug, Default)]
pub struct Collector {
    index: FxHashMap<Key, u32>,
    entities: Vec<Entity>,
}

impl Collector {
    /// The number of the entity with this key.
    pub fn number(&mut self, key: Key) -> u32 {
        let next = self.entities.len() as u32;
        *self.index.entry(key).or_insert_with_key(|key| {
            self.entities.push(Entity { key: key.clone(), sightings: Vec::new(), added: Vec::new() });
            next
        })
    }

    /// The key of the entity with this number.
    pub fn key(&self, number: u32) -> Option<&Key> {
        self.entities.get(number as usize).map(|e| &e.key)
    }

    /// Adds a sighting of the entity with this number.
    pub fn put(&mut self, number: u32, sighting: Sighting) {
        if let Some(entity) = self.entities.get_mut(number as usize) {
            entity.sightings.push(sighting);
        }
    }

    /// Adds a sighting of the entity with this key.
    pub fn add(&mut self, key: Key, sighting: Sighting) {
        let number = self.number(key);
        self.put(number, sighting);
    }

    /// The entities that have sightings, as they were met.
    pub fn entities(self) -> impl Iterator<Item = Entity> {
        self.entities.into_iter().filter(|e| !e.sightings.is_empty())
    }

    /// The table of all that was added, in row order.
    pub fn finish(self, entity: Option<EntityId>, columns: &[Attr]) -> Table {
        let mut table = Table { entities: self.entities().collect(), ..Table::empty(entity, columns) };
        table.entities.iter_mut().for_each(Entity::settle);
        table.sort_by_time();
        table
    }
}
