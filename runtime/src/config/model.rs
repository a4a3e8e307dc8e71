//! What is configured, whoever said it.

use super::analytic::AnalyticBinding;
use super::binding::Binding;
use super::nightly::NightlySettings;
use super::time::nanoseconds;
use huntc_compiler::diag::{Diagnostic, LintLevels, Severity};
use huntc_compiler::options::{AnalyticProfile, SourceProfile};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that is configured.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The `huntc.toml` that was read.
    pub file: Option<PathBuf>,
    /// Data sources by lower-case name.
    pub sources: BTreeMap<String, Binding>,
    /// Profiles that cannot be used, by name: told when a hunt uses one.
    pub broken: BTreeMap<String, Diagnostic>,
    /// Warnings about a profile, by name: told when a hunt uses it.
    pub notices: BTreeMap<String, Diagnostic>,
    /// Analytics by URI.
    pub analytics: BTreeMap<String, AnalyticBinding>,
    /// `[lints]`
    pub lints: LintLevels,
    /// `[run]`
    pub run: RunLimits,
    /// `[nightly]`
    pub nightly: NightlySettings,
}

/// `[run]`: limits of a run.
#[derive(Clone, Debug, Default)]
pub struct RunLimits {
    /// Folders that LOAD and SAVE may use; none: the folder of the huntflow and the current one.
    pub roots: Vec<PathBuf>,
    /// Rows laid over the catalog.
    pub mapping: Option<PathBuf>,
    /// Requests in flight.
    pub concurrency: Option<usize>,
    /// Records that a hunt may read.
    pub max_records: Option<u64>,
    /// Requests that a hunt may send.
    pub max_requests: Option<u64>,
    /// Time that a hunt may take.
    pub timeout: Option<Duration>,
    /// Whether reports say why a statement found nothing.
    pub hints: Option<bool>,
}

impl Config {
    /// What the compiler has to know of the sources.
    pub fn source_profiles(&self) -> Vec<SourceProfile> {
        let profile = |binding: &Binding| SourceProfile {
            name: binding.name.clone(),
            default_window: binding.window().map(nanoseconds),
            like_case_sensitive: binding.like_case_sensitive,
            cluster: binding.kind.cluster_address(),
        };
        self.sources.values().map(profile).collect()
    }

    /// What the compiler has to know of the analytics.
    pub fn analytic_profiles(&self) -> Vec<AnalyticProfile> {
        self.analytics.values().map(|a| AnalyticProfile { uri: a.uri.clone(), outputs: a.outputs.clone() }).collect()
    }

    /// Lint levels: those of the command line win, the last of several.
    pub fn lint_levels(&self, flags: &[(String, Option<Severity>)]) -> LintLevels {
        LintLevels { levels: self.lints.levels.iter().chain(flags).cloned().collect() }
    }
}
