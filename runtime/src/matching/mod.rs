//! From records to sightings: which entity each slot of a record holds, and whether a condition holds there.
//!
//! Every record that a request returns is tested again here, slot by slot, because a query cannot say *which* slot
//! matched. So a request may return more records than match.

mod code_cache;
pub mod compare;
pub(crate) mod condition;
mod field_has;
mod holds;
mod identity;
mod ladder;
mod read;
#[cfg(test)]
mod tests;
mod values;
mod view;

pub use holds::Holds;
pub use identity::{Lives, host_pids};
pub use ladder::{HostName, Hosts, Ladder};
pub use read::{Found, Hop, Link, Mark, creation_records, pivot, scan};
pub use values::{as_type, normal, text_of};
pub(crate) use values::{typed, typed_text};

use crate::allowance::{Allowance, Spent};
use crate::table::Key;
use foldhash::{HashMap, HashSet};
use huntc_compiler::catalog::{Catalog, SlotId};
use huntc_compiler::plan::{Attr, VarId};
use huntc_compiler::value::Value;

/// The values of each column of a variable that a condition refers to.
pub type References = HashMap<(VarId, Attr), HashSet<Value>>;

/// What reading records depends on beside the records.
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Reading<'a> {
    pub catalog: &'a Catalog,
    /// The only slot that GET looks at; `None` for all that it looks at.
    pub slot: Option<SlotId>,
    /// Where processes without entity id are told apart by host, pid and life.
    pub ladder: &'a Ladder,
    /// When processes began, for the ladder.
    pub lives: &'a Lives,
    pub references: &'a References,
    /// The attributes whose values sightings keep, in this order.
    pub columns: &'a [Attr],
    /// What the hunt may use of time and memory.
    pub allowance: &'a Allowance,
}

/// What a slot of a record holds.
pub(crate) enum Standing {
    Nothing,
    /// A process without an identity: it has values, but no entity id, and no key on the ladder.
    Unidentified,
    Entity(Key),
}

/// A condition that cannot be decided at all: its expression cannot be made ready. Holds the reason.
#[derive(Clone, Debug)]
pub struct Undecidable(pub String);

/// Why reading ended before the last record.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the variants are what they are called")]
pub enum Unread {
    Undecidable(Undecidable),
    Spent(Spent),
}

impl From<Undecidable> for Unread {
    fn from(reason: Undecidable) -> Self {
        Self::Undecidable(reason)
    }
}

impl From<Spent> for Unread {
    fn from(spent: Spent) -> Self {
        Self::Spent(spent)
    }
}
