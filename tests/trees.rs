//! Trees of FIND … DEPTH in text and HTML; what programs read stays in row order.

use crate::support::cli::Huntc;
use serde_json::Value;

/// `(second, id, name, parent's id)`; a parent that is not in the list began before the log.
fn log(processes: &[(u32, &str, &str, &str)]) -> String {
    let record = |(second, id, name, parent): &(u32, &str, &str, &str)| {
        let of = |wanted: &str| processes.iter().find(|p| p.1 == wanted).map_or("shell.exe", |p| p.2);
        format!(
            "{{\"@timestamp\":\"2020-10-22T06:00:{second:02}Z\",\"event\":{{\"code\":\"1\"}},\"process\":{{\"entity_id\":\"{id}\",\"name\":{},\"pid\":{second},\"parent\":{{\"entity_id\":\"{parent}\",\"name\":{}}}}}}}\n",
            Value::from(*name),
            Value::from(of(parent)),
        )
    };
    processes.iter().map(record).collect()
}

/// A tree in whose time order parents and children alternate.
const TREE: &[(u32, &str, &str, &str)] = &[
    (1, "a", "a.exe", "root"),
    (2, "b", "b.exe", "root"),
    (3, "b1", "b1.exe", "b"),
    (4, "a1", "a1.exe", "a"),
    (5, "a1x", "a1x.exe", "a1"),
    (6, "b2", "b2.exe", "b"),
];

const FIND: &str = "r = GET process FROM stixshifter://s WHERE name = 'shell.exe'\nt = FIND process CREATED BY r DEPTH *\n";

/// Lines of the only table: the tree and the column behind it.
fn column(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|l| !l.starts_with("|--")).skip(1).take_while(|l| l.starts_with('|'));
    let cells = |line: &str| line.split('|').map(|cell| cell.trim_end().strip_prefix(' ').unwrap_or("").to_owned()).collect();
    let joined = |cells: Vec<String>| match text.contains("| tree ") {
        true if !cells[1].is_empty() => format!("{} {}", cells[1], cells[2].trim()),
        true => cells[2].trim().to_owned(),
        false => cells[1].clone(),
    };
    lines.map(|line| joined(cells(line))).collect()
}

fn drawn(log: &str, hunt: &str) -> Vec<String> {
    let ran = Huntc::new().file("log.ndjson", log).file("h.hf", hunt).run("run h.hf --source s=log.ndjson");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    column(&ran.stdout)
}

#[test]
fn a_process_tree_is_drawn() {
    let log = log(TREE);
    assert_eq!(
        drawn(&log, &format!("{FIND}DISP t ATTR name, pid\n")),
        ["a.exe", "└─ a1.exe", "   └─ a1x.exe", "b.exe", "├─ b1.exe", "└─ b2.exe"]
    );
    // Siblings as they are sorted; rows that are filtered away leave their children to the next ancestor.
    assert_eq!(
        drawn(&log, &format!("{FIND}DISP t ATTR name SORT BY pid DESC\n")),
        ["b.exe", "├─ b2.exe", "└─ b1.exe", "a.exe", "└─ a1.exe", "   └─ a1x.exe"]
    );
    assert_eq!(drawn(&log, &format!("{FIND}DISP t WHERE name LIKE '%1%' ATTR name\n")), ["b1.exe", "a1.exe", "└─ a1x.exe"]);
    assert_eq!(drawn(&log, &format!("{FIND}u = t WHERE name != 'a1.exe'\nDISP u ATTR name\n"))[..2], ["a.exe", "└─ a1x.exe"]);
    assert_eq!(drawn(&log, &format!("{FIND}DISP t ATTR name LIMIT 3 OFFSET 1\n")), ["b.exe", "└─ b1.exe", "a1.exe"]);
    assert_eq!(drawn(&log, &format!("{FIND}DISP t ATTR name LIMIT 2\n")), ["a.exe", "b.exe"]);
    // The input merged with what was found from it is the root.
    let merged = drawn(&log, &format!("{FIND}u = r + t\nDISP u ATTR name\n"));
    assert_eq!(merged[..3], ["shell.exe", "├─ a.exe", "│  └─ a1.exe"]);
    // Beside numbers and times too.
    assert_eq!(drawn(&log, &format!("{FIND}DISP t ATTR depth, name\n"))[..2], ["1", "└─ 2"]);
    let records = drawn(&log, &format!("{FIND}DISP TIMESTAMPED(t) ATTR name\n"));
    assert_eq!(records[..2], ["2020-10-22T06:00:01.000Z", "└─ 2020-10-22T06:00:04.000Z"]);
}

