//! The records that satisfy patterns of an observation expression, in the order of time.

use super::alternatives::Sieve;
use super::distinct::Numbers;
use super::effort::{Effort, Hard, Refused};
use crate::table::{Entity, Sighting, Table, TupleId};
use foldhash::{HashMap, HashSet};
use huntc_compiler::catalog::ValueType;
use huntc_compiler::plan::{Attr, identifier};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::sync::Arc;

/// The most combinations of values that are told apart for one BY: a record may have many values in each of its fields.
const MOST_COMBINATIONS: usize = 5_000_000;

/// A record that satisfies patterns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Candidate {
    pub(super) time: Instant,
    pub(super) record: u64,
    /// Which patterns: a number in [`Candidates::kinds`].
    pub(super) kind: u32,
    /// Its values in the fields of BY: a number in [`Candidates::values`].
    pub(super) values: u32,
}

/// All of them, each once, by time.
#[derive(Default)]
pub(super) struct Candidates {
    pub(super) all: Vec<Candidate>,
    pub(super) kinds: Kinds,
    /// For each field the codes of the values.
    values: Vec<Vec<Vec<u32>>>,
}

/// Sets of patterns, each once.
#[derive(Default)]
pub(super) struct Kinds {
    pub(super) sets: Vec<Numbers>,
    numbers: HashMap<Numbers, u32>,
}

impl Kinds {
    fn number(&mut self, set: Numbers) -> u32 {
        let next = self.sets.len() as u32;
        *self.numbers.entry(set).or_insert_with(|| {
            self.sets.push(set);
            next
        })
    }

    /// The patterns of a kind.
    pub(super) fn get(&self, kind: u32) -> Numbers {
        self.sets.get(kind as usize).copied().unwrap_or(0)
    }
}

/// For each number of [`Candidate::values`] the numbers of the combinations of values that it has in some fields. Records with
/// one of them in common have a value in common in each of the fields.
pub(super) type Combinations = Vec<Vec<u32>>;

impl Candidates {
    /// Reads tables: for each pattern those of all sources. Sightings that do not count, or without a time, are none.
    pub(super) fn read(inputs: &[Arc<Table>], sources: usize, fields: &[&Attr], effort: &Effort<'_>) -> Result<Self, Refused> {
        let mut memory = effort.allowance.lend("the records of an observation expression");
        let mut intern = Intern::new(fields);
        let mut found: Vec<Candidate> = Vec::new();
        for (input, table) in inputs.iter().enumerate() {
            let pattern = (input / sources.max(1)) as u32;
            let places: Vec<Option<usize>> = fields.iter().map(|f| table.columns.iter().position(|c| c == *f)).collect();
            let mut known: HashMap<(u32, TupleId), u32> = HashMap::default();
            let sightings = table.entities().flat_map(|entity| entity.counted().map(move |sighting| (entity, sighting)));
            for (entity, sighting) in sightings {
                let (Some(time), Some(record)) = (sighting.time(), sighting.record()) else { continue };
                let values = if fields.is_empty() {
                    0
                } else {
                    *known.entry(entity.tuple(&sighting)).or_insert_with(|| intern.tuple(&entity, &sighting, &places))
                };
                effort.spend(1)?;
                if found.len() == found.capacity() {
                    memory.grow(found.len().max(1024) * 2 * size_of::<Candidate>())?;
                }
                found.push(Candidate { time, record, kind: pattern, values });
            }
        }
        found.sort_unstable();
        let mut kinds = Kinds::default();
        let mut all: Vec<Candidate> = Vec::new();
        for group in found.chunk_by(|a, b| (a.time, a.record) == (b.time, b.record)) {
            let set = group.iter().fold(0, |set, one| set | Numbers::from(1_u8).checked_shl(one.kind).unwrap_or(0));
            all.extend(group.first().map(|one| Candidate { kind: kinds.number(set), ..*one }));
        }
        all.shrink_to_fit();
        memory.grow(all.len() * (size_of::<Candidate>() + size_of::<Numbers>()))?;
        Ok(Self { all, kinds, values: intern.tuples })
    }

    /// The combinations of values in some of the fields.
    pub(super) fn combinations(&self, fields: &[usize], effort: &Effort<'_>) -> Result<Combinations, Refused> {
        let mut numbers: HashMap<Vec<u32>, u32> = HashMap::default();
        let (mut out, mut total) = (Vec::with_capacity(self.values.len()), 0_usize);
        for values in &self.values {
            let mut rows: Vec<Vec<u32>> = vec![Vec::new()];
            for field in fields {
                let codes = values.get(*field).map_or(&[][..], Vec::as_slice);
                if rows.len().saturating_mul(codes.len()) > MOST_COMBINATIONS {
                    return Err(Hard::Groups.into());
                }
                rows = rows.iter().flat_map(|row| codes.iter().map(|code| [row.as_slice(), &[*code]].concat())).collect();
                effort.spend(rows.len())?;
            }
            total += rows.len();
            if total > MOST_COMBINATIONS {
                return Err(Hard::Groups.into());
            }
            let number = |row: Vec<u32>, numbers: &mut HashMap<Vec<u32>, u32>| {
                let next = numbers.len() as u32;
                *numbers.entry(row).or_insert(next)
            };
            out.push(rows.into_iter().map(|row| number(row, &mut numbers)).collect());
        }
        Ok(out)
    }

