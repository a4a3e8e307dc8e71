//! How the nights stand, for programs: one value, as JSON or as OpenMetrics, and whether all is well.

use super::health::SourceRecord;
use super::model::HuntStatus;
use super::record::{HuntRecord, NightRecord};
use super::state::Read;
use super::status::{end, next};
use crate::report::sanitize;
use crate::source::SourceError;
use huntc_compiler::time::{Instant, SECOND};
use serde::Serialize;
use std::collections::BTreeMap;

/// Version of the JSON. New keys keep it; a change of meaning raises it.
const SCHEMA: u32 = 1;

/// How the nights stand. Instants of the state are nanoseconds.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Overview {
    pub now: Instant,
    /// The longest time that a hunt may not have looked at, in nanoseconds.
    pub max_age: Option<i64>,
    /// Who holds the lock of the state: a run that works, or one that ended before its time.
    pub running: Option<String>,
    /// The last run that gave out a report.
    pub last_run: Option<Instant>,
    /// The folder of that report.
    pub report: Option<String>,
    /// When to expect the next run.
    pub next_run: Option<Instant>,
    /// The number of notifications that wait to be delivered.
    pub waiting: u64,
    /// The hunts, sorted by name.
    pub hunts: Vec<HuntOverview>,
    /// The sources, sorted by name.
    pub sources: Vec<SourceOverview>,
}

/// How a hunt stands.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct HuntOverview {
    /// The path below the folder of huntflows.
    pub hunt: String,
    pub title: String,
    /// The status in the last report; empty before the first one.
    pub status: String,
    /// Why it was not searched up to now.
    pub reason: Option<String>,
    /// Up to when it has searched all of its sources.
    pub until: Option<Instant>,
    /// The last run in which it searched everything.
    pub last_success: Option<Instant>,
    /// The number of nights in a row in which it did not.
    pub failures: u32,
    /// The number of findings in the last report.
    pub findings: u64,
    /// Whether it has not searched for longer than `max_age`.
    pub overdue: bool,
}

/// How a source stands.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct SourceOverview {
    pub source: String,
    /// The number of hunts that ask it.
    pub hunts: u64,
    /// Up to when all of them have searched it.
    pub until: Instant,
    /// Time of its newest record, when a run asked it last.
    pub newest: Option<Instant>,
    /// What that run said of it.
    pub remarks: Vec<String>,
}

impl HuntOverview {
    /// Whether the last report has all of it.
    pub fn whole(&self) -> bool {
        self.status == HuntStatus::Ok.word()
    }

    /// The time that it has not searched, in nanoseconds.
    pub fn age(&self, now: Instant) -> Option<i64> {
        self.until.map(|until| now.0.saturating_sub(until.0).max(0))
    }
}

impl Overview {
    /// Reads it from the state.
    pub fn of(state: &Read, now: Instant, max_age: Option<i64>, running: Option<String>) -> Result<Self, SourceError> {
        let nights = state.nights()?;
        let last = nights.iter().filter(|(_, n)| n.published).max_by_key(|(_, n)| n.at).map(|(_, n)| n);
        let records = state.hunts()?.into_iter().filter(|(_, h)| h.status != HuntStatus::Removed.word()).collect::<Vec<_>>();
        let successes = successes(&nights);
        let hunts = records.iter().map(|(name, record)| {
            let last_success = successes.get(name.as_str()).copied();
            hunt(name, record, last_success, now, max_age)
        });
        Ok(Self {
            now,
            max_age,
            running,
            last_run: last.map(|n| Instant(n.at)),
            report: last.map(|n| n.folder.clone()),
            next_run: next(&nights).map(Instant),
            waiting: state.outbox()?.len() as u64,
            hunts: hunts.collect(),
            sources: sources(&records, &state.sources()?.into_iter().collect(), now),
        })
    }

    /// Whether every hunt has searched everything, and none is overdue.
    pub fn is_well(&self) -> bool {
        self.hunts.iter().all(|hunt| hunt.whole() && !hunt.overdue)
    }

