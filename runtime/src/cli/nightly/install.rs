//! `huntc nightly install`: units for schedulers.

use super::args::InstallArgs;
use crate::cli::console::Console;
use crate::cli::exit::ExitCode;
use crate::cli::terminal::Terminal;
use crate::nightly::install as units;
use crate::report::sanitize::terminal as safe;
use crate::source::SourceError;
use huntc_compiler::diag::codes::config::FILE_NOT_WRITTEN;
use std::path::{Path, PathBuf};

pub(super) fn install(args: &InstallArgs, terminal: Terminal) -> ExitCode {
    let mut console = Console::new(terminal, &args.config, &args.sources);
    let config = match console.config(&args.dir) {
        Ok(config) => config,
        Err(code) => return code,
    };
    // A scheduler starts the command in another folder.
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    // The units name the file, and what is named is trusted: a file that is not may not become so on the way.
    if config.untrusted.is_some() {
        return ExitCode::Usage;
    }
    let file = config.nightly.clone();
    let named = args.config.config.clone().or_else(|| config.file.as_ref().map(|file| file.path.clone()));
    // A container has no other files than those of the folder.
    let named =
        named.filter(|path| args.config.config.is_some() || !args.scheduler.k8s || absolute(path).starts_with(absolute(&args.dir)));
    let schedule = units::Schedule {
        huntc: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/usr/local/bin/huntc")),
        hunts: absolute(&args.dir),
        state: absolute(&args.state.clone().or(file.state).unwrap_or_else(|| "/var/lib/huntc/state".into())),
        out: absolute(&args.out.clone().or(file.out).unwrap_or_else(|| "/var/lib/huntc/reports".into())),
        config: named.as_deref().map(absolute),
        sources: args.sources.sources.clone(),
        time: args.time,
        user: args.user.clone(),
        image: args.image.clone(),
    };
    if let Some(folder) = &args.write {
        return write(folder, &schedule, &mut console);
    }
    let text = match (args.scheduler.systemd, args.scheduler.cron) {
        (true, _) => units::systemd(&schedule),
        (_, true) => units::cron(&schedule),
        _ => units::kubernetes(&schedule),
    };
    terminal.out(&text);
    ExitCode::Ok
}

/// Writes each unit of systemd into its own file.
fn write(folder: &Path, schedule: &units::Schedule, console: &mut Console) -> ExitCode {
    for (name, unit) in units::systemd_units(schedule) {
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
