//! Tests of bundles: what their observations become.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::super::{BadReason, Piece, ReadOptions, Spare, read};
use crate::source::SourceError;
use crate::source::repair::Flaw;
use serde_json::{Value, json};

/// What a bundle gives.
#[derive(Debug, Default, PartialEq)]
struct Gives {
    /// Hits, each with the name of its record and its document.
    records: Vec<Value>,
    bad: Vec<(u64, BadReason)>,
    mended: Vec<(u64, Flaw)>,
    count: u64,
}

fn gives_of(text: &[u8], block: usize) -> Result<Gives, SourceError> {
    let mut gives = Gives::default();
    let options = ReadOptions { block, ..ReadOptions::default() };
    let read = read(Box::new(text), "f", &options, &Spare::default(), &mut |piece| {
        match piece {
            Piece::Answer(_) | Piece::Clock(_) => {}
            Piece::Bad(number, reason) => gives.bad.push((number, reason)),
            Piece::Mended(number, flaw) => gives.mended.push((number, flaw)),
            Piece::Block(block) => {
                assert_eq!(block.first, gives.records.len() as u64);
                let lines = block.bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
                gives.records.extend(lines.map(|line| serde_json::from_slice::<Value>(line).unwrap()));
            }
        }
        Ok(())
    })?;
    gives.count = read.lines;
    Ok(gives)
}

fn gives(text: &str) -> Gives {
    let one = gives_of(text.as_bytes(), 256 << 10).unwrap();
    assert_eq!(one, gives_of(text.as_bytes(), 1).unwrap());
    assert_eq!(one.count, one.records.len() as u64);
    one
}

/// A bundle of 2.0 with one observation.
fn observed(objects: &Value) -> Gives {
    gives(&bundle(&[json!({"type": "observed-data", "id": "observed-data--1", "first_observed": T, "objects": objects})]))
}

fn bundle(objects: &[Value]) -> String {
    json!({"type": "bundle", "id": "bundle--1", "objects": objects}).to_string()
}

/// The documents without their times.
fn documents(gives: &Gives) -> Vec<Value> {
    let without = |hit: &Value| {
        let mut document = hit["_source"].clone();
        document.as_object_mut().unwrap().remove("@timestamp").unwrap();
        document
    };
    gives.records.iter().map(without).collect()
}

const T: &str = "2021-04-03T08:58:42.006Z";

#[test]
fn an_observation_of_a_connection_is_one_record() {
    let gives = observed(&json!({
        "0": {"type": "network-traffic", "src_ref": "1", "dst_ref": "2", "src_port": 51000, "dst_port": 443,
              "protocols": ["ipv4", "tcp", "tls"]},
        "1": {"type": "ipv4-addr", "value": "10.0.0.1"},
        "2": {"type": "ipv4-addr", "value": "10.0.0.2"},
        "3": {"type": "user-account", "user_id": "alice", "account_login": "alice", "display_name": "Alice A"},
        "4": {"type": "process", "name": "powershell.exe", "pid": 4444, "command_line": "powershell -enc x",
              "x_unique_id": "{a-1}", "binary_ref": "5", "parent_ref": "7", "creator_user_ref": "3",
              "opened_connection_refs": ["0"], "created": "2021-04-03T08:58:40Z", "x_ttp": ["T1059"]},
        "5": {"type": "file", "name": "powershell.exe", "parent_directory_ref": "6", "hashes": {"SHA-256": "AB", "MD5": "CD"}},
        "6": {"type": "directory", "path": "C:\\Windows\\System32"},
        "7": {"type": "process", "name": "cmd.exe", "pid": 100, "x_unique_id": "{a-0}", "binary_ref": "8", "x_level": "high"},
        "8": {"type": "file", "name": "cmd.exe", "parent_directory_ref": "6"},
        "10": {"type": "x-oca-asset", "hostname": "HOST1", "ip_refs": ["1"]},
        "11": {"type": "x-oca-event", "action": "Network connection", "code": "3", "category": ["network", "start"],
               "host_ref": "10", "process_ref": "4", "parent_process_ref": "7", "original_ref": "12"},
        "12": {"type": "artifact", "payload_bin": "aGVsbG8="},
        "13": {"type": "x-strange", "a": {"b": [1, 2]}}
    }));
    assert_eq!((gives.bad.as_slice(), gives.mended.as_slice()), (&[][..], &[][..]));
    assert_eq!(gives.records.len(), 1);
    assert_eq!(gives.records[0]["_id"], "observed-data--1");
    let wanted = json!({
        "source.ip": "10.0.0.1", "source.port": 51000, "destination.ip": "10.0.0.2", "destination.port": 443,
        "network.type": "ipv4", "network.transport": "tcp", "network.protocol": "tls",
        "user.name": "alice", "user.full_name": "Alice A",
        "process.name": "powershell.exe", "process.pid": 4444, "process.command_line": "powershell -enc x",
        "process.entity_id": "{a-1}", "process.executable": "C:\\Windows\\System32\\powershell.exe",
        "process.hash.sha256": "AB", "process.hash.md5": "CD", "process.start": "2021-04-03T08:58:40Z",
        "process.parent.name": "cmd.exe", "process.parent.pid": 100, "process.parent.entity_id": "{a-0}",
        "process.parent.executable": "C:\\Windows\\System32\\cmd.exe",
        "host.hostname": "HOST1", "host.name": "HOST1", "host.ip": "10.0.0.1",
        "event.action": "Network connection", "event.code": "3", "event.category": "network", "event.type": "start",
        "event.original": "aGVsbG8=",
        "stix.process.x_ttp": "T1059", "stix.process.parent_ref.x_level": "high", "stix.x-strange.a.b": [1, 2]
    });
    assert_eq!(documents(&gives)[0], wanted);
}