    /// The JSON text.
    pub fn json(&self) -> String {
        let seconds = |nanos: i64| nanos / SECOND;
        let hunts = self.hunts.iter().map(|hunt| HuntJson {
            hunt: &hunt.hunt,
            title: &hunt.title,
            status: &hunt.status,
            whole: hunt.whole(),
            reason: hunt.reason.as_deref(),
            looked_at_until: hunt.until.map(|t| t.to_string()),
            age_seconds: hunt.age(self.now).map(seconds),
            last_success: hunt.last_success.map(|t| t.to_string()),
            failures: hunt.failures,
            findings: hunt.findings,
            overdue: hunt.overdue,
        });
        let sources = self.sources.iter().map(|source| SourceJson {
            source: &source.source,
            hunts: source.hunts,
            looked_at_until: source.until.to_string(),
            newest: source.newest.map(|t| t.to_string()),
            remarks: &source.remarks,
        });
        let document = Document {
            schema: SCHEMA,
            huntc: env!("CARGO_PKG_VERSION"),
            at: self.now.to_string(),
            ok: self.is_well(),
            max_age_seconds: self.max_age.map(seconds),
            running: self.running.as_deref(),
            last_run: self.last_run.map(|t| t.to_string()),
            report: self.report.as_deref(),
            next_run: self.next_run.map(|t| t.to_string()),
            waiting_notifications: self.waiting,
            hunts: hunts.collect(),
            sources: sources.collect(),
        };
        // Texts and numbers always have a JSON form.
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        format!("{}\n", sanitize::json_text(&text))
    }
}

/// The last night of each hunt in which it searched everything.
fn successes(nights: &[(String, NightRecord)]) -> BTreeMap<&str, Instant> {
    let mut found: BTreeMap<&str, Instant> = BTreeMap::new();
    for (_, night) in nights.iter().filter(|(_, n)| n.published) {
        for hunt in night.hunts.iter().filter(|h| h.status == HuntStatus::Ok.word()) {
            let at = found.entry(&hunt.hunt).or_insert(Instant(night.at));
            *at = (*at).max(Instant(night.at));
        }
    }
    found
}

fn hunt(name: &str, record: &HuntRecord, last_success: Option<Instant>, now: Instant, max_age: Option<i64>) -> HuntOverview {
    let until = end(record).map(Instant);
    // What never looked is overdue at once: the first run should have.
    let overdue = max_age.is_some_and(|most| until.is_none_or(|until| now.0.saturating_sub(until.0) > most));
    HuntOverview {
        hunt: name.to_owned(),
        title: record.title.clone(),
        status: record.status.clone(),
        reason: record.reason.clone(),
        until,
        last_success,
        failures: record.failures,
        findings: record.present,
        overdue,
    }
}

fn sources(records: &[(String, HuntRecord)], known: &BTreeMap<String, SourceRecord>, now: Instant) -> Vec<SourceOverview> {
    let mut found: BTreeMap<&str, SourceOverview> = BTreeMap::new();
    // A hunt without sources has an entry without a name.
    for (source, until) in records.iter().flat_map(|(_, record)| &record.done).filter(|(source, _)| !source.is_empty()) {
        let entry = found.entry(source).or_insert_with(|| {
            // The state knows sources by their names, and hunts by their addresses.
            let name = source.split_once("://").map_or(source.as_str(), |(_, name)| name);
            let record = known.get(name);
            SourceOverview {
                source: source.clone(),
                hunts: 0,
                until: Instant(*until),
                newest: record.and_then(|record| record.newest).map(Instant),
                remarks: record.map(|record| record.health.lines(now.0)).unwrap_or_default(),
            }
        });
        entry.hunts += 1;
        entry.until = entry.until.min(Instant(*until));
    }
    found.into_values().collect()
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    huntc: &'static str,
    at: String,
    ok: bool,
    max_age_seconds: Option<i64>,
    running: Option<&'a str>,
    last_run: Option<String>,
    report: Option<&'a str>,
    next_run: Option<String>,
    waiting_notifications: u64,
    hunts: Vec<HuntJson<'a>>,
    sources: Vec<SourceJson<'a>>,
}

#[derive(Serialize)]
struct HuntJson<'a> {
    hunt: &'a str,
    title: &'a str,
    status: &'a str,
    whole: bool,
    reason: Option<&'a str>,
    looked_at_until: Option<String>,
    age_seconds: Option<i64>,
    last_success: Option<String>,
    failures: u32,
    findings: u64,
    overdue: bool,
}

#[derive(Serialize)]
struct SourceJson<'a> {
    source: &'a str,
    hunts: u64,
    looked_at_until: String,
    newest: Option<String>,
    remarks: &'a [String],
}
