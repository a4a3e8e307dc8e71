//! Random feeds: sources that come late, die, revive with and without what they missed, shrink, and lose hosts; hosts whose
//! clocks are off; lines that are broken; hunts that fail and nights that are killed. No record is missed or told twice, and
//! a night that could not see something says so.
//!
//! `HUNTC_NIGHTS_CASES=1000 HUNTC_NIGHTS_SEED=7` runs more of them, and others.

use super::world::{Event, FIRST, Feed, HOUR, World};
use crate::nightly::model::{HuntStatus, Night};
use crate::nightly::window::DAY;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::{BTreeMap, BTreeSet};

const MINUTE: i64 = HOUR / 60;
/// How late a record of a source without a clock of arrival may come.
const PROMISED: i64 = 7 * DAY;
const DATASETS: [&str; 3] = ["", "sysmon", "security"];
const HOSTS: [&str; 4] = ["a", "b", "c", ""];
/// The sources of each hunt.
const ASKED: [&[usize]; 3] = [&[0], &[0, 1], &[1, 2]];

#[derive(Clone, Debug)]
struct Happening {
    /// Hours since the night before.
    pause: i64,
    failing: Vec<usize>,
    kill: Option<usize>,
    /// The sources that do not answer.
    away: Vec<usize>,
    /// Sources with lines that cannot be read.
    broken: Vec<usize>,
    /// How many hours the clock of the run is ahead.
    ahead: i64,
}

fn happening() -> impl Strategy<Value = Happening> {
    let some = |most: usize| prop::collection::vec(0..3_usize, 0..most);
    let kill = prop::option::weighted(0.25, 2..20_usize);
    let ahead = prop_oneof![15 => Just(0_i64), 1 => 700..800_i64];
    let pause = prop_oneof![6 => 20..30_i64, 1 => 1..4_i64, 1 => 40..80_i64];
    (pause, some(2), kill, some(2), some(2), ahead).prop_map(|(pause, failing, kill, away, broken, ahead)| Happening {
        pause,
        failing,
        kill,
        away,
        broken,
        ahead,
    })
}

/// A record: source, dataset, host, hour, and how late it comes.
#[derive(Clone, Debug)]
struct Planted {
    source: usize,
    dataset: usize,
    host: usize,
    minute: i64,
    delay: i64,
}

fn planted(days: i64) -> impl Strategy<Value = Planted> {
    // Most come in time, some days too late.
    let delay = prop_oneof![8 => 0..100_i64, 1 => 100..9_000_i64];
    (0..3_usize, 0..3_usize, 0..4_usize, -1_000..days * 1_440, delay).prop_map(|(source, dataset, host, minute, delay)| Planted {
        source,
        dataset,
        host,
        minute,
        delay,
    })
}

/// A source or one of its datasets that is dead for some time.
#[derive(Clone, Debug)]
struct Death {
    source: usize,
    dataset: Option<usize>,
    /// In hours of the test.
    from: i64,
    hours: i64,
    /// Whether it sends what it missed when it revives.
    backlog: bool,
}

fn death() -> impl Strategy<Value = Death> {
    (0..3_usize, prop::option::of(0..3_usize), 0..200_i64, 10..150_i64, any::<bool>())
        .prop_map(|(source, dataset, from, hours, backlog)| Death { source, dataset, from, hours, backlog })
}

#[derive(Clone, Debug)]
struct Scene {
    lag: i64,
    overlap: i64,
    nights: Vec<Happening>,
    planted: Vec<Planted>,
    deaths: Vec<Death>,
    /// How far the clock of each host is off, in minutes.
    off: Vec<i64>,
    /// The hour after which each host sends no more.
    leaves: Vec<i64>,
}

fn scene() -> impl Strategy<Value = Scene> {
    let nights = prop::collection::vec(happening(), 3..10);
    let planted = prop::collection::vec(planted(14), 60..160);
    let deaths = prop::collection::vec(death(), 0..4);
    let leaves = prop::collection::vec(prop_oneof![3 => Just(10_000_i64), 1 => 20..200_i64], 4);
    (0..3_i64, 1..4_i64, nights, planted, deaths, prop::collection::vec(-50..50_i64, 4), leaves).prop_map(
        |(lag, overlap, nights, planted, deaths, off, leaves)| Scene { lag, overlap, nights, planted, deaths, off, leaves },
    )
}

