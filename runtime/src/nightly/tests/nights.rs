//! Several nights in a row: lag, late events, missed and failed nights, clocks, limits, suppression, retention.

use super::world::{FIRST, HOUR, World};
use crate::nightly::model::{HuntStatus, NightSettings};
use crate::nightly::state::{Read, StateView};
use crate::nightly::status;
use crate::nightly::suppress::Suppressions;
use crate::nightly::window::DAY;
use huntc_compiler::time::Instant;
use std::sync::atomic::Ordering;

#[test]
fn thirty_nights_with_lag_late_events_missed_and_failed_nights() {
    let mut world = World::new(2, HOUR, 2 * HOUR);
    for n in 0..400 {
        // Events in every hour, which arrive up to three hours late.
        world.plant(format!("e{n}"), FIRST - DAY + n * 107 * HOUR / 60, n % 4 * HOUR);
    }
    // An event in every night, which is new only once.
    for n in 0..30 {
        world.plant("beacon", FIRST + n * DAY - 5 * HOUR, HOUR);
    }
    for night in 0..30 {
        if [4, 5, 6, 17].contains(&night) {
            continue;
        }
        world.truth = FIRST + night * DAY + (night % 3) * 20 * HOUR / 60;
        world.failing = if [9, 10, 20].contains(&night) { vec![night as usize % 2] } else { Vec::new() };
        let outcome = world.night();
        let bad: Vec<_> = outcome.hunts.iter().filter(|h| h.status == HuntStatus::Failed).collect();
        assert_eq!(bad.len(), world.failing.len());
        assert!(bad.iter().all(|h| h.open.is_some() && h.reason.as_ref().is_some_and(|r| r.contains("did not answer"))));
    }
    world.check(FIRST + 29 * DAY - 2 * HOUR);
    assert_eq!(world.times_reported(0).get("beacon"), Some(&1));
    assert_eq!(world.reports().len(), 26);
}

