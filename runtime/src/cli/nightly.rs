//! `huntc nightly`: scheduled hunts.

mod print;
mod settings;

use super::args::{ConfigArgs, HuntArgs, SourceArgs};
use super::console::Console;
use super::exit::ExitCode;
use super::terminal::Terminal;
use crate::config;
use crate::nightly::engine::Hunter;
use crate::nightly::night::{HuntStatus, Night};
use crate::nightly::output::summary;
use crate::nightly::step::Stop;
use crate::nightly::{discover, night};
use crate::session::RunSettings;
use clap::Subcommand;
use huntc_compiler::time::Instant;
use std::path::PathBuf;
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
//
// Of the flags of `huntc run` these are left out, the others are in `HuntArgs`:
// --window: the windows are those that were not looked at yet.
// --lean: the finding may be a variable that nothing shows.
// --allow-partial: a part of a window must never pass for all of it.
// --keys: those of every variable of a thousand hunts would be most of the night's memory, and findings have theirs.
// --no-hints: there are none; most nights find nothing, and that is well.
// --format: a night writes both, a page for people and nightly.json for programs.
// --raw-csv: people open the files of a scheduled job with a spreadsheet, long after and without a second thought.
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
    hunt: HuntArgs,
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

/// Nodes of a hunt in flight, unless configured.
const CONCURRENCY: usize = 4;

fn parse_time(text: &str) -> Result<Duration, String> {
    if text.trim() == "0" {
        return Ok(Duration::ZERO);
    }
    config::duration(text).ok_or_else(|| "a number with `s`, `m`, `h` or `d` is needed, such as 24h".to_owned())
}

pub(super) fn run(args: &Args, terminal: Terminal) -> ExitCode {
    match &args.command {
        Command::Run(args) => {
            let mut console = Console::new(terminal, &args.config, &args.sources);
            match run_night(args, &mut console) {
                Ok(code) | Err(code) => code,
            }
        }
        Command::Status(args) => print::status(args, terminal),
        Command::History(args) => print::history(args, terminal),
        Command::Install(args) => print::install(args, terminal),
    }
}

fn run_night(args: &RunArgs, console: &mut Console) -> Result<ExitCode, ExitCode> {
    let hunt_settings = args.hunt.settings();
    console.check_lints(&hunt_settings)?;
    let plan = settings::plan(args, hunt_settings.now, console)?;
    let settings = plan.settings;
    let files = discover::huntflows(&args.dir, &[&settings.state, &settings.out])
        .map_err(|e| console.refuse(&e, &args.dir.display().to_string(), ExitCode::Usage))?;
    // Several hunts run at once, so that none may have all of a server's queue.
    let hunt_settings = RunSettings { concurrency: Some(CONCURRENCY), timeout: plan.hunt_time, ..hunt_settings };
    let mut hunts = Vec::with_capacity(files.len());
    for file in &files {
        // A configuration that is wrong ends the night before anything is sent.
        let huntflow = console.session.load(&file.path.display().to_string(), &hunt_settings);
        hunts.push(console.usage(huntflow)?);
    }
    let hunter = Hunter::new(&console.session, hunts, hunt_settings, &settings.cancel, plan.night_records);
    match night::run(&settings, &files, &hunter, &|_| Ok(())) {
        Ok(night) => Ok(told(args.quiet, plan.fail_on_findings, &night, console)),
        Err(Stop::Problem(error)) => Err(console.refuse(&error, &settings.state.display().to_string(), ExitCode::Failed)),
        Err(Stop::Killed) => Err(ExitCode::Interrupted),
    }
}

/// Prints the summary; answers the exit status of a night.
fn told(quiet: bool, fail_on_findings: bool, night: &Night, console: &mut Console) -> ExitCode {
    console.session.texts = night.run.sources.clone();
    for report in &night.run.hunts {
        if report.status != crate::report::model::Status::Ok {
            console.show(&report.diagnostics);
        }
    }
    if quiet {
        for problem in &night.undelivered {
            console.terminal.err(&format!("warning: {}\n", crate::report::sanitize::terminal(problem)));
        }
    } else {
        console.terminal.out(&summary(night));
        let folder = night.folder.display().to_string();
        console.terminal.out(&format!("\nreport: {}\n", crate::report::sanitize::terminal(&folder)));
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
