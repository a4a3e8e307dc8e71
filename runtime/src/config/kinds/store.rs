//! An embedded store, as `huntc ingest` makes it.

use super::kind::{Form, OpenedSource, ResolvedSource, SourceFacts, SourceKind};
use crate::config::environment::Environment;
use crate::source::store::Store;
use crate::source::{Fields, SourceError};
use std::path::PathBuf;
use std::sync::Arc;

/// A folder with a store's manifest.
pub(super) const FORM: Form = Form::Path { takes: Store::is_store, make: |path| Arc::new(EmbeddedStore(path)) };

/// The folder as the binding has it.
#[derive(Clone, Debug)]
pub struct EmbeddedStore(pub PathBuf);

impl SourceKind for EmbeddedStore {
    fn word(&self) -> &'static str {
        "store"
    }

    fn location(&self) -> String {
        self.0.display().to_string()
    }

    fn resolve(&self, _: &str, _: &Environment) -> Result<Box<dyn ResolvedSource>, SourceError> {
        Ok(Box::new(self.clone()))
    }
}

impl ResolvedSource for EmbeddedStore {
    fn open(&self, _: &dyn Fn() -> Fields) -> Result<OpenedSource, SourceError> {
        Ok(OpenedSource::new(Store::open(&self.0)?))
    }

    fn survey(&self, _: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError> {
        let store = Store::open(&self.0)?;
        store.verify()?;
        let facts = facts(&store)?;
        Ok((OpenedSource::new(store), facts))
    }
}

/// What the records of a store, or of log files that were read into one, say.
pub(super) fn facts(store: &Store) -> Result<SourceFacts, SourceError> {
    Ok(SourceFacts { records: store.len(), span: store.stats().span, clocks: store.clocks()?, ..SourceFacts::default() })
}
