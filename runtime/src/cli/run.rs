//! `huntc run`: compiles huntflows, runs them, and reports.

use super::args::{BudgetArgs, ConfigArgs, CsvArgs, HuntArgs, SourceArgs, WindowArgs};
use super::console::Console;
use super::exit::ExitCode;
use super::help_params;
use super::hunt_facts::hunt_facts;
use super::interrupt;
use super::progress::{Progress, Watched};
use super::terminal::Terminal;
use super::write_back::{self, OpenBook};
use crate::report::csv::CsvForm;
use crate::report::folder::{FolderOptions, ReportFolder};
use crate::report::model::{HuntReport, Status};
use crate::report::rows::{self, Screen};
use crate::report::sanitize::terminal as safe;
use crate::report::sarif::{HuntFacts, SarifLog};
use crate::report::{RunReport, json, text};
use crate::session::{self, Huntflow, Refusal, RunContext, RunSettings, SourcePool, clock, input};
use huntc_compiler::diag::codes::store::{BAD_LINES, LEFT_OUT, LOG_CLOCK, MENDED};
use huntc_compiler::diag::{Diagnostic, Severity};
use huntc_compiler::source::{SourceSet, Span};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant as Clock;

const NOTES: &str = "\
Each file is judged by itself; the exit status is the worst of 3, 1, 4, 5, 0.
Ctrl-C ends the run with a report of what is there; a second one ends it at once. An interrupted
run leaves an earlier report in --out as it is, and writes its own to DIR.interrupted.

