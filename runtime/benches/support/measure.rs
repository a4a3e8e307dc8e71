//! What child processes cost: time, CPU time and peak memory.

use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// Whatever goes wrong ends the bench.
pub(super) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// What a child process cost.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Cost {
    /// CPU time of the process and the system, in seconds.
    pub(super) cpu: f64,
    /// From its start to its end, in seconds.
    pub(super) wall: f64,
    /// Most memory it had at once, in megabytes; mapped files count as far as they were touched.
    pub(super) peak: f64,
}

/// The first argument of a process that runs and measures another.
const MEASURE: &str = "--measure";

/// Runs a program to its end, which must be a good one, and measures it.
///
/// A child begins with the memory of its parent as its peak, so this process, which may be big, starts a small one in
/// between.
pub(super) fn child(program: &Path, args: &[&str], input: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Outcome<Cost> {
    let mut small = Command::new(std::env::current_exe()?)
        .arg(MEASURE)
        .arg(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let given = small.stdin.take().map_or(Ok(()), |mut pipe| input(&mut pipe));
    let output = small.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("{} {} failed: {}", program.display(), args.join(" "), output.status).into());
    }
    given?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What the small process does; `None` where this is not one.
pub(super) fn measured() -> Option<ExitCode> {
    let mut args = std::env::args_os().skip(1);
    if args.next()? != MEASURE {
        return None;
    }
    let begun = Instant::now();
    let status = Command::new(args.next()?).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let wall = begun.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
    let cost = Cost { cpu, wall, peak: usage.max_rss() as f64 * 1024.0 / 1e6 };
    let told = serde_json::to_writer(io::stdout(), &cost).is_ok();
    Some(if told && status.is_ok_and(|s| s.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
