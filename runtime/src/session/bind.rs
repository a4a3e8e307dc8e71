//! Binds the sources of a hunt to data, and reports problems at the statements that name them.

use super::other_clocks::other_clocks;
use super::{Huntflow, Session};
use crate::config::Config;
use crate::config::kinds::files::LogFiles;
use crate::config::kinds::web_file::WebFile;
use crate::config::kinds::{ResolvedSource, SourceKind as _};
use crate::load_save;
use crate::report::model::SourceReport;
use crate::report::sanitize::terminal;
use crate::report::text::{count, indices};
use crate::source::SourceError;
use crate::source::logs::ReadReport;
use huntc_compiler::diag::codes::elastic::NOT_SEARCHED;
use huntc_compiler::diag::codes::run::{FETCH_FAILED, UNBOUND_SOURCE};
use huntc_compiler::diag::codes::store::{BAD_LINES, LEFT_OUT, MENDED};
use huntc_compiler::diag::{Diagnostic, suggest};
use huntc_compiler::plan::{DataSource, Op, Plan};
use huntc_compiler::source::{SourceId, Span};
use std::collections::BTreeMap;

/// The bindings of a hunt's sources, by name, and the diagnostics about them.
#[derive(Default)]
pub(super) struct BoundSources {
    pub sources: BTreeMap<String, Box<dyn ResolvedSource>>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Session {
    /// Finds the binding of each source of a hunt. Opens nothing.
    pub(super) fn bind(&self, plan: &Plan, huntflow: &Huntflow, id: SourceId) -> BoundSources {
        let config = &huntflow.config;
        let mut bound = BoundSources::default();
        for source in &plan.sources {
            let span = statement_of(plan, &source.name).unwrap_or_else(|| Span::new(id, 0, 0));
            bound.diagnostics.extend(config.notices.get(&source.name).into_iter().flatten().cloned());
            match self.resolve(huntflow, source) {
                Some(Ok(resolved)) => _ = bound.sources.insert(source.name.clone(), resolved),
                Some(Err(error)) => bound.diagnostics.push(error.at(span)),
                None => {
                    let problem = config.broken.get(&source.name).cloned();
                    bound.diagnostics.push(problem.unwrap_or_else(|| unbound(source, config, span)));
                }
            }
        }
        bound
    }
}

impl Session {
    /// The source that is bound to a name, or that is a file itself; `None` when nothing is.
    pub(super) fn resolve(&self, huntflow: &Huntflow, source: &DataSource) -> Option<Result<Box<dyn ResolvedSource>, SourceError>> {
        if let Some(binding) = huntflow.config.sources.get(&source.name) {
            return Some(binding.kind.resolve(&source.name, &self.environment));
        }
        if let Some(file) = self.web_file(huntflow, &source.uri) {
            return Some(match file {
                Ok(file) => file.resolve(&source.name, &self.environment).map_err(|error| error.help(how_to_bind(&source.name))),
                Err(why) => Err(SourceError::new(&FETCH_FAILED, format!("`{}` cannot be fetched: {why}", source.uri))),
            });
        }
        let path = source.uri.strip_prefix("file://")?;
        let (folder, roots) = (huntflow.folder(), huntflow.roots());
        let log = load_save::log(path, &load_save::Place { folder: &folder, roots: &roots });
        Some(log.and_then(|path| LogFiles(vec![path]).resolve(&source.name, &self.environment)))
    }
}

impl Session {
    /// The file that an address of a hunt names, which may be fetched from allowed hosts; `None` where it is none.
    pub(super) fn web_file(&self, huntflow: &Huntflow, uri: &str) -> Option<Result<WebFile, &'static str>> {
        let is_web = ["https://", "http://"].iter().any(|scheme| uri.starts_with(scheme));
        let hosts = || [huntflow.config.run.allow_fetch.as_slice(), &self.allow_fetch].concat();
        is_web.then(|| WebFile::new(uri, &hosts()))
    }
}

fn unbound(source: &DataSource, config: &Config, span: Span) -> Diagnostic {
    let name = &source.name;
    let problem = Diagnostic::new(&UNBOUND_SOURCE, span, format!("nothing is bound to the data source `{name}`"))
        .label(format!("asks `{}`", source.uri));
    with_way_to_bind(problem, name, config)
}

/// Adds the nearest name that is bound, and how to bind this one.
pub(super) fn with_way_to_bind(problem: Diagnostic, name: &str, config: &Config) -> Diagnostic {
    let problem = match suggest::best(name, config.sources.keys().map(String::as_str)) {
        Some(near) => problem.note(format!("`{near}` is bound, from {}", config.sources[near].origin)),
        None => problem,
    };
    problem.help(how_to_bind(name))
}

