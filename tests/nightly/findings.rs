//! Findings of nights through the program: what makes two the same, what is shown of each, what comes back, what is known
//! already, and what suppressions hide. Records are few, and each scene says what they are.

use crate::support::cli::{Huntc, Ran};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read as _;

/// A process that began at an instant, in a life of its own.
fn process(time: &str, id: &str, host: &str, command: &str) -> Json {
    json!({
        "@timestamp": time, "event": {"code": "1", "category": ["process"], "type": ["start"]}, "host": {"name": host},
        "user": {"name": "bob"},
        "process": {"entity_id": id, "name": command.split(' ').next(), "pid": id.len(), "command_line": command,
            "parent": {"entity_id": "parent", "name": "explorer", "pid": 1}},
    })
}

const SHELLS: &str = "# title: Shells\n# severity: high\n# overlap: 1h\n#\n# Looks for shells.\n# Why: <b>they run</b> what they are told.\nx = GET process FROM stixshifter://lab WHERE name LIKE '%.exe'\nDISP x ATTR name, pid, command_line\n";

/// What every host of these records sends in every night, and no hunt looks for: without it nothing newer would be looked at.
fn heartbeats(records: &[Json]) -> Vec<Json> {
    let hosts: BTreeSet<&str> = records.iter().filter_map(|record| record["host"]["name"].as_str()).collect();
    let beat = |day: usize, host: &str| json!({"@timestamp": format!("2026-01-{day:02}T23:59:59Z"), "host": {"name": host}});
    hosts.iter().flat_map(|host| (1..32).map(|day| beat(day, host))).collect()
}

fn place(hunt: &str, records: &[Json]) -> Huntc {
    let beats = heartbeats(records);
    let lines = records.iter().chain(&beats).fold(String::new(), |text, record| text + &record.to_string() + "\n");
    Huntc::new()
        .file("events.ndjson", lines)
        .file("huntc.toml", "[sources.lab]\npath = 'events.ndjson'\n")
        .file("hunts/shells.hf", hunt)
}

fn night(huntc: &Huntc, at: &str, more: &str) -> Ran {
    let ran = huntc.run(&format!("nightly run hunts --at {at} {more}"));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    ran
}

/// `nightly.json` of the newest report.
fn latest(huntc: &Huntc) -> Json {
    serde_json::from_slice(&std::fs::read(huntc.path("nightly/latest/nightly.json")).unwrap()).unwrap()
}

/// The finding of the only hunt in the newest report.
fn finding(huntc: &Huntc) -> Json {
    latest(huntc)["hunts"][0]["finding"].take()
}

/// The third part of each key in a list, which is the command line.
fn commands(finding: &Json, list: &str) -> Vec<String> {
    finding[list].as_array().unwrap().iter().map(|f| f["key"][2].as_str().unwrap().to_owned()).collect()
}

fn lists(huntc: &Huntc) -> [Vec<String>; 5] {
    let finding = finding(huntc);
    ["new", "again", "continuing", "gone", "suppressed"].map(|list| commands(&finding, list))
}

#[test]
fn a_line_of_every_night_is_told_once_and_then_continues() {
    let mut records = Vec::new();
    for day in 1..=4 {
        records.push(process(&format!("2026-01-0{day}T12:00:00Z"), &format!("backup{day}"), "ws5", "backup.exe /all"));
    }
    records.push(process("2026-01-02T13:00:00Z", "twin1", "ws5", "evil.exe /a"));
    records.push(process("2026-01-02T13:01:00Z", "twin2", "ws5", "evil.exe /a"));
    records.push(process("2026-01-02T13:02:00Z", "other", "ws6", "evil.exe /a"));
    let huntc = place(SHELLS, &records);
    let none = Vec::<String>::new;
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    night(&huntc, "2026-01-02T00:00:00Z", "");
    assert_eq!(lists(&huntc), [names(&["backup.exe /all"]), none(), none(), none(), none()]);
    let ran = night(&huntc, "2026-01-03T00:00:00Z", "");
    let evil = names(&["evil.exe /a", "evil.exe /a"]);
    assert_eq!(lists(&huntc), [evil.clone(), none(), names(&["backup.exe /all"]), none(), none()]);
    assert!(ran.stdout.contains("ws5  bob  name: evil.exe, pid: 5, command_line: evil.exe /a  ×2\n"), "{}", ran.text());
    assert!(ran.stdout.contains("ws6  bob  name: evil.exe, pid: 5, command_line: evil.exe /a\n"), "{}", ran.text());
    assert!(ran.stdout.contains("continuing, 2 nights, last 2026-01-02T12:00:00Z  ws5  bob  name: backup.exe"), "{}", ran.text());
    night(&huntc, "2026-01-04T00:00:00Z", "");
    assert_eq!(lists(&huntc), [none(), none(), names(&["backup.exe /all"]), evil, none()]);
    night(&huntc, "2026-01-05T00:00:00Z", "");
    let continuing = &finding(&huntc)["continuing"][0];
    assert_eq!((&continuing["nights"], &continuing["last"]), (&json!(4), &json!("2026-01-04T12:00:00.000Z")));
}

