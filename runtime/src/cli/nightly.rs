//! `huntc nightly`: scheduled hunts.

mod load;
mod print;
mod settings;

use super::args::{ConfigArgs, LintArgs, SourceArgs};
use super::exit::ExitCode;
use super::judge::at;
use super::session::{Session, now};
use super::terminal::Terminal;
use crate::config;
use crate::nightly::cache::Cache;
use crate::nightly::night::{HuntStatus, Night};
use crate::nightly::output::summary;
use crate::nightly::step::Stop;
use crate::nightly::{discover, night};
use crate::source::SourceError;
use clap::Subcommand;
use huntc_compiler::source::Span;
use huntc_compiler::time::Instant;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const EXAMPLES: &str = "\
Exit status of run: 0 all looked at; 3 a hunt failed, or a notification waits; 1 a hunt has errors; 4 so much was
missed that a part is left for the next nights; 5 something is new, with --fail-on-findings; 2 usage; 130 interrupted.

Examples:
  huntc nightly run hunts --source host101=https://elastic.example:9200/winlogbeat-*
  huntc nightly status
  huntc nightly history beacons.hf
  huntc nightly install hunts --systemd";

/// Run a folder of huntflows every night and report what is new
///
/// Each run looks at what came since the last whole look, remembers what it found, and writes one page: what could not
/// be looked at first, then what is new. Nothing is skipped and nothing is told twice, also after a crash. Every option
/// can stand in the table [nightly] of huntc.toml, with _ for -; those of the command line win.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(Box<RunArgs>),
    Status(StatusArgs),
    History(HistoryArgs),
    Install(print::InstallArgs),
}

/// Where the state is.
#[derive(Debug, Clone, clap::Args)]
struct StateArgs {
    /// Folder of the state: what was looked at, and what was found [default: .huntc-nightly]
    #[arg(long, value_name = "DIR", env = "HUNTC_NIGHTLY_STATE")]
    state: Option<PathBuf>,
}

/// Look at everything that came since the last run
#[derive(Debug, clap::Args)]
struct RunArgs {
    /// Folder of the huntflows
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    #[command(flatten)]
    state: StateArgs,
    /// Folder of the reports; each run writes one below it [default: nightly]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    config: ConfigArgs,
    /// The instant that is "now", as 2026-01-01T02:00:00Z
    #[arg(long, value_name = "TIME", value_parser = super::args::parse_instant)]
    at: Option<Instant>,
    /// How far the first look of a hunt goes back [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Windows")]
    since: Option<Duration>,
    /// How late records may reach the sources, for hunts that do not say [default: 0]
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Windows")]
    lag: Option<Duration>,
    /// How far a window reaches back into the one before, for hunts that do not say [default: 1h]
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Windows")]
    overlap: Option<Duration>,
    /// Hunts at once [default: 4]
    #[arg(long, value_name = "N", help_heading = "Budgets")]
    jobs: Option<usize>,
    /// Time that one hunt may take for one window
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Budgets")]
    hunt_time: Option<Duration>,
    /// Time for all hunts; what is not begun by then is left for the next night
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Budgets")]
    night_time: Option<Duration>,
    /// Records that all hunts may read from their sources; what is beyond is left for the next night
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Budgets")]
    night_records: Option<u64>,
    /// Findings that are kept quiet [default: DIR/suppressions.toml, where it is there]
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    suppress: Option<PathBuf>,
    /// How long reports are kept [default: 90d]
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Report")]
    keep_reports: Option<Duration>,
    /// How long findings are remembered after they were seen last [default: 400d]
    #[arg(long, value_name = "TIME", value_parser = parse_time, help_heading = "Report")]
    keep_history: Option<Duration>,
    /// End with status 5 if something is new
    #[arg(long, help_heading = "Report")]
    fail_on_findings: bool,
    /// Print nothing but errors
    #[arg(long, short, help_heading = "Report")]
    quiet: bool,
    /// Command of the shell that is told of news and trouble; JSON on standard input
    #[arg(long, value_name = "COMMAND", env = "HUNTC_NOTIFY", help_heading = "Notifications")]
    notify: Option<String>,
    /// Address that is told by POST; `${NAME}` and `file:PATH` keep a secret out of the process list
    #[arg(long, value_name = "URL", env = "HUNTC_WEBHOOK", hide_env_values = true, help_heading = "Notifications")]
    webhook: Option<String>,
    #[command(flatten)]
    lints: LintArgs,
}

