//! What a night could not see stands before what it found: three nights with a feed that stops in the second, over files and
//! over real servers; feeds and hosts that end behind live ones; records that come late.

use super::tour::news;
use crate::support::cli::{Huntc, Ran};
use crate::support::servers::running;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const NIGHTS: [&str; 3] = ["2026-01-02T02:00:00Z", "2026-01-03T02:00:00Z", "2026-01-04T02:00:00Z"];

/// Records of `evil.exe`, one for each time, with ids that begin with `source`; and what else a record has.
fn records(source: &str, host: &str, times: &[&str], more: &str) -> String {
    let mut lines = String::new();
    for time in times {
        let _ = writeln!(
            lines,
            r#"{{"@timestamp":"2026-01-{time}:00Z","host":{{"name":"{host}"}},"event":{{"code":"1","category":["process"],"type":["start"]{more}}},"process":{{"entity_id":"{source}-{time}","name":"evil.exe","pid":7,"command_line":"{source}-{time}"}}}}"#
        );
    }
    lines
}

fn hunt(sources: &str) -> String {
    format!("# window: nightly\nx = GET process FROM {sources} WHERE name = 'evil.exe'\nDISP x ATTR name, command_line\n")
}

/// Hunts over one source, the other, and both.
fn place(config: &str) -> Huntc {
    Huntc::new()
        .file("huntc.toml", config)
        .file("hunts/windows.hf", hunt("stixshifter://windows"))
        .file("hunts/linux.hf", hunt("stixshifter://linux"))
        .file("hunts/both.hf", hunt("stixshifter://windows,stixshifter://linux"))
}

const FILES: &str = "[sources.windows]\npath = 'windows.ndjson'\n[sources.linux]\npath = 'linux.ndjson'\n";

fn night(huntc: &Huntc, at: &str) -> Ran {
    huntc.run(&format!("nightly run hunts --at {at}"))
}

/// The names of the reports.
fn reports(huntc: &Huntc) -> Vec<String> {
    huntc.names("nightly").into_iter().filter(|name| name.starts_with("20")).collect()
}

/// The last report.
fn report(huntc: &Huntc) -> Json {
    let id = reports(huntc).pop().unwrap();
    serde_json::from_slice(&std::fs::read(huntc.path("nightly").join(id).join("nightly.json")).unwrap()).unwrap()
}

/// How often each finding was told.
fn told(huntc: &Huntc) -> BTreeMap<(String, String), usize> {
    let mut told = BTreeMap::new();
    for id in reports(huntc) {
        for (hunt, keys) in news(huntc, &format!("nightly/{id}")) {
            for key in keys {
                *told.entry((hunt.clone(), key)).or_default() += 1;
            }
        }
    }
    told
}

/// Before each night, what has come to the two sources by then. In the second night nothing has come to the first one.
fn three_nights() -> [(String, String); 3] {
    let first = records("w", "ws1", &["01T03:00", "02T01:30"], "");
    // What the feed missed comes when it revives.
    let revived = format!("{first}{}", records("w", "ws1", &["02T04:00", "02T20:00", "03T11:00", "04T01:30"], ""));
    let live = ["01T05:00", "02T01:50", "02T09:00", "03T01:50", "03T09:00", "04T01:50"];
    let until = |n: usize| records("l", "lx1", &live[..n], "");
    [(first.clone(), until(2)), (first, until(4)), (revived, until(6))]
}

/// What the second night must say, and the third must find, wherever the records are.
fn check_three_nights(huntc: &Huntc, ran: &[Ran]) {
    assert_eq!(ran.iter().map(|ran| ran.code).collect::<Vec<_>>(), [Some(0), Some(4), Some(0)], "{}", ran[1].text());
    let second = &ran[1].stdout;
    assert!(
        second.starts_with(
            "Nightly hunts, 2026-01-03T02:00:00Z\n\nHEALTH\n  source `windows`: no record since 2026-01-02 01:30 (1 d)\n"
        ),
        "{second}"
    );
    assert!(
        second.contains("NOT LOOKED AT: 2 hunts") && second.contains("open from 2026-01-02T01:30:00Z to 2026-01-03T02:00:00Z"),
        "{second}"
    );
    assert!(second.contains("linux (hunts/linux.hf): 2 new"), "a dead source holds no other back: {second}");
    let told = told(huntc);
    assert!(told.values().all(|n| *n == 1), "{told:?}");
    assert_eq!(told.len(), 24, "6 of each source in its hunt and in that over both: {told:?}");
}

