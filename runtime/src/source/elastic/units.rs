//! Units of a long reading: ranges of time with about as many records each. They are read side by side, and each can be read
//! again alone, also under another point in time.

use super::columns::RecordsBuilder;
use huntc_compiler::time::Instant;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The field of the time.
pub(super) const TIME: &str = "@timestamp";

/// The units of a reading; none before it is planned.
#[derive(Default)]
pub(super) struct Units {
    pub(super) all: Vec<Unit>,
    /// How many records all of them have.
    pub(super) total: u64,
    /// Set when the records cannot be told apart by their time.
    pub(super) useless: bool,
}

/// A part of the records.
pub(super) struct Unit {
    /// The condition on the time alone.
    pub(super) range: Json,
    pub(super) query: Box<RawValue>,
    done: Mutex<Option<u64>>,
}

impl Unit {
    /// How many records it has, once they were read and given on.
    pub(super) fn done(&self) -> MutexGuard<'_, Option<u64>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The condition that a time is in this range.
pub(super) fn between(start: Option<Instant>, stop: Option<Instant>) -> Json {
    let mut limits = json!({"format": "strict_date_optional_time"});
    for (key, limit) in [("gte", start), ("lt", stop)] {
        if let Some(limit) = limit {
            limits[key] = json!(limit.to_string());
        }
    }
    json!({"range": {TIME: limits}})
}

/// A unit that was read: how many records it has, and these.
pub(super) type Ready<'u> = (&'u Unit, u64, RecordsBuilder);

impl Units {
    /// Units of the records that `query` finds: one for each time between two cuts, and one for records without time.
    pub(super) fn between(query: &RawValue, cuts: &BTreeSet<Instant>, total: u64) -> serde_json::Result<Self> {
        let starts = std::iter::once(None).chain(cuts.iter().map(Some));
        let stops = cuts.iter().map(Some).chain(std::iter::once(None));
        let ranges = starts.zip(stops).map(|(start, stop)| between(start.copied(), stop.copied()));
        let untimed = json!({"bool": {"must_not": [{"exists": {"field": TIME}}]}});
        let unit = |range: Json| {
            let query = serde_json::value::to_raw_value(&json!({"bool": {"filter": [query, range]}}))?;
            Ok(Unit { range, query, done: Mutex::new(None) })
        };
        Ok(Self { all: ranges.chain([untimed]).map(unit).collect::<serde_json::Result<_>>()?, total, useless: false })
    }

    pub(super) fn are_planned(&self) -> bool {
        !self.all.is_empty()
    }

    /// How many records were read.
    pub(super) fn seen(&self) -> u64 {
        self.all.iter().filter_map(|unit| *unit.done()).sum()
    }
}
