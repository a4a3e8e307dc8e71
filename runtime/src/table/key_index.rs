//! Finding keys by their hash, where the keys themselves stand in a list: a table has one for each of its entities.

use super::Key;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// The places of keys in a list. Whoever asks answers `at`: the key at a place of the list.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyIndex {
    hasher: RandomState,
    places: HashTable<u32>,
}

impl KeyIndex {
    /// The place of a key.
    pub(super) fn find<'k>(&self, key: &Key, at: impl Fn(u32) -> Option<&'k Key>) -> Option<u32> {
        self.places.find(self.hasher.hash_one(key), |place| at(*place) == Some(key)).copied()
    }

    /// Adds a place of the list. Its key must not be there.
    pub(super) fn insert<'k>(&mut self, place: u32, at: impl Fn(u32) -> Option<&'k Key>) {
        let hash = |place: &u32| at(*place).map_or(0, |key| self.hasher.hash_one(key));
        self.places.insert_unique(hash(&place), place, hash);
    }

    /// Roughly how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.places.allocation_size()
    }
}
