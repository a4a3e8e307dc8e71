//! What runs a hunt over a window: the compiler and the executor over opened sources.

use super::cache::{Cache, Cached, Traffic};
use super::discover::HuntFile;
use super::finding::{self, Found};
use crate::config::analytic::AnalyticBinding;
use crate::exec::{self, Job, RunOptions};
use crate::report::model::{HuntReport, Status};
use crate::source::{DataSource, Fields, SourceError};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::{Compilation, Compiled, compile};
use huntc_compiler::diag::codes::internal::BUG;
use huntc_compiler::diag::{Diagnostic, Severity};
use huntc_compiler::front_matter::FrontMatter;
use huntc_compiler::options::Options;
use huntc_compiler::source::{SourceId, SourceSet, Span};
use huntc_compiler::time::TimeRange;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is known of a hunt before it looks at anything.
#[derive(Debug, Default)]
pub struct Survey {
    /// What its leading comment says.
    pub front_matter: FrontMatter,
    /// Names of its sources.
    pub sources: Vec<String>,
    /// Set where it cannot run: it has errors.
    pub broken: Option<Box<HuntReport>>,
}

/// What a look at a window gave.
#[derive(Debug)]
pub struct Look {
    /// The run.
    pub report: HuntReport,
    /// The finding; none where it is not known whole.
    pub found: Option<Found>,
}

/// Runs hunts over windows.
pub trait Engine: Sync {
    /// Reads a hunt.
    fn survey(&self, hunt: usize) -> Survey;

    /// Runs a hunt over a window. `time` is what is left for it.
    fn look(&self, hunt: usize, window: TimeRange, time: Option<Duration>) -> Look;

    /// What the spans of its reports point into.
    fn texts(&self) -> SourceSet;

    /// What was asked so far.
    fn traffic(&self) -> Traffic {
        Traffic::default()
    }

    /// Whether the records that a night may read are used up, so that no look may begin.
    fn exhausted(&self) -> bool {
        false
    }
}

/// A huntflow with what it is compiled and run with.
pub struct Loaded {
    /// The file.
    pub file: HuntFile,
    /// Its text, or why there is none.
    pub text: Result<SourceId, Box<Diagnostic>>,
    /// Options of its compilation; their window is the run's.
    pub options: Options,
    /// The tables.
    pub catalog: Arc<Catalog>,
    /// Analytics.
    pub analytics: Arc<HashMap<String, AnalyticBinding>>,
    /// Folders that LOAD and SAVE may use.
    pub roots: Vec<PathBuf>,
    /// Nodes in flight.
    pub concurrency: usize,
    /// Records that it may read in a window.
    pub max_records: Option<u64>,
    /// Requests that it may send in a window.
    pub max_requests: Option<u64>,
    /// Time that it may take for a window.
    pub timeout: Option<Duration>,
}

/// Opens the source of a hunt by its name; answers also what is the same for the same source.
pub type Opener<'a> = dyn Fn(usize, &str) -> Result<(String, Arc<dyn DataSource>), SourceError> + Sync + 'a;

/// The compiler and the executor.
pub struct Hunter<'a> {
    /// The hunts, as the night numbers them.
    pub hunts: Vec<Loaded>,
    /// Their texts.
    pub texts: SourceSet,
    /// Opens sources.
    pub open: &'a Opener<'a>,
    /// Set on Ctrl-C.
    pub cancel: Arc<AtomicBool>,
    /// Identifies the run to servers.
    pub run_id: String,
    /// Answers of this night.
    pub cache: Arc<Cache>,
    /// Sources that are open, so that all hunts share their answers.
    pub opened: Mutex<HashMap<String, Arc<dyn DataSource>>>,
}

impl Engine for Hunter<'_> {
    fn survey(&self, hunt: usize) -> Survey {
        let Some(loaded) = self.hunts.get(hunt) else { return Survey::default() };
        let id = match &loaded.text {
            Ok(id) => *id,
            Err(problem) => return broken(loaded, vec![(**problem).clone()], FrontMatter::default()),
        };
        let now = loaded.options.now;
        let any = TimeRange { start: now.plus(-super::window::DAY), stop: now };
        let options = Options { default_range: Some(any), ..loaded.options.clone() };
        let done = compile(&self.texts, id, &loaded.catalog, &options);
        match done.compiled {
            Some(Compiled { hunt, .. }) if !done.diagnostics.iter().any(|d| d.severity == Severity::Error) => {
                let sources = hunt.sources.iter().map(|s| s.uri.clone()).collect();
                Survey { front_matter: done.front_matter, sources, broken: None }
            }
            _ => broken(loaded, done.diagnostics, done.front_matter),
        }
    }

    fn look(&self, hunt: usize, window: TimeRange, time: Option<Duration>) -> Look {
        let Some(loaded) = self.hunts.get(hunt) else { return Look { report: empty("", Vec::new()), found: None } };
        let Ok(id) = loaded.text else { return Look { report: empty(&shown(loaded), Vec::new()), found: None } };
        // A fault of ours ends this hunt, and no other.
        catch_unwind(AssertUnwindSafe(|| self.run(hunt, loaded, id, window, time))).unwrap_or_else(|_| {
            let problem = Diagnostic::new(&BUG, Span::new(id, 0, 0), "the hunt met a fault in huntc")
                .note(format!("huntc {}", env!("CARGO_PKG_VERSION")))
                .help("please report it with the huntflow; other hunts of this night are not affected");
            let report = HuntReport { status: Status::Failed, ..empty(&shown(loaded), vec![problem]) };
            Look { report, found: None }
        })
    }

    fn texts(&self) -> SourceSet {
        self.texts.clone()
    }

    fn traffic(&self) -> Traffic {
        self.cache.traffic()
    }

    fn exhausted(&self) -> bool {
        self.cache.exhausted()
    }
}

