//! The seam between the command line and the executor: one checked hunt in, its report out.

use super::run::Args;
use crate::config::Config;
use crate::exec::{self, Job, Open, RunOptions};
use crate::report::model::{HuntReport, Status};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::Compiled;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::internal::BUG;
use huntc_compiler::source::Span;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

/// A hunt that is ready to run.
pub(super) struct Work<'a> {
    pub file: &'a str,
    pub compiled: &'a Compiled,
    pub catalog: &'a Catalog,
    /// What the compiler had to say.
    pub diagnostics: Vec<Diagnostic>,
    /// Where relative paths of LOAD and SAVE start from.
    pub folder: PathBuf,
    /// Folders that LOAD and SAVE may use.
    pub roots: Vec<PathBuf>,
    /// Opens the source of a name.
    pub open: &'a Open<'a>,
    /// Whether any source is a cluster, for whose answers threads wait.
    pub remote: bool,
    pub config: &'a Config,
    pub args: &'a Args,
    /// Set on Ctrl-C.
    pub cancel: Arc<AtomicBool>,
    /// Records read so far.
    pub read: Arc<AtomicU64>,
}

/// Requests in flight to clusters, unless configured: a server's queue is the limit, not our cores.
const CONCURRENCY: usize = 8;

/// Nodes that work at the same time where all do.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// Runs a hunt.
pub(super) fn execute(work: Work<'_>) -> HuntReport {
    let analytics = &work.config.analytics;
    let settings = &work.config.run;
    let options = RunOptions {
        analytic: &|uri| analytics.get(uri).cloned(),
        keys: work.args.keys,
        allow_partial: work.args.allow_partial,
        concurrency: settings.concurrency.unwrap_or_else(|| if work.remote { CONCURRENCY } else { cores() }),
        roots: work.roots,
        cancel: work.cancel,
        read: work.read,
        run_id: run_id(),
        max_records: settings.max_records,
        max_requests: settings.max_requests,
        timeout: settings.timeout,
        hints: settings.hints.unwrap_or(true) && !work.args.no_hints,
        ..RunOptions::new(work.open)
    };
    let job = Job {
        file: work.file.to_owned(),
        plan: &work.compiled.plan,
        requests: &work.compiled.requests,
        request_of: &|id, node| work.compiled.request_of(work.catalog, id, node),
        catalog: work.catalog,
        diagnostics: work.diagnostics,
        folder: work.folder,
    };
    exec::run(job, &options)
}

/// Tells the runs of one machine apart in a server's log.
fn run_id() -> String {
    let millis = jiff::Timestamp::now().as_millisecond();
    format!("huntc-{millis:x}-{:x}", std::process::id())
}

/// Runs `work` for a file; a fault of ours ends this hunt with a report that says so, and no other.
pub(super) fn guarded(file: &str, span: Span, work: impl FnOnce() -> HuntReport) -> HuntReport {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let problem = Diagnostic::new(&BUG, span, "the hunt met a fault in huntc")
            .note(format!("huntc {}", env!("CARGO_PKG_VERSION")))
            .help("please report it with the huntflow; other files of this run are not affected");
        without_results(file, Status::Failed, vec![problem])
    })
}

/// A report of a hunt that has no figures.
pub(super) fn without_results(file: &str, status: Status, diagnostics: Vec<Diagnostic>) -> HuntReport {
    HuntReport {
        file: file.to_owned(),
        status,
        complete: false,
        variables: Vec::new(),
        displays: Vec::new(),
        requests: Vec::new(),
        diagnostics,
        elapsed: Duration::ZERO,
    }
}
