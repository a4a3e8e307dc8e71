//! The configuration, from whatever place it comes.

use super::analytic::{AnalyticBinding, AnyContainer};
use super::binding::Binding;
use super::nightly::NightlySettings;
use super::time::nanoseconds;
use super::trust::ConfigFile;
use crate::source::web_file::AllowedHost;
use huntc_compiler::catalog::OwnField;
use huntc_compiler::diag::{Diagnostic, LintLevels, Severity};
use huntc_compiler::options::{AnalyticProfile, SourceProfile};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The `huntc.toml` that was read.
    pub file: Option<ConfigFile>,
    /// What the file asks for and does not get, because it is not trusted, in words.
    pub off: Vec<String>,
    /// The warning about that.
    pub untrusted: Option<Diagnostic>,
    /// The data sources, by name in lower case.
    pub sources: BTreeMap<String, Binding>,
    /// Faults of profiles, by name. They are reported when a hunt uses the name.
    pub broken: BTreeMap<String, Diagnostic>,
    /// Warnings about profiles, by name. They are reported when a hunt uses the name.
    pub notices: BTreeMap<String, Vec<Diagnostic>>,
    /// The analytics, by URI.
    pub analytics: BTreeMap<String, AnalyticBinding>,
    /// What `docker://NAME` is bound to, where nothing else is; `None` unless `[analytics] runtime` says so.
    pub containers: Option<AnyContainer>,
    /// The interpreter of Python analytics, where one is named.
    pub python: Option<String>,
    /// The table `[fields]`, sorted by name.
    pub fields: Vec<OwnField>,
    /// The table `[lints]`.
    pub lints: LintLevels,
    /// The table `[run]`.
    pub run: RunLimits,
    /// The table `[nightly]`.
    pub nightly: NightlySettings,
}

/// The table `[run]`.
#[derive(Clone, Debug, Default)]
pub struct RunLimits {
    /// Folders that LOAD and SAVE may use. When empty: the folder of the huntflow and the current folder.
    pub roots: Vec<PathBuf>,
    /// Hosts from which a huntflow may fetch files.
    pub allow_fetch: Vec<AllowedHost>,
    /// A mapping file, whose rows are put over the built-in catalog.
    pub mapping: Option<PathBuf>,
    /// The most nodes of a hunt that are computed at the same time.
    pub concurrency: Option<usize>,
    /// The most records that a hunt may read.
    pub max_records: Option<u64>,
    /// The most requests that a hunt may send.
    pub max_requests: Option<u64>,
    /// From so many records on a source may count those that are equal.
    pub aggregate_from: Option<u64>,
    /// The longest time of a hunt.
    pub timeout: Option<Duration>,
    /// The most bytes of memory that a hunt may use.
    pub max_memory: Option<u64>,
    /// Whether reports have hints.
    pub hints: Option<bool>,
}

impl Config {
    /// The facts about the sources that the compiler needs.
    pub fn source_profiles(&self) -> Vec<SourceProfile> {
        let profile = |binding: &Binding| SourceProfile {
            name: binding.name.clone(),
            default_window: binding.window().map(nanoseconds),
            like_case_sensitive: binding.like_case_sensitive,
            cluster: binding.kind.cluster_address(),
        };
        self.sources.values().map(profile).collect()
    }

    /// What an analytic's URI is bound to.
    pub fn analytic(&self, uri: &str) -> Option<AnalyticBinding> {
        self.analytics.get(uri).cloned().or_else(|| self.containers.as_ref()?.of(uri))
    }

    /// The facts about the analytics that the compiler needs.
    pub fn analytic_profiles(&self) -> Vec<AnalyticProfile> {
        self.analytics.values().map(|a| AnalyticProfile { uri: a.uri.clone(), outputs: a.outputs.clone() }).collect()
    }

    /// The lint levels, with those of the command line last, so that they win.
    pub fn lint_levels(&self, flags: &[(String, Option<Severity>)]) -> LintLevels {
        LintLevels { levels: self.lints.levels.iter().chain(flags).cloned().collect() }
    }
}
