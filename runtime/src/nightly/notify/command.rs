//! Commands of the shell that get a notification on their standard input.

use super::words::{MOST_BYTES, words};
use crate::nightly::model::Notifier;
use crate::process_group;
use std::io::{Read, Write};
use std::process::{ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant as Clock};

/// How long to wait for the last words of a command that has ended. What it started may hold its standard error open.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Runs a command with `input` on its standard input. At the end of its time it is killed, with everything that it started.
pub(super) fn run(command: &str, id: &str, input: &[u8], notifier: &Notifier) -> Result<(), String> {
    let timeout = notifier.timeout;
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env_clear().envs(notifier.environment.iter().map(|(name, value)| (name, value)));
    shell.env("HUNTC_NOTIFICATION_ID", id);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = process_group::lead(&mut shell).spawn().map_err(|e| format!("the command cannot be started: {e}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_owned();
        // A command need not read its input, and one that reads slowly must not block this run.
        std::thread::spawn(move || stdin.write_all(&input));
    }
    let complaint = child.stderr.take().map(listen);
    let begun = Clock::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => {
                let said = complaint.and_then(|said| said.recv_timeout(LAST_WORDS).ok()).and_then(|said| words(&said, &[]));
                return Err(format!("the command ended with {status}{}", said.map_or_else(String::new, |s| format!(": {s}"))));
            }
            Ok(None) if begun.elapsed() > timeout => {
                process_group::kill(&mut child);
                return Err(format!("the command took more than {} seconds", timeout.as_secs()));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(e) => return Err(format!("the command was lost: {e}")),
        }
    }
}

/// The beginning of what a command writes to its standard error. All of it is read, so that the command never waits for us.
fn listen(mut stderr: ChildStderr) -> Receiver<Vec<u8>> {
    let (sender, said) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = (&mut stderr).take(MOST_BYTES).read_to_end(&mut text);
        let _ = sender.send(text);
        let _ = std::io::copy(&mut stderr, &mut std::io::sink());
    });
    said
}
