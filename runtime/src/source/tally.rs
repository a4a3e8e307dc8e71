//! Figures about the records of a request: how many there are, when the newest one was, and how they spread over the values
//! of a field. Nights know by them how their sources are.

use super::document_time::of_scalar;
use super::{Column, Scalar};
use huntc_compiler::request::BoundRequest;
use huntc_compiler::time::Instant;
use std::collections::BTreeMap;

/// What to count.
#[derive(Clone, Copy, Debug)]
pub struct TallyRequest<'a> {
    /// The records. Its fields are `by` and, if there is one, `clock`.
    pub request: &'a BoundRequest,
    /// The field whose values are told apart.
    pub by: &'a str,
    /// The most values to name.
    pub most: usize,
    /// The field with the time of a record; where it is absent, and without one, `@timestamp`.
    pub clock: Option<&'a str>,
}

/// The figures.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// The number of records.
    pub records: u64,
    /// The time of the newest record. `None` without records.
    pub newest: Option<Instant>,
    /// The figures for each value, sorted by value; a record with several counts for each. `None` when the source cannot
    /// count them.
    pub values: Option<Vec<TalliedValue>>,
    /// Whether there are more values than are named.
    pub more: bool,
    /// Why times cannot be compared, so that `newest` is not known.
    pub untimed: Option<String>,
}

/// The figures for one value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TalliedValue {
    /// The value as text.
    pub value: String,
    /// The number of records that have it.
    pub records: u64,
    /// The time of the newest one.
    pub newest: Option<Instant>,
}

impl Tally {
    /// The figures about records whose times and values are known.
    pub(super) fn of(times: &[Instant], clock: Option<&Column>, values: &Column, most: usize) -> Self {
        let mut known: BTreeMap<String, TalliedValue> = BTreeMap::new();
        let mut tally = Self { records: times.len() as u64, ..Self::default() };
        for (row, time) in times.iter().enumerate() {
            let clocked = clock.and_then(|clock| clock.values(row).filter_map(of_scalar).max());
            let time = Some(clocked.unwrap_or(*time));
            tally.newest = tally.newest.max(time);
            for value in values.values(row).map(text) {
                match known.get_mut(&value) {
                    Some(known) => {
                        known.records += 1;
                        known.newest = known.newest.max(time);
                    }
                    None => _ = known.insert(value.clone(), TalliedValue { value, records: 1, newest: time }),
                }
            }
        }
        tally.values = Some(known.into_values().collect());
        tally.cut(most)
    }

    /// The figures of two parts of a source.
    pub(super) fn and(self, other: Self, most: usize) -> Self {
        let values = self.values.zip(other.values).map(|(values, more)| {
            let mut all: BTreeMap<String, TalliedValue> = values.into_iter().map(|v| (v.value.clone(), v)).collect();
            for value in more {
                match all.get_mut(&value.value) {
                    Some(known) => {
                        known.records += value.records;
                        known.newest = known.newest.max(value.newest);
                    }
                    None => _ = all.insert(value.value.clone(), value),
                }
            }
            all.into_values().collect()
        });
        Self {
            records: self.records + other.records,
            newest: self.newest.max(other.newest),
            values,
            more: self.more || other.more,
            untimed: self.untimed.or(other.untimed),
        }
        .cut(most)
    }

    /// Keeps the values that most records have.
    pub(super) fn cut(mut self, most: usize) -> Self {
        if let Some(values) = self.values.as_mut().filter(|values| values.len() > most) {
            self.more = true;
            values.sort_by(|a, b| (b.records, &a.value).cmp(&(a.records, &b.value)));
            values.truncate(most);
            values.sort_by(|a, b| a.value.cmp(&b.value));
        }
        self
    }
}

fn text(value: &Scalar) -> String {
    match value {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::Text(text) => text.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::source::combined::CombinedSource;
    use crate::source::store::Store;
    use crate::source::{DataSource, FetchContext};
    use huntc_compiler::catalog::Catalog;
    use huntc_compiler::request::Query;
    use huntc_compiler::time::TimeRange;
    use std::fs;
    use std::sync::Arc;

    /// A store of records: second, second of arrival, host.
    fn store(records: &[(i64, Option<i64>, &str)]) -> Arc<dyn DataSource> {
        let folder = tempfile::tempdir().unwrap();
        let time = |second: &i64| Instant::from_millis(second * 1_000).to_string();
        let line = |(at, arrival, host): &(i64, Option<i64>, &str)| {
            let event = arrival.map_or_else(String::new, |a| format!("\"event\":{{\"ingested\":\"{}\"}},", time(&a)));
            format!("{{\"@timestamp\":\"{}\",{event}\"host\":{{\"name\":\"{host}\"}}}}\n", time(at))
        };
        let file = folder.path().join("a.ndjson");
        fs::write(&file, records.iter().map(line).collect::<String>()).unwrap();
        Arc::new(Store::from_paths(&[file]).unwrap().0)
    }

    fn tally(source: &dyn DataSource, clock: Option<&str>, most: usize, stop: i64) -> (u64, i64, String, bool) {
        let fields = ["host.name"].into_iter().chain(clock);
        let mut request = BoundRequest::of(Catalog::builtin(), Query::MatchAll, fields);
        request.window = Some(TimeRange::new(Instant(0), Instant::from_millis(stop * 1_000)));
        let asked = TallyRequest { request: &request, by: "host.name", most, clock };
        let found = source.tally(&asked, &FetchContext::default()).unwrap();
        let second = |time: Option<Instant>| time.map_or(-1, |t| t.millis_floor() / 1_000);
        let values = found.values.unwrap();
        let values = values.iter().map(|v| format!("{} {} {}", v.value, v.records, second(v.newest)));
        (found.records, second(found.newest), values.collect::<Vec<_>>().join(", "), found.more)
    }

    #[test]
    fn records_and_hosts_of_a_window() {
        let parts =
            [store(&[(1, None, "a"), (2, Some(9), "b"), (3, None, "a")]), store(&[(4, None, "c"), (5, None, "b"), (6, None, "b")])];
        let both = CombinedSource::new(parts.to_vec());
        assert_eq!(tally(&both, None, 9, 10), (6, 6, "a 2 3, b 3 6, c 1 4".to_owned(), false));
        assert_eq!(tally(&both, None, 2, 10), (6, 6, "a 2 3, b 3 6".to_owned(), true));
        assert_eq!(tally(&both, None, 9, 3), (2, 2, "a 1 1, b 1 2".to_owned(), false), "records outside of the window");
        assert_eq!(tally(&both, Some("event.ingested"), 9, 10), (6, 9, "a 2 3, b 3 9, c 1 4".to_owned(), false));
        assert_eq!(tally(&both, None, 9, 1), (0, -1, String::new(), false));
    }
}