    /// Takes patterns from records that do not fulfil a condition on single records.
    pub(super) fn sift(&mut self, sieves: &[Sieve], effort: &Effort<'_>) -> Result<(), Refused> {
        if sieves.is_empty() {
            return Ok(());
        }
        // The patterns that are excluded are no others' business, so what one condition takes away no other one looks at.
        let mut left: Vec<Numbers> = self.all.iter().map(|one| self.kinds.get(one.kind)).collect();
        for sieve in sieves {
            match sieve {
                Sieve::Has { patterns, fields } => {
                    let whole = |values: &Vec<Vec<u32>>| fields.iter().all(|f| values.get(*f).is_some_and(|v| !v.is_empty()));
                    let whole: Vec<bool> = self.values.iter().map(whole).collect();
                    for (one, set) in self.all.iter().zip(&mut left) {
                        if !whole.get(one.values as usize).is_some_and(|w| *w) {
                            *set &= !patterns;
                        }
                    }
                }
                Sieve::Unfollowed { patterns, absent, nanos, fields } => {
                    self.unfollowed(&mut left, *patterns, (*absent, *nanos), fields, effort)?;
                }
            }
        }
        let mut kinds = Kinds::default();
        for (one, set) in self.all.iter_mut().zip(left) {
            one.kind = kinds.number(set);
        }
        self.kinds = kinds;
        Ok(())
    }

    fn unfollowed(
        &self,
        left: &mut [Numbers],
        patterns: Numbers,
        (absent, nanos): (usize, i64),
        fields: &[usize],
        effort: &Effort<'_>,
    ) -> Result<(), Refused> {
        let combinations = self.combinations(fields, effort)?;
        let of = |one: &Candidate| combinations.get(one.values as usize).map_or(&[][..], Vec::as_slice);
        // From the last record to the first: for each combination the two earliest so far, since a record does not follow itself.
        let mut next: HashMap<u32, [Option<(Instant, u64)>; 2]> = HashMap::default();
        for instant in self.all.iter().zip(left).collect::<Vec<_>>().chunk_by_mut(|a, b| a.0.time == b.0.time).rev() {
            for (one, _) in instant.iter() {
                if self.kinds.get(one.kind) & (1 << absent) != 0 {
                    for combination in of(one) {
                        effort.spend(1)?;
                        let [first, second] = next.entry(*combination).or_default();
                        (*second, *first) = (*first, Some((one.time, one.record)));
                    }
                }
            }
            for (one, set) in instant.iter_mut().filter(|(_, set)| **set & patterns != 0) {
                effort.spend(of(one).len())?;
                let follows = |(time, record): &(Instant, u64)| *record != one.record && *time <= one.time.plus(nanos);
                let mut after = of(one).iter().filter_map(|combination| next.get(combination)).flatten().flatten();
                if of(one).is_empty() || after.any(follows) {
                    **set &= !patterns;
                }
            }
        }
        Ok(())
    }
}

/// Gives values numbers.
struct Intern {
    /// Of each field, the numbers of its values, and whether they are identifiers.
    fields: Vec<(HashMap<Value, u32>, bool)>,
    tuples: Vec<Vec<Vec<u32>>>,
    numbers: HashMap<Vec<Vec<u32>>, u32>,
}

impl Intern {
    fn new(fields: &[&Attr]) -> Self {
        let identifies = |attr: &&Attr| matches!(attr, Attr::Record(field) if ValueType::is_identifier(field.ty));
        let fields: Vec<_> = fields.iter().map(|attr| (HashMap::default(), identifies(attr))).collect();
        // Without fields all records have the same values: none.
        let tuples = if fields.is_empty() { vec![Vec::new()] } else { Vec::new() };
        Self { fields, tuples, numbers: HashMap::default() }
    }

    /// The number of what a sighting has in the fields, which stand at these places of its values.
    fn tuple(&mut self, entity: &Entity<'_>, sighting: &Sighting, places: &[Option<usize>]) -> u32 {
        let mut tuple = Vec::with_capacity(places.len());
        for (place, (numbers, identifies)) in places.iter().zip(&mut self.fields) {
            let value = place.and_then(|at| entity.held(sighting, at));
            let values: HashSet<&Value> = match value {
                None => HashSet::default(),
                Some(Value::List(items)) => items.iter().collect(),
                Some(one) => std::iter::once(one).collect(),
            };
            let mut number = |value: &Value| {
                let value = if *identifies { comparable(value) } else { value.clone() };
                let next = numbers.len() as u32;
                *numbers.entry(value).or_insert(next)
            };
            let mut codes: Vec<u32> = values.into_iter().map(&mut number).collect();
            codes.sort_unstable();
            codes.dedup();
            tuple.push(codes);
        }
        let next = self.tuples.len() as u32;
        *self.numbers.entry(tuple).or_insert_with_key(|tuple| {
            self.tuples.push(tuple.clone());
            next
        })
    }
}

/// An identifier as it is compared: GUIDs, hashes and MACs in one case (semantics.md §2).
fn comparable(value: &Value) -> Value {
    match value {
        Value::Text(text) if identifier::folds_case(text) => Value::text(text.to_ascii_lowercase()),
        other => other.clone(),
    }
}