/// What a night says of a process may be less than what its first night said: its traffic names no command line.
#[test]
fn a_process_stays_with_its_finding_when_a_record_says_less_of_it() {
    let traffic = |time: &str, id: &str| {
        json!({"@timestamp": time, "event": {"code": "3", "category": ["network"]}, "host": {"name": "ws5"},
            "process": {"entity_id": id, "name": "evil.exe", "pid": 2}})
    };
    let records = [
        process("2026-01-01T12:00:00Z", "e1", "ws5", "evil.exe /x"),
        process("2026-01-01T12:00:00Z", "q1", "ws5", "evil.exe /quiet"),
        traffic("2026-01-02T12:00:00Z", "e1"),
        traffic("2026-01-02T12:00:00Z", "q1"),
        traffic("2026-01-03T12:00:00Z", "other"),
    ];
    let list = "[[suppress]]\nhunt = 'shells.hf'\nwhere = \"command_line LIKE '%/quiet'\"\nreason = 'x'\n";
    let huntc = place(SHELLS, &records).file("hunts/suppressions.toml", list);
    night(&huntc, "2026-01-02T00:00:00Z", "");
    assert_eq!((&lists(&huntc)[0], &lists(&huntc)[4]), (&vec!["evil.exe /x".to_owned()], &vec!["evil.exe /quiet".to_owned()]));
    let ran = night(&huntc, "2026-01-03T00:00:00Z", "");
    let [new, _, continuing, _, suppressed] = lists(&huntc);
    assert_eq!((new.len(), continuing, suppressed), (0, vec!["evil.exe /x".to_owned()], vec!["evil.exe /quiet".to_owned()]));
    assert!(ran.stdout.contains("ws5  bob  name: evil.exe, pid: 2, command_line: evil.exe /x\n"), "{}", ran.text());
    night(&huntc, "2026-01-04T00:00:00Z", "");
    let told = finding(&huntc);
    assert_eq!(
        told["new"][0]["key"],
        json!(["ws5", "evil.exe", null, null, null]),
        "another process, of which nothing more is known"
    );
}

#[test]
fn the_front_matter_says_what_is_the_same() {
    let records: Vec<Json> = (1..=3)
        .map(|n| process(&format!("2026-01-01T1{n}:00:00Z"), &format!("p{n}"), &format!("ws{n}"), &format!("evil.exe /{n}")))
        .collect();
    let huntc = place(&format!("# key: name\n{SHELLS}"), &records);
    night(&huntc, "2026-01-02T00:00:00Z", "");
    let new = &finding(&huntc)["new"];
    assert_eq!(new.as_array().unwrap().len(), 1);
    assert_eq!((&new[0]["key"], &new[0]["hosts"]), (&json!(["evil.exe"]), &json!(["ws1", "ws2", "ws3"])));
    assert_eq!((&new[0]["entities"], &new[0]["first"]), (&json!(3), &json!("2026-01-01T11:00:00.000Z")));
    let wrong = place(&format!("# key: nmae\n{SHELLS}"), &records);
    let ran = wrong.run("nightly run hunts --at 2026-01-02T00:00:00Z");
    assert!(ran.code == Some(1) && ran.stderr.contains("[K0855]"), "{}", ran.text());
}

