//! Queries on a few documents whose answers can be seen.

use super::{ids, request, store_of, store_with, tiny_limits, values};
use crate::source::{DataSource, FetchContext, Scalar};
use huntc_compiler::request::{Limit, Query, Range, Regexp, Term, Wildcard};
use huntc_compiler::time::{Instant, TimeRange};
use huntc_compiler::value::Value;

const DOCS: &str = r#"{"@timestamp":"2020-01-01T00:00:03.000Z","event":{"code":1,"type":["start","x"]},"process":{"name":"cmd.exe","pid":4},"source":{"ip":"10.0.0.1"}}
{"@timestamp":"2020-01-01T00:00:01.000Z","event":{"code":"1"},"process.name":"CMD.exe","process":{"pid":"443"},"source":{"ip":"::ffff:10.2.3.4"}}
{"@timestamp":"2020-01-01T00:00:02.000Z","event":{"code":3,"type":"end"},"process":{"command_line":"C:\\Windows\\a b"},"source":{"ip":["fe80:0:0:0:0:0:0:1","11.0.0.1"]}}
{"@timestamp":"2020-01-01T00:00:02.000Z","event":{"code":null,"type":[]},"flag":true,"list":[{"a":1},{"a":2,"b":{"c":"x"}},{}]}
"#;

fn wildcard(field: &str, pattern: &str, fold: bool) -> Query<huntc_compiler::request::Never> {
    Query::Wildcard(Wildcard { field: field.into(), pattern: pattern.into(), case_insensitive: fold })
}

fn regexp(field: &str, pattern: &str) -> Query<huntc_compiler::request::Never> {
    Query::Regexp(Regexp { field: field.into(), pattern: pattern.into() })
}

#[test]
fn leaves_match_as_on_a_server() {
    let (store, report) = store_of(DOCS);
    assert_eq!((report.records, report.bad_total), (4, 0));
    let found = |query| ids(&store, query);
    assert_eq!(found(Query::MatchAll), [0, 1, 2, 3]);
    assert_eq!(found(Query::MatchNone), [0_u64; 0]);
    assert_eq!(found(Query::term("event.code", Value::Int(1))), [0, 1]);
    assert_eq!(found(Query::term("event.code", Value::text("1"))), [0, 1]);
    assert_eq!(found(Query::terms("event.code", vec![Value::text("3"), Value::text("9")])), [2]);
    assert_eq!(found(Query::term("event.type", Value::text("x"))), [0]);
    assert_eq!(found(Query::exists("event.type")), [0, 2]);
    assert_eq!(found(Query::exists("event.code")), [0, 1, 2]);
    assert_eq!(found(Query::exists("process")), [0, 1, 2]);
    assert_eq!(found(Query::exists("nothing")), [0_u64; 0]);
    assert_eq!(found(Query::exists("@timestamp")), [0, 1, 2, 3]);
    assert_eq!(found(Query::term("flag", Value::Bool(true))), [3]);
    assert_eq!(found(Query::term("list.a", Value::Int(2))), [3]);
    assert_eq!(found(Query::term("list.b.c", Value::text("x"))), [3]);
    assert_eq!(found(Query::term("process.name", Value::text("cmd.exe"))), [0]);
    let folded = Query::Term(Term { field: "process.name".into(), value: Value::text("cmd.EXE"), case_insensitive: true });
    assert_eq!(found(folded), [0, 1]);
}

