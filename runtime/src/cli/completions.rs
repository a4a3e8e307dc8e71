//! `huntc completions`: a completion script for a shell.

use super::Cli;
use super::exit::ExitCode;
use super::terminal::Terminal;
use clap::CommandFactory as _;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huntc completions bash > ~/.local/share/bash-completion/completions/huntc")]
pub(super) struct Args {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args, terminal: Terminal) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "huntc", &mut script);
    terminal.out_bytes(&script);
    ExitCode::Ok
}
