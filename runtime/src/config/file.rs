//! `huntc.toml`: sources, analytics, lint levels, limits of a run, and options of nightly hunts.

use super::analytics_table::AnalyticsReader;
use super::binding::{Binding, BindingOrigin};
use super::environment::Environment;
use super::flags::OFFSETS;
use super::model::Config;
use super::reader::{Document, TomlTable};
use super::text::{read_text, source_name};
use super::trust::{self, Chosen, ConfigFile, Writers, is_below};
use super::{columns, fields, kinds, mask, nightly};
use crate::source::logs::{FileSettings, LogTimeOffset};
use crate::source::regular_file;
use crate::source::web_file::AllowedHost;
use huntc_compiler::catalog::OwnField;
use huntc_compiler::diag::codes::config::{BAD_CONFIG, REPLACEABLE_CONFIG, UNKNOWN_LINT, UNTRUSTED_CONFIG};
use huntc_compiler::diag::{Diagnostic, Severity, codes, suggest};
use huntc_compiler::source::{SourceSet, Span};
use reqwest::Url;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

const TOP: [&str; 6] = ["sources", "analytics", "fields", "lints", "run", "nightly"];
/// The keys of every source. Each kind adds its own.
const SOURCE: [&str; 7] = ["uri", "path", "default_window", "like_case", "clock", "columns", OFFSET];
/// The key with what is added to when Windows events were logged.
const OFFSET: &str = "log_time_offset";
/// The values of `clock`.
const EVENT_CLOCK: &str = "@timestamp";
const ARRIVAL_CLOCKS: [&str; 2] = ["event.ingested", "event.created"];
const RUN: [&str; 10] = [
    "aggregate_from",
    "allow_fetch",
    "roots",
    "mapping",
    "concurrency",
    "max_records",
    "max_requests",
    "max_memory",
    "timeout",
    "hints",
];

