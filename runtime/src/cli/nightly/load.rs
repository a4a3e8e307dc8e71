//! Huntflows of a night with their configuration, and the sources that it binds.

use super::RunArgs;
use crate::cli::args::MeaningArgs;
use crate::cli::exit::ExitCode;
use crate::cli::input;
use crate::cli::loads;
use crate::cli::open::{Opened, how_to_bind, ready};
use crate::cli::session::{Session, catalog};
use crate::config::Config;
use crate::config::environment::Environment;
use crate::nightly::discover::HuntFile;
use crate::nightly::engine::{Hunter, Loaded, Opener};
use crate::source::{DataSource, SourceError};
use huntc_compiler::diag::codes::run::UNBOUND_SOURCE;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Instant;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// Requests of a hunt in flight, unless configured: several hunts run at once.
const CONCURRENCY: usize = 4;

/// What binds and opens sources while the hunts run.
pub(super) struct Bound {
    configs: Vec<Config>,
    environment: Environment,
    opened: Opened,
}

/// Reads the huntflows; a configuration that is wrong ends the run before anything is sent.
pub(super) fn hunts(
    hunts: &[HuntFile],
    args: &RunArgs,
    now: Instant,
    session: &mut Session,
) -> Result<(Vec<Loaded>, Bound), ExitCode> {
    let mut loaded = Vec::with_capacity(hunts.len());
    let mut configs = Vec::with_capacity(hunts.len());
    for hunt in hunts {
        let path = hunt.path.display().to_string();
        let config = session.config(&input::folder(&path))?;
        let catalog = catalog(session, &config, None)?;
        let mut options = session.options(&config, &MeaningArgs::default(), false, now);
        let text = input::huntflow(&path, &mut session.sources);
        if let Ok(id) = &text {
            options.loaded = loads::types(&path, *id, &session.sources, &config);
        }
        loaded.push(Loaded {
            file: hunt.clone(),
            text,
            options,
            catalog: Arc::new((*catalog).clone()),
            analytics: config.analytics.iter().map(|(uri, a)| (uri.clone(), a.clone())).collect(),
            roots: loads::roots(&path, &config),
            concurrency: config.run.concurrency.unwrap_or(CONCURRENCY),
            max_records: config.run.max_records,
            max_requests: config.run.max_requests,
            timeout: args.hunt_time.or(config.run.timeout),
        });
        configs.push((*config).clone());
    }
    let bound = Bound { configs, environment: session.environment.clone(), opened: Opened::default() };
    Ok((loaded, bound))
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
        let source = self.opened.get(&place, name, &ready)?;
        Ok((format!("{place}\0{name}"), source))
    }
}

/// The engine of the night, with the texts that its reports point into.
pub(super) fn hunter<'a>(hunts: Vec<Loaded>, open: &'a Opener<'a>, texts: SourceSet, cancel: Arc<AtomicBool>) -> Hunter<'a> {
    Hunter {
        hunts,
        texts,
        open,
        cancel,
        run_id: format!("huntc-nightly-{:x}", std::process::id()),
        cache: Arc::default(),
        opened: Mutex::new(HashMap::new()),
    }
}
