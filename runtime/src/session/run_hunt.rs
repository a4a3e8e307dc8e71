//! Runs a hunt: compiles it, binds and opens its sources, executes it, and reports. Every part of huntc that runs hunts
//! uses this.

use super::bind::{BoundSources, mended, not_searched, source_report, statement_of, unread};
use super::hunt_text::hunt_text;
use super::source_pool::PooledSource;
use super::{Huntflow, RunSettings, Session, SourcePool};
use crate::allowance::{Allowance, DEFAULT_MEMORY};
use crate::config::Config;
use crate::config::kinds::Opening;
use crate::exec::{self, Job, Kept, RunOptions, TUPLES_FROM};
use crate::report::model::{HuntReport, ParameterReport, RequestPlace, Status};
use crate::source::arrival::ArrivalSource;
use crate::source::combined::CombinedSource;
use crate::source::{DataSource, Fields, SourceError, Waiting};
use huntc_compiler::compile::{Compilation, Compiled};
use huntc_compiler::diag::codes::elastic::RECORDS_CHANGED;
use huntc_compiler::diag::codes::internal::BUG;
use huntc_compiler::diag::codes::run::UNBOUND_SOURCE;
use huntc_compiler::diag::codes::store::MENDED;
use huntc_compiler::diag::{Diagnostic, Severity, Sink};
use huntc_compiler::parameter::Parameter;
use huntc_compiler::plan::{Node, Plan};
use huntc_compiler::source::{SourceId, Span};
use huntc_compiler::time::TimeRange;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

/// What one run of a hunt has of its own, beside the settings.
pub struct RunContext<'a> {
    /// The pool that sources are opened in.
    pub pool: &'a SourcePool,
    /// The window that takes the place of whatever the statements and the settings leave open.
    pub window: Option<TimeRange>,
    /// URIs of the sources that are left out: they hold no record for this run.
    pub without: Vec<String>,
    /// A further limit of time beside that of the settings; the shorter one counts.
    pub time_left: Option<Duration>,
    /// Set on Ctrl-C.
    pub cancel: Arc<AtomicBool>,
    /// Records read so far, for progress.
    pub read: Arc<AtomicU64>,
    /// What sources are waited for, for progress.
    pub waiting: Arc<Waiting>,
    /// Begins the ids of all requests that servers get.
    pub run_id: String,
}

impl<'a> RunContext<'a> {
    /// A run without a window or a limit of its own, which nobody watches or interrupts.
    pub fn new(pool: &'a SourcePool, run_id: String) -> Self {
        Self {
            pool,
            window: None,
            without: Vec::new(),
            time_left: None,
            cancel: Arc::default(),
            read: Arc::default(),
            waiting: Arc::default(),
            run_id,
        }
    }
}

/// The result of running a hunt.
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct HuntRun {
    pub report: HuntReport,
    /// Why no source was asked; the report has the diagnostics. `None` when the hunt ran.
    pub refusal: Option<Refusal>,
    /// The entities that the hunt searches for.
    pub finding: Finding,
}

/// Why a hunt did not run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The file of the huntflow cannot be read.
    Unreadable,
    /// The huntflow has errors.
    Faulty,
    /// A source is not bound, or a secret that it needs is missing.
    Unbound,
}

/// The entities that a hunt of a night searches for: the variable that its front matter names, otherwise its last one.
pub enum Finding {
    /// The hunt did not get far enough to know.
    Unknown,
    /// The hunt binds no variable, or no night runs it.
    NoVariable,
    /// The entities of a variable.
    Variable {
        /// The plan that was run, which has the finding.
        plan: Box<Plan>,
        /// The tables of the finding.
        kept: Kept,
    },
}

/// The most nodes at the same time for hunts that wait for clusters: the server's queue is the limit, not our processor.
const REMOTE_CONCURRENCY: usize = 8;

/// How often a hunt is run when records change between its statements.
const RUNS: usize = 3;

/// Runs a hunt. A panic in huntc ends this hunt with a report that says so; other hunts go on.
pub fn run_hunt(session: &Session, huntflow: &Huntflow, settings: &RunSettings, context: &RunContext<'_>) -> HuntRun {
    let run = || run_unguarded(session, huntflow, settings, context);
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        let diagnostics = huntflow.text.as_ref().map(|id| {
            Diagnostic::new(&BUG, Span::new(*id, 0, 0), "the hunt met a fault in huntc")
                .note(format!("huntc {}", env!("CARGO_PKG_VERSION")))
                .help("please report it with the huntflow; other hunts of this run are not affected")
        });
        let report = HuntReport::without_results(&huntflow.file, Status::Failed, diagnostics.into_iter().collect());
        HuntRun { report, refusal: None, finding: Finding::Unknown }
    })
}

