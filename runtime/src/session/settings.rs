//! The settings of hunts given by whoever starts them. For each hunt the configuration fills what they leave open.

use crate::config::{Config, nanoseconds};
use huntc_compiler::diag::Severity;
use huntc_compiler::options::{Options, ProcessIdentity};
use huntc_compiler::time::Instant;
use std::path::PathBuf;
use std::time::Duration;

/// The settings for all hunts of a command.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that stands for itself")]
pub struct RunSettings {
    /// The instant that all statements of the run take as "now".
    pub now: Instant,
    /// `--window`: the window, back from now, of statements without a time range.
    pub window: Option<Duration>,
    /// `--ignore-case`
    pub ignore_case: bool,
    /// `--process-identity`
    pub process_identity: ProcessIdentity,
    /// `--mapping`: takes the place of the configuration's mapping file.
    pub mapping: Option<PathBuf>,
    /// `--allow`, `--warn`, `--deny`: lint names with their levels, `None` for allow. They win over the configuration,
    /// and later ones over earlier ones.
    pub lints: Vec<(String, Option<Severity>)>,
    /// `--set`: values of parameters, each `NAME=VALUE`.
    pub set: Vec<String>,
    /// `--lean`
    pub lean: bool,
    /// Whether the report lists the keys of every variable.
    pub keys: bool,
    /// Whether partial answers of sources are accepted.
    pub allow_partial: bool,
    /// `--raw-csv`: whether CSV cells of SAVE that a spreadsheet would run as formulas stay as they are.
    pub raw_csv: bool,
    /// Whether the report has hints; the configuration can also switch them off.
    pub hints: bool,
    /// Whether the report has the records behind the rows that it shows, and when and on which hosts things were seen.
    pub evidence: bool,
    /// Whether sources may count equal records together (not with `--no-agg`).
    pub aggregate: bool,
    /// The most nodes of a hunt at the same time, unless the configuration says it. `None`: the kind of the sources decides.
    pub concurrency: Option<usize>,
    /// The longest time of a hunt; wins over the configuration.
    pub timeout: Option<Duration>,
    /// The most bytes of memory of a hunt; wins over the configuration.
    pub max_memory: Option<u64>,
}

impl RunSettings {
    /// The default settings, with the given instant as "now".
    pub fn at(now: Instant) -> Self {
        Self {
            now,
            window: None,
            ignore_case: false,
            process_identity: ProcessIdentity::Auto,
            mapping: None,
            lints: Vec::new(),
            set: Vec::new(),
            lean: false,
            keys: false,
            allow_partial: false,
            raw_csv: false,
            hints: false,
            evidence: false,
            aggregate: true,
            concurrency: None,
            timeout: None,
            max_memory: None,
        }
    }

    /// The compile options of a hunt with this configuration.
    pub fn compile_options(&self, config: &Config) -> Options {
        Options {
            window: self.window.map(nanoseconds),
            ignore_case: self.ignore_case,
            lean: self.lean,
            hosts: self.evidence,
            process_identity: self.process_identity,
            lints: config.lint_levels(&self.lints),
            sources: config.source_profiles(),
            broken_sources: config.broken.keys().cloned().collect(),
            analytics: config.analytic_profiles(),
            ..Options::at(self.now)
        }
    }
}
