//! Arguments of `huntc nightly`.

use crate::cli::args::{BudgetArgs, ConfigArgs, CsvArgs, HuntArgs, SourceArgs, parse_instant};
use crate::cli::diagnostic_format::DiagnosticFormat;
use crate::config::{self, WEBHOOK_FORMATS};
use clap::Subcommand;
use huntc_compiler::time::Instant;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Exit status of run: 0 all looked at; 3 a hunt failed, or a notification waits; 1 a hunt has errors; 4 so much was
missed that a part is left for the next nights; 5 something is new, with --fail-on-findings; 2 usage; 130 interrupted.

Examples:
  huntc nightly run hunts --source host101=https://elastic.example:9200/winlogbeat-*
  huntc nightly run hunts --only 'network/*' --dry-run
  huntc nightly check hunts && huntc nightly test hunts
  huntc nightly status
  huntc nightly history beacons.hf
  huntc nightly install hunts --systemd";

/// Run a folder of huntflows every night and report what is new
///
/// Each run looks at what came since the last whole look, remembers what it found, and writes one page: what could not
/// be looked at first, then what is new. Nothing is skipped and nothing is told twice, also after a crash. Options of
/// nights can stand in the table [nightly] of huntc.toml, with _ for -; those of the command line win.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct NightlyArgs {
    #[command(subcommand)]
    pub(super) command: NightCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum NightCommand {
    Run(Box<NightArgs>),
    Check(Box<NightCheckArgs>),
    Test(Box<NightTestArgs>),
    Status(StatusArgs),
    History(HistoryArgs),
    Install(InstallArgs),
}

/// Where the state is.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct StateArgs {
    /// Folder of the state: what was looked at, and what was found [default: .huntc-nightly]
    #[arg(long, value_name = "DIR", env = "HUNTC_NIGHTLY_STATE")]
    pub state: Option<PathBuf>,
}

