//! Budgets and options through the program: of a hunt, of a night, from the configuration and from the command line.

use crate::support::cli::{Huntc, Ran};
use serde_json::Value as Json;
use std::fmt::Write as _;

/// Two hunts that ask for different things, and ten processes of one day.
fn place(settings: &str) -> Huntc {
    let mut records = String::new();
    for n in 0..10 {
        let _ = writeln!(
            records,
            r#"{{"@timestamp":"2026-01-01T01:00:0{n}Z","event":{{"code":1}},"host":{{"name":"a"}},"process":{{"entity_id":"p{n}","name":"evil.exe","pid":{n},"command_line":"evil /{n}","parent":{{"entity_id":"q{n}","name":"root.exe","pid":1,"command_line":"root /{n}"}}}}}}"#
        );
    }
    let hunt = |name: &str| {
        format!(
            "# finding: x\nx = GET process FROM stixshifter://lab WHERE name = '{name}'\ny = FIND process CREATED x\nDISP x ATTR name, pid\nDISP y ATTR name\n"
        )
    };
    let config = format!("[sources.lab]\npath = 'events.ndjson'\n{settings}");
    let huntc = Huntc::new().var("HUNTC_CONFIG", "huntc.toml").file("events.ndjson", records).file("huntc.toml", config);
    huntc.file("hunts/a.hf", hunt("evil.exe")).file("hunts/b.hf", hunt("root.exe"))
}

fn night(huntc: &Huntc, more: &str) -> Ran {
    huntc.run(&format!("nightly run hunts --jobs 1 --at 2026-01-02T00:00:00Z {more}"))
}

/// Status of each hunt of the only report in a folder, by name, with the reason.
fn statuses(huntc: &Huntc, out: &str) -> Vec<(String, String)> {
    let id = huntc.nights(out).pop().unwrap();
    let text = std::fs::read(huntc.path(out).join(id).join("nightly.json")).unwrap();
    let report: Json = serde_json::from_slice(&text).unwrap();
    let text = |v: &Json| v.as_str().unwrap_or_default().to_owned();
    report["hunts"].as_array().unwrap().iter().map(|h| (text(&h["status"]), text(&h["reason"]))).collect()
}

#[test]
fn a_night_over_what_cannot_be_read_says_so() {
    let huntc = place("");
    let records = std::fs::read_to_string(huntc.path("events.ndjson")).unwrap();
    let report = |out: &str| -> Json {
        let id = huntc.nights(out).pop().unwrap();
        serde_json::from_slice(&std::fs::read(huntc.path(out).join(id).join("nightly.json")).unwrap()).unwrap()
    };
    std::fs::write(huntc.path("events.ndjson"), format!("{records}oops\n")).unwrap();
    let ran = night(&huntc, "--state some --out some-out --notify cat>told");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.stdout.contains("HEALTH\n  source `lab`: 1 line skipped as unreadable\n"), "{}", ran.text());
    assert!(ran.stdout.contains("All 2 hunts looked at what could be read up to now."), "{}", ran.text());
    let (night_report, told) = (report("some-out"), std::fs::read_to_string(huntc.path("told")).unwrap());
    let unread = &night_report["health"]["sources"][0]["unread"];
    assert_eq!((&night_report["complete"], unread), (&Json::Bool(false), &serde_json::json!(["1 line skipped as unreadable"])));
    assert!(told.contains("1 line skipped as unreadable"), "{told}");
    std::fs::write(huntc.path("events.ndjson"), "root:x:0:0:root:/root:/bin/bash\n").unwrap();
    let ran = night(&huntc, "--state none --out none-out");
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    assert!(ran.stdout.contains("NOT LOOKED AT: 2 hunts") && ran.stdout.contains("gives no record"), "{}", ran.text());
    assert_eq!(report("none-out")["hunts"][0]["windows"], serde_json::json!([]));
}