impl Hunter<'_> {
    fn run(&self, number: usize, loaded: &Loaded, id: SourceId, window: TimeRange, time: Option<Duration>) -> Look {
        let Compilation { compiled, diagnostics, front_matter, .. } = self.compile(loaded, id, window);
        let Some(compiled) = compiled else { return Look { report: empty(&shown(loaded), diagnostics), found: None } };
        let finding = front_matter.finding_of(&compiled.hunt);
        // All hunts of a night share what is read.
        let open = |name: &str, _: &dyn Fn() -> Fields| self.source(number, name);
        let options = RunOptions {
            analytic: &|uri| loaded.analytics.get(uri).cloned(),
            concurrency: loaded.concurrency,
            roots: loaded.roots.clone(),
            cancel: Arc::clone(&self.cancel),
            run_id: format!("{}-{number}", self.run_id),
            max_records: loaded.max_records,
            max_requests: loaded.max_requests,
            timeout: loaded.timeout.into_iter().chain(time).min(),
            // Without keys: of every variable of a thousand hunts they would be most of the night's memory, and findings have
            // theirs. Not partial: a part of a window must never pass for all of it. Without hints: most nights find nothing,
            // and that is well. The records read are counted for each hunt anew, as the limit is.
            ..RunOptions::new(&open)
        };
        let folder = loaded.file.path.parent().map_or_else(|| PathBuf::from("."), PathBuf::from);
        let job = Job {
            file: shown(loaded),
            plan: &compiled.plan,
            requests: &compiled.requests,
            request_of: &|id, node| compiled.request_of(&loaded.catalog, id, node),
            catalog: &loaded.catalog,
            diagnostics,
            folder,
        };
        let (mut report, kept) = exec::run_and_keep(job, &options, finding.map(|(var, _)| var));
        report.requests.iter_mut().for_each(|request| shorten(&mut request.query));
        let found = match (finding, kept) {
            _ if report.status != Status::Ok => None,
            (Some((var, at_least)), Some(kept)) => Some(finding::found(&compiled.hunt, &loaded.catalog, var, at_least, &kept)),
            // A hunt that binds nothing finds nothing.
            (None, _) => Some(Found::default()),
            (Some(_), None) => None,
        };
        Look { report, found }
    }

    fn compile(&self, loaded: &Loaded, id: SourceId, window: TimeRange) -> Compilation {
        let nightly = huntc_compiler::front_matter::read(&self.texts, id, &mut huntc_compiler::diag::Sink::default());
        let options = Options {
            // LAST counts back from the end of the window, so that a night that is caught up looks at its own time.
            now: window.stop,
            default_range: Some(window),
            replace_ranges: nightly.nightly_window,
            ..loaded.options.clone()
        };
        compile(&self.texts, id, &loaded.catalog, &options)
    }

    /// The source of a name, shared by all hunts that mean the same.
    fn source(&self, hunt: usize, name: &str) -> Result<Arc<dyn DataSource>, SourceError> {
        let (place, source) = (self.open)(hunt, name)?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let cached = opened
            .entry(place.clone())
            .or_insert_with(|| Arc::new(Cached { name: place, source, cache: Arc::clone(&self.cache) }) as Arc<dyn DataSource>);
        Ok(Arc::clone(cached))
    }
}

/// Values of a list that the report of a night shows: with all of them, a thousand hunts would not fit into memory.
const LISTED: usize = 100;

/// Shortens the lists of a query to what is shown of them; a last element says how many are not.
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

fn shown(loaded: &Loaded) -> String {
    loaded.file.path.display().to_string()
}

fn broken(loaded: &Loaded, diagnostics: Vec<Diagnostic>, front_matter: FrontMatter) -> Survey {
    let report = empty(&shown(loaded), diagnostics);
    Survey { front_matter, sources: Vec::new(), broken: Some(Box::new(report)) }
}

/// A report of a hunt that did not run.
fn empty(file: &str, diagnostics: Vec<Diagnostic>) -> HuntReport {
    HuntReport {
        file: file.to_owned(),
        status: Status::Error,
        complete: false,
        variables: Vec::new(),
        displays: Vec::new(),
        requests: Vec::new(),
        diagnostics,
        elapsed: Duration::ZERO,
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