#[test]
fn every_output_shows_when_where_who_and_what() {
    let huntc = place(SHELLS, &[process("2026-01-01T12:00:00Z", "p1", "ws5", "evil.exe /x")]);
    let ran = night(&huntc, "2026-01-02T00:00:00Z", "--notify cat>told.json");
    let read = |name: &str| std::fs::read_to_string(huntc.path(name)).unwrap();
    let status = huntc.run("nightly status --at 2026-01-02T01:00:00Z").stdout;
    let history = huntc.run("nightly history shells.hf").stdout;
    for (what, text) in [
        ("terminal", ran.stdout.clone()),
        ("summary.txt", read("nightly/latest/summary.txt")),
        ("summary.html", read("nightly/latest/summary.html")),
        ("nightly.json", read("nightly/latest/nightly.json")),
        ("csv", read("nightly/latest/01-shells-new.csv")),
        ("message", read("told.json")),
        ("status", status),
        ("history", history),
    ] {
        for part in ["2026-01-01T12:00:00", "ws5", "bob", "evil.exe /x"] {
            assert!(text.contains(part), "{part} is missing in {what}:\n{text}");
        }
        assert!(!text.contains("\"p1\""), "{what} shows a bare id:\n{text}");
    }
    let page = read("nightly/latest/summary.html");
    assert!(page.contains("Looks for shells.<br>\nWhy: &lt;b&gt;they run&lt;/b&gt; what they are told.<br>"), "{page}");
    assert!(!page.contains("overlap: 1h"), "front matter is no remark: {page}");
}

#[test]
fn what_was_away_for_long_is_told_again() {
    let days = [1, 3, 12];
    let records: Vec<Json> =
        days.iter().map(|d| process(&format!("2026-01-{d:02}T12:00:00Z"), &format!("p{d}"), "ws5", "evil.exe /x")).collect();
    for (again, wanted) in [("", true), ("--again 10d", false), ("--again 1d", true)] {
        let huntc = place(SHELLS, &records);
        let mut told = Vec::new();
        for day in 2..=13 {
            let ran = night(&huntc, &format!("2026-01-{day:02}T00:00:00Z"), again);
            let [new, back, ..] = lists(&huntc).map(|list| list.len());
            told.push((day, new, back));
            if back > 0 && day == 13 {
                assert!(ran.stdout.contains("NEW: 1 finding, 1 of them back after a long time"), "{}", ran.text());
                assert!(ran.stdout.contains("back; before that until 2026-01-03T12:00:00Z"), "{}", ran.text());
            }
        }
        let back: Vec<_> = told.iter().filter(|(.., back)| *back > 0).map(|(day, ..)| *day).collect();
        let expected: Vec<i32> = if again.ends_with(" 1d") {
            vec![4, 13]
        } else if wanted {
            vec![13]
        } else {
            Vec::new()
        };
        assert_eq!(back, expected, "{again}");
        assert_eq!(told.iter().map(|(_, new, _)| new).sum::<usize>(), 1, "{again}");
    }
}

#[test]
fn first_seen_compares_with_the_history() {
    let old = |day: u32, id: &str| process(&format!("2025-12-{day:02}T12:00:00Z"), id, "ws5", "old.exe /x");
    let records = [
        old(10, "o1"),
        process("2025-12-20T12:00:00Z", "s1", "ws5", "seldom.exe /x"),
        process("2026-01-01T12:00:00Z", "o2", "ws5", "old.exe /x"),
        process("2026-01-01T13:00:00Z", "n1", "ws5", "new.exe /x"),
        process("2026-01-03T12:00:00Z", "s2", "ws5", "seldom.exe /x"),
        process("2026-01-03T13:00:00Z", "n2", "ws5", "newer.exe /x"),
    ];
    let huntc = place(&format!("# first-seen: 30d\n{SHELLS}"), &records);
    let ran = night(&huntc, "2026-01-02T00:00:00Z", "");
    assert!(ran.stdout.contains("NEW: 1 finding"), "{}", ran.text());
    let [new, again, continuing, ..] = lists(&huntc);
    assert_eq!((new, again, continuing.len()), (vec!["new.exe /x".to_owned()], Vec::new(), 2));
    night(&huntc, "2026-01-03T00:00:00Z", "");
    night(&huntc, "2026-01-04T00:00:00Z", "");
    let [new, again, continuing, ..] = lists(&huntc);
    assert_eq!((new, again), (vec!["newer.exe /x".to_owned()], Vec::new()), "seldom.exe was there within 30 days");
    assert_eq!(continuing, ["seldom.exe /x"]);
}

