//! What a statement that found something leaves out for its case.

use super::{Lab, get, hint_requests, hints, process};

/// Records of one name in three cases.
fn cases() -> String {
    let names = ["net.exe", "net.exe", "NET.EXE", "Net.exe", "netsh.exe"];
    let one = |(n, name): (usize, &&str)| {
        let parent = if n > 0 { r#","parent":{"entity_id":"p0"}"# } else { "" };
        process(&format!("06:00:0{n}"), &format!("p{n}"), &format!(r#""name":"{name}","pid":{n}{parent}"#))
    };
    names.iter().enumerate().map(one).collect()
}

/// A statement that finds something, and what it leaves out: the headline, what the way out finds, and the requests.
#[track_caller]
fn left_out(hunt: &str, variable: &str, message: &str, found: u64, requests: usize) {
    let mut lab = Lab::new(cases());
    let report = lab.run(hunt, "");
    let hints = hints(&report);
    assert_eq!(hints.len(), 1, "{hints:#?}");
    assert_eq!((hints[0]["code"].as_str(), hints[0]["message"].as_str()), (Some("K1103"), Some(message)));
    assert_eq!(hint_requests(&report).len(), requests, "{:#?}", hint_requests(&report));
    assert_eq!(lab.pasted(hunt, &hints[0], variable), found);
}

#[test]
fn what_is_left_out_for_its_case_is_told() {
    let said = "2 entities left out: `name` is `NET.EXE` there, another case";
    left_out(&get("name = 'net.exe'"), "p", said, 4, 1);
    left_out(&get("name = 'net.exe' AND pid < 4"), "p", said, 4, 1);
    left_out(&get("[process:name = 'net.exe' OR process:pid = 9]"), "p", said, 4, 1);
    let said = "2 entities left out: `name` is `NET.EXE` there, another case";
    left_out(&get("name IN ('net.exe', 'netsh.exe')"), "p", said, 5, 1);
    left_out(&get("name MATCHES '^net[.]'"), "p", said, 4, 1);
    // FIND, with the one request of its input's statement that is about no case.
    let find = get("pid = 0") + "k = FIND process CREATED BY p WHERE name = 'net.exe'\n";
    left_out(&find, "k", said, 3, 1);
    // Of a variable everything is there.
    let filter = get("pid >= 0") + "k = p WHERE name = 'net.exe'\n";
    left_out(&filter, "k", said, 4, 0);
}

#[test]
fn what_leaves_nothing_out_is_not_told() {
    let mut lab = Lab::new(cases());
    for condition in
        ["name = 'netsh.exe'", "name LIKE 'net.exe'", "name MATCHES '(?i)^net'", "name != 'net.exe'", "name = 'net.exe' LIMIT 1"]
    {
        assert!(hints(&lab.run(&get(condition), "")).is_empty(), "{condition}");
    }
    let report = lab.run(&get("name = 'net.exe'"), "--no-hints");
    assert!(hints(&report).is_empty() && hint_requests(&report).is_empty());
    let report = lab.run(&get("name = 'net.exe'"), "--ignore-case");
    assert!(hints(&report).is_empty() && hint_requests(&report).is_empty());
}
