//! A simulated world: events that arrive late, sources that fail, a clock that jumps, and runs that are killed.

use crate::nightly::discover::HuntFile;
use crate::nightly::engine::{AskedSource, Engine, HuntSurvey, Look};
use crate::nightly::finding::{FoundEntities, FoundEntity};
use crate::nightly::model::{Night, NightSettings, Notifier, defaults};
use crate::nightly::night;
use crate::nightly::step::{NightStep, Stop};
use crate::nightly::suppress::Suppressions;
use crate::nightly::window::DAY;
use crate::report::model::{HuntReport, Status};
use crate::source::{SourceError, TalliedValue, Tally};
use huntc_compiler::diag::{Diagnostic, codes};
use huntc_compiler::front_matter::{FindingSeverity, FrontMatter};
use huntc_compiler::source::{SourceId, SourceSet, Span};
use huntc_compiler::time::{Instant, SECOND, TimeRange};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;

pub(super) const HOUR: i64 = 3_600 * SECOND;
/// The clock of the first night.
pub(super) const FIRST: i64 = 20_454 * DAY + 2 * HOUR;

/// An event, which leads to one finding.
#[derive(Clone, Debug, Default)]
pub(super) struct Event {
    pub(super) who: String,
    pub(super) time: i64,
    pub(super) arrival: i64,
    /// The number of its source.
    pub(super) source: usize,
    pub(super) dataset: &'static str,
    pub(super) host: &'static str,
}

/// A source of events.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    pub(super) name: &'static str,
    /// Whether its windows are those of arrival.
    pub(super) by_arrival: bool,
    pub(super) answers: bool,
    /// Whether it always has a record of this moment, which no hunt looks for.
    pub(super) steady: bool,
    /// What cannot be read of it.
    pub(super) unread: Vec<String>,
}

impl Feed {
    pub(super) fn steady(name: &'static str) -> Self {
        Self { name, by_arrival: false, answers: true, steady: true, unread: Vec::new() }
    }

    fn uri(&self) -> String {
        format!("stixshifter://{}", self.name)
    }
}

pub(super) struct World {
    pub(super) events: Vec<Event>,
    pub(super) feeds: Vec<Feed>,
    /// The sources of each hunt, by their numbers; a hunt beyond these asks the first one.
    pub(super) asked: Vec<Vec<usize>>,
    pub(super) lag: i64,
    pub(super) overlap: i64,
    /// The true time, whatever the clock of a run shows.
    pub(super) truth: i64,
    /// The hunts whose source does not answer.
    pub(super) failing: Vec<usize>,
    /// The hunts that have errors.
    pub(super) broken: Vec<usize>,
    pub(super) hunts: usize,
    /// `first-seen` of all hunts.
    pub(super) first_seen: Option<i64>,
    pub(super) looks: AtomicUsize,
    folder: TempDir,
}

/// A temporary folder, on a fast disk if there is one: these tests are about order, not about disks.
pub(super) fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

impl World {
    pub(super) fn new(hunts: usize, lag: i64, overlap: i64) -> Self {
        Self {
            events: Vec::new(),
            feeds: vec![Feed::steady("lab")],
            asked: Vec::new(),
            lag,
            overlap,
            truth: FIRST,
            failing: Vec::new(),
            broken: Vec::new(),
            hunts,
            first_seen: None,
            looks: AtomicUsize::new(0),
            folder: scratch(),
        }
    }

