//! `huntc.toml`: sources, analytics, lint levels, limits of a run, and options of nightly hunts.

use super::analytic::{Action, AnalyticBinding, DEFAULT_TIMEOUT};
use super::binding::{Binding, BindingOrigin};
use super::model::Config;
use super::reader::{Document, TomlTable};
use super::text::{read_text, source_name};
use super::{kinds, mask, nightly};
use huntc_compiler::diag::codes::config::{BAD_CONFIG, UNKNOWN_LINT};
use huntc_compiler::diag::{Diagnostic, Severity, codes, suggest};
use huntc_compiler::source::{SourceSet, Span};
use std::path::Path;
use toml::de::{DeTable, DeValue};

const TOP: [&str; 5] = ["sources", "analytics", "lints", "run", "nightly"];
/// The keys of every source. Each kind adds its own.
const SOURCE: [&str; 4] = ["uri", "path", "default_window", "like_case"];
const ANALYTIC: [&str; 5] = ["exec", "lookup", "key", "outputs", "timeout"];
const RUN: [&str; 8] = ["roots", "mapping", "concurrency", "max_records", "max_requests", "max_memory", "timeout", "hints"];

/// Reads a file into `config`.
pub(super) fn read(path: &Path, sources: &mut SourceSet, config: &mut Config, problems: &mut Vec<Diagnostic>) {
    let name = path.display().to_string();
    let text = match read_text(path) {
        Ok(text) => text,
        Err(reason) => {
            let id = sources.add_text(name.clone(), "");
            let problem =
                Diagnostic::new(&BAD_CONFIG, Span::new(id, 0, 0), format!("the configuration file `{name}` cannot be read"));
            problems.push(
                problem.label("not readable").note(format!("the reason: {reason}")).help("give an existing file with `--config`"),
            );
            return;
        }
    };
    let id = sources.add_text(name, mask::mask(&text).as_ref());
    let base = path.parent().unwrap_or(Path::new(""));
    let mut document = Document { id, base, problems: Vec::new() };
    match DeTable::parse(&text) {
        Ok(root) => read_tables(&TomlTable::of_document(&root, &document), path, &mut document, config),
        Err(error) => {
            let span = document.span(error.span().unwrap_or(0..0));
            let headline = format!("the configuration is no valid TOML: {}", error.message().lines().next().unwrap_or_default());
            let problem = Diagnostic::new(&BAD_CONFIG, span, headline.trim_end_matches('.').to_owned());
            document.problems.push(problem.label("here").help("`huntc explain K0801` shows a whole file"));
        }
    }
    document.problems.sort_by_key(|p| p.primary.span);
    problems.append(&mut document.problems);
}

fn read_tables(root: &TomlTable<'_, '_>, path: &Path, document: &mut Document<'_>, config: &mut Config) {
    root.only(document, &TOP);
    if let Some(table) = root.table(document, "sources") {
        for (name, _, value) in table.entries() {
            let Some(table) = document.table(value, format!("[sources.{name}]")) else { continue };
            let name = source_name(name);
            if let Some(binding) = source(&table, &name, path, document) {
                config.sources.insert(name, binding);
            }
        }
    }
    if let Some(table) = root.table(document, "analytics") {
        for (uri, _, value) in table.entries() {
            let Some(table) = document.table(value, format!("[analytics.\"{uri}\"]")) else { continue };
            if let Some(binding) = analytic(&table, uri, path, document) {
                config.analytics.insert(binding.uri.clone(), binding);
            }
        }
    }
    if let Some(table) = root.table(document, "lints") {
        lints(&table, document, config);
    }
    if let Some(table) = root.table(document, "run") {
        run(&table, document, config);
    }
    if let Some(table) = root.table(document, "nightly") {
        config.nightly = nightly::read(&table, document);
    }
}

fn source(table: &TomlTable<'_, '_>, name: &str, path: &Path, document: &mut Document<'_>) -> Option<Binding> {
    let keys: Vec<&str> = SOURCE.into_iter().chain(kinds::address_keys()).collect();
    table.only(document, &keys);
    let uri = table.text(document, "uri");
    let kind = match (uri, table.path(document, "path")) {
        (Some(uri), None) => kinds::of_table(&uri, table, document)?,
        (None, Some(path)) => {
            if let Some(key) = kinds::address_keys().find(|k| table.value(k).is_some()) {
                document.bad(table.span, format!("{} has `path`, so it takes no `{key}`", table.name), "only a cluster has it");
            }
            kinds::of_path(path)
        }
        (None, None) if table.value("uri").is_some() || table.value("path").is_some() => return None,
        // The unknown key was reported already, and is probably a misspelt `uri` or `path`.
        (None, None) if table.entries().any(|(key, ..)| !keys.contains(&key)) => return None,
        _ => {
            document.bad(
                table.span,
                format!("{} needs either `uri` or `path`", table.name),
                "`uri` of a cluster, or `path` of a file, folder or store",
            );
            return None;
        }
    };
    let default_window = table.duration(document, "default_window");
    let like_case = table.text(document, "like_case");
    let like_case_sensitive = like_case.as_ref().is_some_and(|c| c.value == "sensitive");
    if let Some(case) = like_case.filter(|c| !["sensitive", "insensitive"].contains(&c.value)) {
        document.bad(case.span, format!("`like_case` is not `{}`", case.value), "\"sensitive\" or \"insensitive\" is needed here");
    }
    Some(Binding {
        name: name.to_owned(),
        kind,
        origin: BindingOrigin::File(path.to_path_buf()),
        default_window,
        like_case_sensitive,
    })
}

