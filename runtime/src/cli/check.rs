//! `huntc check`: diagnostics of huntflows, and nothing else.

use super::args::{ConfigArgs, LintArgs, MeaningArgs};
use super::diagnose::{Format, render};
use super::exit::ExitCode;
use super::session::{Session, catalog, now};
use super::terminal::Terminal;
use super::{hunt, input};
use crate::report::text::count;
use huntc_compiler::diag::{Diagnostic, Severity, render_text};

/// Check huntflows without running them
///
/// Needs no data source, no analytic and no network.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc check hunts/*.hf\n  huntc check hunt.ipynb --deny warnings\n  huntc check --format github hunts/*.hf\n  cat hunt.hf | huntc check -"
)]
pub(super) struct Args {
    /// Huntflows: .hf text, .ipynb huntbooks, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// How to show diagnostics: text, json or github (annotations of a workflow)
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", hide_possible_values = true)]
    format: Format,
    #[command(flatten)]
    lints: LintArgs,
    #[command(flatten)]
    meaning: MeaningArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(args: &Args, terminal: Terminal) -> ExitCode {
    let mut session = Session::new(terminal, args.config.config.clone(), Vec::new());
    match check(args, &mut session) {
        Ok(code) | Err(code) => code,
    }
}

fn check(args: &Args, session: &mut Session) -> Result<ExitCode, ExitCode> {
    session.lints(&args.lints)?;
    let now = now(args.meaning.at);
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut unreadable = false;
    for file in &args.files {
        let config = session.config(&input::folder(file))?;
        let catalog = catalog(session, &config, args.meaning.mapping.as_deref())?;
        let options = session.options(&config, &args.meaning, false, now);
        let mut compiled = hunt::compile(file, session, &config, &catalog, &options);
        unreadable |= compiled.unreadable();
        diagnostics.append(&mut compiled.diagnostics);
    }
    let colors = session.terminal.colors_out();
    session.terminal.out(&render(&diagnostics, &session.sources, args.format, colors));
    if args.format == Format::Text {
        let found = render_text::summary(&diagnostics);
        let found = if found.is_empty() { "no errors, no warnings".to_owned() } else { found };
        session.terminal.err(&format!("{} checked: {found}\n", count(args.files.len() as u64, "file")));
    }
    // A file that cannot be read was named wrongly; that is not an error of a hunt.
    let errors = diagnostics.iter().any(|d| d.severity == Severity::Error);
    Ok(match (unreadable, errors) {
        (true, _) => ExitCode::Usage,
        (false, true) => ExitCode::HuntErrors,
        (false, false) => ExitCode::Ok,
    })
}
