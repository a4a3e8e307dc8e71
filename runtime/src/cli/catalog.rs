//! `huntc catalog`: the reference of all that can be hunted, and where each field comes from.

mod document;
mod page;
mod types;
mod words;

use super::args::{ConfigArgs, SourceArgs};
use super::console::Console;
use super::exit::ExitCode;
use super::terminal::Terminal;
use crate::session::{RunSettings, clock};
use huntc_compiler::catalog::{Catalog, EntityId};
use huntc_compiler::diag::codes::config::UNKNOWN_WORD;
use huntc_compiler::diag::{Diagnostic, suggest};
use page::Page;
use std::path::PathBuf;

/// Show what can be hunted: types with their attributes, fields of records, relations, functions
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc catalog\n  huntc catalog process\n  huntc catalog winlog.event_data.GrantedAccess\n  huntc catalog script_block\n  huntc catalog CREATED\n  huntc catalog COUNT --format json"
)]
pub(super) struct CatalogArgs {
    /// A type, a field, a relation, a function, an attribute, or a word in the names of fields; all without one
    #[arg(value_name = "TYPE|FIELD|RELATION|FUNCTION")]
    word: Option<String>,
    /// How to show it
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: PageFormat,
    /// Lay the rows of a CSV file over the built-in mapping of attributes to ECS fields
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
}

/// `--format` of pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
enum PageFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For documents; without a word the whole reference.
    Markdown,
}

pub(super) fn run(args: &CatalogArgs, terminal: Terminal) -> ExitCode {
    let (mut console, config) = match Console::here(terminal, &args.config, &SourceArgs::default()) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let settings = RunSettings { mapping: args.mapping.clone(), ..RunSettings::at(clock::now()) };
    let catalog = console.session.catalog(&config, &settings);
    let catalog = match console.usage(catalog) {
        Ok(catalog) => catalog,
        Err(code) => return code,
    };
    let Some(word) = &args.word else {
        match args.format {
            PageFormat::Markdown => terminal.out(&document::whole(&catalog)),
            format => show(&words::overview(&catalog), format, terminal),
        }
        return ExitCode::Ok;
    };
    if let Some(page) = find(&catalog, word) {
        show(&page, args.format, terminal);
        return ExitCode::Ok;
    }
    let span = console.session.command_line(word);
    let problem = Diagnostic::new(&UNKNOWN_WORD, span, format!("the catalog has no `{word}`")).label("not known");
    let names = catalog.entities.iter().map(|entity| entity.name.as_str()).chain(catalog.record_field_names());
    let problem = match suggest::best(word, names) {
        Some(near) => problem.help(format!("`huntc catalog {near}` is the nearest")),
        None => problem.help("`huntc catalog` lists all"),
    };
    console.show(&[problem]);
    ExitCode::Usage
}

fn show(page: &Page, format: PageFormat, terminal: Terminal) {
    match format {
        PageFormat::Text => terminal.show(&page.text(terminal.width())),
        PageFormat::Json => terminal.out(&format!("{}\n", page.json().trim_end())),
        PageFormat::Markdown => terminal.out(&page.markdown()),
    }
}

/// What a word names: a type, a relation, a function, a field, an attribute, or a word in names of fields; `None` where it names nothing.
fn find(catalog: &Catalog, word: &str) -> Option<Page> {
    let entity = |id: EntityId| types::page(catalog, id);
    let named = || catalog.entity(word).map(entity);
    named()
        .or_else(|| words::relation(catalog, word))
        .or_else(|| words::function(word))
        .or_else(|| words::field(catalog, word))
        .or_else(|| words::attribute(catalog, word))
        .or_else(|| words::fields_with(catalog, word))
}

/// Whether the built-in catalog has a page for a word.
pub(super) fn knows(word: &str) -> bool {
    find(&crate::session::Session::builtin_catalog(), word).is_some()
}
