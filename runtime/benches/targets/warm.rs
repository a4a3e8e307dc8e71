//! CPU time of this process.

use super::measure::Outcome;
use nix::time::{ClockId, clock_gettime};

/// CPU time of this process so far, in seconds, of all threads.
fn cpu() -> Outcome<f64> {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?;
    Ok(time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9)
}

/// CPU milliseconds of a call, the mean of `times`; one call before them is not counted.
pub(super) fn warm(times: u32, mut work: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    work()?;
    let before = cpu()?;
    for _ in 0..times {
        work()?;
    }
    Ok((cpu()? - before) * 1e3 / f64::from(times))
}
