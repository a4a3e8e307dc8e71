//! The sources of a hunt one by one, for those who want to know of a source before the hunt runs.

use super::run_hunt::by_arrival;
use super::source_pool::PooledSource;
use super::{Huntflow, Session, SourcePool};
use crate::allowance::Allowance;
use crate::config::kinds::Opening;
use crate::source::logs::ReadReport;
use crate::source::{DataSource, Fields, SourceError};
use huntc_compiler::plan;
use std::path::PathBuf;
use std::sync::Arc;

/// An open source, and the report of reading it, should it be of log files.
pub struct BoundSource {
    /// The source, which takes windows of arrival.
    pub source: Arc<dyn DataSource>,
    /// What could be read.
    pub read: Arc<Option<ReadReport>>,
}

impl Session {
    /// Opens a source of a hunt, in the pool in which the hunt will find it. `None` when the hunt cannot use it: nothing is
    /// bound to it, or a secret is missing.
    pub fn open(
        &self,
        pool: &SourcePool,
        huntflow: &Huntflow,
        source: &plan::DataSource,
        allowance: &Arc<Allowance>,
    ) -> Option<Result<BoundSource, SourceError>> {
        let resolved = self.resolve(huntflow, source)?.ok()?;
        let opened = pool.get(&huntflow.config, &source.name, resolved.as_ref(), Opening { fields: &|| Fields::All, allowance });
        Some(opened.map(|PooledSource { source: opened, read }| BoundSource {
            source: by_arrival(&huntflow.config, &source.name, opened),
            read,
        }))
    }

    /// Whether a hunt can use a source.
    pub fn can_open(&self, huntflow: &Huntflow, source: &plan::DataSource) -> bool {
        matches!(self.resolve(huntflow, source), Some(Ok(_)))
    }
}

impl Huntflow {
    /// The field by which nights look at a source; `None`: `@timestamp`.
    pub fn clock(&self, source: &plan::DataSource) -> Option<&str> {
        self.config.sources.get(&source.name)?.clock.as_deref()
    }

    /// The file that binds its sources.
    pub fn config_file(&self) -> Option<&PathBuf> {
        self.config.file.as_ref().map(|file| &file.path)
    }
}
