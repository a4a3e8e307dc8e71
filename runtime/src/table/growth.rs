//! Adding sightings to the entities of a table, which stays as it is for those who hold it.

use super::collector::Copier;
use super::content::{Chunk, Entity, Seat};
use super::key_index::KeyIndex;
use super::pool::PoolWriter;
use super::{Collector, Rows, Sighting, Table};
use huntc_compiler::plan::Attr;
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
    /// What the table does not have, or has otherwise. Entities are their places.
    more: Vec<Sighting>,
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
        let creations = table.content.chunks.iter().map(bits).collect();
        Self { table, columns, index, creations, more: Vec::new(), pool: PoolWriter::default() }
    }

    /// Adds what was collected. Entities that the table does not have are left out.
    pub fn add(&mut self, found: Collector) {
        let table = self.table;
        let found = found.finish(None, self.columns);
        let mut copier = Copier::new(self.columns, self.columns);
        for added in found.entities() {
            let at = self.index.find(added.key(), |at| table.one(at).map(|entity| entity.key()));
            let Some((at, entity)) = at.and_then(|at| Some((at, table.one(at)?))) else { continue };
            for sighting in added.sightings() {
                if !self.is_known(&entity, &sighting) {
                    let copy = copier.copy(&added, sighting, &mut self.pool);
                    self.more.push(Sighting { entity: at, ..copy });
                }
            }
        }
    }

    /// Whether the entity has a sighting already, but for being of a creation record, which is marked.
    fn is_known(&mut self, entity: &Entity<'_>, sighting: &Sighting) -> bool {
        let Some((at, known)) = entity.place_of(sighting).and_then(|at| Some((at, entity.sighting(at as u32)?))) else {
            return false;
        };
        let mut merged = known;
        merged.merge(sighting);
        if (merged.counted(), merged.undecided) != (known.counted(), known.undecided) {
            return false;
        }
        let Seat { chunk, start, .. } = entity.place();
        let at = start as usize + at;
        if let Some(word) = self.creations.get_mut(chunk as usize).and_then(|bits| bits.get_mut(at / 64)) {
            *word |= u64::from(merged.creation()) << (at % 64);
        }
        true
    }

    /// Roughly how many bytes were added.
    pub fn bytes(&self) -> usize {
        let bits = self.creations.iter().map(|bits| size_of_val(bits.as_slice())).sum::<usize>();
        self.index.bytes() + bits + size_of_val(self.more.as_slice()) + self.pool.bytes()
    }

    /// The table with everything that was added, its rows in the order in which they were.
    pub fn finish(self) -> Table {
        let Self { table, columns, creations, mut more, mut pool, .. } = self;
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
