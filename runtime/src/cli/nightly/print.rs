//! `huntc nightly status` and `history`: what the state contains.

use super::args::{HistoryArgs, StateArgs, StatusArgs, StatusFormat};
use super::settings;
use crate::cli::args::{ConfigArgs, SourceArgs};
use crate::cli::console::Console;
use crate::cli::exit::ExitCode;
use crate::cli::terminal::Terminal;
use crate::config::nanoseconds;
use crate::nightly::overview::Overview;
use crate::nightly::state::{Read, StateView};
use crate::nightly::{lock, openmetrics, status as show};
use crate::report::sanitize::terminal as safe;
use crate::session::clock;
use crate::source::SourceError;
use huntc_compiler::diag::codes::nightly::STATE_UNUSABLE;
use std::path::Path;

/// Prints what `look` makes of the state and of the owner of its lock, and ends with its status. The folder of the state is
/// that of the flag, otherwise that of `[nightly]`.
fn view(
    args: &StateArgs,
    config: &ConfigArgs,
    terminal: Terminal,
    for_people: bool,
    look: impl FnOnce(&Read, Option<String>) -> Result<(String, ExitCode), SourceError>,
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
    let read = StateView::open(&state).and_then(|view| match view {
        Some(view) => view.read(|tables| look(tables, lock::owner(&state))),
        None => Err(SourceError::new(&STATE_UNUSABLE, format!("no run has worked with the state in `{shown}` yet"))
            .help("name the folder of the state with `--state`, or its configuration with `--config`")),
    });
    match read {
        Ok((text, code)) => {
            if for_people {
                terminal.show(&text);
            } else {
                terminal.out(&text);
            }
            code
        }
        Err(error) => console.refuse(&error, &shown, ExitCode::Usage),
    }
}

/// The line about the owner of the lock.
fn owner_line(owner: Option<&str>) -> String {
    owner.map_or_else(String::new, |owner| format!("a run works, or ended before its time: {}\n", safe(owner)))
}

pub(super) fn status(args: &StatusArgs, terminal: Terminal) -> ExitCode {
    let now = args.at.unwrap_or_else(clock::now);
    view(&args.state, &args.config, terminal, args.format == StatusFormat::Text, |state, owner| {
        let overview = Overview::of(state, now, args.max_age.map(nanoseconds), owner)?;
        let text = match args.format {
            StatusFormat::Json => overview.json(),
            StatusFormat::Openmetrics => openmetrics::text(&overview),
            StatusFormat::Text => {
                let overdue = overview.hunts.iter().filter(|h| h.overdue).map(|h| format!("overdue: {}\n", safe(&h.hunt)));
                let overdue: String = overdue.collect();
                owner_line(overview.running.as_deref()) + &show::status(state, now, terminal.width())? + &overdue
            }
        };
        Ok((text, if overview.is_well() { ExitCode::Ok } else { ExitCode::Failed }))
    })
}

pub(super) fn history(args: &HistoryArgs, terminal: Terminal) -> ExitCode {
    let hunt = args.hunt.as_deref();
    view(&args.state, &args.config, terminal, true, |state, owner| {
        Ok((owner_line(owner.as_deref()) + &show::history(state, hunt, terminal.width())?, ExitCode::Ok))
    })
}
