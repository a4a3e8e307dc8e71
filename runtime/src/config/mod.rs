//! The configuration: data sources, analytics, lint levels and limits. Flags win over the environment, and the
//! environment over files.

mod address;
pub mod analytic;
mod analytics_table;
pub mod binding;
mod columns;
pub mod environment;
mod fields;
mod file;
mod find;
mod flags;
mod kestrel;
mod kestrel2;
mod kestrel_python;
pub mod kinds;
mod mask;
mod model;
mod nightly;
mod parameters;
mod profile;
mod reader;
pub mod secret;
mod size;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod text;
mod time;
pub mod trust;

pub use file::lint;
pub use find::find;
pub use flags::shown as without_secrets;
pub use model::{Config, RunLimits};
pub use nightly::{NightlySettings, WEBHOOK_FORMATS, csv_separator};
pub use parameters::NightlyParameters;
pub use size::size;
pub use text::source_name;
pub use time::{duration, duration_or_zero, nanoseconds};

use binding::BindingOrigin;
use environment::Environment;
use huntc_compiler::diag::codes::config::{SECRET_IN_CLEAR, SECRET_ON_COMMAND_LINE};
use huntc_compiler::diag::{Code, Diagnostic};
use huntc_compiler::source::SourceSet;
use trust::ConfigFile;

/// Where to look for the configuration.
#[derive(Debug)]
#[expect(missing_docs, reason = "fields whose names say all")]
pub struct Places<'a> {
    /// The file that was named or found.
    pub file: Option<&'a ConfigFile>,
    pub environment: &'a Environment,
    /// The values of `--source`, in their order.
    pub flags: &'a [String],
    /// The values of `--log-time-offset`, `NAME=OFFSET` each.
    pub log_time_offsets: &'a [String],
}

/// Reads the configuration. Errors are returned as diagnostics, beside everything that could be read.
///
/// Adds the texts that diagnostics point into to `sources`; secrets in them are masked.
pub fn load(places: &Places<'_>, sources: &mut SourceSet) -> (Config, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut config = Config::default();
    kestrel::read_file(places.environment, sources, &mut config, &mut problems);
    kestrel2::read_file(places.environment, sources, &mut config, &mut problems);
    let names: Vec<String> = config.sources.keys().chain(config.broken.keys()).cloned().collect();
    if let Some(file) = places.file {
        file::read(file, places.environment, sources, &mut config, &mut problems);
        config.file = Some(file.clone());
    }
    kestrel_python::read_file(places.environment, sources, &mut config, &mut problems);
    // When `huntc.toml` binds the name of a faulty profile of Kestrel, that profile's fault does not matter.
    for name in names {
        if config.sources.get(&name).is_some_and(
            |s| matches!(&s.origin, BindingOrigin::File(f) if config.file.as_ref().is_some_and(|file| file.path == *f)),
        ) {
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
    for flag in places.log_time_offsets {
        problems.extend(flags::log_time_offset(flag, &mut config.sources, sources).err().map(|problem| *problem));
    }
    for (name, binding) in &config.sources {
        let caution = |(code, headline): (&'static Code, String)| Diagnostic::new(code, binding.place, headline);
        let cautions: Vec<Diagnostic> =
            binding.kind.cautions(name, binding.origin == BindingOrigin::Flag).into_iter().map(caution).map(with_advice).collect();
        if !cautions.is_empty() {
            config.notices.entry(name.clone()).or_default().extend(cautions);
        }
    }
    (config, problems)
}

/// A caution with what to do about it.
fn with_advice(caution: Diagnostic) -> Diagnostic {
    let code = caution.code;
    if code == &SECRET_ON_COMMAND_LINE {
        caution.help("put it into huntc.toml: `auth = { password = \"file:PATH\", … }`, or the environment: `\"${NAME}\"`")
    } else if code == &SECRET_IN_CLEAR {
        caution.help("use `https://` in the address, or a tunnel to a loopback address")
    } else {
        caution.help("`tls = { ca = \"http_ca.crt\" }` names the server's own authority; then take `insecure` out")
    }
}
