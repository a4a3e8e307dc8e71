//! Sightings: one entity in one slot of one record, as small as they can be, for a variable may have ten million of them.

use super::pool::TupleId;
use huntc_compiler::time::Instant;

/// One entity in one slot of one record. Rows of NEW and LOAD have a sighting without a record.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    pub(super) record: u64,
    pub(super) time: i64,
    /// Its values.
    pub(super) values: TupleId,
    /// Index and id of the record, as the pool of its values numbers them.
    pub(super) observation: u32,
    /// The entity, as a [`super::Collector`] numbers them.
    pub(super) entity: u32,
    /// How many conditions that it passed could not be decided on it (semantics.md §3).
    pub undecided: u16,
    /// Number of the slot in the entity type.
    pub slot: u8,
    pub(super) flags: u8,
}

// A variable keeps one for each record that it counts.
const _: () = assert!(size_of::<Sighting>() == 32);

const RECORD: u8 = 1;
const TIME: u8 = 2;
const COUNTED: u8 = 4;
const CREATION: u8 = 8;

impl Sighting {
    /// A sighting that counts, in this slot of the record with this id at this time.
    pub fn new(record: Option<u64>, time: Option<Instant>, slot: u8, values: TupleId) -> Self {
        let flags = COUNTED | if record.is_some() { RECORD } else { 0 } | if time.is_some() { TIME } else { 0 };
        let (record, time) = (record.unwrap_or(0), time.map_or(0, |time| time.0));
        Self { record, time, values, observation: 0, entity: 0, undecided: 0, slot, flags }
    }

    /// Id of the record.
    pub fn record(&self) -> Option<u64> {
        self.has(RECORD).then_some(self.record)
    }

    /// `@timestamp` of the record.
    pub fn time(&self) -> Option<Instant> {
        self.has(TIME).then_some(Instant(self.time))
    }

    /// Whether it counts: its record matched, its slot was projected, or it passed a filter itself.
    pub fn counted(&self) -> bool {
        self.has(COUNTED)
    }

    /// Whether the record is the creation record of the entity.
    pub fn creation(&self) -> bool {
        self.has(CREATION)
    }

    /// Says whether it counts.
    pub fn set_counted(&mut self, counted: bool) {
        self.set(COUNTED, counted);
    }

    /// Says whether the record is the creation record of the entity.
    pub fn set_creation(&mut self, creation: bool) {
        self.set(CREATION, creation);
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn set(&mut self, flag: u8, on: bool) {
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
    }

    /// Whether both are in the same slot of the same record, if they are of the same entity.
    pub fn is_same(&self, other: &Self) -> bool {
        self.record().is_some() && self.record() == other.record() && self.slot == other.slot
    }

    /// The order of sightings of an entity: by time, then record and slot; those without a time are last.
    pub(super) fn order(&self) -> impl Ord + use<> {
        (self.time().is_none(), self.time(), self.record(), self.slot)
    }

    /// Takes over what another in the same slot of the same record says.
    pub(super) fn merge(&mut self, later: &Self) {
        // One way that was decided is enough.
        self.undecided = match (self.counted(), later.counted()) {
            (true, true) => self.undecided.min(later.undecided),
            (false, true) => later.undecided,
            _ => self.undecided,
        };
        self.set_counted(self.counted() || later.counted());
        self.set_creation(self.creation() || later.creation());
    }
}
