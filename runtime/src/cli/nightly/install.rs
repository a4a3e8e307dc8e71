//! `huntc nightly install`: units for schedulers.

use super::args::InstallArgs;
use crate::cli::console::Console;
use crate::cli::exit::ExitCode;
use crate::cli::terminal::Terminal;
use crate::nightly::baggage::{Baggage, has_password};
use crate::nightly::install as units;
use crate::own_files;
use crate::report::sanitize::terminal as safe;
use crate::source::SourceError;
use huntc_compiler::diag::codes::config::{BAD_SETTING, FILE_NOT_WRITTEN, UNREADABLE_FILE};
use huntc_compiler::diag::codes::nightly::SECRET_IN_UNIT;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Variables that may hold secrets, beside those that the configuration names. Whatever is set now will be missed later.
const OWN_VARIABLES: [&str; 2] = ["HUNTC_WEBHOOK", "HUNTC_NOTIFY"];

pub(super) fn install(args: &InstallArgs, terminal: Terminal) -> ExitCode {
    let mut console = Console::new(terminal, &args.config, &args.sources);
    match schedule(args, &mut console) {
        Ok(schedule) => give_out(args, &schedule, &mut console),
        Err(code) => code,
    }
}

/// What to schedule. A secret that would be readable by everybody is refused.
fn schedule(args: &InstallArgs, console: &mut Console) -> Result<units::Schedule, ExitCode> {
    let config = console.config(&args.dir)?;
    // The units name the file, and what is named is trusted: a file that is not may not become so on the way.
    if config.untrusted.is_some() {
        return Err(ExitCode::Usage);
    }
    let file = config.nightly.clone();
    // A scheduler starts the command in another folder.
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let hunts = absolute(&args.dir);
    let state = absolute(&args.state.clone().or(file.state).unwrap_or_else(|| "/var/lib/huntc/state".into()));
    let out = absolute(&args.out.clone().or(file.out).unwrap_or_else(|| "/var/lib/huntc/reports".into()));
    let found = config.file.as_ref().map(|file| absolute(&file.path));
    let baggage = Baggage::of(&hunts, found.as_deref());
    let baggage = baggage.and_then(|b| if args.scheduler.k8s { b.carry(&hunts, &[&state, &out]) } else { Ok(b) });
    let mut baggage = baggage.map_err(|e| {
        let error = SourceError::new(&UNREADABLE_FILE, "what belongs to the huntflows cannot be read").note(e.to_string());
        console.refuse(&error.help("name the folder of the huntflows"), &args.dir.display().to_string(), ExitCode::Usage)
    })?;
    let names = console.session.environment.names();
    let set = names.filter(|name| OWN_VARIABLES.contains(name) || name.starts_with("STIXSHIFTER_"));
    baggage.variables.extend(set.map(str::to_owned));
    let mut exposed: Vec<String> = args.sources.sources.iter().filter(|s| has_password(s)).map(|s| flag_of(s)).collect();
    if args.scheduler.k8s {
        exposed.extend(baggage.exposed.iter().map(|key| format!("`{key}` of the configuration")));
    }
    if !exposed.is_empty() {
        let error = SourceError::new(&SECRET_IN_UNIT, "a secret would stand in the unit for everybody to read")
            .note(format!("it is in {}", exposed.join(", ")))
            .help("bind the source in huntc.toml, and write `file:PATH`, `${NAME}` or `credential:NAME` for the secret");
        return Err(console.refuse(&error, "install", ExitCode::Usage));
    }
    let named = [&hunts, &state, &out].map(|path| path.display().to_string());
    let offsets = args.sources.log_time_offsets.iter().map(|value| ("--log-time-offset", value.clone()));
    let hosts = args.sources.allow_fetch.iter().map(|host| ("--allow-fetch", host.to_string()));
    let flags: Vec<(&str, String)> = offsets.chain(hosts).collect();
    let values = flags.iter().map(|(_, value)| value.clone());
    let named = named.into_iter().chain(args.sources.sources.clone()).chain(values).chain([args.image.clone()]);
    if let Some(bad) = named.into_iter().find(|text| text.contains(char::is_control)) {
        let error = SourceError::new(&BAD_SETTING, "a line of a unit cannot hold this name").note(safe(&bad));
        return Err(console.refuse(&error.help("give it a name without control characters"), "install", ExitCode::Usage));
    }
    Ok(units::Schedule {
        huntc: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/usr/local/bin/huntc")),
        hunts,
        state,
        out,
        config: found,
        sources: args.sources.sources.clone(),
        flags,
        time: args.time,
        user: args.user.clone(),
        on_failure: args.on_failure.clone(),
        image: args.image.clone(),
        baggage,
    })
}

/// A flag of a source without what may be a secret.
fn flag_of(source: &str) -> String {
    format!("`--source {}=…`", source.split_once('=').map_or("", |(name, _)| name))
}

fn give_out(args: &InstallArgs, schedule: &units::Schedule, console: &mut Console) -> ExitCode {
    if let Some(folder) = &args.write {
        return write(folder, schedule, console);
    }
    let text = match (args.scheduler.systemd, args.scheduler.cron) {
        (true, _) => units::systemd(schedule),
        (_, true) => units::cron(schedule),
        _ => units::kubernetes(schedule),
    };
    console.terminal.out(&text);
    ExitCode::Ok
}

/// Writes each unit of systemd into its own file.
fn write(folder: &Path, schedule: &units::Schedule, console: &mut Console) -> ExitCode {
    for (name, unit) in units::systemd_units(schedule) {
        let path = folder.join(name);
        let shown = path.display().to_string();
        if let Err(e) = own_files::replace(&path, |file| file.write_all(unit.as_bytes())) {
            let error =
                SourceError::new(&FILE_NOT_WRITTEN, format!("`{shown}` cannot be written")).note(format!("the reason: {e}"));
            let help = match e.kind() {
                ErrorKind::NotFound => format!("make the folder first: `mkdir -p {}`", folder.display()),
                _ => "units belong to root: `sudo huntc nightly install …`".to_owned(),
            };
            return console.refuse(&error.help(help), &shown, ExitCode::Usage);
        }
        console.terminal.out(&format!("{}\n", safe(&shown)));
    }
    console.terminal.out("now: systemctl enable --now huntc-nightly.timer\n");
    ExitCode::Ok
}
