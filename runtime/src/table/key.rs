//! Keys: what identifies an entity, and the order in which reports list keys.

use super::guid::Guid;
use huntc_compiler::value::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// What identifies an entity within its type (semantics.md §2). Entities with equal keys are one.
///
/// There is one for each entity of a table, so it is small.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    id: Id,
    unique: u32,
    rung: Rung,
}

/// The parts of a key. A key is always held in the first of these ways that can hold it, so that equal keys are held alike.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Id {
    Guid(Guid),
    One(Option<Value>),
    Several(Arc<Parts>),
}

#[derive(PartialEq, Eq, Hash, Debug)]
struct Parts {
    parts: Box<[Option<Value>]>,
    host: Option<Arc<str>>,
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

impl Key {
    /// The key with these parts, as reports print them; a missing one is `None`. Types whose entities are identified on each
    /// host, such as files and registry keys, have a `host` too.
    pub fn new(rung: Rung, parts: impl IntoIterator<Item = Option<Value>>, host: Option<Arc<str>>) -> Self {
        let mut parts = parts.into_iter();
        let id = match (parts.next(), parts.next()) {
            (Some(one), None) if host.is_none() => match one {
                Some(Value::Text(text)) => Guid::of(&text).map_or_else(|| Id::One(Some(Value::Text(text))), Id::Guid),
                one => Id::One(one),
            },
            (first, second) => {
                let parts = first.into_iter().chain(second).chain(parts).collect();
                Id::Several(Arc::new(Parts { parts, host }))
            }
        };
        Self { id, unique: 0, rung }
    }

    /// The key of a row of NEW and LOAD without identity, by the number of the row: such a row is an entity of its own, and FIND
    /// cannot ask for it.
    #[must_use]
    pub fn numbered(self, number: u32) -> Self {
        Self { unique: number, ..self }
    }

    /// How a process was identified. Keys of different rungs are never equal.
    pub fn rung(&self) -> Rung {
        self.rung
    }

    /// The number of a row of NEW and LOAD without identity; zero for any other key.
    pub fn unique(&self) -> u32 {
        self.unique
    }

    /// The host of a key that has one.
    pub fn host(&self) -> Option<&Arc<str>> {
        if let Id::Several(several) = &self.id { several.host.as_ref() } else { None }
    }

    /// One of its parts; `None` where it is missing.
    pub fn part(&self, at: usize) -> Option<Value> {
        match &self.id {
            Id::Guid(guid) => (at == 0).then(|| guid.value()),
            Id::One(part) => part.clone().filter(|_| at == 0),
            Id::Several(several) => several.parts.get(at).cloned().flatten(),
        }
    }

    /// All of its parts.
    pub fn parts(&self) -> Vec<Option<Value>> {
        match &self.id {
            Id::Guid(guid) => vec![Some(guid.value())],
            Id::One(part) => vec![part.clone()],
            Id::Several(several) => several.parts.to_vec(),
        }
    }

    /// Roughly how many bytes stand beside it. Texts that others hold too are not counted.
    pub(super) fn bytes_beside(&self) -> usize {
        match &self.id {
            Id::Guid(_) => 0,
            Id::One(part) => super::tuple_bytes(std::slice::from_ref(part)) - size_of::<Option<Value>>(),
            Id::Several(several) => size_of::<Parts>() + 16 + super::tuple_bytes(&several.parts),
        }
    }

    fn part_order(&self, other: &Self) -> Ordering {
        if let (Id::Guid(a), Id::Guid(b)) = (&self.id, &other.id) {
            return a.cmp(b);
        }
        let (mine, theirs) = (self.parts(), other.parts());
        let parts = mine.iter().zip(&theirs).map(|(a, b)| part_order(a.as_ref(), b.as_ref()));
        parts.fold(Ordering::Equal, Ordering::then).then_with(|| mine.len().cmp(&theirs.len()))
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
        self.part_order(other)
            .then_with(|| self.host().is_none().cmp(&other.host().is_none()))
            .then_with(|| self.host().cmp(&other.host()))
            .then_with(|| self.rung.cmp(&other.rung))
            .then_with(|| self.unique.cmp(&other.unique))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
