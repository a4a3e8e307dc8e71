//! One night, from taking the lock to sending notifications.

use super::discover::HuntFile;
use super::engine::Engine;
use super::health::{self, NightHealth};
use super::lock::Lock;
use super::model::{Night, NightSettings};
use super::output::Reserved;
use super::publish::Outcomes;
use super::record::{HuntRecord, NightRecord};
use super::state::{Read, State, copies};
use super::step::{NightStep, Stop, Watch};
use super::{notify, output, prune, publish, window, work};
use crate::report::RunReport;
use crate::source::SourceError;
use huntc_compiler::time::Instant;
use std::path::Path;

/// Runs a night. The engine numbers hunts by their place in `hunts`.
pub fn run(settings: &NightSettings, hunts: &[HuntFile], engine: &dyn Engine, watch: &Watch<'_>) -> Result<Night, Stop> {
    let begun = std::time::Instant::now();
    let lock = Lock::take(&settings.state, settings.now)?;
    watch(NightStep::Locked)?;
    let state = State::open(&settings.state)?;
    let mut notices = publish::recover(&state, &lock)?;
    output::sweep(&settings.out);
    watch(NightStep::Recovered)?;
    let (id, reserved) = open_night(&state, settings, hunts, &mut notices)?;
    watch(NightStep::NightOpened)?;
    let (worked, sources) = work::all(&work::NightWork { state: &state, settings, engine, watch, begun }, hunts)?;
    let Outcomes { hunts: outcomes, reports, remarks, suppressions } = publish::outcomes(&state, settings, hunts, worked)?;
    let run = RunReport { now: settings.now, hunts: reports, sources: engine.texts(), elapsed: begun.elapsed() };
    let mut night = Night {
        folder: settings.out.join(&id),
        id,
        at: settings.now,
        part: settings.part.clone(),
        notices,
        suppressions: remarks,
        health: NightHealth {
            sources,
            left_out: health::of_variables(&run.hunts, |variable| variable.unidentified),
            undecided: health::of_variables(&run.hunts, |variable| variable.undecided),
            mended: health::mended(&run.hunts),
        },
        hunts: outcomes,
        run,
        traffic: engine.traffic(),
        undelivered: Vec::new(),
    };
    publish::prepare(&state, &night, &settings.notifier, suppressions)?;
    watch(NightStep::Prepared)?;
    let written = output::write(&night, settings, reserved)?;
    watch(NightStep::FolderWritten)?;
    output::put_in_place(written, &night.folder)?;
    watch(NightStep::FolderInPlace)?;
    publish::apply_prepared(&state, &night.id)?;
    watch(NightStep::Published)?;
    night.undelivered = notify::deliver(&state, &settings.notifier, watch)?;
    prune::prune(&state, settings)?;
    night.notices.extend(output::overview(&state.read(Read::nights)?, &settings.out, &night.id));
    watch(NightStep::Pruned)?;
    drop(state);
    if let Err(error) = copies::make(&settings.state, &night.id) {
        night.notices.push(format!("no copy of the state could be made: {error}"));
    }
    watch(NightStep::Copied)?;
    lock.release();
    Ok(night)
}

/// Writes the night and its hunts into the state. Returns the night's name, which no other night has in the folder of reports.
fn open_night(
    state: &State,
    settings: &NightSettings,
    hunts: &[HuntFile],
    notices: &mut Vec<String>,
) -> Result<(String, Reserved), SourceError> {
    let now = settings.now;
    state.write(|tables| {
        let last: Option<i64> = tables.get_meta("last_at")?;
        let back = last.is_some_and(|last| last > now.0);
        if let Some(last) = last.filter(|_| back) {
            let mut again = 0;
            for (name, mut record) in tables.hunts()? {
                again += u64::from(window::rewind(&mut record, now));
                tables.put_hunt(&name, &record)?;
            }
            notices.push(format!(
                "the clock went back: the last run was at {}, this one is at {now}; what lay ahead is looked at again by {} [K0865]",
                Instant(last),
                crate::report::text::count(again, "hunt")
            ));
        }
        tables.put_meta("last_at", &now.0)?;
        for hunt in hunts {
            if tables.hunt(&hunt.name)?.is_none() {
                let begun = now.plus(-settings.since).0;
                let record = HuntRecord { begun, ..Default::default() };
                tables.put_hunt(&hunt.name, &record)?;
            }
        }
        let (id, reserved) = free_name(now, &settings.out, &tables.nights()?);
        let folder = std::path::absolute(settings.out.join(&id)).unwrap_or_else(|_| settings.out.join(&id));
        let record = NightRecord { at: now.0, folder: folder.display().to_string(), ..NightRecord::default() };
        tables.put_night(&id, &record)?;
        Ok((id, reserved))
    })
}

/// `20260101T020000Z`; for a second run at the same instant `20260101T020000Z-2`.
fn free_name(now: Instant, out: &Path, nights: &[(String, NightRecord)]) -> (String, Reserved) {
    let base: String = now.to_seconds_text().chars().filter(char::is_ascii_alphanumeric).collect();
    let mut name = base.clone();
    let mut number = 2;
    loop {
        let known = nights.iter().any(|(n, _)| *n == name);
        if let Some(reserved) = (!known).then(|| output::reserve(out, &name)).flatten() {
            return (name, reserved);
        }
        name = format!("{base}-{number}");
        number += 1;
    }
}
