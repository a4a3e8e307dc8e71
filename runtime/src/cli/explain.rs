//! `huntc explain`: the page of a diagnostic code, or the list of all.

use super::catalog;
use super::console::Console;
use super::exit::ExitCode;
use super::terminal::Terminal;
use crate::report::text::table;
use huntc_compiler::diag::codes::config::UNKNOWN_CODE;
use huntc_compiler::diag::{Code, Diagnostic, Severity, codes, suggest};

/// Print the page of a diagnostic code; without one, list all
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  huntc explain K0201\n  huntc explain unknown-attribute")]
pub(super) struct ExplainArgs {
    /// A code such as K0201, or its name
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub(super) fn run(args: &ExplainArgs, terminal: Terminal) -> ExitCode {
    let Some(name) = &args.code else {
        terminal.show(&list(&codes::all(), terminal.width()));
        return ExitCode::Ok;
    };
    if let Some(code) = codes::find(name) {
        terminal.show(&format!("{}\n", code.page.trim_end()));
        return ExitCode::Ok;
    }
    let mut console = Console::bare(terminal);
    let span = console.session.command_line(name);
    let all = codes::all();
    let problem = Diagnostic::new(&UNKNOWN_CODE, span, format!("there is no diagnostic `{name}`")).label("unknown");
    if catalog::knows(name) {
        console.show(&[problem.help(format!("`huntc catalog {name}` shows what the catalog has of it"))]);
        return ExitCode::Usage;
    }
    let problem = match suggest::best(name, all.iter().flat_map(|c| [c.id, c.slug])) {
        Some(near) => problem.help(format!("`huntc explain {near}` is the nearest")),
        None => problem.help("`huntc explain` lists all"),
    };
    console.show(&[problem]);
    ExitCode::Usage
}

fn list(codes: &[&Code], width: Option<u16>) -> String {
    let mut rows = table(width);
    rows.set_header(["CODE", "NAME", "LEVEL", "ABOUT"]);
    for code in codes {
        let level = match (code.severity, code.lint) {
            (Severity::Error, false) => "error",
            (Severity::Error, true) => "error, lint",
            (Severity::Warning, false) => "warning",
            (Severity::Warning, true) => "warning, lint",
            (Severity::Advice, false) => "advice",
            (Severity::Advice, true) => "advice, lint",
        };
        rows.add_row([code.id, code.slug, level, code.title]);
    }
    format!("{}\n", rows.trim_fmt())
}
