//! Runs the hunts of a night: several at the same time, each through its windows in order. Each window is closed in one
//! transaction.

use super::discover::HuntFile;
use super::engine::{AskedSource, Engine, HuntSurvey};
use super::health::{self, HuntPlan, SourceHealth, Surveyed};
use super::model::{HuntStatus, NightSettings, defaults};
use super::news::{self, Memory};
use super::record::HuntRecord;
use super::state::State;
use super::step::{NightStep, Stop, Watch};
use super::window::{self, Bounds, Due, SourceReach};
use crate::report::model::{HuntReport, Status};
use crate::source::SourceError;
use huntc_compiler::diag::Severity;
use huntc_compiler::time::{Instant, TimeRange};
use std::collections::BTreeMap;
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
    bounds: Bounds,
    reaches: Vec<SourceReach>,
    due: Due,
    /// Its sources of which nothing newer can be searched.
    lacking: Vec<Lacking>,
}

/// A source of which a hunt can search nothing newer.
struct Lacking {
    uri: String,
    reason: String,
    /// Why it does not answer; `None`: it has no newer records.
    fault: Option<SourceError>,
    /// What stays open of it.
    open: TimeRange,
}

/// Searches every window that is due, as far as time and sources allow. Also says how the sources are.
pub(super) fn all(night: &NightWork<'_>, hunts: &[HuntFile]) -> Result<(Vec<Worked>, Vec<SourceHealth>), Stop> {
    let (mut planned, sources) = plan(night, hunts)?;
    (night.watch)(NightStep::SourcesSurveyed)?;
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
    Ok((done.into_iter().map(|(_, worked)| worked).collect(), sources))
}

/// Compiles the hunts, asks their sources, and finds the windows of each.
fn plan(night: &NightWork<'_>, hunts: &[HuntFile]) -> Result<(Vec<Planned>, Vec<SourceHealth>), Stop> {
    let settings = night.settings;
    let surveys: Vec<HuntSurvey> = (0..hunts.len()).map(|number| night.engine.survey(number)).collect();
    let asked: Vec<(&HuntFile, &HuntSurvey)> = hunts.iter().zip(&surveys).collect();
    for (hunt, survey) in &asked {
        look_back(night, hunt, survey)?;
    }
    let mut sources = health::survey(night.state, night.engine, &asked, settings.now, settings.jobs)?;
    let bounds: Vec<Bounds> = surveys.iter().map(|survey| bounds(settings, survey)).collect();
    let reaches: Vec<Vec<SourceReach>> =
        surveys.iter().zip(&bounds).map(|(survey, bounds)| reaches(settings, survey, bounds, &sources)).collect();
    let plans = asked.iter().zip(&bounds).zip(&reaches).filter(|(((_, survey), _), _)| survey.broken.is_none());
    let plans: Vec<HuntPlan<'_>> = plans
        .map(|(((file, survey), bounds), reaches)| HuntPlan {
            name: &file.name,
            reaches,
            bounds: *bounds,
            sources: &survey.sources,
        })
        .collect();
    health::remember(night.state, night.engine, &mut sources, &plans)?;
    drop(plans);
    let mut planned = Vec::with_capacity(hunts.len());
    for (number, ((survey, bounds), reaches)) in surveys.into_iter().zip(bounds).zip(reaches).enumerate() {
        let name = hunts.get(number).map_or("", |hunt| hunt.name.as_str());
        let record = night.state.read(|tables| tables.hunt(name))?.unwrap_or_default();
        let due = window::due(&record, &reaches, &bounds);
        let lacking = lacking(&survey, &reaches, &bounds, &record, &sources);
        planned.push(Planned { number, survey, bounds, reaches, due, lacking });
    }
    Ok((planned, sources.into_values().map(|source| source.health().clone()).collect()))
}

/// Moves the start of a hunt with `first-seen` back before anything is asked of its sources.
fn look_back(night: &NightWork<'_>, hunt: &HuntFile, survey: &HuntSurvey) -> Result<(), Stop> {
    let Some(first_seen) = survey.front_matter.first_seen else { return Ok(()) };
    let mut record = night.state.read(|tables| tables.hunt(&hunt.name))?.unwrap_or_default();
    if news::look_back(&mut record, first_seen, night.settings.since) {
        night.state.write(|tables| tables.put_hunt(&hunt.name, &record))?;
    }
    Ok(())
}

/// The windows that a hunt would search if its sources had records up to now. Nothing is asked.
pub(super) fn due_unasked(settings: &NightSettings, survey: &HuntSurvey, record: &HuntRecord) -> Due {
    let bounds = bounds(settings, survey);
    let mut record = record.clone();
    if let Some(first_seen) = survey.front_matter.first_seen {
        news::look_back(&mut record, first_seen, settings.since);
    }
    window::due(&record, &reaches(settings, survey, &bounds, &BTreeMap::new()), &bounds)
}

fn bounds(settings: &NightSettings, survey: &HuntSurvey) -> Bounds {
    Bounds { now: settings.now, since: settings.since, lag: survey.front_matter.lag.unwrap_or(settings.lag), within: survey.within }
}

