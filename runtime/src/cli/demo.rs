//! `huntc demo`: writes the demo's data, hunts and configuration, and runs both hunts.

use super::args::{ConfigArgs, SourceArgs};
use super::console::Console;
use super::exit::ExitCode;
use super::run::{Output, run_files};
use super::terminal::Terminal;
use crate::demo;
use crate::report::sanitize::terminal as safe;
use crate::session::{RunSettings, clock};
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::config::FILE_NOT_WRITTEN;
use std::path::PathBuf;

/// Write made-up telemetry and hunts to a folder, and run the two published ones
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  huntc demo\n  huntc demo /tmp/demo --no-run")]
pub(super) struct DemoArgs {
    /// The folder, made if there is none
    #[arg(value_name = "DIR", default_value = "huntc-demo")]
    folder: PathBuf,
    /// Only write the files
    #[arg(long)]
    no_run: bool,
}

pub(super) fn run(args: &DemoArgs, terminal: Terminal) -> ExitCode {
    let written = match demo::write(&args.folder) {
        Ok(written) => written,
        Err(error) => {
            let mut console = Console::bare(terminal);
            let path = error.path.display().to_string();
            let span = console.session.command_line(&path);
            let problem = Diagnostic::new(&FILE_NOT_WRITTEN, span, "the demo cannot be written");
            console.show(&[problem.note(error.to_string()).help("give another folder: `huntc demo DIR`")]);
            return ExitCode::Usage;
        }
    };
    let folder = safe(&args.folder.display().to_string()).into_owned();
    terminal.show(&format!(
        "{folder}: {} records, two published hunts, a folder of nightly ones, and their huntc.toml\n\n",
        written.records
    ));
    if args.no_run {
        terminal.show(&format!("run a hunt with `huntc run {folder}/scheduled-tasks.hf`\n"));
        return ExitCode::Ok;
    }
    let files: Vec<String> = written.hunts.iter().map(|p| p.display().to_string()).collect();
    // Otherwise a profile of the same name in the environment would send the demo's hunts to a real cluster.
    let sources = SourceArgs { sources: vec![format!("host101={}", written.data.display())], ..SourceArgs::default() };
    let config = ConfigArgs { config: Some(written.config) };
    let settings = RunSettings { hints: true, evidence: true, ..RunSettings::at(clock::now()) };
    let output = Output { folder: Some(args.folder.join("report")), ..Output::default() };
    run_files(&files, &settings, &output, Console::new(terminal, &config, &sources))
}
