//! Asks each source of a night, before any hunt runs: up to when it has records, how many of which feeds and hosts, and
//! whether windows of earlier nights grew. What hunts and sources are due for is written to the state in one transaction.

use super::feeds::Few;
use super::late::{ToCount, count_again};
use super::record::SourceRecord;
use super::source::{HostGone, SourceHealth};
use crate::nightly::discover::HuntFile;
use crate::nightly::engine::{AskedSource, Engine, HuntSurvey};
use crate::nightly::record::{HuntRecord, Span};
use crate::nightly::state::{Read, State};
use crate::nightly::window::{self, Bounds, DAY, SourceReach};
use crate::source::{SourceError, Tally};
use huntc_compiler::time::{Instant, MILLISECOND, TimeRange};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The most feeds that are told apart.
const FEEDS: usize = 1_000;
/// The most hosts that are known.
const HOSTS: usize = 10_000;
/// The most hosts that are named.
const NAMED: usize = 10;
/// How long a host that does not send is told.
const HOST_KEPT: i64 = 7 * DAY;
/// Runs that follow each other faster are one night to what is usual.
const NIGHT: i64 = DAY / 2;

const DATASET: &str = "event.dataset";
const HOST: &str = "host.name";

/// A source as it is tonight.
#[derive(Debug)]
pub(in crate::nightly) struct Surveyed {
    /// What the state will keep of it.
    record: SourceRecord,
    /// The end of its records: the newest one and a millisecond. Without one nothing of it can be searched.
    end: RecordsEnd,
}

/// Up to when a source has records.
#[derive(Clone, Debug)]
enum RecordsEnd {
    /// The instant after its newest record.
    Known(Instant),
    /// It has none.
    Never,
    /// It cannot compare times, so it may have records up to now.
    Unknown,
    /// It does not answer.
    Away(Box<SourceError>),
}

impl Surveyed {
    /// The reach of a hunt into this source.
    pub(in crate::nightly) fn end(&self, bounds: &Bounds) -> Option<Instant> {
        match &self.end {
            RecordsEnd::Known(end) => Some((*end).min(bounds.until())),
            RecordsEnd::Never => Some(Instant(0)),
            RecordsEnd::Unknown => Some(bounds.until()),
            RecordsEnd::Away(_) => None,
        }
    }

    /// Why it does not answer.
    pub(in crate::nightly) fn fault(&self) -> Option<&SourceError> {
        if let RecordsEnd::Away(error) = &self.end { Some(error) } else { None }
    }

    pub(in crate::nightly) fn health(&self) -> &SourceHealth {
        &self.record.health
    }

    /// Whether a hunt looks for newer records in vain. Records may be late by the lag and the overlap, so a source is not
    /// silent before that time has passed.
    pub(in crate::nightly) fn is_silent(&self, reach: &SourceReach, record: &HuntRecord, bounds: &Bounds) -> bool {
        let done = reach.done(record, bounds);
        let newer = reach.end.is_none_or(|end| end.0 > done);
        let waited = self.record.newest.is_none_or(|newest| newest < bounds.until().plus(-reach.overlap).0);
        !newer && waited && done < bounds.until().0
    }
}

/// Asks all sources that hunts ask, some at the same time.
pub(in crate::nightly) fn survey(
    state: &State,
    engine: &dyn Engine,
    hunts: &[(&HuntFile, &HuntSurvey)],
    now: Instant,
    jobs: usize,
) -> Result<BTreeMap<String, Surveyed>, SourceError> {
    let mut asked: BTreeMap<&str, (&AskedSource, Vec<String>)> = BTreeMap::new();
    for (file, survey) in hunts {
        for source in survey.sources.iter().filter(|source| source.bound) {
            let (_, files) = asked.entry(&source.name).or_insert((source, Vec::new()));
            files.push(file.name.clone());
        }
    }
    let records: BTreeMap<String, SourceRecord> = state.read(Read::sources)?.into_iter().collect();
    let queue = Mutex::new(asked.into_iter());
    let done: Mutex<BTreeMap<String, Surveyed>> = Mutex::default();
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while let Some((name, (source, files))) = next() {
                    let before = records.get(name).cloned().unwrap_or_default();
                    let surveyed = one(engine, source, files, before, now);
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), surveyed);
                }
            });
        }
    });
    Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn one(engine: &dyn Engine, source: &AskedSource, hunts: Vec<String>, mut record: SourceRecord, now: Instant) -> Surveyed {
    if record.clock != source.clock {
        // Windows of the other clock say nothing of this one's.
        record = SourceRecord { clock: source.clock.clone(), ..SourceRecord::default() };
    }
    record.at = now.0;
    record.health = SourceHealth { source: source.name.clone(), hunts, ..SourceHealth::default() };
    let end = match ask(engine, source, &record, now) {
        Ok(Answers { feeds, hosts, newest }) => {
            tell(&mut record, &feeds, &hosts, now);
            let untimed = feeds.untimed.as_ref().map(|why| format!("its newest record is not known: {why}"));
            record.health.unknown.extend(untimed);
            record.newest = newest.map(|newest| newest.0);
            match newest {
                _ if feeds.untimed.is_some() => RecordsEnd::Unknown,
                Some(newest) => RecordsEnd::Known(Instant(newest.0.div_euclid(MILLISECOND) * MILLISECOND).plus(MILLISECOND)),
                None => RecordsEnd::Never,
            }
        }
        Err(error) => {
            // The line names the source already.
            let own = format!("source `{}`: ", source.name);
            let why = error.message.strip_prefix(&own).unwrap_or(&error.message);
            record.health.fault = Some(format!("{why} [{}]", error.code.id));
            RecordsEnd::Away(Box::new(error))
        }
    };
    record.health.newest = record.newest;
    record.health.unread = engine.unread(&source.name);
    Surveyed { record, end }
}

