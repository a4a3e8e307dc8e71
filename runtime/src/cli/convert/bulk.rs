//! `huntc convert --bulk`: the documents go to an index of a cluster.

use crate::cli::args::{ConfigArgs, SourceArgs};
use crate::cli::console::Console;
use crate::cli::exit::ExitCode;
use crate::cli::ingest::exit_code;
use crate::cli::progress::{Progress, Watched};
use crate::cli::terminal::Terminal;
use crate::config::binding::Binding;
use crate::config::{Config, source_name, without_secrets};
use crate::report::sanitize::terminal as safe;
use crate::report::text::count;
use crate::session::unread;
use crate::source::SourceError;
use crate::source::elastic::{BulkReport, BulkWriter, index_fault};
use crate::source::logs::{FileSettings, ReadReport};
use crate::source::store::convert_each;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::config::UNKNOWN_SOURCE;
use huntc_compiler::diag::codes::elastic::BAD_CLUSTER_ADDRESS;
use huntc_compiler::diag::codes::names::BAD_INDEX_NAME;
use huntc_compiler::diag::codes::store::RECORDS_REFUSED;
use huntc_compiler::source::Span;
use std::fs;
use std::path::PathBuf;

const USUAL_INDEX: &str = "huntc-logs";
/// The name of a source that only a URL names.
const BY_URL: &str = "bulk";

/// Where the documents go.
#[derive(Debug, clap::Args)]
pub(super) struct BulkArgs {
    /// The cluster to write to: its URL, or the name of a source of huntc.toml with its credentials and TLS
    ///
    /// The index gets the mappings of ECS by an index template called huntc-convert; an index that is there keeps its own. The
    /// same command again writes the same documents over. Ends with 3 where the server refuses a record, with 4 where a line is
    /// no record.
    #[arg(long, value_name = "URL|NAME")]
    bulk: Option<String>,
    /// The index to write to [default: the one that the URL ends with, else huntc-logs]
    #[arg(long, value_name = "NAME", requires = "bulk", conflicts_with = "to")]
    index: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
}

/// What is converted.
pub(super) struct ConvertedFiles<'a> {
    pub(super) paths: &'a [PathBuf],
    pub(super) settings: FileSettings,
    pub(super) allow_partial: bool,
}

pub(super) fn run(args: &BulkArgs, files: &ConvertedFiles<'_>, quiet: bool, terminal: Terminal) -> ExitCode {
    let (mut console, binding, index) = match bound(args, terminal) {
        Ok(bound) => bound,
        Err(code) => return code,
    };
    let server = binding.kind.cluster_address().map_or_else(|| binding.name.clone(), |(url, _)| url);
    let text = format!("--bulk {server}");
    let span = Span::new(console.session.texts.add_text("command line", text.as_str()), "--bulk ".len(), text.len());
    let mut writer = match writer(files.paths, &binding, &index, &console) {
        Ok(writer) => writer,
        Err(error) => {
            console.show(&[error.at(span)]);
            return ExitCode::Usage;
        }
    };
    let place = format!("{} at {}", safe(&index), safe(&server));
    let progress = Progress::start(terminal, quiet, format!("writing to {place}"), Watched::default());
    let result = write(files, &mut writer);
    drop(progress);
    match result {
        Ok((read, report)) => {
            console.show(&unread(&read, None, span));
            console.show(refused(&report, &index, span).as_slice());
            if !quiet {
                terminal.show(&format!("{} written to {place}\n", count(report.written, "record")));
            }
            match (report.refused, read.bad_total) {
                (0, 0) => ExitCode::Ok,
                (0, _) => ExitCode::Partial,
                _ => ExitCode::Failed,
            }
        }
        Err(error) => {
            let report = writer.report();
            let written = count(report.written, "record");
            let error = if report.written > 0 { error.note(format!("{written} were written before, and stay")) } else { error };
            let told: Vec<Diagnostic> = refused(report, &index, span).into_iter().chain([error.at(span)]).collect();
            console.show(&told);
            exit_code(&error)
        }
    }
}

fn write(files: &ConvertedFiles<'_>, writer: &mut BulkWriter) -> Result<(ReadReport, BulkReport), SourceError> {
    let read = convert_each(files.paths, &files.settings, files.allow_partial, &mut |document| writer.add(document))?;
    Ok((read, writer.finish()?))
}

