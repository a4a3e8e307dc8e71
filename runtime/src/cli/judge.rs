//! One huntflow after the other: compile, bind its sources, run, and say how it went.

use super::execute::{Work, execute, guarded, without_results};
use super::exit::ExitCode;
use super::hunt::{self, Compiled};
use super::input;
use super::loads;
use super::open::{Opened, Ready, how_to_bind, ready};
use super::progress::Progress;
use super::run::Args;
use super::session::{Session, catalog};
use crate::config::Config;
use crate::report::model::{HuntReport, Status};
use crate::report::sanitize::terminal as safe;
use crate::source::files::ReadReport;
use crate::source::{Fields, SourceError};
use huntc_compiler::check::hir::{DataSource, Get, GetFrom, Hunt, StepKind};
use huntc_compiler::diag::codes::run::UNBOUND_SOURCE;
use huntc_compiler::diag::codes::store::BAD_LINES;
use huntc_compiler::diag::{Diagnostic, LintLevels, Severity, Sink, suggest};
use huntc_compiler::source::{SourceId, Span};
use huntc_compiler::time::Instant;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Judges the files of a run.
pub(super) struct Judge<'a> {
    args: &'a Args,
    now: Instant,
    cancel: Arc<AtomicBool>,
    opened: Opened,
}

impl<'a> Judge<'a> {
    pub(super) fn new(args: &'a Args, now: Instant, cancel: Arc<AtomicBool>) -> Self {
        Self { args, now, cancel, opened: Opened::default() }
    }

    /// The report of a file, and the exit status that it asks for. The error ends the run.
    pub(super) fn file(&self, file: &str, session: &mut Session) -> Result<(HuntReport, ExitCode), ExitCode> {
        if self.cancel.load(Ordering::Relaxed) {
            return Ok((without_results(file, Status::Interrupted, Vec::new()), ExitCode::Interrupted));
        }
        let config = session.config(&input::folder(file))?;
        let catalog = catalog(session, &config, self.args.meaning.mapping.as_deref())?;
        let options = session.options(&config, &self.args.meaning, self.args.lean, self.now);
        let Compiled { parsed, hunt, mut diagnostics } = hunt::compile(file, session, &config, &catalog, &options);
        let (Some((source, _)), Some((hunt, plan))) = (&parsed, hunt) else {
            let code = if parsed.is_none() { ExitCode::Usage } else { ExitCode::HuntErrors };
            return Ok((without_results(file, Status::Error, diagnostics), code));
        };
        let (bound, mut problems) = bind(&hunt, &config, session, *source);
        let refused = problems.iter().any(|p| p.severity == Severity::Error);
        diagnostics.append(&mut problems);
        if refused {
            return Ok((without_results(file, Status::Error, diagnostics), ExitCode::Usage));
        }
        let place = config.file.as_ref().map_or_else(String::new, |f| f.display().to_string());
        // Several hunts share what is read, and what the later ones need is not known yet.
        let alone = self.args.files.len() == 1;
        let open = |name: &str, needs: &dyn Fn() -> Fields| match bound.get(name) {
            Some(ready) => self.opened.get(&place, name, ready, &|| if alone { needs() } else { Fields::All }),
            None => Err(SourceError::new(&UNBOUND_SOURCE, format!("nothing is bound to `{name}`"))),
        };
        let read = Arc::new(AtomicU64::new(0));
        let progress =
            Progress::start(session.terminal, self.args.quiet, safe(input::name(file)).into_owned(), Some(Arc::clone(&read)));
        let work = Work {
            file,
            hunt: &hunt,
            plan: &plan,
            catalog: &catalog,
            diagnostics,
            folder: input::folder(file),
            roots: loads::roots(file, &config),
            open: &open,
            remote: bound.values().any(|ready| matches!(ready, Ready::Cluster(_))),
            config: &config,
            args: self.args,
            cancel: Arc::clone(&self.cancel),
            read,
        };
        let mut report = guarded(file, Span::new(*source, 0, 0), || execute(work));
        drop(progress);
        report.diagnostics.extend(self.bad_lines(&hunt, &options.lints));
        let code = ExitCode::of_report(&report, self.args.fail_on_findings);
        Ok((report, code))
    }

    /// Warnings of lines that are no records, in the files that this hunt was the first to open.
    fn bad_lines(&self, hunt: &Hunt, lints: &LintLevels) -> Vec<Diagnostic> {
        let mut sink = Sink::new(lints.clone());
        for (name, report) in self.opened.take_reports() {
            if let Some(span) = source_span(hunt, &name) {
                sink.report(bad_lines(&report, &format!("`{name}`"), span));
            }
        }
        sink.finish()
    }
}

/// What each source of a hunt stands for, by name, and what to say of it.
fn bind(hunt: &Hunt, config: &Config, session: &mut Session, id: SourceId) -> (BTreeMap<String, Ready>, Vec<Diagnostic>) {
    let mut bound = BTreeMap::new();
    let mut problems = Vec::new();
    for source in &hunt.sources {
        let span = source_span(hunt, &source.name).unwrap_or_else(|| Span::new(id, 0, 0));
        problems.extend(config.notices.get(&source.name).cloned());
        if let Some(binding) = config.sources.get(&source.name) {
            match ready(binding, &session.environment) {
                Ok(ready) => _ = bound.insert(source.name.clone(), ready),
                Err(error) => problems.push(at(&error, span)),
            }
        } else if let Some(path) = source.uri.strip_prefix("file://") {
            bound.insert(source.name.clone(), Ready::Files(PathBuf::from(path)));
        } else if let Some(problem) = config.broken.get(&source.name) {
            problems.push(problem.clone());
        } else {
            problems.push(unbound(source, config, span));
        }
    }
    (bound, problems)
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
fn source_span(hunt: &Hunt, name: &str) -> Option<Span> {
    let index = hunt.sources.iter().position(|s| s.name == name)?;
    let names = |kind: &StepKind| match kind {
        StepKind::Get(Get { from: GetFrom::Sources { sources, .. }, .. }) => sources.iter().any(|(s, _)| usize::from(s.0) == index),
        StepKind::Find(find) => find.sources.iter().any(|(s, _)| usize::from(s.0) == index),
        _ => false,
    };
    hunt.steps.iter().find(|s| names(&s.kind)).map(|s| s.span)
}

/// A source's error as a diagnostic at a statement.
pub(super) fn at(error: &SourceError, span: Span) -> Diagnostic {
    let mut problem = Diagnostic::new(error.code, span, error.message.as_str());
    problem.notes.clone_from(&error.notes);
    error.helps.iter().fold(problem, |p, help| p.help(help.as_str()))
}

/// A warning of lines that are no records.
pub(super) fn bad_lines(report: &ReadReport, name: &str, span: Span) -> Diagnostic {
    let lines = crate::report::text::count(report.bad_total, "line");
    let mut problem = Diagnostic::new(&BAD_LINES, span, format!("{lines} of {name} skipped as unreadable"));
    for bad in report.bad.iter().take(3) {
        problem = problem.note(format!("{}:{}: {}", bad.file, bad.line, bad.reason.text()));
    }
    problem
}