    pub(super) fn plant(&mut self, who: impl Into<String>, time: i64, delay: i64) {
        self.events.push(Event { who: who.into(), time, arrival: time + delay, ..Event::default() });
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn settings(&self, now: i64) -> NightSettings {
        NightSettings {
            state: self.path("run/state"),
            out: self.path("run/out"),
            now: Instant(now),
            since: defaults::SINCE,
            lag: defaults::LAG,
            overlap: None,
            again: defaults::AGAIN,
            jobs: 1,
            night_time: None,
            keep_reports: defaults::REPORTS,
            keep_history: defaults::HISTORY,
            csv: crate::report::csv::CsvForm::default(),
            quiet: Suppressions::default(),
            notifier: Notifier { tries: 1, ..Notifier::default() },
            part: None,
            cancel: std::sync::Arc::default(),
        }
    }

    pub(super) fn files(&self) -> Vec<HuntFile> {
        (0..self.hunts).map(|n| HuntFile { name: format!("h{n}.hf"), path: format!("hunts/h{n}.hf").into() }).collect()
    }

    /// Runs a night at the true time.
    pub(super) fn night(&self) -> Night {
        self.night_with(&self.settings(self.truth))
    }

    pub(super) fn night_with(&self, settings: &NightSettings) -> Night {
        night::run(settings, &self.files(), self, &|_| Ok(())).unwrap()
    }

    /// Runs a night that is killed after its `at`-th step: the files are as they were at that moment. Returns that
    /// step, or `None` when the night had fewer.
    pub(super) fn killed(&self, settings: &NightSettings, at: usize) -> Option<NightStep> {
        let count = AtomicUsize::new(0);
        let last = std::sync::Mutex::new(None);
        let result = night::run(settings, &self.files(), self, &|step| {
            if count.fetch_add(1, Ordering::SeqCst) != at {
                return Ok(());
            }
            copy(&self.path("run"), &self.path("image"));
            *last.lock().unwrap() = Some(step);
            Err(Stop::Killed)
        });
        if result.is_ok() {
            return None;
        }
        assert!(matches!(result, Err(Stop::Killed)), "{result:?}");
        std::fs::remove_dir_all(self.path("run")).unwrap();
        std::fs::rename(self.path("image"), self.path("run")).unwrap();
        *last.lock().unwrap()
    }

    /// All published reports, by night.
    pub(super) fn reports(&self) -> BTreeMap<String, Json> {
        let mut reports = BTreeMap::new();
        for entry in std::fs::read_dir(self.path("run/out")).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() && !name.starts_with('.') {
                let text = std::fs::read_to_string(entry.path().join("nightly.json")).unwrap();
                reports.insert(name, serde_json::from_str(&text).unwrap());
            }
        }
        reports
    }

    /// How often a hunt reported each event as new.
    pub(super) fn times_reported(&self, hunt: usize) -> BTreeMap<String, usize> {
        let mut told = BTreeMap::new();
        for report in self.reports().values() {
            for finding in report["hunts"][hunt]["finding"]["new"].as_array().unwrap() {
                *told.entry(finding["key"][0].as_str().unwrap().to_owned()).or_insert(0) += 1;
            }
        }
        told
    }

    /// The windows of a hunt in all reports, as instants.
    pub(super) fn windows(&self, hunt: usize) -> Vec<(i64, i64)> {
        let time = |v: &Json| Instant::parse(v.as_str().unwrap()).unwrap().0;
        let reports = self.reports();
        let lists = reports.values().map(|r| r["hunts"][hunt]["windows"].as_array().unwrap().clone());
        let mut windows: Vec<(i64, i64)> = lists.flatten().map(|w| (time(&w[0]), time(&w[1]))).collect();
        windows.sort_unstable();
        windows
    }

