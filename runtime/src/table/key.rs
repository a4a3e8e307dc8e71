//! Keys: what identifies an entity, and the order in which reports list keys.

use huntc_compiler::value::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// What identifies an entity within its type (semantics.md §2). Entities with equal keys are one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// How a process was identified. Keys of different rungs are never equal.
    pub rung: Rung,
    /// The values as reports print them; a missing one is `None`.
    pub parts: Arc<[Option<Value>]>,
    /// The host; only for types whose entities are identified on each host, such as files and registry keys.
    pub host: Option<Arc<str>>,
    /// Not zero for rows of NEW and LOAD without identity. Each such row is an entity of its own, and FIND cannot ask for it.
    pub unique: u64,
}

/// The rungs of the process identity ladder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rung {
    /// Not a process: its key is that of its type.
    Plain,
    /// `process.entity_id`
    EntityId,
    /// Host, pid and `process.start`.
    Start,
    /// Host, pid, and the latest creation record before the sighting.
    Life,
}

impl Rung {
    /// The name of the rung in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "value",
            Self::EntityId => "entity_id",
            Self::Start => "host, pid, start",
            Self::Life => "host, pid, life",
        }
    }
}

/// The order of two parts: addresses by their text, null last.
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
            .then_with(|| self.host.is_none().cmp(&other.host.is_none()))
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
