//! Huntflows of a night with their configuration, and the sources that it binds.

use crate::cli::args::MeaningArgs;
use crate::cli::exit::ExitCode;
use crate::cli::input;
use crate::cli::loads;
use crate::cli::open::{Opened, how_to_bind, ready};
use crate::cli::session::{Session, catalog};
use crate::config::Config;
use crate::config::analytic::AnalyticBinding;
use crate::config::environment::Environment;
use crate::nightly::cache::Cache;
use crate::nightly::discover::HuntFile;
use crate::nightly::engine::{Hunter, Loaded, Opener};
use crate::source::{DataSource, Fields, SourceError};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::diag::codes::run::UNBOUND_SOURCE;
use huntc_compiler::options::Options;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Instant;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Requests of a hunt in flight, unless configured: several hunts run at once.
const CONCURRENCY: usize = 4;

/// What binds and opens sources while the hunts run.
pub(super) struct Bound {
    configs: Vec<Arc<Config>>,
    environment: Environment,
    opened: Opened,
}

/// What hunts of one configuration have in common.
struct Shared {
    config: Arc<Config>,
    catalog: Arc<Catalog>,
    options: Options,
    analytics: Arc<HashMap<String, AnalyticBinding>>,
}

/// Reads the huntflows; a configuration that is wrong ends the run before anything is sent.
pub(super) fn hunts(
    hunts: &[HuntFile],
    hunt_time: Option<Duration>,
    now: Instant,
    session: &mut Session,
) -> Result<(Vec<Loaded>, Bound), ExitCode> {
    let mut loaded = Vec::with_capacity(hunts.len());
    let mut configs = Vec::with_capacity(hunts.len());
    let mut known = BTreeMap::new();
    for hunt in hunts {
        let path = hunt.path.display().to_string();
        let shared = shared(&input::folder(&path), now, &mut known, session)?;
        let run = &shared.config.run;
        let mut options = shared.options.clone();
        let text = input::huntflow(&path, &mut session.sources);
        if let Ok(id) = &text {
            options.loaded = loads::types(&path, *id, &session.sources, &shared.config);
        }
        loaded.push(Loaded {
            file: hunt.clone(),
            text,
            options,
            catalog: Arc::clone(&shared.catalog),
            analytics: Arc::clone(&shared.analytics),
            roots: loads::roots(&path, &shared.config),
            concurrency: run.concurrency.unwrap_or(CONCURRENCY),
            max_records: run.max_records,
            max_requests: run.max_requests,
            timeout: hunt_time.or(run.timeout),
        });
        configs.push(Arc::clone(&shared.config));
    }
    let bound = Bound { configs, environment: session.environment.clone(), opened: Opened::default() };
    Ok((loaded, bound))
}

/// What the hunts of a folder have in common with all others of the same configuration.
fn shared(
    folder: &Path,
    now: Instant,
    known: &mut BTreeMap<Option<PathBuf>, Arc<Shared>>,
    session: &mut Session,
) -> Result<Arc<Shared>, ExitCode> {
    let config = session.config(folder)?;
    if let Some(shared) = known.get(&config.file) {
        return Ok(Arc::clone(shared));
    }
    let shared = Arc::new(Shared {
        catalog: Arc::new((*catalog(session, &config, None)?).clone()),
        options: session.options(&config, &MeaningArgs::default(), false, now),
        analytics: Arc::new(config.analytics.iter().map(|(uri, a)| (uri.clone(), a.clone())).collect()),
        config: Arc::new((*config).clone()),
    });
    known.insert(config.file.clone(), Arc::clone(&shared));
    Ok(shared)
}

impl Bound {
    /// Opens the source of a hunt by its name. Several hunts of one configuration share it.
    pub(super) fn open(&self, hunt: usize, name: &str) -> Result<(String, Arc<dyn DataSource>), SourceError> {
        let unbound =
            || SourceError::new(&UNBOUND_SOURCE, format!("nothing is bound to the data source `{name}`")).help(how_to_bind(name));
        let config = self.configs.get(hunt).ok_or_else(unbound)?;
        let place = config.file.as_ref().map_or_else(String::new, |f| f.display().to_string());
        let ready = match config.sources.get(name) {
            Some(binding) => ready(binding, &self.environment)?,
            None => match config.broken.get(name) {
                Some(problem) => return Err(SourceError::new(problem.code, problem.message.clone())),
                None => return Err(unbound()),
            },
        };
        let source = self.opened.get(&place, name, &ready, &Fields::default)?;
        Ok((format!("{place}\0{name}"), source))
    }
}

/// The engine of the night, with the texts that its reports point into.
pub(super) fn hunter<'a>(
    hunts: Vec<Loaded>,
    open: &'a Opener<'a>,
    texts: SourceSet,
    cancel: Arc<AtomicBool>,
    cache: Arc<Cache>,
) -> Hunter<'a> {
    Hunter {
        hunts,
        texts,
        open,
        cancel,
        run_id: format!("huntc-nightly-{:x}", std::process::id()),
        cache,
        opened: Mutex::new(HashMap::new()),
    }
}
