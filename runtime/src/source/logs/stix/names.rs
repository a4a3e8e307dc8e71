//! RecordNames of records: two observations of one id and version are one, unless they say different things.

use super::observation::Observation;
use crate::source::repair::Flaw;
use foldhash::fast::RandomState;
use foldhash::{HashMap, HashMapExt as _};
use std::hash::BuildHasher as _;

/// The most names that are remembered.
const MOST: usize = 2 << 20;

/// The names so far.
pub(super) struct RecordNames {
    /// For each id and version: what was said first, and how many observations have said something else.
    known: HashMap<u64, (u64, u32)>,
    secret: RandomState,
}

impl Default for RecordNames {
    fn default() -> Self {
        Self { known: HashMap::new(), secret: RandomState::default() }
    }
}

impl RecordNames {
    /// Gives an observation that says something else under a name which was given before a name of its own.
    pub(super) fn name(&mut self, observation: &mut Observation, text: &[u8]) {
        let Some(id) = &mut observation.id else { return };
        let content = self.secret.hash_one(text);
        let (room, key) = (self.known.len() < MOST, self.secret.hash_one((&*id, observation.version)));
        match self.known.get_mut(&key) {
            Some((first, _)) if *first == content => {}
            Some((_, others)) => {
                *others += 1;
                *id = format!("{id} ({})", *others + 1);
                observation.flaw = observation.flaw.or(Some(Flaw::SameId));
            }
            None if room => _ = self.known.insert(key, (content, 0)),
            None => {}
        }
    }
}
