//! Running a plan: each node as soon as its inputs are there; a failed node fails only what depends on it.

pub mod bind;
mod creation_records;
mod evidence;
mod field_demand;
mod hints;
mod load_save_apply;
mod node;
mod outputs;
mod requests;
mod schedule;
mod seen;
mod summary;
mod tree;
mod tuples;

use crate::allowance::Allowance;
use crate::analytics::AnalyticRows;
use crate::config::analytic::AnalyticBinding;
use crate::matching::{Hosts, Lives};
use crate::report::model::{Attachment, Display, HuntReport, RequestReport, Status, VariableReport};
use crate::report::sightings::SightingsReport;
use crate::source::{DataSource, Fields, SourceError, Waiting};
use crate::table::Table;
use foldhash::{HashMap, HashSet};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::diag::{Diagnostic, Severity, codes};
use huntc_compiler::plan::{Node, NodeId, Plan, SourceId, SourceRef};
use huntc_compiler::request::{RequestTemplate, Requests};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tree::Lineage;

/// A compiled huntflow, ready to run.
pub struct Job<'a> {
    /// Path of the huntflow as the user gave it.
    pub file: String,
    /// The nodes to compute and the outputs to show and to write.
    pub plan: &'a Plan,
    /// The requests of the plan's nodes.
    pub requests: &'a Requests,
    /// Lowers another node in the place of one of the plan's nodes; hints need this.
    pub request_of: &'a RequestOf<'a>,
    /// The catalog that the hunt was compiled with.
    pub catalog: &'a Catalog,
    /// Diagnostics of the compiler; the report begins with them.
    pub diagnostics: Vec<Diagnostic>,
    /// Folder that relative paths of LOAD and SAVE start from.
    pub folder: PathBuf,
}

/// Makes the request for a node that takes the place of the node with this id; `None` for a node that asks no source.
pub type RequestOf<'a> = dyn Fn(NodeId, &Node) -> Option<RequestTemplate> + Sync + 'a;

/// Opens a source by its name. The inner function names the fields that the hunt may request from it; sources that keep
/// only some fields call it.
pub type Open<'a> = dyn Fn(&str, &dyn Fn() -> Fields) -> Result<Arc<dyn DataSource>, SourceError> + Sync + 'a;

/// The options and limits of one run.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct RunOptions<'a> {
    /// Called once for each source of a hunt, on first use.
    pub open: &'a Open<'a>,
    /// The binding of an analytic by its URI; `None` when it is not configured.
    pub analytic: &'a (dyn Fn(&str) -> Option<AnalyticBinding> + Sync),
    /// Whether the report lists the keys of each variable's entities.
    pub keys: bool,
    /// `--allow-partial`: a source may answer with a part of the records.
    pub allow_partial: bool,
    /// The most nodes that are computed at the same time.
    pub concurrency: usize,
    /// Folders that LOAD and SAVE may use.
    pub roots: Vec<PathBuf>,
    /// The time and the memory that the hunt may use. Nodes that were not begun when it has none left are not computed.
    pub allowance: Arc<Allowance>,
    /// Records read so far, for progress.
    pub read: Arc<AtomicU64>,
    /// Nodes done so far, for progress.
    pub done: Arc<AtomicU64>,
    /// What sources are waited for, for progress.
    pub waiting: Arc<Waiting>,
    /// Begins the id of every request that is sent to servers.
    pub run_id: String,
    /// The most records that the hunt may read.
    pub max_records: Option<u64>,
    /// The most requests that the hunt may send.
    pub max_requests: Option<u64>,
    /// Whether CSV cells of SAVE that a spreadsheet would run as formulas stay as they are.
    pub raw_csv: bool,
    /// From so many records on a source may count those that are equal; `None`: all are read.
    pub tuples_from: Option<u64>,
    /// Whether the report has a hint for each statement that found nothing.
    pub hints: bool,
    /// Whether the report has the records behind the rows that it shows, and when and where things were seen.
    pub evidence: bool,
}

/// Fewer records are read in a page or two.
pub const TUPLES_FROM: u64 = 20_000;

impl<'a> RunOptions<'a> {
    /// A run with these sources and defaults: no limits, analytics, folders, keys or hints, one node at a time.
    pub fn new(open: &'a Open<'a>) -> Self {
        Self {
            open,
            analytic: &|_| None,
            keys: false,
            allow_partial: false,
            concurrency: 1,
            roots: Vec::new(),
            allowance: Arc::default(),
            read: Arc::default(),
            done: Arc::default(),
            waiting: Arc::default(),
            run_id: String::new(),
            max_records: None,
            max_requests: None,
            raw_csv: false,
            tuples_from: Some(TUPLES_FROM),
            hints: false,
            evidence: false,
        }
    }
}

/// Why a node has no table.
#[derive(Clone, Debug)]
enum Failure {
    Failed(Box<Diagnostic>),
    /// An input of the node has no table.
    Skipped,
    Cancelled,
}

