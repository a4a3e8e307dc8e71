//! Runs the hunts of a night over their windows. All hunts share the sources and their answers.

use super::cache::{Cache, Cached, Traffic};
use super::finding::{self, FoundEntities};
use super::window::DAY;
use crate::report::model::{HuntReport, Status};
use crate::session::{Finding, HuntRun, Huntflow, Refusal, RunContext, RunSettings, Session, SourcePool, clock, run_hunt};
use huntc_compiler::compile::{Compilation, Compiled, Stage, emit};
use huntc_compiler::diag::codes::nightly::EMPTY_HUNT;
use huntc_compiler::diag::{Diagnostic, Severity};
use huntc_compiler::front_matter::FrontMatter;
use huntc_compiler::source::{SourceId, SourceSet, Span};
use huntc_compiler::time::TimeRange;
use serde_json::Value as Json;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What is known of a hunt before it runs.
#[derive(Debug, Default)]
pub struct HuntSurvey {
    /// The front matter in its leading comment.
    pub front_matter: FrontMatter,
    /// URIs of its sources.
    pub sources: Vec<String>,
    /// For each condition of a suppression that has a fault, its text and the fault.
    pub faulty: Vec<(String, String)>,
    /// The report of a hunt that cannot run because it has errors.
    pub broken: Option<Box<HuntReport>>,
}

/// The result of running a hunt over one window.
#[derive(Debug)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct Look {
    pub report: HuntReport,
    /// The finding; `None` when it is incomplete or unknown.
    pub found: Option<FoundEntities>,
}

/// Runs hunts over windows. Tests have an engine of their own.
pub trait Engine: Sync {
    /// Compiles a hunt, given by its number.
    fn survey(&self, hunt: usize) -> HuntSurvey;

    /// Runs a hunt over a window. `time` is the time that is left for it.
    fn look(&self, hunt: usize, window: TimeRange, time: Option<Duration>) -> Look;

    /// The texts that the spans of its reports point into.
    fn texts(&self) -> SourceSet;

    /// The requests of a hunt over a window as text; what earlier answers fill in stands as a hole.
    fn requests(&self, _hunt: usize, _window: TimeRange) -> String {
        String::new()
    }

    /// The figures about requests so far.
    fn traffic(&self) -> Traffic {
        Traffic::default()
    }

    /// Whether the night has read as many records as it may, so that no further run may begin.
    fn exhausted(&self) -> bool {
        false
    }
}

/// The engine that compiles and executes huntflows.
pub struct Hunter<'a> {
    session: &'a Session,
    /// The hunts, in the order of their numbers.
    hunts: Vec<Huntflow>,
    settings: RunSettings,
    pool: SourcePool,
    cache: Arc<Cache>,
    cancel: Arc<AtomicBool>,
    run_id: String,
}

impl<'a> Hunter<'a> {
    /// An engine for these hunts, which share their sources and answers. All together may read `most_records`.
    pub fn new(
        session: &'a Session,
        hunts: Vec<Huntflow>,
        settings: RunSettings,
        cancel: &Arc<AtomicBool>,
        most_records: Option<u64>,
    ) -> Self {
        let cache = Arc::new(Cache::new(most_records));
        let answers = Arc::clone(&cache);
        let pool = SourcePool::wrapped(Box::new(move |name, source| {
            Arc::new(Cached { name: name.to_owned(), source, cache: Arc::clone(&answers) })
        }));
        Self { session, hunts, settings, pool, cache, cancel: Arc::clone(cancel), run_id: clock::run_id("huntc-nightly") }
    }
}

impl Hunter<'_> {
    /// The conditions of a hunt's suppressions that have a fault, each with the first one.
    fn faulty(&self, huntflow: &Huntflow, told: &[Vec<Diagnostic>]) -> Vec<(String, String)> {
        let each = huntflow.conditions.iter().zip(told);
        let fault = |told: &[Diagnostic]| {
            told.iter().find(|d| d.severity == Severity::Error).map(|d| format!("{} [{}]", d.message, d.code.id))
        };
        each.filter_map(|(id, told)| Some((self.session.texts.get(*id).text.to_string(), fault(told)?))).collect()
    }
}

