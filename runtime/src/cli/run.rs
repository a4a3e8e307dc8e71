//! `huntc run`: compiles huntflows, runs them, and reports.

use super::args::{ConfigArgs, LintArgs, MeaningArgs, SourceArgs, TextOrJson};
use super::exit::ExitCode;
use super::interrupt;
use super::judge::Judge;
use super::session::{Session, now};
use super::terminal::Terminal;
use crate::report::folder::{FolderOptions, ReportFolder};
use crate::report::model::{HuntReport, Status};
use crate::report::sanitize::terminal as safe;
use crate::report::{RunReport, json, text};
use huntc_compiler::diag::{Diagnostic, Severity};
use huntc_compiler::source::{SourceSet, Span};
use std::path::{Path, PathBuf};
use std::time::Instant as Clock;

const NOTES: &str = "\
Each file is judged by itself; the exit status is the worst of 3, 1, 4, 5, 0.
Ctrl-C ends the run with a report of what is there; a second one ends it at once. An interrupted
run leaves an earlier report in --out as it is, and writes its own to DIR.interrupted.

Examples:
  huntc run hunt.hf --source host101=events.ndjson.gz
  huntc run hunts/*.hf --window 24h --out report --fail-on-findings
  huntc run hunt.hf --source host101=https://elastic.example:9200/winlogbeat-host101
  huntc run hunt.hf --format json | jq .hunts[0].displays";

/// Run huntflows and report what they find
///
/// Without --out, displays and a summary are printed; with it, DIR becomes a report folder: report.json, report.html,
/// a CSV and a JSON file for each display, and requests.ndjson.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = NOTES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Args {
    /// Huntflows: .hf text, .ipynb huntbooks, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    #[command(flatten)]
    pub sources: SourceArgs,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Write the report to a folder, which it replaces
    #[arg(long, value_name = "DIR", help_heading = "Report")]
    pub out: Option<PathBuf>,
    /// List the keys of every variable's entities
    #[arg(long, help_heading = "Report")]
    pub keys: bool,
    /// What to print: text (displays and summary) or json (report.json)
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = "Report", hide_possible_values = true)]
    pub format: TextOrJson,
    /// Print nothing but errors
    #[arg(long, short, help_heading = "Report")]
    pub quiet: bool,
    /// Leave CSV cells that a spreadsheet would run as they are
    #[arg(long, help_heading = "Report")]
    pub raw_csv: bool,
    /// Do not say why a statement found nothing, and send no request to find out
    #[arg(long, help_heading = "Report")]
    pub no_hints: bool,
    /// End with status 5 if a DISP shows a row (in a hunt without DISP: if its last variable is not empty)
    #[arg(long, help_heading = "Report")]
    pub fail_on_findings: bool,
    #[command(flatten)]
    pub meaning: MeaningArgs,
    /// Leave out variables that no DISP, SAVE, APPLY or later statement needs
    #[arg(long, help_heading = "Meaning")]
    pub lean: bool,
    /// Accept answers with parts missing; they are marked, and the status is 4
    #[arg(long, help_heading = "Meaning")]
    pub allow_partial: bool,
    #[command(flatten)]
    pub lints: LintArgs,
}

pub(super) fn run(args: &Args, terminal: Terminal) -> ExitCode {
    let mut session = Session::new(terminal, args.config.config.clone(), args.sources.sources.clone());
    match run_all(args, &mut session) {
        Ok(code) | Err(code) => code,
    }
}

fn run_all(args: &Args, session: &mut Session) -> Result<ExitCode, ExitCode> {
    let begun = Clock::now();
    session.lints(&args.lints)?;
    let now = now(args.meaning.at);
    // All configurations first: nothing may be sent where one is wrong.
    for file in &args.files {
        session.config(&super::input::folder(file))?;
    }
    let folder = args.out.as_deref().map(|out| prepare(out, session)).transpose()?;
    let cancel = interrupt::flag();
    let judge = Judge::new(args, now, cancel);
    let mut hunts = Vec::new();
    let mut code = ExitCode::Ok;
    for file in &args.files {
        let (report, status) = judge.file(file, session)?;
        code = code.worst(status);
        let severe = |d: &&Diagnostic| !args.quiet || d.severity == Severity::Error;
        session.show_with_hints(&report.diagnostics.iter().filter(severe).cloned().collect::<Vec<_>>());
        if args.format == TextOrJson::Text && !args.quiet {
            session.terminal.out(&printed(&report, args.out.is_none(), session.terminal.width()));
        }
        hunts.push(report);
    }
    let report = RunReport { now, hunts, sources: std::mem::take(&mut session.sources), elapsed: begun.elapsed() };
    Ok(code.worst(deliver(args, &report, folder, session)))
}

/// Makes sure that a report can be written to `out`.
fn prepare(out: &Path, session: &mut Session) -> Result<ReportFolder, ExitCode> {
    let span = flag_span(out, &mut session.sources);
    ReportFolder::prepare(out, span).map_err(|problem| {
        session.show(&[*problem]);
        ExitCode::Usage
    })
}

fn flag_span(out: &Path, sources: &mut SourceSet) -> Span {
    let text = format!("--out {}", out.display());
    let length = text.len();
    Span::new(sources.add_text("command line", text), "--out ".len(), length)
}

/// What standard output gets of one hunt.
fn printed(report: &HuntReport, displays: bool, width: Option<u16>) -> String {
    let mut out = String::new();
    if displays {
        for display in &report.displays {
            out.push_str(&text::display(display, width));
            out.push('\n');
        }
    }
    out.push_str(&text::summary(report, width));
    out.push('\n');
    out
}

/// Puts the report where it was asked for.
fn deliver(args: &Args, report: &RunReport, folder: Option<ReportFolder>, session: &mut Session) -> ExitCode {
    if args.format == TextOrJson::Json && !args.quiet {
        let mut text = Vec::new();
        // Writing to memory does not fail.
        let _ = json::write(report, false, &mut text);
        session.terminal.out_bytes(&text);
    }
    let (Some(folder), Some(out)) = (folder, &args.out) else { return ExitCode::Ok };
    match commit(report, folder, out, args.raw_csv) {
        Ok(path) => {
            if args.format == TextOrJson::Text && !args.quiet {
                session.terminal.out(&format!("report: {}\n", safe(&path.display().to_string())));
            }
            ExitCode::Ok
        }
        Err(problem) => {
            session.sources = report.sources.clone();
            session.show(&[*problem]);
            ExitCode::Failed
        }
    }
}

/// Writes the folder. An interrupted run leaves an earlier report as it is and writes beside it.
fn commit(report: &RunReport, folder: ReportFolder, out: &Path, raw_csv: bool) -> Result<PathBuf, Box<Diagnostic>> {
    let options = FolderOptions { raw_csv };
    let interrupted = report.hunts.iter().any(|h| h.status == Status::Interrupted);
    if !interrupted || !folder.has_earlier() {
        let path = folder.commit(report, options)?;
        return Ok(shown(out, &path));
    }
    let span = folder.span();
    drop(folder);
    let mut beside = out.as_os_str().to_owned();
    beside.push(".interrupted");
    let beside = PathBuf::from(beside);
    let path = ReportFolder::prepare(&beside, span)?.commit(report, options)?;
    Ok(shown(&beside, &path))
}

/// The path as the user would write it.
fn shown(folder: &Path, written: &Path) -> PathBuf {
    written.file_name().map_or_else(|| folder.to_path_buf(), |name| folder.join(name))
}
