//! Log files, or folders of log files, which are read completely when the source is opened.

use super::kind::{Form, OpenedSource, Opening, ResolvedSource, SourceFacts, SourceKind};
use super::store::facts;
use crate::config::environment::Environment;
use crate::source::SourceError;
use crate::source::store::Store;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) const FORM: Form = Form::Path { takes: |_| true, make: |path| Arc::new(LogFiles(vec![path])) };

/// The path in the binding.
#[derive(Clone, Debug)]
pub struct LogFiles(pub Vec<PathBuf>);

impl SourceKind for LogFiles {
    fn word(&self) -> &'static str {
        "files"
    }

    fn location(&self) -> String {
        self.0.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    }

    fn resolve(&self, _: &str, _: &Environment) -> Result<Box<dyn ResolvedSource>, SourceError> {
        Ok(Box::new(self.clone()))
    }
}

impl ResolvedSource for LogFiles {
    fn open(&self, opening: Opening<'_>) -> Result<OpenedSource, SourceError> {
        let (store, read) = Store::from_paths_with(&self.0, (opening.fields)(), Arc::clone(opening.allowance))?;
        Ok(OpenedSource::of_store(store, Some(read)))
    }

    fn survey(&self, _: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError> {
        let (store, read) = Store::from_paths(&self.0)?;
        let facts = facts(&store)?;
        Ok((OpenedSource::of_store(store, Some(read)), facts))
    }
}