fn world(scene: &Scene) -> World {
    let mut world = World::new(3, scene.lag * HOUR, scene.overlap * HOUR);
    world.feeds = ["windows", "linux", "cloud"].map(|name| Feed { steady: false, ..Feed::steady(name) }).to_vec();
    world.feeds[2].by_arrival = true;
    world.asked = ASKED.map(<[usize]>::to_vec).to_vec();
    for (number, planted) in scene.planted.iter().enumerate() {
        let at = FIRST + planted.minute * MINUTE;
        let hour = planted.minute.div_euclid(60);
        let dead = scene.deaths.iter().filter(|death| {
            let here = death.source == planted.source && death.dataset.is_none_or(|dataset| dataset == planted.dataset);
            here && (death.from..death.from + death.hours).contains(&hour)
        });
        let dead: Vec<&Death> = dead.collect();
        if dead.iter().any(|death| !death.backlog) || hour > scene.leaves[planted.host] {
            continue;
        }
        let revived = dead.iter().map(|death| FIRST + (death.from + death.hours) * HOUR).max();
        let most = (scene.lag + scene.overlap) * HOUR;
        let late = if planted.delay < 100 { most / 110 * planted.delay } else { planted.delay * MINUTE };
        // What is off with a clock is a part of how late its records are.
        let time = if late > HOUR || planted.delay >= 100 { at } else { at + scene.off[planted.host] * MINUTE.min(most / 110) };
        let event = Event {
            who: format!("e{number}"),
            time,
            arrival: (at + late).max(revived.unwrap_or(i64::MIN)),
            source: planted.source,
            dataset: DATASETS[planted.dataset],
            host: HOSTS[planted.host],
        };
        world.events.push(event);
    }
    world
}

/// The time of an event on its source's clock.
fn clocked(event: &Event) -> i64 {
    if event.source == 2 { event.arrival } else { event.time }
}

/// Whether an event is one that a hunt must find: it came late by no more than was promised, and after the first window began.
fn is_promised(event: &Event, begun: i64) -> bool {
    (event.source == 2 || event.arrival - event.time <= PROMISED) && clocked(event) >= begun
}

/// How often each event was told by the reports of each hunt.
fn told(world: &World) -> Vec<BTreeMap<String, usize>> {
    (0..3).map(|hunt| world.times_reported(hunt)).collect()
}

/// A hunt that calls itself whole has seen everything that is there.
fn check_whole(world: &World, night: &Night, begun: i64) -> Result<(), TestCaseError> {
    let told = told(world);
    for (hunt, _) in night.hunts.iter().enumerate().filter(|(_, outcome)| outcome.whole()) {
        for event in world.events.iter().filter(|e| ASKED[hunt].contains(&e.source) && e.arrival <= world.truth) {
            let seen = told[hunt].contains_key(&event.who);
            let due = is_promised(event, begun) && clocked(event) < world.truth - world.lag;
            prop_assert!(seen || !due, "hunt {hunt} is whole without {event:?} at {}", night.at);
        }
    }
    Ok(())
}