#[test]
fn what_does_not_belong_together_stands_in_records_of_its_own() {
    let flow = |from: &str, to: &str| json!({"type": "network-traffic", "src_ref": from, "dst_ref": to});
    let address = |n: u8| json!({"type": "ipv4-addr", "value": format!("10.0.0.{n}")});
    let gives = observed(&json!({
        "0": {"type": "process", "pid": 1, "opened_connection_refs": ["10"]},
        "1": {"type": "process", "pid": 2, "opened_connection_refs": ["11", "12"], "creator_user_ref": "20"},
        "10": flow("30", "31"), "11": flow("30", "32"), "12": flow("30", "33"), "13": flow("33", "30"),
        "20": {"type": "user-account", "user_id": "bob"}, "21": {"type": "user-account", "user_id": "carol"},
        "30": address(0), "31": address(1), "32": address(2), "33": address(3), "34": address(4),
        "40": {"type": "file", "name": "/tmp/a"}, "41": {"type": "file", "name": "/tmp/b"},
        "50": {"type": "x-oca-asset", "hostname": "h"}
    }));
    let mut found: Vec<Value> = documents(&gives);
    for document in &mut found {
        let map = document.as_object_mut().unwrap();
        assert_eq!(map.remove("host.name"), map.remove("host.hostname"));
    }
    let user = |name: &str| json!({"user.name": name});
    let with = |pid: u8, more: Value| {
        let mut document = more;
        document.as_object_mut().unwrap().insert("process.pid".to_owned(), pid.into());
        document
    };
    assert_eq!(
        found[0],
        with(
            1,
            json!({"source.ip": "10.0.0.0", "destination.ip": "10.0.0.1",
        "file.path": "/tmp/a", "file.name": "/tmp/a", "user.name": "carol"})
        ),
        "{found:#?}"
    );
    let second = json!({"source.ip": "10.0.0.0", "destination.ip": "10.0.0.2", "user.name": "bob"});
    assert_eq!(found[1], with(2, second));
    let rest = &found[2..];
    for wanted in [
        with(2, json!({"source.ip": "10.0.0.0", "destination.ip": "10.0.0.3", "user.name": "bob"})),
        json!({"source.ip": "10.0.0.3", "destination.ip": "10.0.0.0"}),
        with(1, json!({"file.path": "/tmp/b", "file.name": "/tmp/b"})),
        with(1, json!({"source.ip": "10.0.0.4"})),
    ] {
        assert!(rest.contains(&wanted), "{wanted} is not in {rest:#?}");
    }
    assert_eq!(rest.len(), 4, "{rest:#?}");
    assert!(!found.contains(&user("carol")));
    let names: Vec<&str> = gives.records.iter().map(|hit| hit["_id"].as_str().unwrap()).collect();
    assert_eq!(names[..3], ["observed-data--1", "observed-data--1#2", "observed-data--1#3"]);
}

