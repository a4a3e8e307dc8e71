//! Records to sightings: which entity stands in which slot, and whether a condition holds there.
//!
//! Every hit of a request is tested here again, slot by slot (a query cannot say *which* slot matched), so a request
//! may return more than was asked.

mod code_cache;
pub mod compare;
pub(crate) mod condition;
mod field_has;
mod identity;
mod ladder;
mod read;
#[cfg(test)]
mod tests;
mod values;
mod view;

pub use identity::{Lives, host_pids};
pub use ladder::{HostName, Hosts, Ladder};
pub use read::{Found, Hop, Link, creation_records, pivot, scan};
pub(crate) use values::typed_text;
pub use values::{as_type, normal, text_of};

use crate::table::Key;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::plan::{Attr, VarId};
use huntc_compiler::value::Value;
use rustc_hash::{FxHashMap, FxHashSet};

/// The values that references stand for.
pub type References = FxHashMap<(VarId, Attr), FxHashSet<Value>>;

/// What reading needs to know beside the records.
pub struct Reading<'a> {
    /// The tables.
    pub catalog: &'a Catalog,
    /// Where processes without entity id are told apart by host, pid and life.
    pub ladder: &'a Ladder,
    /// When processes began, for the ladder.
    pub lives: &'a Lives,
    /// What references stand for.
    pub references: &'a References,
    /// Attributes that sightings carry.
    pub columns: &'a [Attr],
}

/// What stands in a slot.
pub(crate) enum Standing {
    /// Nothing.
    Nothing,
    /// A process without identity.
    Unidentified,
    /// An entity.
    Entity(Key),
}

/// A condition could not be decided (a regular expression ran too long).
#[derive(Clone, Debug)]
pub struct Undecided(pub String);
