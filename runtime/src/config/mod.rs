//! The configuration: data sources, analytics, lint levels and limits. Flags win over the environment, and the
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
mod model;
mod nightly;
mod profile;
mod reader;
pub mod secret;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod text;
mod time;

pub use file::lint;
pub use find::find;
pub use model::{Config, RunLimits};
pub use nightly::{NightlySettings, WEBHOOK_FORMATS};
pub use text::source_name;
pub use time::{duration, duration_or_zero, nanoseconds};

use binding::BindingOrigin;
use environment::Environment;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::source::SourceSet;
use std::path::Path;

/// Where to look for the configuration.
#[derive(Debug)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct Places<'a> {
    /// The file of `--config`.
    pub explicit: Option<&'a Path>,
    /// The folder of the huntflow.
    pub start: &'a Path,
    pub environment: &'a Environment,
    /// The values of `--source`, in their order.
    pub flags: &'a [String],
}

/// Reads the configuration. Errors are returned as diagnostics, beside everything that could be read.
///
/// Adds the texts that diagnostics point into to `sources`; secrets in them are masked.
pub fn load(places: &Places<'_>, sources: &mut SourceSet) -> (Config, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut config = Config::default();
    kestrel::read_file(places.environment, sources, &mut config, &mut problems);
    let names: Vec<String> = config.sources.keys().chain(config.broken.keys()).cloned().collect();
    if let Some(path) = places.explicit.map(Path::to_path_buf).or_else(|| find(places.start, places.environment)) {
        file::read(&path, sources, &mut config, &mut problems);
        config.file = Some(path);
    }
    // When `huntc.toml` binds the name of a faulty profile of Kestrel, that profile's fault does not matter.
    for name in names {
        if config.sources.get(&name).is_some_and(|s| matches!(&s.origin, BindingOrigin::File(f) if config.file.as_ref() == Some(f)))
        {
            config.broken.remove(&name);
            config.notices.remove(&name);
        }
    }
    kestrel::read_environment(places.environment, sources, &mut config);
    for flag in places.flags {
        match flags::source(flag, &config.sources, sources) {
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
