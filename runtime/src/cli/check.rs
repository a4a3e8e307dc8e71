//! `huntc check`: diagnostics of huntflows, and nothing else.

use super::args::{ConfigArgs, HuntArgs, SourceArgs, WindowArgs};
use super::console::Console;
use super::diagnostic_format::{DiagnosticFormat, render};
use super::exit::ExitCode;
use super::mappings::SnapshotArgs;
use super::terminal::Terminal;
use crate::report::text::count;
use crate::session::{Huntflow, RunSettings};
use huntc_compiler::compile::{Compilation, Compiled};
use huntc_compiler::diag::{Diagnostic, Severity, render_text};
use huntc_compiler::time::TimeRange;

/// Check huntflows without running them
///
/// Needs no data source, no analytic and no network; warns of those that are not bound.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc check hunts/*.hf\n  huntc check hunt.ipynb --deny warnings\n  huntc check --format github hunts/*.hf\n  huntc check hunts/*.hf --snapshot mappings.json\n  cat hunt.hf | huntc check -"
)]
pub(super) struct CheckArgs {
    /// Huntflows: .hf text, .ipynb huntbooks, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// How to show diagnostics: text, json, github (annotations of a workflow) or sarif
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", hide_possible_values = true)]
    format: DiagnosticFormat,
    #[command(flatten)]
    mappings: SnapshotArgs,
    #[command(flatten)]
    window: WindowArgs,
    #[command(flatten)]
    hunt: HuntArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    sources: SourceArgs,
}

pub(super) fn run(args: &CheckArgs, terminal: Terminal) -> ExitCode {
    let settings = RunSettings { window: args.window.window, ..args.hunt.settings() };
    let mut console = Console::new(terminal, &args.config, &args.sources);
    match check(args, &settings, &mut console) {
        Ok(code) | Err(code) => code,
    }
}

fn check(args: &CheckArgs, settings: &RunSettings, console: &mut Console) -> Result<ExitCode, ExitCode> {
    let mappings = args.mappings.read(console)?;
    let more = |huntflow: &Huntflow, compiled: &Compiled| {
        mappings.as_ref().map_or_else(Vec::new, |mappings| mappings.problems(huntflow, compiled, settings))
    };
    let parts = Parts { prepare: &|_, _| (), a_part: false, more: &more };
    let checked = check_files(&args.files, settings, None, &parts, console)?;
    Ok(tell(&checked, args.files.len(), args.format, console))
}

/// What is said of huntflows.
pub(super) struct Checked {
    pub diagnostics: Vec<Diagnostic>,
    /// Whether a file could not be read, which is an error of the command line and not of a hunt.
    pub unreadable: bool,
}

/// What a kind of check does with each huntflow.
pub(super) struct Parts<'a> {
    /// Gets each with its place among the files before any is compiled.
    pub prepare: &'a dyn Fn(usize, &mut Huntflow),
    /// Whether there are others, for which settings may be meant.
    pub a_part: bool,
    /// May add what else is wrong with one.
    pub more: &'a dyn Fn(&Huntflow, &Compiled) -> Vec<Diagnostic>,
}

/// Checks huntflows, each compiled with `window` where there is one.
pub(super) fn check_files(
    files: &[String],
    settings: &RunSettings,
    window: Option<TimeRange>,
    parts: &Parts<'_>,
    console: &mut Console,
) -> Result<Checked, ExitCode> {
    console.check_lints(settings)?;
    let huntflows = files.iter().enumerate().map(|(index, file)| {
        let mut huntflow = console.load(file, settings)?;
        (parts.prepare)(index, &mut huntflow);
        Ok(huntflow)
    });
    let huntflows = huntflows.collect::<Result<Vec<_>, ExitCode>>()?;
    console.check_parameters(&huntflows, parts.a_part)?;
    let mut checked = Checked { diagnostics: Vec::new(), unreadable: false };
    let diagnostics = &mut checked.diagnostics;
    for huntflow in huntflows {
        match console.session.compile(&huntflow, settings, window) {
            Ok(Compilation { compiled, diagnostics: told, .. }) => {
                let first = diagnostics.len();
                diagnostics.extend(told);
                if let Some(compiled) = compiled {
                    diagnostics.extend(console.session.unsettled(&compiled, &huntflow, settings));
                    diagnostics.extend((parts.more)(&huntflow, &compiled));
                }
                diagnostics[first..].sort_by_key(|d| (d.primary.span, d.code.id));
            }
            Err(problem) => {
                checked.unreadable = true;
                diagnostics.push(*problem);
            }
        }
    }
    Ok(checked)
}

/// Prints what was found, and how many files were checked.
pub(super) fn tell(checked: &Checked, files: usize, format: DiagnosticFormat, console: &Console) -> ExitCode {
    let Checked { diagnostics, unreadable } = checked;
    let terminal = console.terminal;
    let text = render(diagnostics, &console.session.texts, format, terminal.colors_out());
    if format == DiagnosticFormat::Text {
        terminal.show(&text);
        let found = render_text::summary(diagnostics);
        let found = if found.is_empty() { "no errors, no warnings".to_owned() } else { found };
        terminal.err(&format!("{} checked: {found}\n", count(files as u64, "file")));
    } else {
        terminal.out(&text);
    }
    let errors = diagnostics.iter().any(|d| d.severity == Severity::Error);
    match (unreadable, errors) {
        (true, _) => ExitCode::Usage,
        (false, true) => ExitCode::HuntErrors,
        (false, false) => ExitCode::Ok,
    }
}
