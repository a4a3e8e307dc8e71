//! Keeps damaged files from ending the program: code that reads them may panic over bytes that nobody wrote, where checking each
//! of them would cost too much, or is not ours to do.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    /// Whether a panic of this thread is expected, and told by whoever expects it.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Whether bytes have changed under whoever reads them, on any thread.
static CHANGED: AtomicBool = AtomicBool::new(false);

/// Says that bytes have changed under whoever reads them. May be called by a handler of signals.
pub(crate) fn bytes_have_changed() {
    CHANGED.store(true, Ordering::Relaxed);
}

/// Does work on a file that may be damaged. The error is what was said when the work was given up.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    quieten();
    let before = EXPECTED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    EXPECTED.set(before);
    done.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        format!("the file is damaged: {}", text.unwrap_or("the database gave up"))
    })
}

/// Does work on files that may change meanwhile, on several threads. If `unchanged` then says that they did, that is the
/// answer, whatever came of the work.
pub(crate) fn unless_changed<T, E>(unchanged: impl FnOnce() -> Result<(), E>, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    quieten();
    let done = catch_unwind(AssertUnwindSafe(work));
    // Later panics are printed again.
    CHANGED.store(false, Ordering::Relaxed);
    unchanged()?;
    done.unwrap_or_else(|panic: Box<dyn Any + Send>| resume_unwind(panic))
}

/// Keeps panics that are expected from being printed.
fn quieten() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !EXPECTED.get() && !CHANGED.load(Ordering::Relaxed) {
                usual(panic);
            }
        }));
    });
}