/// Reads a file into `config`.
pub(super) fn read(
    file: &ConfigFile,
    environment: &Environment,
    sources: &mut SourceSet,
    config: &mut Config,
    problems: &mut Vec<Diagnostic>,
) {
    let path = file.path.as_path();
    let name = path.display().to_string();
    let (text, trusted) = match open(file, environment) {
        Ok(opened) => opened,
        Err(Closed::Unreadable(reason)) => {
            let id = sources.add_text(name.clone(), "");
            let problem =
                Diagnostic::new(&BAD_CONFIG, Span::new(id, 0, 0), format!("the configuration file `{name}` cannot be read"));
            problems.push(
                problem.label("not readable").note(format!("the reason: {reason}")).help("give an existing file with `--config`"),
            );
            return;
        }
        Err(Closed::Replaceable(how)) => {
            let id = sources.add_text(name.clone(), "");
            let problem = Diagnostic::new(&REPLACEABLE_CONFIG, Span::new(id, 0, 0), format!("others could have written `{name}`"));
            let problem = problem.label("found, and not read").note(how);
            problems.push(problem.help(format!("if it is yours, name it: `--config {name}`; else remove it, or work elsewhere")));
            return;
        }
    };
    let id = sources.add_text(name, mask::toml(&text));
    let base = path.parent().unwrap_or(Path::new(""));
    let mut document = Document { id, base, trusted, off: Vec::new(), problems: Vec::new() };
    match DeTable::parse(&text) {
        Ok(root) => {
            let reader = FileReader { path, environment };
            reader.tables(&TomlTable::of_document(&root, &document), &mut document, config);
            config.untrusted = untrusted(path, &document.off);
            config.off = document.off.drain(..).map(|(what, _)| what).collect();
        }
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

/// Why a configuration is not read.
enum Closed {
    Unreadable(String),
    /// Others could have written it; the text says how.
    Replaceable(String),
}

/// The text of a file, and whether it is trusted.
fn open(file: &ConfigFile, environment: &Environment) -> Result<(String, bool), Closed> {
    let unreadable = |e: &dyn std::fmt::Display| Closed::Unreadable(e.to_string());
    let writers = match file.chosen {
        // Pipes and the like are fine where the user names them.
        Chosen::Named => return Ok((read_text(&file.path).map_err(|e| unreadable(&e))?, true)),
        Chosen::Own | Chosen::Near => trust::writers(&file.path).map_err(|e| unreadable(&e))?,
    };
    if let Writers::Others(how) = writers {
        return Err(Closed::Replaceable(how));
    }
    let text = regular_file::read_text(&file.path).map_err(|e| unreadable(&e))?;
    let trusted = trust::is_trusted(file, &writers, &text, environment);
    Ok((text, trusted))
}

/// Most settings that a warning names.
const NAMED: usize = 8;

/// The one warning about everything that a file which is not trusted does not get.
fn untrusted(path: &Path, off: &[(String, Span)]) -> Option<Diagnostic> {
    let (_, first) = off.first()?;
    let headline = format!("`{}` is not trusted, so a part of it is off", path.display());
    let warning = Diagnostic::new(&UNTRUSTED_CONFIG, *first, headline).label("needs trust");
    let warning = off.iter().take(NAMED).fold(warning, |warning, (what, _)| warning.note(format!("off: {what}")));
    let more = off.len().saturating_sub(NAMED);
    let warning = if more > 0 { warning.note(format!("and {more} more")) } else { warning };
    Some(warning.help(trust::way_out(path)))
}

/// The file that is read, for what comes of it.
struct FileReader<'a> {
    path: &'a Path,
    environment: &'a Environment,
}

impl FileReader<'_> {
    fn tables(&self, root: &TomlTable<'_, '_>, document: &mut Document<'_>, config: &mut Config) {
        root.only(document, &TOP);
        if let Some(table) = root.table(document, "fields") {
            config.fields = fields::read(&table, document);
        }
        if let Some(table) = root.table(document, "sources") {
            for (name, _, value) in table.entries() {
                let Some(table) = document.table(value, format!("[sources.{name}]")) else { continue };
                let name = source_name(name);
                if let Some(binding) = self.source(&table, &name, &config.fields, document) {
                    config.sources.insert(name, binding);
                }
            }
        }
        if let Some(table) = root.table(document, "analytics") {
            AnalyticsReader { path: self.path, environment: self.environment }.read(&table, document, config);
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

    fn source(&self, table: &TomlTable<'_, '_>, name: &str, own: &[OwnField], document: &mut Document<'_>) -> Option<Binding> {
        let keys: Vec<&str> = SOURCE.into_iter().chain(kinds::address_keys()).collect();
        table.only(document, &keys);
        let uri = table.text(document, "uri");
        let place = uri.as_ref().map_or(table.span, |uri| uri.span);
        let mut kind = match (uri, table.path(document, "path")) {
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
        if kind.sends() && !document.allows(place, || format!("{}: sends requests to {}", table.name, kind.location())) {
            kind = kinds::untrusted(kind, self.path.to_path_buf());
        }
        let columns = columns::read(table, own, document).map(Arc::new);
        let offset = log_time_offset(table, document);
        let told = columns.is_some() || offset.is_some();
        let settings = FileSettings { columns, log_time_offset: offset.unwrap_or_default() };
        if told {
            match kinds::with_settings(kind.as_ref(), settings) {
                Some(explained) => kind = explained,
                None => {
                    for key in ["columns", OFFSET].into_iter().filter(|key| table.value(key).is_some()) {
                        document.bad(table.span, format!("{} takes no `{key}`", table.name), "only log files have it");
                    }
                }
            }
        }
        let default_window = table.duration(document, "default_window");
        let like_case = table.text(document, "like_case");
        let like_case_sensitive = like_case.as_ref().is_some_and(|c| c.value == "sensitive");
        if let Some(case) = like_case.filter(|c| !["sensitive", "insensitive"].contains(&c.value)) {
            document.bad(
                case.span,
                format!("`like_case` is not `{}`", case.value),
                "\"sensitive\" or \"insensitive\" is needed here",
            );
        }
        Some(Binding {
            name: name.to_owned(),
            kind,
            origin: BindingOrigin::File(self.path.to_path_buf()),
            place,
            default_window,
            like_case_sensitive,
            clock: clock(table, document),
            kibana: kibana(table, document),
        })
    }
}

/// What is added to when Windows events were logged.
fn log_time_offset(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Option<LogTimeOffset> {
    let text = table.text(document, OFFSET)?;
    let offset = LogTimeOffset::parse(text.value);
    if offset.is_none() {
        document.bad(text.span, format!("`{OFFSET}` is no offset"), format!("{OFFSETS} is needed here"));
    }
    offset
}

/// The field by which nights look; `None`: `@timestamp`. Records without the field are looked at by `@timestamp`, so a misspelt
/// name would miss what comes late.
fn clock(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Option<String> {
    let field = table.text(document, "clock")?;
    if field.value != EVENT_CLOCK && !ARRIVAL_CLOCKS.contains(&field.value) {
        let message = format!("`{}` is no field with the time of arrival", field.value);
        document.bad(field.span, message, "\"event.ingested\", \"event.created\" or \"@timestamp\" is needed here");
        return None;
    }
    (field.value != EVENT_CLOCK).then(|| field.value.to_owned())
}

/// The address of Kibana, without a `/` at its end. Whoever follows a link there shows what the hunt asked, so it needs trust.
fn kibana(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Option<String> {
    let text = table.text(document, "kibana")?;
    let url = Url::parse(text.value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let plain =
        |url: &Url| url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let Some(url) = url.filter(plain) else {
        let wanted = "an address like \"https://kibana.example:5601\" is needed here, without credentials and query";
        document.bad(text.span, "`kibana` is no address of a Kibana", wanted);
        return None;
    };
    let address = url.as_str().trim_end_matches('/').to_owned();
    document.allows(text.span, || format!("{}: reports link to {address}", table.name)).then_some(address)
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
        let roots = roots.iter().map(|root| document.base.join(root));
        let allowed = |root: &PathBuf| {
            let off = || format!("`roots` of [run]: LOAD and SAVE use {}", root.display());
            is_below(document.base, root) || document.allows(table.span, off)
        };
        run.roots = roots.filter(allowed).collect();
    }
    if let Some(hosts) = table.texts(document, "allow_fetch", false) {
        for host in hosts {
            match AllowedHost::parse(&host) {
                Ok(allowed) => {
                    let off = || format!("`allow_fetch` of [run]: huntflows fetch files from {allowed}");
                    if document.allows(table.span, off) {
                        run.allow_fetch.push(allowed);
                    }
                }
                Err(why) => document.bad(
                    table.span,
                    format!("`allow_fetch` has a text that is no host: {why}"),
                    "`\"bundles.example\"` or `\"bundles.example:8443\"` is needed",
                ),
            }
        }
    }
    run.mapping = table.path(document, "mapping");
    run.concurrency = table.number(document, "concurrency", 1..=64).map(|n| n as usize);
    run.max_records = table.number(document, "max_records", 1..=u64::MAX);
    run.max_requests = table.number(document, "max_requests", 1..=u64::MAX);
    run.aggregate_from = table.number(document, "aggregate_from", 0..=u64::MAX);
    run.max_memory = table.size(document, "max_memory");
    run.timeout = table.duration(document, "timeout");
    run.hints = table.boolean(document, "hints");
}
