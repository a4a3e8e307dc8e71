//! Where the entities and sightings of a table are. What a table has in common with the one that it was made from is shared.

use super::pool::{Pool, TupleId};
use super::{Key, Rows, Sighting, Table};
use huntc_compiler::plan::Attr;
use huntc_compiler::value::Value;
use std::sync::Arc;

/// The entities of a table in row order, and their sightings.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Keys, of which the table may have some only.
    pub(super) keys: Arc<Vec<Key>>,
    pub(super) places: Arc<Vec<Seat>>,
    pub(super) chunks: Vec<Chunk>,
    /// For each of [`Table::added`] the values of the entities, in the order of `keys`.
    pub(super) added: Vec<Arc<Vec<Option<Value>>>>,
}

/// Where an entity is: the number of its key, and its sightings, which stand together in one chunk, sorted by time, record and slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) key: u32,
    pub(super) chunk: u32,
    pub(super) start: u32,
    pub(super) count: u32,
}

/// Sightings of many entities, with their values.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) sightings: Arc<Vec<Sighting>>,
    /// Which of them are of creation records, a bit for each, beside those that say so themselves.
    pub(super) creations: Option<Arc<Vec<u64>>>,
    pub(super) pool: Arc<Pool>,
    /// For each column of the table the place in the tuples of the pool; `None` where these have no such value.
    pub(super) columns: Arc<[Option<usize>]>,
}

/// An entity of a table with its sightings: one thing that records mention, such as a process.
#[derive(Clone, Copy, Debug)]
pub struct Entity<'t> {
    table: &'t Table,
    key: &'t Key,
    place: Seat,
    chunk: &'t Chunk,
    sightings: &'t [Sighting],
}

impl Chunk {
    fn is_creation(&self, at: usize) -> bool {
        let word = self.creations.as_ref().and_then(|bits| bits.get(at / 64));
        word.is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// The value of a tuple in a column of the table.
    pub(super) fn value(&self, tuple: TupleId, column: usize) -> Option<&Value> {
        self.pool.value(tuple, self.columns.get(column).copied().flatten()?)
    }

    fn bytes(&self) -> usize {
        let sightings = unshared(&self.sightings, || size_of_val(self.sightings.as_slice()));
        let creations = self.creations.as_ref().map_or(0, |bits| unshared(bits, || size_of_val(bits.as_slice())));
        sightings + creations + unshared(&self.pool, || self.pool.bytes())
    }
}

/// The bytes of what nobody else holds; what others hold was counted where it was made.
fn unshared<T: ?Sized>(held: &Arc<T>, bytes: impl FnOnce() -> usize) -> usize {
    if Arc::strong_count(held) == 1 { bytes() } else { 0 }
}

impl Content {
    /// Roughly how many bytes it takes, without what it shares with other tables.
    pub(super) fn bytes(&self) -> usize {
        let keys =
            unshared(&self.keys, || size_of_val(self.keys.as_slice()) + self.keys.iter().map(Key::bytes_beside).sum::<usize>());
        let places = unshared(&self.places, || size_of_val(self.places.as_slice()));
        let added = self.added.iter().map(|values| unshared(values, || super::tuple_bytes(values))).sum::<usize>();
        keys + places + added + self.chunks.iter().map(Chunk::bytes).sum::<usize>()
    }
}

impl Table {
    /// The entities, in row order.
    pub fn entities(&self) -> impl ExactSizeIterator<Item = Entity<'_>> + Clone {
        self.content.places.iter().map(|place| self.entity_at(*place))
    }

    /// The entity with this place among the entities.
    pub fn one(&self, place: u32) -> Option<Entity<'_>> {
        self.content.places.get(place as usize).map(|place| self.entity_at(*place))
    }

    // Every place of a table is one of its content.
    fn entity_at(&self, place: Seat) -> Entity<'_> {
        let Content { keys, chunks, .. } = &self.content;
        let chunk = &chunks[place.chunk as usize];
        let sightings = &chunk.sightings[place.start as usize..][..place.count as usize];
        Entity { table: self, key: &keys[place.key as usize], place, chunk, sightings }
    }

    /// The table with the entities at these places among its entities, in this order, and without rows of its own.
    #[must_use]
    pub fn with_entities(&self, places: impl IntoIterator<Item = u32>) -> Self {
        let places = places.into_iter().filter_map(|at| self.content.places.get(at as usize).copied()).collect();
        let content = Content { places: Arc::new(places), ..self.content.clone() };
        Self { content, ..self.without_rows() }
    }

    /// The table with other columns: of those that it has not had before, the sightings have no values.
    #[must_use]
    pub fn with_columns(mut self, columns: &[Attr]) -> Self {
        if self.columns == columns {
            return self;
        }
        let from: Vec<Option<usize>> = columns.iter().map(|new| self.columns.iter().position(|old| old == new)).collect();
        for chunk in &mut self.content.chunks {
            chunk.columns = from.iter().map(|at| chunk.columns.get((*at)?).copied().flatten()).collect();
        }
        self.columns = columns.to_vec();
        self
    }

    /// Gives each entity, in row order, a value beside its sightings, in place of one that it had by this name.
    pub fn add_column(&mut self, name: &str, values: impl IntoIterator<Item = Option<Value>>) {
        let mut column = vec![None; self.content.keys.len()];
        for (place, value) in self.content.places.iter().zip(values) {
            if let Some(slot) = column.get_mut(place.key as usize) {
                *slot = value;
            }
        }
        let column = Arc::new(column);
        if let Some(known) = self.added.iter().position(|known| known == name).and_then(|at| self.content.added.get_mut(at)) {
            *known = column;
        } else {
            self.added.push(name.to_owned());
            self.content.added.push(column);
        }
    }
}

