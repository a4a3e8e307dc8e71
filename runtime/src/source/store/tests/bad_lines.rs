//! Lines that are no records are counted and named, never dropped silently.

use super::{ids, request, store_of, store_with, tiny_limits, values};
use crate::source::logs::BadReason::{self, *};
use crate::source::{DataSource, FetchContext, Scalar};
use huntc_compiler::request::Query;

const T: &str = r#""@timestamp":"2020-01-01T00:00:00.000Z""#;

fn reason(line: &[u8]) -> Option<BadReason> {
    // The first line is a record, so that the format is recognised as lines.
    let (store, report) = store_with(&[format!("{{{T}}}\n").as_bytes(), line, b"\n"].concat(), &tiny_limits());
    assert_eq!(store.len() + report.bad_total, 2, "{}", String::from_utf8_lossy(line));
    assert_eq!(report.records, store.len());
    report.bad.first().map(|b| b.reason)
}

#[test]
fn each_kind_of_bad_line_has_its_reason() {
    for (line, wanted) in [
        ("{", Malformed),
        ("nonsense", Malformed),
        ("[1]x", Malformed),
        (r#""text""#, NotAnObject),
        ("7", NotAnObject),
        ("null", NotAnObject),
        ("{}", NoTimestamp),
        (r#"{"a":{"@timestamp":"2020-01-01T00:00:00Z"}}"#, NoTimestamp),
        (r#"{"@timestamp":null}"#, NoTimestamp),
        (r#"{"@timestamp":[]}"#, NoTimestamp),
        (r#"{"@timestamp":{"a":1}}"#, NoTimestamp),
        (r#"{"@timestamp":""}"#, UnreadableTimestamp),
        (r#"{"@timestamp":"yesterday"}"#, UnreadableTimestamp),
        (r#"{"@timestamp":true}"#, UnreadableTimestamp),
        (r#"{"@timestamp":"2020-02-30T00:00:00.000Z"}"#, UnreadableTimestamp),
    ] {
        assert_eq!(reason(line.as_bytes()), Some(wanted), "{line}");
    }
    for broken in [
        r#""a""#,
        r#""a":"#,
        r#""a":1,"#,
        r#""a":tru"#,
        r#""a":01"#,
        r#""a":1."#,
        r#""a":.5"#,
        r#""a":+1"#,
        r#""a":1e"#,
        r#""a":-"#,
        r#""a":[1,]"#,
        r#""a":[1"#,
        r#""a":"x"#,
        "a:1",
        r#""a":{"b":1}}"#,
        r#""a":1}x"#,
        r#""a":nan"#,
        r#""a":1e999x"#,
        r#""a":"\ud800"#,
        r#""a":'x'"#,
    ] {
        let line = format!("{{{T},{broken}}}");
        assert!(serde_json::from_str::<serde_json::Value>(&line).is_err(), "{line}");
        assert_eq!(reason(line.as_bytes()), Some(Malformed), "{line}");
    }
    assert_eq!(reason(format!("{{{T},\"a\":\"\u{e9}\"}}").as_bytes()), None);
    assert_eq!(reason(&[format!("{{{T},\"a\":1}}").as_bytes(), b"\xe9"].concat()), Some(InvalidUtf8));
    assert_eq!(reason(format!("{{{T},\"a\":\"{}\"}}", "x".repeat(5000)).as_bytes()), Some(TooLong));
}

#[test]
fn field_names_are_bounded() {
    // Each name repeats the names above it: the text is short, but the names are long.
    let long = "k".repeat(200_000);
    let names: Vec<String> = (0..400).map(|i| format!("\"{i}\":1")).collect();
    assert_eq!(reason_of(&format!("{{{T},\"{long}\":{{{}}}}}", names.join(","))), Some(TooManyFields));
    assert_eq!(reason_of(&format!("{{{T},\"{long}\":{{{}}}}}", names[..40].join(","))), None);
}

fn reason_of(line: &str) -> Option<BadReason> {
    store_of(&format!("{{{T}}}\n{line}")).1.bad.first().map(|b| b.reason)
}

#[test]
fn times_may_be_written_with_escapes() {
    assert_eq!(reason_of(r#"{"@timestamp":"2020-10-22T06:58:00.000\u005a"}"#), None);
    assert_eq!(reason_of(r#"{"@timestamp":"2020-10-22T06:58:00.000\ud800"}"#), Some(UnreadableTimestamp));
}

#[test]
fn the_first_twenty_are_named_in_order() {
    let lines: String = (0..300).map(|i| if i % 3 == 0 { format!("{{{T}}}\n") } else { "\nbad\n".to_owned() }).collect();
    let (store, report) = store_with(lines.as_bytes(), &tiny_limits());
    assert_eq!((store.len(), report.records, report.bad_total, report.bad.len()), (100, 100, 200, 20));
    let wanted: Vec<u64> = lines.lines().enumerate().filter(|(_, l)| *l == "bad").map(|(i, _)| i as u64 + 1).take(20).collect();
    assert_eq!(report.bad.iter().map(|b| b.line).collect::<Vec<_>>(), wanted);
    assert!(report.bad[0].file.ends_with("events.ndjson"));
}

#[test]
fn of_many_strays_in_a_bigger_value_all_are_counted_and_few_kept() {
    let (store, report) = store_of(&format!("[{{{T}}}]{}", " x".repeat(1000)));
    assert_eq!((store.len(), report.records, report.bad_total, report.bad.len()), (1, 1, 1000, 20));
    assert_eq!((report.bad[0].line, report.bad[0].reason), (2, Malformed));
}

#[test]
fn a_bad_line_leaves_nothing_behind() {
    let (store, _) = store_of(&format!("{{{T},\"a\":1}}\n{{{T},\"a\":2,\"b\":3,\"c\"\n{{{T},\"a\":4}}\n"));
    let records = store.fetch(&request(Query::MatchAll, None, &["a", "b"]), &FetchContext::default()).unwrap();
    assert_eq!(values(&records, "a"), [[Scalar::Int(1)], [Scalar::Int(4)]]);
    assert_eq!(ids(&store, Query::exists("b")), [0_u64; 0]);
    assert!(store.stats().fields.iter().all(|(name, _)| name != "b"), "{:?}", store.stats());
}

#[test]
fn of_a_repeated_key_the_last_value_counts() {
    let (store, report) = store_of(&format!(
        "{{{T},\"a\":{{\"x\":1,\"y\":2}},\"b\":7,\"a\":{{\"y\":3}},\"\\u0061\":{{\"y\":4,\"y\":5}},\"a.y\":6,\"@timestamp\":\"2021-01-01T00:00:00.000Z\"}}\n"
    ));
    assert_eq!(report.bad_total, 0);
    let records =
        store.fetch(&request(Query::MatchAll, None, &["a.x", "a.y", "b", "@timestamp"]), &FetchContext::default()).unwrap();
    assert_eq!(values(&records, "a.x"), [[]]);
    assert_eq!(values(&records, "a.y"), [[Scalar::Int(5), Scalar::Int(6)]]);
    assert_eq!(values(&records, "b"), [[Scalar::Int(7)]]);
    assert_eq!(records.times[0].unwrap().to_string(), "2021-01-01T00:00:00.000Z");
}

#[test]
fn bulk_documents_have_their_actions_names() {
    let text = format!(
        "{{\"create\":{{\"_index\":\"logs\",\"_id\":\"7\"}}}}\n{{{T},\"a\":1}}\n{{\"index\":{{}}}}\n{{{T},\"a\":2}}\noops\n{{\"index\":{{\"_id\":\"9\"}}}}\n{{{T}\n{{\"create\":{{}}}}\n"
    );
    for limits in [tiny_limits(), crate::source::store::ingest::Limits::default()] {
        let (store, report) = store_with(text.as_bytes(), &limits);
        assert_eq!((report.records, report.bad_total), (2, 3));
        let reasons: Vec<_> = report.bad.iter().map(|b| (b.line, b.reason)).collect();
        assert_eq!(reasons, [(5, NoAction), (7, Malformed), (8, NoDocument)]);
        let records = store.fetch(&request(Query::MatchAll, None, &["_id", "a"]), &FetchContext::default()).unwrap();
        let mut names: Vec<_> = records.ids.iter().zip(&records.observations).collect();
        names.sort();
        assert_eq!(&**names[0].1, "logs/7");
        assert!(names[1].1.ends_with("events.ndjson:4"), "{names:?}");
    }
}

#[test]
fn several_times_are_kept_and_the_first_counts() {
    let (store, _) = store_of("{\"@timestamp\":[\"2020-01-02T00:00:00.000Z\",\"2020-01-01T00:00:00.000Z\"]}\n");
    let records = store.fetch(&request(Query::MatchAll, None, &["@timestamp"]), &FetchContext::default()).unwrap();
    assert_eq!(records.times[0].unwrap().to_string(), "2020-01-02T00:00:00.000Z");
    assert_eq!(values(&records, "@timestamp")[0].len(), 2);
}