    /// Checks that every hunt reported each event that arrived early enough as new exactly once, that the windows have
    /// no gap, and that none is reported twice.
    pub(super) fn check(&self, seen_by: i64) {
        for hunt in 0..self.hunts {
            let told = self.times_reported(hunt);
            for event in &self.events {
                if event.time >= FIRST - DAY && event.time < seen_by && event.arrival <= self.truth {
                    assert_eq!(told.get(&event.who), Some(&1), "hunt {hunt}, {event:?}");
                }
            }
            assert!(told.values().all(|n| *n == 1), "{told:?}");
            let windows = self.windows(hunt);
            for pair in windows.windows(2) {
                assert!(pair[1].0 <= pair[0].1, "a gap in {windows:?}");
                assert_ne!(pair[0], pair[1], "a window twice");
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn report(hunt: usize, status: Status) -> HuntReport {
    let span = Span::new(SourceId(0), 0, 0);
    let problem = match status {
        Status::Error => Some(Diagnostic::new(&codes::names::UNKNOWN_VARIABLE, span, "no variable `x`")),
        Status::Failed => Some(Diagnostic::new(&codes::run::BUDGET, span, "the source did not answer")),
        _ => None,
    };
    let diagnostics = problem.into_iter().collect();
    let report = HuntReport::without_results(&format!("hunts/h{hunt}.hf"), status, diagnostics);
    HuntReport { complete: status == Status::Ok, ..report }
}

impl World {
    fn sources(&self, hunt: usize) -> Vec<usize> {
        self.asked.get(hunt).cloned().unwrap_or_else(|| vec![0])
    }

    /// The source of a name that answers.
    fn answering(&self, name: &str) -> Result<usize, SourceError> {
        let number = self.feeds.iter().position(|feed| feed.name == name).unwrap();
        let away = || SourceError::new(&codes::run::BUDGET, format!("`{name}` is away"));
        if self.feeds[number].answers { Ok(number) } else { Err(away()) }
    }

    /// The time of an event on the clock of its source.
    fn clocked(&self, event: &Event) -> i64 {
        if self.feeds[event.source].by_arrival { event.arrival } else { event.time }
    }

    /// The events of a source in a window that are there by now.
    fn within(&self, source: usize, window: TimeRange) -> impl Iterator<Item = &Event> {
        let here = move |e: &&Event| e.source == source && e.arrival <= self.truth && window.contains(Instant(self.clocked(e)));
        self.events.iter().filter(here)
    }
}

impl Engine for World {
    fn survey(&self, hunt: usize) -> HuntSurvey {
        let front_matter = FrontMatter {
            title: Some(format!("Hunt <b>{hunt}</b>")),
            severity: Some(if hunt == 0 { FindingSeverity::Critical } else { FindingSeverity::Low }),
            lag: Some(self.lag),
            overlap: Some(self.overlap),
            first_seen: self.first_seen,
            ..FrontMatter::default()
        };
        let broken = self.broken.contains(&hunt).then(|| Box::new(report(hunt, Status::Error)));
        let sources = self.sources(hunt).into_iter().map(|source| {
            let feed = &self.feeds[source];
            let clock = feed.by_arrival.then(|| "event.ingested".to_owned());
            AskedSource { uri: feed.uri(), name: feed.name.to_owned(), clock, bound: true }
        });
        let sources = if broken.is_some() { Vec::new() } else { sources.collect() };
        HuntSurvey { front_matter, sources, broken, ..HuntSurvey::default() }
    }

    fn look(&self, hunt: usize, window: TimeRange, without: &[String], _: Option<Duration>) -> Look {
        self.looks.fetch_add(1, Ordering::SeqCst);
        let asked = self.sources(hunt).into_iter().filter(|source| !without.contains(&self.feeds[*source].uri()));
        let asked: Vec<usize> = asked.collect();
        assert!(!asked.is_empty() && asked.iter().all(|source| self.feeds[*source].answers), "a hunt without its sources runs");
        if self.failing.contains(&hunt) {
            return Look { report: report(hunt, Status::Failed), found: None };
        }
        let here = asked.iter().flat_map(|source| self.within(*source, window));
        let mut entities: BTreeMap<&str, FoundEntity> = BTreeMap::new();
        for event in here {
            let time = Some(Instant(event.time));
            let entity = entities.entry(&event.who).or_insert_with(|| FoundEntity {
                identity: format!("process [{:?}]", event.who),
                key: json!([event.who]),
                first: time,
                last: time,
                hosts: vec!["ws5".to_owned()],
                users: vec!["bob".to_owned()],
                face: vec![("name".to_owned(), json!(event.who)), ("pid".to_owned(), json!(7))],
                entities: 1,
                ..FoundEntity::default()
            });
            entity.first = entity.first.min(time);
            entity.last = entity.last.max(time);
        }
        let found = FoundEntities {
            variable: "x".to_owned(),
            entity: "process".to_owned(),
            key: Vec::new(),
            window: Some(window),
            entities: entities.into_values().collect(),
        };
        Look { report: report(hunt, Status::Ok), found: Some(found) }
    }

    fn unlooked(&self, hunt: usize, _: &str, _: &SourceError) -> HuntReport {
        report(hunt, Status::Failed)
    }

    fn tally(&self, source: &str, window: TimeRange, by: &str, _: usize) -> Result<Tally, SourceError> {
        let number = self.answering(source)?;
        let mut tally = Tally::default();
        let mut values: BTreeMap<&str, TalliedValue> = BTreeMap::new();
        for event in self.within(number, window) {
            let newest = Some(Instant(self.clocked(event)));
            let value = if by == "host.name" { event.host } else { event.dataset };
            tally.records += 1;
            tally.newest = tally.newest.max(newest);
            let none = TalliedValue { value: value.to_owned(), records: 0, newest: None };
            let known = values.entry(value).or_insert(none);
            (known.records, known.newest) = (known.records + 1, known.newest.max(newest));
        }
        if self.feeds[number].steady && window.start.0 < self.truth {
            tally.records += 1_000;
            tally.newest = Some(Instant(window.stop.0.min(self.truth) - 1));
        }
        values.remove("");
        Ok(Tally { values: Some(values.into_values().collect()), ..tally })
    }

    fn count(&self, source: &str, window: TimeRange) -> Result<u64, SourceError> {
        let number = self.answering(source)?;
        assert!(!self.feeds[number].by_arrival, "by arrival nothing comes late");
        Ok(self.within(number, window).count() as u64)
    }

    fn unread(&self, source: &str) -> Vec<String> {
        self.feeds.iter().find(|feed| feed.name == source).unwrap().unread.clone()
    }

    fn texts(&self) -> SourceSet {
        let mut texts = SourceSet::default();
        texts.add_text("h.hf", "");
        texts
    }
}
