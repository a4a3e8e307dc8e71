//! `huntc compile`: the dry run. Every pass can be seen; nothing is sent.

use super::args::{ConfigArgs, HuntArgs, SourceArgs, WindowArgs};
use super::console::Console;
use super::exit::ExitCode;
use super::terminal::Terminal;
use crate::report::sanitize::{json_text, terminal_lines};
use crate::session::{RunSettings, Session};
use huntc_compiler::backend::elastic::show;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::{Compilation, Compiled};
use huntc_compiler::options::Options;
use huntc_compiler::plan::{self, graph};
use huntc_compiler::source::SourceId;
use huntc_compiler::syntax::lexer;
use huntc_compiler::tree_text::tree_text;

/// Show what a huntflow compiles to; nothing is sent
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc compile hunt.hf\n  huntc compile hunt.hf --emit console | less\n  huntc compile hunt.hf --emit dot | dot -Tsvg > hunt.svg"
)]
pub(super) struct CompileArgs {
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
    window: WindowArgs,
    #[command(flatten)]
    hunt: HuntArgs,
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

pub(super) fn run(args: &CompileArgs, terminal: Terminal) -> ExitCode {
    let settings = RunSettings { window: args.window.window, lean: args.lean, ..args.hunt.settings() };
    let mut console = Console::new(terminal, &args.config, &args.sources);
    match compile(&args.file, args.emit, &settings, &mut console) {
        Ok(code) | Err(code) => code,
    }
}

fn compile(file: &str, stage: Emit, settings: &RunSettings, console: &mut Console) -> Result<ExitCode, ExitCode> {
    console.check_lints(settings)?;
    let huntflow = console.session.load(file, settings);
    let huntflow = console.usage(huntflow)?;
    let compilation = match console.session.compile(&huntflow, settings, None) {
        Ok(compilation) => compilation,
        Err(problem) => {
            console.show(&[*problem]);
            return Ok(ExitCode::Usage);
        }
    };
    console.show(&compilation.diagnostics);
    let options = settings.compile_options(&huntflow.config);
    let id = huntflow.text.unwrap_or(SourceId(0));
    if let Some(text) = show_stage(stage, &compilation, id, &console.session, &huntflow.catalog, &options) {
        // Requests are JSON, where another escape keeps the value.
        let json = matches!(stage, Emit::Requests | Emit::Console | Emit::Curl);
        console.terminal.out(&if json { json_text(&text) } else { terminal_lines(&text) });
    }
    Ok(if compilation.compiled.is_some() { ExitCode::Ok } else { ExitCode::HuntErrors })
}

/// The text of a stage; none where the huntflow did not come so far.
fn show_stage(
    stage: Emit,
    compilation: &Compilation,
    id: SourceId,
    session: &Session,
    catalog: &Catalog,
    options: &Options,
) -> Option<String> {
    match stage {
        Emit::Tokens => Some(lexer::listing(&session.texts, id)),
        Emit::Ast => Some(tree_text(&compilation.program)),
        _ => compilation.compiled.as_ref().map(|compiled| show_hunt(stage, compiled, catalog, options)),
    }
}

fn show_hunt(stage: Emit, compiled: &Compiled, catalog: &Catalog, options: &Options) -> String {
    let Compiled { hunt, plan, requests } = compiled;
    if stage == Emit::Hir {
        return tree_text(hunt);
    }
    match stage {
        Emit::Plan => plan::show::plan(plan, catalog),
        Emit::Console => show::console(requests, plan, options),
        Emit::Curl => show::curl(requests, plan, options),
        Emit::Dot => graph::dot(plan, catalog),
        Emit::Mermaid => graph::mermaid(plan, catalog),
        _ => show::requests(requests, plan),
    }
}
