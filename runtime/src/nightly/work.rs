//! Runs the hunts of a night: several at the same time, each through its windows in order. Each window is closed in one
//! transaction.

use super::discover::HuntFile;
use super::engine::{Engine, HuntSurvey};
use super::model::{HuntStatus, NightSettings};
use super::record::HuntRecord;
use super::state::State;
use super::step::{NightStep, Stop, Watch};
use super::window::{self, Bounds};
use super::{news, news::Memory, window::Due};
use crate::report::model::{HuntReport, Status};
use huntc_compiler::diag::Severity;
use huntc_compiler::time::TimeRange;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant as Clock};

/// What running the hunts needs.
pub(super) struct NightWork<'a> {
    pub state: &'a State,
    pub settings: &'a NightSettings,
    pub engine: &'a dyn Engine,
    pub watch: &'a Watch<'a>,
    pub begun: Clock,
}

/// The result of running a hunt over its windows.
pub(super) struct Worked {
    pub survey: HuntSurvey,
    pub reports: Vec<HuntReport>,
    pub status: HuntStatus,
    pub reason: Option<String>,
    pub open: Option<TimeRange>,
}

/// A hunt that was compiled, with its windows.
struct Planned {
    number: usize,
    survey: HuntSurvey,
    due: Due,
}

/// Searches every window that is due, as far as time and sources allow.
pub(super) fn all(night: &NightWork<'_>, hunts: &[HuntFile]) -> Result<Vec<Worked>, Stop> {
    let mut planned = Vec::with_capacity(hunts.len());
    for (number, hunt) in hunts.iter().enumerate() {
        planned.push(plan(night, number, hunt)?);
    }
    // The hunt that waits longest comes first, so that short nights never leave one out forever.
    planned.sort_by_key(|p| p.due.pieces.first().map(|w| w.start));
    let queue: Vec<Mutex<Option<Planned>>> = planned.into_iter().map(|p| Mutex::new(Some(p))).collect();
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Worked)>> = Mutex::default();
    let stop: Mutex<Option<Stop>> = Mutex::default();
    let stopped = AtomicBool::new(false);
    let take = || {
        let at = next.fetch_add(1, Ordering::Relaxed);
        queue.get(at).and_then(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).take())
    };
    std::thread::scope(|scope| {
        for _ in 0..night.settings.jobs.clamp(1, hunts.len().max(1)) {
            scope.spawn(|| {
                while let Some(planned) = (!stopped.load(Ordering::Relaxed)).then(take).flatten() {
                    let number = planned.number;
                    let Some(hunt) = hunts.get(number) else { continue };
                    match through(night, hunt, planned) {
                        Ok(worked) => done.lock().unwrap_or_else(PoisonError::into_inner).push((number, worked)),
                        Err(error) => {
                            stopped.store(true, Ordering::Relaxed);
                            stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        }
                    }
                }
            });
        }
    });
    if let Some(stop) = stop.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(stop);
    }
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, worked)| worked).collect())
}

/// What the windows of a hunt depend on.
pub(super) fn bounds(settings: &NightSettings, survey: &HuntSurvey) -> Bounds {
    Bounds {
        now: settings.now,
        since: settings.since,
        lag: survey.front_matter.lag.unwrap_or(settings.lag),
        overlap: survey.front_matter.overlap.unwrap_or(settings.overlap),
    }
}

/// Compiles a hunt and finds its windows. For a source that is new to the hunt the start is written to the state now,
/// so that a failed first run does not move it.
fn plan(night: &NightWork<'_>, number: usize, hunt: &HuntFile) -> Result<Planned, Stop> {
    let survey = night.engine.survey(number);
    let bounds = bounds(night.settings, &survey);
    let mut record = night.state.read(|tables| tables.hunt(&hunt.name))?.unwrap_or_default();
    if let Some(first_seen) = survey.front_matter.first_seen
        && news::look_back(&mut record, first_seen, bounds.since)
    {
        night.state.write(|tables| tables.put_hunt(&hunt.name, &record))?;
    }
    let fresh = |record: &HuntRecord| {
        let sources = survey.sources.iter().filter(|s| !record.done.contains_key(*s));
        sources.cloned().collect::<Vec<_>>()
    };
    let record = if record.done.is_empty() || fresh(&record).is_empty() {
        record
    } else {
        night.state.write(|tables| {
            let mut record = tables.hunt(&hunt.name)?.unwrap_or_default();
            for source in fresh(&record) {
                record.done.insert(source, bounds.now.plus(-bounds.since).0);
            }
            tables.put_hunt(&hunt.name, &record)?;
            Ok(record)
        })?
    };
    let due = window::due(&record, &survey.sources, &bounds);
    Ok(Planned { number, survey, due })
}

