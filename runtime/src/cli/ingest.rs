//! `huntc ingest`: builds or extends an embedded store from log files.

use super::exit::ExitCode;
use super::session::Session;
use super::terminal::Terminal;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::internal::BUG;
use huntc_compiler::source::Span;
use std::path::PathBuf;

/// Build or extend an embedded store from log files
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc ingest events.ndjson.gz --store host101.store\n  huntc ingest logs/ --store host101.store\n  zcat old.gz | huntc ingest - --store host101.store"
)]
pub(super) struct Args {
    /// Log files, folders of them, or - for standard input: ECS documents as NDJSON, bulk bodies or search answers; plain, gzip or zstd
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The store, made if there is none
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(args: &Args, terminal: Terminal) -> ExitCode {
    let mut session = Session::new(terminal, None, Vec::new());
    let path = args.store.display().to_string();
    let span = Span::new(session.sources.add_text("command line", path.as_str()), 0, path.len());
    // SEAM: the writer of stores goes here.
    session.show(&[
        Diagnostic::new(&BUG, span, "this build of huntc cannot write stores").note(format!("{} paths", args.paths.len()))
    ]);
    let _ = args.quiet;
    ExitCode::Failed
}