/// Four digits are a year, as a text and as a number.
#[test]
fn times_are_read_as_on_a_server() {
    let texts = ["\"7\"", "999", "\"2023\"", "2023", "\"10000\"", "\"2023-01-01T02+02\"", "\"2023-01-01T00:00:00,5Z\"", "1.5"];
    let lines: Vec<String> = texts.iter().map(|t| format!(r#"{{"@timestamp":{t},"process":{{"start":{t}}}}}"#)).collect();
    let (store, report) = store_of(&lines.join("\n"));
    assert_eq!((report.records, report.bad_total), (8, 0));
    let records = store.fetch(&request(Query::MatchAll, None, &["process.start"]), &FetchContext::default()).unwrap();
    let mut times: Vec<_> = records.ids.iter().zip(&records.times).map(|(id, time)| (*id, *time)).collect();
    times.sort_unstable();
    let year = 1_672_531_200_000_000_000;
    let expected = [7_000_000, 999_000_000, year, year, 10_000_000_000, year, year + 500_000_000, 1_500_000];
    assert_eq!(times.iter().filter_map(|(_, time)| Some(time.as_ref()?.0)).collect::<Vec<_>>(), expected);
    let since = Some(Limit { value: Value::Time(Instant(year)), inclusive: true });
    let range = Query::Range(Range { field: "process.start".into(), lower: since, upper: None });
    assert_eq!(ids(&store, range), [2, 3, 5, 6]);
}

#[test]
fn typed_fields_compare_by_their_type() {
    let (store, _) = store_of(DOCS);
    let found = |query| ids(&store, query);
    assert_eq!(found(Query::term("process.pid", Value::text("443"))), [1]);
    assert_eq!(found(Query::term("process.pid", Value::Float(443.0))), [1]);
    let above = |value, inclusive| Some(Limit { value, inclusive });
    let range = |lower, upper| Query::Range(Range { field: "process.pid".into(), lower, upper });
    assert_eq!(found(range(above(Value::Int(4), true), None)), [0, 1]);
    assert_eq!(found(range(above(Value::Int(4), false), None)), [1]);
    assert_eq!(found(range(None, above(Value::Int(443), false))), [0]);
    assert_eq!(found(Query::term("source.ip", Value::text("10.0.0.0/8"))), [0, 1]);
    assert_eq!(found(Query::term("source.ip", Value::text("10.2.3.4"))), [1]);
    assert_eq!(found(Query::term("source.ip", Value::text("fe80::1"))), [2]);
    assert_eq!(found(Query::term("source.ip", Value::text("fe80::/10"))), [2]);
    assert_eq!(found(Query::term("source.ip", Value::text("0.0.0.0/0"))), [0, 1, 2]);
    assert_eq!(found(Query::term("source.ip", Value::text("::/96"))), [0_u64; 0]);
    let ips = vec![Value::text("11.0.0.0/24"), Value::Address("10.0.0.1".parse().unwrap())];
    assert_eq!(found(Query::terms("source.ip", ips)), [0, 2]);
}

#[test]
fn patterns_match_whole_values() {
    let (store, _) = store_of(DOCS);
    let found = |query| ids(&store, query);
    assert_eq!(found(wildcard("process.name", "cmd*", false)), [0]);
    assert_eq!(found(wildcard("process.name", "cmd*", true)), [0, 1]);
    assert_eq!(found(wildcard("process.name", "*MD.e?e", false)), [1]);
    assert_eq!(found(wildcard("process.name", "md", false)), [0_u64; 0]);
    assert_eq!(found(wildcard("process.name", "*", false)), [0, 1]);
    assert_eq!(found(wildcard("process.name", "", false)), [0_u64; 0]);
    assert_eq!(found(wildcard("process.command_line", r"C:\\Win*\\a b", false)), [2]);
    assert_eq!(found(wildcard("process.command_line", r"*\\WINDOWS\\*", true)), [2]);
    assert_eq!(found(regexp("process.name", "(cmd|CMD)\\.exe")), [0, 1]);
    assert_eq!(found(regexp("process.name", "md.*")), [0_u64; 0]);
    assert_eq!(found(regexp("process.name", ".*[dD].*")), [0, 1]);
    assert_eq!(found(regexp("process.name", "^cmd.*")), [0_u64; 0]);
    assert_eq!(found(regexp("process.name", "\"cmd.\"ex{1,2}e")), [0]);
}

#[test]
fn windows_are_half_open_and_records_come_with_times() {
    let (store, _) = store_of(DOCS);
    let at = |s: &str| Instant::parse(s).unwrap();
    let window = TimeRange::new(at("2020-01-01T00:00:01Z"), at("2020-01-01T00:00:03Z"));
    let request = request(Query::MatchAll, Some(window), &["@timestamp", "_id", "event.type"]);
    let records = store.fetch(&request, &FetchContext::default()).unwrap();
    assert_eq!(records.ids, [1, 2, 3]);
    assert_eq!(records.times[0], Some(window.start));
    assert_eq!(values(&records, "@timestamp")[0], [Scalar::Text("2020-01-01T00:00:01.000Z".into())]);
    assert_eq!(values(&records, "event.type"), [vec![], vec![Scalar::Text("end".into())], vec![]]);
    assert!(records.observations[0].ends_with("events.ndjson:2"), "{:?}", records.observations);
}

#[test]
fn values_are_as_json_had_them() {
    let (store, _) = store_with(
        br#"{"@timestamp":1577836800000,"a":[1,"1",1.0,1.00,1e0,true,"true",18446744073709551615,-0,null],"b":"","_id":"k","_index":"i"}
{"_index":"logs","_id":"7","_score":1,"_source":{"@timestamp":"2020-01-01T00:00:00.5Z","a":{"b":1},"a.b":2},"sort":[3]}"#,
        &tiny_limits(),
    );
    let request = request(Query::MatchAll, None, &["@timestamp", "_id", "a", "a.b", "b", "sort"]);
    let records = store.fetch(&request, &FetchContext::default()).unwrap();
    let text = |s: &str| Scalar::Text(s.into());
    let big = Scalar::Float(18_446_744_073_709_551_615.0);
    let (int, float) = (Scalar::Int(1), Scalar::Float(1.0));
    let a =
        vec![int.clone(), text("1"), float.clone(), float.clone(), float, Scalar::Bool(true), text("true"), big, Scalar::Int(0)];
    assert_eq!(values(&records, "a"), [a, vec![]]);
    assert_eq!(values(&records, "a.b"), [vec![], vec![int, Scalar::Int(2)]]);
    assert_eq!(values(&records, "b"), [vec![text("")], vec![]]);
    assert_eq!(values(&records, "sort"), [vec![], vec![]]);
    assert_eq!(values(&records, "@timestamp"), [[Scalar::Int(1_577_836_800_000)], [text("2020-01-01T00:00:00.5Z")]]);
    assert_eq!(records.observations.iter().map(|o| &**o).collect::<Vec<_>>(), ["i/k", "logs/7"]);
}
