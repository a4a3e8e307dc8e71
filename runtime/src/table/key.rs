//! Keys: what tells entities apart, and the order that reports list them in.

use huntc_compiler::value::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// What tells an entity from others (semantics.md §2).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// How a process was told apart; keys of different rungs are never equal.
    pub rung: Rung,
    /// The parts as reports print them; a missing part is null.
    pub parts: Arc<[Option<Value>]>,
    /// Of files and registry keys: the host.
    pub host: Option<Arc<str>>,
    /// Not zero for rows of NEW and LOAD without identity: each is an entity of its own, and pivots nowhere.
    pub unique: u64,
}

/// The rungs of the process identity ladder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rung {
    /// Not a process.
    Plain,
    /// `process.entity_id`
    EntityId,
    /// Host, pid and `process.start`.
    Start,
    /// Host, pid, and the creation record before it.
    Life,
}

impl Rung {
    /// As in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "value",
            Self::EntityId => "entity_id",
            Self::Start => "host, pid, start",
            Self::Life => "host, pid, life",
        }
    }
}

/// One part before another: addresses by their text, null last.
fn part_order(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(Value::Address(a)), Some(Value::Address(b))) => a.to_string().cmp(&b.to_string()),
        (Some(a), Some(b)) => a.cmp(b),
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let parts = self.parts.iter().zip(other.parts.iter()).map(|(a, b)| part_order(a.as_ref(), b.as_ref()));
        parts
            .fold(Ordering::Equal, Ordering::then)
            .then_with(|| self.parts.len().cmp(&other.parts.len()))
            .then_with(|| self.host.cmp(&other.host))
            .then_with(|| self.rung.cmp(&other.rung))
            .then_with(|| self.unique.cmp(&other.unique))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
