//! The values of sightings, each kept once: a sighting has the number of a tuple, a tuple the numbers of its values.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use huntc_compiler::value::Value;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

/// Number of a tuple in its [`Pool`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct TupleId(pub(super) u32);

/// Tuples of values. All have the same number of values.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    width: usize,
    values: Vec<Value>,
    /// For each tuple the numbers of its values, one higher than their places; 0 where there is none.
    tuples: Vec<u32>,
    /// Index and id of records.
    observations: Vec<Arc<str>>,
    /// Bytes of what stands beside the values.
    beside: usize,
}

impl Pool {
    /// The value of a tuple at a place.
    pub(super) fn value(&self, tuple: TupleId, at: usize) -> Option<&Value> {
        let start = tuple.0 as usize * self.width;
        let code = *self.tuples.get(start..start + self.width)?.get(at)?;
        self.values.get((code as usize).checked_sub(1)?)
    }

    /// The observation with this number, as a sighting has it: 0 is none.
    pub(super) fn observation(&self, number: u32) -> Option<&Arc<str>> {
        self.observations.get((number as usize).checked_sub(1)?)
    }

    /// Roughly how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let observations = size_of_val(self.observations.as_slice());
        size_of_val(self.values.as_slice()) + size_of_val(self.tuples.as_slice()) + observations + self.beside
    }
}

/// A pool that grows.
#[derive(Debug, Default)]
pub(super) struct PoolWriter {
    pool: Pool,
    hasher: RandomState,
    values: HashTable<u32>,
    tuples: HashTable<u32>,
    /// The tuple that is looked up.
    tuple: Vec<u32>,
}

impl PoolWriter {
    /// The number of a tuple, new or known.
    pub(super) fn tuple<'v>(&mut self, values: impl Iterator<Item = Option<&'v Value>>) -> TupleId {
        let mut tuple = std::mem::take(&mut self.tuple);
        tuple.clear();
        tuple.extend(values.map(|value| value.map_or(0, |value| self.value(value))));
        let number = self.number(&tuple);
        self.tuple = tuple;
        TupleId(number)
    }

    fn number(&mut self, tuple: &[u32]) -> u32 {
        let Pool { width, tuples, .. } = &mut self.pool;
        if tuple.is_empty() {
            return 0;
        }
        *width = tuple.len();
        let place = |number: u32| number as usize * tuple.len()..(number as usize + 1) * tuple.len();
        let next = (tuples.len() / tuple.len()) as u32;
        let hash = |codes: &[u32]| self.hasher.hash_one(codes);
        let known = |number: &u32| tuples.get(place(*number)) == Some(tuple);
        if let Some(known) = self.tuples.find(hash(tuple), known) {
            return *known;
        }
        self.tuples.insert_unique(hash(tuple), next, |number| hash(tuples.get(place(*number)).unwrap_or_default()));
        tuples.extend(tuple);
        next
    }

    /// The number of a value, new or known.
    fn value(&mut self, value: &Value) -> u32 {
        let Pool { values, beside, .. } = &mut self.pool;
        let hash = |value: &Value| self.hasher.hash_one(Exact(value));
        let known = |code: &u32| values.get(*code as usize - 1).is_some_and(|known| Exact(known) == Exact(value));
        if let Some(known) = self.values.find(hash(value), known) {
            return *known;
        }
        *beside += super::tuple_bytes(&[Some(value.clone())]).saturating_sub(size_of::<Option<Value>>());
        let next = values.len() as u32 + 1;
        self.values.insert_unique(hash(value), next, |code| values.get(*code as usize - 1).map_or(0, hash));
        values.push(value.clone());
        next
    }

    /// The number of an observation, which sightings have one by one.
    pub(super) fn observation(&mut self, observation: Option<&Arc<str>>) -> u32 {
        let Some(observation) = observation else { return 0 };
        self.pool.beside += if Arc::strong_count(observation) == 1 { observation.len() } else { 0 };
        self.pool.observations.push(Arc::clone(observation));
        self.pool.observations.len() as u32
    }

    /// Roughly how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.pool.bytes() + self.values.allocation_size() + self.tuples.allocation_size()
    }

    pub(super) fn finish(self) -> Pool {
        let mut pool = self.pool;
        pool.values.shrink_to_fit();
        pool.tuples.shrink_to_fit();
        pool.observations.shrink_to_fit();
        pool
    }
}

/// A value that is equal only to what prints alike: 1 and 1.0 are one number, but two values to keep.
struct Exact<'v>(&'v Value);

impl PartialEq for Exact<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (Value::Int(_), Value::Float(_)) | (Value::Float(_), Value::Int(_)) => false,
            (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| Exact(a) == Exact(b)),
            (a, b) => a == b,
        }
    }
}

impl Hash for Exact<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        // What is equal exactly is equal.
        self.0.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(tuples: &[[Option<Value>; 2]]) -> (Vec<u32>, Pool) {
        let mut writer = PoolWriter::default();
        let numbers = tuples.iter().map(|tuple| writer.tuple(tuple.iter().map(Option::as_ref)).0).collect();
        (numbers, writer.finish())
    }

    #[test]
    fn equal_tuples_have_one_number_and_values_come_back() {
        let (a, b) = (Some(Value::text("a")), Some(Value::Int(1)));
        let (numbers, pool) = kept(&[[a.clone(), b.clone()], [b.clone(), a.clone()], [a.clone(), b.clone()], [None, a.clone()]]);
        assert_eq!(numbers, [0, 1, 0, 2]);
        assert_eq!(pool.values.len(), 2);
        assert_eq!(
            [pool.value(TupleId(1), 0), pool.value(TupleId(1), 1), pool.value(TupleId(2), 0)],
            [b.as_ref(), a.as_ref(), None]
        );
        assert_eq!((pool.value(TupleId(0), 2), pool.value(TupleId(3), 0)), (None, None), "no such place, no such tuple");
    }

    /// 1 and 1.0 are equal, and print differently.
    #[test]
    fn values_that_print_differently_are_kept_apart() {
        let list = |value: Value| Some(Value::List([value].into()));
        let values =
            [Some(Value::Int(1)), Some(Value::Float(1.0)), list(Value::Int(1)), list(Value::Float(1.0)), Some(Value::text("1"))];
        let tuples: Vec<[Option<Value>; 2]> = values.iter().map(|value| [value.clone(), None]).collect();
        let (numbers, pool) = kept(&tuples);
        let shown = |number: &u32| pool.value(TupleId(*number), 0).map(|value| format!("{value:?}"));
        let written: Vec<_> = values.iter().map(|value| value.as_ref().map(|value| format!("{value:?}"))).collect();
        assert_eq!(numbers.iter().map(shown).collect::<Vec<_>>(), written);
    }

    #[test]
    fn tuples_without_values_are_one() {
        let mut writer = PoolWriter::default();
        assert_eq!([writer.tuple(std::iter::empty()), writer.tuple(std::iter::empty())], [TupleId(0); 2]);
        assert_eq!(writer.finish().value(TupleId(0), 0), None);
    }
}