/// Look at everything that came since the last run
//
// Of the flags of `huntc run` these are left out, the others are in `HuntArgs`:
// --window: the windows are those that were not looked at yet.
// --lean: the finding may be a variable that nothing shows.
// --allow-partial: a part of a window must never pass for all of it.
// --keys: those of every variable of a thousand hunts would be most of the night's memory, and findings have theirs.
// --no-hints: there are none; most nights find nothing, and that is well.
// --format json: a night writes both, a page for people and nightly.json for programs.
// --raw-csv: people open the files of a scheduled job with a spreadsheet, long after and without a second thought.
#[derive(Debug, clap::Args)]
pub(super) struct NightArgs {
    /// Folder of the huntflows, or one huntflow
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Run these hunts only: a name, as `status` has it, or a glob; may be given several times
    #[arg(long, value_name = "HUNT")]
    pub only: Vec<String>,
    /// Show the windows and the requests of the night; nothing is sent, and nothing is changed
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub state: StateArgs,
    /// Folder of the reports; each run writes one below it [default: nightly]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// How far the first look of a hunt goes back [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = "Windows")]
    pub since: Option<Duration>,
    /// How late records may reach the sources, for hunts that do not say [default: 0]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = "Windows")]
    pub lag: Option<Duration>,
    /// How far a window reaches back into the one before, for hunts that do not say [default: 1h; 5m by time of arrival]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = "Windows")]
    pub overlap: Option<Duration>,
    /// A finding that was absent for so long is told again [default: 7d]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = "Report")]
    pub again: Option<Duration>,
    /// Hunts at once [default: 4]
    #[arg(long, value_name = "N", help_heading = "Budgets")]
    pub jobs: Option<usize>,
    /// Time that one hunt may take for one window
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = "Budgets")]
    pub hunt_time: Option<Duration>,
    /// Time for all hunts; what is not begun by then is left for the next night
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = "Budgets")]
    pub night_time: Option<Duration>,
    #[command(flatten)]
    pub budget: BudgetArgs,
    /// Records that all hunts may read from their sources; what is beyond is left for the next night
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Budgets")]
    pub night_records: Option<u64>,
    /// Findings that are kept quiet [default: DIR/suppressions.toml, where it is there]
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub suppress: Option<PathBuf>,
    /// How long reports are kept [default: 90d]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = "Report")]
    pub keep_reports: Option<Duration>,
    /// How long findings are remembered after they were seen last [default: 400d]
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = "Report")]
    pub keep_history: Option<Duration>,
    #[command(flatten)]
    pub csv: CsvArgs,
    /// What to print: text, or sarif (each new finding is a result) [default: text]
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        hide_possible_values = true,
        hide_default_value = true,
        help_heading = "Report"
    )]
    pub format: NightFormat,
    /// End with status 5 if something is new
    #[arg(long, help_heading = "Report")]
    pub fail_on_findings: bool,
    /// Print nothing but errors
    #[arg(long, short, help_heading = "Report")]
    pub quiet: bool,
    /// Command of the shell that is told of news and trouble; JSON on standard input
    #[arg(long, value_name = "COMMAND", env = "HUNTC_NOTIFY", hide_env_values = true, help_heading = "Notifications")]
    pub notify: Option<String>,
    /// Address that is told by POST; `${NAME}` and `file:PATH` keep a secret out of the process list
    #[arg(long, value_name = "URL", env = "HUNTC_WEBHOOK", hide_env_values = true, help_heading = "Notifications")]
    pub webhook: Option<String>,
    /// What is posted: json (the message itself), slack or teams [default: json]
    #[arg(long, value_name = "FORMAT", value_parser = WEBHOOK_FORMATS, hide_possible_values = true, help_heading = "Notifications")]
    pub webhook_format: Option<String>,
    /// A template of what is posted, over the message
    #[arg(long, value_name = "FILE", conflicts_with = "webhook_format", help_heading = "Notifications")]
    pub webhook_template: Option<PathBuf>,
    /// Address that gets a mail; may be given several times
    #[arg(long, value_name = "ADDRESS", help_heading = "Notifications")]
    pub mail: Vec<String>,
    /// Sender of mails [default: huntc at this machine]
    #[arg(long, value_name = "ADDRESS", help_heading = "Notifications")]
    pub mail_from: Option<String>,
    /// Command of the shell that sends a mail from its standard input [default: /usr/sbin/sendmail -t -i]
    #[arg(long, value_name = "COMMAND", help_heading = "Notifications")]
    pub mail_command: Option<String>,
    #[command(flatten)]
    pub hunt: HuntArgs,
}

/// `--format` of a night.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(super) enum NightFormat {
    /// For people.
    #[default]
    Text,
    /// A log of SARIF 2.1.0.
    Sarif,
}

/// Check everything that can be checked without a run: hunts, front matter, suppressions, configuration
///
/// Needs no data source and no network; exit status as of `huntc check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  huntc nightly check hunts\n  huntc nightly check hunts --format github")]
pub(super) struct NightCheckArgs {
    /// Folder of the huntflows, or one huntflow
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Check these hunts only: a name or a glob; may be given several times
    #[arg(long, value_name = "HUNT")]
    pub only: Vec<String>,
    /// How to show diagnostics: text, json, github (annotations of a workflow) or sarif
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", hide_possible_values = true)]
    pub format: DiagnosticFormat,
    /// Findings that are kept quiet [default: DIR/suppressions.toml, where it is there]
    #[arg(long, value_name = "FILE")]
    pub suppress: Option<PathBuf>,
    #[command(flatten)]
    pub hunt: HuntArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub sources: SourceArgs,
}

const TEST: &str = "\
A hunt HUNT.hf has its test in the folder HUNT.test beside it: records.ndjson, with records that it must find and records
that it must not, and expected.csv, the rows of its finding. A source of its own name (windows.ndjson) takes its records
from there. expected.csv may have some of the columns only.

Exit status: 0 all as expected; 1 a hunt finds something else, or has errors; 2 there is no test; 3 a hunt failed.

Examples:
  huntc nightly test hunts
  huntc nightly test hunts --only lsass-dump --update";