#[test]
fn a_condition_hides_what_it_says_and_nothing_else() {
    let records = [
        process("2026-01-01T12:00:00Z", "p1", "ws5", "backup.exe /all"),
        process("2026-01-01T12:01:00Z", "p2", "ws6", "backup.exe /all"),
        // The same finding as that of ws5, but for what its condition asks: one of two may not hide both.
        process("2026-01-01T12:02:00Z", "p33", "ws5", "evil.exe /all"),
        process("2026-01-01T12:03:00Z", "p3", "ws5", "evil.exe /all"),
    ];
    let list = "[[suppress]]\nhunt = 'shells.hf'\nwhere = \"command_line LIKE 'BACKUP%' AND host.name = 'ws5'\"\nreason = 'x'\n\
                [[suppress]]\nhunt = 'shells.hf'\nwhere = \"pid = 3\"\nreason = 'x'\n";
    let huntc = place(SHELLS, &records).file("hunts/suppressions.toml", list);
    night(&huntc, "2026-01-02T00:00:00Z", "");
    let told = finding(&huntc);
    let who = |list: &str| told[list].as_array().unwrap().iter().map(|f| json!([f["hosts"][0], f["key"][2]])).collect::<Vec<_>>();
    assert_eq!(who("suppressed"), [json!(["ws5", "backup.exe /all"])]);
    assert_eq!(who("new"), [json!(["ws5", "evil.exe /all"]), json!(["ws6", "backup.exe /all"])]);
    assert_eq!(latest(&huntc)["suppressions"], json!([]));
    // Without the entry it is told.
    std::fs::write(huntc.path("hunts/suppressions.toml"), "").unwrap();
    std::fs::write(huntc.path("events.ndjson"), process("2026-01-02T12:00:00Z", "p9", "ws5", "backup.exe /all").to_string())
        .unwrap();
    night(&huntc, "2026-01-03T00:00:00Z", "");
    assert_eq!(lists(&huntc)[0], ["backup.exe /all"]);
}

#[test]
fn suppressions_that_do_not_do_their_work_are_told_first() {
    let entry = |hunt: &str, what: &str| format!("[[suppress]]\nhunt = '{hunt}'\n{what}\nreason = 'x'\n");
    let list = [
        entry("shell.hf", "pattern = 'a'"),
        entry("shells.hf", "pattern = 'b'\nuntil = 2026-01-01"),
        entry("shells.hf", "where = \"comand_line = 'a'\""),
        entry("shells.hf", "where = \"name LIKE '%'\""),
        entry("shells.hf", "pattern = 'c'"),
    ]
    .concat();
    let mut records = Vec::new();
    for n in 1..=2 {
        records.push(process("2026-01-01T12:00:00Z", &format!("p{n}"), "ws5", &format!("evil.exe /{n}")));
    }
    let huntc = place(SHELLS, &records).file("hunts/suppressions.toml", list);
    let ran = night(&huntc, "2026-01-02T00:00:00Z", "--notify cat>told.json");
    let wanted = [
        "suppression 1 (pattern = \"a\") is for a hunt that is not there: `shell.hf`; `shells.hf` is the nearest",
        "suppression 2 (pattern = \"b\") has expired (2026-01-01T00:00:00Z) and hides nothing any more",
        "suppression 3 (where = \"comand_line = 'a'\") hides nothing: process has no attribute `comand_line` [K0201]",
        "suppression 4 (where = \"name LIKE '%'\") hides everything that `shells.hf` found since it is there: 2 findings",
    ];
    assert_eq!(latest(&huntc)["suppressions"], json!(wanted));
    let mut lines = ran.stdout.lines().skip(2);
    for text in wanted {
        assert_eq!(lines.next(), Some(format!("! {text}").as_str()), "{}", ran.text());
    }
    let page = std::fs::read_to_string(huntc.path("nightly/latest/summary.html")).unwrap();
    assert!(page.find("hides everything that").unwrap() < page.find("looked at everything up to now").unwrap());
    assert!(!huntc.path("told.json").exists(), "what is hidden wakes nobody, and neither does the list");
    for day in 3..=32 {
        let at = format!("2026-{:02}-{:02}T00:00:00Z", 1 + (day - 1) / 31, (day - 1) % 31 + 1);
        night(&huntc, &at, "--quiet");
    }
    let told = latest(&huntc)["suppressions"].to_string();
    assert!(told.contains("suppression 5 (pattern = \\\"c\\\") has hidden nothing for 31 nights"), "{told}");
    // What cannot be read stops the night.
    let broken = huntc.file("hunts/suppressions.toml", entry("shells.hf", "where = 'name = '"));
    let ran = broken.run("nightly run hunts --at 2026-03-01T00:00:00Z");
    assert!(ran.code == Some(2) && ran.stderr.contains("K0863") && ran.stderr.contains("`where` cannot be read"), "{}", ran.text());
}

