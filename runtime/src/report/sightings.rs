//! When and where the entities of a hunt were seen, as timelines and matrices show it.

use huntc_compiler::time::Instant;
use std::sync::Arc;

/// Equal parts of the time between the first sighting and the last one.
pub const BINS: u16 = 240;

/// The most hosts that have lanes of their own.
pub const MOST_HOSTS: usize = 24;

/// When and where the entities of the variables were seen.
#[derive(Clone, Debug, Default)]
pub struct SightingsReport {
    /// The first time and the last one; `None` where no sighting has a time.
    pub span: Option<(Instant, Instant)>,
    /// One for each host and variable with sightings: hosts with most sightings first, variables in the order of the statements.
    pub lanes: Vec<Lane>,
    /// How many sightings have no time.
    pub without_time: u64,
    /// Whether a source counted equal records: then only the first and the last of each kind have a place in time.
    pub counted: bool,
    /// Why there is no picture, where there could be one.
    pub missing: Option<String>,
}

/// The sightings of a variable's entities on a host.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Lane {
    pub host: LaneHost,
    /// Name of the variable; with `#2` for the second binding of a name.
    pub variable: String,
    pub entities: u64,
    pub sightings: u64,
    /// Times of the first and of the last sighting that has one.
    pub span: Option<(Instant, Instant)>,
    /// Sightings by part of the time, of [`BINS`]; parts without sightings are left out. A sighting that stands for none, as the
    /// last one of several that were counted, has a part all the same.
    pub bins: Vec<(u16, u64)>,
}

/// Where something was seen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LaneHost {
    /// `host.name` of the records.
    Named(Arc<str>),
    /// The records name no host.
    Nameless,
    /// The hunt did not ask for the host of these.
    Unread,
    /// So many hosts together, which have fewer sightings.
    More(u64),
}

impl LaneHost {
    /// As people read it. The name of a host comes from data.
    pub fn text(&self) -> String {
        match self {
            Self::Named(name) => name.to_string(),
            Self::Nameless => "(no host name)".to_owned(),
            Self::Unread => "(host not read)".to_owned(),
            Self::More(1) => "(1 more host)".to_owned(),
            Self::More(n) => format!("({n} more hosts)"),
        }
    }
}
