//! What the configuration binds: data sources, analytics, lint levels, limits. Flags win over the environment, the
//! environment over files.

mod address;
pub mod analytic;
pub mod binding;
pub mod environment;
mod file;
mod find;
mod flags;
mod kestrel;
pub mod kinds;
mod mask;
mod nightly;
mod profile;
mod reader;
pub mod secret;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

pub use file::lint;
pub use find::find;
pub use nightly::NightlySettings;

use analytic::AnalyticBinding;
use binding::{Binding, BindingOrigin};
use environment::Environment;
use huntc_compiler::diag::{Diagnostic, LintLevels, Severity};
use huntc_compiler::options::{AnalyticProfile, SourceProfile};
use huntc_compiler::source::SourceSet;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
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

/// Where configuration is looked for.
#[derive(Debug)]
pub struct Places<'a> {
    /// `--config FILE`
    pub explicit: Option<&'a Path>,
    /// Folder of the huntflow.
    pub start: &'a Path,
    /// The environment.
    pub environment: &'a Environment,
    /// `--source NAME=URI`, in order.
    pub flags: &'a [String],
}

/// Reads the configuration. Errors are in the diagnostics; what could be read is in the result.
///
/// Texts that diagnostics point into are added to `sources`, with the values of secrets masked.
pub fn load(places: &Places<'_>, sources: &mut SourceSet) -> (Config, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut config = Config::default();
    kestrel::read_file(places.environment, sources, &mut config, &mut problems);
    let names: Vec<String> = config.sources.keys().chain(config.broken.keys()).cloned().collect();
    if let Some(path) = places.explicit.map(Path::to_path_buf).or_else(|| find(places.start, places.environment)) {
        file::read(&path, sources, &mut config, &mut problems);
        config.file = Some(path);
    }
    // A name that `huntc.toml` binds anew is no longer Kestrel's broken one.
    for name in names {
        if config.sources.get(&name).is_some_and(|s| matches!(&s.origin, BindingOrigin::File(f) if config.file.as_ref() == Some(f)))
        {
            config.broken.remove(&name);
            config.notices.remove(&name);
        }
    }
    kestrel::read_environment(places.environment, sources, &mut config);
    for flag in places.flags {
        match flags::source(flag, sources) {
            Ok(binding) => {
                config.broken.remove(&binding.name);
                config.notices.remove(&binding.name);
                config.sources.insert(binding.name.clone(), binding);
            }
            Err(problem) => problems.push(*problem),
        }
    }
    (config, problems)
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

/// The name that a source is bound by: any case, and with any scheme, as huntflows write it.
pub fn source_name(text: &str) -> String {
    let text = text.trim();
    text.split_once("://").map_or(text, |(_, name)| name).to_lowercase()
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// A time with its unit: `90s`, `5m`, `24h`, `7d`; at least one second.
pub fn duration(text: &str) -> Option<Duration> {
    duration_or_zero(text).filter(|time| !time.is_zero())
}

/// A time with its unit, or zero.
pub fn duration_or_zero(text: &str) -> Option<Duration> {
    /// Beyond a hundred years, arithmetic on instants would meet the ends of time.
    const LONGEST: Duration = Duration::from_hours(24 * 36_525);
    let nanos = u64::try_from(huntc_compiler::time::duration::parse(text)?).ok()?;
    Some(Duration::from_nanos(nanos)).filter(|time| *time <= LONGEST)
}

/// The text of a configuration file, at most 16 MB.
fn read_text(path: &Path) -> Result<String, String> {
    use std::io::Read;
    const LIMIT: u64 = 16 << 20;
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    file.take(LIMIT + 1).read_to_string(&mut text).map_err(|e| e.to_string())?;
    if text.len() as u64 > LIMIT { Err("it has more than 16 MB".to_owned()) } else { Ok(text) }
}