/// What to write to bind a name; both can be pasted.
fn how_to_bind(name: &str) -> String {
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let key = if bare { name.to_owned() } else { format!("\"{name}\"") };
    format!("`--source {name}=FILE`, or a table `[sources.{key}]` in huntc.toml")
}

/// The place of the first statement that names a source.
pub(super) fn statement_of(plan: &Plan, name: &str) -> Option<Span> {
    let index = plan.sources.iter().position(|s| s.name == name)?;
    let asks = |op: &Op| match op {
        Op::Scan(scan) => usize::from(scan.source.0) == index,
        Op::Pivot(pivot) => usize::from(pivot.source.0) == index,
        _ => false,
    };
    plan.nodes.iter().find(|node| asks(&node.op)).map(|node| node.origin)
}

/// The most lines and files that a warning names.
const NAMED: usize = 3;

/// Warnings about bad lines, about mended ones, about files of a folder that have no record, and about clocks. Without a source
/// it is of the logs that a command reads.
pub(crate) fn unread(report: &ReadReport, source: Option<&str>, span: Span) -> Vec<Diagnostic> {
    let name = source.map_or_else(|| "the logs".to_owned(), |source| format!("`{source}`"));
    let name = name.as_str();
    let mut problems: Vec<Diagnostic> = other_clocks(report, source, span).into_iter().collect();
    if report.bad_total > 0 {
        let lines = count(report.bad_total, "line");
        let problem = Diagnostic::new(&BAD_LINES, span, format!("{lines} of {name} skipped as unreadable"));
        problems.push(report.bad.iter().take(NAMED).fold(problem, |problem, bad| problem.note(terminal(&bad.to_string()))));
    }
    problems.extend(mended(report.mended_total, report.mended.iter().map(ToString::to_string), name, span));
    if !report.left_out.is_empty() {
        let total = report.left_out.len();
        let problem =
            Diagnostic::new(&LEFT_OUT, span, format!("{} of {name} left out: no record in it", count(total as u64, "file")));
        let problem = report.left_out.iter().take(NAMED).fold(problem, |problem, left| problem.note(terminal(&left.to_string())));
        problems.push(if total > NAMED { problem.note(format!("and {} more", total - NAMED)) } else { problem });
    }
    problems
}

/// The warning about records of which a value was mended. `lines` are the first of them.
pub(super) fn mended(total: u64, lines: impl Iterator<Item = String>, name: &str, span: Span) -> Option<Diagnostic> {
    let problem = || Diagnostic::new(&MENDED, span, format!("{} of {name} with a value that was mended", count(total, "record")));
    (total > 0).then(|| lines.take(NAMED).fold(problem(), Diagnostic::note))
}

/// The warning about indices that patterns stand for and that are not searched.
pub(super) fn not_searched(source: &SourceReport, span: Span) -> Option<Diagnostic> {
    let (first, why) = source.passed_over.first()?;
    let are = if source.passed_over.len() == 1 { "is" } else { "are" };
    let problem =
        Diagnostic::new(&NOT_SEARCHED, span, format!("{} of `{}` {are} not searched", indices(&source.passed_over), source.name));
    let named = source.passed_over.iter().take(NAMED);
    let problem = named.fold(problem, |problem, (index, why)| problem.note(terminal(&format!("`{index}` is {why}"))));
    let more = source.passed_over.len().saturating_sub(NAMED);
    let problem = if more > 0 { problem.note(format!("and {more} more")) } else { problem };
    let opens = if *why == "frozen" { "_unfreeze" } else { "_open" };
    Some(problem.help(terminal(&format!("`POST {first}/{opens}` on the server makes the first of them searchable"))))
}

/// The entry of a source in a report; `read` if all of it was read.
pub(crate) fn source_report(name: &str, read: Option<&ReadReport>) -> SourceReport {
    let Some(read) = read else { return SourceReport { name: name.to_owned(), ..SourceReport::default() } };
    SourceReport {
        name: name.to_owned(),
        records: Some(read.records),
        skipped: read.bad_total,
        skipped_lines: read.bad.iter().map(ToString::to_string).collect(),
        mended: read.mended_total,
        mended_lines: read.mended.iter().map(ToString::to_string).collect(),
        left_out: read.left_out.iter().map(|left| (left.file.clone(), left.what.to_owned())).collect(),
        part: read.part.clone(),
        clocks: read.clocks.iter().map(ToString::to_string).collect(),
        ..SourceReport::default()
    }
}
