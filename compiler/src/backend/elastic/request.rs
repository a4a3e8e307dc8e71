//! Requests: templates with holes as the dry run shows them, and bound ones as sources get them.

use super::query::{Bound, Never, Query, Range};
use crate::check::hir::{Attr, SourceRef};
use crate::plan::NodeId;
use crate::time::{Instant, MILLISECOND, Window};
use crate::value::Value;
use serde::Serialize;

/// A place in a request that an earlier node's result fills with values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Hole {
    /// The node.
    pub node: NodeId,
    /// What of it.
    pub part: HolePart,
}

/// What of a node's result fills a hole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HolePart {
    /// A part of the entities' identity, by attribute name; GUIDs in all spellings in use.
    Key(String),
    /// The hosts of per-host or ladder identities.
    Host,
    /// The values of an attribute over the rows.
    Column(Attr, String),
}

/// `{"$column":"n3.key.x_unique_id"}`
impl Serialize for Hole {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = match &self.part {
            HolePart::Key(attr) => format!("{:?}.key.{attr}", self.node),
            HolePart::Host => format!("{:?}.host", self.node),
            HolePart::Column(_, name) => format!("{:?}.{name}", self.node),
        };
        serde_json::Map::from_iter([("$column".to_owned(), serde_json::Value::String(name))]).serialize(serializer)
    }
}

/// A request with holes.
#[derive(Clone, PartialEq, Debug)]
pub struct RequestTemplate {
    /// The node that needs it.
    pub node: NodeId,
    /// Where it goes.
    pub source: SourceRef,
    /// What is asked, without the window.
    pub query: Query<Hole>,
    /// The window of `@timestamp`.
    pub window: Window,
    /// ECS fields wanted, sorted; `@timestamp` among them.
    pub fields: Vec<String>,
    /// Whether every hit counts, or hits are tested again on the returned fields.
    pub exactness: Exactness,
    /// One sentence for people: which statement, why.
    pub purpose: String,
}

/// Whether a query says exactly what the hunt asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exactness {
    /// Every hit is wanted.
    Exact,
    /// Some hits may not be wanted; the runtime tests each on the returned fields.
    Superset,
}

/// A request that can be sent: no holes are left.
#[derive(Clone, PartialEq, Debug)]
pub struct BoundRequest {
    /// What is asked, without the window.
    pub query: Query<Never>,
    /// The window of `@timestamp`: `start <= t < stop`, exact to the nanosecond; sources round to their own
    /// resolution so that nothing inside is lost, and drop what lies outside.
    pub window: Window,
    /// ECS fields wanted, sorted; `@timestamp` among them.
    pub fields: Vec<String>,
    /// Whether a first hit is enough (probes).
    pub first_only: bool,
}

/// A query with the range of its window in front; bounds in milliseconds, so that every instant inside is kept
/// (`elastic-live` servers truncate finer literals).
pub fn with_window<H>(query: Query<H>, window: Window) -> Query<H> {
    let Some(range) = window else { return query };
    // A server keeps milliseconds: an instant inside [start, stop) is floored to one in [floor(start), ceil(stop)).
    let start = Instant(range.start.0.div_euclid(MILLISECOND).saturating_mul(MILLISECOND));
    let stop = Instant::from_millis(range.stop.millis_ceil());
    let bound = |value, inclusive| Some(Bound { value: Value::Time(value), inclusive });
    Query::all([Query::Range(Range { field: "@timestamp".into(), lower: bound(start, true), upper: bound(stop, false) }), query])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::TimeRange;

    #[test]
    fn windows_are_rounded_outwards_to_milliseconds() {
        let text = |start, stop| {
            let range = TimeRange { start: Instant(start), stop: Instant(stop) };
            serde_json::to_string(&with_window::<Never>(Query::MatchAll, Some(range))).unwrap_or_default()
        };
        let whole = text(5 * MILLISECOND, 7 * MILLISECOND);
        assert_eq!(text(5 * MILLISECOND + 1, 6 * MILLISECOND + 1), whole);
        assert_eq!(text(5 * MILLISECOND + 999_999, 7 * MILLISECOND), whole);
        assert_ne!(text(6 * MILLISECOND, 7 * MILLISECOND), whole);
        assert_ne!(text(5 * MILLISECOND, 7 * MILLISECOND + 1), whole);
    }
}
