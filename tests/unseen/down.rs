//! A source that is down beside one that answers.

use crate::support::cli::Huntc;
use crate::support::stub::closed_port;
use serde_json::json;

const WINDOW: &str = "START t'2023-08-16T00:00:00Z' STOP t'2023-08-17T00:00:00Z'";

/// A chain of four processes.
fn chain() -> String {
    let line = |number: usize| {
        let process = |number: usize| json!({"entity_id": format!("{{p{number}}}"), "name": format!("p{number}"), "pid": number});
        let mut one = process(number);
        one["parent"] = process(number - 1);
        let event = json!({"category": ["process"], "type": ["start"], "code": "1"});
        format!(
            "{}\n",
            json!({"@timestamp": format!("2023-08-16T00:00:0{number}Z"), "event": event, "host": {"name": "a"}, "process": one})
        )
    };
    (1..5).map(line).collect()
}

/// A walk over both, from what the one that answers has.
#[test]
fn the_steps_of_depth_go_on_without_a_source_that_is_down() {
    let hunt = format!(
        "a = GET process FROM stixshifter://up,down WHERE name = 'p1' {WINDOW}\nb = FIND process CREATED BY a DEPTH * {WINDOW}\nDISP b ATTR name, depth"
    );
    let only = hunt.replace("up,down", "up");
    let huntc = Huntc::new().file("up.ndjson", chain()).file("hunt.hf", &hunt).file("only.hf", &only);
    let sources = format!("--source up=up.ndjson --source down=http://127.0.0.1:{}/logs-* --no-hints", closed_port());
    let ran = huntc.run(&format!("run hunt.hf {sources} --out refused"));
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let ran = huntc.run(&format!("run hunt.hf {sources} --allow-partial --out part"));
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    huntc.run("run only.hf --source up=up.ndjson --no-hints --out whole");
    let (part, whole) = (huntc.report("part"), huntc.report("whole"));
    let (part, whole) = (&part["hunts"][0], &whole["hunts"][0]);
    assert_eq!((&part["status"], &part["complete"]), (&json!("partial"), &json!(false)));
    assert_eq!(part["displays"][0]["rows"], whole["displays"][0]["rows"], "all that the other one has");
    assert_eq!(part["displays"][0]["complete"], json!(false));
    assert_eq!(whole["displays"][0]["rows"].as_array().map(Vec::len), Some(3));
    let told = part["diagnostics"].as_array().expect("diagnostics");
    assert!(told.iter().all(|d| (&d["code"], &d["severity"]) == (&json!("K0702"), &json!("warning"))), "{part}");
    let mut lines: Vec<u64> = told.iter().filter_map(|d| d["start"]["line"].as_u64()).collect();
    lines.dedup();
    assert_eq!((told.len(), &lines[..2]), (lines.len(), &[1, 2][..]), "once for each statement that asks it: {part}");
    let failed = part["requests"].as_array().into_iter().flatten().filter(|r| r["status"] == "failed").count();
    assert_eq!(failed, 3, "it is asked once by each statement, and for creation records");
}
