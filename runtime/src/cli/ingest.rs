//! `huntc ingest`: builds or extends an embedded store from log files.

use super::args::{ConfigArgs, SourceArgs, parse_log_time_offset};
use super::console::Console;
use super::exit::ExitCode;
use super::progress::{Progress, Watched};
use super::terminal::Terminal;
use crate::config::source_name;
use crate::report::sanitize::terminal as safe;
use crate::report::text::{count, seconds};
use crate::session::unread;
use crate::source::SourceError;
use crate::source::logs::{FileSettings, LogTimeOffset};
use crate::source::store::{IngestOptions, IngestReport, ingest};
use huntc_compiler::diag::codes::config::UNKNOWN_SOURCE;
use huntc_compiler::diag::codes::store::{NO_RECORDS, NOTHING_TO_READ, PART_OF_AN_ANSWER, UNREADABLE_LOG};
use huntc_compiler::source::Span;
use std::path::PathBuf;
use std::time::Instant as Clock;

/// Build or extend an embedded store from log files
///
/// All of the files are added, or none. Lines that are no records are counted and the first of them named.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc ingest events.ndjson.gz --store host101.store\n  huntc ingest logs/ --store host101.store\n  zcat old.gz | huntc ingest - --store host101.store\n  huntc run hunt.hf --source host101=host101.store"
)]
pub(super) struct IngestArgs {
    /// Log files, folders of them, or - for standard input
    ///
    /// ECS documents as NDJSON, `_bulk` bodies or search answers; Windows events in any wrapping; STIX bundles; logs of Zeek, Suricata, auditd and journald; plain, compressed (gzip, zstd, bzip2, xz), or in zip and tar archives. Tables, and other JSON, where huntc.toml explains their columns.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The store, made if there is none
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Read tables, and JSON that is no ECS, as `[sources.NAME.columns]` of huntc.toml says
    #[arg(long, value_name = "NAME")]
    columns_of: Option<String>,
    /// Add this to when Windows events were logged, where the files have a local time: +16h, -3h30m
    ///
    /// K0766 tells where it is needed, and by how much. Times that Sysmon says itself stay as they are.
    #[arg(long, value_name = "OFFSET", value_parser = parse_log_time_offset, allow_hyphen_values = true)]
    log_time_offset: Option<LogTimeOffset>,
    /// Print nothing but errors and what could not be read
    #[arg(long, short)]
    quiet: bool,
    /// Take saved answers that say they are a part only
    #[arg(long)]
    allow_partial: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(args: &IngestArgs, terminal: Terminal) -> ExitCode {
    let begun = Clock::now();
    let (mut console, settings) = match settings(args, terminal) {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let store = args.store.display().to_string();
    let progress = Progress::start(terminal, args.quiet, format!("reading into {}", safe(&store)), Watched::default());
    let result = ingest(&args.paths, &args.store, &IngestOptions::new(args.allow_partial).with_settings(&settings));
    drop(progress);
    let text = format!("--store {store}");
    let span = Span::new(console.session.texts.add_text("command line", text.as_str()), "--store ".len(), text.len());
    match result {
        Ok(report) => {
            print_report(args, &report, span, begun, &console);
            ExitCode::Ok
        }
        Err(error) => {
            console.show(&[error.at(span)]);
            exit_code(&error)
        }
    }
}

/// What the flags say of the files; of `--columns-of` all that the configuration does.
fn settings(args: &IngestArgs, terminal: Terminal) -> Result<(Console, FileSettings), ExitCode> {
    let with_flag = |settings: FileSettings| FileSettings {
        log_time_offset: args.log_time_offset.unwrap_or(settings.log_time_offset),
        ..settings
    };
    let Some(name) = &args.columns_of else { return Ok((Console::bare(terminal), with_flag(FileSettings::default()))) };
    let (mut console, config) = Console::here(terminal, &args.config, &SourceArgs::default())?;
    let name = source_name(name);
    let settings = config.sources.get(&name).and_then(|binding| binding.kind.file_settings());
    if let Some(settings) = settings.filter(|settings| settings.columns.is_some()) {
        return Ok((console, with_flag(settings.clone())));
    }
    let error = SourceError::new(&UNKNOWN_SOURCE, format!("`[sources.{name}.columns]` is not in the configuration"))
        .help("`huntc doctor FILE --suggest` proposes such a table");
    Err(console.refuse(&error, &name, ExitCode::Usage))
}

/// A log that cannot be found is an error of the command line; every other error is one of the run.
pub(super) fn exit_code(error: &SourceError) -> ExitCode {
    let of_logs = [&UNREADABLE_LOG, &NOTHING_TO_READ, &NO_RECORDS, &PART_OF_AN_ANSWER];
    if of_logs.contains(&error.code) { ExitCode::Usage } else { ExitCode::Failed }
}

fn print_report(args: &IngestArgs, report: &IngestReport, span: Span, begun: Clock, console: &Console) {
    // With `--quiet` too: what could not be read is always said.
    console.show(&unread(&report.read, None, span));
    if args.quiet {
        return;
    }
    let known = match report.known {
        0 => String::new(),
        known => format!(", {} known already", count(known, "document")),
    };
    console.terminal.show(&format!(
        "{} added in {}{known}; {} now holds {} in {}, {:.1} MB\n",
        count(report.read.records - report.known.min(report.read.records), "record"),
        seconds(begun.elapsed()),
        safe(&args.store.display().to_string()),
        count(report.records, "record"),
        count(report.segments as u64, "segment"),
        report.bytes as f64 / 1e6
    ));
}
