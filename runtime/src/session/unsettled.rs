//! What `huntc check` says of a hunt that compiles and could not run here: sources and analytics that nothing is bound to,
//! files of LOAD that are not there. Runs have errors of their own for these.

use super::bind::{statement_of, with_way_to_bind};
use super::{Huntflow, RunSettings, Session};
use crate::config::analytic;
use crate::load_save;
use huntc_compiler::compile::Compiled;
use huntc_compiler::diag::codes::config::{ANALYTIC_NOT_BOUND, LOAD_NOT_THERE, SOURCE_NOT_BOUND};
use huntc_compiler::diag::{Diagnostic, Sink, suggest};
use huntc_compiler::plan::Op;
use huntc_compiler::source::Span;

impl Session {
    /// What a run of the hunt needs and this configuration does not give it.
    pub fn unsettled(&self, compiled: &Compiled, huntflow: &Huntflow, settings: &RunSettings) -> Vec<Diagnostic> {
        let mut sink = Sink::new(huntflow.config.lint_levels(&settings.lints));
        let sources = self.unbound_sources(compiled, huntflow);
        let others = compiled.plan.nodes.iter().filter_map(|node| match &node.op {
            Op::Apply { analytic, .. } => self.unbound_analytic(analytic, node.origin, huntflow),
            Op::Load { path } => self.missing_file(path, node.origin, huntflow),
            _ => None,
        });
        for diagnostic in sources.into_iter().chain(others) {
            sink.report(diagnostic);
        }
        sink.finish()
    }

    fn unbound_sources(&self, compiled: &Compiled, huntflow: &Huntflow) -> Vec<Diagnostic> {
        let (plan, config) = (&compiled.plan, &huntflow.config);
        let one = |source: &huntc_compiler::plan::DataSource| {
            let statement = statement_of(plan, &source.name)?;
            let name = source.name.as_str();
            if config.sources.contains_key(name) {
                return None;
            }
            let place = self.within(statement, name);
            if let Some(path) = source.uri.strip_prefix("file://") {
                let (folder, roots) = (huntflow.folder(), huntflow.roots());
                return match load_save::log(path, &load_save::Place { folder: &folder, roots: &roots }) {
                    Ok(file) if file.exists() => None,
                    Ok(_) => {
                        let message = format!("the file of the data source `{}` is not there", source.uri);
                        Some(Diagnostic::new(&SOURCE_NOT_BOUND, place, message))
                    }
                    Err(error) => {
                        let message = format!("the file of the data source `{}` may not be read", source.uri);
                        let refused = Diagnostic::new(&SOURCE_NOT_BOUND, place, message).note(error.message);
                        Some(error.helps.into_iter().fold(refused, Diagnostic::help))
                    }
                };
            }
            if self.web_file(huntflow, &source.uri).is_some() {
                let error = self.resolve(huntflow, source)?.err()?;
                let refused = Diagnostic::new(&SOURCE_NOT_BOUND, place, error.message).label("not fetched");
                return Some(error.helps.into_iter().fold(refused, Diagnostic::help));
            }
            let unbound = Diagnostic::new(&SOURCE_NOT_BOUND, place, format!("nothing is bound to the data source `{name}` here"));
            if let Some(problem) = config.broken.get(name) {
                return Some(unbound.label("its profile cannot be used").note(problem.message.as_str()));
            }
            Some(with_way_to_bind(unbound.label("not bound"), name, config))
        };
        plan.sources.iter().filter_map(one).collect()
    }

    fn unbound_analytic(&self, uri: &str, statement: Span, huntflow: &Huntflow) -> Option<Diagnostic> {
        let analytics = &huntflow.config.analytics;
        if huntflow.config.analytic(uri).is_some() {
            return None;
        }
        let place = self.within(statement, uri.split_once("://").map_or(uri, |(_, name)| name));
        let unbound = Diagnostic::new(&ANALYTIC_NOT_BOUND, place, format!("nothing is bound to the analytic `{uri}` here"));
        let unbound = match suggest::best(uri, analytics.keys().map(String::as_str)) {
            Some(near) => unbound.note(format!("`{near}` is bound")),
            None => unbound,
        };
        Some(unbound.label("not bound").help(analytic::how_to_bind(uri)))
    }

    fn missing_file(&self, path: &str, statement: Span, huntflow: &Huntflow) -> Option<Diagnostic> {
        let fault = huntflow.loaded.iter().find(|file| file.path == path)?.fault.as_ref()?;
        let message = format!("the file of LOAD cannot be read: {path:?}");
        let missing = Diagnostic::new(&LOAD_NOT_THERE, self.within(statement, path), message).label("not readable here");
        Some(missing.note(fault.as_str()).help("relative paths start at the folder of the huntflow"))
    }

    /// The place of a word in a statement, in whatever case it is written there; else the statement.
    fn within(&self, statement: Span, word: &str) -> Span {
        let text = self.texts.text(statement).to_ascii_lowercase();
        match text.find(&word.to_ascii_lowercase()) {
            Some(at) => {
                let start = statement.start as usize + at;
                Span::new(statement.source, start, start + word.len())
            }
            None => statement,
        }
    }
}
