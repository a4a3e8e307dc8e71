//! The command line: one file for each command. No type of the argument parser is used outside of this folder.

mod analytics;
mod arenas;
mod args;
mod catalog;
mod check;
mod compile;
mod completions;
mod console;
mod convert;
mod demo;
mod diagnostic_format;
mod doctor;
pub mod exit;
mod explain;
mod fmt;
mod help_params;
mod hunt_facts;
mod ingest;
mod interrupt;
mod mappings;
mod nightly;
mod progress;
mod run;
mod sources;
mod terminal;
#[cfg(test)]
mod tests;
mod trust;
mod umask;
mod write_back;

use crate::report::sanitize::{is_unsafe, terminal_lines};
use clap::{CommandFactory as _, Parser, Subcommand};
use exit::ExitCode;
use terminal::{ColorWhen, Terminal};

const EXIT_STATUS: &str = "\
Exit status:
  0    all is well
  1    a huntflow has errors
  2    the command line or the configuration is wrong
  3    a hunt failed at run time
  4    results are incomplete, and --allow-partial allowed it
  5    something was found, with --fail-on-findings
  130  interrupted

Examples:
  huntc check hunts/*.hf
  huntc compile hunt.hf --emit console
  huntc run hunt.hf --source host101=events.ndjson.gz --out report";

/// A batch compiler for threat hunts.
///
/// Reads whole huntflows in the Kestrel language (.hf text or .ipynb huntbooks), checks them before anything runs,
/// compiles them to Elasticsearch requests over the Elastic Common Schema, runs those on a cluster or on log files,
/// and writes reports.
#[derive(Debug, Parser)]
#[command(name = "huntc", version, after_help = EXIT_STATUS, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: ColorWhen,
    /// Permissions that files and folders of huntc never have, in octal: 027 lets the group read reports
    #[arg(
        long, global = true, value_name = "MODE", env = "HUNTC_UMASK", default_value = "077", value_parser = umask::parse,
        hide_short_help = true
    )]
    umask: u32,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Compile(compile::CompileArgs),
    Run(Box<run::RunArgs>),
    Ingest(ingest::IngestArgs),
    Convert(convert::ConvertArgs),
    Demo(demo::DemoArgs),
    Fmt(fmt::FmtArgs),
    Explain(explain::ExplainArgs),
    Catalog(catalog::CatalogArgs),
    Sources(sources::SourcesArgs),
    Analytics(analytics::AnalyticsArgs),
    Nightly(nightly::NightlyArgs),
    Doctor(doctor::DoctorArgs),
    Trust(trust::TrustArgs),
    Completions(completions::CompletionsArgs),
}

/// Runs the program.
pub fn main() -> std::process::ExitCode {
    arenas::limit();
    match Cli::try_parse() {
        Ok(cli) => dispatch(cli).into(),
        Err(error) => {
            print(&error);
            if error.use_stderr() { ExitCode::Usage } else { ExitCode::Ok }.into()
        }
    }
}

/// Prints what the parser says. Help and version are not errors. The parser repeats words of the command line and values of its
/// variables as they are, so where one of them could play tricks with a terminal, the text is made harmless, and has no colours.
fn print(error: &clap::Error) {
    let harmless = |word: std::ffi::OsString| !word.to_string_lossy().chars().any(is_unsafe);
    let own = |(name, _): &(std::ffi::OsString, _)| name.to_string_lossy().starts_with("HUNTC_");
    if std::env::args_os().chain(std::env::vars_os().filter(own).map(|(_, value)| value)).all(harmless) {
        // If this cannot be printed, there is nowhere else to report it.
        let _ = error.print();
        return;
    }
    let text = terminal_lines(&error.render().to_string()).into_owned();
    let terminal = Terminal::new(ColorWhen::Never);
    if error.use_stderr() { terminal.err(&text) } else { terminal.out(&text) }
}

fn dispatch(cli: Cli) -> ExitCode {
    let terminal = Terminal::new(cli.color);
    umask::set(cli.umask);
    let code = perform(cli.command, terminal);
    if terminal.lost() {
        terminal.err("error: standard output cannot be written\n");
        return code.worst(ExitCode::Failed);
    }
    code
}

fn perform(command: Command, terminal: Terminal) -> ExitCode {
    match command {
        Command::Check(args) => check::run(&args, terminal),
        Command::Compile(args) => compile::run(&args, terminal),
        Command::Run(args) => run::run(&args, terminal),
        Command::Ingest(args) => ingest::run(&args, terminal),
        Command::Convert(args) => convert::run(&args, terminal),
        Command::Demo(args) => demo::run(&args, terminal),
        Command::Fmt(args) => fmt::run(&args, terminal),
        Command::Explain(args) => explain::run(&args, terminal),
        Command::Catalog(args) => catalog::run(&args, terminal),
        Command::Sources(args) => sources::run(&args, terminal),
        Command::Analytics(args) => analytics::run(&args, terminal),
        Command::Nightly(args) => nightly::run(&args, terminal),
        Command::Doctor(args) => doctor::run(&args, terminal),
        Command::Trust(args) => trust::run(&args, terminal),
        Command::Completions(args) => completions::run(&args, &mut Cli::command(), terminal),
    }
}
