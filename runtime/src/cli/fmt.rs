//! `huntc fmt`: huntflows in their canonical form.

use super::console::Console;
use super::exit::ExitCode;
use super::terminal::Terminal;
use crate::own_files;
use crate::report::sanitize::terminal as safe;
use crate::report::text::count;
use crate::session::input;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::config::FILE_NOT_WRITTEN;
use huntc_compiler::program::{self, notebook};
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// Rewrite huntflows in their canonical form
///
/// Only the layout changes; comments stay. Of a huntbook, the code cells are formatted. A file with syntax errors is
/// left as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  huntc fmt hunts/*.hf\n  huntc fmt --check hunts/*.hf\n  huntc fmt - < hunt.hf")]
pub(super) struct FmtArgs {
    /// Huntflows (.hf), huntbooks (.ipynb), or - for standard input to standard output
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// Change nothing; end with status 1 if a file would change
    #[arg(long)]
    check: bool,
}

/// What happened to a file.
enum Outcome {
    Same,
    Changed,
    /// The file cannot be parsed.
    Faulty,
    /// The file cannot be read or written.
    Failed,
}

pub(super) fn run(args: &FmtArgs, terminal: Terminal) -> ExitCode {
    let mut console = Console::bare(terminal);
    let (mut code, mut changed) = (ExitCode::Ok, 0_u64);
    for file in &args.files {
        match format(file, args.check, &mut console) {
            Outcome::Same => {}
            Outcome::Changed => {
                changed += 1;
                if args.check {
                    code = code.worst(ExitCode::HuntErrors);
                    terminal.out(&format!("{} would change\n", safe(input::name(file))));
                }
            }
            Outcome::Faulty => code = code.worst(ExitCode::HuntErrors),
            Outcome::Failed => code = code.worst(ExitCode::Usage),
        }
    }
    let verb = if args.check { "would change" } else { "changed" };
    terminal.err(&format!("{}, {changed} {verb}\n", count(args.files.len() as u64, "file")));
    code
}

fn format(file: &str, check: bool, console: &mut Console) -> Outcome {
    let text = match input::text(file, &mut console.session.texts) {
        Ok(text) => text,
        Err(problem) => {
            console.show(&[*problem]);
            return Outcome::Failed;
        }
    };
    let formatted = match canonical(file, &text, console) {
        Ok(formatted) => formatted,
        Err(problems) => {
            console.show(&problems);
            return Outcome::Faulty;
        }
    };
    let same = formatted == text;
    if check || same && file != "-" {
        return if same { Outcome::Same } else { Outcome::Changed };
    }
    if file == "-" {
        console.terminal.out(&formatted);
    } else if let Err(error) = replace(Path::new(file), &formatted) {
        let span = console.session.command_line(file);
        let problem = Diagnostic::new(&FILE_NOT_WRITTEN, span, format!("`{file}` cannot be written"));
        let way_out = "make space or give yourself the right to write; the file is as it was";
        console.show(&[problem.note(format!("the reason: {error}")).help(way_out)]);
        return Outcome::Failed;
    }
    if same { Outcome::Same } else { Outcome::Changed }
}

/// The canonical text of a huntflow, or of a huntbook with its cells formatted.
fn canonical(file: &str, text: &str, console: &mut Console) -> Result<String, Vec<Diagnostic>> {
    if !input::is_huntbook(file) {
        let id = console.session.texts.add_text(input::name(file), text);
        return program::format(&console.session.texts, id);
    }
    match notebook::read(input::name(file), text) {
        Ok(source) => notebook::format_notebook(console.session.texts.add(source), text),
        Err(error) => Err(vec![error.diagnostic(console.session.texts.add_text(input::name(file), text))]),
    }
}

/// Puts a text in the place of a file, with the same permissions. Links are followed.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    own_files::replace(&path, |file| {
        file.set_permissions(permissions)?;
        file.write_all(text.as_bytes())
    })
}
