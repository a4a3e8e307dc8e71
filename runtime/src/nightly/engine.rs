//! Runs the hunts of a night over their windows. All hunts share the sources and their answers.

use super::cache::{Cache, Cached, Traffic};
use super::finding::{self, FoundEntities};
use super::window::DAY;
use crate::allowance::{Allowance, DEFAULT_MEMORY};
use crate::exec::locked;
use crate::report::model::{HuntReport, Status};
use crate::report::text::unread_parts;
use crate::session::{
    BoundSource, Finding, HuntRun, Huntflow, Refusal, RunContext, RunSettings, Session, SourcePool, clock, place_of, run_hunt,
    source_report,
};
use crate::source::{FetchContext, SourceError, Tally, TallyRequest};
use huntc_compiler::compile::{Compilation, Compiled, Stage, emit};
use huntc_compiler::diag::codes::nightly::EMPTY_HUNT;
use huntc_compiler::diag::codes::run::UNBOUND_SOURCE;
use huntc_compiler::diag::{Diagnostic, Severity};
use huntc_compiler::front_matter::FrontMatter;
use huntc_compiler::plan::{self, Observe, Op, Plan};
use huntc_compiler::request::{BoundRequest, Query};
use huntc_compiler::source::{SourceId, SourceSet, Span};
use huntc_compiler::time::TimeRange;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is known of a hunt before it runs.
#[derive(Debug, Default)]
pub struct HuntSurvey {
    /// The front matter in its leading comment.
    pub front_matter: FrontMatter,
    /// Its sources, in the order in which it names them.
    pub sources: Vec<AskedSource>,
    /// The longest WITHIN of its patterns, in nanoseconds.
    pub within: i64,
    /// For each condition of a suppression that has a fault, its text and the fault.
    pub faulty: Vec<(String, String)>,
    /// The report of a hunt that cannot run because it has errors.
    pub broken: Option<Box<HuntReport>>,
}

/// A source that a hunt asks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AskedSource {
    /// The URI in the huntflow.
    pub uri: String,
    /// The name by which the night knows it: one name is one source. Two files that bind a name differently make two.
    pub name: String,
    /// The field by which nights look at it; `None`: `@timestamp`.
    pub clock: Option<String>,
    /// Whether it can be asked: something is bound to it, with all its secrets.
    pub bound: bool,
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

    /// Runs a hunt over a window, without the sources of these URIs. `time` is the time that is left for it.
    fn look(&self, hunt: usize, window: TimeRange, without: &[String], time: Option<Duration>) -> Look;

    /// The report of a hunt that cannot run since its source of this URI does not answer.
    fn unlooked(&self, hunt: usize, uri: &str, error: &SourceError) -> HuntReport;

    /// Figures about the records of a source in a window, by the values of a field; at most `most` values are named.
    fn tally(&self, source: &str, window: TimeRange, by: &str, most: usize) -> Result<Tally, SourceError>;

    /// The number of records of a source in a window.
    fn count(&self, source: &str, window: TimeRange) -> Result<u64, SourceError>;

    /// What could not be read of a source, as phrases for people.
    fn unread(&self, source: &str) -> Vec<String>;

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
    /// The sources of the night, by the name by which it knows them.
    sources: Mutex<BTreeMap<String, NightSource>>,
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
        let sources = Mutex::default();
        Self { session, hunts, settings, pool, sources, cache, cancel: Arc::clone(cancel), run_id: clock::run_id("huntc-nightly") }
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

/// A source of the night, as one of the hunts names it.
struct NightSource {
    hunt: usize,
    asked: plan::DataSource,
}

impl Hunter<'_> {
    /// The sources of a hunt. They are known to the night from now on.
    fn asked(&self, number: usize, huntflow: &Huntflow, plan: &Plan) -> Vec<AskedSource> {
        let asked = plan.sources.iter().map(|source| {
            let name = self.name(huntflow, source);
            let known = NightSource { hunt: number, asked: source.clone() };
            locked(&self.sources).entry(name.clone()).or_insert(known);
            let bound = self.session.can_open(huntflow, source);
            AskedSource { uri: source.uri.clone(), name, clock: huntflow.clock(source).map(str::to_owned), bound }
        });
        asked.collect()
    }

    /// The name of a source, with the file that binds it where that is another one than the first hunt's.
    fn name(&self, huntflow: &Huntflow, source: &plan::DataSource) -> String {
        let usual = self.hunts.first().and_then(Huntflow::config_file);
        match huntflow.config_file() {
            file if file == usual => source.name.clone(),
            Some(file) => format!("{} of {}", source.name, file.display()),
            None => format!("{} without a file", source.name),
        }
    }

    /// Opens a source of the night.
    fn open(&self, source: &str) -> Result<BoundSource, SourceError> {
        let unknown = || SourceError::new(&UNBOUND_SOURCE, format!("nothing is bound to `{source}`"));
        let opened = {
            let sources = locked(&self.sources);
            let known = sources.get(source).ok_or_else(unknown)?;
            let huntflow = self.hunts.get(known.hunt).ok_or_else(unknown)?;
            let asked = known.asked.clone();
            drop(sources);
            self.session.open(&self.pool, huntflow, &asked, &self.allowance()).ok_or_else(unknown)??
        };
        if let (Some(read), false) = (&*opened.read, self.settings.allow_partial) {
            read.refuse_part()?;
        }
        Ok(opened)
    }

    /// The request for all records of a window.
    fn all(&self, window: TimeRange, fields: &[&str]) -> BoundRequest {
        let catalog = self.hunts.first().map_or_else(Session::builtin_catalog, |huntflow| huntflow.catalog.clone());
        let fields = fields.iter().copied().chain(["@timestamp"]);
        BoundRequest { window: Some(window), ..BoundRequest::of(&catalog, Query::MatchAll, fields) }
    }

    /// What a look at a source may use, outside of any hunt: no more than a hunt over one window.
    fn allowance(&self) -> Arc<Allowance> {
        let memory = self.settings.max_memory.unwrap_or(DEFAULT_MEMORY);
        Arc::new(Allowance::new(Arc::clone(&self.cancel), self.settings.timeout, Some(memory)))
    }

    fn context(&self, request: &str) -> FetchContext {
        let request_id = format!("{}/{request}", self.run_id);
        FetchContext { allowance: self.allowance(), request_id, ..FetchContext::default() }
    }
}