#[test]
fn processes_that_look_the_same_keep_their_parents_and_children() {
    let chain = log(&[(1, "a", "x.exe", "root"), (2, "b", "y.exe", "a"), (3, "c", "x.exe", "b"), (4, "d", "z.exe", "c")]);
    let hunt = format!("{FIND}DISP t ATTR name\n");
    assert_eq!(drawn(&chain, &hunt), ["x.exe", "└─ y.exe", "   └─ x.exe", "      └─ z.exe"]);
    let twins = log(&[(1, "a", "x.exe", "root"), (2, "b", "x.exe", "root"), (3, "a1", "one.exe", "a"), (4, "b1", "two.exe", "b")]);
    assert_eq!(drawn(&twins, &hunt), ["x.exe", "└─ one.exe", "x.exe", "└─ two.exe"]);
}

#[test]
fn siblings_that_look_the_same_and_have_no_children_share_a_line() {
    let log = log(&[
        (1, "a", "x.exe", "root"),
        (2, "b", "cmd.exe", "a"),
        (3, "c", "cmd.exe", "a"),
        (4, "d", "cmd.exe", "a"),
        (5, "e", "cmd.exe", "a"),
        (6, "d1", "y.exe", "d"),
    ]);
    let huntc = Huntc::new().file("log.ndjson", log).file("h.hf", format!("{FIND}DISP t ATTR name\n"));
    let ran = huntc.run("run h.hf --source s=log.ndjson");
    assert_eq!(column(&ran.stdout), ["x.exe", "├─ ×3 cmd.exe", "└─ cmd.exe", "   └─ y.exe"]);
    assert!(ran.stdout.contains("3 rows of 6 entities"), "{}", ran.stdout);
    assert_eq!(huntc.run("run h.hf --source s=log.ndjson --out r").code, Some(0));
    // Programs read the rows as before.
    assert_eq!(huntc.report("r")["hunts"][0]["displays"][0]["rows"].to_string(), r#"[["x.exe"],["cmd.exe"],["y.exe"]]"#);
    let html = std::fs::read_to_string(huntc.path("r/report.html")).unwrap();
    assert!(html.contains("<td>├─\u{a0}cmd.exe ×3") && html.contains("3 rows of 6 entities"), "{html}");
}

#[test]
fn circles_and_several_roots_end_and_hostile_names_draw_nothing() {
    let log =
        log(&[(1, "a", "a.exe", "b"), (2, "b", "b.exe", "a"), (3, "c", "\u{1b}[2J├─ lsass.exe\n│", "a"), (4, "o", "own.exe", "o")]);
    let hunt = "r = GET process FROM stixshifter://s WHERE name IN ('a.exe', 'own.exe') LIMIT 2\nt = FIND process CREATED BY r DEPTH *\nDISP t ATTR name\n";
    let hostile = r"\u{1b}[2J\u{251c}\u{2500} lsass.exe\n\u{2502}";
    assert_eq!(drawn(&log, hunt), ["b.exe", "└─ a.exe", hostile, "own.exe"]);
}

#[test]
fn a_walk_as_far_as_it_goes_keeps_to_the_limits() {
    let chain: Vec<(u32, String, String)> = (1..40).map(|n| (n, format!("p{n}"), format!("p{}", n - 1))).collect();
    let chain: Vec<_> = chain.iter().map(|(n, id, parent)| (*n, id.as_str(), "x.exe", parent.as_str())).collect();
    let huntc = Huntc::new().file("log.ndjson", log(&chain)).file("h.hf", FIND);
    let ran = huntc.run("run h.hf --source s=log.ndjson --format json");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["hunts"][0]["variables"][1]["entities"], 39);
    let ran = huntc.file("huntc.toml", "[run]\nmax_requests = 9\n").run("run h.hf --source s=log.ndjson");
    assert!(ran.code == Some(3) && ran.stderr.contains("K1008"), "{}", ran.text());
}

#[test]
fn programs_read_rows_in_row_order_and_the_page_shows_the_tree() {
    let huntc = Huntc::new().file("log.ndjson", log(TREE)).file("h.hf", format!("{FIND}DISP t ATTR name, depth\n"));
    assert_eq!(huntc.run("run h.hf --source s=log.ndjson --out r").code, Some(0));
    let display = &huntc.report("r")["hunts"][0]["displays"][0];
    let names: Vec<&str> = display["rows"].as_array().unwrap().iter().map(|r| r[0].as_str().unwrap()).collect();
    assert_eq!(names, ["a.exe", "b.exe", "b1.exe", "a1.exe", "a1x.exe", "b2.exe"]);
    assert_eq!((&display["rows"][4][1], display.get("depths")), (&Value::from(3), None));
    let csv = std::fs::read_to_string(huntc.path("r/01-t.csv")).unwrap();
    assert_eq!(csv.lines().nth(5), Some("a1x.exe,3"));
    let html = std::fs::read_to_string(huntc.path("r/report.html")).unwrap();
    let (parent, child) = (html.find("<td>a.exe<td>1"), html.find("<td>└─\u{a0}a1.exe<td>2"));
    assert!(parent.is_some() && parent < child, "{html}");
}
