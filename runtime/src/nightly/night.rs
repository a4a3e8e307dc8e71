//! One night, from taking the lock to sending notifications.

use super::discover::HuntFile;
use super::engine::Engine;
use super::health::{self, NightHealth};
use super::lock::Lock;
use super::model::{Night, NightSettings};
use super::publish::Outcomes;
use super::record::{HuntRecord, NightRecord};
use super::state::{Read, State};
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
    let id = open_night(&state, settings, hunts, &mut notices)?;
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
    let written = output::write(&night, settings)?;
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
    lock.release();
    Ok(night)
}

/// Writes the night and its hunts into the state. Returns the night's name.
fn open_night(
    state: &State,
    settings: &NightSettings,
    hunts: &[HuntFile],
    notices: &mut Vec<String>,
) -> Result<String, SourceError> {
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
        let id = free_name(now, &settings.out, &tables.nights()?);
        let folder = std::path::absolute(settings.out.join(&id)).unwrap_or_else(|_| settings.out.join(&id));
        let record = NightRecord { at: now.0, folder: folder.display().to_string(), ..NightRecord::default() };
        tables.put_night(&id, &record)?;
        Ok(id)
    })
}

/// `20260101T020000Z`; for a second run at the same instant `20260101T020000Z-2`.
fn free_name(now: Instant, out: &Path, nights: &[(String, NightRecord)]) -> String {
    let base: String = now.to_seconds_text().chars().filter(char::is_ascii_alphanumeric).collect();
    let taken = |name: &str| nights.iter().any(|(n, _)| n == name) || out.join(name).exists();
    let mut name = base.clone();
    let mut number = 2;
    while taken(&name) {
        name = format!("{base}-{number}");
        number += 1;
    }
    name
}