#[test]
fn requests_and_records_of_a_hunt_have_an_end_in_both_commands() {
    for (settings, said) in [
        ("[run]\nmax_requests = 1\n", "the hunt needs more than the 1 request that it may send"),
        ("[run]\nmax_records = 3\n", "the hunt reads more than the 3 records that it may read"),
    ] {
        let huntc = place(settings);
        let ran = huntc.run("run hunts/a.hf hunts/b.hf --out report");
        assert_eq!(ran.code, Some(3), "{}", ran.text());
        assert!(ran.stderr.contains("K1008") && ran.stderr.contains(said), "{}", ran.text());
        let report = huntc.report("report");
        assert!(report["hunts"].as_array().unwrap().iter().any(|h| h["status"] == "failed" && h["complete"] == false), "{report}");
        let ran = night(&huntc, "");
        assert_eq!(ran.code, Some(3), "{}", ran.text());
        assert!(ran.stdout.contains("NOT LOOKED AT") && ran.stdout.contains(&format!("{said} [K1008]")), "{}", ran.text());
    }
    let huntc = place("[run]\nmax_requests = 100\nmax_records = 1000\ntimeout = '1h'\n");
    assert_eq!((huntc.run("run hunts/a.hf").code, night(&huntc, "").code), (Some(0), Some(0)));
}

/// A source that takes its time: three requests take longer than the one second that the hunt has.
#[test]
fn the_time_of_a_hunt_has_an_end_in_both_commands() {
    use crate::support::stub::{Response, Stub};
    let stub = Stub::start(|_| Response { delay: std::time::Duration::from_millis(1_200), ..Response::json(503, &Json::Null) });
    let config = format!("[sources.lab]\nuri = '{}'\nindices = 'x'\n[run]\ntimeout = '1s'\n", stub.url);
    let huntc = place("").file("huntc.toml", config);
    let begun = std::time::Instant::now();
    let ran = huntc.run("run hunts/a.hf --window 1h");
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    let ran = night(&huntc, "");
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    assert!(ran.stdout.contains("NOT LOOKED AT: 2 hunts"), "{}", ran.text());
    assert!(begun.elapsed() < std::time::Duration::from_mins(5), "a server that never answers ends a run all the same");
}

#[test]
fn a_night_that_has_read_its_records_leaves_the_rest_open() {
    let huntc = place("[nightly]\nnight_records = 5\n");
    let ran = night(&huntc, "");
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    assert!(ran.stdout.contains("[K0866]"), "{}", ran.text());
    assert!(statuses(&huntc, "nightly").iter().all(|(status, _)| status != "ok"), "{}", ran.text());
    let ran = huntc.run("nightly run hunts --at 2026-01-02T01:00:00Z --night-records 500 --fail-on-findings");
    assert_eq!(ran.code, Some(5), "{}", ran.text());
    assert!(ran.stdout.contains("NEW: 20 findings"), "what the first night left open is looked at: {}", ran.text());
    assert_eq!(huntc.run("nightly run hunts --night-records 0").code, Some(2));
}

#[test]
fn options_come_from_the_configuration_and_flags_win() {
    let huntc = place(
        "[nightly]\nstate = 'kept/state'\nout = 'kept/reports'\nsince = '10m'\nlag = '0'\noverlap = '30m'\njobs = 2\nhunt_time = '5m'\n\
         night_time = '1h'\nkeep_reports = '10d'\nkeep_history = '20d'\nsuppress = 'quiet.toml'\nfail_on_findings = true\n\
         notify = 'cat > told.json'\n",
    );
    let huntc =
        huntc.file("quiet.toml", "[[suppress]]\nhunt = 'a.hf'\nwhere = \"pid = 1 AND host.name = 'a'\"\nreason = 'known'\n");
    let ran = huntc.run("nightly run hunts --at 2026-01-01T02:00:00Z");
    assert_eq!(ran.code, Some(4), "nothing within ten minutes: {}", ran.text());
    assert!(ran.stdout.contains("source `lab`: no record since 2026-01-01 01:00 (59 min)"), "{}", ran.text());
    assert_eq!(huntc.names("kept"), ["reports", "state"]);
    let ran = huntc.run("nightly run hunts --at 2026-01-01T02:00:00Z --since 2h --state other --out elsewhere");
    assert_eq!(ran.code, Some(5), "{}", ran.text());
    assert!(ran.stdout.contains("NEW: 19 findings") && ran.stdout.contains("1 suppressed"), "{}", ran.text());
    assert!(std::fs::read_to_string(huntc.path("told.json")).unwrap().contains("\"new\":19"), "{}", ran.text());
    let status = huntc.run("nightly status --at 2026-01-01T03:00:00Z");
    assert!(status.stdout.contains("kept/reports/20260101T020000Z"), "{}", status.text());
    let install = huntc.run("nightly install hunts --systemd");
    assert!(install.stdout.contains("/kept/state\"") && install.stdout.contains("/kept/reports\""), "{}", install.text());
    let history = huntc.run("nightly history a.hf --state other");
    assert!(history.stdout.contains("10 findings"), "{}", history.text());
}

