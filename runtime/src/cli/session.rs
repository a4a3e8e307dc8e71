//! What the commands share while they run: the texts, the configuration, the catalog, and how problems are shown.

use super::args::{ConfigArgs, LintArgs, MeaningArgs, SourceArgs};
use super::exit::ExitCode;
use super::input;
use super::terminal::Terminal;
use crate::config::environment::Environment;
use crate::config::{self, Config};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::catalog::Problem;
use huntc_compiler::diag::codes::config::BAD_MAPPING;
use huntc_compiler::diag::codes::hints;
use huntc_compiler::diag::{Diagnostic, Severity, render_text};
use huntc_compiler::options::Options;
use huntc_compiler::source::{SourceId, SourceSet, Span};
use huntc_compiler::time::Instant;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A command at work.
pub(super) struct Session {
    pub terminal: Terminal,
    pub environment: Environment,
    /// Everything that diagnostics point into.
    pub sources: SourceSet,
    explicit: Option<PathBuf>,
    flags: Vec<String>,
    lints: Vec<(String, Option<Severity>)>,
    /// By the file that was found, so that each is read, and its faults are told, once.
    configs: BTreeMap<Option<PathBuf>, Rc<Config>>,
    /// By the file of `--mapping`.
    mappings: BTreeMap<PathBuf, Tables>,
}

impl Session {
    pub(super) fn new(terminal: Terminal, explicit: Option<PathBuf>, flags: Vec<String>) -> Self {
        Self {
            terminal,
            environment: Environment::of_process(),
            sources: SourceSet::default(),
            explicit,
            flags,
            lints: Vec::new(),
            configs: BTreeMap::new(),
            mappings: BTreeMap::new(),
        }
    }

    /// A session with the configuration that holds in the current folder, for commands without a huntflow.
    pub(super) fn here(terminal: Terminal, config: &ConfigArgs, sources: &SourceArgs) -> Result<(Self, Rc<Config>), ExitCode> {
        let mut session = Self::new(terminal, config.config.clone(), sources.sources.clone());
        let config = session.config(Path::new("."))?;
        Ok((session, config))
    }

    /// Takes the lint levels of the command line; names that are none are told.
    pub(super) fn lints(&mut self, args: &LintArgs) -> Result<(), ExitCode> {
        self.lints = args.levels();
        let mut problems = Vec::new();
        for (name, _) in &self.lints {
            let span = Span::new(self.sources.add_text("command line", name.as_str()), 0, name.len());
            problems.extend(config::lint(name, span).err().map(|p| *p));
        }
        self.refuse(&problems)
    }

    /// The configuration for huntflows in a folder. Its errors are told; then nothing may run.
    pub(super) fn config(&mut self, start: &Path) -> Result<Rc<Config>, ExitCode> {
        let file = self.explicit.clone().or_else(|| config::find(start, &self.environment));
        if let Some(config) = self.configs.get(&file) {
            return Ok(Rc::clone(config));
        }
        let places = config::Places { explicit: file.as_deref(), start, environment: &self.environment, flags: &self.flags };
        let (config, problems) = config::load(&places, &mut self.sources);
        self.refuse(&problems)?;
        let config = Rc::new(config);
        self.configs.insert(file, Rc::clone(&config));
        Ok(config)
    }

    /// Options of a compilation.
    pub(super) fn options(&self, config: &Config, meaning: &MeaningArgs, lean: bool, now: Instant) -> Options {
        Options {
            now,
            window: meaning.window.map(|w| i64::try_from(w.as_nanos()).unwrap_or(i64::MAX)),
            ignore_case: meaning.ignore_case,
            lean,
            process_identity: meaning.process_identity.into(),
            lints: config.lint_levels(&self.lints),
            sources: config.source_profiles(),
            analytics: config.analytic_profiles(),
            ..Options::at(now)
        }
    }

    /// Shows diagnostics on standard error, but no advice: that is for `huntc check`.
    pub(super) fn show(&self, diagnostics: &[Diagnostic]) {
        self.show_those(diagnostics, |d| d.severity > Severity::Advice);
    }

    /// As [`Self::show`], and why statements found nothing.
    pub(super) fn show_with_hints(&self, diagnostics: &[Diagnostic]) {
        self.show_those(diagnostics, |d| d.severity > Severity::Advice || hints::is_hint(d.code));
    }

    fn show_those(&self, diagnostics: &[Diagnostic], keep: impl Fn(&Diagnostic) -> bool) {
        let diagnostics: Vec<_> = diagnostics.iter().filter(|d| keep(d)).cloned().collect();
        if !diagnostics.is_empty() {
            self.terminal.err(&render_text::render(&diagnostics, &self.sources, self.terminal.colors_err()));
        }
    }

    /// Shows problems; an error among them is the end of the command.
    pub(super) fn refuse(&self, problems: &[Diagnostic]) -> Result<(), ExitCode> {
        self.show(problems);
        if problems.iter().any(|p| p.severity == Severity::Error) { Err(ExitCode::Usage) } else { Ok(()) }
    }
}

/// The catalog of a command: the built-in one, or one with rows of the user's over it.
#[derive(Clone)]
pub(super) enum Tables {
    Builtin,
    Overlaid(Rc<Catalog>),
}

impl Deref for Tables {
    type Target = Catalog;

    fn deref(&self) -> &Catalog {
        match self {
            Self::Builtin => Catalog::builtin(),
            Self::Overlaid(catalog) => catalog,
        }
    }
}

/// The catalog, with the rows of `--mapping` or of the configuration over it; each file is read once.
pub(super) fn catalog(session: &mut Session, config: &Config, flag: Option<&Path>) -> Result<Tables, ExitCode> {
    let Some(path) = flag.or(config.run.mapping.as_deref()) else { return Ok(Tables::Builtin) };
    if let Some(tables) = session.mappings.get(path) {
        return Ok(tables.clone());
    }
    let name = path.display().to_string();
    let text = match input::text(&name, &mut session.sources) {
        Ok(text) => text,
        Err(problem) => {
            session.show(&[*problem]);
            return Err(ExitCode::Usage);
        }
    };
    let id = session.sources.add_text(name.clone(), text.as_str());
    let tables = Catalog::builtin().with_overlay(&name, &text).map(|c| Tables::Overlaid(Rc::new(c))).map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(|p| mapping_fault(p, id, &text)).collect();
        session.show(&problems);
        ExitCode::Usage
    })?;
    session.mappings.insert(path.to_path_buf(), tables.clone());
    Ok(tables)
}

/// The instant that the clock shows, unless the command line says another.
pub(super) fn now(at: Option<Instant>) -> Instant {
    at.unwrap_or_else(|| Instant::from_millis(jiff::Timestamp::now().as_millisecond()))
}

/// A fault in a mapping file, as a diagnostic at its line.
fn mapping_fault(problem: &Problem, id: SourceId, text: &str) -> Diagnostic {
    let line = text.split_inclusive('\n').take(problem.line.saturating_sub(1)).map(str::len).sum::<usize>();
    let column = text.get(line..).unwrap_or("").chars().take(problem.column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
    let at = (line + column).min(text.len());
    let end = text.get(at..).and_then(|t| t.find([',', '\n'])).map_or(text.len(), |n| at + n);
    Diagnostic::new(&BAD_MAPPING, Span::new(id, at, end), problem.message.as_str())
        .help("`huntc explain K0817` says what each column holds")
}
