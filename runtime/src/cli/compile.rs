//! `huntc compile`: the dry run. Every pass can be seen; nothing is sent.

use super::args::{ConfigArgs, HuntArgs, SourceArgs, WindowArgs};
use super::console::Console;
use super::exit::ExitCode;
use super::mappings::SnapshotArgs;
use super::terminal::Terminal;
use crate::report::pictures::plan_of_dry_run;
use crate::report::sanitize::{json_text, terminal_lines};
use crate::session::RunSettings;
use huntc_compiler::compile::{Stage, emit};
use huntc_compiler::plan::graph;
use huntc_compiler::source::SourceId;

/// Show what a huntflow compiles to; nothing is sent
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc compile hunt.hf\n  huntc compile hunt.hf --emit console | less\n  huntc compile hunt.hf --emit svg > hunt.svg"
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
    /// The plan as a picture
    Svg,
}

impl Emit {
    /// The stage of the compiler; `None` for a picture, which is drawn here.
    fn stage(self) -> Option<Stage> {
        Some(match self {
            Self::Tokens => Stage::Tokens,
            Self::Ast => Stage::Ast,
            Self::Hir => Stage::Hir,
            Self::Plan => Stage::Plan,
            Self::Requests => Stage::Requests,
            Self::Console => Stage::Console,
            Self::Curl => Stage::Curl,
            Self::Dot => Stage::Dot,
            Self::Mermaid => Stage::Mermaid,
            Self::Svg => return None,
        })
    }
}

pub(super) fn run(args: &CompileArgs, terminal: Terminal) -> ExitCode {
    let settings = RunSettings { window: args.window.window, lean: args.lean, ..args.hunt.settings() };
    let mut console = Console::new(terminal, &args.config, &args.sources);
    match compile(args, &settings, &mut console) {
        Ok(code) | Err(code) => code,
    }
}

fn compile(args: &CompileArgs, settings: &RunSettings, console: &mut Console) -> Result<ExitCode, ExitCode> {
    let stage = args.emit.stage();
    console.check_lints(settings)?;
    let mappings = args.mappings.read(console)?;
    let huntflow = console.load(&args.file, settings)?;
    console.check_parameters(std::slice::from_ref(&huntflow), false)?;
    let compilation = match console.session.compile(&huntflow, settings, None) {
        Ok(compilation) => compilation,
        Err(problem) => {
            console.show(&[*problem]);
            return Ok(ExitCode::Usage);
        }
    };
    console.show(&compilation.diagnostics);
    if let (Some(mappings), Some(compiled), Some(Stage::Requests | Stage::Console)) = (&mappings, &compilation.compiled, stage) {
        console.show(&mappings.problems(&huntflow, compiled, settings));
        return match mappings.requests(compiled, &huntflow.catalog, stage == Some(Stage::Console)) {
            Ok(text) => {
                console.terminal.out(&json_text(&text));
                Ok(ExitCode::Ok)
            }
            // It is among the problems.
            Err(_) => Ok(ExitCode::HuntErrors),
        };
    }
    let options = settings.compile_options(&huntflow.config);
    let id = huntflow.text.unwrap_or(SourceId(0));
    let text = match (stage, &compilation.compiled) {
        (Some(stage), _) => emit(stage, &compilation, &console.session.texts, id, &huntflow.catalog, &options),
        (None, Some(compiled)) => Some(plan_of_dry_run(&graph::nodes(&compiled.plan, &huntflow.catalog)) + "\n"),
        (None, None) => None,
    };
    if let Some(text) = text {
        // Requests are JSON, in which unsafe characters need another escape.
        let json = matches!(stage, Some(Stage::Requests | Stage::Console | Stage::Curl));
        console.terminal.out(&if json { json_text(&text) } else { terminal_lines(&text) });
    }
    Ok(if compilation.compiled.is_some() { ExitCode::Ok } else { ExitCode::HuntErrors })
}
