//! `huntc compile`: the dry run. Every pass can be seen; nothing is sent.

use super::args::{ConfigArgs, LintArgs, MeaningArgs, SourceArgs};
use super::exit::ExitCode;
use super::hunt::Compiled;
use super::session::{Session, catalog, now};
use super::terminal::Terminal;
use super::{hunt, input};
use crate::report::sanitize::{json_text, terminal_lines};
use huntc_compiler::backend::elastic::{lower, show};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::check::hir::Hunt;
use huntc_compiler::options::Options;
use huntc_compiler::plan::{self, Plan, graph};
use huntc_compiler::syntax::lexer;
use huntc_compiler::tree_text::tree_text;

/// Show what a huntflow compiles to; nothing is sent
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc compile hunt.hf\n  huntc compile hunt.hf --emit console | less\n  huntc compile hunt.hf --emit dot | dot -Tsvg > hunt.svg"
)]
pub(super) struct Args {
    /// A huntflow: .hf text, an .ipynb huntbook, or - for standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// What to show
    #[arg(long, value_enum, default_value_t, value_name = "STAGE")]
    emit: Emit,
    /// Leave out variables that no DISP, SAVE, APPLY or later statement needs
    #[arg(long)]
    lean: bool,
    #[command(flatten)]
    meaning: MeaningArgs,
    #[command(flatten)]
    lints: LintArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    sources: SourceArgs,
}

/// `--emit`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
enum Emit {
    /// The words of the text
    Tokens,
    /// The syntax tree
    Ast,
    /// The checked hunt: typed, with absolute windows
    Hir,
    /// The plan: what is computed from what
    Plan,
    /// The requests, one JSON object each
    #[default]
    Requests,
    /// The requests for Kibana's console
    Console,
    /// The requests as shell commands
    Curl,
    /// The plan for Graphviz
    Dot,
    /// The plan for Mermaid
    Mermaid,
}

pub(super) fn run(args: &Args, terminal: Terminal) -> ExitCode {
    let mut session = Session::new(terminal, args.config.config.clone(), args.sources.sources.clone());
    match compile(args, &mut session) {
        Ok(code) | Err(code) => code,
    }
}

fn compile(args: &Args, session: &mut Session) -> Result<ExitCode, ExitCode> {
    session.lints(&args.lints)?;
    let config = session.config(&input::folder(&args.file))?;
    let catalog = catalog(session, &config, args.meaning.mapping.as_deref())?;
    let options = session.options(&config, &args.meaning, args.lean, now(args.meaning.at));
    let compiled = hunt::compile(&args.file, session, &config, &catalog, &options);
    session.show(&compiled.diagnostics);
    let shown = show_stage(args.emit, &compiled, session, &catalog, &options);
    if let Some(text) = &shown {
        // Requests are JSON, where another escape keeps the value.
        let json = matches!(args.emit, Emit::Requests | Emit::Console | Emit::Curl);
        session.terminal.out(&if json { json_text(text) } else { terminal_lines(text) });
    }
    Ok(match (compiled.unreadable(), compiled.hunt.is_some()) {
        (true, _) => ExitCode::Usage,
        (false, false) => ExitCode::HuntErrors,
        (false, true) => ExitCode::Ok,
    })
}

/// The text of a stage; none where the huntflow did not come so far.
fn show_stage(stage: Emit, compiled: &Compiled, session: &Session, catalog: &Catalog, options: &Options) -> Option<String> {
    match stage {
        Emit::Tokens => compiled.parsed.as_ref().map(|(id, _)| lexer::listing(&session.sources, *id)),
        Emit::Ast => compiled.parsed.as_ref().map(|(_, program)| tree_text(program)),
        _ => compiled.hunt.as_ref().map(|(hunt, plan)| show_hunt(stage, hunt, plan, catalog, options)),
    }
}

fn show_hunt(stage: Emit, hunt: &Hunt, plan: &Plan, catalog: &Catalog, options: &Options) -> String {
    if stage == Emit::Hir {
        return tree_text(hunt);
    }
    let requests = || lower::requests(plan, catalog);
    match stage {
        Emit::Plan => plan::show::plan(plan, hunt, catalog),
        Emit::Console => show::console(&requests(), hunt, options),
        Emit::Curl => show::curl(&requests(), hunt, options),
        Emit::Dot => graph::dot(plan, hunt, catalog),
        Emit::Mermaid => graph::mermaid(plan, hunt, catalog),
        _ => show::requests(&requests(), hunt),
    }
}
