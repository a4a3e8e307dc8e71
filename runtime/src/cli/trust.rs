//! `huntc trust`: whether a configuration that is found may run, send, and write outside of its folder.

use super::args::{ConfigArgs, SourceArgs};
use super::console::Console;
use super::exit::ExitCode;
use super::terminal::Terminal;
use crate::config::trust::{Chosen, ConfigFile, TrustedFiles, sha256};
use crate::config::{self, Config};
use crate::report::sanitize::terminal as safe;
use crate::source::{SourceError, regular_file};
use huntc_compiler::diag::codes::config::BAD_CONFIG;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Trust a huntc.toml that came with a folder: with its commands, servers and secrets
///
/// A huntc.toml that is found beside or above huntflows may come from a stranger. Until it is trusted it runs nothing
/// (exec, notify), sends nothing (uri, webhook, and with them secrets), and writes nothing outside of its folder. Trust
/// ends when the file changes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  huntc trust\n  huntc trust hunts\n  huntc trust --list\n  huntc trust --remove hunts")]
pub(super) struct TrustArgs {
    /// The folder from which on, and upwards, the file is looked for
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// List what is trusted
    #[arg(long, conflicts_with = "remove")]
    list: bool,
    /// Trust the file no longer
    #[arg(long)]
    remove: bool,
}

pub(super) fn run(args: &TrustArgs, terminal: Terminal) -> ExitCode {
    let mut console = Console::new(terminal, &ConfigArgs::default(), &SourceArgs::default());
    let done = if args.list { list(&console) } else { change(args, &mut console) };
    match done {
        Ok(code) => code,
        Err(error) => console.refuse(&error, &args.folder.display().to_string(), ExitCode::Usage),
    }
}

fn shown(path: &Path) -> String {
    safe(&path.display().to_string()).into_owned()
}

fn list(console: &Console) -> Result<ExitCode, SourceError> {
    let trusted = TrustedFiles::read(&console.session.environment)?;
    let mut out = String::new();
    for known in trusted.files() {
        let state = match regular_file::read_text(&known.file) {
            Ok(text) if sha256(&text) == known.sha256 => "",
            Ok(_) => " (changed since: not trusted)",
            Err(_) => " (cannot be read)",
        };
        let _ = writeln!(out, "{}{state}", shown(&known.file));
    }
    console.terminal.show(if out.is_empty() { "nothing is trusted\n" } else { &out });
    Ok(ExitCode::Ok)
}

fn change(args: &TrustArgs, console: &mut Console) -> Result<ExitCode, SourceError> {
    let found = config::find(&args.folder, &console.session.environment);
    let mut trusted = TrustedFiles::read(&console.session.environment)?;
    if args.remove {
        // The file may be gone.
        let path = found.map_or_else(|| args.folder.join("huntc.toml"), |file| file.path);
        let known = trusted.remove(&path)?;
        let said = if known { "is trusted no longer" } else { "was not trusted" };
        console.terminal.show(&format!("{} {said}\n", shown(&path)));
        return Ok(ExitCode::Ok);
    }
    let Some(ConfigFile { path, chosen: Chosen::Near }) = found else {
        return Err(SourceError::new(&BAD_CONFIG, format!("there is no huntc.toml in `{}` or above it", args.folder.display()))
            .help("name the folder that has it: `huntc trust DIR`"));
    };
    // The text that is trusted is the one whose wishes are shown.
    let before = regular_file::read_text(&path);
    let config = match console.session.config(&args.folder) {
        Ok(config) => config,
        Err(problems) => {
            console.show(&problems);
            return Ok(ExitCode::Usage);
        }
    };
    let text = regular_file::read_text(&path);
    let text = match (before, text) {
        (Ok(before), Ok(text)) if before == text => text,
        (_, Err(error)) | (Err(error), _) => return Err(unreadable(&path).note(error.to_string())),
        _ => return Err(unreadable(&path).note("it changed meanwhile")),
    };
    console.terminal.show(&wishes(&path, &config));
    if !config.off.is_empty() {
        trusted.add(&path, &text)?;
    }
    Ok(ExitCode::Ok)
}

fn unreadable(path: &Path) -> SourceError {
    SourceError::new(&BAD_CONFIG, format!("`{}` cannot be read", path.display())).help("try again, and look at the file")
}

/// What the file wants to do.
fn wishes(path: &Path, config: &Config) -> String {
    if config.off.is_empty() {
        return format!("{}: nothing in it needs trust that it has not\n", shown(path));
    }
    let mut out = format!("{} is trusted until it changes:\n", shown(path));
    for what in &config.off {
        let _ = writeln!(out, "  {}", safe(what));
    }
    out
}
