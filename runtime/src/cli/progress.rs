//! Shows the progress of a command on standard error, when it is a terminal.

use super::terminal::Terminal;
use crate::report::sanitize::terminal as safe;
use crate::source::Waiting;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// What the line shows of the command.
#[derive(Default)]
pub(super) struct Watched {
    /// Records read so far, if there are any to read.
    pub read: Option<Arc<AtomicU64>>,
    /// What is waited for.
    pub waiting: Arc<Waiting>,
}

/// A line that shows the progress. It is removed when dropped.
pub(super) struct Progress {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Shows `what`, with what is `watched`, until dropped. Shows nothing when standard error is no terminal.
    pub(super) fn start(terminal: Terminal, quiet: bool, what: String, watched: Watched) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        if quiet || !terminal.is_watched() {
            return Self { stop, thread: None };
        }
        let ended = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            while !ended.load(Ordering::Relaxed) {
                let read = watched.read.as_ref().map(|n| format!(": {} records read", n.load(Ordering::Relaxed)));
                let waiting = watched.waiting.get().map(|what| format!(", {}", safe(&what)));
                bar.set_message(format!("{what}{}{},", read.unwrap_or_default(), waiting.unwrap_or_default()));
                bar.tick();
                std::thread::park_timeout(Duration::from_millis(120));
            }
            bar.finish_and_clear();
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}
