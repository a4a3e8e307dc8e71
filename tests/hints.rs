//! Why statements found nothing: each kind of emptiness on records of its own, and that pasting the way out finds something.

mod case;

use crate::support::cli::Huntc;
use serde_json::Value;

/// One record, with a time of day on one day.
fn record(time: &str, rest: &str) -> String {
    format!("{{\"@timestamp\":\"2020-10-22T{time}Z\",\"host\":{{\"name\":\"ws1\"}},{rest}}}\n")
}

fn process(time: &str, id: &str, rest: &str) -> String {
    record(time, &format!(r#""event":{{"code":"1"}},"process":{{"entity_id":"{id}",{rest}}}"#))
}

fn flow(time: &str, id: &str, from: &str, to: &str) -> String {
    record(
        time,
        &format!(
            r#""event":{{"code":"3"}},"process":{{"entity_id":"{id}"}},"source":{{"ip":"{from}","port":5000}},"destination":{{"ip":"{to}","port":443}},"network":{{"transport":"tcp"}}"#
        ),
    )
}

/// A shell with a child, and a connection of the shell.
fn log() -> String {
    [
        process("06:00:00", "a", r#""name":"Cmd.exe","pid":10,"executable":"C:\\Windows\\Cmd.exe","command_line":"cmd /c start""#),
        process(
            "06:00:01",
            "b",
            r#""name":"whoami.exe","pid":11,"command_line":"whoami /all","parent":{"entity_id":"a","name":"Cmd.exe","pid":10}"#,
        ),
        process("06:00:02", "c", r#""name":" spaced.exe","pid":12"#),
        flow("06:00:03", "a", "10.0.0.5", "203.0.113.9"),
    ]
    .concat()
}

struct Lab {
    huntc: Huntc,
    log: String,
}

impl Lab {
    fn new(log: String) -> Self {
        Self { huntc: Huntc::new(), log }
    }

    /// The report of a hunt.
    fn run(&mut self, hunt: &str, flags: &str) -> Value {
        let huntc = std::mem::replace(&mut self.huntc, Huntc::new()).file("log.ndjson", &self.log).file("h.hf", hunt);
        let ran = huntc.run(&format!("run h.hf --source s=log.ndjson --format json {flags}"));
        self.huntc = huntc;
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((&report["hunts"][0]["status"], &report["hunts"][0]["complete"]), (&"ok".into(), &true.into()));
        report["hunts"][0].clone()
    }

    /// The one hint of a hunt, after at most so many requests.
    fn hint(&mut self, hunt: &str, requests: usize) -> Value {
        let report = self.run(hunt, "");
        let hints = hints(&report);
        assert_eq!(hints.len(), 1, "{hints:#?}");
        assert_eq!(asked(&report).len(), requests, "{:#?}", asked(&report));
        hints[0].clone()
    }

    /// Entities of a variable after the way out was pasted over what it replaces.
    fn pasted(&mut self, hunt: &str, hint: &Value, variable: &str) -> u64 {
        let mut text = hunt.to_owned();
        let mut places: Vec<(usize, usize, &str)> = hint["help"].as_array().unwrap().iter().filter_map(place).collect();
        places.sort_unstable();
        assert!(!places.is_empty(), "{hint:#}");
        for (start, end, with) in places.into_iter().rev() {
            text.replace_range(start..end, with);
        }
        self.entities(&text, variable)
    }

    fn entities(&mut self, hunt: &str, variable: &str) -> u64 {
        let report = self.run(hunt, "--no-hints");
        let found = report["variables"].as_array().unwrap().iter().find(|v| v["name"] == variable).unwrap();
        found["entities"].as_u64().unwrap()
    }
}

fn place(help: &Value) -> Option<(usize, usize, &str)> {
    let replace = help.get("replace")?;
    let byte = |end: &str| replace[end]["byte"].as_u64().map(|b| b as usize);
    Some((byte("start")?, byte("end")?, replace["with"].as_str()?))
}

fn hints(report: &Value) -> Vec<Value> {
    let hint = |d: &&Value| d["code"].as_str().unwrap().starts_with("K11");
    report["diagnostics"].as_array().unwrap().iter().filter(hint).cloned().collect()
}

/// Purposes of the requests that hints sent for statements that found nothing.
fn asked(report: &Value) -> Vec<String> {
    hint_requests(report).into_iter().filter(|purpose| !purpose.contains(ANOTHER_CASE)).collect()
}

const ANOTHER_CASE: &str = "what is there in another case";

fn hint_requests(report: &Value) -> Vec<String> {
    let purposes = report["requests"].as_array().unwrap().iter().map(|r| r["purpose"].as_str().unwrap().to_owned());
    purposes.filter(|p| p.contains("hint")).collect()
}

/// What stands between backticks in the first way out.
fn quoted(hint: &Value) -> String {
    let text = hint["help"].as_array().unwrap().iter().filter_map(|h| h["text"].as_str()).find(|t| t.contains('`')).unwrap();
    text.split('`').nth(1).unwrap().to_owned()
}

fn get(condition: &str) -> String {
    format!("p = GET process FROM stixshifter://s WHERE {condition}\n")
}

#[track_caller]
fn spelled(condition: &str, code: &str, message: &str, with: &str) {
    let (mut lab, hunt) = (Lab::new(log()), get(condition));
    let hint = lab.hint(&hunt, 1);
    assert_eq!(
        (hint["code"].as_str(), hint["severity"].as_str(), hint["message"].as_str()),
        (Some(code), Some("advice"), Some(message)),
        "{hint:#}"
    );
    assert_eq!(hint["help"][0]["replace"]["with"].as_str(), Some(with), "{hint:#}");
    assert!(lab.pasted(&hunt, &hint, "p") > 0);
}

#[test]
fn another_case_is_told() {
    spelled("name = 'cmd.exe'", "K1103", "`name` is `Cmd.exe` in the records: another case", "name LIKE 'cmd.exe'");
    spelled(
        "name IN ('x.exe', 'WHOAMI.exe')",
        "K1103",
        "`name` is `whoami.exe` in the records: another case",
        "name = 'whoami.exe'",
    );
    spelled(
        "command_line MATCHES 'WHOAMI'",
        "K1103",
        "`command_line` is `whoami /all` in the records: another case",
        "command_line MATCHES '(?i)WHOAMI'",
    );
}

#[test]
fn blanks_folders_and_longer_values_are_told() {
    spelled("name = 'spaced.exe'", "K1103", "`name` is ` spaced.exe` in the records: other blanks", "name = ' spaced.exe'");
    spelled("name = 'whoami.exe '", "K1103", "`name` is `whoami.exe` in the records: other blanks", "name = 'whoami.exe'");
    spelled(
        "binary_ref.x_path = 'cmd.exe'",
        "K1103",
        r"`binary_ref.x_path` is `C:\Windows\Cmd.exe` in the records: with the folder",
        r"binary_ref.x_path LIKE '%\\cmd.exe'",
    );
    spelled(
        "name = 'D:/tools/whoami.exe'",
        "K1103",
        "`name` is `whoami.exe` in the records: without a folder",
        "name = 'whoami.exe'",
    );
    spelled(
        "command_line LIKE 'whoami'",
        "K1103",
        "`command_line` has this only inside longer values, as in `whoami /all`",
        "command_line LIKE '%whoami%'",
    );
}

#[test]
fn a_value_in_another_attribute_is_told() {
    spelled(
        "parent_ref.name = 'whoami.exe'",
        "K1104",
        "`whoami.exe` stands in `name`, not in `parent_ref.name`",
        "name = 'whoami.exe'",
    );
    let (mut lab, hunt) = (Lab::new(log()), "c = GET network-traffic FROM stixshifter://s WHERE dst_ref.value = '10.0.0.5'\n");
    let hint = lab.hint(hunt, 1);
    assert_eq!(hint["message"], "`10.0.0.5` stands in `src_ref.value`, not in `dst_ref.value`");
    assert_eq!(lab.pasted(hunt, &hint, "c"), 1);
}

#[test]
fn the_part_that_finds_nothing_is_named_with_the_others_figures() {
    let (mut lab, hunt) = (Lab::new(log()), get("pid > 5 AND name = 'WHOAMI.exe'"));
    let hint = lab.hint(&hunt, 1);
    assert_eq!(hint["message"], "`name` is `whoami.exe` in the records: another case");
    assert_eq!(hint["notes"], serde_json::json!(["`whoami.exe`: 1 record", "`pid > 5` alone finds 3 records"]));
    assert_eq!(hint["help"][0]["text"], "this finds 1 record");
    assert_eq!(lab.pasted(&hunt, &hint, "p"), 1);
    let both = get("name = 'WHOAMI.exe' AND command_line LIKE 'whoami'");
    let hint = lab.hint(&both, 1);
    assert_eq!(hint["help"].as_array().unwrap().len(), 2, "{hint:#}");
    assert_eq!(lab.pasted(&both, &hint, "p"), 1);
}

#[test]
fn parts_that_never_meet_are_told_apart() {
    let mut lab = Lab::new(log());
    let hint = lab.hint(&get("name = 'whoami.exe' AND pid = 10"), 1);
    assert_eq!(
        (hint["code"].as_str(), hint["message"].as_str()),
        (Some("K1106"), Some("each part of the condition finds something, but nothing has all"))
    );
    let notes = [
        "`name = 'whoami.exe'` alone finds 1 record",
        "`pid = 10` alone finds 2 records",
        "all parts hold in 1 record, but in different places (a process and its parent)",
    ];
    assert_eq!(hint["notes"], serde_json::json!(notes));
    let hint = lab.hint(&get("[process:name = ' spaced.exe'] FOLLOWEDBY [process:name = 'whoami.exe']"), 0);
    assert_eq!(hint["message"], "each observation finds something, but not together as asked");
}

#[test]
fn an_empty_window_says_where_the_records_are() {
    let mut lab = Lab::new(log());
    let range = "START t'2021-01-01T00:00:00Z' STOP t'2021-01-02T00:00:00Z'";
    let hunt = get(&format!("name = 'whoami.exe' {range}"));
    let hint = lab.hint(&hunt, 2);
    assert_eq!((hint["code"].as_str(), hint["message"].as_str()), (Some("K1101"), Some("`s` holds no records in the window")));
    assert_eq!(hint["notes"][0], "its records are from 2020-10-22T06:00:00.000Z to 2020-10-22T06:00:03.000Z");
    assert_eq!(quoted(&hint), "START t'2020-10-22T06:00:01.000Z' STOP t'2020-10-22T06:00:01.001Z'");
    assert_eq!(lab.entities(&hunt.replace(range, &quoted(&hint)), "p"), 1);
    // Where the value is nowhere, the range of all records is the way out.
    let hint = lab.hint(&get(&format!("name = 'absent.exe' {range}")), 2);
    assert_eq!(quoted(&hint), "START t'2020-10-22T06:00:00.000Z' STOP t'2020-10-22T06:00:03.001Z'");
    let hint = Lab::new("\n".to_owned()).hint(&get("name = 'whoami.exe'"), 1);
    assert_eq!(hint["message"], "`s` holds no records at all");
}

#[test]
fn records_outside_the_window_are_told() {
    let mut lab = Lab::new(log());
    let range = "START t'2020-10-22T06:00:02Z' STOP t'2020-10-22T06:30:00Z'";
    let hunt = get(&format!("name = 'whoami.exe' {range}"));
    let hint = lab.hint(&hunt, 2);
    assert_eq!(
        (hint["code"].as_str(), hint["message"].as_str()),
        (Some("K1102"), Some("the condition holds outside the window only: 1 record"))
    );
    assert_eq!(lab.entities(&hunt.replace(range, &quoted(&hint)), "p"), 1);
    // Outside, and in another case: both are told.
    let hunt = get(&format!("name = 'WHOAMI.exe' {range}"));
    let hint = lab.hint(&hunt, 2);
    assert_eq!(hint["code"], "K1103");
    assert!(hint["notes"][1].as_str().unwrap().starts_with("all of this lies outside the window"), "{hint:#}");
}

#[test]
fn an_attribute_that_never_occurs_and_a_value_that_never_does_are_told_apart() {
    let mut lab = Lab::new(log());
    let hint = lab.hint(&get("binary_ref.hashes.MD5 = '5f4dcc3b5aa765d61d8327deb882cf99'"), 2);
    assert_eq!(
        (hint["code"].as_str(), hint["message"].as_str()),
        (Some("K1105"), Some("no record of `s` has `binary_ref.hashes.MD5`, at any time"))
    );
    let hint = lab.hint(&get("name = 'mimikatz.exe'"), 2);
    assert_eq!(
        (hint["code"].as_str(), hint["message"].as_str()),
        (Some("K1109"), Some("`s` has records, but none for `name = 'mimikatz.exe'`"))
    );
    let hint = lab.hint(&get("pid > 5 AND name = 'mimikatz.exe'"), 2);
    assert_eq!(hint["notes"][1], "`pid > 5` alone finds 3 records");
    let hint = lab.hint(&get("name MATCHES 'mimi' AND binary_ref.parent_directory_ref.path LIKE '%temp'"), 2);
    assert_eq!(hint["code"], "K1109");
}

#[test]
fn a_missing_identity_is_a_warning_already_and_no_request() {
    let nameless = record("06:00:00", r#""process":{"name":"bare.exe","pid":7}"#);
    let mut lab = Lab::new(log() + &nameless);
    for limit in ["", " LIMIT 5"] {
        let hunt = get("name = 'bare.exe'").replace('\n', &format!("{limit}\n"));
        let report = lab.run(&hunt, "");
        assert!(hints(&report).is_empty() && asked(&report).is_empty(), "{report:#}");
        let told = report["diagnostics"].as_array().unwrap().iter().find(|d| d["code"] == "K1005").unwrap();
        assert!(told["help"][0]["text"].as_str().unwrap().contains("--process-identity ladder"));
        assert_eq!(lab.run(&hunt, "--process-identity ladder")["variables"][0]["entities"], 1);
    }
}

#[test]
fn a_shifted_clock_is_told_with_a_range_that_finds_the_records() {
    let shifted = flow("20:00:00", "b", "10.0.0.5", "203.0.113.9");
    let mut lab = Lab::new(log() + &shifted);
    let hunt = "p = GET process FROM stixshifter://s WHERE name = 'whoami.exe' START t'2020-10-22T06:00:00Z' STOP t'2020-10-22T06:30:00Z'\nc = FIND network-traffic CREATED BY p\nd = FIND process CREATED c\n";
    let hint = lab.hint(hunt, 1);
    assert_eq!(
        (hint["code"].as_str(), hint["message"].as_str()),
        (Some("K1107"), Some("the records that link them lie 13 h 25 min after the window"))
    );
    assert_eq!(hint["notes"][1], "if that is a clock: it is about 14 h off");
    assert_eq!(hint["notes"][2], "empty because of this: `d`");
    assert_eq!(lab.entities(&hunt.replace("BY p", &format!("BY p {}", quoted(&hint))), "c"), 1);
}

#[test]
fn nothing_that_links_is_told_and_linked_is_suggested_where_it_finds_something() {
    let mut lab = Lab::new(log());
    let start = get("name = 'whoami.exe'");
    let hint = lab.hint(&format!("{start}c = FIND network-traffic CREATED BY p\n"), 1);
    assert_eq!(
        (hint["code"].as_str(), hint["message"].as_str()),
        (Some("K1110"), Some("no record links a process of the input to a network-traffic"))
    );
    assert_eq!(lab.hint(&format!("{start}q = FIND process CREATED BY p\n"), 0)["code"], "K1110");
    let deleted = record("06:00:04", r#""event":{"code":"23"},"process":{"entity_id":"b"},"file":{"path":"C:\\a.txt"}"#);
    let mut lab = Lab::new(log() + &deleted);
    let wide = format!("{start}f = FIND file CREATED BY p\n");
    let hint = lab.hint(&wide, 1);
    assert_eq!(quoted(&hint), "FIND file LINKED p");
    assert!(lab.entities(&wide.replace("FIND file CREATED BY p", &quoted(&hint)), "f") > 0);
}

#[test]
fn where_of_a_find_is_looked_into() {
    let mut lab = Lab::new(log());
    let hunt =
        "p = GET process FROM stixshifter://s WHERE name = 'Cmd.exe'\nq = FIND process CREATED BY p WHERE name = 'WHOAMI.EXE'\n";
    let hint = lab.hint(hunt, 1);
    assert_eq!(hint["message"], "`name` is `whoami.exe` in the records: another case");
    assert_eq!(lab.pasted(hunt, &hint, "q"), 1);
    // The value stands at the parent.
    let hunt = hunt.replace("WHOAMI.EXE", "Cmd.exe");
    let hint = lab.hint(&hunt, 1);
    assert_eq!(hint["message"], "`Cmd.exe` stands in `parent_ref.name`, not in `name`");
    assert_eq!(lab.pasted(&hunt, &hint, "q"), 1);
    let hint = lab.hint(&hunt.replace("Cmd.exe'\n", "none'\n").replacen("none", "Cmd.exe", 1), 1);
    assert_eq!(hint["message"], "the relation finds 1 record, but none with `name = 'none'`");
}

#[test]
fn filters_are_explained_without_a_request() {
    let mut lab = Lab::new(log());
    let start = get("pid > 5");
    let hunts = [
        "q = GET process FROM p WHERE name = 'WHOAMI.EXE'\n",
        "q = p WHERE name = 'WHOAMI.EXE'\n",
        "q = p WHERE name = 'WHOAMI.EXE' SORT BY pid LIMIT 3\n",
    ];
    for second in hunts {
        let hunt = format!("{start}{second}r = q WHERE pid = 1\n");
        let hint = lab.hint(&hunt, 0);
        assert_eq!(hint["message"], "`name` is `whoami.exe` in the records: another case", "{second}");
        assert_eq!(hint["notes"][1], "empty because of this: `r`");
        assert_eq!(lab.pasted(&hunt, &hint, "q"), 1);
    }
    let hint = lab.hint(&format!("{start}DISP p WHERE pid = 999 ATTR name\n"), 0);
    assert_eq!(hint["message"], "3 entities to choose from, but none with `pid = 999`");
    let range = "START t'2020-10-22T06:00:05Z' STOP t'2020-10-22T06:30:00Z'";
    let hunt = format!("{start}q = GET process FROM p WHERE name = 'whoami.exe' {range}\n");
    let hint = lab.hint(&hunt, 0);
    assert_eq!(hint["message"], "the condition holds outside the time range only");
    assert_eq!(lab.entities(&hunt.replace(range, &quoted(&hint)), "q"), 1);
    let hint = lab.hint(&format!("{start}q = p WHERE name = 'whoami.exe' AND pid = 12\n"), 0);
    assert_eq!(
        (hint["code"].as_str(), hint["notes"][0].as_str()),
        (Some("K1106"), Some("`name = 'whoami.exe'` alone finds 1 entity"))
    );
}

#[test]
fn a_reference_without_values_is_told_where_it_stands() {
    let mut lab = Lab::new(log());
    let start = format!("{}q = p WHERE pid = 12\n", get("pid > 5"));
    let none = format!("{start}r = GET process FROM stixshifter://s WHERE command_line IN (q.command_line)\n");
    let hint = lab.hint(&none, 0);
    assert_eq!(
        (hint["code"].as_str(), hint["message"].as_str()),
        (Some("K1108"), Some("`q.command_line` has no values, so this finds nothing"))
    );
    assert_eq!(hint["notes"][0], "none of the 1 row of `q` has `command_line`");
    let all = none.replace("IN (q", "NOT IN (q");
    let hint = lab.hint(&all, 0);
    assert_eq!(hint["message"], "`q.command_line` has no values, so this excludes nothing");
    assert_eq!(lab.entities(&all, "r"), 2);
    let report = lab.run(&format!("{}r = GET process FROM stixshifter://s WHERE name != p.name\n", get("pid = 99")), "");
    let codes: Vec<Value> = hints(&report).iter().map(|h| h["code"].clone()).collect();
    assert_eq!(codes, ["K1109", "K1108"]);
}

#[test]
fn of_several_values_the_one_that_matched_is_named() {
    let host = |n: u8| {
        record(
            &format!("06:00:0{n}"),
            &format!(r#""host":{{"hostname":"ws1","mac":["00-00-5E-00-53-0{n}"],"ip":["10.0.0.9","10.0.0.{n}"]}}"#),
        )
    };
    let dns = |n: u8| {
        record(
            &format!("06:00:0{n}"),
            &format!(r#""dns":{{"question":{{"name":"a{n}.example"}},"resolved_ip":["10.0.0.9","10.0.0.{n}"]}}"#),
        )
    };
    for (text, hunt) in [
        (host(1) + &host(2), "h = GET x-oca-event FROM stixshifter://s WHERE network_ref.src_ref.value = '10.0.0.2'\n"),
        (dns(1) + &dns(2), "h = GET x-oca-event FROM stixshifter://s WHERE network_ref.src_ref.value = '10.0.0.2'\n"),
    ] {
        for hint in hints(&Lab::new(text).run(hunt, "")) {
            assert!(!hint["message"].as_str().unwrap().contains("10.0.0.9"), "{hint:#}");
        }
    }
    let arguments = process("06:00:00", "a", r#""name":"a.exe","args":["first","the needle"]"#);
    let hint = Lab::new(arguments).hint(&get("arguments LIKE 'needle'"), 1);
    assert_eq!(hint["message"], "`arguments` has this only inside longer values, as in `the needle`");
}

#[test]
fn an_empty_list_refers_to_nothing() {
    let report = Lab::new(log()).run(&get("pid = 1.5"), "");
    assert!(hints(&report).iter().all(|h| h["code"] != "K1108"), "{:#?}", hints(&report));
}

#[test]
fn one_cause_has_one_hint() {
    let mut lab = Lab::new(log());
    let hunt = "a = GET process FROM stixshifter://s WHERE name = 'cmd.exe'\nb = FIND process CREATED BY a\nc = FIND network-traffic CREATED BY b\nd = b WHERE pid = 3\ne = a + b\nDISP e\nx = GET process FROM stixshifter://s WHERE name = 'cmd.exe'\n";
    let hint = lab.hint(hunt, 1);
    assert_eq!(hint["start"]["line"], 1);
    assert_eq!(hint["notes"].as_array().unwrap().last().unwrap(), "empty because of this: `b`, `c`, `d`, `e`");
}

#[test]
fn a_hunt_of_many_empty_statements_is_explained_in_part() {
    let mut lab = Lab::new(log());
    let many: Vec<String> =
        (0..40).map(|n| format!("p{n} = GET process FROM stixshifter://s WHERE pid = {}\n", 5_000 + n)).collect();
    let report = lab.run(&many.concat(), "");
    assert_eq!(hints(&report).len(), 20);
    assert_eq!(asked(&report).len(), 40, "two for each");
    let chain: Vec<String> = (1..30).map(|n| format!("v{n} = FIND process CREATED BY v{}\n", n - 1)).collect();
    let chain = chain.concat();
    let hint = lab.hint(&format!("v0 = GET process FROM stixshifter://s WHERE pid = 5000\n{chain}"), 2);
    assert!(hint["notes"].as_array().unwrap().last().unwrap().as_str().unwrap().ends_with("`v11`, 18 more"), "{hint:#}");
}

#[test]
fn without_hints_and_without_emptiness_nothing_more_is_asked() {
    let mut lab = Lab::new(log());
    let full = get("pid = 11 AND command_line LIKE 'whoami%' AND name != 'x'");
    let empty = get("name = 'WHOAMI.EXE'");
    for (hunt, flags) in [(&full, ""), (&empty, "--no-hints")] {
        let report = lab.run(hunt, flags);
        assert!(hints(&report).is_empty() && asked(&report).is_empty());
        assert_eq!(report["requests"].as_array().unwrap().len(), 1);
    }
    let huntc = Huntc::new().file("log.ndjson", log()).file("h.hf", &empty).file("huntc.toml", "[run]\nhints = false\n");
    let ran = huntc.run("run h.hf --source s=log.ndjson");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let huntc = huntc.file("huntc.toml", "[run]\nmax_requests = 1\n");
    let ran = huntc.run("run h.hf --source s=log.ndjson");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "a hint never uses up a limit");
    assert_eq!(lab.run(&get("name = 'x'").replace('\n', " LIMIT 0\n"), "")["requests"].as_array().unwrap().len(), 1);
}

#[test]
fn hints_are_shown_in_text_and_html_and_hostile_values_stay_text() {
    let hostile = process("06:00:09", "h", r#""name":"<B>\u001b[2J\u202e.EXE""#);
    let hunt = "p = GET process FROM stixshifter://s WHERE name = '<b>\\u001b[2J\\u202e.exe'\n";
    let huntc = Huntc::new().file("log.ndjson", log() + &hostile).file("h.hf", hunt);
    let ran = huntc.run("run h.hf --source s=log.ndjson --out r");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.stderr.contains("[K1103] Advice: `name` is `<B>"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Help: this finds 1 record: `name LIKE "), "{}", ran.stderr);
    let html = std::fs::read_to_string(huntc.path("r/report.html")).unwrap();
    assert!(html.contains("<code>K1103</code>") && html.contains("&lt;B&gt;") && html.contains("<li>this finds 1 record: <code>"));
    for text in [&ran.stderr, &html] {
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && (!text.contains("<B>") || text == &ran.stderr));
    }
    let quiet = huntc.run("run h.hf --source s=log.ndjson --quiet");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
}

#[test]
fn frequent_parts_leave_room_for_rare_ones_and_two_runs_say_the_same() {
    let mut log = String::new();
    for n in 0..3_000 {
        log += &process(&format!("06:{:02}:{:02}", n / 60, n % 60), &format!("p{n}"), &format!(r#""name":"busy.exe","pid":{n}"#));
    }
    log += &process("08:00:00", "late", r#""name":"Late.exe","pid":1"#);
    let mut lab = Lab::new(log);
    let hunt = get("pid >= 0 AND name = 'late.exe'");
    let hint = lab.hint(&hunt, 2);
    assert_eq!(hint["message"], "`name` is `Late.exe` in the records: another case");
    assert_eq!(hint["notes"][1], "`pid >= 0` alone finds at least 999 records");
    assert_eq!(lab.pasted(&hunt, &hint, "p"), 1);
    assert_eq!(lab.hint(&hunt, 2), hint);
    let hint = lab.hint(&get("name = 'busy.exe' AND name LIKE 'late%'"), 2);
    assert_eq!(hint["code"], "K1106");
}