fn refused(report: &BulkReport, index: &str, span: Span) -> Option<Diagnostic> {
    let headline = || format!("{} refused by the server for `{index}`", count(report.refused, "record"));
    let problem = (report.refused > 0).then(|| Diagnostic::new(&RECORDS_REFUSED, span, headline()))?;
    let problem = report.named.iter().fold(problem, |problem, named| problem.note(safe(named)));
    let more = report.refused - report.named.len() as u64;
    let problem = if more > 0 { problem.note(format!("and {more} more")) } else { problem };
    Some(problem.help("write to an index that is not there yet: `--index NAME`; one that is there keeps its own mappings"))
}

/// The binding that is meant, and the index. Shows what is wrong; then the command must end.
fn bound(args: &BulkArgs, terminal: Terminal) -> Result<(Console, Binding, String), ExitCode> {
    // The parser demands it where there is no `--to`.
    let target = args.bulk.as_deref().unwrap_or_default();
    let by_url = target.contains("://") || target.starts_with("cloud:");
    if let Some(index) = &args.index {
        check_index(index, &mut Console::bare(terminal))?;
    }
    // With an index beside it, the whole path of a URL belongs to a proxy.
    let uri = args.index.as_ref().map_or_else(|| target.to_owned(), |index| format!("{}/{index}", target.trim_end_matches('/')));
    let sources = SourceArgs { sources: by_url.then(|| format!("{BY_URL}={uri}")).into_iter().collect(), ..SourceArgs::default() };
    let (mut console, config) = Console::here(terminal, &args.config, &sources)?;
    let name = if by_url { BY_URL.to_owned() } else { source_name(target) };
    console.show(config.notices.get(&name).map_or(&[], Vec::as_slice));
    let Some(binding) = config.sources.get(&name).cloned() else { return Err(unbound(&name, &config, &mut console)) };
    let in_url = binding.kind.cluster_address().map(|(_, indices)| indices).filter(|indices| by_url && indices != "*");
    let index = args.index.clone().or(in_url).unwrap_or_else(|| USUAL_INDEX.to_owned());
    check_index(&index, &mut console)?;
    Ok((console, binding, index))
}

fn unbound(name: &str, config: &Config, console: &mut Console) -> ExitCode {
    if let Some(problem) = config.broken.get(name) {
        console.show(std::slice::from_ref(problem));
        return ExitCode::Usage;
    }
    // Without its scheme it may be an address with a password.
    let name = without_secrets(name);
    let error = SourceError::new(&UNKNOWN_SOURCE, format!("no data source `{name}` is bound"))
        .help("`huntc sources` lists what is bound; a URL begins with `https://`");
    console.refuse(&error, &name, ExitCode::Usage)
}

/// Refuses what is no name of one index that can be made.
fn check_index(name: &str, console: &mut Console) -> Result<(), ExitCode> {
    let Some(fault) = index_fault(name) else { return Ok(()) };
    let error = SourceError::new(&BAD_INDEX_NAME, format!("no index to write to is called {name:?}"))
        .note(fault)
        .help(format!("`--index {USUAL_INDEX}`"));
    Err(console.refuse(&error, name, ExitCode::Usage))
}

fn writer(paths: &[PathBuf], binding: &Binding, index: &str, console: &Console) -> Result<BulkWriter, SourceError> {
    let source = binding.kind.resolve(&binding.name, &console.session.environment)?;
    source.bulk(index, &origin(paths))?.ok_or_else(|| {
        SourceError::new(&BAD_CLUSTER_ADDRESS, format!("source `{}` is no cluster, so no index can be written", binding.name))
            .help("name a cluster: `--bulk https://HOST:9200`; `huntc sources` shows the kinds")
    })
}

/// What tells the documents of these files from equal ones of others. Standard input is another each time.
fn origin(paths: &[PathBuf]) -> String {
    let of = |path: &PathBuf| match path.to_str() {
        Some("-") => format!("- {} {:?}", std::process::id(), std::time::SystemTime::now()),
        _ => fs::canonicalize(path).unwrap_or_else(|_| path.clone()).display().to_string(),
    };
    paths.iter().map(of).collect::<Vec<_>>().join("\n")
}
