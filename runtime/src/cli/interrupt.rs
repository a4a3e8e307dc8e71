//! Ctrl-C, SIGTERM and SIGHUP: the first one asks the run to end with a report, the second one ends the process. Also as
//! process 1 of a container, which the system keeps from signals that it has no handler for.

use super::exit::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that these signals set from now on.
pub(super) fn flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    // A process has one handler. Only tests run a second command in it; that one keeps the first handler.
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
