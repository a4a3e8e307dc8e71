//! Ctrl-C: the first asks the run to end with a report, the second ends the process.

use super::exit::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that Ctrl-C sets from now on.
pub(super) fn flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    // A process has one handler; a second run in it, which only tests have, keeps the first's.
    let _ = ctrlc::set_handler(move || {
        if set.swap(true, Ordering::SeqCst) {
            stop();
        }
    });
    flag
}

#[expect(clippy::exit, reason = "the second Ctrl-C must end the process whatever its threads do")]
fn stop() -> ! {
    std::process::exit(i32::from(ExitCode::Interrupted.number()))
}