/// Runs a hunt over its windows, the oldest first, until one fails.
fn through(night: &NightWork<'_>, hunt: &HuntFile, planned: Planned) -> Result<Worked, Stop> {
    let Planned { number, mut survey, due } = planned;
    let mut worked =
        Worked { survey: HuntSurvey::default(), reports: Vec::new(), status: HuntStatus::Ok, reason: None, open: None };
    if let Some(report) = survey.broken.take() {
        worked.status = HuntStatus::Error;
        worked.reason = Some(reason(&report));
        worked.open = due.whole();
        worked.reports.push(*report);
        return Ok(Worked { survey, ..worked });
    }
    let memory = Memory { now: night.settings.now, again: survey.front_matter.first_seen.unwrap_or(night.settings.again) };
    for (at, window) in due.pieces.iter().enumerate() {
        let open = Some(TimeRange { start: window.start, stop: due.whole().map_or(window.stop, |w| w.stop) });
        let time = match left(night) {
            Ok(time) => time,
            Err((status, why)) => {
                worked = Worked { status, reason: Some(why), open, ..worked };
                break;
            }
        };
        let look = night.engine.look(number, *window, time);
        (night.watch)(NightStep::WindowLooked)?;
        let status = match (look.report.status, &look.found) {
            (Status::Ok, Some(found)) => {
                night.state.write(|tables| {
                    let mut record = tables.hunt(&hunt.name)?.unwrap_or_default();
                    news::remember(tables, &hunt.name, &mut record, found, memory)?;
                    window::looked(&mut record, &survey.sources, *window, night.settings.now);
                    tables.put_hunt(&hunt.name, &record)
                })?;
                (night.watch)(NightStep::WindowCommitted)?;
                HuntStatus::Ok
            }
            (Status::Error, _) => HuntStatus::Error,
            (Status::Partial, _) => HuntStatus::Partial,
            (Status::Interrupted, _) => HuntStatus::Interrupted,
            (Status::Ok | Status::Failed, _) => HuntStatus::Failed,
        };
        let why = (status != HuntStatus::Ok).then(|| reason(&look.report));
        worked.reports.push(look.report);
        if status != HuntStatus::Ok {
            worked = Worked { status, reason: why, open, ..worked };
            break;
        }
        if at + 1 == due.pieces.len() && due.left.is_some() {
            worked.status = HuntStatus::Behind;
            worked.reason = Some("so much was missed that the rest is left for the next nights".to_owned());
            worked.open = due.left;
        }
    }
    Ok(Worked { survey, ..worked })
}

/// The time that is left for a run, or why none may begin.
fn left(night: &NightWork<'_>) -> Result<Option<Duration>, (HuntStatus, String)> {
    if night.settings.cancel.load(Ordering::Relaxed) {
        return Err((HuntStatus::Interrupted, "the run was interrupted".to_owned()));
    }
    if night.engine.exhausted() {
        return Err((HuntStatus::Skipped, "the night's records were used up [K0866]".to_owned()));
    }
    let Some(most) = night.settings.night_time else { return Ok(None) };
    match most.checked_sub(night.begun.elapsed()).filter(|t| !t.is_zero()) {
        Some(left) => Ok(Some(left)),
        None => Err((HuntStatus::Skipped, "the night's time was used up [K0866]".to_owned())),
    }
}

/// Why a hunt has no result: the first error of its report.
fn reason(report: &HuntReport) -> String {
    let error = report.diagnostics.iter().find(|d| d.severity == Severity::Error);
    match error {
        Some(error) => format!("{} [{}]", error.message, error.code.id),
        None => report.status.word().to_owned(),
    }
}