#[test]
fn mistakes_in_the_table_are_told_without_its_secrets() {
    for (settings, code) in [("jobs = 0", "K0803"), ("nightrecords = 1", "K0802"), ("since = 5", "K0803"), ("since = '0'", "K0803")]
    {
        let huntc = place(&format!("[nightly]\nwebhook = 'https://hooks.example/hunter2'\n{settings}\n"));
        let ran = night(&huntc, "");
        assert!(ran.code == Some(2) && ran.stderr.contains(code) && !ran.stderr.contains("hunter2"), "{}", ran.text());
    }
    let huntc = place("[nightly]\nwebhook = '${NO_SUCH_HOOK}'\n");
    let ran = night(&huntc, "");
    assert!(ran.code == Some(2) && ran.stderr.contains("K0811") && ran.stderr.contains("NO_SUCH_HOOK"), "{}", ran.text());
}

#[test]
fn old_reports_go_and_the_newest_whole_one_stays() {
    let huntc = place("[nightly]\nkeep_reports = '3d'\n");
    // A source that is silent is not looked at, so there is a record in each night.
    let mut records = std::fs::read_to_string(huntc.path("events.ndjson")).unwrap();
    for day in 2..15 {
        let _ = writeln!(records, r#"{{"@timestamp":"2026-01-{day:02}T01:30:00Z","host":{{"name":"a"}},"event":{{"code":3}}}}"#);
    }
    let huntc = huntc.file("events.ndjson", records);
    for day in 2..9 {
        assert_eq!(huntc.run(&format!("nightly run hunts --at 2026-01-0{day}T02:00:00Z --quiet")).code, Some(0));
    }
    let kept = huntc.nights("nightly");
    assert_eq!(kept, ["20260105T020000Z", "20260106T020000Z", "20260107T020000Z", "20260108T020000Z"]);
    let huntc = huntc.file("hunts/broken.hf", "x = GET\n");
    for day in 9..15 {
        assert_eq!(huntc.run(&format!("nightly run hunts --at 2026-01-{day:02}T02:00:00Z --quiet")).code, Some(1));
    }
    let kept = huntc.nights("nightly");
    assert!(kept.contains(&"20260108T020000Z".to_owned()) && kept.len() == 5, "{kept:?}");
}

/// The front matter of a huntbook counts at night as that of a huntflow does.
#[test]
fn a_huntbook_runs_by_its_front_matter() {
    let code = "# title: From a notebook\n# severity: critical\n# window: nightly\n# finding: x >= 11\nx = GET process FROM stixshifter://lab WHERE name = 'evil.exe' START 2001-01-01T00:00:00Z STOP 2001-01-01T00:02:00Z\nDISP x ATTR name";
    let cell = |kind: &str, source: &str| serde_json::json!({"cell_type": kind, "id": kind, "metadata": {}, "source": [source], "outputs": [], "execution_count": null});
    let book = |code: &str| {
        serde_json::json!({"cells": [cell("markdown", "# title: no"), cell("code", code)], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
            .to_string()
    };
    let huntc = place("").file("books/a.ipynb", book(code)).file("books/b.ipynb", book(&code.replace(">= 11", ">= 10")));
    let ran = huntc.run("nightly run books --at 2026-01-02T00:00:00Z");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.stdout.contains("[critical] From a notebook (books/b.ipynb): 10 new"), "{}", ran.text());
    assert!(ran.stdout.contains("From a notebook (books/a.ipynb): nothing found"), "{}", ran.text());
}
