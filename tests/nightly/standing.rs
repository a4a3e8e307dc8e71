//! How the nights stand, for machines: `nightly status` as JSON and as OpenMetrics, and its exit status.

use super::lab::{HUNT, records};
use crate::support::cli::Huntc;
use regex::Regex;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A good hunt and one whose source is not bound, after two nights.
fn place(second: &str) -> Huntc {
    let huntc = Huntc::new()
        .file("hunts/a \"b\\.hf", HUNT)
        .file("hunts/c.hf", HUNT.replace("lab", second))
        .file("events.ndjson", records())
        .file("huntc.toml", "[sources.lab]\npath = \"events.ndjson\"\n");
    for day in [1, 2] {
        huntc.run(&format!("nightly run hunts --quiet --at 2026-01-0{day}T02:00:00Z --notify false"));
    }
    huntc
}

/// A family of metrics: its type, unit and help, and its samples by their labels.
#[derive(Default, Debug)]
struct Family {
    kind: String,
    unit: String,
    help: String,
    samples: BTreeMap<Vec<(String, String)>, i64>,
}

/// Reads OpenMetrics text 1.0 as its ABNF has it, as far as gauges of whole numbers go; panics where it is not of that form.
fn families(text: &str) -> BTreeMap<String, Family> {
    let name = r"[a-zA-Z_:][a-zA-Z0-9_:]*";
    let label = r#"[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[n"\\])*""#;
    let descriptor = Regex::new(&format!(r#"^# (TYPE|UNIT|HELP) ({name}) ((?:[^"\\]|\\[n"\\])+)$"#)).unwrap();
    let sample = Regex::new(&format!(r"^({name})(?:\{{({label}(?:,{label})*)\}})? (-?[0-9]+)$")).unwrap();
    let one = Regex::new(r#"([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)""#).unwrap();
    let body = text.strip_suffix("# EOF\n").expect("the text ends with # EOF and a line feed");
    let mut found: BTreeMap<String, Family> = BTreeMap::new();
    let mut last = String::new();
    for line in body.split_terminator('\n') {
        if let Some(part) = descriptor.captures(line) {
            if part[2] != last {
                assert!(!found.contains_key(&part[2]), "families are not interleaved: {line}");
                part[2].clone_into(&mut last);
            }
            let family = found.entry(last.clone()).or_default();
            assert!(family.samples.is_empty(), "descriptors stand before samples: {line}");
            let field = match &part[1] {
                "TYPE" => &mut family.kind,
                "UNIT" => &mut family.unit,
                _ => &mut family.help,
            };
            assert!(field.is_empty(), "twice: {line}");
            part[3].clone_into(field);
            continue;
        }
        let part = sample.captures(line).unwrap_or_else(|| panic!("no line of OpenMetrics: {line}"));
        assert_eq!(part[1], last, "a sample stands in its family");
        let unescape = |t: &str| t.replace("\\\\", "\u{0}").replace("\\\"", "\"").replace("\\n", "\n").replace('\u{0}', "\\");
        let labels = part.get(2).map_or("", |m| m.as_str());
        let labels = one.captures_iter(labels).map(|l| (l[1].to_owned(), unescape(&l[2]))).collect();
        let value = part[3].parse().unwrap();
        assert!(found.get_mut(&last).unwrap().samples.insert(labels, value).is_none(), "a sample twice: {line}");
    }
    for (name, family) in &found {
        assert!(family.kind == "gauge" && family.help.ends_with('.'), "{name}: {family:?}");
        assert!(family.unit.is_empty() || name.ends_with(&format!("_{}", family.unit)), "{name}: {family:?}");
        assert_eq!(name.ends_with("_seconds"), family.unit == "seconds", "{name}");
    }
    found
}

fn of(hunt: &str) -> Vec<(String, String)> {
    vec![("hunt".to_owned(), hunt.to_owned())]
}

#[test]
fn the_metrics_are_open_metrics() {
    let ran = place("away").run("nightly status --format openmetrics --at 2026-01-02T03:00:00Z --max-age 26h");
    assert_eq!(ran.code, Some(3), "one hunt failed: {}", ran.text());
    let families = families(&ran.stdout);
    let value = |family: &str, hunt: &str| families[&format!("huntc_nightly_{family}")].samples.get(&of(hunt)).copied();
    let good = "a \"b\\.hf";
    assert_eq!(value("hunt_whole", good), Some(1));
    assert_eq!(value("hunt_age_seconds", good), Some(3600));
    assert_eq!(value("hunt_last_success_timestamp_seconds", good), Some(1_767_319_200), "{}", ran.stdout);
    assert_eq!((value("hunt_failures", good), value("hunt_findings", good)), (Some(0), Some(1)));
    assert_eq!((value("hunt_whole", "c.hf"), value("hunt_failures", "c.hf")), (Some(0), Some(2)));
    assert_eq!(value("hunt_last_success_timestamp_seconds", "c.hf"), None, "it never had one");
    assert_eq!((value("hunt_overdue", good), value("hunt_overdue", "c.hf")), (Some(0), Some(1)));
    assert_eq!(families["huntc_nightly_notifications_waiting"].samples[&vec![]], 2);
    let source = vec![("source".to_owned(), "stixshifter://lab".to_owned())];
    assert_eq!(families["huntc_nightly_source_looked_at_until_timestamp_seconds"].samples[&source], 1_767_319_200);
}

#[test]
#[should_panic = "no line of OpenMetrics"]
fn the_checker_refuses_labels_that_are_not_escaped() {
    families("# TYPE a gauge\n# HELP a x.\na{hunt=\"b\"c\"} 1\n# EOF\n");
}

#[test]
fn the_json_says_the_same() {
    let ran = place("away").run("nightly status --format json --at 2026-01-02T03:00:00Z");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(3), ""));
    let status: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&status["schema"], &status["ok"], &status["waiting_notifications"]), (&1.into(), &false.into(), &2.into()));
    assert_eq!(status["last_run"], "2026-01-02T02:00:00.000Z");
    assert_eq!(status["next_run"], "2026-01-03T02:00:00.000Z");
    let [good, bad] = [0, 1].map(|at| &status["hunts"][at]);
    assert_eq!((&good["whole"], &good["age_seconds"], &good["findings"]), (&true.into(), &3600.into(), &1.into()));
    assert_eq!(good["looked_at_until"], "2026-01-02T02:00:00.000Z");
    assert_eq!((&bad["status"], &bad["failures"], &bad["last_success"]), (&"failed".into(), &2.into(), &Json::Null));
    assert!(bad["reason"].as_str().unwrap().contains("nothing is bound"), "{bad}");
    let lab = status["sources"].as_array().unwrap().iter().find(|s| s["source"] == "stixshifter://lab").unwrap();
    assert_eq!((&lab["hunts"], &lab["newest"]), (&1.into(), &"2026-01-02T01:59:59.999Z".into()));
    assert_eq!(lab["remarks"], serde_json::json!([]));
}

#[test]
fn the_exit_status_is_for_machines() {
    let huntc = place("lab");
    let code = |line: &str| huntc.run(line).code;
    assert_eq!(code("nightly status --at 2026-01-02T03:00:00Z --max-age 26h"), Some(0));
    for format in ["text", "json", "openmetrics"] {
        let late = format!("nightly status --format {format} --at 2026-01-09T03:00:00Z");
        assert_eq!(code(&late), Some(0), "nobody asked for an age");
        assert_eq!(code(&format!("{late} --max-age 26h")), Some(3), "{format}");
        assert_eq!(code(&format!("nightly status --format {format} --state nowhere")), Some(2), "{format}");
    }
    let ran = huntc.run("nightly status --at 2026-01-09T03:00:00Z --max-age 26h");
    assert!(ran.stdout.contains("overdue: c.hf"), "{}", ran.stdout);
    let ran = huntc.run("nightly history --state nowhere");
    assert!(ran.code == Some(2) && ran.stderr.contains("K0860"), "{}", ran.text());
    assert_eq!(place("away").run("nightly status --at 2026-01-02T03:00:00Z").code, Some(3), "a hunt failed");
}
