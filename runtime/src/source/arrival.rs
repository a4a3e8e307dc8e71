//! Windows of the time of arrival: a night that looks at when records came misses none that came late.

use super::evidence::{RecordDocuments, WantedRecord};
use super::{DataSource, FetchContext, Records, Sample, Sink, SourceError, Tally, TallyRequest};
use huntc_compiler::catalog::FieldType;
use huntc_compiler::request::{BoundQuery, BoundRequest, Limit, Query, Range};
use huntc_compiler::time::{Instant, MILLISECOND, RangeClock, TimeRange};
use huntc_compiler::value::Value;
use std::borrow::Cow;
use std::sync::Arc;

const TIME: &str = "@timestamp";

/// A source that keeps in a field when each record arrived. Windows of that clock become conditions on the field; all
/// others stay what they are.
pub struct ArrivalSource {
    source: Arc<dyn DataSource>,
    clock: String,
}

impl ArrivalSource {
    /// `clock` is the field.
    pub fn new(source: Arc<dyn DataSource>, clock: String) -> Self {
        Self { source, clock }
    }

    /// The request with its window of arrival as a condition.
    fn conditioned<'r>(&self, request: &'r BoundRequest) -> Cow<'r, BoundRequest> {
        let Some(range) = request.window.filter(|range| range.clock == RangeClock::Arrival) else { return Cow::Borrowed(request) };
        let kinds = request.kinds.and(&self.clock, FieldType::Date).and(TIME, FieldType::Date);
        let query = Query::all([arrived(&self.clock, range), request.query.clone()]);
        Cow::Owned(BoundRequest { query, window: None, kinds: Arc::new(kinds), ..request.clone() })
    }
}

/// The records that arrived in a range, widened to whole milliseconds.
fn arrived(clock: &str, range: TimeRange) -> BoundQuery {
    let start = Instant(range.start.0.div_euclid(MILLISECOND).saturating_mul(MILLISECOND));
    let stop = Instant::from_millis(range.stop.millis_ceil());
    let limit = |value, inclusive| Some(Limit { value: Value::Time(value), inclusive });
    let within =
        |field: &str| Query::Range(Range { field: field.to_owned(), lower: limit(start, true), upper: limit(stop, false) });
    Query::any([within(clock), Query::all_but(within(TIME), Query::exists(clock))])
}

impl DataSource for ArrivalSource {
    fn fetch(&self, request: &BoundRequest, context: &FetchContext) -> Result<Records, SourceError> {
        self.source.fetch(&self.conditioned(request), context)
    }

    fn stream(&self, request: &BoundRequest, context: &FetchContext, sink: &mut dyn Sink) -> Result<(), SourceError> {
        self.source.stream(&self.conditioned(request), context, sink)
    }

    fn count(&self, request: &BoundRequest, context: &FetchContext) -> Result<u64, SourceError> {
        self.source.count(&self.conditioned(request), context)
    }

    fn sample(&self, request: &BoundRequest, most: usize, context: &FetchContext) -> Result<Sample, SourceError> {
        self.source.sample(&self.conditioned(request), most, context)
    }

    fn tally(&self, asked: &TallyRequest<'_>, context: &FetchContext) -> Result<Tally, SourceError> {
        let request = self.conditioned(asked.request);
        self.source.tally(&TallyRequest { request: &request, clock: Some(&self.clock), ..*asked }, context)
    }

    fn passed_over(&self) -> Vec<(String, &'static str)> {
        self.source.passed_over()
    }

    fn indices(&self) -> Vec<String> {
        self.source.indices()
    }

    fn moment(&self) -> u64 {
        self.source.moment()
    }

    fn documents(&self, wanted: &[WantedRecord], context: &FetchContext) -> Result<RecordDocuments, SourceError> {
        self.source.documents(wanted, context)
    }

    fn location(&self) -> String {
        self.source.location()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::source::store::Store;
    use huntc_compiler::catalog::Catalog;

    const RECORDS: &str = r#"{"@timestamp":"2026-01-01T00:00:00Z","event":{"ingested":"2026-01-03T00:00:00.5Z"},"process":{"pid":1}}
{"@timestamp":"2026-01-03T00:00:00Z","event":{"ingested":"2026-01-04T00:00:00Z"},"process":{"pid":2}}
{"@timestamp":"2026-01-03T00:00:00Z","process":{"pid":3}}
"#;

    #[test]
    fn a_window_of_arrival_has_late_records_and_one_of_events_has_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.ndjson");
        std::fs::write(&file, RECORDS).unwrap();
        let source = ArrivalSource::new(Arc::new(Store::from_paths(&[file]).unwrap().0), "event.ingested".to_owned());
        let pids = |range: TimeRange| {
            let mut request = BoundRequest::of(Catalog::builtin(), Query::MatchAll, ["process.pid"]);
            request.window = Some(range);
            let context = FetchContext::default();
            let records = source.fetch(&request, &context).unwrap();
            assert_eq!(source.count(&request, &context).unwrap(), records.len() as u64);
            let asked = TallyRequest { request: &request, by: "process.pid", most: 9, clock: None };
            assert_eq!(source.tally(&asked, &context).unwrap().records, records.len() as u64);
            let column = records.column("process.pid").unwrap();
            let mut pids: Vec<String> = (0..records.len()).map(|row| format!("{:?}", column.values(row).next())).collect();
            pids.sort();
            pids.iter().map(|pid| pid.trim_matches(|c: char| !c.is_ascii_digit()).to_owned()).collect::<Vec<_>>().join(" ")
        };
        let (start, stop) = (Instant::parse("2026-01-03T00:00:00Z").unwrap(), Instant::parse("2026-01-03T12:00:00Z").unwrap());
        assert_eq!(pids(TimeRange::of_arrival(start, stop)), "1 3");
        assert_eq!(pids(TimeRange::new(start, stop)), "2 3");
    }
}