#[test]
fn three_nights_with_a_feed_that_stops_in_the_second() {
    let mut huntc = place(FILES);
    let mut ran = Vec::new();
    for (at, (windows, linux)) in NIGHTS.iter().zip(three_nights()) {
        huntc = huntc.file("windows.ndjson", windows).file("linux.ndjson", linux);
        ran.push(night(&huntc, at));
        if ran.len() == 2 {
            let health = &report(&huntc)["health"]["sources"];
            assert_eq!((&health[0]["source"], &health[0]["silent"]), (&"linux".into(), &false.into()));
            assert_eq!((&health[1]["silent"], &health[1]["newest"]), (&true.into(), &"2026-01-02T01:30:00.000Z".into()));
            let statuses: Vec<Json> = report(&huntc)["hunts"].as_array().unwrap().iter().map(|h| h["status"].clone()).collect();
            assert_eq!(statuses, ["partial", "ok", "silent"]);
            let status = huntc.run("nightly status --at 2026-01-03T03:00:00Z");
            assert!(status.stdout.contains("source `windows`: no record since 2026-01-02 01:30 (1 d 1 h)"), "{}", status.text());
            let page = std::fs::read_to_string(huntc.path("nightly/20260103T020000Z/summary.html")).unwrap();
            assert!(page.find("source `windows`: no record").unwrap() < page.find("New: ").unwrap(), "{page}");
        }
    }
    check_three_nights(&huntc, &ran);
    // The page of the second night, behind what was there.
    let [_, (windows, linux), _] = three_nights();
    let page = std::fs::read_to_string(huntc.path("nightly/20260103T020000Z/summary.txt")).unwrap();
    let both = hunt("stixshifter://windows,stixshifter://linux");
    let shown = format!("--- windows.ndjson\n{windows}--- linux.ndjson\n{linux}--- hunts/both.hf\n{both}--- summary.txt\n{page}");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/report");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("nightly-health", shown));
}

#[test]
fn three_nights_on_real_servers() {
    for server in running(&["elasticsearch-9", "opensearch-3"]) {
        server.put_template();
        let index = |name: &str, n: usize| format!("winlogbeat-health-{name}-{n}");
        for name in ["windows", "linux"] {
            (0..3).for_each(|n| server.delete(&index(name, n)));
        }
        let source = |name: &str| format!("[sources.{name}]\nuri = '{}'\nindices = 'winlogbeat-health-{name}-*'\n", server.url);
        // A configuration that is only found sends nothing.
        let huntc = place(&(source("windows") + &source("linux"))).var("HUNTC_CONFIG", "huntc.toml");
        let (mut ran, mut loaded) = (Vec::new(), [0, 0]);
        for (n, (at, (windows, linux))) in NIGHTS.iter().zip(three_nights()).enumerate() {
            for (known, (name, lines)) in loaded.iter_mut().zip([("windows", windows), ("linux", linux)]) {
                let new: Vec<&str> = lines.lines().skip(*known).collect();
                *known += new.len();
                if !new.is_empty() {
                    server.load(&index(name, n), new);
                }
            }
            ran.push(night(&huntc, at));
        }
        check_three_nights(&huntc, &ran);
        assert!(server.closes_all_snapshots(), "{}: points in time are left open", server.name);
    }
}