Examples:
  huntc run hunt.hf --source host101=events.ndjson.gz
  huntc run hunts/*.hf --window 24h --out report --fail-on-findings
  huntc run hunt.hf --source host101=https://elastic.example:9200/winlogbeat-host101
  huntc run book.ipynb --write-back
  huntc run hunt.hf --format json | jq .hunts[0].displays";

/// Run huntflows and report what they find
///
/// Without --out, displays and a summary are printed; with it, DIR becomes a report folder: report.json, report.html,
/// a CSV and a JSON file for each display, requests.ndjson, and requests.console for Kibana's Dev Tools.
#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub(super) struct RunArgs {
    /// Huntflows: .hf text, .ipynb huntbooks, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    #[command(flatten)]
    sources: SourceArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    window: WindowArgs,
    #[command(flatten)]
    hunt: HuntArgs,
    #[command(flatten)]
    run: RunOnlyArgs,
    #[command(flatten)]
    budget: BudgetArgs,
}

/// Where the report goes, and what it holds.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Report")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct ReportArgs {
    /// Write the report to a folder, which it replaces
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Put what the hunts show into the cells of their huntbooks, or of one into another notebook
    #[arg(long, value_name = "OUT.ipynb", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    write_back: Option<String>,
    /// List the keys of every variable's entities
    #[arg(long)]
    keys: bool,
    /// What to print: text (displays and summary), json (report.json) or sarif (each row of a DISP is a result)
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", hide_possible_values = true)]
    format: RunFormat,
    /// The most rows of a DISP that are printed; `all` for all of them
    #[arg(long, value_name = "N", default_value_t)]
    rows: PrintedRows,
    /// Print nothing but errors and what could not be read
    #[arg(long, short)]
    quiet: bool,
    /// Leave CSV cells that a spreadsheet would run as they are, in the report and in files of SAVE
    #[arg(long)]
    raw_csv: bool,
    #[command(flatten)]
    csv: CsvArgs,
    /// Do not say why a statement found nothing, and send no request to find out
    #[arg(long)]
    no_hints: bool,
    /// End with status 5 if a DISP shows a row (in a hunt without DISP: if its last variable is not empty)
    #[arg(long)]
    fail_on_findings: bool,
}

/// What changes the meaning of a hunt, but not of one that runs at night.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Meaning")]
struct RunOnlyArgs {
    /// Leave out variables that no DISP, SAVE, APPLY or later statement needs
    #[arg(long)]
    lean: bool,
    /// List the parameters of the hunts, and run nothing
    #[arg(long)]
    help_params: bool,
    /// Accept answers with parts missing; they are marked, and the status is 4
    #[arg(long)]
    allow_partial: bool,
}

pub(super) fn run(args: &RunArgs, terminal: Terminal) -> ExitCode {
    let settings = RunSettings {
        window: args.window.window,
        lean: args.run.lean,
        allow_partial: args.run.allow_partial,
        keys: args.report.keys,
        raw_csv: args.report.raw_csv,
        hints: !args.report.no_hints,
        evidence: args.report.out.is_some() || args.report.write_back.is_some(),
        max_memory: args.budget.max_memory,
        aggregate: !args.budget.no_agg,
        ..args.hunt.settings()
    };
    let output = Output {
        folder: args.report.out.clone(),
        write_back: args.report.write_back.clone(),
        format: args.report.format,
        rows: args.report.rows,
        quiet: args.report.quiet,
        csv: args.report.csv.form(CsvForm { raw: args.report.raw_csv, ..CsvForm::default() }),
        fail_on_findings: args.report.fail_on_findings,
    };
    let mut console = Console::new(terminal, &args.config, &args.sources);
    if args.run.help_params {
        return help_params::show(&args.files, &settings, &mut console).unwrap_or_else(|code| code);
    }
    run_files(&args.files, &settings, &output, console)
}

/// `--format` of runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(super) enum RunFormat {
    /// For people.
    #[default]
    Text,
    /// `report.json`.
    Json,
    /// A log of SARIF 2.1.0.
    Sarif,
}

/// `--rows`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct PrintedRows(usize);

impl Default for PrintedRows {
    fn default() -> Self {
        Self(200)
    }
}

impl std::fmt::Display for PrintedRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == usize::MAX { f.write_str("all") } else { self.0.fmt(f) }
    }
}

impl std::str::FromStr for PrintedRows {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(number) if number > 0 => Ok(Self(number)),
            _ if text == "all" => Ok(Self(usize::MAX)),
            _ => Err("a number from 1, or `all`, is needed"),
        }
    }
}

/// Where reports go, and in which form.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// The report folder of `--out`.
    pub folder: Option<PathBuf>,
    /// `--write-back`: the notebook that outputs are written to; empty for the huntbooks themselves.
    pub write_back: Option<String>,
    /// The format of standard output.
    pub format: RunFormat,
    /// The most rows of a display that are printed.
    pub rows: PrintedRows,
    /// Whether only errors are printed.
    pub quiet: bool,
    /// How the CSV files of the folder are.
    pub csv: CsvForm,
    /// Whether findings change the exit status.
    pub fail_on_findings: bool,
}

/// Runs huntflows one after the other.
pub(super) fn run_files(files: &[String], settings: &RunSettings, output: &Output, mut console: Console) -> ExitCode {
    match run_all(files, settings, output, &mut console) {
        Ok(code) | Err(code) => code,
    }
}

fn run_all(files: &[String], settings: &RunSettings, output: &Output, console: &mut Console) -> Result<ExitCode, ExitCode> {
    let begun = Clock::now();
    console.check_lints(settings)?;
    // All configurations are read first: nothing may be sent when one of them is wrong.
    for file in files {
        console.config(&input::folder(file))?;
    }
    let folder = output.folder.as_deref().map(|out| prepare(out, console)).transpose()?;
    let cancel = interrupt::flag();
    let pool = if files.len() == 1 { SourcePool::of_one_hunt() } else { SourcePool::shared() };
    let mut hunts = Vec::new();
    let mut code = ExitCode::Ok;
    let huntflows = files.iter().map(|file| console.load(file, settings)).collect::<Result<Vec<_>, _>>()?;
    console.check_parameters(&huntflows, false)?;
    let out = output.write_back.as_deref().map(|out| Some(Path::new(out)).filter(|_| !out.is_empty()));
    let books = out.map(|out| write_back::open(&huntflows, out, console)).transpose()?;
    for (at, huntflow) in huntflows.iter().enumerate() {
        let (report, status) = run_file(huntflow, settings, output, &pool, &cancel, console);
        code = code.worst(status);
        let severe = |d: &&Diagnostic| !output.quiet || d.severity == Severity::Error || of_unread(d);
        console.show_with_hints(&report.diagnostics.iter().filter(severe).cloned().collect::<Vec<_>>());
        if output.format == RunFormat::Text && !output.quiet {
            console.terminal.show(&printed(&report, output.folder.is_none(), console.terminal.screen(output.rows.0)));
        }
        let book = books.as_ref().and_then(|books| books.get(at));
        code = code.worst(book.map_or(ExitCode::Ok, |book| write_book(book, &report, output, console)));
        hunts.push(report);
    }
    // Only one format tells them, and long hunts take long to read.
    let told = huntflows.iter().filter(|_| output.format == RunFormat::Sarif);
    let facts: Vec<HuntFacts> = told.map(|huntflow| hunt_facts(huntflow, &console.session.texts)).collect();
    let sources = std::mem::take(&mut console.session.texts);
    let report = RunReport { now: settings.now, hunts, sources, elapsed: begun.elapsed() };
    print_whole(output, &report, &facts, console);
    Ok(code.worst(deliver(output, &report, folder, console)))
}

/// Writes the outputs of a hunt into its huntbook. An interrupted one leaves it as it is.
fn write_book(book: &OpenBook, report: &HuntReport, output: &Output, console: &mut Console) -> ExitCode {
    if report.status == Status::Interrupted {
        return ExitCode::Ok;
    }
    match write_back::write(book, report, output.rows.0, console) {
        Ok(()) => {
            if output.format == RunFormat::Text && !output.quiet {
                console.terminal.show(&format!("huntbook: {}\n", safe(&book.shown())));
            }
            ExitCode::Ok
        }
        Err(code) => code,
    }
}

/// Whether a diagnostic says that something could not be read. It is printed with `--quiet` too.
fn of_unread(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Warning && [&BAD_LINES, &LEFT_OUT, &LOG_CLOCK, &MENDED].contains(&diagnostic.code)
}

/// The report of a file, and its exit status.
fn run_file(
    huntflow: &Huntflow,
    settings: &RunSettings,
    output: &Output,
    pool: &SourcePool,
    cancel: &Arc<AtomicBool>,
    console: &Console,
) -> (HuntReport, ExitCode) {
    let file = huntflow.file.as_str();
    if cancel.load(Ordering::Relaxed) {
        return (HuntReport::without_results(file, Status::Interrupted, Vec::new()), ExitCode::Interrupted);
    }
    let context = RunContext { cancel: Arc::clone(cancel), ..RunContext::new(pool, clock::run_id("huntc")) };
    let watched = Watched { read: Some(Arc::clone(&context.read)), waiting: Arc::clone(&context.waiting) };
    let progress = Progress::start(console.terminal, output.quiet, safe(input::name(file)).into_owned(), watched);
    let run = session::run_hunt(&console.session, huntflow, settings, &context);
    drop(progress);
    let code = match run.refusal {
        // A file or a source that was named wrongly is an error of the command line, not of a hunt.
        Some(Refusal::Unreadable | Refusal::Unbound) => ExitCode::Usage,
        Some(Refusal::Faulty) => ExitCode::HuntErrors,
        None => ExitCode::of_report(&run.report, output.fail_on_findings),
    };
    (run.report, code)
}

/// Checks that a report can be written to `out`.
fn prepare(out: &Path, console: &mut Console) -> Result<ReportFolder, ExitCode> {
    let span = flag_span(out, &mut console.session.texts);
    ReportFolder::prepare(out, span).map_err(|problem| {
        console.show(&[*problem]);
        ExitCode::Usage
    })
}

fn flag_span(out: &Path, sources: &mut SourceSet) -> Span {
    let text = format!("--out {}", out.display());
    let length = text.len();
    Span::new(sources.add_text("command line", text), "--out ".len(), length)
}

/// What is printed to standard output for one hunt.
fn printed(report: &HuntReport, displays: bool, screen: Screen) -> String {
    let mut out = String::new();
    if displays {
        for display in &report.displays {
            out.push_str(&rows::display(display, screen));
            out.push('\n');
        }
    }
    out.push_str(&text::summary(report, screen.columns));
    out.push('\n');
    out
}

/// Prints the report in a format for programs.
fn print_whole(output: &Output, report: &RunReport, facts: &[HuntFacts], console: &Console) {
    if output.quiet {
        return;
    }
    match output.format {
        RunFormat::Text => {}
        RunFormat::Json => {
            let mut text = Vec::new();
            // Writing to memory does not fail.
            let _ = json::write(report, false, &mut text);
            console.terminal.out_bytes(&text);
        }
        RunFormat::Sarif => console.terminal.out(&SarifLog::of_run(report, facts).text()),
    }
}

/// Writes the report to its folder.
fn deliver(output: &Output, report: &RunReport, folder: Option<ReportFolder>, console: &mut Console) -> ExitCode {
    let (Some(folder), Some(out)) = (folder, &output.folder) else { return ExitCode::Ok };
    match commit(report, folder, out, output.csv) {
        Ok(path) => {
            if output.format == RunFormat::Text && !output.quiet {
                console.terminal.show(&format!("report: {}\n", safe(&path.display().to_string())));
            }
            ExitCode::Ok
        }
        Err(problem) => {
            console.session.texts = report.sources.clone();
            console.show(&[*problem]);
            ExitCode::Failed
        }
    }
}

/// Writes the report folder. An interrupted run keeps an earlier report, and writes beside it.
fn commit(report: &RunReport, folder: ReportFolder, out: &Path, csv: CsvForm) -> Result<PathBuf, Box<Diagnostic>> {
    let options = FolderOptions { csv };
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
