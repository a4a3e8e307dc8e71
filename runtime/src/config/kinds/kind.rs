//! What a kind of data source is: how a binding names it, how it is opened, what it says of itself.

use crate::config::environment::Environment;
use crate::config::reader::{Document, Located, TomlTable};
use crate::source::elastic::{FieldSurvey, Trap};
use crate::source::logs::ReadReport;
use crate::source::{Clock, DataSource, Fields, SourceError};
use huntc_compiler::time::Instant;
use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Where the records of a binding are: what the configuration says, with secrets not looked up yet.
pub trait SourceKind: Any + fmt::Debug + Send + Sync {
    /// A word for the kind, as `huntc sources` lists it.
    fn word(&self) -> &'static str;

    /// Where the records are, for people; no secret is in it.
    fn location(&self) -> String;

    /// The kind of the credentials and where they come from, for people; never they themselves.
    fn credentials(&self) -> Option<String> {
        None
    }

    /// The window of statements without a range, where the binding says none; `None`: everything.
    fn default_window(&self) -> Option<Duration> {
        None
    }

    /// Of a cluster: its address without credentials, and the index expression; for the dry run.
    fn cluster_address(&self) -> Option<(String, String)> {
        None
    }

    /// Looks up what the binding refers to; nothing is read or sent. `name` is for messages.
    fn resolve(&self, name: &str, environment: &Environment) -> Result<Box<dyn ResolvedSource>, SourceError>;
}

/// A source that can be opened: its secrets are there.
pub trait ResolvedSource: Send + Sync {
    /// Opens it. `fields` says which fields hunts may ask for, should the kind care.
    fn open(&self, fields: &dyn Fn() -> Fields) -> Result<OpenedSource, SourceError>;

    /// Opens it and asks it what it holds and how it keeps these fields.
    fn survey(&self, fields: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError>;

    /// Whether threads wait for its answers instead of working on them.
    fn is_remote(&self) -> bool {
        false
    }
}

/// A source that is open.
pub struct OpenedSource {
    /// What hunts ask.
    pub source: Arc<dyn DataSource>,
    /// What reading it found, where it was read to its end.
    pub read: Option<ReadReport>,
}

impl OpenedSource {
    pub(super) fn new(source: impl DataSource + 'static) -> Self {
        Self { source: Arc::new(source), read: None }
    }
}

/// What a source says of itself.
#[derive(Debug, Default)]
pub struct SourceFacts {
    /// `Elasticsearch 9.2.0`
    pub server: Option<String>,
    /// Names of the indices that its expression stands for.
    pub indices: Vec<String>,
    /// How many it holds.
    pub records: u64,
    /// Times of the first and the last record.
    pub span: Option<(Instant, Instant)>,
    /// Times by category.
    pub clocks: Vec<Clock>,
    /// How it keeps fields; empty where it has no mappings.
    pub mappings: Vec<FieldSurvey>,
    /// What makes its answers differ from what its records say.
    pub traps: Vec<Trap>,
    /// Whether counts go as far as an index tells: values beyond its limits would have to be looked for among all records.
    pub counts_by_index: bool,
}

/// Reads `uri` and the keys beside it.
type OfTable = fn(&Located<&str>, &TomlTable<'_, '_>, &mut Document<'_>) -> Option<Arc<dyn SourceKind>>;

/// How the configuration names sources of a kind.
pub(in crate::config) enum Form {
    /// `path = "…"`, or a path behind `--source NAME=`.
    Path {
        /// Whether it is one of this kind.
        takes: fn(&Path) -> bool,
        make: fn(PathBuf) -> Arc<dyn SourceKind>,
    },
    /// `uri = "…"` with keys of its own beside it, or an address behind `--source NAME=`.
    Address {
        /// Whether a text is meant as one of this kind.
        takes: fn(&str) -> bool,
        keys: &'static [&'static str],
        /// The error says what is wrong, not what was written.
        of_flag: fn(&str) -> Result<Arc<dyn SourceKind>, String>,
        /// Faults are put into the document.
        of_table: OfTable,
    },
}