#[test]
fn a_source_that_cannot_be_read_is_told_once_and_holds_no_other_back() {
    let [(windows, linux), ..] = three_nights();
    let huntc = place(FILES).file("windows.ndjson", "root:x:0:0:root:/root:/bin/bash\n").file("linux.ndjson", linux);
    let huntc = huntc.file("hunts/more.hf", hunt("stixshifter://windows"));
    let ran = night(&huntc, NIGHTS[0]);
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    assert!(
        ran.stdout.contains("HEALTH\n  source `windows`: does not answer: ") && ran.stdout.contains("gives no record"),
        "{}",
        ran.text()
    );
    assert!(ran.stdout.contains("2 hunts: hunts/more.hf, hunts/windows.hf"), "one cause, once: {}", ran.text());
    assert_eq!(ran.stderr.matches("K0761").count(), 1, "{}", ran.text());
    assert!(ran.stdout.contains("both (hunts/both.hf): 2 new") && ran.stdout.contains("(hunts/linux.hf): 2 new"), "{}", ran.text());
    // Once it can be read it is looked into from the beginning.
    let huntc = huntc.file("windows.ndjson", windows);
    let ran = night(&huntc, "2026-01-02T02:30:00Z");
    assert!(
        ran.stdout.contains("both (hunts/both.hf): 2 new") && ran.stdout.contains("(hunts/windows.hf): 2 new"),
        "{}",
        ran.text()
    );
    assert!(told(&huntc).values().all(|n| *n == 1));
}