/// An error as the failure of a node.
fn failed(node: &Node, error: impl Into<SourceError>) -> Failure {
    let error = error.into();
    if error.code == &codes::run::CANCELLED {
        return Failure::Cancelled;
    }
    Failure::Failed(Box::new(error.at(node.origin)))
}

type Outcome = Result<Arc<Table>, Failure>;

/// The state of one run.
struct Run<'a> {
    job: &'a Job<'a>,
    options: &'a RunOptions<'a>,
    outcomes: Vec<OnceLock<Outcome>>,
    /// When each node began, and when it was done, counted from the beginning of the run.
    started: Vec<OnceLock<Duration>>,
    finished: Vec<OnceLock<Duration>>,
    sources: Vec<Source>,
    requests: Mutex<Vec<(NodeId, u32, RequestReport)>>,
    warnings: Mutex<Vec<Diagnostic>>,
    /// Nodes whose source was down, and which `--allow-partial` leaves out.
    left_out: Mutex<BTreeSet<NodeId>>,
    /// Why the source of a node did not count what it was asked to.
    uncounted: Mutex<HashMap<NodeId, String>>,
    /// How often the condition of a node could not be decided.
    undecided: Mutex<Vec<(NodeId, u64)>>,
    /// For each FIND … DEPTH: which entity led to which.
    walks: Mutex<HashMap<NodeId, Lineage>>,
    /// For each APPLY: the answer for each of its tables, until a `Pick` node takes it.
    answers: Mutex<HashMap<NodeId, Vec<AnalyticRows>>>,
    /// What analytics show.
    attachments: Mutex<Vec<Attachment>>,
    sent: AtomicU64,
    begun: Instant,
}

/// The state of one source of the hunt.
#[derive(Default)]
struct Source {
    opened: OnceLock<Result<Arc<dyn DataSource>, SourceError>>,
    /// [`DataSource::moment`] when the hunt began to read.
    moment: OnceLock<u64>,
    hosts: Mutex<Hosts>,
    lives: Mutex<Arc<Lives>>,
    /// Records of which a value was mended: which, and the first of them by name.
    mended: Mutex<(HashSet<u64>, Vec<String>)>,
}

/// Computes a plan until it is done or interrupted.
pub fn run(job: Job<'_>, options: &RunOptions<'_>) -> HuntReport {
    run_and_keep(job, options).0
}

/// The finding of a plan, computed.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The table of the finding, creation records included.
    pub table: Arc<Table>,
    /// For each condition without a fault, the table of what it hides.
    pub hidden: Vec<(SourceId, Arc<Table>)>,
}

/// As [`run`]. When nothing that it needs failed, the plan's finding comes with the report.
pub fn run_and_keep(mut job: Job<'_>, options: &RunOptions<'_>) -> (HuntReport, Option<Kept>) {
    let diagnostics = std::mem::take(&mut job.diagnostics);
    let nodes = job.plan.nodes.len();
    let run = Run {
        job: &job,
        options,
        outcomes: (0..nodes).map(|_| OnceLock::new()).collect(),
        started: (0..nodes).map(|_| OnceLock::new()).collect(),
        finished: (0..nodes).map(|_| OnceLock::new()).collect(),
        sources: job.plan.sources.iter().map(|_| Source::default()).collect(),
        requests: Mutex::default(),
        warnings: Mutex::default(),
        left_out: Mutex::default(),
        uncounted: Mutex::default(),
        undecided: Mutex::default(),
        walks: Mutex::default(),
        answers: Mutex::default(),
        attachments: Mutex::default(),
        sent: AtomicU64::new(0),
        begun: Instant::now(),
    };
    run.execute();
    let kept = run.kept();
    (run.report(diagnostics), kept)
}

