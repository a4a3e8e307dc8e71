//! `huntc nightly status`, `history` and `install`: what the state knows, and units for schedulers.

use super::{HistoryArgs, StateArgs, StatusArgs, settings};
use crate::cli::args::{ConfigArgs, SourceArgs};
use crate::cli::console::Console;
use crate::cli::exit::ExitCode;
use crate::cli::terminal::Terminal;
use crate::nightly::state::{Read, View};
use crate::nightly::{install as units, lock, status as show};
use crate::report::sanitize::terminal as safe;
use crate::session::clock;
use crate::source::SourceError;
use huntc_compiler::diag::codes::config::FILE_NOT_WRITTEN;
use std::path::{Path, PathBuf};

/// Print units for a scheduler
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc nightly install /etc/huntc/hunts --systemd --write /etc/systemd/system\n  huntc nightly install hunts --k8s --image registry.example/huntc:1 | kubectl apply -f -"
)]
pub(super) struct InstallArgs {
    #[command(flatten)]
    scheduler: Scheduler,
    /// Folder of the huntflows
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Folder of the state [default: /var/lib/huntc/state]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Folder of the reports [default: /var/lib/huntc/reports]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the units of systemd into a folder instead of printing them
    #[arg(long, value_name = "DIR", requires = "systemd")]
    write: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    sources: SourceArgs,
    /// Hour and minute of the run, UTC
    #[arg(long, value_name = "HH:MM", default_value = "02:00", value_parser = parse_time)]
    time: (u8, u8),
    /// User that the run belongs to
    #[arg(long, value_name = "USER", default_value = "huntc", value_parser = parse_user)]
    user: String,
    /// Container image
    #[arg(long, value_name = "IMAGE", default_value = "huntc:latest")]
    image: String,
}

/// Which scheduler.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Scheduler {
    /// A service and a timer
    #[arg(long)]
    systemd: bool,
    /// A file for /etc/cron.d
    #[arg(long)]
    cron: bool,
    /// A `CronJob` of Kubernetes
    #[arg(long)]
    k8s: bool,
}

fn parse_time(text: &str) -> Result<(u8, u8), String> {
    let parts = text.split_once(':').and_then(|(h, m)| Some((h.parse().ok()?, m.parse().ok()?)));
    parts.filter(|(h, m)| *h < 24 && *m < 60).ok_or_else(|| "a time such as 02:00 is needed".to_owned())
}

fn parse_user(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if !text.is_empty() && text.chars().all(good) { Ok(text.to_owned()) } else { Err("the name of a user is needed".to_owned()) }
}

/// Shows what the state knows. It is where the flag says, else where `[nightly]` does.
fn view(
    args: &StateArgs,
    config: &ConfigArgs,
    terminal: Terminal,
    look: impl FnOnce(&Read) -> Result<String, SourceError>,
) -> ExitCode {
    let mut console = Console::new(terminal, config, &SourceArgs::default());
    let state = match &args.state {
        Some(state) => state.clone(),
        None => match console.config(Path::new(".")) {
            Ok(config) => settings::state(args, &config.nightly),
            Err(code) => return code,
        },
    };
    let shown = state.display().to_string();
    if let Some(owner) = lock::owner(&state) {
        terminal.out(&format!("a run works, or ended before its time: {}\n", safe(&owner)));
    }
    match View::open(&state) {
        Err(error) => console.refuse(&error, &shown, ExitCode::Usage),
        Ok(None) => {
            terminal.out(&format!("no run has worked with the state in {} yet\n", safe(&shown)));
            ExitCode::Ok
        }
        Ok(Some(view)) => match view.read(look) {
            Ok(text) => {
                terminal.out(&text);
                ExitCode::Ok
            }
            Err(error) => console.refuse(&error, &shown, ExitCode::Usage),
        },
    }
}

pub(super) fn status(args: &StatusArgs, terminal: Terminal) -> ExitCode {
    let now = args.at.unwrap_or_else(clock::now);
    view(&args.state, &args.config, terminal, |state| show::status(state, now, terminal.width()))
}

pub(super) fn history(args: &HistoryArgs, terminal: Terminal) -> ExitCode {
    let hunt = args.hunt.as_deref();
    view(&args.state, &args.config, terminal, |state| show::history(state, hunt, terminal.width()))
}

pub(super) fn install(args: &InstallArgs, terminal: Terminal) -> ExitCode {
    let mut console = Console::new(terminal, &args.config, &args.sources);
    let file = match console.config(&args.dir) {
        Ok(config) => config.nightly.clone(),
        Err(code) => return code,
    };
    // A scheduler starts in another folder.
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let plan = units::Plan {
        huntc: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/usr/local/bin/huntc")),
        hunts: absolute(&args.dir),
        state: absolute(&args.state.clone().or(file.state).unwrap_or_else(|| "/var/lib/huntc/state".into())),
        out: absolute(&args.out.clone().or(file.out).unwrap_or_else(|| "/var/lib/huntc/reports".into())),
        config: args.config.config.as_deref().map(absolute),
        sources: args.sources.sources.clone(),
        time: args.time,
        user: args.user.clone(),
        image: args.image.clone(),
    };
    let text = match (args.scheduler.systemd, args.scheduler.cron) {
        (true, _) => units::systemd(&plan),
        (_, true) => units::cron(&plan),
        _ => units::kubernetes(&plan),
    };
    if let Some(folder) = &args.write {
        return write(folder, &text, &mut console);
    }
    terminal.out(&text);
    ExitCode::Ok
}

/// Writes the units of systemd, each into its file.
fn write(folder: &Path, text: &str, console: &mut Console) -> ExitCode {
    for (name, unit) in units::systemd_units(text) {
        let path = folder.join(name);
        let shown = path.display().to_string();
        if let Err(e) = std::fs::write(&path, unit) {
            let error =
                SourceError::new(&FILE_NOT_WRITTEN, format!("`{shown}` cannot be written")).note(format!("the reason: {e}"));
            return console.refuse(&error.help("units belong to root: `sudo huntc nightly install …`"), &shown, ExitCode::Usage);
        }
        console.terminal.out(&format!("{}\n", safe(&shown)));
    }
    console.terminal.out("now: systemctl enable --now huntc-nightly.timer\n");
    ExitCode::Ok
}
