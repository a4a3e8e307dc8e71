//! `huntc doctor`: connection, credentials, mappings and ECS coverage of data sources.

mod columns;
mod entities;
mod examine;
mod health;
mod own_fields;
mod show;

use super::args::{ConfigArgs, SourceArgs, TextOrJson};
use super::console::Console;
use super::exit::ExitCode;
use super::mappings::MappingFile;
use super::sources::none_bound;
use super::terminal::Terminal;
use crate::config::{Config, source_name};
use crate::session::Session;
use crate::session::clock::now;
use crate::source::SourceError;
use health::Health;
use huntc_compiler::diag::codes::config::UNKNOWN_SOURCE;
use huntc_compiler::diag::{Diagnostic, suggest};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Look at data sources: connection, credentials, mappings, clocks, and which ECS fields their records have
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Ends with 0 where every source answers, with 3 where one does not, with 4 where a part of one cannot\nbe seen, with 2 where one is bound wrongly.\n\nExamples:\n  huntc doctor\n  huntc doctor host101\n  huntc doctor Security.evtx\n  huntc doctor lab --source lab=events.ndjson.gz --format json\n  huntc doctor --save mappings.json\n  huntc doctor export.csv --suggest"
)]
pub(super) struct DoctorArgs {
    /// A bound name, or a file or folder; all that is bound without one
    #[arg(value_name = "SOURCE")]
    source: Option<String>,
    /// How to show what is found
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: TextOrJson,
    /// Save the mappings of the clusters among them for `huntc check` and `huntc compile`, which then need no server
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Propose a table for huntc.toml that says which ECS fields the columns of a CSV file, or the values of JSON, are;
    /// SOURCE is the file then
    #[arg(long, requires = "source")]
    suggest: bool,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    sources: SourceArgs,
}

pub(super) fn run(args: &DoctorArgs, terminal: Terminal) -> ExitCode {
    let (mut console, config) = match opened(args, terminal) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    if let Some(file) = args.source.as_ref().filter(|_| args.suggest) {
        return match columns::suggest(Path::new(file)) {
            Ok(text) => {
                terminal.out(&text);
                ExitCode::Ok
            }
            Err(error) => console.refuse(&error, file, ExitCode::Usage),
        };
    }
    let names = if let Some(name) = &args.source {
        vec![source_name(name)]
    } else {
        let mut names: Vec<String> = config.sources.keys().chain(config.broken.keys()).cloned().collect();
        names.sort();
        names
    };
    if names.is_empty() && args.format == TextOrJson::Text {
        terminal.show(&none_bound());
    }
    let mut found = Vec::new();
    let mut code = ExitCode::Ok;
    for name in names {
        let health = of(&name, &config, &mut console);
        code = code.worst(health.exit_code());
        if args.format == TextOrJson::Text {
            // Each source is shown as soon as it is examined, because the next one may take long.
            terminal.show(&show::text(&health, terminal.width()));
            console.show(health.problem.as_slice());
            console.show(config.notices.get(&health.name).map_or(&[], Vec::as_slice));
        }
        found.push(health);
    }
    if args.format == TextOrJson::Json {
        terminal.out(&show::json(&found, &console.session.texts));
    }
    if let Some(path) = &args.save {
        let healthy: Vec<&str> = found.iter().filter(|h| h.problem.is_none()).map(|h| h.name.as_str()).collect();
        if let Err(error) = save(path, &healthy, &config, &console) {
            code = code.worst(console.refuse(&error, &path.display().to_string(), ExitCode::Failed));
        }
    }
    code
}

/// The configuration, in which a file or folder that is no source's name is bound under its own.
fn opened(args: &DoctorArgs, terminal: Terminal) -> Result<(Console, Arc<Config>), ExitCode> {
    let name = args.source.as_deref().unwrap_or_default();
    let mut sources = args.sources.clone();
    // Behind an equals sign a binding has its file.
    if !args.suggest && !name.contains('=') && Path::new(name).exists() {
        let config = Console::new(terminal, &args.config, &sources).session.config(Path::new("."));
        let bound = source_name(name);
        if config.is_ok_and(|config| !config.sources.contains_key(&bound) && !config.broken.contains_key(&bound)) {
            sources.sources.push(format!("{name}={name}"));
        }
    }
    Console::here(terminal, &args.config, &sources)
}

/// Saves the mappings of sources, of all fields that a hunt may name.
fn save(path: &Path, names: &[&str], config: &Config, console: &Console) -> Result<(), SourceError> {
    let catalog = Session::builtin_catalog().with_fields(&config.fields);
    let accesses = catalog.entities.iter().flat_map(|e| &e.attributes).flat_map(|a| a.access.iter().flatten());
    let mut fields: BTreeSet<String> = accesses.flat_map(|access| access.fields.iter().cloned()).collect();
    fields.extend(catalog.record_field_names().map(str::to_owned));
    fields.extend(config.fields.iter().map(|own| own.name.clone()));
    fields.insert("@timestamp".to_owned());
    fields.retain(|field| !field.starts_with('_'));
    let mut saved = BTreeMap::new();
    for (name, binding) in names.iter().filter_map(|name| Some((*name, config.sources.get(*name)?))) {
        let source = binding.kind.resolve(name, &console.session.environment)?;
        saved.extend(source.mappings(&fields)?.map(|mappings| (name.to_owned(), mappings)));
    }
    MappingFile::new(saved).write(path)
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
