//! Tables: the values of variables. A table holds entities with their sightings; its rows are derived from these,
//! except those of GROUP and JOIN, which are explicit.

mod collector;
mod content;
mod growth;
mod guid;
mod key;
mod key_index;
mod pool;
mod rows;
mod sighting;
mod take_rows;
#[cfg(test)]
mod tests;
mod weights;

pub use collector::{Collector, Copier};
pub use content::{Content, Entity, Picked};
pub use growth::Growth;
pub use key::{Key, Rung};
pub use pool::TupleId;
pub use sighting::Sighting;
pub use weights::Weights;

use foldhash::HashSet;
use huntc_compiler::catalog::EntityId;
use huntc_compiler::plan::{Attr, Transformer};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::sync::Arc;

/// The most sightings whose records are counted at once.
const RECORDS_OF_A_PASS: usize = 4 << 20;

/// The value of a variable.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Table {
    /// The type of the entities; of a GROUP result, the type that was grouped.
    pub entity: Option<EntityId>,
    /// The attributes whose values sightings have.
    pub columns: Vec<Attr>,
    /// The columns that hold identifiers: GUIDs, hashes and the like.
    pub identifiers: Vec<Attr>,
    /// Names of values beside the sightings: from NEW, LOAD, analytics and DEPTH.
    pub added: Vec<String>,
    /// The entities, in row order, which only this room looks into.
    pub content: Content,
    pub rows: Rows,
    /// Whether SORT put the entities into their order.
    pub sorted: bool,
    /// How many process slots of records were found without an identity.
    pub unidentified: u64,
    /// The number of distinct records where sightings do not tell it: of a GROUP result, which has none, those that were
    /// grouped; of what was counted slot by slot, those that were found.
    pub known_records: Option<u64>,
    /// For how many records its sightings stand.
    pub weights: Weights,
    /// Whether records are missing because `--allow-partial` accepted a partial answer.
    pub partial: bool,
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
    /// Seat of the entity that the row stands for; `None` in a GROUP result.
    pub entity: Option<u32>,
    /// Of JOIN, the time of the first table's row; groups have none.
    pub time: Option<Instant>,
    /// How many conditions that it passed could not be decided on it, or on what it was made of.
    pub undecided: u16,
    /// One value for each of the explicit columns.
    pub values: Vec<Option<Value>>,
}

impl Entity<'_> {
    /// How many conditions could not be decided on the counted sighting with the fewest of them.
    pub fn undecided(&self) -> u16 {
        self.counted().map(|s| s.undecided).min().unwrap_or(0)
    }

    /// The earliest time of a counted sighting; `None` when none has a time.
    pub fn first_time(&self) -> Option<Instant> {
        self.counted().filter_map(|s| s.time()).min()
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
            Rows::Explicit { rows, .. } if self.content.places.is_empty() => rows.len() as u64,
            _ => self.content.places.len() as u64,
        }
    }

    /// Roughly how many bytes it takes, without what it shares with other tables.
    pub fn bytes(&self) -> u64 {
        let rows = match &self.rows {
            Rows::Entities => 0,
            Rows::Records(_, rows) => size_of_val(rows.as_slice()),
            Rows::Explicit { rows, .. } => rows.iter().map(|row| size_of::<Row>() + tuple_bytes(&row.values)).sum(),
        };
        (rows + self.content.bytes()) as u64
    }

    /// The counted sightings of all entities.
    fn counted(&self) -> impl Iterator<Item = Sighting> {
        self.entities().flat_map(|entity| entity.counted())
    }

    /// Number of distinct records among the counted sightings.
    pub fn record_count(&self) -> u64 {
        if let Some(records) = self.known_records {
            return records;
        }
        self.count_records(RECORDS_OF_A_PASS)
    }

    /// Of more sightings than `most`, each pass looks at the records of a part, so that the ids of all are not held together.
    fn count_records(&self, most: usize) -> u64 {
        let passes = (self.counted().count() / most) as u64 + 1;
        let of_pass = |pass: u64| {
            let ids = self.counted().filter_map(|s| s.record());
            let mut records: Vec<u64> = ids.filter(|record| record % passes == pass).collect();
            records.sort_unstable();
            records.dedup();
            records.into_iter().map(|record| self.weights.of(record)).sum::<u64>()
        };
        (0..passes).map(of_pass).sum()
    }

    /// The ids of the records of the counted sightings.
    pub(crate) fn record_ids(&self) -> HashSet<u64> {
        self.counted().filter_map(|s| s.record()).collect()
    }

    /// Number of counted sightings, or of rows of GROUP and JOIN, on which a condition could not be decided.
    pub fn undecided_count(&self) -> u64 {
        if let Rows::Explicit { rows, .. } = &self.rows {
            return rows.iter().filter(|row| row.undecided > 0).count() as u64;
        }
        let undecided = self.counted().filter(|s| s.undecided > 0);
        undecided.map(|s| s.record().map_or(1, |record| self.weights.of(record))).sum()
    }

    /// Sorts the entities into the row order without SORT: (first counted time, key), nulls last.
    pub fn sort_by_time(&mut self) {
        let order = self.by_time();
        put_in_order(Arc::make_mut(&mut self.content.places).as_mut_slice(), order);
        self.sorted = false;
    }

    /// The places of the entities in the order of (first counted time, key), nulls last.
    pub fn by_time(&self) -> Vec<u32> {
        let time = |entity: Entity<'_>| entity.first_time().map_or(i64::MAX, |time| time.0);
        let mut order: Vec<(i64, u32)> = self.entities().map(time).zip(0..).collect();
        let tie = |at: u32| self.one(at).map(|entity| (entity.first_time().is_none(), entity.key()));
        order.sort_unstable_by(|(a, at), (b, bt)| a.cmp(b).then_with(|| tie(*at).cmp(&tie(*bt))));
        order.into_iter().map(|(_, at)| at).collect()
    }

    /// The keys of all entities, sorted as reports list them. Empty for a GROUP result.
    pub fn sorted_keys(&self) -> Vec<Vec<Option<Value>>> {
        let mut keys: Vec<&Key> = self.entities().map(|entity| entity.key()).collect();
        keys.sort();
        keys.into_iter().map(Key::parts).collect()
    }

    /// How many entities were identified by each rung of the ladder; rungs without entities are left out.
    pub fn rungs(&self) -> Vec<(String, u64)> {
        let mut counts: Vec<(String, u64)> = Vec::new();
        for rung in [Rung::EntityId, Rung::Start, Rung::Life] {
            let n = self.entities().filter(|entity| entity.key().rung() == rung).count() as u64;
            if n > 0 {
                counts.push((rung.word().to_owned(), n));
            }
        }
        counts
    }
}

/// Puts items into an order, which has their places, in place: the memory of a second list is saved.
fn put_in_order<T: Copy>(items: &mut [T], mut order: Vec<u32>) {
    for start in 0..order.len() {
        let first = items[start];
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at], at as u32) as usize;
            if from == start {
                items[at] = first;
                break;
            }
            items[at] = items[from];
            at = from;
        }
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
