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
use crate::config::{Config, source_name, without_secrets};
use crate::session::clock::now;
use crate::session::{Session, other_clocks};
use crate::source::SourceError;
use health::Health;
use huntc_compiler::diag::codes::config::UNKNOWN_SOURCE;
use huntc_compiler::diag::{Diagnostic, suggest};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Look at data sources: connection, credentials, mappings, clocks, and which ECS fields their records have
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Ends with 0 where every source answers, with 3 where one does not, with 4 where a part of one cannot\nbe seen, with 2 where one is bound wrongly.\n\nExamples:\n  huntc doctor\n  huntc doctor host101\n  huntc doctor events.ndjson.gz\n  huntc doctor lab --source lab=events.ndjson.gz --format json\n  huntc doctor --save mappings.json\n  huntc doctor export.csv --suggest"
)]
pub(super) struct DoctorArgs {
    /// A bound name, or a file or folder; all that is bound without one
    ///
    /// A file that is not bound is looked at as a source that has its name without what follows the first dot.
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
    let file = args.source.as_deref().filter(|name| !args.suggest && is_file_alone(name, args, terminal));
    let binding = file.map(|path| (name_of(path), path));
    let bound = binding.as_ref().map(|(name, path)| format!("{name}={path}"));
    let sources = SourceArgs { sources: args.sources.sources.iter().cloned().chain(bound).collect(), ..args.sources.clone() };
    let (mut console, config) = match Console::here(terminal, &args.config, &sources) {
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
    let names = if let Some((name, _)) = binding {
        vec![name]
    } else if let Some(name) = &args.source {
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
            let clocks = other_clocks_of(&health, &mut console);
            console.show(clocks.as_slice());
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

/// Whether a word is no name of a source, but the path of something.
fn is_file_alone(word: &str, args: &DoctorArgs, terminal: Terminal) -> bool {
    // An offset may be of the source that the file becomes.
    let sources = SourceArgs { log_time_offsets: Vec::new(), ..args.sources.clone() };
    let config = Console::new(terminal, &args.config, &sources).session.config(Path::new("."));
    // What is wrong with the configuration is told when it is read again.
    let bound = config.is_ok_and(|config| {
        let name = source_name(word);
        config.sources.contains_key(&name) || config.broken.contains_key(&name)
    });
    !bound && Path::new(word).exists()
}

/// The name of the source that a file becomes: `psh.json.gz` is `psh`.
fn name_of(path: &str) -> String {
    let file = Path::new(path).file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let stem = file.split('.').find(|part| !part.is_empty()).unwrap_or("log");
    stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
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
    Health::misbound(&without_secrets(name), problem)
}

/// The warning about its clock, if it has another than UTC.
fn other_clocks_of(health: &Health, console: &mut Console) -> Option<Diagnostic> {
    let examined = health.examined.as_ref()?;
    let span = console.session.command_line(&health.name);
    other_clocks(&examined.unread, Some(&health.name), span)
}

fn unknown(name: &str, config: &Config, console: &mut Console) -> Diagnostic {
    // Who forgot that an address stands behind `--source` may have written a password.
    let name = without_secrets(name);
    let name = name.as_ref();
    let span = console.session.command_line(name);
    let problem = Diagnostic::new(&UNKNOWN_SOURCE, span, format!("no data source `{name}` is bound")).label("not bound");
    match suggest::best(name, config.sources.keys().map(String::as_str)) {
        Some(near) => problem.help(format!("`huntc doctor {near}` is the nearest")),
        None => problem.help("`huntc sources` lists what is bound"),
    }
}