#[test]
fn objects_of_the_bundle_are_found_before_and_behind() {
    let process = json!({"type": "process", "id": "process--1", "pid": 7, "image_ref": "file--1", "parent_ref": "process--2"});
    let parent = json!({"type": "process", "id": "process--2", "pid": 3});
    let file = json!({"type": "file", "id": "file--1", "name": "a.exe", "hashes": {"SHA-1": "11"}});
    let one = json!({"type": "observed-data", "id": "observed-data--1", "first_observed": T, "object_refs": ["process--1"]});
    let wanted = json!({"process.pid": 7, "process.executable": "a.exe", "process.hash.sha1": "11", "process.parent.pid": 3});
    let all = [process, parent, file, one];
    for turn in 0..4 {
        let mut objects = all.to_vec();
        objects.rotate_left(turn);
        let gives = gives(&bundle(&objects));
        assert_eq!(documents(&gives), std::slice::from_ref(&wanted), "{turn}");
        assert_eq!((gives.bad.len(), gives.mended.len()), (0, 0));
    }
}

#[test]
fn references_that_lead_nowhere_are_told_and_circles_end() {
    let gives = observed(&json!({"0": {"type": "process", "pid": 1, "parent_ref": "9"}}));
    assert_eq!(documents(&gives), [json!({"process.pid": 1})]);
    assert_eq!(gives.mended, [(0, Flaw::NoSuchObject)]);
    let around = observed(
        &json!({"0": {"type": "process", "pid": 1, "parent_ref": "1"}, "1": {"type": "process", "pid": 2, "parent_ref": "0"}}),
    );
    let pids = |d: &Value| (d["process.pid"].as_u64(), d["process.parent.pid"].as_u64());
    assert_eq!(documents(&around).iter().map(pids).collect::<Vec<_>>(), [(Some(1), Some(2)), (Some(2), Some(1))]);
    let own = observed(&json!({"0": {"type": "process", "pid": 1, "parent_ref": "0", "child_refs": ["0"]}}));
    assert_eq!(documents(&own).iter().map(pids).collect::<Vec<_>>(), [(Some(1), Some(1))]);
    // In 2.1, where the whole bundle is waited for.
    let refers = json!({"type": "observed-data", "id": "observed-data--1", "first_observed": T,
        "object_refs": ["url--1", "file--9", "relationship--1", "identity--1"]});
    let gives = super::tests::gives(&bundle(&[refers, json!({"type": "url", "id": "url--1", "value": "http://x/"})]));
    assert_eq!((documents(&gives), gives.mended), (vec![json!({"url.original": "http://x/"})], vec![(0, Flaw::NoSuchObject)]));
}

