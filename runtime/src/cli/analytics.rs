//! `huntc analytics`: what the configuration binds for APPLY.

use super::args::{ConfigArgs, SourceArgs, TextOrJson};
use super::console::Console;
use super::exit::ExitCode;
use super::terminal::Terminal;
use crate::config::Config;
use crate::config::analytic::AnalyticBinding;
use crate::report::sanitize::{json_line, terminal as safe};
use crate::report::text::table;

/// List the analytics that APPLY may name, with the place each comes from
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huntc analytics --config hunts/huntc.toml")]
pub(super) struct AnalyticsArgs {
    /// How to list them
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: TextOrJson,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(args: &AnalyticsArgs, terminal: Terminal) -> ExitCode {
    let config = match Console::here(terminal, &args.config, &SourceArgs::default()) {
        Ok((_, config)) => config,
        Err(code) => return code,
    };
    match args.format {
        TextOrJson::Text => terminal.show(&text(&config, terminal.width())),
        TextOrJson::Json => terminal.out(&json(&config)),
    }
    ExitCode::Ok
}

fn text(config: &Config, width: Option<u16>) -> String {
    if config.analytics.is_empty() && config.containers.is_none() {
        return "no analytic is bound; `huntc explain K1001` says how to bind one\n".to_owned();
    }
    let any = config.containers.as_ref().and_then(|all| all.of("docker://name"));
    let any = any.map(|any| AnalyticBinding { uri: "docker://NAME".to_owned(), ..any });
    let mut rows = table(width);
    rows.set_header(["NAME", "DOES", "ADDS", "TIMEOUT", "FROM"]);
    for analytic in config.analytics.values().chain(any.as_ref()) {
        let outputs = analytic.outputs.as_ref().map_or_else(|| "not declared".to_owned(), |o| o.join(", "));
        let timeout = format!("{}s", analytic.timeout.as_secs());
        let cells = [&analytic.uri, &analytic.action_text(), &outputs, &timeout, &analytic.origin.to_string()]
            .map(|c| safe(c).into_owned());
        rows.add_row(cells);
    }
    format!("{}\n", rows.trim_fmt())
}

fn json(config: &Config) -> String {
    let values: Vec<_> = config
        .analytics
        .values()
        .map(|a| {
            serde_json::json!({
                "name": a.uri,
                "does": a.action_text(),
                "adds": a.outputs,
                "timeout_seconds": a.timeout.as_secs(),
                "from": a.origin.to_string(),
            })
        })
        .collect();
    let text = json_line(&values).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned() + "\n"
}
