//! The settings of a night, and its results.

use super::cache::Traffic;
use super::health::NightHealth;
use super::news::News;
use super::notify::mail::Mail;
use super::notify::template::Template;
use super::record::{HuntNight, Span};
use super::suppress::Suppressions;
use crate::report::RunReport;
use crate::report::csv::CsvForm;
use huntc_compiler::front_matter::{FindingSeverity, FrontMatter};
use huntc_compiler::time::Instant;
use secrecy::SecretString;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The settings of a night. Lengths of time in `i64` are nanoseconds.
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct NightSettings {
    pub state: PathBuf,
    pub out: PathBuf,
    /// The instant that the run takes as "now".
    pub now: Instant,
    /// How far the first window of a hunt goes back.
    pub since: i64,
    /// `lag` of hunts whose front matter gives none.
    pub lag: i64,
    /// `overlap` of hunts whose front matter gives none; `None`: the default of each source.
    pub overlap: Option<i64>,
    /// A finding that was absent for longer is told again.
    pub again: i64,
    /// The number of hunts that run at the same time.
    pub jobs: usize,
    /// The longest time for all hunts together.
    pub night_time: Option<Duration>,
    /// How long reports are kept.
    pub keep_reports: i64,
    /// How long findings and nights are remembered.
    pub keep_history: i64,
    /// How the CSV files of the report are.
    pub csv: CsvForm,
    /// The list of findings that are not reported as new.
    pub quiet: Suppressions,
    /// Where notifications are sent.
    pub notifier: Notifier,
    /// Which part of the hunts is run, for people: `2 of 15 hunts`. `None`: all of the folder. What a part does not name is
    /// left as it is, and not taken for removed.
    pub part: Option<String>,
    /// Set on Ctrl-C.
    pub cancel: Arc<AtomicBool>,
}

/// Defaults of `--since`, `--lag`, `--overlap`, `--again`, `--keep-reports` and `--keep-history`, in nanoseconds.
pub mod defaults {
    use crate::nightly::window::DAY;
    use huntc_compiler::time::SECOND;

    /// How far the first window of a hunt goes back.
    pub const SINCE: i64 = DAY;
    /// How late records may arrive and still be found, beside the overlap.
    pub const LAG: i64 = 0;
    /// How far a window reaches back into the previous one.
    pub const OVERLAP: i64 = 3_600 * SECOND;
    /// How long a finding is absent before it is told again.
    pub const AGAIN: i64 = 7 * DAY;
    /// The same over a source whose records have the time of their arrival.
    pub const ARRIVAL_OVERLAP: i64 = 300 * SECOND;
    /// How long reports are kept.
    pub const REPORTS: i64 = 90 * DAY;
    /// How long findings are remembered.
    pub const HISTORY: i64 = 400 * DAY;
}

/// The status of a hunt in one night.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the other variants are what they are called")]
pub enum HuntStatus {
    /// All its windows were searched up to now.
    Ok,
    /// It failed while running.
    Failed,
    /// It has errors, so it did not run.
    Error,
    /// A part of an answer was missing, or one of its sources.
    Partial,
    Interrupted,
    /// The night had no time or no records left.
    Skipped,
    /// Its sources have no newer records than those that it has searched.
    Silent,
    /// It missed so much that a part is left for the next nights.
    Behind,
    /// Its file is no longer in the folder.
    Removed,
}

impl HuntStatus {
    /// The name of the status in `nightly.json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Partial => "partial",
            Self::Interrupted => "interrupted",
            Self::Skipped => "skipped",
            Self::Silent => "silent",
            Self::Behind => "behind",
            Self::Removed => "removed",
        }
    }
}

