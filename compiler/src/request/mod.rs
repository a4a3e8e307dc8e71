//! Requests: everything that a source has to know to answer. Templates have holes, as the dry run shows them; bound requests
//! can be sent.

mod approx;
mod field_kind;
mod json;
mod paste;
mod query;
mod template;

pub use approx::Approx;
pub use field_kind::{FieldKind, FieldKinds};
pub use paste::PastedSearch;
pub use query::{
    Bool, BoundQuery, CREATION_TYPES, Exists, Limit, Never, Query, Range, Regexp, Term, Terms, Wildcard, creation_record,
};
pub use template::{
    Exactness, Hole, HolePart, RequestForm, RequestTemplate, Requests, SlotTuples, TUPLES_PAGE, TupleForm, TupleTimes,
};

use crate::catalog::Catalog;
use crate::identifier::mac_spellings;
use crate::time::{Instant, MILLISECOND, Window};
use crate::value::Value;
use std::sync::Arc;

/// A request that can be sent: no holes are left.
#[derive(Clone, PartialEq, Debug)]
pub struct BoundRequest {
    /// What is asked, without the window.
    pub query: BoundQuery,
    /// The window of `@timestamp`: `start <= t < stop`, exact to the nanosecond; sources round to their own
    /// resolution so that nothing inside is lost, and drop what lies outside.
    pub window: Window,
    /// ECS fields wanted, sorted; `@timestamp` among them.
    pub fields: Vec<String>,
    /// The type of every field that is wanted or that the query names.
    pub kinds: Arc<FieldKinds>,
    /// Whether the times of records are wanted as they are written, beside the instants that they mean. Otherwise a source may leave
    /// out the column `@timestamp`.
    pub written_times: bool,
    /// Fields that a source may leave out.
    pub spare: Option<Arc<Spare>>,
    /// How many records are enough, where not all are wanted (probes).
    pub enough: Option<usize>,
}

/// Fields of a request that only some records need: what a process is without an entity id, nobody asks of one that has it.
#[derive(Clone, PartialEq, Debug)]
pub struct Spare {
    /// The fields may be left out where no record of the answer matches this.
    pub unless: BoundQuery,
    /// Some of the fields of the request, sorted.
    pub fields: Vec<String>,
}

impl BoundRequest {
    /// Asks for all records that match, at any time. The kinds of the fields are those of a catalog.
    pub fn of(catalog: &Catalog, query: BoundQuery, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let fields: Vec<String> = fields.into_iter().map(Into::into).collect();
        let kinds = Arc::new(FieldKinds::of(catalog, &query, &fields));
        Self { query, window: None, fields, kinds, written_times: true, spare: None, enough: None }
    }

    /// The fields whose values are read of records.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str).filter(|field| self.written_times || *field != "@timestamp")
    }
}

/// The spellings of an identifier in use: as given, lower, upper; of a MAC address each way of writing it.
pub fn spellings(value: &Value) -> Vec<Value> {
    let text = value.to_string();
    if let Some(ways) = mac_spellings(&text) {
        let mut cases: Vec<String> = ways.into_iter().flat_map(|way| [way.to_ascii_uppercase(), way]).chain([text]).collect();
        cases.sort_unstable();
        cases.dedup();
        return cases.into_iter().map(Value::text).collect();
    }
    let (lower, upper) = (text.to_ascii_lowercase(), text.to_ascii_uppercase());
    let given = (text != lower && text != upper).then_some(text);
    [lower, upper].into_iter().chain(given).map(Value::text).collect()
}

/// A query with the range of its window in front. Bounds are whole milliseconds, since some servers cut finer ones, and lie so
/// that every instant inside the window is kept.
pub fn with_window<H>(query: Query<H>, window: Window) -> Query<H> {
    let Some(range) = window else { return query };
    // A server keeps milliseconds: an instant inside [start, stop) is floored to one in [floor(start), ceil(stop)).
    let start = Instant(range.start.0.div_euclid(MILLISECOND).saturating_mul(MILLISECOND));
    let stop = Instant::from_millis(range.stop.millis_ceil());
    let limit = |value, inclusive| Some(Limit { value: Value::Time(value), inclusive });
    Query::all([Query::Range(Range { field: "@timestamp".into(), lower: limit(start, true), upper: limit(stop, false) }), query])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::TimeRange;

    #[test]
    fn windows_are_rounded_outwards_to_milliseconds() {
        let text = |start, stop| {
            let range = TimeRange::new(Instant(start), Instant(stop));
            serde_json::to_string(&with_window::<Never>(Query::MatchAll, Some(range))).unwrap_or_default()
        };
        let whole = text(5 * MILLISECOND, 7 * MILLISECOND);
        assert_eq!(text(5 * MILLISECOND + 1, 6 * MILLISECOND + 1), whole);
        assert_eq!(text(5 * MILLISECOND + 999_999, 7 * MILLISECOND), whole);
        assert_ne!(text(6 * MILLISECOND, 7 * MILLISECOND), whole);
        assert_ne!(text(5 * MILLISECOND, 7 * MILLISECOND + 1), whole);
    }
}
