//! Tables: the values of variables. A table holds entities with their sightings; its rows are derived from these,
//! except those of GROUP and JOIN, which are explicit.

mod key;
mod rows;
mod take_rows;
#[cfg(test)]
mod tests;

pub use key::{Key, Rung};

use foldhash::{HashMap, HashSet};
use huntc_compiler::catalog::EntityId;
use huntc_compiler::plan::{Attr, Transformer};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::sync::Arc;

/// The values of one sighting. Equal tuples of one result share one allocation.
pub type Values = Arc<[Option<Value>]>;

/// The value of a variable.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Table {
    /// The type of the entities; of a GROUP result, the type that was grouped.
    pub entity: Option<EntityId>,
    /// The attributes of [`Sighting::values`], in the same order.
    pub columns: Vec<Attr>,
    /// The columns that hold identifiers: GUIDs, hashes and the like.
    pub identifiers: Vec<Attr>,
    /// Names of [`Entity::added`], in the same order: from NEW, LOAD, analytics and DEPTH.
    pub added: Vec<String>,
    /// The entities, in row order.
    pub entities: Vec<Entity>,
    pub rows: Rows,
    /// Whether SORT put the entities into their order.
    pub sorted: bool,
    /// How many process slots of records were found without an identity.
    pub unidentified: u64,
    /// Of a GROUP result, which has no sightings: the number of distinct records that were grouped.
    pub grouped_records: Option<u64>,
    /// Whether records are missing because `--allow-partial` accepted a partial answer.
    pub partial: bool,
}

/// One thing that records mention, such as a process.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Entity {
    pub key: Key,
    /// Sorted by time, then record and slot.
    pub sightings: Vec<Sighting>,
    /// One value for each of [`Table::added`].
    pub added: Vec<Option<Value>>,
}

/// One entity in one slot of one record. Rows of NEW and LOAD have a sighting without a record.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Id of the record.
    pub record: Option<u64>,
    /// Number of the slot in the entity type.
    pub slot: u8,
    /// `@timestamp` of the record.
    pub time: Option<Instant>,
    /// Whether it counts: its record matched, its slot was projected, or it passed a filter itself.
    pub counted: bool,
    /// Whether the record is the creation record of the entity.
    pub creation: bool,
    /// How many conditions that it passed could not be decided on it (semantics.md §3).
    pub undecided: u16,
    /// Index and id of the record; `None` when the source gives none.
    pub observation: Option<Arc<str>>,
    /// One value for each of [`Table::columns`].
    pub values: Values,
}

/// What the rows of a table are.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub enum Rows {
    /// One row for each entity, in the order of the entities.
    #[default]
    Entities,
    /// One row for each entity and counted record: place of the entity, and of the sighting in it. In row order.
    Records(Transformer, Vec<(u32, u32)>),
    /// The rows of GROUP and JOIN.
    Explicit {
        /// The attributes of the values of each row.
        columns: Vec<Attr>,
        rows: Vec<Row>,
    },
}

/// A row of GROUP or JOIN.
#[derive(Clone, Debug)]
pub struct Row {
    /// Place of the entity that the row stands for; `None` in a GROUP result.
    pub entity: Option<u32>,
    /// Of JOIN, the time of the first table's row; groups have none.
    pub time: Option<Instant>,
    /// How many conditions that it passed could not be decided on it, or on what it was made of.
    pub undecided: u16,
    /// One value for each of the explicit columns.
    pub values: Vec<Option<Value>>,
}

impl Entity {
    /// How many conditions could not be decided on the counted sighting with the fewest of them.
    pub fn undecided(&self) -> u16 {
        self.sightings.iter().filter(|s| s.counted).map(|s| s.undecided).min().unwrap_or(0)
    }

    /// The earliest time of a counted sighting; `None` when none has a time.
    pub fn first_time(&self) -> Option<Instant> {
        self.sightings.iter().filter(|s| s.counted).filter_map(|s| s.time).min()
    }

    /// Sorts the sightings and makes one of those in the same slot of the same record.
    pub fn merge_sightings(&mut self) {
        self.sightings.sort_by_key(|s| (s.time.is_none(), s.time, s.record, s.slot));
        self.sightings.dedup_by(|later, first| {
            let same = later.record.is_some() && later.record == first.record && later.slot == first.slot;
            if same {
                // One way that was decided is enough.
                first.undecided = match (first.counted, later.counted) {
                    (true, true) => first.undecided.min(later.undecided),
                    (false, true) => later.undecided,
                    _ => first.undecided,
                };
                first.counted |= later.counted;
                first.creation |= later.creation;
            }
            same
        });
    }
}

impl Table {
    /// A table without entities and rows.
    pub fn empty(entity: Option<EntityId>, columns: &[Attr]) -> Self {
        Self { entity, columns: columns.to_vec(), ..Self::default() }
    }

