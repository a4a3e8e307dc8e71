//! One way to run a hunt, below the command line and the nights: read a huntflow, compile it, bind and open its sources,
//! execute it, report. Nothing here prints or knows exit statuses: results and diagnostics go back to the caller.

mod bind;
mod catalog;
pub mod clock;
mod huntflow;
pub(crate) mod input;
mod run_hunt;
mod settings;
mod source_pool;

pub use catalog::Tables;
pub use huntflow::Huntflow;
pub use run_hunt::{Finding, HuntRun, Refusal, RunContext, run_hunt};
pub use settings::RunSettings;
pub use source_pool::{SourcePool, Wrap};

pub(crate) use bind::unread;

use crate::config::environment::Environment;
use crate::config::{self, Config};
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::source::{SourceSet, Span};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the hunts of one command share: the environment, the texts, the configurations and the catalogs.
///
/// Whatever is read, is read with `&mut Session`; hunts then run with `&Session`, several at once.
pub struct Session {
    /// The environment of the process.
    pub environment: Environment,
    /// Everything that diagnostics point into.
    pub texts: SourceSet,
    /// `--config`
    config_file: Option<PathBuf>,
    /// `--source`, in order.
    source_flags: Vec<String>,
    /// By the file that was found, so that each is read once.
    configs: BTreeMap<Option<PathBuf>, Arc<Config>>,
    /// By the file of `--mapping`.
    catalogs: BTreeMap<PathBuf, Tables>,
}

impl Session {
    /// A session in the environment of the process; `config_file` is that of `--config`, `source_flags` are those of
    /// `--source`.
    pub fn new(config_file: Option<PathBuf>, source_flags: Vec<String>) -> Self {
        Self {
            environment: Environment::of_process(),
            texts: SourceSet::default(),
            config_file,
            source_flags,
            configs: BTreeMap::new(),
            catalogs: BTreeMap::new(),
        }
    }

    /// The configuration that holds for the huntflows of a folder. With an error in it, nothing may run.
    pub fn config(&mut self, folder: &Path) -> Result<Arc<Config>, Vec<Diagnostic>> {
        let file = self.config_file.clone().or_else(|| config::find(folder, &self.environment));
        if let Some(config) = self.configs.get(&file) {
            return Ok(Arc::clone(config));
        }
        let places =
            config::Places { explicit: file.as_deref(), start: folder, environment: &self.environment, flags: &self.source_flags };
        let (config, problems) = config::load(&places, &mut self.texts);
        if !problems.is_empty() {
            return Err(problems);
        }
        let config = Arc::new(config);
        self.configs.insert(file, Arc::clone(&config));
        Ok(config)
    }

    /// What is wrong with the names of the lint levels that the command line gives.
    pub fn check_lints(&mut self, settings: &RunSettings) -> Vec<Diagnostic> {
        let faults = settings.lints.iter().filter_map(|(name, _)| {
            let span = self.command_line(name);
            config::lint(name, span).err().map(|problem| *problem)
        });
        faults.collect()
    }

    /// Registers a word of the command line, so that a diagnostic can point at it.
    pub fn command_line(&mut self, word: &str) -> Span {
        Span::new(self.texts.add_text("command line", word), 0, word.len())
    }
}
