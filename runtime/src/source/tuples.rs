//! Tuples: which values of some fields occur together in the records of a request, and in how many. Where a hunt asks for no
//! single record, a source that counts them spares their transport.

use super::{Column, Records};
use foldhash::HashMap;
use huntc_compiler::catalog::SlotId;
use huntc_compiler::request::{BoundQuery, BoundRequest, FieldKinds, SlotTuples, TupleTimes};
use huntc_compiler::time::Instant;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What to count.
#[derive(Clone, Copy, Debug)]
pub struct TupleRequest<'a> {
    /// The records.
    pub request: &'a BoundRequest,
    /// The fields whose values make a tuple.
    pub fields: &'a [String],
    /// The same for each slot by itself, where it does not matter which entities stand in one record; else empty. Where a tuple
    /// is more than one value it is so counted only if each record that the source finds is certainly one of the request's.
    pub slots: &'a [SlotTuples],
    /// Whether it matters in how many records each entity stands: then the counts of what stands in several slots of a record,
    /// which are values there, are those of the records, together.
    pub counts: bool,
    /// The type of each of these fields, and of those of the query and of `single`.
    pub kinds: &'a Arc<FieldKinds>,
    /// Those of the records that must be read one by one.
    pub single: &'a BoundQuery,
    /// Which times of the records of a tuple matter.
    pub times: TupleTimes,
    /// With fewer records than this all are read one by one.
    pub from: u64,
}

/// Fields whose values make a tuple.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TupleFields<'a> {
    /// The only slot that they are about; `None` when about all of them.
    pub(crate) slot: Option<SlotId>,
    pub(crate) fields: &'a [String],
    /// Whether each value of a record is a tuple.
    pub(crate) each: bool,
}

impl<'a> TupleRequest<'a> {
    /// The request for the records, with the fields of the tuples only.
    pub(super) fn of_tuples(&self) -> BoundRequest {
        BoundRequest { fields: self.fields.to_vec(), ..self.of_single() }
    }

    /// What is counted, one after the other. `by_slot`: slot by slot, if that is enough.
    pub(super) fn counted(&self, by_slot: bool) -> Vec<TupleFields<'a>> {
        if by_slot && !self.slots.is_empty() {
            return self.slots.iter().map(|s| TupleFields { slot: Some(s.slot), fields: &s.fields, each: s.each }).collect();
        }
        vec![TupleFields { slot: None, fields: self.fields, each: false }]
    }

    /// The request for the records, with the types of all fields that are named here.
    pub(super) fn of_single(&self) -> BoundRequest {
        BoundRequest { kinds: Arc::clone(self.kinds), ..self.request.clone() }
    }
}

/// How often which values occur.
#[derive(Clone, Debug, Default)]
pub struct TupleCounts {
    /// The only slot that the values are about; `None` when about all of them.
    pub slot: Option<SlotId>,
    /// A record for each tuple, with its values; numbered from 0, without names. Their times are those of the first records where
    /// these are to be put into order, and else not told.
    pub records: Records,
    /// How many records have the values of each tuple.
    pub counts: Vec<u64>,
}

/// The records of a request, counted. Each record is in `single`, or in one tuple of each of `counts`; where each of its values
/// is a tuple, in several.
#[derive(Clone, Debug, Default)]
pub struct Tuples {
    /// How many records were counted; `None` where they are so few that all were read one by one.
    pub counted: Option<u64>,
    /// Those of all slots together, or those of each.
    pub counts: Vec<TupleCounts>,
    /// Whether the times of the tuples are cut to milliseconds: [`DataSource::seen_at`](super::DataSource::seen_at) has those within.
    pub cut: bool,
    /// Records of the tuples: at least the first of each where its time matters, and the last.
    pub seen: Records,
    /// The records that were read one by one.
    pub single: Records,
}

impl Tuples {
    /// How many records there are.
    pub fn total(&self) -> u64 {
        self.counted.unwrap_or(0) + self.single.len() as u64
    }

    /// Counts records whose values are known.
    pub(super) fn of(records: &Records, asked: &TupleRequest<'_>, single: Records) -> Self {
        let counted = Some(records.len() as u64);
        let mut tuples = Self { counted, single, ..Self::default() };
        let mut kept = BTreeSet::new();
        for wanted in asked.counted(!asked.counts) {
            let (counts, seen) = TupleCounts::of(&records.with_columns(wanted.fields), asked.times);
            tuples.counts.push(TupleCounts { slot: wanted.slot, ..counts });
            kept.extend(seen);
        }
        tuples.seen = records.only(&kept.into_iter().collect::<Vec<_>>());
        tuples
    }
}

impl TupleCounts {
    /// Counts records, and says which of them are to be seen.
    fn of(records: &Records, times: TupleTimes) -> (Self, Vec<usize>) {
        let mut places: HashMap<Vec<u32>, usize> = HashMap::default();
        let (mut firsts, mut counts, mut ends): (Vec<usize>, Vec<u64>, Vec<(usize, usize)>) = Default::default();
        let time = |record: usize| records.times.get(record).copied().flatten();
        for record in 0..records.len() {
            let mut codes = Vec::new();
            for (_, column) in &records.columns {
                codes.extend(column.codes(record));
                codes.push(u32::MAX);
            }
            let place = *places.entry(codes).or_insert(counts.len());
            if place == counts.len() {
                firsts.push(record);
                counts.push(0);
                ends.push((record, record));
            }
            counts[place] += 1;
            let (first, last) = ends[place];
            let earlier = time(record).is_some_and(|t| time(first).is_none_or(|f| t < f));
            let later = time(record).is_some_and(|t| time(last).is_none_or(|l| t > l));
            ends[place] = (if earlier { record } else { first }, if later { record } else { last });
        }
        let seen: Vec<usize> = match times {
            TupleTimes::None | TupleTimes::Order => Vec::new(),
            TupleTimes::First => ends.iter().map(|(first, _)| *first).collect(),
            TupleTimes::FirstAndLast => ends.iter().flat_map(|(first, last)| [*first, *last]).collect(),
        };
        let in_order = times == TupleTimes::Order;
        let times = ends.iter().map(|(first, _)| if in_order { time(*first) } else { None }).collect();
        let tuples = Records { ids: (0..firsts.len() as u64).collect(), times, ..records.only(&firsts) };
        (Self { slot: None, records: tuples, counts }, seen)
    }
}

impl Records {
    /// These records, with some of their columns.
    fn with_columns(&self, names: &[String]) -> Self {
        let columns = self.columns.iter().filter(|(name, _)| names.iter().any(|n| **n == **name)).cloned().collect();
        let (ids, times, observations) = (self.ids.clone(), self.times.clone(), self.observations.clone());
        Self { ids, times, observations, columns, mended: super::Mended::default() }
    }

    /// These records, by their places.
    fn only(&self, places: &[usize]) -> Self {
        let pick = |column: &Column| {
            let (codes, starts) = column.codes_of(places);
            Column { dictionary: column.dictionary.clone(), codes, starts }
        };
        let times: Vec<Option<Instant>> = places.iter().map(|place| self.times.get(*place).copied().flatten()).collect();
        Self {
            ids: places.iter().filter_map(|place| self.ids.get(*place).copied()).collect(),
            times,
            observations: places.iter().filter_map(|place| self.observations.get(*place).cloned()).collect(),
            columns: self.columns.iter().map(|(name, column)| (name.clone(), pick(column))).collect(),
            mended: super::Mended::default(),
        }
    }
}
