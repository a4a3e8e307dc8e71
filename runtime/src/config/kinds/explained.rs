//! Log files of which the configuration says how they are read: what their columns are, and how far their clock is from UTC.

use super::files::LogFiles;
use super::kind::{OpenedSource, Opening, ResolvedSource, SourceFacts, SourceKind};
use super::store::facts;
use crate::config::environment::Environment;
use crate::source::logs::FileSettings;
use crate::source::store::Store;
use crate::source::{Fields, SourceError};
use std::any::Any;
use std::sync::Arc;

/// The files, and what is said of them.
#[derive(Clone, Debug)]
struct ExplainedFiles {
    files: LogFiles,
    settings: FileSettings,
}

/// Log files with what is said of them, in place of what was said before; `None` for other kinds of sources.
pub(in crate::config) fn with_settings(kind: &dyn SourceKind, settings: FileSettings) -> Option<Arc<dyn SourceKind>> {
    let kind = kind as &dyn Any;
    let before = kind.downcast_ref::<ExplainedFiles>().map(|explained| &explained.files);
    let files = kind.downcast_ref::<LogFiles>().or(before)?.clone();
    Some(Arc::new(ExplainedFiles { files, settings }))
}

impl SourceKind for ExplainedFiles {
    fn word(&self) -> &'static str {
        self.files.word()
    }

    fn location(&self) -> String {
        self.files.location()
    }

    fn file_settings(&self) -> Option<&FileSettings> {
        Some(&self.settings)
    }

    fn resolve(&self, _: &str, _: &Environment) -> Result<Box<dyn ResolvedSource>, SourceError> {
        Ok(Box::new(self.clone()))
    }
}

impl ResolvedSource for ExplainedFiles {
    fn open(&self, opening: Opening<'_>) -> Result<OpenedSource, SourceError> {
        let (store, read) = Store::from_paths_as(&self.files.0, &self.settings, (opening.fields)(), Arc::clone(opening.allowance))?;
        Ok(OpenedSource::of_store(store, Some(read)))
    }

    fn survey(&self, _: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError> {
        let (store, read) = Store::from_paths_as(&self.files.0, &self.settings, Fields::All, Arc::default())?;
        let facts = facts(&store)?;
        Ok((OpenedSource::of_store(store, Some(read)), facts))
    }
}
