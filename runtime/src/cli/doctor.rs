//! `huntc doctor`: connection, credentials, mappings and ECS coverage of data sources.

use super::args::{ConfigArgs, SourceArgs};
use super::exit::ExitCode;
use super::judge::at;
use super::open::ready;
use super::session::Session;
use super::terminal::Terminal;
use crate::config::Config;
use crate::config::binding::Binding;
use crate::report::sanitize::terminal as safe;
use crate::report::text::{count, seconds, table};
use crate::source::{DataSource, FetchContext, SourceError};
use huntc_compiler::backend::elastic::query::{Exists, Query};
use huntc_compiler::backend::elastic::request::BoundRequest;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::diag::codes::config::UNKNOWN_SOURCE;
use huntc_compiler::diag::{Diagnostic, suggest};
use huntc_compiler::source::Span;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant as Clock;

/// Look at data sources: connection, credentials, and which ECS fields their records have
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  huntc doctor\n  huntc doctor host101\n  huntc doctor lab --source lab=events.ndjson.gz")]
pub(super) struct Args {
    /// A bound name; all of them without one
    #[arg(value_name = "SOURCE")]
    source: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    sources: SourceArgs,
}

pub(super) fn run(args: &Args, terminal: Terminal) -> ExitCode {
    let mut session = Session::new(terminal, args.config.config.clone(), args.sources.sources.clone());
    let config = match session.config(Path::new(".")) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let Some(name) = &args.source else {
        let broken: Vec<Diagnostic> = config.broken.values().cloned().collect();
        session.show(&broken);
        let start = if broken.is_empty() { ExitCode::Ok } else { ExitCode::Usage };
        return config.sources.values().fold(start, |code, binding| code.worst(examine(binding, &mut session)));
    };
    let name = name.strip_prefix("stixshifter://").unwrap_or(name).to_lowercase();
    if let Some(binding) = config.sources.get(&name) {
        return examine(binding, &mut session);
    }
    let problem = config.broken.get(&name).cloned().unwrap_or_else(|| unknown(&name, &config, &mut session));
    session.show(&[problem]);
    ExitCode::Usage
}

fn unknown(name: &str, config: &Config, session: &mut Session) -> Diagnostic {
    let span = Span::new(session.sources.add_text("command line", name), 0, name.len());
    let problem = Diagnostic::new(&UNKNOWN_SOURCE, span, format!("no data source `{name}` is bound")).label("not bound");
    match suggest::best(name, config.sources.keys().map(String::as_str)) {
        Some(near) => problem.help(format!("`huntc doctor {near}` is the nearest")),
        None => problem.help("`huntc sources` lists what is bound"),
    }
}

/// Looks at one source and says what is found.
fn examine(binding: &Binding, session: &mut Session) -> ExitCode {
    let terminal = session.terminal;
    terminal.out(&format!(
        "{}: {} {}\n  from {}\n",
        safe(&binding.name),
        binding.kind_word(),
        safe(&binding.location()),
        safe(&binding.origin.to_string())
    ));
    match look(binding, session) {
        Ok(text) => {
            terminal.out(&text);
            ExitCode::Ok
        }
        Err(error) => {
            let span = Span::new(session.sources.add_text("configuration", binding.name.as_str()), 0, binding.name.len());
            session.show(&[at(&error, span)]);
            ExitCode::Failed
        }
    }
}

fn look(binding: &Binding, session: &Session) -> Result<String, SourceError> {
    let begun = Clock::now();
    let ready = ready(binding, &session.environment)?;
    let (source, report) = ready.open()?;
    let mut out = ready.server()?.map_or_else(String::new, |server| format!("  server: {}\n", safe(&server)));
    let all = total(source.as_ref(), Query::MatchAll)?;
    let _ = writeln!(out, "  {} (asked in {})", count(all, "record"), seconds(begun.elapsed()));
    if report.bad_total > 0 {
        let _ = writeln!(out, "  {} are no records", count(report.bad_total, "line"));
    }
    if all > 0 {
        out.push_str(&coverage(source.as_ref(), all, session.terminal.width())?);
    }
    out.push('\n');
    Ok(out)
}

/// How many records have the fields that make each entity type.
fn coverage(source: &dyn DataSource, all: u64, width: Option<u16>) -> Result<String, SourceError> {
    let mut rows = table(width);
    rows.set_header(["FIELD", "RECORDS", "SHARE", "WITHOUT IT"]);
    let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
    for (field, use_of) in needed(Catalog::builtin()) {
        let records = match counted.get(field) {
            Some(records) => *records,
            None => total(source, Query::Exists(Exists { field: field.to_owned() }))?,
        };
        counted.insert(field, records);
        let share = format!("{:.1} %", records as f64 * 100.0 / all as f64);
        rows.add_row([field, &records.to_string(), &share, if records == 0 { &use_of } else { "" }]);
    }
    Ok(format!("{}\n", rows.trim_fmt()))
}

/// Fields that identities and everyday attributes are read from, with what cannot be hunted without them.
fn needed(catalog: &Catalog) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = vec![
        ("host.name", "files and registry keys of several hosts are one".to_owned()),
        ("event.code", "creation records are only known by event.category and event.type".to_owned()),
        ("process.command_line", "no command lines".to_owned()),
        ("process.name", "no process names".to_owned()),
    ];
    for entity in ["process", "network-traffic", "file", "windows-registry-key", "user-account", "domain-name"] {
        let Some(entity) = catalog.entity(entity).map(|id| catalog.get(id)) else { continue };
        let slots = entity.get_slots().flat_map(|slot| entity.identity.required.iter().map(move |attr| (slot, *attr)));
        for (slot, attr) in slots {
            let Some(access) = entity.access(attr, slot) else { continue };
            let place = entity.slots.get(usize::from(slot.0)).map_or("", |s| s.name.as_str());
            for field in access.fields.iter().filter(|f| !fields.iter().any(|(known, _)| known == f)).collect::<Vec<_>>() {
                fields.push((field, format!("no {} in slot {place}", entity.name)));
            }
        }
    }
    fields
}

fn total(source: &dyn DataSource, query: Query<huntc_compiler::backend::elastic::query::Never>) -> Result<u64, SourceError> {
    let request = BoundRequest { query, window: None, fields: Vec::new(), first_only: false };
    source.count(&request, &FetchContext::default())
}
