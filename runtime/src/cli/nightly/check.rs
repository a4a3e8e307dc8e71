//! `huntc nightly check`: everything that can be wrong with nights before one runs.

use super::args::NightCheckArgs;
use super::{notifier, settings};
use crate::cli::check::{check_files, tell};
use crate::cli::console::Console;
use crate::cli::exit::ExitCode;
use crate::cli::terminal::Terminal;
use crate::nightly::discover::{self, folder_of};
use crate::nightly::engine;
use crate::nightly::window::DAY;
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
    // A night gives every hunt a window.
    let now = hunt_settings.now;
    let window = TimeRange { start: now.plus(-DAY), stop: now };
    let checked = check_files(&files, &hunt_settings, Some(window), &engine::empty, console)?;
    let code = tell(&checked, files.len(), args.format, console);
    // Faults of the other files are told beside those of the hunts, so that one run shows all.
    let quiet = settings::suppressions(&args.dir, args.suppress.as_deref(), &file, console).map(drop);
    let format = notifier::format(file.webhook_format.as_deref(), file.webhook_template.as_deref(), console).map(drop);
    Ok([quiet, format].into_iter().filter_map(Result::err).fold(code, ExitCode::worst))
}
