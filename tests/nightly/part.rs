//! A part of a night: `--only`, one huntflow, and the dry run.

use super::lab::{HUNT, records};
use crate::support::cli::Huntc;
use serde_json::Value as Json;
use std::fs;

fn place() -> Huntc {
    Huntc::new()
        .file("hunts/a.hf", HUNT)
        .file("hunts/net/b.hf", HUNT)
        .file("hunts/net/c.hf", format!("# window: nightly\n{HUNT}"))
        .file("events.ndjson", records())
        .file("huntc.toml", "[sources.lab]\npath = \"events.ndjson\"\n")
}

fn report(huntc: &Huntc, night: &str) -> Json {
    serde_json::from_str(&fs::read_to_string(huntc.path("nightly").join(night).join("nightly.json")).unwrap()).unwrap()
}

/// Names and statuses of a night's hunts.
fn statuses(report: &Json) -> Vec<String> {
    let hunts = report["hunts"].as_array().unwrap();
    hunts.iter().map(|h| format!("{} {}", h["file"].as_str().unwrap(), h["status"].as_str().unwrap())).collect()
}

#[test]
fn a_part_leaves_the_other_hunts_as_they_are() {
    let huntc = place();
    assert_eq!(huntc.run("nightly run hunts --at 2026-01-01T02:00:00Z").code, Some(0));
    let ran = huntc.run("nightly run hunts --only net/* --at 2026-01-02T02:00:00Z");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.stdout.contains("a part: 2 of 3 hunts") && !ran.stdout.contains("no longer"), "{}", ran.stdout);
    let part = report(&huntc, "20260102T020000Z");
    assert_eq!(part["part"], "2 of 3 hunts");
    assert_eq!(statuses(&part), ["hunts/net/b.hf ok", "hunts/net/c.hf ok"]);
    let whole = huntc.run("nightly run hunts --at 2026-01-03T02:00:00Z");
    assert!(!whole.stdout.contains("a part"), "{}", whole.stdout);
    let whole = report(&huntc, "20260103T020000Z");
    assert_eq!(whole["part"], Json::Null);
    // The one that was left out looks at both days.
    assert_eq!(whole["hunts"][0]["windows"].as_array().unwrap().len(), 2, "{whole}");
}

#[test]
fn a_huntflow_is_run_by_itself() {
    let huntc = place().file("hunts/net/suppressions.toml", "[[suppress]]\npattern = \"evil.exe\"\nreason = \"test\"\n");
    assert_eq!(huntc.run("nightly run hunts --at 2026-01-01T02:00:00Z").code, Some(0));
    let ran = huntc.run("nightly run hunts/net/b.hf --at 2026-01-02T00:30:00Z --fail-on-findings");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "the list beside it holds: {}", ran.text());
    let report = report(&huntc, "20260102T003000Z");
    assert_eq!(statuses(&report), ["hunts/net/b.hf ok"]);
    assert_eq!(report["part"], "one huntflow");
    assert_eq!(report["hunts"][0]["finding"]["suppressed"].as_array().unwrap().len(), 1);
    assert_eq!(huntc.run("nightly run hunts/net/b.txt").code, Some(2));
}

#[test]
fn an_unknown_name_is_an_error_with_a_suggestion() {
    let ran = place().run("nightly run hunts --only net/d.hf");
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("K0869") && ran.stderr.contains("`--only net/"), "{}", ran.stderr);
}

#[test]
fn a_dry_run_shows_windows_and_requests_and_changes_nothing() {
    let huntc = place().file("hunts/broken.hf", "x = GET nonsense\n");
    let line = "nightly run hunts --at 2026-01-01T02:00:00Z --only net/* --dry-run --notify false";
    let ran = huntc.run(line);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.text());
    for text in ["net/b.hf", "window 2025-12-31T02:00:00Z to 2026-01-01T02:00:00Z", "evil.exe", "a part: 2 of 4 hunts"] {
        assert!(ran.stdout.contains(text), "{text}\n{}", ran.stdout);
    }
    assert_eq!(huntc.names("."), ["events.ndjson", "huntc.toml", "hunts"], "nothing was written");
    assert_eq!(huntc.run("nightly run hunts --at 2026-01-01T02:00:00Z --dry-run").code, Some(1), "a hunt has errors");
    // It shows the window that the next run looks at.
    huntc.run("nightly run hunts --only a --at 2026-01-01T02:00:00Z");
    let before = fs::read(huntc.path(".huntc-nightly/nightly.redb")).unwrap();
    let reports = huntc.names("nightly");
    let ran = huntc.run("nightly run hunts --only a --dry-run --at 2026-01-05T02:00:00Z");
    assert!(ran.stdout.contains("window 2026-01-01T01:00:00Z to 2026-01-02T02:00:00Z"), "{}", ran.stdout);
    assert!(ran.stdout.contains("3 more windows get the same"), "{}", ran.stdout);
    assert_eq!(fs::read(huntc.path(".huntc-nightly/nightly.redb")).unwrap(), before);
    assert_eq!(huntc.names("nightly"), reports);
}
