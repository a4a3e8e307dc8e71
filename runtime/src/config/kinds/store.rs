//! Embedded stores, which `huntc ingest` makes.

use super::kind::{Form, OpenedSource, Opening, ResolvedSource, SourceFacts, SourceKind};
use crate::config::environment::Environment;
use crate::source::logs::ReadReport;
use crate::source::store::Store;
use crate::source::{DataSource, SourceError};
use huntc_compiler::diag::codes::store::NO_RECORDS;
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
    fn open(&self, _: Opening<'_>) -> Result<OpenedSource, SourceError> {
        Ok(opened(self.store()?))
    }

    fn survey(&self, _: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError> {
        let store = self.store()?;
        store.verify()?;
        let facts = facts(&store)?;
        Ok((opened(store), facts))
    }
}

impl EmbeddedStore {
    /// The store; one without records cannot be told from one that was made of the wrong files.
    fn store(&self) -> Result<Store, SourceError> {
        let store = Store::open(&self.0)?;
        if store.is_empty() {
            let place = self.location();
            return Err(SourceError::new(&NO_RECORDS, format!("{place} is a store without records"))
                .help(format!("add logs to it: `huntc ingest LOGS --store {place}`")));
        }
        Ok(store)
    }
}

fn opened(store: Store) -> OpenedSource {
    let part = store.part().map(|why| format!("{} was made of a part: {why}", store.location()));
    let read = part.map(|part| ReadReport { records: store.len(), part: Some(part), part_taken: true, ..ReadReport::default() });
    OpenedSource::of_store(store, read)
}

/// The facts about a store, or about log files that were read into one.
pub(super) fn facts(store: &Store) -> Result<SourceFacts, SourceError> {
    Ok(SourceFacts { records: store.len(), span: store.stats().span, clocks: store.clocks()?, ..SourceFacts::default() })
}
