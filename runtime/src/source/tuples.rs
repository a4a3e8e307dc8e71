//! Tuples: which values of some fields occur together in the records of a request, and in how many. Where a hunt asks for no
//! single record, a source that counts them spares their transport.

use super::{Column, Records};
use foldhash::HashMap;
use huntc_compiler::request::{BoundQuery, BoundRequest, FieldKinds, TupleTimes};
use huntc_compiler::time::Instant;
use std::sync::Arc;

/// What to count.
#[derive(Clone, Copy, Debug)]
pub struct TupleRequest<'a> {
    /// The records.
    pub request: &'a BoundRequest,
    /// The fields whose values make a tuple.
    pub fields: &'a [String],
    /// The type of each of these fields, and of those of the query and of `single`.
    pub kinds: &'a Arc<FieldKinds>,
    /// Those of the records that must be read one by one.
    pub single: &'a BoundQuery,
    /// Which times of the records of a tuple matter.
    pub times: TupleTimes,
    /// With fewer records than this all are read one by one.
    pub from: u64,
}

impl TupleRequest<'_> {
    /// The request for the records, with the fields of the tuples only.
    pub(super) fn of_tuples(&self) -> BoundRequest {
        BoundRequest { fields: self.fields.to_vec(), ..self.of_single() }
    }

    /// The request for the records, with the types of all fields that are named here.
    pub(super) fn of_single(&self) -> BoundRequest {
        BoundRequest { kinds: Arc::clone(self.kinds), ..self.request.clone() }
    }
}

/// The records of a request, counted. Each record is in one tuple or in `single`.
#[derive(Clone, Debug, Default)]
pub struct Tuples {
    /// Whether records were counted. If not they are so few that all were read one by one.
    pub counted: bool,
    /// A record for each tuple, with its values; numbered from 0, without times and names.
    pub records: Records,
    /// How many records have the values of each tuple.
    pub counts: Vec<u64>,
    /// Records of the tuples: at least the first of each where its time matters, and the last.
    pub seen: Records,
    /// The records that were read one by one.
    pub single: Records,
}

impl Tuples {
    /// How many records there are.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.single.len() as u64
    }

    /// Counts records whose values are known.
    pub(super) fn of(records: &Records, single: Records, times: TupleTimes) -> Self {
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
        let mut kept: Vec<usize> = match times {
            TupleTimes::None => Vec::new(),
            TupleTimes::First => ends.iter().map(|(first, _)| *first).collect(),
            TupleTimes::FirstAndLast => ends.iter().flat_map(|(first, last)| [*first, *last]).collect(),
        };
        kept.sort_unstable();
        kept.dedup();
        let seen = records.only(&kept);
        let tuples = Records { ids: (0..firsts.len() as u64).collect(), times: vec![None; firsts.len()], ..records.only(&firsts) };
        Self { counted: true, records: tuples, counts, seen, single }
    }
}

impl Records {
    /// These records, by their places.
    fn only(&self, places: &[usize]) -> Self {
        let pick = |column: &Column| {
            let mut picked = Column { dictionary: column.dictionary.clone(), codes: Vec::new(), starts: vec![0] };
            for place in places {
                picked.codes.extend(column.codes(*place));
                picked.starts.push(picked.codes.len() as u32);
            }
            picked
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
