//! One night from its lock to its notifications.

use super::cache::Traffic;
use super::discover::HuntFile;
use super::engine::Engine;
use super::lock::Lock;
use super::model::{HuntNight, NightRecord, Span};
use super::news::News;
use super::notify::{self, Notifier};
use super::state::State;
use super::step::{Step, Stop, Watch};
use super::suppress::Suppressions;
use super::{output, prune, publish, window, work};
use crate::report::RunReport;
use crate::source::SourceError;
use huntc_compiler::front_matter::FrontMatter;
use huntc_compiler::time::{Instant, SECOND};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How a night runs.
pub struct Settings {
    /// Folder of the state.
    pub state: PathBuf,
    /// Folder of the reports.
    pub out: PathBuf,
    /// The run's clock.
    pub now: Instant,
    /// How far a first look goes back.
    pub since: i64,
    /// `lag` of hunts that say none.
    pub lag: i64,
    /// `overlap` of hunts that say none.
    pub overlap: i64,
    /// Hunts at once.
    pub jobs: usize,
    /// Time for all looks.
    pub night_time: Option<Duration>,
    /// How long reports are kept.
    pub keep_reports: i64,
    /// How long findings and nights are remembered.
    pub keep_history: i64,
    /// Findings that are kept quiet.
    pub quiet: Suppressions,
    /// Who is told.
    pub notifier: Notifier,
    /// Set on Ctrl-C.
    pub cancel: Arc<AtomicBool>,
}

/// `--since`, `--lag`, `--overlap` and how long things are kept, where nothing is said.
pub mod defaults {
    use super::super::window::DAY;
    use super::SECOND;

    /// How far a first look goes back.
    pub const SINCE: i64 = DAY;
    /// How late records come at most, without the window waiting for them.
    pub const LAG: i64 = 0;
    /// How far a window reaches back into the one before.
    pub const OVERLAP: i64 = 3_600 * SECOND;
    /// How long reports are kept.
    pub const REPORTS: i64 = 90 * DAY;
    /// How long findings are remembered.
    pub const HISTORY: i64 = 400 * DAY;
}

/// How a hunt went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HuntStatus {
    /// It looked at everything up to the present.
    Ok,
    /// It failed at run time.
    Failed,
    /// It did not compile.
    Error,
    /// A part of an answer was missing.
    Partial,
    /// The run was interrupted.
    Interrupted,
    /// The night's time was used up.
    Skipped,
    /// So much was missed that a part waits for the next nights.
    Behind,
    /// Its file is no longer there.
    Removed,
}

impl HuntStatus {
    /// As in `nightly.json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Partial => "partial",
            Self::Interrupted => "interrupted",
            Self::Skipped => "skipped",
            Self::Behind => "behind",
            Self::Removed => "removed",
        }
    }
}

/// A hunt in the report of a night.
#[derive(Clone, Debug)]
pub struct HuntOutcome {
    /// Its name in the state.
    pub name: String,
    /// The path as given.
    pub file: String,
    /// What its leading comment says.
    pub front_matter: FrontMatter,
    /// `title`, or the name of the file.
    pub title: String,
    /// How it went.
    pub status: HuntStatus,
    /// Why it was not looked at whole.
    pub reason: Option<String>,
    /// Windows looked at since the last report.
    pub windows: Vec<Span>,
    /// What is left to look at.
    pub open: Option<Span>,
    /// Nights in a row in which it was not looked at whole, this one counted.
    pub failures: u32,
    /// The variable that is the finding.
    pub variable: String,
    /// Its type.
    pub entity: String,
    /// Columns of its rows.
    pub columns: Vec<String>,
    /// What was found.
    pub news: News,
}

impl HuntOutcome {
    /// Whether everything up to the present was looked at.
    pub fn whole(&self) -> bool {
        self.status == HuntStatus::Ok
    }

    /// As the history keeps it.
    pub fn night(&self) -> HuntNight {
        HuntNight {
            hunt: self.name.clone(),
            status: self.status.word().to_owned(),
            reason: self.reason.clone(),
            windows: self.windows.clone(),
            new: self.news.new.len() as u64,
            continuing: self.news.continuing.len() as u64,
            gone: self.news.gone.len() as u64,
            suppressed: self.news.suppressed.len() as u64,
        }
    }
}

/// A night that came to its end.
#[derive(Debug)]
pub struct Night {
    /// Name of its report folder.
    pub id: String,
    /// The run's clock.
    pub at: Instant,
    /// Its report folder.
    pub folder: PathBuf,
    /// What else to know, for people.
    pub notices: Vec<String>,
    /// Its hunts, by name.
    pub hunts: Vec<HuntOutcome>,
    /// The runs of its hunts over their windows.
    pub run: RunReport,
    /// What was asked for them.
    pub traffic: Traffic,
    /// Why notifications wait, one for each that does.
    pub undelivered: Vec<String>,
}

/// Runs a night. `hunts` are numbered as the engine numbers them.
pub fn run(settings: &Settings, hunts: &[HuntFile], engine: &dyn Engine, watch: &Watch<'_>) -> Result<Night, Stop> {
    let begun = std::time::Instant::now();
    let lock = Lock::take(&settings.state, settings.now)?;
    watch(Step::Locked)?;
    let state = State::open(&settings.state)?;
    let mut notices = publish::recover(&state, &lock)?;
    output::sweep(&settings.out);
    watch(Step::Recovered)?;
    let id = open_night(&state, settings, hunts, &mut notices)?;
    watch(Step::NightOpened)?;
    let worked = work::all(&work::Night { state: &state, settings, engine, watch, begun }, hunts)?;
    let (outcomes, reports) = publish::outcomes(&state, settings, hunts, worked)?;
    let folder = settings.out.join(&id);
    let run = RunReport { now: settings.now, hunts: reports, sources: engine.texts(), elapsed: begun.elapsed() };
    let traffic = engine.traffic();
    let mut night = Night { id, at: settings.now, folder, notices, hunts: outcomes, run, traffic, undelivered: Vec::new() };
    publish::prepare(&state, &night, &settings.notifier)?;
    watch(Step::Prepared)?;
    let scratch = output::write(&night, settings)?;
    watch(Step::FolderWritten)?;
    output::put_in_place(&scratch, &night.folder)?;
    watch(Step::FolderInPlace)?;
    publish::apply_prepared(&state, &night.id)?;
    watch(Step::Published)?;
    night.undelivered = notify::deliver(&state, &settings.notifier, watch)?;
    prune::prune(&state, settings)?;
    watch(Step::Pruned)?;
    drop(state);
    lock.release();
    Ok(night)
}

/// Puts the night and its hunts into the state; answers the night's name.
fn open_night(state: &State, settings: &Settings, hunts: &[HuntFile], notices: &mut Vec<String>) -> Result<String, SourceError> {
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
                let record = super::model::HuntRecord { begun, ..Default::default() };
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

/// `20260101T020000Z`, and for a second run at that instant `20260101T020000Z-2`.
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

/// Whether a folder's name is that of a night.
pub fn is_night(name: &str) -> bool {
    let (stamp, number) = name.split_once('-').map_or((name, None), |(s, n)| (s, Some(n)));
    let shape: Vec<u8> = stamp.bytes().map(|b| if b.is_ascii_digit() { b'0' } else { b }).collect();
    shape == b"00000000T000000Z" && number.is_none_or(|n| n.parse::<u32>().is_ok())
}