impl Table {
    /// Whether its rows are those of GROUP, which stand for no entity.
    pub fn is_of_groups(&self) -> bool {
        matches!(&self.rows, Rows::Explicit { rows, .. } if rows.iter().all(|row| row.entity.is_none()))
    }

    /// Sets an added column of groups, of which `values` has one for each.
    pub fn add_group_column(&mut self, name: &str, values: Vec<Option<Value>>) {
        let Rows::Explicit { columns, rows } = &mut self.rows else { return };
        let attr = Attr::Added(name.to_owned());
        let place = columns.iter().position(|column| *column == attr);
        if place.is_none() {
            columns.push(attr);
        }
        for (row, value) in rows.iter_mut().zip(values) {
            match place.and_then(|at| row.values.get_mut(at)) {
                Some(cell) => *cell = value,
                None => row.values.push(value),
            }
        }
    }
}

impl<'t> Entity<'t> {
    /// What identifies it.
    pub fn key(&self) -> &'t Key {
        self.key
    }

    /// Its sightings, sorted by time, then record and slot.
    pub fn sightings(&self) -> impl DoubleEndedIterator<Item = Sighting> + ExactSizeIterator + Clone + use<'t> {
        let (chunk, start) = (self.chunk, self.place.start as usize);
        self.sightings.iter().enumerate().map(move |(at, sighting)| read(chunk, start + at, sighting))
    }

    /// Those that count.
    pub fn counted(&self) -> impl DoubleEndedIterator<Item = Sighting> + Clone + use<'t> {
        self.sightings().filter(Sighting::counted)
    }

    /// One of its sightings.
    pub fn sighting(&self, at: u32) -> Option<Sighting> {
        let at = at as usize;
        self.sightings.get(at).map(|sighting| read(self.chunk, self.place.start as usize + at, sighting))
    }

    /// The value of a sighting in the column of the table with this number.
    pub fn held(&self, sighting: &Sighting, column: usize) -> Option<&'t Value> {
        self.chunk.value(sighting.values, column)
    }

    /// Index and id of the record of a sighting; `None` when the source gives none.
    pub fn observation(&self, sighting: &Sighting) -> Option<&'t Arc<str>> {
        self.chunk.pool.observation(sighting.observation)
    }

    /// Says which sightings of the table have the very same values: those for which this is equal.
    pub fn tuple(&self, sighting: &Sighting) -> (u32, TupleId) {
        (self.place.chunk, sighting.values)
    }

    /// The value of the added column with this number.
    pub fn added(&self, column: usize) -> Option<&'t Value> {
        self.table.content.added.get(column)?.get(self.place.key as usize)?.as_ref()
    }

    /// The place of the sighting that is in the same slot of the same record as another one.
    pub(super) fn place_of(&self, other: &Sighting) -> Option<usize> {
        let at = self.sightings.partition_point(|sighting| sighting.order() < other.order());
        self.sightings.get(at).filter(|sighting| sighting.is_same(other)).map(|_| at)
    }

    pub(super) fn place(&self) -> Seat {
        self.place
    }
}

fn read(chunk: &Chunk, at: usize, sighting: &Sighting) -> Sighting {
    let mut sighting = *sighting;
    if chunk.is_creation(at) {
        sighting.set_creation(true);
    }
    sighting
}

/// Entities of a table with some of their sightings.
#[derive(Debug)]
pub struct Picked<'t> {
    table: &'t Table,
    places: Vec<Seat>,
    chunks: Vec<Vec<Sighting>>,
}

impl<'t> Picked<'t> {
    /// Nothing of a table yet.
    pub fn new(table: &'t Table) -> Self {
        Self { table, places: Vec::new(), chunks: table.content.chunks.iter().map(|_| Vec::new()).collect() }
    }

    /// Takes an entity of the table with these of its sightings, in their order.
    pub fn take(&mut self, entity: &Entity<'t>, sightings: impl IntoIterator<Item = Sighting>) {
        let place = entity.place();
        let Some(chunk) = self.chunks.get_mut(place.chunk as usize) else { return };
        let start = chunk.len();
        chunk.extend(sightings);
        self.places.push(Seat { start: start as u32, count: (chunk.len() - start) as u32, ..place });
    }

    /// The table of what was taken, without rows of its own.
    pub fn finish(self) -> Table {
        let Content { keys, chunks, added, .. } = &self.table.content;
        let chunk = |(old, mut sightings): (&Chunk, Vec<Sighting>)| {
            sightings.shrink_to_fit();
            Chunk { sightings: Arc::new(sightings), creations: None, ..old.clone() }
        };
        let content = Content {
            keys: Arc::clone(keys),
            places: Arc::new(self.places),
            chunks: chunks.iter().zip(self.chunks).map(chunk).collect(),
            added: added.clone(),
        };
        Table { content, ..self.table.without_rows() }
    }
}