#[test]
fn hostile_values_stay_text_in_every_face() {
    let evil = "evil.exe <script>alert(1)</script> \u{1b}[2J \u{202e}fdp ×57";
    let mut record = process("2026-01-01T12:00:00Z", "p1", "=cmd|' /C calc'!A0", evil);
    record["user"]["name"] = json!("<img src=x>\u{1b}[31m");
    let huntc = place(SHELLS, &[record]);
    let ran = night(&huntc, "2026-01-02T00:00:00Z", "");
    let read = |name: &str| std::fs::read_to_string(huntc.path(name)).unwrap();
    let (status, history) = (huntc.run("nightly status").stdout, huntc.run("nightly history shells.hf").stdout);
    for text in [&ran.stdout, &read("nightly/latest/summary.txt"), &read("nightly/latest/summary.html"), &status, &history] {
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        assert!(text.contains("\\u{1b}[2J"), "{text}");
    }
    assert!(!ran.stdout.contains("×57"), "a command line must not look like a count: {}", ran.text());
    let page = read("nightly/latest/summary.html");
    assert!(page.matches("<script").count() == 1 && !page.contains("<img"), "{page}");
    assert!(page.contains("&lt;script&gt;") && page.contains("&lt;img src=x&gt;"), "{page}");
    let csv = read("nightly/latest/01-shells-new.csv");
    assert!(csv.contains("'=cmd|") && !csv.contains(",=cmd|"), "{csv}");
    let json = read("nightly/latest/nightly.json");
    assert!(!json.contains('\u{202e}') && !json.contains('\u{1b}'), "{json}");
}

