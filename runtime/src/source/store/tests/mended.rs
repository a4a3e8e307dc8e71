//! A value that cannot be read takes no record with it: it is mended, and the record counted.

use super::{request, store_of, store_with, tiny_limits, values};
use crate::source::repair::Flaw::{self, *};
use crate::source::{DataSource, FetchContext, Scalar};
use huntc_compiler::request::Query;

const T: &str = r#""@timestamp":"2020-01-01T00:00:00.000Z""#;

fn text(text: &str) -> Vec<Scalar> {
    vec![Scalar::Text(text.into())]
}

/// What of `before`, the flawed member and `after` is read, in a log whose other line is well; and the flaw that is named.
fn read(member: &[u8]) -> (Vec<Scalar>, Flaw) {
    let line = [format!("{{{T},\"before\":1,").as_bytes(), member, br#","after":"x"}"#].concat();
    let log = [format!("{{{T}}}\n").as_bytes(), &line, b"\n"].concat();
    let (store, report) = store_with(&log, &crate::source::store::ingest::Limits::default());
    assert_eq!((store.len(), report.bad_total, report.mended_total), (2, 0, 1), "{}", String::from_utf8_lossy(&line));
    assert_eq!((report.mended[0].line, report.is_whole()), (2, true));
    let asked = request(Query::exists("before"), None, &["before", "a", "after"]);
    let records = store.fetch(&asked, &FetchContext::default()).unwrap();
    assert_eq!(values(&records, "before"), [[Scalar::Int(1)]]);
    assert_eq!(values(&records, "after"), [text("x")]);
    (values(&records, "a").remove(0), report.mended[0].flaw)
}

#[test]
fn each_kind_of_value_is_mended_and_the_others_are_right() {
    let deep = |open: &str, close: &str| format!("\"a\":[7,{}1{}]", open.repeat(100_000), close.repeat(100_000)).into_bytes();
    for (member, wanted, flaw) in [
        (br#""a":"x\ud800y""#.to_vec(), text("x\u{fffd}y"), NoCharacter),
        (b"\"a\":\"x\xffy\"".to_vec(), text("x\u{fffd}y"), NoCharacter),
        (b"\"a\":\"x\0y\x1b[2J\tz\"".to_vec(), text("x\0y\u{1b}[2J\tz"), Control),
        (br#""a":"C:\Users\q""#.to_vec(), text(r"C:\Users\q"), Backslash),
        (b"\"a\":1e400".to_vec(), text("1e400"), Number),
        (b"\"a\":-1e400".to_vec(), text("-1e400"), Number),
        (b"\"a\":NaN".to_vec(), text("NaN"), Number),
        (deep("[", "]"), vec![Scalar::Int(7)], TooDeep),
        (deep("{\"a\":", "}"), vec![Scalar::Int(7)], TooDeep),
    ] {
        assert_eq!(read(&member), (wanted, flaw), "{}", String::from_utf8_lossy(&member[..member.len().min(40)]));
    }
}

#[test]
fn numbers_that_json_can_say_are_left_as_they_are() {
    let line = format!("{{{T},\"a\":[9007199254740993,18446744073709551616,-0,1e-400,9223372036854775808]}}");
    let (store, report) = store_of(&line);
    assert_eq!((store.len(), report.mended_total), (1, 0));
    let records = store.fetch(&request(Query::MatchAll, None, &["a"]), &FetchContext::default()).unwrap();
    let found: Vec<String> = values(&records, "a")[0].iter().map(|v| format!("{v:?}")).collect();
    let wanted = ["Int(9007199254740993)", "Float(1.8446744073709552e19)", "Int(0)", "Float(0.0)"];
    for one in wanted.into_iter().chain(["Float(9.223372036854776e18)"]) {
        assert!(found.iter().any(|v| v == one), "{one}: {found:?}");
    }
}

#[test]
fn in_values_over_many_lines_too() {
    let log = format!("[{{{T},\"a\":\"x\ny\"}},\n{{{T},\"a\":\"\\\nz\"}},{{{T},\"a\":\"\\ud800\"}},{{{T},\"a\":\"ok\"}}]");
    for limits in [tiny_limits(), crate::source::store::ingest::Limits::default()] {
        let (store, report) = store_with(log.as_bytes(), &limits);
        assert_eq!((store.len(), report.bad_total, report.mended_total), (4, 0, 3));
        let flaws: Vec<_> = report.mended.iter().map(|m| (m.line, m.flaw)).collect();
        assert_eq!(flaws, [(1, Control), (2, Control), (3, NoCharacter)]);
        let records = store.fetch(&request(Query::MatchAll, None, &["a"]), &FetchContext::default()).unwrap();
        let mut found = values(&records, "a");
        found.sort_by_key(|v| format!("{v:?}"));
        let mut wanted = [text("x\ny"), text("\\\nz"), text("\u{fffd}"), text("ok")];
        wanted.sort_by_key(|v| format!("{v:?}"));
        assert_eq!(found, wanted);
    }
}

#[test]
fn a_mended_name_makes_no_record_take_the_place_of_another() {
    let hit = |id: &str, a: u32| format!("{{\"_index\":\"i\",\"_id\":\"{id}\",\"_source\":{{{T},\"a\":{a}}}}}\n");
    let (store, report) = store_of(&[hit("\\ud800", 1), hit("\\ud801", 2), hit("same", 3), hit("same", 4)].concat());
    assert_eq!((report.records, report.mended_total), (4, 2));
    let records = store.fetch(&request(Query::MatchAll, None, &["_id", "a"]), &FetchContext::default()).unwrap();
    let mut found: Vec<_> = values(&records, "a").into_iter().flatten().map(|v| format!("{v:?}")).collect();
    found.sort();
    assert_eq!(found, ["Int(1)", "Int(2)", "Int(4)"]);
    assert!(records.observations.iter().any(|name| name.ends_with("events.ndjson:1")), "{:?}", records.observations);
}

#[test]
fn the_first_twenty_are_named_and_nothing_of_them_is_bad() {
    let lines: String =
        (0..300).map(|i| if i % 3 == 0 { format!("{{{T}}}\n") } else { format!("\n{{{T},\"a\":NaN}}\n") }).collect();
    let (store, report) = store_with(lines.as_bytes(), &tiny_limits());
    assert_eq!((store.len(), report.bad_total, report.mended_total, report.mended.len()), (300, 0, 200, 20));
    assert_eq!(report.mended[..3].iter().map(|m| m.line).collect::<Vec<_>>(), [3, 5, 8]);
    assert!(report.mended[0].to_string().ends_with("events.ndjson:3: a number beyond all limits is text"));
}