fn run_unguarded(session: &Session, huntflow: &Huntflow, settings: &RunSettings, context: &RunContext<'_>) -> HuntRun {
    let refused = |refusal, diagnostics| refused(huntflow, refusal, diagnostics);
    let id = match &huntflow.text {
        Ok(id) => *id,
        Err(problem) => return refused(Refusal::Unreadable, vec![(**problem).clone()]),
    };
    let compilation = match session.compile(huntflow, settings, context.window) {
        Ok(compilation) => compilation,
        Err(problem) => return refused(Refusal::Unreadable, vec![*problem]),
    };
    let text = hunt_text(&session.texts, id, &compilation.program, &compilation.front_matter);
    let mut run = run_compiled(session, (huntflow, id), settings, context, compilation);
    run.report.text = Some(text);
    run
}

fn run_compiled(
    session: &Session,
    (huntflow, id): (&Huntflow, SourceId),
    settings: &RunSettings,
    context: &RunContext<'_>,
    compilation: Compilation,
) -> HuntRun {
    let Compilation { compiled, mut diagnostics, parameters, .. } = compilation;
    let refused = |refusal, diagnostics| refused(huntflow, refusal, diagnostics);
    let Some(compiled) = compiled else { return refused(Refusal::Faulty, diagnostics) };
    let mut bound = session.bind(&compiled.plan, huntflow, id);
    let mut sink = Sink::new(huntflow.config.lint_levels(&settings.lints));
    for diagnostic in std::mem::take(&mut bound.diagnostics) {
        sink.report(diagnostic);
    }
    let told = sink.finish();
    let unbound = told.iter().any(|d| d.severity == Severity::Error);
    diagnostics.extend(told);
    if unbound {
        return refused(Refusal::Unbound, diagnostics);
    }
    let work = Work { huntflow, settings, context, compiled: &compiled, bound: &bound };
    let (mut report, kept) = work.execute(diagnostics);
    work.level_mended(&mut report);
    work.place_requests(&mut report);
    work.tell_of_sources(&mut report);
    report.parameters = parameters
        .into_iter()
        .map(|Parameter { name, value, origin }| ParameterReport { name, value, from: origin.word() })
        .collect();
    let finding = match (&compiled.plan.finding, kept) {
        (None, _) => Finding::NoVariable,
        (Some(_), Some(kept)) => Finding::Variable { plan: Box::new(compiled.plan), kept },
        (Some(_), None) => Finding::Unknown,
    };
    HuntRun { report, refusal: None, finding }
}

/// A hunt that did not run.
fn refused(huntflow: &Huntflow, refusal: Refusal, diagnostics: Vec<Diagnostic>) -> HuntRun {
    let report = HuntReport::without_results(&huntflow.file, Status::Error, diagnostics);
    HuntRun { report, refusal: Some(refusal), finding: Finding::Unknown }
}

/// The place in a huntflow at which a fault of the source of a URI is reported.
pub fn place_of(plan: &Plan, uri: &str) -> Option<Span> {
    statement_of(plan, &plan.sources.iter().find(|source| source.uri == uri)?.name)
}

/// The source, able to look by the time of arrival where its binding names the field.
pub(super) fn by_arrival(config: &Config, name: &str, source: Arc<dyn DataSource>) -> Arc<dyn DataSource> {
    match config.sources.get(name).and_then(|binding| binding.clock.clone()) {
        Some(clock) => Arc::new(ArrivalSource::new(source, clock)),
        None => source,
    }
}

/// A hunt with its sources bound.
struct Work<'a> {
    huntflow: &'a Huntflow,
    settings: &'a RunSettings,
    context: &'a RunContext<'a>,
    compiled: &'a Compiled,
    bound: &'a BoundSources,
}

