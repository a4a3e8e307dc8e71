//! `huntc doctor`: connection, credentials, mappings and ECS coverage of data sources.

mod entities;
mod examine;
mod health;
mod own_fields;
mod show;

use super::args::{ConfigArgs, SourceArgs, TextOrJson};
use super::console::Console;
use super::exit::ExitCode;
use super::sources::none_bound;
use super::terminal::Terminal;
use crate::config::{Config, source_name};
use crate::session::clock::now;
use health::Health;
use huntc_compiler::diag::codes::config::UNKNOWN_SOURCE;
use huntc_compiler::diag::{Diagnostic, suggest};

/// Look at data sources: connection, credentials, mappings, clocks, and which ECS fields their records have
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Ends with 0 where every source answers, with 3 where one does not, with 2 where one is bound wrongly.\n\nExamples:\n  huntc doctor\n  huntc doctor host101\n  huntc doctor lab --source lab=events.ndjson.gz --format json"
)]
pub(super) struct DoctorArgs {
    /// A bound name; all of them without one
    #[arg(value_name = "SOURCE")]
    source: Option<String>,
    /// How to show what is found
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: TextOrJson,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    sources: SourceArgs,
}

pub(super) fn run(args: &DoctorArgs, terminal: Terminal) -> ExitCode {
    let (mut console, config) = match Console::here(terminal, &args.config, &args.sources) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let names = if let Some(name) = &args.source {
        vec![source_name(name)]
    } else {
        let mut names: Vec<String> = config.sources.keys().chain(config.broken.keys()).cloned().collect();
        names.sort();
        names
    };
    if names.is_empty() && args.format == TextOrJson::Text {
        terminal.out(&none_bound());
    }
    let mut found = Vec::new();
    let mut code = ExitCode::Ok;
    for name in names {
        let health = of(&name, &config, &mut console);
        code = code.worst(health.exit_code());
        if args.format == TextOrJson::Text {
            // Each source is shown as soon as it is examined, because the next one may take long.
            terminal.out(&show::text(&health, terminal.width()));
            console.show(health.problem.as_slice());
            console.show(config.notices.get(&health.name).map_or(&[], Vec::as_slice));
        }
        found.push(health);
    }
    if args.format == TextOrJson::Json {
        terminal.out(&show::json(&found, &console.session.texts));
    }
    code
}

fn of(name: &str, config: &Config, console: &mut Console) -> Health {
    if let Some(binding) = config.sources.get(name) {
        return examine::examine(binding, &config.fields, console, now());
    }
    let problem = config.broken.get(name).cloned().unwrap_or_else(|| unknown(name, config, console));
    Health::misbound(name, problem)
}

fn unknown(name: &str, config: &Config, console: &mut Console) -> Diagnostic {
    let span = console.session.command_line(name);
    let problem = Diagnostic::new(&UNKNOWN_SOURCE, span, format!("no data source `{name}` is bound")).label("not bound");
    match suggest::best(name, config.sources.keys().map(String::as_str)) {
        Some(near) => problem.help(format!("`huntc doctor {near}` is the nearest")),
        None => problem.help("`huntc sources` lists what is bound"),
    }
}