/// A hunt in the report of a night.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct HuntOutcome {
    /// The path below the folder, by which the state knows the hunt.
    pub name: String,
    /// The path as the user gave it.
    pub file: String,
    /// The front matter in its leading comment.
    pub front_matter: FrontMatter,
    /// The title of the front matter, or the name of the file.
    pub title: String,
    pub status: HuntStatus,
    /// Why it was not searched up to now; `None` when it was.
    pub reason: Option<String>,
    /// The windows that were searched since the last report.
    pub windows: Vec<Span>,
    /// What is left to search.
    pub open: Option<Span>,
    /// The number of nights in a row, including this one, in which it was not searched up to now.
    pub failures: u32,
    /// Name of the variable that is the finding.
    pub variable: String,
    /// Entity type of that variable.
    pub entity: String,
    /// What makes two findings the same, by name.
    pub key: Vec<String>,
    /// The findings, by whether they are new.
    pub news: News,
}

impl HuntOutcome {
    /// How severe its findings are; medium when the hunt does not say.
    pub fn severity(&self) -> FindingSeverity {
        self.front_matter.severity.unwrap_or(FindingSeverity::Medium)
    }

    /// Whether all its windows were searched up to now.
    pub fn whole(&self) -> bool {
        self.status == HuntStatus::Ok
    }

    /// The hunt's entry in the history.
    pub fn night(&self) -> HuntNight {
        HuntNight {
            hunt: self.name.clone(),
            status: self.status.word().to_owned(),
            reason: self.reason.clone(),
            windows: self.windows.clone(),
            new: self.news.new.len() as u64,
            again: self.news.again.len() as u64,
            continuing: self.news.continuing.len() as u64,
            gone: self.news.gone.len() as u64,
            suppressed: self.news.suppressed.len() as u64,
        }
    }
}

/// The result of a night.
#[derive(Debug)]
pub struct Night {
    /// Name of the report folder.
    pub id: String,
    /// The instant that the run took as "now".
    pub at: Instant,
    /// Path of the report folder.
    pub folder: PathBuf,
    /// As in [`NightSettings::part`].
    pub part: Option<String>,
    /// Notices about the night as a whole.
    pub notices: Vec<String>,
    /// What is to be said of the list of suppressions.
    pub suppressions: Vec<String>,
    /// How its sources are.
    pub health: NightHealth,
    /// The hunts, sorted by name.
    pub hunts: Vec<HuntOutcome>,
    /// The reports of all runs over windows.
    pub run: RunReport,
    /// Figures about the requests.
    pub traffic: Traffic,
    /// For each channel whose notifications could not be delivered, the reason.
    pub undelivered: Vec<String>,
}

impl Night {
    /// Whether every hunt was searched up to now, over sources that could be read completely.
    pub fn is_whole(&self) -> bool {
        self.hunts.iter().all(HuntOutcome::whole) && self.health.is_read_whole()
    }
}

/// Where notifications are sent, and how often it is tried.
#[derive(Clone)]
pub struct Notifier {
    /// A shell command. It gets the message on standard input, and its id in `HUNTC_NOTIFICATION_ID`.
    pub command: Option<String>,
    /// The variables that the command inherits.
    pub environment: Vec<(String, OsString)>,
    /// The address of a POST; it may contain a secret.
    pub webhook: Option<SecretString>,
    /// The form of what is posted.
    pub format: WebhookFormat,
    /// Where mails are sent, and how.
    pub mail: Option<Mail>,
    /// The most tries of a webhook in one run.
    pub tries: u32,
    /// The pause before the second try; it doubles with each further one.
    pub pause: Duration,
    /// The longest time for one try.
    pub timeout: Duration,
}

/// The form of what is posted to a webhook.
#[derive(Clone, Debug)]
pub enum WebhookFormat {
    /// The message itself.
    Json,
    /// What incoming webhooks of Slack take.
    Slack,
    /// What Workflows webhooks of Teams take.
    Teams,
    /// What a template makes of the message.
    Template(Template),
}

impl Default for Notifier {
    fn default() -> Self {
        let (pause, timeout) = (Duration::from_secs(2), Duration::from_secs(30));
        Self {
            command: None,
            environment: Vec::new(),
            webhook: None,
            format: WebhookFormat::Json,
            mail: None,
            tries: 4,
            pause,
            timeout,
        }
    }
}
