//! Faults of disks, files and processes, through the program: what the user reads, and what remains.

mod input;
mod output;
mod writer;

use crate::support::cli::Huntc;
use std::process::{Command, Stdio};

const HUNT: &str = "p = GET process FROM stixshifter://lab WHERE name = 'cmd.exe'\nDISP p ATTR name, pid\n";

/// A record of a process by its number.
fn record(number: usize) -> String {
    let time = format!("2020-10-22T06:{:02}:{:02}.000Z", number / 60 % 60, number % 60);
    format!("{{\"@timestamp\":\"{time}\",\"process\":{{\"entity_id\":\"{{{number}}}\",\"name\":\"cmd.exe\",\"pid\":{number}}}}}\n")
}

fn records(count: usize) -> String {
    (0..count).map(record).collect()
}

/// The program under a limit of the shell (`ulimit`), with signals of the limit ignored, so that it sees an error.
fn limited(huntc: &Huntc, limit: &str, arguments: &[&str]) -> Command {
    let plain = huntc.command(arguments);
    let mut command = Command::new("sh");
    let line = format!("trap '' XFSZ; ulimit {limit}; exec \"$0\" \"$@\"");
    command.arg("-c").arg(line).arg(plain.get_program()).args(plain.get_args());
    command.current_dir(plain.get_current_dir().unwrap()).env_clear().env("HOME", huntc.path("home")).env("PATH", "/usr/bin:/bin");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Status and both streams of a command.
fn ran(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    (output.status.code(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// How many records a hunt finds in a source.
fn found(huntc: &Huntc, source: &str) -> u64 {
    let ran = huntc.run(&format!("run hunt.hf --source lab={source} --format json"));
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}", ran.text()));
    assert_eq!(report["hunts"][0]["status"], "ok", "{}", ran.text());
    report["hunts"][0]["variables"][0]["records"].as_u64().unwrap()
}
