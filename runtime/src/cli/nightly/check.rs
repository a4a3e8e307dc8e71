//! `huntc nightly check`: everything that can be wrong with nights before one runs.

use super::args::NightCheckArgs;
use super::{notifier, settings};
use crate::cli::check::{Parts, check_files, tell};
use crate::cli::console::Console;
use crate::cli::exit::ExitCode;
use crate::cli::terminal::Terminal;
use crate::nightly::discover::{self, HuntFile, folder_of};
use crate::nightly::engine;
use crate::nightly::suppress::Suppressions;
use crate::nightly::window::DAY;
use crate::report::sanitize::terminal as safe;
use crate::session::{Huntflow, RunSettings};
use huntc_compiler::diag::Severity;
use huntc_compiler::time::TimeRange;

pub(super) fn run(args: &NightCheckArgs, terminal: Terminal) -> ExitCode {
    let mut console = Console::new(terminal, &args.config, &args.sources);
    match check(args, &mut console) {
        Ok(code) | Err(code) => code,
    }
}

fn check(args: &NightCheckArgs, console: &mut Console) -> Result<ExitCode, ExitCode> {
    let hunt_settings = args.hunt.settings();
    let file = console.config(&folder_of(&args.dir))?.nightly.clone();
    let without: Vec<_> = [&file.state, &file.out].into_iter().flatten().map(std::path::PathBuf::as_path).collect();
    let hunts = discover::huntflows(&args.dir, &without)
        .map_err(|e| console.refuse(&e, &args.dir.display().to_string(), ExitCode::Usage))?;
    let hunts = discover::select(hunts, &args.only).map_err(|e| console.refuse(&e, &args.only.join(" "), ExitCode::Usage))?;
    let files: Vec<String> = hunts.iter().map(|hunt| hunt.path.display().to_string()).collect();
    let a_part = !args.only.is_empty() || args.dir.is_file();
    if !a_part {
        settings::known_hunts(&hunts, &file, console)?;
    }
    // A night gives every hunt a window.
    let now = hunt_settings.now;
    let window = TimeRange::new(now.plus(-DAY), now);
    let prepare = |index: usize, huntflow: &mut Huntflow| {
        let name = hunts.get(index).map_or("", |hunt| &hunt.name);
        huntflow.configure(file.params.of(name));
    };
    let checked = check_files(
        &files,
        &hunt_settings,
        Some(window),
        &Parts { prepare: &prepare, a_part, more: &|huntflow, compiled| engine::empty(huntflow, compiled).into_iter().collect() },
        console,
    )?;
    let code = tell(&checked, files.len(), args.format, console);
    // Faults of the other files are told beside those of the hunts, so that one run shows all.
    let quiet = settings::suppressions(&args.dir, args.suppress.as_deref(), &file, console)
        .and_then(|quiet| suppressed(&quiet, &hunts, args.only.is_empty(), &hunt_settings, console));
    let format = notifier::format(file.webhook_format.as_deref(), file.webhook_template.as_deref(), console).map(drop);
    Ok([quiet, format].into_iter().filter_map(Result::err).fold(code, ExitCode::worst))
}

/// Checks what the entries of a list say of the findings of their hunts. With `all` hunts, an entry for another one is told too.
fn suppressed(
    quiet: &Suppressions,
    hunts: &[HuntFile],
    all: bool,
    settings: &RunSettings,
    console: &mut Console,
) -> Result<(), ExitCode> {
    let mut faults = Vec::new();
    for hunt in hunts.iter().filter(|_| !quiet.is_empty()) {
        let mut huntflow = console.load(&hunt.path.display().to_string(), settings)?;
        quiet.attach(&hunt.name, &mut huntflow, &mut console.session);
        huntflow.configure(huntflow.config.nightly.params.of(&hunt.name));
        faults.extend(Suppressions::faults(&console.session, &huntflow, settings));
    }
    let names: Vec<&str> = hunts.iter().map(|hunt| hunt.name.as_str()).collect();
    for remark in quiet.remarks(&names, settings.now).iter().filter(|_| all) {
        console.terminal.err(&format!("warning: {}\n", safe(remark)));
    }
    console.show(&faults);
    if faults.iter().any(|fault| fault.severity == Severity::Error) { Err(ExitCode::Usage) } else { Ok(()) }
}
