//! `huntc sources`: the data sources that the configuration binds, with the place of each binding. No source is asked.

use super::args::{ConfigArgs, SourceArgs, TextOrJson};
use super::console::Console;
use super::exit::ExitCode;
use super::terminal::Terminal;
use crate::config::Config;
use crate::report::sanitize::{json_line, terminal as safe};
use crate::report::text::table;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::run::UNBOUND_SOURCE;

/// List the data sources that are bound, with the place each comes from; secrets are hidden
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  huntc sources\n  huntc sources --config hunts/huntc.toml --format json")]
pub(super) struct SourcesArgs {
    /// How to list them
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: TextOrJson,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    sources: SourceArgs,
}

pub(super) fn run(args: &SourcesArgs, terminal: Terminal) -> ExitCode {
    let (console, config) = match Console::here(terminal, &args.config, &args.sources) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    match args.format {
        TextOrJson::Text => terminal.show(&text(&config, terminal.width())),
        TextOrJson::Json => terminal.out(&json(&config)),
    }
    let troubles: Vec<Diagnostic> = config.broken.values().chain(config.notices.values().flatten()).cloned().collect();
    console.show(&troubles);
    if config.broken.is_empty() { ExitCode::Ok } else { ExitCode::Usage }
}

fn text(config: &Config, width: Option<u16>) -> String {
    if config.sources.is_empty() {
        return none_bound();
    }
    let mut rows = table(width);
    rows.set_header(["NAME", "KIND", "LOCATION", "CREDENTIALS", "WINDOW", "FROM"]);
    for binding in config.sources.values() {
        let kind = &binding.kind;
        let window = binding.window().map_or_else(|| "all".to_owned(), |w| format!("{}s", w.as_secs()));
        let (location, credentials) = (kind.location(), kind.credentials().unwrap_or_default());
        let cells = [&binding.name, kind.word(), &location, &credentials, &window, &binding.origin.to_string()];
        let cells = cells.map(|c| safe(c).into_owned());
        rows.add_row(cells);
    }
    format!("{}\n", rows.trim_fmt())
}

/// The text for a configuration without data sources.
pub(super) fn none_bound() -> String {
    format!("no data source is bound; `huntc explain {}` says how to bind one\n", UNBOUND_SOURCE.id)
}

fn json(config: &Config) -> String {
    let values: Vec<_> = config
        .sources
        .values()
        .map(|b| {
            serde_json::json!({
                "name": b.name,
                "kind": b.kind.word(),
                "location": b.kind.location(),
                "credentials": b.kind.credentials(),
                "window_seconds": b.window().map(|w| w.as_secs()),
                "like_case": if b.like_case_sensitive { "sensitive" } else { "insensitive" },
                "from": b.origin.to_string(),
            })
        })
        .collect();
    let text = json_line(&values).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned() + "\n"
}
