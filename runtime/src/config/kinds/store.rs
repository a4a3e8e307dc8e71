//! Embedded stores, which `huntc ingest` makes.

use super::kind::{Form, OpenedSource, ResolvedSource, SourceFacts, SourceKind};
use crate::config::environment::Environment;
use crate::source::store::Store;
use crate::source::{Fields, SourceError};
use std::path::PathBuf;
use std::sync::Arc;

/// The folders with a store's manifest.
pub(super) const FORM: Form = Form::Path { takes: Store::is_store, make: |path| Arc::new(EmbeddedStore(path)) };

/// The path in the binding.
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

/// The facts about a store, or about log files that were read into one.
pub(super) fn facts(store: &Store) -> Result<SourceFacts, SourceError> {
    Ok(SourceFacts { records: store.len(), span: store.stats().span, clocks: store.clocks()?, ..SourceFacts::default() })
}