/// Run the hunts over the records of their tests, and compare what they find
#[derive(Debug, clap::Args)]
#[command(after_help = TEST)]
pub(super) struct NightTestArgs {
    /// Folder of the huntflows, or one huntflow
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Test these hunts only: a name or a glob; may be given several times
    #[arg(long, value_name = "HUNT")]
    pub only: Vec<String>,
    /// Write what is found to expected.csv; an existing header chooses the columns
    #[arg(long)]
    pub update: bool,
    #[command(flatten)]
    pub hunt: HuntArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
}

const STATUS: &str = "\
Exit status: 0 every hunt has looked at everything; 3 a hunt failed or is overdue; 2 there is no state, or it cannot be
read.

Examples:
  huntc nightly status --max-age 26h
  huntc nightly status --format json | jq '.hunts[] | select(.whole | not)'
  huntc nightly status --format openmetrics > huntc.prom.new; mv huntc.prom.new /var/lib/node_exporter/huntc.prom";

/// How each hunt stands: up to when it has looked, failures in a row, findings
#[derive(Debug, clap::Args)]
#[command(after_help = STATUS)]
pub(super) struct StatusArgs {
    /// What to print: text, json or openmetrics
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", hide_possible_values = true)]
    pub format: StatusFormat,
    /// The longest time that a hunt may not have looked at; beyond it the hunt is overdue, and the status is 3
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub max_age: Option<Duration>,
    #[command(flatten)]
    pub state: StateArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The instant that is "now"
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    pub at: Option<Instant>,
}

/// `--format` of the status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(super) enum StatusFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For Prometheus and its kin.
    Openmetrics,
}

/// How it went night after night, and what a hunt has found
#[derive(Debug, clap::Args)]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    pub state: StateArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// A hunt, as `status` names it
    #[arg(value_name = "HUNT")]
    pub hunt: Option<String>,
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    config::duration_or_zero(text).ok_or_else(|| "a number with `s`, `m`, `h` or `d` is needed, such as 24h".to_owned())
}

/// Print units for a scheduler
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc nightly install /etc/huntc/hunts --systemd --write /etc/systemd/system\n  huntc nightly install hunts --k8s --image registry.example/huntc:1 | kubectl apply -f -"
)]
pub(super) struct InstallArgs {
    #[command(flatten)]
    pub scheduler: Scheduler,
    /// Folder of the huntflows
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Folder of the state [default: /var/lib/huntc/state]
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Folder of the reports [default: /var/lib/huntc/reports]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write the units of systemd into a folder instead of printing them
    #[arg(long, value_name = "DIR", requires = "systemd")]
    pub write: Option<PathBuf>,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub sources: SourceArgs,
    /// Hour and minute of the run, UTC; with --cron in the time of the machine
    #[arg(long, value_name = "HH:MM", default_value = "02:00", value_parser = parse_time)]
    pub time: (u8, u8),
    /// User that the run belongs to
    #[arg(long, value_name = "USER", default_value = "huntc", value_parser = parse_user)]
    pub user: String,
    /// Unit that systemd starts when a night failed
    #[arg(long, value_name = "UNIT", requires = "systemd", value_parser = parse_unit)]
    pub on_failure: Option<String>,
    /// Container image
    #[arg(long, value_name = "IMAGE", default_value = "huntc:latest")]
    pub image: String,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Scheduler {
    /// A service and a timer
    #[arg(long)]
    pub systemd: bool,
    /// A file for /etc/cron.d
    #[arg(long)]
    pub cron: bool,
    /// A `CronJob` of Kubernetes
    #[arg(long)]
    pub k8s: bool,
}

fn parse_time(text: &str) -> Result<(u8, u8), String> {
    let parts = text.split_once(':').and_then(|(h, m)| Some((h.parse().ok()?, m.parse().ok()?)));
    parts.filter(|(h, m)| *h < 24 && *m < 60).ok_or_else(|| "a time such as 02:00 is needed".to_owned())
}

fn parse_user(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if !text.is_empty() && text.chars().all(good) { Ok(text.to_owned()) } else { Err("the name of a user is needed".to_owned()) }
}

fn parse_unit(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@%".contains(c);
    let unit = text.contains('.') && text.chars().all(good);
    if unit { Ok(text.to_owned()) } else { Err("the name of a unit is needed, such as tell-somebody.service".to_owned()) }
}