#[test]
fn what_was_observed_several_times_is_several_records() {
    let one = |number: Value| {
        gives(&bundle(&[json!({"type": "observed-data", "id": "observed-data--1", "first_observed": T, "number_observed": number,
            "last_observed": "2021-04-03T09:00:00Z", "objects": {"0": {"type": "url", "value": "http://x/"}}})]))
    };
    let times = |gives: &Gives| {
        gives.records.iter().map(|hit| hit["_source"]["@timestamp"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(times(&one(json!(3))), [T, T, "2021-04-03T09:00:00Z"]);
    assert_eq!(one(json!(1)).records[0]["_source"]["event.end"], "2021-04-03T09:00:00Z");
    for odd in [json!(0), json!(-1), json!("2"), json!(null)] {
        assert_eq!(one(odd).records.len(), 1);
    }
    let many = one(json!(999_999_999));
    assert_eq!((many.records.len(), many.bad.as_slice()), (10_000, &[(0, BadReason::TooManyRecords)][..]));
}

#[test]
fn observations_of_one_name_are_one_unless_they_differ() {
    let one = |pid: u64, modified: &str| {
        json!({"type": "observed-data", "id": "observed-data--1", "modified": modified, "first_observed": T,
            "objects": {"0": {"type": "process", "pid": pid}}})
    };
    let gives = gives(&bundle(&[one(1, T), one(1, T), one(2, T), one(3, "2022-01-01T00:00:00Z"), one(4, T)]));
    let names: Vec<&str> = gives.records.iter().map(|hit| hit["_id"].as_str().unwrap()).collect();
    let id = "observed-data--1";
    assert_eq!(names, [id, id, "observed-data--1 (2)", id, "observed-data--1 (3)"]);
    assert!(gives.records[3]["_version"].as_i64() > gives.records[0]["_version"].as_i64());
    assert_eq!(gives.mended, [(2, Flaw::SameId), (4, Flaw::SameId)]);
    let url = |value: &str| json!({"type": "url", "id": "url--1", "value": value});
    let refers = json!({"type": "observed-data", "id": id, "first_observed": T, "object_refs": ["url--1"]});
    let gives = super::tests::gives(&bundle(&[url("a"), url("a"), url("b"), refers]));
    assert_eq!((documents(&gives), gives.bad), (vec![json!({"url.original": "a"})], vec![(2, BadReason::OtherObject)]));
}

#[test]
fn paths_keys_names_and_accounts_stand_where_attributes_read_them() {
    for (object, wanted) in [
        (
            json!({"type": "windows-registry-key", "key": "HKEY_LOCAL_MACHINE\\Software\\Run", "values": [{"name": "x", "data": "y"}]}),
            json!({"registry.path": "HKEY_LOCAL_MACHINE\\Software\\Run", "registry.hive": "HKEY_LOCAL_MACHINE",
                "registry.key": "Software\\Run", "registry.value": "x", "registry.data.strings": "y"}),
        ),
        (
            json!({"type": "file", "name": "a", "x_path": "/b/a", "size": 3}),
            json!({"file.name": "a", "file.path": "/b/a", "file.size": 3}),
        ),
        (json!({"type": "domain-name", "value": "a.example"}), json!({"dns.question.name": "a.example"})),
        (
            json!({"type": "user-account", "user_id": "S-1-5-18", "account_login": "SYSTEM"}),
            json!({"user.name": "SYSTEM", "user.id": "S-1-5-18"}),
        ),
        (json!({"type": "user-account", "user_id": "S-1-5-18"}), json!({"user.name": "S-1-5-18"})),
        (
            json!({"type": "user-account", "user_id": "bob", "account_login": "Bob"}),
            json!({"user.name": "bob", "stix.user-account.account_login": "Bob"}),
        ),
        (json!({"type": "mutex", "name": "m"}), json!({"stix.mutex.name": "m"})),
        (json!({"type": "directory", "path": "/tmp"}), json!({"file.directory": "/tmp"})),
        (json!({"type": "software", "name": "vim"}), json!({"package.name": "vim"})),
        (json!({"type": "email-message", "subject": "hi"}), json!({"email.subject": "hi"})),
        (json!({"a": 1}), json!({"stix.unknown.a": 1})),
    ] {
        assert_eq!(documents(&observed(&json!({ "0": object }))), [wanted], "{object}");
    }
    let ends = json!({"0": {"type": "network-traffic", "src_ref": "1", "dst_ref": "2"},
        "1": {"type": "ipv6-addr", "value": "::1"}, "2": {"type": "domain-name", "value": "b.example"}});
    assert_eq!(documents(&observed(&ends)), [json!({"source.ip": "::1", "destination.domain": "b.example"})]);
}

#[test]
fn bundles_in_which_nothing_was_observed_are_no_empty_source() {
    for text in [r#"{"type":"bundle","id":"bundle--1"}"#, r#"{"type":"bundle","objects":[]}"#, r#"{"type":"bundle","objects":{}}"#]
    {
        assert_eq!(gives(text), Gives { bad: vec![(0, BadReason::NoObservedData)], ..Gives::default() }, "{text}");
    }
    let identity =
        bundle(&[json!({"type": "identity", "id": "identity--1"}), json!({"type": "url", "id": "url--1", "value": "x"})]);
    assert_eq!(gives(&identity).bad, [(1, BadReason::NoObservedData)]);
}

#[test]
fn elements_that_are_no_observation_are_bad_one_by_one() {
    let good = json!({"type": "observed-data", "first_observed": T, "objects": {"0": {"type": "url", "value": "x"}}}).to_string();
    for (element, reason) in [
        (r#"{"type":"observed-data","objects":{"0":{"type":"url"}}}"#, BadReason::NoFirstObserved),
        (r#"{"type":"observed-data","first_observed":"soon","objects":{"0":{"type":"url"}}}"#, BadReason::NoFirstObserved),
        (r#"{"type":"observed-data","first_observed":"2021-04-03T08:58:42Z"}"#, BadReason::NoObjects),
        (r#"{"type":"observed-data","first_observed":"2021-04-03T08:58:42Z","objects":{}}"#, BadReason::NoObjects),
        (r#"{"type":"observed-data","first_observed":"2021-04-03T08:58:42Z","objects":{"0":1}}"#, BadReason::NotAnObject),
        (r#"{"type":observed}"#, BadReason::Malformed),
        ("17", BadReason::NotAnObject),
    ] {
        let found = gives(&format!(r#"{{"type":"bundle","objects":[{good},{element},{good}]}}"#));
        assert_eq!((found.records.len(), found.bad), (2, vec![(1, reason)]), "{element}");
    }
    let cut = gives(&format!(r#"{{"type":"bundle","objects":[{good},{{"type":"observed-da"#));
    assert_eq!((cut.records.len(), cut.bad), (1, vec![(1, BadReason::Truncated)]));
    // One value that is no JSON does not hide its record.
    let flawed = r#"{"type":"bundle","objects":[{"type":"observed-data","first_observed":"2021-04-03T08:58:42Z","objects":{"0":{"type":"url","value":"a\qb"}}}]}"#;
    let mended = gives(flawed);
    assert_eq!((documents(&mended), mended.mended), (vec![json!({"url.original": "a\\qb"})], vec![(0, Flaw::Backslash)]));
}

#[test]
fn bundles_follow_one_another() {
    let one = bundle(&[json!({"type": "observed-data", "first_observed": T, "objects": {"0": {"type": "url", "value": "x"}}})]);
    assert_eq!(gives(&format!("{one}\n{one}{one}")).records.len(), 3);
}

#[test]
fn an_observation_of_very_many_objects_is_bounded_and_told() {
    let many: serde_json::Map<String, Value> =
        (0..30_000).map(|n| (n.to_string(), json!({"type": "url", "value": format!("http://x/{n}")}))).collect();
    let found =
        gives_of(bundle(&[json!({"type": "observed-data", "first_observed": T, "objects": many})]).as_bytes(), 1 << 16).unwrap();
    assert_eq!((found.records.len(), found.bad), (10_000, vec![(0, BadReason::TooManyRecords)]));
    // Those without a record are not lost.
    let kept = found.records[0]["_source"]["stix.url.value"].as_array().unwrap().len();
    assert_eq!(kept, 20_000);
    let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
    let deep = gives(&format!(
        r#"{{"type":"bundle","objects":[{{"type":"observed-data","first_observed":"{T}","objects":{{"0":{deep}}}}}]}}"#
    ));
    assert_eq!(deep.records.len(), 1);
    let long = "k".repeat(1 << 20);
    let nested = format!("{}1{}", format!(r#"{{"{long}":"#).repeat(20), "}".repeat(20));
    let nested = gives(&format!(
        r#"{{"type":"bundle","objects":[{{"type":"observed-data","first_observed":"{T}","objects":{{"0":{nested}}}}}]}}"#
    ));
    assert_eq!((nested.records.len(), nested.bad), (0, vec![(0, BadReason::TooManyFields)]));
    // A list under such a name is one name, and lists in lists are many.
    let list = |item: &str, count: usize| {
        let items = vec![item; count].join(",");
        let object = format!(r#"{{"type":"url","value":"x","{long}":[{items}]}}"#);
        let found = gives(&format!(
            r#"{{"type":"bundle","objects":[{{"type":"observed-data","first_observed":"{T}","objects":{{"0":{object}}}}}]}}"#
        ));
        (found.records.len(), found.bad)
    };
    assert_eq!(list("1", 1 << 17), (1, Vec::new()));
    assert_eq!(list("[1]", 20), (0, vec![(0, BadReason::TooManyFields)]));
}

#[test]
fn an_observation_of_very_many_values_is_not_held() {
    let many = format!(r#"{{"0":{{"type":"url","value":"x","a":[{}1]}}}}"#, "1,".repeat(2 << 20));
    let observed = format!(r#"{{"type":"bundle","objects":[{{"type":"observed-data","first_observed":"{T}","objects":{many}}}]}}"#);
    assert_eq!(gives_of(observed.as_bytes(), 1 << 16).unwrap().bad, [(0, BadReason::TooManyFields)]);
    let part = |n: usize| json!({"type": "url", "id": format!("url--{n}"), "a": vec![1; 1 << 18]});
    let ids: Vec<String> = (0..5).map(|n| format!("url--{n}")).collect();
    let mut objects: Vec<Value> = (0..5).map(part).collect();
    objects.push(json!({"type": "observed-data", "first_observed": T, "object_refs": ids}));
    assert_eq!(gives_of(bundle(&objects).as_bytes(), 1 << 16).unwrap().bad, [(5, BadReason::TooManyFields)]);
}

#[test]
fn an_object_that_all_refer_to_is_not_read_for_hours() {
    let large = json!({"type": "artifact", "id": "artifact--1", "payload_bin": "x".repeat(1 << 20)});
    let refers = json!({"type": "observed-data", "first_observed": T, "object_refs": ["artifact--1"]});
    let mut objects = vec![large];
    objects.extend(std::iter::repeat_n(refers, 2_000));
    let error = gives_of(bundle(&objects).as_bytes(), 1 << 20).unwrap_err();
    assert!(error.message.contains("refers to its objects so often"), "{}", error.message);
}