/// What is not as it should be with a source stands at the top.
fn check_health(world: &World, night: &Night, before: Option<i64>) -> Result<(), TestCaseError> {
    let lines = night.health.lines(night.at.0);
    for (number, feed) in world.feeds.iter().enumerate() {
        let name = format!("source `{}`: ", feed.name);
        let said = |what: &str| lines.iter().any(|line| line.starts_with(&name) && line.contains(what));
        let asking = || night.hunts.iter().zip(ASKED).filter(|(_, asked)| asked.contains(&number)).map(|(hunt, _)| hunt);
        if !feed.answers {
            prop_assert!(said("does not answer") && asking().all(|hunt| !hunt.whole()), "{name}{lines:?}");
            continue;
        }
        prop_assert_eq!(said("cannot be read"), !feed.unread.is_empty());
        let here = || world.events.iter().filter(|e| e.source == number && e.arrival <= world.truth && clocked(e) < world.truth);
        let newest = here().map(clocked).max();
        let health = night.health.sources.iter().find(|health| health.source == feed.name).unwrap();
        prop_assert_eq!(health.newest, newest, "{}", name);
        let Some(before) = before else { continue };
        let quiet = newest.is_none_or(|newest| newest < world.truth - world.lag - world.overlap);
        // Nothing newer has come since the night before, in which all hunts looked at everything of this source.
        let known = here().filter(|e| e.arrival <= before && clocked(e) < before - world.lag).map(clocked).max();
        if quiet && newest == known && world.truth > before {
            prop_assert!(said("no record"), "{name}{lines:?}");
            prop_assert!(asking().all(|hunt| hunt.status != HuntStatus::Ok), "{name}{:?}", night.hunts);
        }
        let hosts = |now: i64, there: i64| -> BTreeSet<&str> {
            let of_day = here().filter(|e| e.arrival <= there && (now - DAY..now).contains(&clocked(e)));
            of_day.map(|e| e.host).filter(|host| !host.is_empty()).collect()
        };
        let (known, sending) = (hosts(before, before), hosts(world.truth, world.truth));
        let any = here().any(|e| clocked(e) >= world.truth - DAY);
        for host in known.difference(&sending).filter(|_| any) {
            prop_assert!(said(&format!("`{host}` (last ")), "{host} of {name}{lines:?}");
        }
    }
    Ok(())
}

fn run(scene: &Scene) -> Result<(), TestCaseError> {
    let mut world = world(scene);
    let begun = FIRST - DAY;
    check_whole(&world, &world.night(), begun)?;
    // The night before, if it was published and nothing was the matter with it but the feeds themselves.
    let mut before = Some(world.truth);
    for happening in &scene.nights {
        world.truth += happening.pause * HOUR;
        world.failing.clone_from(&happening.failing);
        for (number, feed) in world.feeds.iter_mut().enumerate() {
            feed.answers = !happening.away.contains(&number);
            let broken = happening.broken.contains(&number);
            feed.unread = if broken { vec!["1 line cannot be read".to_owned()] } else { Vec::new() };
        }
        let settings = world.settings(world.truth + happening.ahead * HOUR);
        if let Some(at) = happening.kill {
            let _ = world.killed(&settings, at);
            before = None;
            continue;
        }
        let night = world.night_with(&settings);
        if happening.ahead > 0 {
            before = None;
            continue;
        }
        check_whole(&world, &night, begun)?;
        check_health(&world, &night, before)?;
        let calm = happening.failing.is_empty() && happening.away.is_empty();
        before = calm.then_some(world.truth);
    }
    world.failing.clear();
    world.feeds.iter_mut().for_each(|feed| feed.answers = true);
    for _ in 0..3 {
        world.truth += DAY;
        world.night();
    }
    for (hunt, told) in told(&world).iter().enumerate() {
        prop_assert!(told.values().all(|n| *n == 1), "hunt {hunt} told twice: {told:?}");
        for event in world.events.iter().filter(|e| ASKED[hunt].contains(&e.source) && e.arrival <= world.truth) {
            if is_promised(event, begun) && clocked(event) < world.truth - world.lag {
                prop_assert_eq!(told.get(&event.who), Some(&1), "hunt {} missed {:?}", hunt, event);
            }
        }
    }
    Ok(())
}

#[test]
fn random_feeds_are_told_once_and_what_was_not_seen_is_said() {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let cases = u32::try_from(number("HUNTC_NIGHTS_CASES", 24)).unwrap();
    let rng_seed = RngSeed::Fixed(number("HUNTC_NIGHTS_SEED", 1));
    let config = ProptestConfig { cases, rng_seed, failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    if let Err(error) = runner.run(&scene(), |scene| run(&scene)) {
        panic!("{error}");
    }
}
