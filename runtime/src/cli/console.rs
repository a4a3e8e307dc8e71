//! The session of a command and the terminal that its problems are shown on.

use super::args::{ConfigArgs, SourceArgs};
use super::exit::ExitCode;
use super::terminal::Terminal;
use crate::config::Config;
use crate::session::{Huntflow, RunSettings, Session};
use crate::source::SourceError;
use huntc_compiler::diag::codes::hints;
use huntc_compiler::diag::{Diagnostic, LintLevels, Severity, Sink, render_text};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The session and the terminal of one command.
pub(super) struct Console {
    pub terminal: Terminal,
    pub session: Session,
    /// The files that are known not to be trusted.
    untrusted: BTreeSet<PathBuf>,
}

impl Console {
    pub(super) fn new(terminal: Terminal, config: &ConfigArgs, sources: &SourceArgs) -> Self {
        let mut session = Session::new(config.config.clone(), sources.sources.clone());
        session.allow_fetch.clone_from(&sources.allow_fetch);
        session.log_time_offsets.clone_from(&sources.log_time_offsets);
        Self { terminal, session, untrusted: BTreeSet::new() }
    }

    /// For commands that bind no source and read no configuration.
    pub(super) fn bare(terminal: Terminal) -> Self {
        Self { terminal, session: Session::new(None, Vec::new()), untrusted: BTreeSet::new() }
    }

    /// With the configuration that is found for the current folder, for commands without a huntflow.
    pub(super) fn here(terminal: Terminal, config: &ConfigArgs, sources: &SourceArgs) -> Result<(Self, Arc<Config>), ExitCode> {
        let mut console = Self::new(terminal, config, sources);
        let config = console.config(Path::new("."))?;
        Ok((console, config))
    }

    /// The configuration for the huntflows of a folder. Shows its errors; then the command must end. What needs trust that is
    /// not there is told once for each file.
    pub(super) fn config(&mut self, folder: &Path) -> Result<Arc<Config>, ExitCode> {
        let config = self.session.config(folder);
        let config = self.usage(config)?;
        if let (Some(file), Some(warning)) = (&config.file, &config.untrusted)
            && self.untrusted.insert(file.path.clone())
        {
            self.show(std::slice::from_ref(warning));
        }
        Ok(config)
    }

    /// Shows the errors in lint names on the command line; then the command must end.
    pub(super) fn check_lints(&mut self, settings: &RunSettings) -> Result<(), ExitCode> {
        let faults = self.session.check_lints(settings);
        self.usage(if faults.is_empty() { Ok(()) } else { Err(faults) })
    }

    /// Shows the errors about values for parameters that no hunt declares; then the command must end.
    pub(super) fn check_parameters(&self, huntflows: &[Huntflow], a_part: bool) -> Result<(), ExitCode> {
        let faults = self.session.undeclared(huntflows, a_part);
        self.usage(if faults.is_empty() { Ok(()) } else { Err(faults) })
    }

    /// Reads a huntflow with its configuration. Shows what is wrong with the configuration; then the command must end.
    pub(super) fn load(&mut self, file: &str, settings: &RunSettings) -> Result<Huntflow, ExitCode> {
        let huntflow = self.session.load(file, settings);
        self.usage(huntflow)
    }

    /// The value. If there is none, shows the problems and returns the status for a wrong command line or configuration.
    pub(super) fn usage<T>(&self, result: Result<T, Vec<Diagnostic>>) -> Result<T, ExitCode> {
        result.map_err(|problems| {
            self.show(&problems);
            ExitCode::Usage
        })
    }

    /// Shows an error that ends the command. `subject` is the text that the diagnostic points at.
    pub(super) fn refuse(&mut self, error: &SourceError, subject: &str, code: ExitCode) -> ExitCode {
        let span = self.session.command_line(subject);
        self.show(&[error.at(span)]);
        code
    }

    /// Shows warnings at the levels of lints; one that is taken for an error ends the command.
    pub(super) fn caution(&self, cautions: Vec<Diagnostic>, levels: LintLevels) -> Result<(), ExitCode> {
        let mut sink = Sink::new(levels);
        for caution in cautions {
            sink.report(caution);
        }
        let told = sink.finish();
        self.show(&told);
        if told.iter().any(|d| d.severity == Severity::Error) { Err(ExitCode::Usage) } else { Ok(()) }
    }

    /// Shows errors and warnings on standard error. Advice and hints are left out; `huntc check` shows advice.
    pub(super) fn show(&self, diagnostics: &[Diagnostic]) {
        self.show_those(diagnostics, |d| d.severity > Severity::Advice);
    }

    /// As [`Self::show`], with the hints that say why statements found nothing.
    pub(super) fn show_with_hints(&self, diagnostics: &[Diagnostic]) {
        self.show_those(diagnostics, |d| d.severity > Severity::Advice || hints::is_hint(d.code));
    }

    fn show_those(&self, diagnostics: &[Diagnostic], keep: impl Fn(&Diagnostic) -> bool) {
        let diagnostics: Vec<_> = diagnostics.iter().filter(|d| keep(d)).cloned().collect();
        if !diagnostics.is_empty() {
            self.terminal.err(&render_text::render(&diagnostics, &self.session.texts, self.terminal.colors_err()));
        }
    }
}