/// A state that huntc 0.1.0 wrote after its first night: `evil /early` and `evil /late` and a file are told.
#[test]
fn a_state_of_the_first_layout_keeps_what_was_told() {
    let mut state = Vec::new();
    let packed = include_bytes!("../fixtures/nightly-state-1.redb.gz");
    flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut state).unwrap();
    let shell = |time: &str, id: &str, command: &str| {
        let mut record = process(time, id, "ws5", command);
        record["process"]["name"] = json!("evil.exe");
        record
    };
    let file = json!({"@timestamp": "2026-01-01T23:40:00Z", "event": {"code": "11"}, "host": {"name": "ws5"},
        "file": {"name": "evil.dmp", "path": "C:\\evil.dmp"}});
    let records = [
        shell("2026-01-01T23:30:00Z", "p2", "evil /late"),
        file,
        shell("2026-01-02T09:00:00Z", "p3", "evil /late"),
        shell("2026-01-02T10:00:00Z", "p4", "evil /other"),
    ];
    let huntc =
        place("x = GET process FROM stixshifter://lab WHERE name = 'evil.exe'\nDISP x ATTR name, pid, command_line\n", &records)
            .file(".huntc-nightly/nightly.redb", state);
    std::fs::rename(huntc.path("hunts/shells.hf"), huntc.path("hunts/processes.hf")).unwrap();
    let huntc = huntc.file("hunts/files.hf", "x = GET file FROM stixshifter://lab WHERE name LIKE '%.dmp'\nDISP x ATTR x_path\n");
    let status = huntc.run("nightly status --at 2026-01-02T01:00:00Z");
    assert!(status.code == Some(0) && status.stdout.contains("processes.hf | ok"), "looking changes nothing: {}", status.text());
    let history = huntc.run("nightly history processes.hf");
    assert!(history.code == Some(0) && history.stdout.contains("2 findings"), "{}", history.text());
    let ran = night(&huntc, "2026-01-03T00:00:00Z", "");
    let report = latest(&huntc);
    let [files, processes] = [0, 1].map(|n| &report["hunts"][n]["finding"]);
    let paths = |list: &str| files[list].as_array().unwrap().len();
    assert_eq!((paths("new"), paths("continuing"), paths("gone")), (0, 1, 0), "{}", ran.text());
    assert_eq!(commands(processes, "new"), ["evil /other"], "{}", ran.text());
    assert_eq!(commands(processes, "continuing"), ["evil /late"], "{}", ran.text());
    assert_eq!(processes["gone"], json!([]), "what has another name is not gone: {}", ran.text());
    assert_eq!(processes["continuing"][0]["first"], "2026-01-01T23:30:00.000Z");
    assert_eq!(night(&huntc, "2026-01-04T00:00:00Z", "").code, Some(0), "and it opens again");
}

#[test]
fn a_link_and_a_page_lead_to_the_nights() {
    let huntc = place(SHELLS, &[process("2026-01-01T12:00:00Z", "p1", "ws5", "evil.exe /x")]);
    night(&huntc, "2026-01-02T00:00:00Z", "");
    let huntc = huntc.file("hunts/broken.hf", "x = GET\n");
    assert_eq!(huntc.run("nightly run hunts --at 2026-01-03T00:00:00Z").code, Some(1));
    assert_eq!(huntc.names("nightly"), ["20260102T000000Z", "20260103T000000Z", "index.html", "latest"]);
    assert_eq!(std::fs::read_link(huntc.path("nightly/latest")).unwrap().to_str(), Some("20260103T000000Z"));
    let index = std::fs::read_to_string(huntc.path("nightly/index.html")).unwrap();
    let (newer, older) =
        (index.find("20260103T000000Z/summary.html").unwrap(), index.find("20260102T000000Z/summary.html").unwrap());
    assert!(newer < older && index.contains("<td class=\"bad\">broken.hf<"), "{index}");
    // What somebody else put there stays, and the night says so.
    std::fs::remove_file(huntc.path("nightly/latest")).unwrap();
    std::fs::remove_file(huntc.path("nightly/index.html")).unwrap();
    let huntc = huntc.file("nightly/latest/mine", "x").file("nightly/index.html/mine", "x");
    let ran = huntc.run("nightly run hunts --at 2026-01-04T00:00:00Z");
    assert!(ran.stdout.contains("something else is called `latest`") && ran.stdout.contains("`index.html`"), "{}", ran.text());
    assert!(huntc.path("nightly/latest/mine").is_file() && huntc.path("nightly/index.html/mine").is_file());
}