#[test]
fn new_continuing_and_gone() {
    let mut world = World::new(1, 0, HOUR);
    world.plant("stays", FIRST - 2 * HOUR, 0);
    world.plant("stays", FIRST + DAY - 2 * HOUR, 0);
    world.plant("goes", FIRST - 3 * HOUR, 0);
    // In the overlap of two windows.
    world.plant("edge", FIRST - HOUR / 2, 0);
    world.plant("later", FIRST + DAY - HOUR, 0);
    let lists = |world: &World| {
        let night = world.night();
        let keys = |list: &[(String, crate::nightly::record::KeyRecord)]| {
            list.iter().map(|(_, k)| k.key[0].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
        };
        let news = &night.hunts[0].news;
        [keys(&news.new), keys(&news.continuing), keys(&news.gone)]
    };
    assert_eq!(lists(&world), ["edge goes stays", "", ""]);
    assert_eq!(lists(&world), ["", "", ""], "a second run at the same instant has nothing to look at");
    world.truth += DAY;
    assert_eq!(lists(&world), ["later", "edge stays", "goes"]);
    world.truth += DAY;
    world.plant("goes", world.truth - 2 * HOUR, 0);
    assert_eq!(lists(&world), ["", "goes later", "edge stays"], "what comes back is not new; `later` lies in the overlap");
    assert_eq!(world.reports().keys().filter(|n| n.ends_with("-2")).count(), 1);
}

#[test]
fn a_first_look_that_fails_does_not_move_its_start() {
    let mut world = World::new(2, 0, 0);
    world.plant("early", FIRST - 20 * HOUR, 0);
    world.failing = vec![0];
    world.broken = vec![1];
    let night = world.night();
    assert_eq!(night.hunts.iter().map(|h| h.status).collect::<Vec<_>>(), [HuntStatus::Failed, HuntStatus::Error]);
    world.truth += 3 * DAY;
    let night = world.night();
    assert_eq!(night.hunts.iter().map(|h| h.failures).collect::<Vec<_>>(), [2, 2]);
    (world.failing, world.broken) = (Vec::new(), Vec::new());
    world.truth += DAY;
    world.night();
    world.check(world.truth);
    assert_eq!(world.windows(0).len(), 5, "a piece a day");
}

#[test]
fn a_clock_that_was_ahead_skips_nothing() {
    let mut world = World::new(1, HOUR, HOUR);
    for n in 0..10 * 24 {
        world.plant(format!("e{n}"), FIRST - DAY + n * HOUR, 0);
    }
    world.night();
    world.truth += DAY;
    // One run with a clock that is a week ahead.
    let night = world.night_with(&world.settings(world.truth + 7 * DAY));
    assert!(night.notices.is_empty());
    world.truth += DAY;
    let night = world.night();
    assert!(night.notices[0].contains("clock went back"), "{:?}", night.notices);
    for _ in 0..6 {
        world.truth += DAY;
        world.night();
    }
    for event in world.events.iter().filter(|e| e.time < world.truth - HOUR) {
        assert_eq!(world.times_reported(0).get(&event.who), Some(&1), "{event:?}");
    }
}

#[test]
fn a_long_pause_is_caught_up_over_several_nights() {
    let mut world = World::new(1, 0, 0);
    world.night();
    world.plant("x", FIRST + 40 * DAY + HOUR, 0);
    world.truth += 45 * DAY;
    let night = world.night();
    assert_eq!(night.hunts[0].status, HuntStatus::Behind);
    assert!(night.hunts[0].open.is_some());
    assert_eq!(world.times_reported(0).len(), 0);
    world.truth += DAY;
    assert_eq!(world.night().hunts[0].status, HuntStatus::Ok);
    world.check(world.truth);
}

#[test]
fn a_night_without_time_leaves_its_windows_open() {
    let mut world = World::new(3, 0, 0);
    world.plant("x", FIRST - HOUR, 0);
    let spent = NightSettings { night_time: Some(std::time::Duration::ZERO), ..world.settings(world.truth) };
    let night = world.night_with(&spent);
    assert!(night.hunts.iter().all(|h| h.status == HuntStatus::Skipped && h.open.is_some()));
    let cancelled = world.settings(world.truth);
    cancelled.cancel.store(true, Ordering::SeqCst);
    assert!(world.night_with(&cancelled).hunts.iter().all(|h| h.status == HuntStatus::Interrupted));
    assert_eq!(world.looks.load(Ordering::SeqCst), 0);
    let together = NightSettings { jobs: 3, ..world.settings(world.truth) };
    world.night_with(&together);
    world.check(world.truth);
}

#[test]
fn suppressed_findings_are_quiet_until_their_day() {
    let mut world = World::new(1, 0, 0);
    for night in 0..3 {
        world.plant("noise", FIRST + night * DAY - HOUR, 0);
    }
    let day = Instant(FIRST + 2 * DAY - HOUR).to_string();
    let list = format!("[[suppress]]\nkey = [\"noise\"]\nreason = \"known\"\nuntil = \"{day}\"");
    let mut counts = Vec::new();
    for night in 0..3 {
        world.truth = FIRST + night * DAY;
        let quiet = Suppressions::parse(&list).unwrap();
        let news = world.night_with(&NightSettings { quiet, ..world.settings(world.truth) }).hunts[0].news.clone();
        counts.push((news.new.len(), news.suppressed.len()));
    }
    assert_eq!(counts, [(0, 1), (0, 1), (1, 0)]);
}

#[test]
fn a_hunt_that_is_taken_away_is_told_once() {
    let mut world = World::new(2, 0, 0);
    world.night();
    world.hunts = 1;
    world.truth += DAY;
    let night = world.night();
    assert_eq!(night.hunts[1].status, HuntStatus::Removed);
    world.truth += DAY;
    assert_eq!(world.night().hunts.len(), 1);
}

#[test]
fn old_reports_and_findings_go_and_the_last_good_report_stays() {
    let mut world = World::new(1, 0, 0);
    world.plant("old", FIRST - HOUR, 0);
    world.night();
    world.failing = vec![0];
    let short = |world: &World| NightSettings { keep_reports: 2 * DAY, keep_history: 5 * DAY, ..world.settings(world.truth) };
    for _ in 0..8 {
        world.truth += DAY;
        world.night_with(&short(&world));
    }
    let names: Vec<String> = world.reports().into_keys().collect();
    assert_eq!(names.len(), 4, "the good one and those of two days: {names:?}");
    assert!(names[0].starts_with("20260101T"), "{names:?}");
    let view = StateView::open(&world.path("run/state")).unwrap().unwrap();
    assert_eq!(view.read(|t| t.keys("h0.hf")).unwrap().len(), 0);
    assert_eq!(view.read(Read::nights).unwrap().len(), 6);
}

#[test]
fn the_state_can_be_looked_at() {
    let mut world = World::new(2, 0, 0);
    world.plant("\u{1b}[31mevil", FIRST - HOUR, 0);
    world.failing = vec![1];
    world.night();
    world.truth += DAY;
    world.night();
    let view = StateView::open(&world.path("run/state")).unwrap().unwrap();
    let shown = view.read(|t| status::status(t, Instant(world.truth + HOUR), None)).unwrap();
    for part in ["h0.hf | ok ", "h1.hf | failed", "1h 00m", "did not answer", "next run expected: 2026-01-03T02:00:00Z"] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    let history = view.read(|t| status::history(t, Some("h0.hf"), None)).unwrap();
    assert!(history.contains("1 finding\n") && !history.contains('\u{1b}'), "{history}");
    let unknown = view.read(|t| status::history(t, Some("h2.hf"), None)).unwrap_err();
    assert_eq!(unknown.code.id, "K0869");
}

#[test]
fn hostile_names_stay_text_and_failures_come_first() {
    let mut world = World::new(3, 0, 0);
    world.plant("<script>alert(1)</script>\u{202e}", FIRST - HOUR, 0);
    world.plant("=cmd|' /C calc'!A0", FIRST - HOUR, 0);
    world.broken = vec![2];
    let night = world.night();
    let read = |name: &str| std::fs::read_to_string(night.folder.join(name)).unwrap();
    let page = read("summary.html");
    assert!(page.matches("<script").count() == 1 && !page.contains("<b>") && !page.contains('\u{202e}'));
    assert!(page.contains("&lt;script&gt;") && page.contains("default-src"));
    let (trouble, news) = (page.find("Not looked at").unwrap(), page.find("New: 4").unwrap());
    assert!(trouble < news);
    assert!(page.find("critical").unwrap() < page.rfind("class=\"tag low\"").unwrap());
    assert!(read("01-h0-new.csv").contains("'=cmd|"));
    assert!(!read("nightly.json").contains('\u{202e}') && !read("summary.txt").contains('\u{202e}'));
    assert!(read("summary.txt").find("NOT LOOKED AT").unwrap() < read("summary.txt").find("NEW: 4").unwrap());
    assert!(read("report.json").contains("\"schema\": 1"));
}
