//! Records that a stranger made so that they cost more than they are long.

use super::*;
use serde_json::{Value, json};

fn whole(text: &str) -> Cut {
    cut_with(text.as_bytes(), &ReadOptions::default()).unwrap()
}

/// An object around many values, whose long name stands in the name of each of them.
fn long_names() -> String {
    let values: Vec<String> = (0..64).map(|number| format!(r#""n{number}":1"#)).collect();
    format!(r#""{}":{{{}}}"#, "x".repeat(1 << 20), values.join(","))
}

#[test]
fn a_long_name_around_many_values_is_told() {
    for record in [
        r#""_path":"conn","ts":1.5,"uid":"C1""#,
        r#""event_type":"dns","timestamp":"2020-10-22T06:57:59+0000""#,
        r#""__REALTIME_TIMESTAMP":"1603349880462000","_PID":"7""#,
    ] {
        let found = whole(&format!("{{{record}}}\n{{{record},{}}}\n{{{record}}}\n", long_names()));
        assert_eq!(found.lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [0, 2], "{record}");
        assert_eq!(found.bad, [(1, BadReason::TooManyFields)], "{record}");
    }
}

#[test]
fn a_long_name_in_a_beats_document_is_left_to_the_parser() {
    let beat = r#""event":{"code":"1"},"winlog":{"provider_name":"Microsoft-Windows-Sysmon","event_data":{"Image":"a"}}"#;
    let few = format!("{{{beat}}}");
    assert!(windows::event_of_block(Layout::Lines, few.as_bytes(), LogTimeOffset::default(), &mut Vec::new()).is_some());
    let many = format!("{{{beat},{}}}", long_names());
    assert!(windows::event_of_block(Layout::Lines, many.as_bytes(), LogTimeOffset::default(), &mut Vec::new()).is_none());
}

#[test]
fn lines_of_the_audit_log_that_wait_are_bounded() {
    let line = |serial: u64| {
        let value = "x".repeat(1 << 20);
        format!("type=SYSCALL msg=audit(1603349880.462:{serial}): pid={serial} comm=\"{value}\"\n")
    };
    let ends = "type=SYSCALL msg=audit(1603349880.462:0): ppid=9\n";
    let text = [(0..20).map(line).collect::<String>(), ends.to_owned()].concat();
    let found = whole(&text);
    assert_eq!((found.lines.len(), found.bad.len()), (21, 0));
    // The first event did not wait for a line behind sixteen million bytes.
    let records = found.records();
    assert_eq!((&records[0].1["process.pid"], &records[20].1["process.parent.pid"]), (&json!(0), &json!(9)));
}

#[test]
fn a_line_beyond_the_limit_is_no_record_whatever_it_would_become() {
    let line = |length: usize| format!("type=X msg=audit(1603349880.462:1): a={}\n", "x".repeat(length));
    for block in [1, 100, 10_000] {
        let text = [line(10), line(500), line(10)].concat();
        let found = cut_with(text.as_bytes(), &ReadOptions { max_line: 400, block, ..ReadOptions::default() }).unwrap();
        assert_eq!(found.bad, [(1, BadReason::TooLong)], "{block}");
    }
}

/// So many that looking at each for each of them takes minutes.
const MANY: usize = 100_000;

fn many(one: impl Fn(usize) -> String) -> String {
    (0..MANY).map(one).collect()
}

/// The document of a Windows event in a line.
fn event(line: &str) -> Value {
    let mut document = Vec::new();
    assert!(windows::event_of_block(Layout::Lines, line.as_bytes(), LogTimeOffset::default(), &mut document).is_some());
    serde_json::from_slice(&document).unwrap()
}

#[test]
fn many_values_of_an_event_are_not_compared_with_each_other() {
    let head = "<System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID></System>";
    let xml = event(&format!("<Event>{head}<EventData>{}</EventData></Event>", many(|_| "<Data>a</Data>".to_owned())));
    assert_eq!(xml["winlog"]["event_data"][format!("param{MANY}")], "a");

    let nxlog = |rest: &str| event(&format!(r#"{{"EventID":22,"SourceName":"Microsoft-Windows-Sysmon","Channel":"c",{rest}}}"#));
    let names = many(|n| format!("type:  5 n{n};"));
    let answers = nxlog(&format!(r#""QueryResults":"{names}n;{names}""#));
    assert_eq!(answers["related"]["hosts"].as_array().map(Vec::len), Some(MANY));
    assert_eq!(answers["dns"]["answers"].as_array().map(Vec::len), Some(2 * MANY));
    let escaped = nxlog(&format!(r#"{}"Message":"{}""#, many(|n| format!(r#""n{n}":"&lt;{n}","#)), "a".repeat(MANY)));
    assert_eq!(
        (&escaped["winlog"]["event_data"]["n0"], &escaped["winlog"]["event_data"]["n99999"]),
        (&json!("<0"), &json!("&lt;99999"))
    );

    let head = "LogName=c\nEventCode=1\nSourceName=Microsoft-Windows-Sysmon\n";
    let raw = format!("{head}{}Message=Process Create:\n{}", many(|n| format!("m{n}=a\n")), many(|n| format!("n{n}: b\n")));
    let members: serde_json::Map<String, Value> = (0..MANY).map(|n| (format!("k{n}"), "c".into())).collect();
    let mut result = json!({ "_raw": raw });
    result.as_object_mut().unwrap().extend(members);
    let splunk = event(&json!({ "result": result }).to_string());
    let last =
        ["m99999", "n99999", "k99999"].map(|name| splunk["winlog"]["event_data"][name].as_str().unwrap_or_default().to_owned());
    assert_eq!(last, ["a", "b", "c"]);
}

#[test]
fn many_keys_of_the_audit_log_are_not_compared_with_each_other() {
    let found = whole(&format!("type=SYSCALL msg=audit(1603349880.462:1): {}pid=7\n", many(|n| format!("k{n}=a "))));
    let (_, record) = &found.records()[0];
    assert_eq!((&record["auditd.data.k99999"], &record["process.pid"]), (&json!("a"), &json!(7)));
}

#[test]
fn a_tag_with_too_many_attributes_is_no_event() {
    let xml = |count: usize| {
        let attributes = (0..count).fold(String::new(), |text, n| text + &format!(" a{n}='x'"));
        format!(
            "<Event><System><Provider Name='P'/><EventID>1</EventID></System><EventData><Data{attributes}>v</Data></EventData></Event>"
        )
    };
    let read =
        |count| windows::event_of_block(Layout::Lines, xml(count).as_bytes(), LogTimeOffset::default(), &mut Vec::new()).is_some();
    assert!(read(200) && !read(300) && !read(MANY));
}