/// How each hunt stands: up to when it has looked, failures in a row, findings
#[derive(Debug, clap::Args)]
struct StatusArgs {
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    config: ConfigArgs,
    /// The instant that is "now"
    #[arg(long, value_name = "TIME", value_parser = super::args::parse_instant)]
    at: Option<Instant>,
}

/// How it went night after night, and what a hunt has found
#[derive(Debug, clap::Args)]
struct HistoryArgs {
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    config: ConfigArgs,
    /// A hunt, as `status` names it
    #[arg(value_name = "HUNT")]
    hunt: Option<String>,
}

fn parse_time(text: &str) -> Result<Duration, String> {
    config::duration_or_zero(text).ok_or_else(|| "a number with `s`, `m`, `h` or `d` is needed, such as 24h".to_owned())
}

pub(super) fn run(args: &Args, terminal: Terminal) -> ExitCode {
    match &args.command {
        Command::Run(args) => {
            let mut session = Session::new(terminal, args.config.config.clone(), args.sources.sources.clone());
            match run_night(args, &mut session) {
                Ok(code) | Err(code) => code,
            }
        }
        Command::Status(args) => print::status(args, terminal),
        Command::History(args) => print::history(args, terminal),
        Command::Install(args) => print::install(args, terminal),
    }
}

/// Shows a problem that ends the command.
fn refuse(error: &SourceError, subject: &str, session: &mut Session, code: ExitCode) -> ExitCode {
    let span = Span::new(session.sources.add_text("command line", subject), 0, subject.len());
    session.show(&[at(error, span)]);
    code
}

fn run_night(args: &RunArgs, session: &mut Session) -> Result<ExitCode, ExitCode> {
    session.lints(&args.lints)?;
    let now = now(args.at);
    let dir = &args.dir;
    let shown = dir.display().to_string();
    let plan = settings::plan(args, now, session)?;
    let settings = plan.settings;
    let hunts =
        discover::huntflows(dir, &[&settings.state, &settings.out]).map_err(|e| refuse(&e, &shown, session, ExitCode::Usage))?;
    let (loaded, bound) = load::hunts(&hunts, plan.hunt_time, now, session)?;
    let open = |hunt: usize, name: &str| bound.open(hunt, name);
    let cache = Arc::new(Cache::new(plan.night_records));
    let engine = load::hunter(loaded, &open, session.sources.clone(), Arc::clone(&settings.cancel), cache);
    match night::run(&settings, &hunts, &engine, &|_| Ok(())) {
        Ok(night) => Ok(told(args.quiet, plan.fail_on_findings, &night, session)),
        Err(Stop::Problem(error)) => Err(refuse(&error, &settings.state.display().to_string(), session, ExitCode::Failed)),
        Err(Stop::Killed) => Err(ExitCode::Interrupted),
    }
}

/// Prints the summary; answers the exit status of a night.
fn told(quiet: bool, fail_on_findings: bool, night: &Night, session: &mut Session) -> ExitCode {
    session.sources = night.run.sources.clone();
    for report in &night.run.hunts {
        if report.status != crate::report::model::Status::Ok {
            session.show(&report.diagnostics);
        }
    }
    if quiet {
        for problem in &night.undelivered {
            session.terminal.err(&format!("warning: {}\n", crate::report::sanitize::terminal(problem)));
        }
    } else {
        session.terminal.out(&summary(night));
        let folder = night.folder.display().to_string();
        session.terminal.out(&format!("\nreport: {}\n", crate::report::sanitize::terminal(&folder)));
    }
    let delivered = if night.undelivered.is_empty() { ExitCode::Ok } else { ExitCode::Failed };
    night.hunts.iter().fold(delivered, |code, hunt| {
        code.worst(match hunt.status {
            HuntStatus::Ok | HuntStatus::Removed if fail_on_findings && !hunt.news.new.is_empty() => ExitCode::Findings,
            HuntStatus::Ok | HuntStatus::Removed => ExitCode::Ok,
            HuntStatus::Failed | HuntStatus::Skipped => ExitCode::Failed,
            HuntStatus::Error => ExitCode::HuntErrors,
            HuntStatus::Partial | HuntStatus::Behind => ExitCode::Partial,
            HuntStatus::Interrupted => ExitCode::Interrupted,
        })
    })
}
