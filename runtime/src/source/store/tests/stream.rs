//! Records that come in parts are those that come together.

use super::{request, store_with, tiny_limits};
use crate::source::{DataSource, FetchContext, Records, Sink, SourceError};
use huntc_compiler::request::{BoundRequest, Query, Spare};
use huntc_compiler::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What came: the parts of the last reading that was begun, and how many ended.
#[derive(Default)]
struct Parts {
    parts: Vec<Records>,
    ends: usize,
}

impl Sink for Parts {
    fn begin(&mut self) {
        self.parts.clear();
    }

    fn take(&mut self, records: Records) -> Result<(), SourceError> {
        self.parts.push(records);
        Ok(())
    }

    fn end(&mut self) -> Result<(), SourceError> {
        self.ends += 1;
        Ok(())
    }
}

/// The values of each record in the fields of the request, by its id.
fn values(parts: &[Records], request: &BoundRequest) -> BTreeMap<u64, String> {
    let mut all = BTreeMap::new();
    for records in parts {
        for (row, id) in records.ids.iter().enumerate() {
            let of =
                |field: &String| records.column(field).map(|column| column.values(row).collect::<Vec<_>>()).unwrap_or_default();
            let values: Vec<_> = request.fields.iter().map(of).collect();
            let old = all.insert(*id, format!("{:?} {values:?}", records.times[row]));
            assert_eq!(old, None, "{id} came twice");
        }
    }
    all
}

fn log() -> String {
    let line = |n: u32| {
        // Of every seventh record the process has no id.
        let id = if n.is_multiple_of(7) { String::new() } else { format!(r#""entity_id":"e{}","#, n % 5) };
        format!(r#"{{"@timestamp":"2026-01-01T00:{:02}:00Z","process":{{{id}"pid":{},"name":"p{}"}}}}"#, n % 50, n % 3, n % 4)
            + "\n"
    };
    (0..100).map(line).collect()
}

#[test]
fn parts_together_are_the_answer() {
    let store = store_with(log().as_bytes(), &tiny_limits()).0;
    let context = FetchContext::default();
    for (query, most) in
        [(Query::MatchAll, 1), (Query::MatchAll, 10), (Query::term("process.pid", Value::Int(1)), 7), (Query::MatchNone, 5)]
    {
        let request = request(query, None, &["process.entity_id", "process.pid", "process.name"]);
        let mut sink = Parts::default();
        store.streamed(&request, &context, &mut sink, most).unwrap();
        let together = store.fetch(&request, &context).unwrap();
        assert_eq!((values(&sink.parts, &request), sink.ends), (values(&[together], &request), 1));
        assert!(!sink.parts.is_empty(), "at least one part comes, though it is empty");
        assert!(sink.parts.iter().all(|part| part.len() <= most.max(3)));
    }
}

#[test]
fn written_times_come_only_where_they_are_wanted() {
    let store = store_with(log().as_bytes(), &tiny_limits()).0;
    let all = request(Query::MatchAll, None, &["@timestamp", "process.pid"]);
    let fewer = BoundRequest { written_times: false, ..all.clone() };
    let [all, fewer] = [all, fewer].map(|request| store.fetch(&request, &FetchContext::default()).unwrap());
    assert!(all.column("@timestamp").is_some() && fewer.column("@timestamp").is_none());
    assert!(!all.is_empty() && (all.ids, all.times) == (fewer.ids, fewer.times));
}

#[test]
fn fields_are_spared_only_where_no_record_of_a_part_needs_them() {
    let store = store_with(log().as_bytes(), &tiny_limits()).0;
    let unless = Query::all_but(Query::MatchAll, Query::exists("process.entity_id"));
    let spare = Some(Arc::new(Spare { unless, fields: vec!["process.name".to_owned()] }));
    let request = BoundRequest { spare, ..request(Query::MatchAll, None, &["process.entity_id", "process.name", "process.pid"]) };
    let mut sink = Parts::default();
    store.streamed(&request, &FetchContext::default(), &mut sink, 1).unwrap();
    let mut seen = [0, 0];
    for part in &sink.parts {
        let ids = part.column("process.entity_id").unwrap();
        let needed = (0..part.len()).any(|row| ids.values(row).next().is_none());
        assert_eq!(part.column("process.name").is_some(), needed);
        assert!(part.column("process.pid").is_some());
        seen[usize::from(needed)] += 1;
    }
    assert!(seen.iter().all(|parts| *parts > 0), "{seen:?}");
}
