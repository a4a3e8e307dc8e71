//! `huntc completions`: a completion script for a shell.

use super::exit::ExitCode;
use super::terminal::Terminal;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huntc completions bash > ~/.local/share/bash-completion/completions/huntc")]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &CompletionsArgs, command: &mut clap::Command, terminal: Terminal) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "huntc", &mut script);
    terminal.out_bytes(&script);
    ExitCode::Ok
}
