//! What the sources of a hunt stand for, and what is to be said of them at the statements that name them.

use super::{Huntflow, ResolvedSource, Session, how_to_bind, resolve};
use crate::config::Config;
use crate::source::SourceError;
use crate::source::logs::ReadReport;
use huntc_compiler::check::hir::{DataSource, Hunt, StepKind};
use huntc_compiler::diag::codes::run::UNBOUND_SOURCE;
use huntc_compiler::diag::codes::store::BAD_LINES;
use huntc_compiler::diag::{Diagnostic, Severity, suggest};
use huntc_compiler::source::{SourceId, Span};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The sources of a hunt, by name, and what to say of them.
#[derive(Default)]
pub(super) struct Bound {
    pub sources: BTreeMap<String, ResolvedSource>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Bound {
    /// Whether a source is not there, so that the hunt cannot run.
    pub(super) fn refused(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

impl Session {
    /// Finds out what each source of a hunt stands for; nothing is opened.
    pub(super) fn bind(&self, hunt: &Hunt, huntflow: &Huntflow, id: SourceId) -> Bound {
        let config = &huntflow.config;
        let mut bound = Bound::default();
        for source in &hunt.sources {
            let span = statement_of(hunt, &source.name).unwrap_or_else(|| Span::new(id, 0, 0));
            bound.diagnostics.extend(config.notices.get(&source.name).cloned());
            if let Some(binding) = config.sources.get(&source.name) {
                match resolve(binding, &self.environment) {
                    Ok(resolved) => _ = bound.sources.insert(source.name.clone(), resolved),
                    Err(error) => bound.diagnostics.push(at(&error, span)),
                }
            } else if let Some(path) = source.uri.strip_prefix("file://") {
                bound.sources.insert(source.name.clone(), ResolvedSource::Files(PathBuf::from(path)));
            } else if let Some(problem) = config.broken.get(&source.name) {
                bound.diagnostics.push(problem.clone());
            } else {
                bound.diagnostics.push(unbound(source, config, span));
            }
        }
        bound
    }
}

fn unbound(source: &DataSource, config: &Config, span: Span) -> Diagnostic {
    let name = &source.name;
    let problem = Diagnostic::new(&UNBOUND_SOURCE, span, format!("nothing is bound to the data source `{name}`"))
        .label(format!("asks `{}`", source.uri));
    let problem = match suggest::best(name, config.sources.keys().map(String::as_str)) {
        Some(near) => problem.note(format!("`{near}` is bound, from {}", config.sources[near].origin)),
        None => problem,
    };
    problem.help(how_to_bind(name))
}

/// The statement that names a source first.
pub(super) fn statement_of(hunt: &Hunt, name: &str) -> Option<Span> {
    let index = hunt.sources.iter().position(|s| s.name == name)?;
    let names = |kind: &StepKind| match kind {
        StepKind::GetSource { sources, .. } => sources.iter().any(|(s, _)| usize::from(s.0) == index),
        StepKind::Find { find, .. } => find.sources.iter().any(|(s, _)| usize::from(s.0) == index),
        _ => false,
    };
    hunt.steps.iter().find(|s| names(&s.kind)).map(|s| s.span)
}

/// A source's error as a diagnostic at a statement.
pub(crate) fn at(error: &SourceError, span: Span) -> Diagnostic {
    let mut problem = Diagnostic::new(error.code, span, error.message.as_str());
    problem.notes.clone_from(&error.notes);
    error.helps.iter().fold(problem, |p, help| p.help(help.as_str()))
}

/// A warning of lines that are no records.
pub(crate) fn bad_lines(report: &ReadReport, name: &str, span: Span) -> Diagnostic {
    let lines = crate::report::text::count(report.bad_total, "line");
    let mut problem = Diagnostic::new(&BAD_LINES, span, format!("{lines} of {name} skipped as unreadable"));
    for bad in report.bad.iter().take(3) {
        problem = problem.note(format!("{}:{}: {}", bad.file, bad.line, bad.reason.text()));
    }
    problem
}