#[test]
fn a_hunt_that_was_not_looked_at_found_nothing_that_may_be_called_nothing() {
    let huntc = place(SHELLS, &[process("2026-01-01T12:00:00Z", "p1", "ws5", "evil.exe /x")])
        .file("hunts/away.hf", SHELLS.replace("stixshifter://lab", "stixshifter://away").replace("Shells", "Elsewhere"));
    let ran = huntc.run("nightly run hunts --at 2026-01-02T00:00:00Z");
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    let page = std::fs::read_to_string(huntc.path("nightly/latest/summary.html")).unwrap();
    assert!(page.contains("<td>Elsewhere<td class=\"bad\">failed<td>not looked at<td>"), "{page}");
    assert!(!page.contains("nothing found") && !page.contains("no window"), "{page}");
    let ran = huntc.run("nightly run hunts --at 2026-01-03T00:00:00Z");
    assert!(ran.stdout.contains("Nothing is new in what was looked at."), "{}", ran.text());
    std::fs::remove_file(huntc.path("hunts/shells.hf")).unwrap();
    huntc.run("nightly run hunts --at 2026-01-04T00:00:00Z");
    let ran = huntc.run("nightly run hunts --at 2026-01-05T00:00:00Z");
    assert!(ran.stdout.contains("\nNothing was looked at.\n") && !ran.stdout.contains("Nothing is new"), "{}", ran.text());
}

/// The whole page as text, with what it comes from: a second night with something new, something back, something that goes on,
/// something hidden, a hunt that was not looked at, and a list with a faulty entry.
#[test]
fn the_page_of_a_night() {
    let mut records = vec![
        process("2026-01-01T12:00:00Z", "b1", "ws5", "backup.exe /all"),
        process("2026-01-01T12:30:00Z", "s1", "ws6", "seldom.exe /x"),
        process("2026-01-01T12:40:00Z", "i1", "ws7", "inventory.exe"),
    ];
    let first = place(SHELLS, &records);
    records.extend([
        process("2026-01-09T12:00:00Z", "b2", "ws5", "backup.exe /all"),
        process("2026-01-09T12:01:00Z", "b3", "ws5", "backup.exe /all"),
        process("2026-01-09T12:30:00Z", "s2", "ws6", "seldom.exe /x"),
        process("2026-01-09T13:00:00Z", "e1", "ws5", "evil.exe -enc <b>&SQBFAFgA</b>"),
        process("2026-01-09T14:00:00Z", "i2", "ws7", "inventory.exe"),
    ]);
    let list = "[[suppress]]\nhunt = 'shells.hf'\nwhere = \"name = 'inventory.exe'\"\nreason = 'ticket 4711'\n\
                [[suppress]]\nhunt = 'shels.hf'\npattern = '%x%'\nreason = 'ticket 4712'\n";
    let away = SHELLS.replace("stixshifter://lab", "stixshifter://away").replace("Shells", "Elsewhere");
    let mut shown = String::new();
    let _ = writeln!(shown, "== hunts/shells.hf\n{SHELLS}\n== hunts/away.hf\n{away}\n== hunts/suppressions.toml\n{list}");
    let lines = records.iter().fold(String::new(), |text, record| text + &record.to_string() + "\n");
    let _ = writeln!(shown, "== events.ndjson\n{lines}");
    let huntc = first.file("hunts/away.hf", &away).file("hunts/suppressions.toml", list);
    huntc.run("nightly run hunts --at 2026-01-02T00:00:00Z");
    // A backup runs every night, the others do not.
    for day in 2..=8 {
        let record = process(&format!("2026-01-0{day}T12:00:00Z"), &format!("d{day}"), "ws5", "backup.exe /all");
        // What was there stays: records that go and come again would have come late.
        let first = records.iter().take(3).fold(String::new(), |text, record| text + &record.to_string() + "\n");
        std::fs::write(huntc.path("events.ndjson"), first + &record.to_string()).unwrap();
        huntc.run(&format!("nightly run hunts --at 2026-01-0{}T00:00:00Z --quiet", day + 1));
    }
    std::fs::write(huntc.path("events.ndjson"), &lines).unwrap();
    let ran = huntc.run("nightly run hunts --at 2026-01-10T00:00:00Z");
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    let read = |name: &str| std::fs::read_to_string(huntc.path("nightly/latest").join(name)).unwrap();
    let page = read("summary.html");
    // Style and script are those of all pages.
    let (_, page) = page.split_once("</style>\n").unwrap();
    let (page, _) = page.split_once("<script>").unwrap();
    let _ = write!(shown, "== summary.txt\n{}\n== summary.html, without style and script\n{page}", read("summary.txt"));
    insta::with_settings!({ snapshot_path => "../../snapshots/nightly", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("the-page-of-a-night", shown);
    });
}