#[test]
fn a_feed_and_a_host_that_end_behind_live_ones_are_told() {
    let times = |day: u32| (0..20).map(|n| format!("{day:02}T01:{n:02}")).collect::<Vec<_>>();
    let lines = |day: u32, host: &str, dataset: &str| {
        let times = times(day);
        let times: Vec<&str> = times.iter().map(String::as_str).collect();
        records(dataset, host, &times, &format!(r#","dataset":"{dataset}""#))
    };
    let first = lines(2, "ws1", "sysmon") + &lines(2, "ws2\\u001b[31m", "security");
    let huntc =
        place(FILES).file("windows.ndjson", &first).file("linux.ndjson", records("l", "lx1", &["02T01:50", "03T01:50"], ""));
    assert_eq!(night(&huntc, NIGHTS[0]).code, Some(0));
    let huntc = huntc.file("windows.ndjson", first + &lines(3, "ws1", "sysmon"));
    let ran = night(&huntc, NIGHTS[1]);
    assert_eq!(ran.code, Some(0), "all that there is was looked at: {}", ran.text());
    assert!(ran.stdout.contains("  source `windows`: no record of `security` in 24 h, 20 are usual\n"), "{}", ran.text());
    assert!(
        ran.stdout.contains("  source `windows`: 1 host no longer sends: `ws2\\u{1b}[31m` (last 2026-01-02 01:19)\n"),
        "{}",
        ran.text()
    );
}

/// Before the second night a record comes that is three days late, and in the eighth one that is six.
#[test]
fn a_window_that_grew_is_looked_at_again() {
    let linux: Vec<String> = (1..14).map(|day| format!("{day:02}T01:50")).collect();
    let linux = records("l", "lx1", &linux.iter().map(String::as_str).collect::<Vec<_>>(), "");
    let mut windows = linux.replace("l-", "w-");
    let mut huntc = place(FILES).file("linux.ndjson", linux);
    for day in 2..13 {
        if day == 6 {
            windows += &records("late", "ws1", &["03T12:00"], "");
        }
        huntc = huntc.file("windows.ndjson", &windows);
        let ran = night(&huntc, &format!("2026-01-{day:02}T02:00:00Z"));
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        let again = "source `windows`: records came late into 2026-01-03 00:00 to 2026-01-04 00:00, which is looked at again";
        assert_eq!(ran.stdout.contains(again), day == 6, "{}", ran.text());
        assert_eq!(ran.stdout.contains("late-03T12:00"), day == 6, "{}", ran.text());
        let hunts = report(&huntc)["hunts"].as_array().unwrap().clone();
        let windows: Vec<usize> = hunts.iter().map(|hunt| hunt["windows"].as_array().unwrap().len()).collect();
        assert_eq!(windows, if day == 6 { [2, 1, 2] } else { [1, 1, 1] }, "once, and by the hunts over that source");
    }
    assert!(told(&huntc).values().all(|n| *n == 1));
}

/// The first half of a pair is far before the window in which the second one comes.
#[test]
fn a_window_begins_earlier_by_the_longest_within() {
    let pair = |within: &str| {
        format!(
            "x = GET process FROM stixshifter://windows WHERE ([process:pid = 7] FOLLOWEDBY [process:pid = 8]) WITHIN {within}\nDISP x ATTR name, command_line\n"
        )
    };
    let second = records("second", "ws1", &["02T03:00"], "").replace("\"pid\":7", "\"pid\":8");
    let first = records("first", "ws1", &["01T20:00", "02T01:50"], "");
    let config = "[sources.windows]\npath = 'windows.ndjson'\n";
    let huntc =
        Huntc::new().file("huntc.toml", config).file("hunts/a.hf", pair("28800 SECONDS")).file("hunts/b.hf", pair("7200 SECONDS"));
    let huntc = huntc.file("windows.ndjson", &first);
    let ran = night(&huntc, NIGHTS[0]);
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let huntc = huntc.file("windows.ndjson", first + &second);
    let ran = night(&huntc, NIGHTS[1]);
    assert!(ran.stdout.contains("a (hunts/a.hf): 3 new") && ran.stdout.contains("b (hunts/b.hf): 2 new"), "{}", ran.text());
}

/// A record that is three weeks late is seen on the night after it arrived, and so is what FIND finds by it.
#[test]
fn windows_of_arrival_miss_nothing_that_comes_late() {
    let arrived = |time: &str| format!(r#","ingested":"2026-01-{time}:00Z""#);
    let late = records("late", "ws1", &["01T12:00"], &arrived("22T12:00"));
    let child = late
        .replace("late-01T12:00", "child")
        .replace("evil.exe", "calm.exe")
        .replace("\"pid\":7", r#""pid":8,"parent":{"entity_id":"late-01T12:00","name":"evil.exe","pid":7}"#);
    let steady = |day: u32| records("w", "ws1", &[&format!("{day:02}T01:50")], &arrived(&format!("{day:02}T01:51")));
    let children = "# window: nightly\n# finding: c\nx = GET process FROM stixshifter://windows WHERE name = 'evil.exe'\nc = FIND process CREATED BY x\nDISP c ATTR name, command_line\n";
    for (clock, found) in [("clock = 'event.ingested'\n", true), ("clock = '@timestamp'\n", false), ("", false)] {
        let config = format!("[sources.windows]\npath = 'windows.ndjson'\n{clock}");
        let huntc =
            Huntc::new().file("huntc.toml", config).file("hunts/a.hf", hunt("stixshifter://windows")).file("hunts/c.hf", children);
        let huntc = huntc.file("windows.ndjson", steady(20) + &steady(21) + &steady(22));
        for day in 20..23 {
            assert_eq!(night(&huntc, &format!("2026-01-{day}T02:00:00Z")).code, Some(0), "{clock}");
        }
        let huntc = huntc.file("windows.ndjson", steady(22) + &late + &child + &steady(23));
        let ran = night(&huntc, "2026-01-23T02:00:00Z");
        assert_eq!(ran.code, Some(0), "{clock}{}", ran.text());
        assert_eq!((ran.stdout.contains("late-01T12:00"), ran.stdout.contains("child")), (found, found), "{clock}{}", ran.text());
    }
    let huntc = place("[sources.windows]\npath = 'windows.ndjson'\nclock = 'event.arrived'\n").file("windows.ndjson", "");
    let ran = night(&huntc, NIGHTS[0]);
    assert!(ran.code == Some(2) && ran.stderr.contains("`event.arrived` is no field with the time of arrival"), "{}", ran.text());
}