/// What a source answers.
struct Answers {
    /// Of the last 24 hours, by `event.dataset`.
    feeds: Tally,
    /// The same by `host.name`.
    hosts: Tally,
    newest: Option<Instant>,
}

fn ask(engine: &dyn Engine, source: &AskedSource, record: &SourceRecord, now: Instant) -> Result<Answers, SourceError> {
    let window = |start: Instant, stop: Instant| match source.clock {
        Some(_) => TimeRange::of_arrival(start, stop),
        None => TimeRange::new(start, stop),
    };
    let day = now.plus(-DAY);
    let feeds = engine.tally(&source.name, window(day, now), DATASET, FEEDS)?;
    let hosts = engine.tally(&source.name, window(day, now), HOST, HOSTS)?;
    let mut newest = feeds.newest.max(hosts.newest);
    if newest.is_none() && feeds.untimed.is_none() {
        let known = record.newest.map(Instant).filter(|known| *known < day);
        let earlier = engine.tally(&source.name, window(known.unwrap_or(Instant(0)), day), DATASET, FEEDS)?;
        newest = earlier.newest.max(known);
    }
    Ok(Answers { feeds, hosts, newest })
}

/// Compares tonight's records with what is usual, and makes them a part of it.
fn tell(record: &mut SourceRecord, feeds: &Tally, hosts: &Tally, now: Instant) {
    record.health.records = Some(feeds.records);
    record.health.usual = record.all.median();
    if feeds.records == 0 {
        // That there is nothing is said of the source, not of each of its feeds and hosts.
        return;
    }
    if let Some(values) = &feeds.values {
        let mut counts: BTreeMap<String, u64> = values.iter().map(|v| (v.value.clone(), v.records)).collect();
        let named: u64 = counts.values().sum();
        if feeds.more {
            record.health.unknown.push(format!("it has more than {FEEDS} values of `{DATASET}`, feeds that end are not noticed"));
        } else {
            let nameless = feeds.records.saturating_sub(named);
            if nameless > 0 {
                counts.insert(String::new(), nameless);
            }
            tell_feeds(record, &counts);
        }
    }
    if feeds.values.is_none() && feeds.untimed.is_none() {
        record.health.unknown.push(format!("it cannot count by `{DATASET}`, feeds that end are not noticed"));
    }
    if let (Some(usual), true) = (record.all.few(feeds.records), record.health.few.is_empty()) {
        record.health.few.push(Few { dataset: None, records: feeds.records, usual });
    }
    if record.usual_at.is_none_or(|at| now.0.saturating_sub(at).abs() >= NIGHT) {
        record.usual_at = Some(now.0);
        record.all.add(feeds.records);
        let counts: BTreeMap<&str, u64> =
            feeds.values.iter().flatten().map(|value| (value.value.as_str(), value.records)).collect();
        let nameless = feeds.records.saturating_sub(counts.values().sum());
        for (dataset, feed) in &mut record.datasets {
            feed.add(if dataset.is_empty() { nameless } else { counts.get(dataset.as_str()).copied().unwrap_or(0) });
        }
        // A feed that gave nothing for so long is forgotten.
        record.datasets.retain(|_, feed| feed.usual.iter().any(|n| *n > 0));
    }
    tell_hosts(record, hosts, now);
}

