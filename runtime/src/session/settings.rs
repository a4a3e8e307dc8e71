//! How hunts run, as whoever starts them says; what the configuration says is laid under it for each hunt.

use crate::config::{Config, nanoseconds};
use huntc_compiler::diag::Severity;
use huntc_compiler::options::{Options, ProcessIdentity};
use huntc_compiler::time::Instant;
use std::path::PathBuf;
use std::time::Duration;

/// What holds for all hunts of a command.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that stands for itself")]
pub struct RunSettings {
    /// The one "now" of the run.
    pub now: Instant,
    /// `--window`: the window of statements without a range, back from now.
    pub window: Option<Duration>,
    /// `--ignore-case`
    pub ignore_case: bool,
    /// `--process-identity`
    pub process_identity: ProcessIdentity,
    /// `--mapping`: wins over that of the configuration.
    pub mapping: Option<PathBuf>,
    /// `--allow`, `--warn`, `--deny`: names with levels; they win over those of the configuration, and later ones over earlier.
    pub lints: Vec<(String, Option<Severity>)>,
    /// `--lean`
    pub lean: bool,
    /// Whether the report lists the keys of every variable.
    pub keys: bool,
    /// Whether answers with parts missing are accepted.
    pub allow_partial: bool,
    /// Whether the report says why a statement found nothing, unless the configuration forbids it.
    pub hints: bool,
    /// Nodes of a hunt in flight, unless configured; `None`: as many as the kind of its sources can bear.
    pub concurrency: Option<usize>,
    /// Time that a hunt may take; wins over that of the configuration.
    pub timeout: Option<Duration>,
}

impl RunSettings {
    /// The defaults, at a given instant.
    pub fn at(now: Instant) -> Self {
        Self {
            now,
            window: None,
            ignore_case: false,
            process_identity: ProcessIdentity::Auto,
            mapping: None,
            lints: Vec::new(),
            lean: false,
            keys: false,
            allow_partial: false,
            hints: false,
            concurrency: None,
            timeout: None,
        }
    }

    /// Options of the compilation of a hunt that this configuration holds for.
    pub fn compile_options(&self, config: &Config) -> Options {
        Options {
            window: self.window.map(nanoseconds),
            ignore_case: self.ignore_case,
            lean: self.lean,
            process_identity: self.process_identity,
            lints: config.lint_levels(&self.lints),
            sources: config.source_profiles(),
            analytics: config.analytic_profiles(),
            ..Options::at(self.now)
        }
    }
}