/// The longest WITHIN of a plan.
fn longest_within(plan: &Plan) -> i64 {
    fn longest(shape: &Observe) -> i64 {
        match shape {
            Observe::One(_) => 0,
            Observe::And(parts) | Observe::Or(parts) | Observe::FollowedBy(parts) => parts.iter().map(longest).max().unwrap_or(0),
            Observe::Within(part, nanos) | Observe::Without { part, nanos, .. } => (*nanos).max(longest(part)),
            Observe::Repeats(part, _) | Observe::By(part, _) => longest(part),
        }
    }
    let shapes =
        plan.nodes.iter().filter_map(|node| if let Op::Observe { shape, .. } = &node.op { Some(longest(shape)) } else { None });
    shapes.max().unwrap_or(0)
}

impl Engine for Hunter<'_> {
    fn survey(&self, hunt: usize) -> HuntSurvey {
        let number = hunt;
        let Some(huntflow) = self.hunts.get(number) else { return HuntSurvey::default() };
        let now = self.settings.now;
        let any = TimeRange::new(now.plus(-DAY), now);
        let broken = |diagnostics: Vec<Diagnostic>, front_matter: FrontMatter| {
            let report = HuntReport::without_results(&huntflow.file, Status::Error, diagnostics);
            HuntSurvey { front_matter, broken: Some(Box::new(report)), ..HuntSurvey::default() }
        };
        match self.session.compile(huntflow, &self.settings, Some(any)) {
            Ok(Compilation { compiled: Some(compiled), front_matter, conditions, .. }) => {
                if let Some(empty) = empty(huntflow, &compiled) {
                    return broken(vec![empty], front_matter);
                }
                let sources = self.asked(number, huntflow, &compiled.plan);
                let faulty = self.faulty(huntflow, &conditions);
                HuntSurvey { front_matter, sources, within: longest_within(&compiled.plan), faulty, broken: None }
            }
            Ok(Compilation { diagnostics, front_matter, .. }) => broken(diagnostics, front_matter),
            Err(problem) => broken(vec![*problem], FrontMatter::default()),
        }
    }

    fn look(&self, hunt: usize, window: TimeRange, without: &[String], time: Option<Duration>) -> Look {
        let Some(huntflow) = self.hunts.get(hunt) else {
            return Look { report: HuntReport::without_results("", Status::Error, Vec::new()), found: None };
        };
        let context = RunContext {
            window: Some(window),
            without: without.to_vec(),
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

    fn unlooked(&self, hunt: usize, uri: &str, error: &SourceError) -> HuntReport {
        let Some(huntflow) = self.hunts.get(hunt) else {
            return HuntReport::without_results("", Status::Failed, Vec::new());
        };
        let place = huntflow.text.as_ref().ok().map(|id| {
            let compiled = self.session.compile(huntflow, &self.settings, None).ok().and_then(|c| c.compiled);
            let statement = compiled.and_then(|compiled| place_of(&compiled.plan, uri));
            statement.unwrap_or_else(|| Span::new(*id, 0, 0))
        });
        let diagnostics = place.map(|place| error.at(place)).into_iter().collect();
        HuntReport::without_results(&huntflow.file, Status::Failed, diagnostics)
    }

    fn tally(&self, source: &str, window: TimeRange, by: &str, most: usize) -> Result<Tally, SourceError> {
        let request = self.all(window, &[by]);
        let asked = TallyRequest { request: &request, by, most, clock: None };
        self.open(source)?.source.tally(&asked, &self.context("tally"))
    }

    fn count(&self, source: &str, window: TimeRange) -> Result<u64, SourceError> {
        self.open(source)?.source.count(&self.all(window, &[]), &self.context("count"))
    }

    fn unread(&self, source: &str) -> Vec<String> {
        match self.open(source).map(|opened| opened.read) {
            Ok(read) => read.iter().flat_map(|read| unread_parts(&source_report(source, Some(read)))).collect(),
            // Why it cannot be read is told of the source itself.
            Err(_) => Vec::new(),
        }
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