impl Work<'_> {
    /// Executes the plan. The plan's finding is returned with the report.
    fn execute(&self, diagnostics: Vec<Diagnostic>) -> (HuntReport, Option<Kept>) {
        let Self { huntflow, settings, context, .. } = self;
        let config = &huntflow.config;
        let time = settings.timeout.or(config.run.timeout).into_iter().chain(context.time_left).min();
        let memory = settings.max_memory.or(config.run.max_memory).unwrap_or(DEFAULT_MEMORY);
        let allowance = Arc::new(Allowance::new(Arc::clone(&context.cancel), time, Some(memory)));
        let open = |name: &str, fields: &dyn Fn() -> Fields| match self.bound.sources.get(name) {
            _ if self.is_left_out(name) => Ok(Arc::new(CombinedSource::new(Vec::new())) as Arc<dyn DataSource>),
            Some(resolved) => {
                let PooledSource { source, read } =
                    context.pool.get(config, name, resolved.as_ref(), Opening { fields, allowance: &allowance })?;
                if let (Some(read), false) = (&*read, settings.allow_partial) {
                    read.refuse_part()?;
                }
                Ok(by_arrival(config, name, source))
            }
            None => Err(SourceError::new(&UNBOUND_SOURCE, format!("nothing is bound to `{name}`"))),
        };
        let options = RunOptions {
            analytic: &|uri| config.analytic(uri),
            keys: settings.keys,
            allow_partial: settings.allow_partial,
            concurrency: config.run.concurrency.or(settings.concurrency).unwrap_or_else(|| self.concurrency()),
            roots: huntflow.roots(),
            allowance: Arc::clone(&allowance),
            read: Arc::clone(&context.read),
            waiting: Arc::clone(&context.waiting),
            run_id: context.run_id.clone(),
            max_records: config.run.max_records,
            max_requests: config.run.max_requests,
            raw_csv: settings.raw_csv,
            tuples_from: settings.aggregate.then(|| config.run.aggregate_from.unwrap_or(TUPLES_FROM)),
            hints: settings.hints && config.run.hints.unwrap_or(true),
            evidence: settings.evidence,
            ..RunOptions::new(&open)
        };
        let requests = self.compiled.requests(&huntflow.catalog);
        let request_of = |id, node: &Node| self.compiled.request_of(&huntflow.catalog, id, node);
        let job = |diagnostics| Job {
            file: huntflow.file.clone(),
            plan: &self.compiled.plan,
            requests: &requests,
            request_of: &request_of,
            catalog: &huntflow.catalog,
            diagnostics,
            folder: huntflow.folder(),
        };
        for _ in 1..RUNS {
            let ran = exec::run_and_keep(job(diagnostics.clone()), &options);
            if !ran.0.diagnostics.iter().any(|d| d.code == &RECORDS_CHANGED) {
                return ran;
            }
        }
        exec::run_and_keep(job(diagnostics), &options)
    }

    /// Says where each request can be pasted.
    fn place_requests(&self, report: &mut HuntReport) {
        for request in &mut report.requests {
            let source = self.compiled.plan.sources.iter().find(|source| source.uri == request.source);
            let Some(binding) = source.and_then(|source| self.huntflow.config.sources.get(&source.name)) else { continue };
            let address = binding.kind.cluster_address();
            request.place = address.map(|(url, index)| RequestPlace { url, index, kibana: binding.kibana.clone() });
        }
    }

    fn is_left_out(&self, name: &str) -> bool {
        let sources = &self.compiled.plan.sources;
        sources.iter().any(|source| source.name == name && self.context.without.contains(&source.uri))
    }

    /// The most nodes at the same time, when neither the settings nor the configuration say it.
    fn concurrency(&self) -> usize {
        let remote = self.bound.sources.values().any(|source| source.is_remote());
        if remote { REMOTE_CONCURRENCY } else { crate::source::cores() }
    }

    /// Gives the warnings about mended values of LOAD the level that was chosen for them.
    fn level_mended(&self, report: &mut HuntReport) {
        let (mended, others) = std::mem::take(&mut report.diagnostics).into_iter().partition(|d| d.code == &MENDED);
        report.diagnostics = others;
        self.tell(report, mended);
    }

    /// Adds diagnostics at the level that was chosen for them. One that is an error fails the hunt.
    fn tell(&self, report: &mut HuntReport, diagnostics: Vec<Diagnostic>) {
        let mut sink = Sink::new(self.huntflow.config.lint_levels(&self.settings.lints));
        for diagnostic in diagnostics {
            sink.report(diagnostic);
        }
        let told = sink.finish();
        if told.iter().any(|d| d.severity == Severity::Error) && matches!(report.status, Status::Ok | Status::Partial) {
            report.status = Status::Failed;
        }
        report.diagnostics.extend(told);
    }

    /// Reports what could not be read in the sources. Warnings go to the first hunt that asked a source, errors to all.
    fn tell_of_sources(&self, report: &mut HuntReport) {
        let config = &self.huntflow.config;
        let answers = std::mem::take(&mut report.sources);
        for name in self.bound.sources.keys() {
            report.complete &= !self.is_left_out(name);
            let place = statement_of(&self.compiled.plan, name);
            if let Some(answered) = answers.iter().find(|source| source.name == *name) {
                let lines = answered.mended_lines.iter().cloned();
                let told = place.and_then(|span| mended(answered.mended, lines, &format!("`{name}`"), span));
                let passed_over = place.and_then(|span| not_searched(answered, span));
                self.tell(report, told.into_iter().chain(passed_over).collect());
                report.sources.push(answered.clone());
                continue;
            }
            let Some(found) = self.context.pool.report(config, name) else {
                report.sources.push(source_report(name, None));
                continue;
            };
            report.sources.push(source_report(name, found.read.as_ref().as_ref()));
            let (Some(read), Some(span)) = (&*found.read, place) else { continue };
            report.complete &= read.is_whole();
            if read.part.is_some() && report.status == Status::Ok {
                report.status = Status::Partial;
            }
            let mut sink = Sink::new(config.lint_levels(&self.settings.lints));
            for problem in unread(read, Some(name), span) {
                sink.report(problem);
            }
            let is_error = |d: &Diagnostic| d.severity == Severity::Error;
            let told: Vec<Diagnostic> = sink.finish().into_iter().filter(|d| found.first || is_error(d)).collect();
            if told.iter().any(is_error) && matches!(report.status, Status::Ok | Status::Partial) {
                report.status = Status::Failed;
            }
            report.diagnostics.extend(told);
        }
    }
}
