//! Log files whose columns the configuration explains: tables, and JSON that is no ECS.

use super::files::LogFiles;
use super::kind::{OpenedSource, Opening, ResolvedSource, SourceFacts, SourceKind};
use super::store::facts;
use crate::config::environment::Environment;
use crate::source::SourceError;
use crate::source::logs::ColumnTable;
use crate::source::store::Store;
use std::any::Any;
use std::sync::Arc;

/// The files, and what their columns are.
#[derive(Clone, Debug)]
struct MappedFiles {
    files: LogFiles,
    columns: Arc<ColumnTable>,
}

/// Log files with an explanation of their columns; `None` for other kinds of sources, which have none.
pub(in crate::config) fn with_columns(kind: &dyn SourceKind, columns: Arc<ColumnTable>) -> Option<Arc<dyn SourceKind>> {
    let files = (kind as &dyn Any).downcast_ref::<LogFiles>()?.clone();
    Some(Arc::new(MappedFiles { files, columns }))
}

impl SourceKind for MappedFiles {
    fn word(&self) -> &'static str {
        self.files.word()
    }

    fn location(&self) -> String {
        self.files.location()
    }

    fn columns(&self) -> Option<Arc<ColumnTable>> {
        Some(Arc::clone(&self.columns))
    }

    fn resolve(&self, _: &str, _: &Environment) -> Result<Box<dyn ResolvedSource>, SourceError> {
        Ok(Box::new(self.clone()))
    }
}

impl ResolvedSource for MappedFiles {
    fn open(&self, opening: Opening<'_>) -> Result<OpenedSource, SourceError> {
        let columns = Some(Arc::clone(&self.columns));
        let (store, read) = Store::from_columns(&self.files.0, columns, (opening.fields)(), Arc::clone(opening.allowance))?;
        Ok(OpenedSource::of_store(store, Some(read)))
    }

    fn survey(&self, _: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError> {
        let columns = Some(Arc::clone(&self.columns));
        let (store, read) = Store::from_columns(&self.files.0, columns, crate::source::Fields::All, Arc::default())?;
        let facts = facts(&store)?;
        Ok((OpenedSource::of_store(store, Some(read)), facts))
    }
}
