//! How a night is asked for, and what it comes to.

use super::cache::Traffic;
use super::news::News;
use super::record::{HuntNight, Span};
use super::suppress::Suppressions;
use crate::report::RunReport;
use crate::report::model::Status;
use crate::report::text::unread;
use huntc_compiler::front_matter::{FindingSeverity, FrontMatter};
use huntc_compiler::time::Instant;
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How a night runs.
pub struct NightSettings {
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
    use crate::nightly::window::DAY;
    use huntc_compiler::time::SECOND;

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
    /// The entity type of that variable.
    pub entity: String,
    /// Columns of its rows.
    pub columns: Vec<String>,
    /// What was found.
    pub news: News,
}

impl HuntOutcome {
    /// How bad its findings are; one that does not say is in the middle.
    pub fn severity(&self) -> FindingSeverity {
        self.front_matter.severity.unwrap_or(FindingSeverity::Medium)
    }

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

impl Night {
    /// What of the sources could not be read, each once, in hunts that ran to their end.
    pub fn unread(&self) -> BTreeSet<String> {
        let cut = self.run.hunts.iter().filter(|hunt| !hunt.complete && hunt.status == Status::Ok);
        cut.flat_map(|hunt| &hunt.sources).filter_map(unread).collect()
    }
}

/// Who is told.
#[derive(Clone, Debug)]
pub struct Notifier {
    /// A command of the shell: the message on standard input, its id in `HUNTC_NOTIFICATION_ID`.
    pub command: Option<String>,
    /// An address that takes a POST; it may hold a secret.
    pub webhook: Option<SecretString>,
    /// Tries of a webhook in one run.
    pub tries: u32,
    /// Pause before the second try; doubled before each further one.
    pub pause: Duration,
    /// Time for one try.
    pub timeout: Duration,
}

impl Default for Notifier {
    fn default() -> Self {
        let (pause, timeout) = (Duration::from_secs(2), Duration::from_secs(30));
        Self { command: None, webhook: None, tries: 4, pause, timeout }
    }
}