impl Engine for Hunter<'_> {
    fn survey(&self, hunt: usize) -> HuntSurvey {
        let Some(huntflow) = self.hunts.get(hunt) else { return HuntSurvey::default() };
        let now = self.settings.now;
        let any = TimeRange { start: now.plus(-DAY), stop: now };
        let broken = |diagnostics: Vec<Diagnostic>, front_matter: FrontMatter| {
            let report = HuntReport::without_results(&huntflow.file, Status::Error, diagnostics);
            HuntSurvey { front_matter, broken: Some(Box::new(report)), ..HuntSurvey::default() }
        };
        match self.session.compile(huntflow, &self.settings, Some(any)) {
            Ok(Compilation { compiled: Some(compiled), front_matter, conditions, .. }) => {
                if let Some(empty) = empty(huntflow, &compiled) {
                    return broken(vec![empty], front_matter);
                }
                let sources = compiled.hunt.sources.iter().map(|s| s.uri.clone()).collect();
                HuntSurvey { front_matter, sources, faulty: self.faulty(huntflow, &conditions), broken: None }
            }
            Ok(Compilation { diagnostics, front_matter, .. }) => broken(diagnostics, front_matter),
            Err(problem) => broken(vec![*problem], FrontMatter::default()),
        }
    }

    fn look(&self, hunt: usize, window: TimeRange, time: Option<Duration>) -> Look {
        let Some(huntflow) = self.hunts.get(hunt) else {
            return Look { report: HuntReport::without_results("", Status::Error, Vec::new()), found: None };
        };
        let context = RunContext {
            window: Some(window),
            time_left: time,
            cancel: Arc::clone(&self.cancel),
            // Each hunt has its own count of records, as it has its own limit.
            ..RunContext::new(&self.pool, format!("{}-{hunt}", self.run_id))
        };
        let HuntRun { mut report, refusal, finding } = run_hunt(self.session, huntflow, &self.settings, &context);
        if refusal == Some(Refusal::Unbound) {
            // The hunt itself has no error: a secret that is missing now may be there in the next night.
            report.status = Status::Failed;
        }
        report.requests.iter_mut().for_each(|request| shorten(&mut request.query));
        let found = match finding {
            _ if report.status != Status::Ok => None,
            Finding::Variable { plan, kept } => {
                let text = |id| &*self.session.texts.get(id).text;
                finding::found(&plan, &huntflow.catalog, &kept, window, &text)
            }
            // A hunt without variables finds nothing.
            Finding::NoVariable => Some(FoundEntities::default()),
            Finding::Unknown => None,
        };
        Look { report, found }
    }

    fn texts(&self) -> SourceSet {
        self.session.texts.clone()
    }

    fn requests(&self, hunt: usize, window: TimeRange) -> String {
        let Some(huntflow) = self.hunts.get(hunt) else { return String::new() };
        let (Ok(id), Ok(done)) = (&huntflow.text, self.session.compile(huntflow, &self.settings, Some(window))) else {
            return String::new();
        };
        let options = self.settings.compile_options(&huntflow.config);
        emit(Stage::Console, &done, &self.session.texts, *id, &huntflow.catalog, &options).unwrap_or_default()
    }

    fn traffic(&self) -> Traffic {
        self.cache.traffic()
    }

    fn exhausted(&self) -> bool {
        self.cache.exhausted()
    }
}

/// The error of a hunt without a statement: it would look at nothing and never fail.
pub fn empty(huntflow: &Huntflow, compiled: &Compiled) -> Option<Diagnostic> {
    if !compiled.hunt.steps.is_empty() {
        return None;
    }
    let place = huntflow.text.as_ref().map_or(Span::new(SourceId(0), 0, 0), |id| Span::new(*id, 0, 0));
    let empty = Diagnostic::new(&EMPTY_HUNT, place, "the huntflow has no statement, so it looks at nothing");
    Some(empty.help("write the hunt, or take the file out of the folder"))
}

/// The most values of a list that the report of a night shows: with all of them a thousand hunts would not fit into memory.
const LISTED: usize = 100;

/// Shortens the lists in a query; the last element then says how many values are missing.
fn shorten(query: &mut Json) {
    match query {
        Json::Array(values) => {
            let rest = values.len().saturating_sub(LISTED);
            if rest > 0 {
                values.truncate(LISTED);
                values.push(Json::from(format!("… and {rest} more")));
                values.shrink_to_fit();
            }
            values.iter_mut().for_each(shorten);
        }
        Json::Object(members) => members.values_mut().for_each(shorten),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_of_a_query_are_shortened_and_say_so() {
        let mut query = serde_json::json!({"bool": {"filter": [{"terms": {"a": (0..105).collect::<Vec<_>>(), "b": [1, 2]}}]}});
        shorten(&mut query);
        let terms = &query["bool"]["filter"][0]["terms"];
        assert_eq!(
            (terms["a"].as_array().map(Vec::len), &terms["a"][99], &terms["a"][100]),
            (Some(101), &99.into(), &"… and 5 more".into())
        );
        assert_eq!(terms["b"], serde_json::json!([1, 2]));
    }
}
