//! `huntc nightly status` and `history`: what the state contains.

use super::args::{HistoryArgs, StateArgs, StatusArgs};
use super::settings;
use crate::cli::args::{ConfigArgs, SourceArgs};
use crate::cli::console::Console;
use crate::cli::exit::ExitCode;
use crate::cli::terminal::Terminal;
use crate::nightly::state::{Read, StateView};
use crate::nightly::{lock, status as show};
use crate::report::sanitize::terminal as safe;
use crate::session::clock;
use crate::source::SourceError;
use std::path::Path;

/// Prints what `look` makes of the state. Its folder is that of the flag, otherwise that of `[nightly]`.
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
    match StateView::open(&state) {
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
