//! Adding sightings to the entities of a table, which stays as it is for those who hold it.

use super::collector::Copier;
use super::content::{Chunk, Seat};
use super::key_index::KeyIndex;
use super::pool::PoolWriter;
use super::{Key, Rows, Sighting, Table};
use huntc_compiler::plan::Attr;
use huntc_compiler::value::Value;
use std::sync::Arc;

/// A table to which sightings are added. Those of creation records mostly are there already and only did not say so: that takes a
/// bit each.
#[derive(Debug)]
pub struct Growth<'t> {
    table: &'t Table,
    columns: &'t [Attr],
    /// Where the table has a key among its entities.
    index: KeyIndex,
    /// For each chunk of the table, the creation records.
    creations: Vec<Vec<u64>>,
    /// Those of them that were added since the last [`Self::keep`], in the same way.
    found: Vec<Vec<u64>>,
    /// What the table does not have, or has otherwise. Entities are their places.
    more: Vec<Sighting>,
    /// How many of these are there to stay.
    kept: usize,
    pool: PoolWriter,
}

impl<'t> Growth<'t> {
    /// Nothing is added yet. Sightings that are added have values for these `columns`, and so have all in the end.
    pub fn new(table: &'t Table, columns: &'t [Attr]) -> Self {
        let mut index = KeyIndex::default();
        for at in 0..table.content.places.len() as u32 {
            index.insert(at, |at| table.one(at).map(|entity| entity.key()));
        }
        let bits = |chunk: &Chunk| match &chunk.creations {
            Some(bits) => bits.to_vec(),
            None => vec![0; chunk.sightings.len().div_ceil(64)],
        };
        let creations: Vec<Vec<u64>> = table.content.chunks.iter().map(bits).collect();
        let found = creations.iter().map(|bits| vec![0; bits.len()]).collect();
        let (more, pool) = (Vec::new(), PoolWriter::default());
        Self { table, columns, index, creations, found, more, kept: 0, pool }
    }

    /// The place of the entity with a key; `None` if the table does not have it.
    pub fn place(&self, key: &Key) -> Option<u32> {
        self.index.find(key, |at| self.table.one(at).map(|entity| entity.key()))
    }

    /// Adds a sighting of the entity at a place. `values` and `observation` are those of its record; they are looked at only if
    /// the table does not have the sighting.
    pub fn add(
        &mut self,
        place: u32,
        mut sighting: Sighting,
        values: impl FnOnce() -> Vec<Option<Value>>,
        observation: Option<&Arc<str>>,
    ) {
        let Some(entity) = self.table.one(place) else { return };
        let known = entity.place_of(&sighting).and_then(|at| Some((at, entity.sighting(at as u32)?)));
        if let Some((at, known)) = known {
            let mut merged = known;
            merged.merge(&sighting);
            if (merged.counted(), merged.undecided) == (known.counted(), known.undecided) {
                let Seat { chunk, start, .. } = entity.place();
                let at = start as usize + at;
                if let Some(word) = self.found.get_mut(chunk as usize).and_then(|bits| bits.get_mut(at / 64)) {
                    *word |= u64::from(merged.creation()) << (at % 64);
                }
                return;
            }
        }
        sighting.entity = place;
        sighting.values = self.pool.tuple(values().iter().map(Option::as_ref));
        sighting.observation = self.pool.observation(observation);
        self.more.push(sighting);
    }

    /// Forgets what was added since the last [`Self::keep`].
    pub fn forget(&mut self) {
        self.found.iter_mut().flatten().for_each(|word| *word = 0);
        self.more.truncate(self.kept);
    }

    /// What was added so far stays.
    pub fn keep(&mut self) {
        for (word, found) in self.creations.iter_mut().flatten().zip(self.found.iter_mut().flatten()) {
            *word |= std::mem::take(found);
        }
        self.kept = self.more.len();
    }

    /// Roughly how many bytes were added.
    pub fn bytes(&self) -> usize {
        let bits = self.creations.iter().chain(&self.found).map(|bits| size_of_val(bits.as_slice())).sum::<usize>();
        self.index.bytes() + bits + size_of_val(self.more.as_slice()) + self.pool.bytes()
    }

    /// The table with everything that was kept, its rows in the order in which they were.
    pub fn finish(self) -> Table {
        let Self { table, columns, creations, mut more, kept, mut pool, .. } = self;
        more.truncate(kept);
        let mut out = table.clone().with_columns(columns);
        for (chunk, bits) in out.content.chunks.iter_mut().zip(creations) {
            if bits.iter().any(|word| *word != 0) {
                chunk.creations = Some(Arc::new(bits));
            }
        }
        if more.is_empty() {
            return out;
        }
        // Entities that have more now move into a chunk of their own.
        more.sort_by_key(|sighting| sighting.entity);
        let chunk = out.content.chunks.len() as u32;
        let mut copier = Copier::new(columns, columns);
        let mut sightings: Vec<Sighting> = Vec::new();
        let mut places = Vec::clone(&out.content.places);
        for more in more.chunk_by(|a, b| a.entity == b.entity) {
            let Some((at, entity)) = more.first().and_then(|one| Some((one.entity, out.one(one.entity)?))) else { continue };
            let mut all: Vec<Sighting> = entity.sightings().map(|one| copier.copy(&entity, one, &mut pool)).collect();
            all.extend(more);
            merge(&mut all);
            if let Some(place) = places.get_mut(at as usize) {
                *place = Seat { chunk, start: sightings.len() as u32, count: all.len() as u32, ..*place };
            }
            sightings.extend(all);
        }
        out.content.places = Arc::new(places);
        out.content.chunks.push(Chunk {
            sightings: Arc::new(sightings),
            creations: None,
            pool: Arc::new(pool.finish()),
            columns: (0..columns.len()).map(Some).collect(),
        });
        if let Rows::Records(transformer, rows) = &out.rows {
            // The places of sightings have changed.
            let moved = |(entity, at): &(u32, u32)| {
                let sighting = table.one(*entity)?.sighting(*at)?;
                Some((*entity, out.one(*entity)?.place_of(&sighting)? as u32))
            };
            out.rows = Rows::Records(*transformer, rows.iter().filter_map(moved).collect());
        }
        out
    }
}

/// Sorts sightings of one entity and makes one of those in the same slot of the same record.
fn merge(sightings: &mut Vec<Sighting>) {
    sightings.sort_by_key(Sighting::order);
    sightings.dedup_by(|later, first| {
        let same = later.is_same(first);
        if same {
            first.merge(later);
        }
        same
    });
}
