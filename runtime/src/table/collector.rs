//! Making tables of sightings that come in any order.

use super::content::{Chunk, Content, Entity, Seat};
use super::key_index::KeyIndex;
use super::pool::{PoolWriter, TupleId};
use super::{Key, Sighting, Table};
use foldhash::HashMap;
use huntc_compiler::catalog::EntityId;
use huntc_compiler::plan::Attr;
use huntc_compiler::value::Value;
use std::sync::Arc;

/// Groups sightings by entity.
#[derive(Debug, Default)]
pub struct Collector {
    keys: Vec<Key>,
    index: KeyIndex,
    sightings: Vec<Sighting>,
    pool: PoolWriter,
    /// Bytes of what stands beside the keys.
    beside: usize,
    /// Whether sightings in one slot of one record may have other values: then the first one counts.
    ordered: bool,
}

impl Collector {
    /// The number of the entity with this key, which is added if it is new.
    pub fn number(&mut self, key: Key) -> u32 {
        let Self { keys, index, beside, .. } = self;
        if let Some(known) = index.find(&key, |at| keys.get(at as usize)) {
            return known;
        }
        let next = keys.len() as u32;
        *beside += key.bytes_beside();
        keys.push(key);
        index.insert(next, |at| keys.get(at as usize));
        next
    }

    /// The key of the entity with this number.
    pub fn key(&self, number: u32) -> Option<&Key> {
        self.keys.get(number as usize)
    }

    /// The number of a tuple of values, one for each column.
    pub fn tuple(&mut self, values: &[Option<Value>]) -> TupleId {
        self.pool.tuple(values.iter().map(Option::as_ref))
    }

    /// Adds a sighting of the entity with this number. `observation`: index and id of its record.
    pub fn put(&mut self, number: u32, sighting: Sighting, observation: Option<&Arc<str>>) {
        let observation = self.pool.observation(observation);
        self.ordered |= sighting.record().is_none();
        self.sightings.push(Sighting { entity: number, observation, ..sighting });
    }

    /// Adds a sighting of the entity with this key.
    pub fn add(&mut self, key: Key, sighting: Sighting, observation: Option<&Arc<str>>) {
        let number = self.number(key);
        self.put(number, sighting, observation);
    }

    /// How many sightings were added so far.
    pub fn count(&self) -> usize {
        self.sightings.len()
    }

    /// Forgets all sightings but the first ones.
    pub fn truncate(&mut self, count: usize) {
        self.sightings.truncate(count);
    }

    /// The numbers of the entities of all sightings but the first ones; an entity may come several times.
    pub fn since(&self, count: usize) -> impl Iterator<Item = u32> {
        self.sightings.iter().skip(count).map(|sighting| sighting.entity)
    }

    /// Roughly how many bytes everything takes that was added.
    pub fn bytes(&self) -> usize {
        let keys = size_of_val(self.keys.as_slice()) + self.beside + self.index.bytes();
        // A place is made for each entity at the end.
        keys + size_of::<Seat>() * self.keys.len() + size_of_val(self.sightings.as_slice()) + self.pool.bytes()
    }

    /// Sorts the sightings and makes one of those in the same slot of the same record.
    fn merge(&mut self) {
        let order = |a: &Sighting, b: &Sighting| a.entity.cmp(&b.entity).then_with(|| a.order().cmp(&b.order()));
        if self.ordered {
            self.sightings.sort_by(order);
        } else {
            // This takes no further memory.
            self.sightings.sort_unstable_by(order);
        }
        self.sightings.dedup_by(|later, first| {
            let same = later.entity == first.entity && later.is_same(first);
            if same {
                first.merge(later);
            }
            same
        });
    }

    /// The table of everything that was added, in row order.
    pub fn finish(mut self, entity: Option<EntityId>, columns: &[Attr]) -> Table {
        self.index = KeyIndex::default();
        self.merge();
        let Self { mut keys, mut sightings, pool, .. } = self;
        keys.shrink_to_fit();
        sightings.shrink_to_fit();
        let mut table = Table::empty(entity, columns);
        table.content = Content {
            keys: Arc::new(keys),
            places: Arc::new(places(&sightings)),
            chunks: vec![Chunk {
                sightings: Arc::new(sightings),
                creations: None,
                pool: Arc::new(pool.finish()),
                columns: (0..columns.len()).map(Some).collect(),
            }],
            added: Vec::new(),
        };
        table.sort_by_time();
        table
    }

    /// As [`Self::finish`], with values beside the sightings: for each name one for each number of an entity.
    pub fn finish_with(self, entity: Option<EntityId>, columns: &[Attr], added: Vec<(String, Vec<Option<Value>>)>) -> Table {
        let mut table = self.finish(entity, columns);
        for (name, mut values) in added {
            values.resize(table.content.keys.len(), None);
            table.added.push(name);
            table.content.added.push(Arc::new(values));
        }
        table
    }
}

/// The place of each entity that has sightings.
fn places(sightings: &[Sighting]) -> Vec<Seat> {
    let mut start = 0;
    let place = |run: &[Sighting]| {
        let place = Seat { key: run.first()?.entity, chunk: 0, start, count: run.len() as u32 };
        start += place.count;
        Some(place)
    };
    sightings.chunk_by(|a, b| a.entity == b.entity).filter_map(place).collect()
}

/// Copies sightings of a table, with their values.
#[derive(Debug)]
pub struct Copier {
    /// For each column of the copies the column of the table.
    columns: Vec<Option<usize>>,
    /// What was copied before.
    tuples: HashMap<(u32, TupleId), TupleId>,
}

impl Copier {
    /// Copies sightings of a table with the columns `from`, as the columns `to`.
    pub fn new(from: &[Attr], to: &[Attr]) -> Self {
        let columns = to.iter().map(|new| from.iter().position(|old| old == new)).collect();
        Self { columns, tuples: HashMap::default() }
    }

    /// Adds a sighting of an entity to a collector, which has this number for the entity.
    pub fn put(&mut self, entity: &Entity<'_>, sighting: Sighting, number: u32, into: &mut Collector) {
        let copy = self.copy(entity, sighting, &mut into.pool);
        into.ordered = true;
        into.sightings.push(Sighting { entity: number, ..copy });
    }

    pub(super) fn copy(&mut self, entity: &Entity<'_>, sighting: Sighting, pool: &mut PoolWriter) -> Sighting {
        let columns = &self.columns;
        let tuple = self
            .tuples
            .entry(entity.tuple(&sighting))
            .or_insert_with(|| pool.tuple(columns.iter().map(|column| entity.held(&sighting, (*column)?))));
        let values = *tuple;
        Sighting { values, observation: pool.observation(entity.observation(&sighting)), ..sighting }
    }
}
