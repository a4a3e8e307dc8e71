//! `huntc convert`: log files as ECS documents, as the readers see them.

mod bulk;

use super::args::parse_log_time_offset;
use super::console::Console;
use super::exit::ExitCode;
use super::ingest::exit_code;
use super::progress::{Progress, Watched};
use super::terminal::Terminal;
use crate::own_files;
use crate::report::sanitize::terminal as safe;
use crate::report::text::count;
use crate::session::unread;
use crate::source::SourceError;
use crate::source::logs::{FileSettings, LogTimeOffset, ReadReport};
use crate::source::store::convert;
use bulk::ConvertedFiles;
use flate2::Compression;
use flate2::write::GzEncoder;
use huntc_compiler::diag::codes::store::CONVERTED_NOT_WRITTEN;
use huntc_compiler::source::Span;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Write log files as ECS documents, one a line, or to an index of a cluster
///
/// What every reader sees of them: Windows events, logs of Zeek and others become ECS; what is ECS stays as it is. Lines that
/// are no records are counted and the first of them named.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huntc convert Security.evtx --to security.ndjson.zst\n  huntc convert dataset.zip --to - | head -1\n  huntc convert logs/ --to ecs.ndjson\n  huntc convert Security.evtx --bulk https://es.example.org:9200 --index case-7\n  huntc convert logs/ --bulk lab    (a cluster of huntc.toml)"
)]
#[command(group(clap::ArgGroup::new("target").args(["to", "bulk"]).required(true)))]
pub(super) struct ConvertArgs {
    /// Log files, folders of them, or - for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The file to write, packed where its name ends in .zst or .gz; - for standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
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
    bulk: bulk::BulkArgs,
}

pub(super) fn run(args: &ConvertArgs, terminal: Terminal) -> ExitCode {
    if let Some(to) = &args.to {
        return to_path(args, to, terminal);
    }
    let files = ConvertedFiles { paths: &args.paths, settings: args.settings(), allow_partial: args.allow_partial };
    bulk::run(&args.bulk, &files, args.quiet, terminal)
}

impl ConvertArgs {
    /// What the flags say of the files.
    fn settings(&self) -> FileSettings {
        FileSettings { log_time_offset: self.log_time_offset.unwrap_or_default(), ..FileSettings::default() }
    }
}

fn to_path(args: &ConvertArgs, path: &Path, terminal: Terminal) -> ExitCode {
    let mut console = Console::bare(terminal);
    let to = path.display().to_string();
    let text = format!("--to {to}");
    let span = Span::new(console.session.texts.add_text("command line", text.as_str()), "--to ".len(), text.len());
    let progress = Progress::start(terminal, args.quiet, format!("writing {}", safe(&to)), Watched::default());
    let result = if to == "-" { to_standard_output(args) } else { to_file(args, path) };
    drop(progress);
    match result {
        Ok(report) => {
            console.show(&unread(&report, None, span));
            if !args.quiet && to != "-" {
                terminal.show(&format!("{} written to {}\n", count(report.records, "record"), safe(&to)));
            }
            ExitCode::Ok
        }
        Err(error) => {
            console.show(&[error.at(span)]);
            exit_code(&error)
        }
    }
}

fn to_standard_output(args: &ConvertArgs) -> Result<ReadReport, SourceError> {
    let mut out = BufWriter::with_capacity(1 << 18, io::stdout());
    let report = convert(&args.paths, &args.settings(), args.allow_partial, &mut out)?;
    out.flush().map_err(|error| not_written(Path::new("-"), &error))?;
    Ok(report)
}

/// Writes a file in one step: after an error what had its name is as it was.
fn to_file(args: &ConvertArgs, path: &Path) -> Result<ReadReport, SourceError> {
    let mut result = None;
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let written = own_files::replace(path, |file| {
        let mut out = BufWriter::with_capacity(1 << 18, file);
        let (report, finished) = match ending.as_str() {
            "gz" => {
                let mut packed = GzEncoder::new(&mut out, Compression::default());
                (convert(&args.paths, &args.settings(), args.allow_partial, &mut packed), packed.finish().map(drop))
            }
            "zst" => {
                let mut packed = zstd::Encoder::new(&mut out, 0)?;
                (convert(&args.paths, &args.settings(), args.allow_partial, &mut packed), packed.finish().map(drop))
            }
            _ => (convert(&args.paths, &args.settings(), args.allow_partial, &mut out), Ok(())),
        };
        let failed = report.is_err();
        result = Some(report);
        finished?;
        out.flush()?;
        // Without this the part that was written would take the name.
        if failed { Err(io::Error::other("nothing was converted")) } else { Ok(()) }
    });
    match (result, written) {
        (Some(Err(error)), _) => Err(error),
        (Some(Ok(report)), Ok(())) => Ok(report),
        (_, Err(error)) => Err(not_written(path, &error)),
        (None, Ok(())) => Err(not_written(path, &io::Error::other("nothing was written"))),
    }
}

fn not_written(path: &Path, error: &io::Error) -> SourceError {
    SourceError::new(&CONVERTED_NOT_WRITTEN, format!("{} cannot be written", path.display()))
        .note(error.to_string())
        .help("name a file in a folder that is there and that you may write into")
}