fn tell_feeds(record: &mut SourceRecord, counts: &BTreeMap<String, u64>) {
    for dataset in counts.keys() {
        record.datasets.entry(dataset.clone()).or_default();
    }
    for (dataset, feed) in &record.datasets {
        let records = counts.get(dataset).copied().unwrap_or(0);
        if let Some(usual) = feed.few(records) {
            record.health.few.push(Few { dataset: Some(dataset.clone()), records, usual });
        }
    }
}

fn tell_hosts(record: &mut SourceRecord, hosts: &Tally, now: Instant) {
    let Some(values) = &hosts.values else {
        record.health.unknown.push(format!("it cannot count by `{HOST}`, hosts that stop are not noticed"));
        return;
    };
    if hosts.more {
        record.health.unknown.push(format!("it has more than {HOSTS} hosts, hosts that stop are not noticed"));
        return;
    }
    // After a pause of the source all its hosts are equally late.
    let from = record.newest.unwrap_or(now.0).min(now.0).saturating_sub(HOST_KEPT);
    record.hosts.retain(|_, newest| *newest >= from);
    let sending: BTreeMap<&str, Option<Instant>> = values.iter().map(|v| (v.value.as_str(), v.newest)).collect();
    let gone: Vec<HostGone> = record
        .hosts
        .iter()
        .filter(|(host, _)| !sending.contains_key(host.as_str()))
        .map(|(host, newest)| HostGone { host: host.clone(), newest: *newest })
        .collect();
    record.health.hosts_gone_total = gone.len() as u64;
    record.health.hosts_gone = gone.into_iter().take(NAMED).collect();
    for (host, newest) in sending {
        record.hosts.insert(host.to_owned(), newest.unwrap_or(now).0);
    }
}

/// A hunt with the reach into each of its sources.
pub(in crate::nightly) struct HuntPlan<'a> {
    pub(in crate::nightly) name: &'a str,
    pub(in crate::nightly) reaches: &'a [SourceReach],
    pub(in crate::nightly) bounds: Bounds,
    pub(in crate::nightly) sources: &'a [AskedSource],
}

/// Counts the windows of earlier nights again, and writes what sources and hunts are due for.
pub(in crate::nightly) fn remember(
    state: &State,
    engine: &dyn Engine,
    sources: &mut BTreeMap<String, Surveyed>,
    plans: &[HuntPlan<'_>],
) -> Result<(), SourceError> {
    let records: BTreeMap<String, HuntRecord> = state.read(Read::hunts)?.into_iter().collect();
    for (name, source) in sources.iter_mut() {
        let asking = || {
            plans.iter().flat_map(|plan| {
                let record = records.get(plan.name);
                let reaches = plan.sources.iter().zip(plan.reaches).filter(|(asked, _)| asked.bound && asked.name == *name);
                reaches.filter_map(move |(_, reach)| Some((record?, reach, &plan.bounds)))
            })
        };
        source.record.health.silent =
            source.fault().is_none() && asking().any(|(record, reach, bounds)| source.is_silent(reach, record, bounds));
        let counts = matches!(source.end, RecordsEnd::Known(_)) && source.record.clock.is_none();
        let from = asking().map(|(record, reach, bounds)| reach.done(record, bounds)).min();
        let until = asking().filter_map(|(_, reach, _)| Some(reach.end?.plus(-reach.overlap).0)).max();
        let end = asking().filter_map(|(_, reach, _)| Some(reach.end?.0)).max();
        if let (true, Some(from), Some(until), Some(end)) = (counts, from, until, end) {
            let count = |span: Span| engine.count(name, TimeRange::new(Instant(span.0), Instant(span.1)));
            match count_again(&mut source.record.counted, ToCount { from, until, end }, &count) {
                // What no hunt has searched yet is not searched again.
                Ok(grown) => {
                    let done = asking().map(|(record, reach, bounds)| reach.done(record, bounds)).max();
                    source.record.health.late = grown.into_iter().filter(|span| done.is_some_and(|d| span.0 < d)).collect();
                }
                Err(error) => source
                    .record
                    .health
                    .unknown
                    .push(format!("whether records came late is not known: {} [{}]", error.message, error.code.id)),
            }
        }
    }
    state.write(|tables| {
        for plan in plans {
            let mut record = tables.hunt(plan.name)?.unwrap_or_default();
            window::begin(&mut record, plan.reaches, &plan.bounds);
            for (asked, reach) in plan.sources.iter().zip(plan.reaches) {
                for span in sources.get(&asked.name).filter(|_| asked.bound).iter().flat_map(|s| &s.record.health.late) {
                    window::came_late(&mut record, &reach.source, *span);
                }
            }
            tables.put_hunt(plan.name, &record)?;
        }
        for (name, source) in sources.iter() {
            tables.put_source(name, &source.record)?;
        }
        Ok(())
    })
}
