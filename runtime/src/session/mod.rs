//! The one way to run a hunt, used by the command line and by nightly runs: read a huntflow, compile it, bind and open
//! its sources, execute it, report. Nothing here prints or knows exit statuses; results and diagnostics are returned to
//! the caller.

mod bind;
mod bound_source;
mod catalog;
pub mod clock;
mod hunt_text;
mod huntflow;
pub(crate) mod input;
mod other_clocks;
mod parameters;
mod ready;
mod run_hunt;
mod settings;
mod source_pool;
mod unsettled;

pub use bound_source::BoundSource;
pub use catalog::Tables;
pub use huntflow::Huntflow;
pub use ready::ready;
pub use run_hunt::{Finding, HuntRun, Refusal, RunContext, place_of, run_hunt};
pub use settings::RunSettings;
pub use source_pool::{SourcePool, Wrap};

pub(crate) use bind::{source_report, unread};
pub(crate) use other_clocks::other_clocks;

use crate::config::environment::Environment;
use crate::config::trust::{Chosen, ConfigFile};
use crate::config::{self, Config};
use crate::source::web_file::AllowedHost;
use huntc_compiler::catalog::OwnField;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::source::{SourceId, SourceSet, Span};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the hunts of one command share: environment, texts, configurations and catalogs.
///
/// Reading needs `&mut Session`. Afterwards hunts run with `&Session`, several at once.
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Session {
    pub environment: Environment,
    /// The texts that diagnostics point into.
    pub texts: SourceSet,
    /// `--allow-fetch`: hosts from which huntflows may fetch files, beside those of the configuration.
    pub allow_fetch: Vec<AllowedHost>,
    /// The values of `--log-time-offset`: what is added to the times of which source.
    pub log_time_offsets: Vec<String>,
    /// The file of `--config`.
    config_file: Option<ConfigFile>,
    /// The values of `--source`, in their order.
    source_flags: Vec<String>,
    /// By the file that was found (`None`: no file), so that each is read once.
    configs: BTreeMap<Option<ConfigFile>, Arc<Config>>,
    /// By the fields of the configuration and the mapping file, so that each is made once.
    catalogs: BTreeMap<(Vec<OwnField>, Option<PathBuf>), Tables>,
    /// The texts of `--set`, so that each stands among the texts once.
    set_texts: BTreeMap<String, SourceId>,
}

impl Session {
    /// A session in the environment of the process. `config_file` is the value of `--config`, `source_flags` those of
    /// `--source`.
    pub fn new(config_file: Option<PathBuf>, source_flags: Vec<String>) -> Self {
        Self {
            environment: Environment::of_process(),
            texts: SourceSet::default(),
            allow_fetch: Vec::new(),
            log_time_offsets: Vec::new(),
            config_file: config_file.map(|path| ConfigFile { path, chosen: Chosen::Named }),
            source_flags,
            configs: BTreeMap::new(),
            catalogs: BTreeMap::new(),
            set_texts: BTreeMap::new(),
        }
    }

    /// The configuration for the huntflows of a folder. With an error in it nothing may run.
    pub fn config(&mut self, folder: &Path) -> Result<Arc<Config>, Vec<Diagnostic>> {
        let file = self.config_file.clone().or_else(|| config::find(folder, &self.environment));
        if let Some(config) = self.configs.get(&file) {
            return Ok(Arc::clone(config));
        }
        let places = config::Places {
            file: file.as_ref(),
            environment: &self.environment,
            flags: &self.source_flags,
            log_time_offsets: &self.log_time_offsets,
        };
        let (config, problems) = config::load(&places, &mut self.texts);
        if !problems.is_empty() {
            return Err(problems);
        }
        let config = Arc::new(config);
        self.configs.insert(file, Arc::clone(&config));
        Ok(config)
    }

    /// The diagnostics about unknown lint names on the command line.
    pub fn check_lints(&mut self, settings: &RunSettings) -> Vec<Diagnostic> {
        let faults = settings.lints.iter().filter_map(|(name, _)| {
            let span = self.command_line(name);
            config::lint(name, span).err().map(|problem| *problem)
        });
        faults.collect()
    }

    /// Adds a word of the command line to the texts, so that a diagnostic can point at it.
    pub fn command_line(&mut self, word: &str) -> Span {
        Span::new(self.texts.add_text("command line", word), 0, word.len())
    }
}