/// How far a hunt can search its sources. A hunt without sources has one reach, up to now.
fn reaches(
    settings: &NightSettings,
    survey: &HuntSurvey,
    bounds: &Bounds,
    sources: &BTreeMap<String, Surveyed>,
) -> Vec<SourceReach> {
    if survey.sources.is_empty() {
        return vec![SourceReach { source: String::new(), end: Some(bounds.until()), overlap: 0 }];
    }
    let reach = |asked: &AskedSource| {
        let usual = if asked.clock.is_some() { defaults::ARRIVAL_OVERLAP } else { defaults::OVERLAP };
        SourceReach {
            source: asked.uri.clone(),
            // What cannot be asked at all is for the hunt to say.
            end: sources.get(&asked.name).filter(|_| asked.bound).map_or(Some(bounds.until()), |s| s.end(bounds)),
            overlap: survey.front_matter.overlap.or(settings.overlap).unwrap_or(usual),
        }
    };
    survey.sources.iter().map(reach).collect()
}

/// The sources of which a hunt can search nothing newer, though it is time to.
fn lacking(
    survey: &HuntSurvey,
    reaches: &[SourceReach],
    bounds: &Bounds,
    record: &HuntRecord,
    sources: &BTreeMap<String, Surveyed>,
) -> Vec<Lacking> {
    let mut lacking = Vec::new();
    for (asked, reach) in survey.sources.iter().zip(reaches).filter(|(asked, _)| asked.bound) {
        let Some(source) = sources.get(&asked.name) else { continue };
        let done = Instant(reach.done(record, bounds));
        let fault = source.fault().cloned();
        if done >= bounds.until() || (fault.is_none() && !source.is_silent(reach, record, bounds)) {
            continue;
        }
        let health = source.health();
        let why = health.fault.clone().unwrap_or_else(|| health.silence(bounds.now.0));
        let reason = format!("source `{}`: {why}", asked.name);
        lacking.push(Lacking { uri: asked.uri.clone(), reason, fault, open: TimeRange::new(done, bounds.until()) });
    }
    lacking
}

/// Runs a hunt over its windows, the oldest first, until one fails.
fn through(night: &NightWork<'_>, hunt: &HuntFile, planned: Planned) -> Result<Worked, Stop> {
    let Planned { number, mut survey, bounds, reaches, due, lacking } = planned;
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
    let without: Vec<String> = lacking.iter().filter(|l| l.fault.is_some()).map(|l| l.uri.clone()).collect();
    let again = due.again.len();
    for (at, window) in due.again.iter().chain(&due.pieces).enumerate() {
        let rest = due.again.iter().chain(&due.pieces).chain(&due.left).skip(at).copied();
        let open = rest.reduce(TimeRange::hull);
        let time = match left(night) {
            Ok(time) => time,
            Err((status, why)) => {
                worked = Worked { status, reason: Some(why), open, ..worked };
                break;
            }
        };
        let clocked = survey.sources.iter().any(|source| source.clock.is_some());
        let asked = if clocked { TimeRange::of_arrival(window.start, window.stop) } else { *window };
        let look = night.engine.look(number, asked, &without, time);
        (night.watch)(NightStep::WindowLooked)?;
        let status = match (look.report.status, &look.found) {
            (Status::Ok, Some(found)) => {
                night.state.write(|tables| {
                    let mut record = tables.hunt(&hunt.name)?.unwrap_or_default();
                    news::remember(tables, &hunt.name, &mut record, found, memory)?;
                    if at < again {
                        window::looked_again(&mut record, &reaches, *window, &bounds);
                    } else {
                        window::looked(&mut record, &reaches, *window, night.settings.now);
                    }
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
        if at + 1 == again + due.pieces.len() && due.left.is_some() {
            worked.status = HuntStatus::Behind;
            worked.reason = Some("so much was missed that the rest is left for the next nights".to_owned());
            worked.open = due.left;
        }
    }
    if worked.status == HuntStatus::Ok && !lacking.is_empty() {
        worked = lacks(night, number, &lacking, &reaches, worked);
    }
    Ok(Worked { survey, ..worked })
}

/// A hunt that ended well, but without some of its sources.
fn lacks(night: &NightWork<'_>, number: usize, lacking: &[Lacking], reaches: &[SourceReach], mut worked: Worked) -> Worked {
    let faulty = lacking.iter().find_map(|l| Some((l, l.fault.as_ref()?)));
    let all = lacking.len() == reaches.len();
    worked.status = match (all, faulty) {
        (false, _) => HuntStatus::Partial,
        (true, Some(_)) => HuntStatus::Failed,
        (true, None) => HuntStatus::Silent,
    };
    if let (true, Err((status, why))) = (worked.reports.is_empty(), left(night)) {
        return Worked { status, reason: Some(why), open: lacking.iter().map(|l| l.open).reduce(TimeRange::hull), ..worked };
    }
    if let (true, Some((lack, fault))) = (worked.reports.is_empty(), faulty) {
        worked.reports.push(night.engine.unlooked(number, &lack.uri, fault));
    }
    let reasons: Vec<&str> = lacking.iter().map(|l| l.reason.as_str()).collect();
    worked.reason = Some(reasons.join("; "));
    worked.open = lacking.iter().map(|l| l.open).reduce(TimeRange::hull);
    worked
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
