//! From a huntflow on the command line to a plan.

use super::input;
use super::loads;
use super::session::Session;
use crate::config::Config;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::check::hir::Hunt;
use huntc_compiler::compile;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::options::Options;
use huntc_compiler::plan::Plan;
use huntc_compiler::program::Program;
use huntc_compiler::source::SourceId;

/// What became of a huntflow.
pub(super) struct Compiled {
    /// Its text and syntax tree; none where the file could not be read.
    pub parsed: Option<(SourceId, Program)>,
    /// None where there are errors.
    pub hunt: Option<(Hunt, Plan)>,
    /// All that there is to say.
    pub diagnostics: Vec<Diagnostic>,
}

impl Compiled {
    /// Whether the file itself could not be read.
    pub(super) fn unreadable(&self) -> bool {
        self.parsed.is_none()
    }
}

/// Reads and compiles a huntflow.
pub(super) fn compile(path: &str, session: &mut Session, config: &Config, catalog: &Catalog, options: &Options) -> Compiled {
    match input::huntflow(path, &mut session.sources) {
        Ok(id) => {
            let loaded = loads::types(path, id, &session.sources, config);
            let options = Options { loaded, ..options.clone() };
            let done = compile::compile(&session.sources, id, catalog, &options);
            Compiled { parsed: Some((id, done.program)), hunt: done.compiled, diagnostics: done.diagnostics }
        }
        Err(problem) => Compiled { parsed: None, hunt: None, diagnostics: vec![*problem] },
    }
}
