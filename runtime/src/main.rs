//! The `huntc` command.

fn main() -> std::process::ExitCode {
    huntc_runtime::cli::main()
}