fn analytic(table: &TomlTable<'_, '_>, uri: &str, path: &Path, document: &mut Document<'_>) -> Option<AnalyticBinding> {
    table.only(document, &ANALYTIC);
    let exec = table.texts(document, "exec", false);
    let lookup = table.path(document, "lookup");
    let action = match (exec, lookup) {
        (Some(command), None) => Action::Exec(command),
        (None, Some(lookup)) => {
            let Some(key) = table.text(document, "key") else {
                document.bad(table.span, format!("{} needs `key`", table.name), "the attribute that the table is looked up by");
                return None;
            };
            Action::Lookup { table: lookup, key: key.value.to_owned() }
        }
        _ => {
            document.bad(table.span, format!("{} needs either `exec` or `lookup`", table.name), "a command, or a CSV table");
            return None;
        }
    };
    Some(AnalyticBinding {
        // In Kestrel a name without a scheme is one of `python://`.
        uri: if uri.contains("://") { uri.to_owned() } else { format!("python://{uri}") },
        action,
        outputs: table.texts(document, "outputs", false),
        timeout: table.duration(document, "timeout").unwrap_or(DEFAULT_TIMEOUT),
        origin: BindingOrigin::File(path.to_path_buf()),
    })
}

fn lints(table: &TomlTable<'_, '_>, document: &mut Document<'_>, config: &mut Config) {
    for (name, at, value) in table.entries() {
        let span = document.span(at);
        if let Err(problem) = lint(name, span) {
            document.problems.push(*problem);
            continue;
        }
        let level = if let DeValue::String(text) = value.get_ref() { level(text) } else { Err(()) };
        if let Ok(level) = level {
            config.lints.levels.push((name.to_owned(), level));
        } else {
            let span = document.span(value.span());
            document.bad(span, format!("`{name}` is not a level"), "\"allow\", \"warn\" or \"deny\" is needed here");
        }
    }
}

/// The level that a word names; `Ok(None)` is `allow`. Any other word is an error.
fn level(text: &str) -> Result<Option<Severity>, ()> {
    match text {
        "allow" => Ok(None),
        "warn" => Ok(Some(Severity::Warning)),
        "deny" => Ok(Some(Severity::Error)),
        _ => Err(()),
    }
}

/// The error when a name is not that of a lint.
pub fn lint(name: &str, span: Span) -> Result<(), Box<Diagnostic>> {
    let problem = match codes::find(name) {
        Some(code) if code.lint => return Ok(()),
        Some(code) => {
            let headline = format!("`{}` is an error that cannot be moved", code.id);
            Diagnostic::new(&UNKNOWN_LINT, span, headline).help("correct the huntflow; `huntc explain` lists the lints")
        }
        None => {
            let all = codes::all();
            let problem = Diagnostic::new(&UNKNOWN_LINT, span, format!("there is no lint `{name}`")).label("not a lint");
            match suggest::best(name, all.iter().filter(|c| c.lint).map(|c| c.slug)) {
                Some(near) => problem.fix("the nearest lint is", span, near),
                None => problem.help("`huntc explain` lists the lints"),
            }
        }
    };
    Err(Box::new(problem))
}

fn run(table: &TomlTable<'_, '_>, document: &mut Document<'_>, config: &mut Config) {
    table.only(document, &RUN);
    let run = &mut config.run;
    if let Some(roots) = table.texts(document, "roots", false) {
        run.roots = roots.iter().map(|r| document.base.join(r)).collect();
    }
    run.mapping = table.path(document, "mapping");
    run.concurrency = table.number(document, "concurrency", 1..=64).map(|n| n as usize);
    run.max_records = table.number(document, "max_records", 1..=u64::MAX);
    run.max_requests = table.number(document, "max_requests", 1..=u64::MAX);
    run.max_memory = table.size(document, "max_memory");
    run.timeout = table.duration(document, "timeout");
    run.hints = table.boolean(document, "hints");
}