    /// Number of entities; of a GROUP result, number of groups.
    pub fn entity_count(&self) -> u64 {
        match &self.rows {
            Rows::Explicit { rows, .. } if self.entities.is_empty() => rows.len() as u64,
            _ => self.entities.len() as u64,
        }
    }

    /// Roughly how many bytes it takes. What it shares with other tables is counted in parts.
    pub fn bytes(&self) -> u64 {
        let tuple = size_of::<Option<Value>>() * self.columns.len();
        let sighting = |s: &Sighting| size_of::<Sighting>() + tuple / Arc::strong_count(&s.values);
        let entity = |e: &Entity| size_of::<Entity>() + tuple_bytes(&e.added) + e.sightings.iter().map(sighting).sum::<usize>();
        let rows = match &self.rows {
            Rows::Entities => 0,
            Rows::Records(_, rows) => size_of_val(rows.as_slice()),
            Rows::Explicit { rows, .. } => rows.iter().map(|row| size_of::<Row>() + tuple_bytes(&row.values)).sum(),
        };
        (rows + self.entities.iter().map(entity).sum::<usize>()) as u64
    }

    /// Number of distinct records among the counted sightings.
    pub fn record_count(&self) -> u64 {
        if let Some(records) = self.grouped_records {
            return records;
        }
        let counted = self.entities.iter().flat_map(|e| &e.sightings).filter(|s| s.counted).filter_map(|s| s.record);
        counted.collect::<HashSet<u64>>().len() as u64
    }

    /// Number of counted sightings, or of rows of GROUP and JOIN, on which a condition could not be decided.
    pub fn undecided_count(&self) -> u64 {
        let undecided = match &self.rows {
            Rows::Explicit { rows, .. } => rows.iter().filter(|row| row.undecided > 0).count(),
            _ => self.entities.iter().flat_map(|e| &e.sightings).filter(|s| s.counted && s.undecided > 0).count(),
        };
        undecided as u64
    }

    /// Sorts the entities into the row order without SORT: (first counted time, key), nulls last.
    pub fn sort_by_time(&mut self) {
        self.entities.sort_by_cached_key(|e| {
            let time = e.first_time();
            (time.is_none(), time, e.key.clone())
        });
        self.sorted = false;
    }

    /// The keys of all entities, sorted as reports list them. Empty for a GROUP result.
    pub fn sorted_keys(&self) -> Vec<Vec<Option<Value>>> {
        let mut keys: Vec<&Key> = self.entities.iter().map(|e| &e.key).collect();
        keys.sort();
        keys.into_iter().map(|k| k.parts.to_vec()).collect()
    }

    /// How many entities were identified by each rung of the ladder; rungs without entities are left out.
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

/// Roughly how many bytes values take. Texts that others hold too are not counted.
pub fn tuple_bytes(values: &[Option<Value>]) -> usize {
    fn beside(value: &Value) -> usize {
        match value {
            Value::Text(text) if Arc::strong_count(text) == 1 => text.len(),
            Value::List(items) => items.iter().map(|item| size_of::<Value>() + beside(item)).sum(),
            _ => 0,
        }
    }
    values.iter().map(|value| size_of::<Option<Value>>() + value.as_ref().map_or(0, beside)).sum()
}

/// Groups sightings by entity.
#[derive(Debug, Default)]
pub struct Collector {
    index: HashMap<Key, u32>,
    entities: Vec<Entity>,
    bytes: usize,
}

impl Collector {
    /// The number of the entity with this key, which is added if it is new.
    pub fn number(&mut self, key: Key) -> u32 {
        let next = self.entities.len() as u32;
        *self.index.entry(key).or_insert_with_key(|key| {
            self.bytes += size_of::<Entity>() + 2 * size_of::<(Key, u32)>() + tuple_bytes(&key.parts);
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
            self.bytes += size_of::<Sighting>();
        }
    }

    /// Roughly how many bytes everything takes that was added, without the values of sightings.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a sighting of the entity with this key.
    pub fn add(&mut self, key: Key, sighting: Sighting) {
        let number = self.number(key);
        self.put(number, sighting);
    }

    /// The entities that have sightings, in the order in which they were added.
    pub fn entities(self) -> impl Iterator<Item = Entity> {
        self.entities.into_iter().filter(|e| !e.sightings.is_empty())
    }

    /// The table of everything that was added, in row order.
    pub fn finish(self, entity: Option<EntityId>, columns: &[Attr]) -> Table {
        let mut table = Table { entities: self.entities().collect(), ..Table::empty(entity, columns) };
        table.entities.iter_mut().for_each(Entity::merge_sightings);
        table.sort_by_time();
        table
    }
}
