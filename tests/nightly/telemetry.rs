//! Thirty nights over generated telemetry with the real compiler and executor: every planted event is told once.

use crate::support::random::Rng;
use huntc_compiler::time::{Instant, SECOND};
use huntc_runtime::nightly::discover::HuntFile;
use huntc_runtime::nightly::engine::{Engine, Hunter};
use huntc_runtime::nightly::model::{HuntStatus, Night, NightSettings, Notifier, defaults};
use huntc_runtime::nightly::night;
use huntc_runtime::nightly::step::{NightStep, Stop};
use huntc_runtime::nightly::suppress::Suppressions;
use huntc_runtime::session::{RunSettings, Session};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;
const FIRST: i64 = 20_454 * DAY + 2 * HOUR;

const SHELLS: &str = "\
# title: Shells with a name that tells
# severity: high
# lag: 30m
# overlap: 2h
shells = GET process FROM stixshifter://lab WHERE [process:name = 'evil.exe']
DISP shells ATTR name, pid, command_line
";

/// Its own range is two minutes of another year: only the night's window finds anything.
const CHILDREN: &str = "\
# window: nightly
# lag: 30m
# overlap: 2h
# finding: children
shells = GET process FROM stixshifter://lab WHERE [process:name = 'evil.exe'] START 2001-01-01T00:00:00Z STOP 2001-01-01T00:02:00Z
children = FIND process CREATED BY shells
DISP shells ATTR name, pid, command_line, host.name, parent_ref.name, creator_user_ref.user_id
";

/// A planted process: its record, and when it reaches the source.
struct Planted {
    id: String,
    time: i64,
    arrival: i64,
}

fn planted() -> Vec<Planted> {
    let mut rng = Rng::new(7);
    let mut random = |most: i64| rng.below(most as usize) as i64;
    (0..120)
        .map(|n| {
            let time = FIRST - DAY + n * 6 * HOUR + random(6 * HOUR / SECOND) * SECOND;
            // At most lag and overlap together.
            Planted { id: format!("p{n}"), time, arrival: time + random(149 * 60) * SECOND }
        })
        .collect()
}

/// The records that have arrived, as a file.
fn telemetry(planted: &[Planted], now: i64, path: &Path) {
    let mut text = String::new();
    for p in planted.iter().filter(|p| p.arrival <= now) {
        for (id, name, parent, after) in
            [(p.id.clone(), "evil.exe", "root"), (format!("{}-child", p.id), "calm.exe", p.id.as_str())]
                .map(|(id, name, parent)| (id.clone(), name, parent.to_owned(), i64::from(id.len() > p.id.len())))
        {
            let _ = writeln!(
                text,
                r#"{{"@timestamp":"{}","event":{{"code":1,"category":["process"],"type":["start"]}},"host":{{"name":"a"}},"process":{{"entity_id":"{id}","name":"{name}","pid":7,"command_line":"{name} /{id}","parent":{{"entity_id":"{parent}","name":"x","pid":1}}}}}}"#,
                Instant(p.time + after * SECOND)
            );
        }
    }
    // A source without records has no fields either.
    let _ = writeln!(text, r#"{{"@timestamp":"2000-01-01T00:00:00Z","process":{{"entity_id":"none","name":"init"}}}}"#);
    std::fs::write(path, text).unwrap();
}

/// One night of the two hunts. `fails` makes the source refuse; `kill` ends it after so many steps.
fn one_night(folder: &Path, planted: &[Planted], now: i64, fails: bool, kill: Option<usize>) -> Result<Night, Stop> {
    let events = folder.join("events.ndjson");
    telemetry(planted, now, &events);
    if fails {
        // What says gzip and is none cannot be read to its end.
        std::fs::write(&events, b"\x1f\x8b").unwrap();
    }
    let cancel = Arc::default();
    let hunt_settings = RunSettings { concurrency: Some(2), ..RunSettings::at(Instant(now)) };
    let mut session = Session::new(None, vec![format!("lab={}", events.display())]);
    let mut files = Vec::new();
    let mut hunts = Vec::new();
    for (name, text) in [("children.hf", CHILDREN), ("shells.hf", SHELLS)] {
        let file = HuntFile { name: name.to_owned(), path: folder.join(name) };
        std::fs::write(&file.path, text).unwrap();
        hunts.push(session.load(&file.path.display().to_string(), &hunt_settings).unwrap_or_else(|e| panic!("{e:?}")));
        files.push(file);
    }
    let engine = Hunter::new(&session, hunts, hunt_settings, &cancel, None);
    let settings = NightSettings {
        state: folder.join("state"),
        out: folder.join("out"),
        now: Instant(now),
        since: defaults::SINCE,
        lag: defaults::LAG,
        overlap: None,
        again: defaults::AGAIN,
        jobs: 2,
        night_time: None,
        keep_reports: defaults::REPORTS,
        keep_history: defaults::HISTORY,
        csv: huntc_runtime::report::csv::CsvForm::default(),
        quiet: Suppressions::default(),
        notifier: Notifier::default(),
        part: None,
        cancel,
    };
    let steps = AtomicUsize::new(0);
    let watch = |_: NightStep| match kill {
        Some(at) if steps.fetch_add(1, Ordering::SeqCst) >= at => Err(Stop::Killed),
        _ => Ok(()),
    };
    let night = night::run(&settings, &files, &engine, &watch)?;
    if !fails && night.hunts.iter().all(|h| h.windows.len() == 1) {
        assert!(engine.traffic().shared > 0, "both hunts ask for the same processes");
    }
    Ok(night)
}

#[test]
fn thirty_nights_tell_every_planted_process_once() {
    let temp = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let planted = planted();
    for night in 0..30_i64 {
        let now = FIRST + night * DAY + night % 4 * HOUR / 3;
        match night {
            // The machine was off.
            7 | 8 | 9 | 21 => {}
            12 | 13 => {
                let outcome = one_night(temp.path(), &planted, now, true, None).unwrap();
                assert!(outcome.hunts.iter().all(|h| h.status == HuntStatus::Failed && h.open.is_some()));
            }
            16..=19 => {
                let killed = one_night(temp.path(), &planted, now, false, Some((night as usize - 15) * 3 - 1));
                assert!(matches!(killed, Err(Stop::Killed)));
            }
            _ => {
                let outcome = one_night(temp.path(), &planted, now, false, None).unwrap();
                assert!(outcome.hunts.iter().all(|h| h.status == HuntStatus::Ok), "{:?}", outcome.hunts);
            }
        }
    }
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for entry in std::fs::read_dir(temp.path().join("out")).unwrap().flatten() {
        if !entry.file_type().unwrap().is_dir() {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(entry.path().join("nightly.json")) else { continue };
        let report: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(report["schema"], 2);
        for hunt in report["hunts"].as_array().unwrap() {
            assert_eq!(hunt["finding"]["key"][2], "command_line");
            for finding in hunt["finding"]["new"].as_array().unwrap() {
                assert_eq!(finding["hosts"], serde_json::json!(["a"]));
                let command = finding["key"][2].as_str().unwrap();
                *told.entry(command.split_once('/').unwrap().1.to_owned()).or_default() += 1;
            }
        }
    }
    let last = FIRST + 29 * DAY - 2 * HOUR;
    for p in planted.iter().filter(|p| p.time < last) {
        assert_eq!(told.get(&p.id), Some(&1), "{}", p.id);
        assert_eq!(told.get(&format!("{}-child", p.id)), Some(&1), "{}-child", p.id);
    }
    assert!(told.values().all(|n| *n == 1), "{told:?}");
}