/// The content of a mutex, also after a thread panicked while it held the lock.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Run<'_> {
    /// Computes every node that a figure or an output needs.
    fn execute(&self) {
        let plan = self.job.plan;
        let needed = plan.reachable_from(plan.vars.iter().filter_map(|v| v.node).chain(plan.shown()));
        schedule::schedule(plan, &needed, self.options.concurrency, &|id| self.compute(id));
    }

    fn compute(&self, id: NodeId) {
        let started = self.begun.elapsed();
        let may = self.options.allowance.check().map_err(|spent| failed(self.job.plan.node(id), spent));
        let outcome = may.and_then(|()| self.node(id));
        let at = id.0 as usize;
        if let (Some(cell), Some(begin), Some(end)) = (self.outcomes.get(at), self.started.get(at), self.finished.get(at)) {
            let _ = cell.set(outcome);
            let _ = begin.set(started);
            let _ = end.set(self.begun.elapsed());
        }
        self.options.done.fetch_add(1, Ordering::Relaxed);
    }

    /// The table of a node; `Skipped` when the node was not computed.
    fn table(&self, id: NodeId) -> Outcome {
        self.outcomes.get(id.0 as usize).and_then(OnceLock::get).cloned().unwrap_or(Err(Failure::Skipped))
    }

    fn kept(&self) -> Option<Kept> {
        let finding = self.job.plan.finding.as_ref()?;
        let hidden = finding.hidden.iter().map(|(id, node)| Some((*id, self.table(*node).ok()?)));
        Some(Kept { table: self.table(finding.node).ok()?, hidden: hidden.collect::<Option<_>>()? })
    }

    fn source(&self, source: SourceRef) -> Option<&Source> {
        self.sources.get(usize::from(source.0))
    }

    /// The report of the whole run.
    fn report(&self, mut diagnostics: Vec<Diagnostic>) -> HuntReport {
        let plan = self.job.plan;
        let mut failed = false;
        let mut interrupted = self.options.allowance.cancelled();
        let left_out = std::mem::take(&mut *locked(&self.left_out));
        for ((id, _), outcome) in plan.iter().zip(&self.outcomes) {
            let Some(outcome) = outcome.get() else { continue };
            match outcome {
                Err(Failure::Failed(diagnostic)) => {
                    // Where a variable has no table for it, it is an error all the same.
                    let tolerated = left_out.contains(&id) && plan.vars.iter().all(|v| v.node != Some(id));
                    failed |= !tolerated;
                    let told = diagnostics.iter().any(|d| d.code == diagnostic.code && d.message == diagnostic.message);
                    if !told {
                        let severity = if tolerated { Severity::Warning } else { diagnostic.severity };
                        diagnostics.push(Diagnostic { severity, ..(**diagnostic).clone() });
                    }
                }
                Err(Failure::Cancelled) => interrupted = true,
                Err(Failure::Skipped) | Ok(_) => {}
            }
        }
        self.warn_unidentified();
        self.warn_undecided();
        let (hints, displays) = self.hints_and_displays(interrupted, &mut diagnostics);
        diagnostics.extend(hints);
        diagnostics.extend(locked(&self.warnings).drain(..));
        failed |= diagnostics.iter().any(|d| d.severity == Severity::Error);
        if interrupted {
            diagnostics.extend(self.interrupted());
        }
        let partial = self.outcomes.iter().filter_map(OnceLock::get).any(|o| o.as_ref().is_ok_and(|t| t.partial));
        let status = match (interrupted, failed, partial) {
            (true, ..) => Status::Interrupted,
            (_, true, _) => Status::Failed,
            (_, _, true) => Status::Partial,
            _ => Status::Ok,
        };
        diagnostics.sort_by_key(|d| (d.primary.span, d.code.id));
        let mut requests = std::mem::take(&mut *locked(&self.requests));
        requests.sort_by_key(|(node, chunk, _)| (*node, *chunk));
        let variables: Vec<VariableReport> = plan.vars.iter().filter(|v| v.var.binding).map(|v| self.variable(v)).collect();
        HuntReport {
            file: self.job.file.clone(),
            text: None,
            status,
            complete: status == Status::Ok,
            parameters: Vec::new(),
            nodes: self.node_reports(&variables, &requests),
            sightings: if self.options.evidence { self.sightings() } else { SightingsReport::default() },
            variables,
            displays,
            attachments: self.attachments(),
            requests: requests.into_iter().map(|(_, _, r)| r).collect(),
            sources: self.told_sources(),
            diagnostics,
            elapsed: self.begun.elapsed(),
        }
    }

    /// The hints, and the displays with the records behind their rows. Both ask sources, and neither needs the other.
    fn hints_and_displays(&self, interrupted: bool, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Diagnostic>, Vec<Display>) {
        let hints = || if self.options.hints && !interrupted { self.hints() } else { Vec::new() };
        if interrupted || !self.options.evidence {
            return (hints(), self.displays(diagnostics));
        }
        std::thread::scope(|scope| {
            let hinting = std::thread::Builder::new().name("hints".to_owned()).spawn_scoped(scope, hints);
            let mut displays = self.displays(diagnostics);
            self.fill_evidence(&mut displays);
            let hints = match hinting {
                Ok(hinting) => hinting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Err(_) => hints(),
            };
            (hints, displays)
        })
    }

    /// What analytics show, in the order of the statements.
    fn attachments(&self) -> Vec<Attachment> {
        let mut attachments = std::mem::take(&mut *locked(&self.attachments));
        attachments.sort_by_key(|attachment| attachment.statement);
        attachments
    }

    /// The diagnostic that the run was interrupted, placed at the first statement that was cancelled.
    fn interrupted(&self) -> Option<Diagnostic> {
        let cancelled = self.outcomes.iter().map(|outcome| matches!(outcome.get(), Some(Err(Failure::Cancelled))));
        let nodes = self.job.plan.nodes.iter().zip(cancelled).filter(|(_, cancelled)| *cancelled);
        let first = nodes.map(|(node, _)| node.origin).min().or(self.job.plan.statements.first().map(|s| s.span));
        let problem = Diagnostic::new(&codes::run::CANCELLED, first?, "the run was interrupted");
        Some(problem.help("run the hunt again, over a shorter time range if it takes too long"))
    }
}

#[cfg(test)]
mod tests;
