//! `huntc check`: diagnostics of huntflows, and nothing else.

use super::args::{ConfigArgs, HuntArgs, SourceArgs, WindowArgs};
use super::console::Console;
use super::diagnostic_format::{DiagnosticFormat, render};
use super::exit::ExitCode;
use super::terminal::Terminal;
use crate::report::text::count;
use crate::session::RunSettings;
use huntc_compiler::diag::{Diagnostic, Severity, render_text};

/// Check huntflows without running them
///
/// Needs no data source, no analytic and no network.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc check hunts/*.hf\n  huntc check hunt.ipynb --deny warnings\n  huntc check --format github hunts/*.hf\n  cat hunt.hf | huntc check -"
)]
pub(super) struct CheckArgs {
    /// Huntflows: .hf text, .ipynb huntbooks, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// How to show diagnostics: text, json or github (annotations of a workflow)
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", hide_possible_values = true)]
    format: DiagnosticFormat,
    #[command(flatten)]
    window: WindowArgs,
    #[command(flatten)]
    hunt: HuntArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(args: &CheckArgs, terminal: Terminal) -> ExitCode {
    let settings = RunSettings { window: args.window.window, ..args.hunt.settings() };
    // Sources are not bound: they do not matter for errors of a text.
    let mut console = Console::new(terminal, &args.config, &SourceArgs::default());
    match check(&args.files, args.format, &settings, &mut console) {
        Ok(code) | Err(code) => code,
    }
}

fn check(files: &[String], format: DiagnosticFormat, settings: &RunSettings, console: &mut Console) -> Result<ExitCode, ExitCode> {
    console.check_lints(settings)?;
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut unreadable = false;
    for file in files {
        let huntflow = console.session.load(file, settings);
        let huntflow = console.usage(huntflow)?;
        match console.session.compile(&huntflow, settings, None) {
            Ok(compilation) => diagnostics.extend(compilation.diagnostics),
            Err(problem) => {
                unreadable = true;
                diagnostics.push(*problem);
            }
        }
    }
    let terminal = console.terminal;
    terminal.out(&render(&diagnostics, &console.session.texts, format, terminal.colors_out()));
    if format == DiagnosticFormat::Text {
        let found = render_text::summary(&diagnostics);
        let found = if found.is_empty() { "no errors, no warnings".to_owned() } else { found };
        terminal.err(&format!("{} checked: {found}\n", count(files.len() as u64, "file")));
    }
    // A file that cannot be read is an error of the command line, not of a hunt.
    let errors = diagnostics.iter().any(|d| d.severity == Severity::Error);
    Ok(match (unreadable, errors) {
        (true, _) => ExitCode::Usage,
        (false, true) => ExitCode::HuntErrors,
        (false, false) => ExitCode::Ok,
    })
}
