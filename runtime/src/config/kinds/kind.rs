//! A kind of data source: how a binding names it, how it is opened, and which facts it can report.

use crate::allowance::Allowance;
use crate::config::environment::Environment;
use crate::config::reader::{Document, Located, TomlTable};
use crate::source::elastic::{BulkWriter, FieldSurvey, SavedMappings, SourceFinding, Trap};
use crate::source::logs::{FileSettings, ReadReport};
use crate::source::store::Store;
use crate::source::{Clock, DataSource, Fields, SourceError};
use huntc_compiler::diag::Code;
use huntc_compiler::time::Instant;
use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The kind of a bound source, with what the configuration says about it. Its secrets are not resolved yet.
pub trait SourceKind: Any + fmt::Debug + Send + Sync {
    /// The word for the kind in `huntc sources`.
    fn word(&self) -> &'static str;

    /// Where the records are, for people. It contains no secret.
    fn location(&self) -> String;

    /// The kind of the credentials and where they come from, for people; never the credentials themselves.
    fn credentials(&self) -> Option<String> {
        None
    }

    /// The window of statements without a time range, when the binding gives none; `None`: all times.
    fn default_window(&self) -> Option<Duration> {
        None
    }

    /// For a cluster: its address without credentials, and the index expression. The dry run shows them.
    fn cluster_address(&self) -> Option<(String, String)> {
        None
    }

    /// Whether opening it sends anything to another process or machine.
    fn sends(&self) -> bool {
        false
    }

    /// What the configuration says of its log files, where it says something.
    fn file_settings(&self) -> Option<&FileSettings> {
        None
    }

    /// What a user should know of the binding before trusting it, on every run: codes and headlines.
    fn cautions(&self, _name: &str, _on_command_line: bool) -> Vec<(&'static Code, String)> {
        Vec::new()
    }

    /// Resolves the secrets of the binding. Nothing is read or sent. `name` is for messages.
    fn resolve(&self, name: &str, environment: &Environment) -> Result<Box<dyn ResolvedSource>, SourceError>;
}

/// What the hunt that opens a source wants of it.
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// The fields that hunts demand; called by kinds that keep only some.
    pub fields: &'a dyn Fn() -> Fields,
    /// What the hunt may use of time and memory.
    pub allowance: &'a Arc<Allowance>,
}

/// A source whose secrets are resolved, so that it can be opened.
pub trait ResolvedSource: Send + Sync {
    /// Opens the source.
    fn open(&self, opening: Opening<'_>) -> Result<OpenedSource, SourceError>;

    /// Opens the source, and asks for its facts and for its mappings of these fields.
    fn survey(&self, fields: &[String]) -> Result<(OpenedSource, SourceFacts), SourceError>;

    /// The mappings of these fields, to be saved; `None` for kinds without mappings.
    fn mappings(&self, _fields: &BTreeSet<String>) -> Result<Option<SavedMappings>, SourceError> {
        Ok(None)
    }

    /// A writer of documents to an index of it; `None` for kinds that have no indices.
    fn bulk(&self, _index: &str, _origin: &str) -> Result<Option<BulkWriter>, SourceError> {
        Ok(None)
    }

    /// Whether threads wait for its answers, and do not compute them.
    fn is_remote(&self) -> bool {
        false
    }
}

/// An open source.
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct OpenedSource {
    pub source: Arc<dyn DataSource>,
    /// The same, where it is an embedded store.
    pub store: Option<Arc<Store>>,
    /// The report of reading log files; `None` for other kinds.
    pub read: Option<ReadReport>,
}

impl OpenedSource {
    pub(super) fn new(source: impl DataSource + 'static) -> Self {
        Self { source: Arc::new(source), store: None, read: None }
    }

    pub(super) fn of_store(store: Store, read: Option<ReadReport>) -> Self {
        let store = Arc::new(store);
        Self { source: Arc::clone(&store) as Arc<dyn DataSource>, store: Some(store), read }
    }
}

/// The facts that a source reports.
#[derive(Debug, Default)]
pub struct SourceFacts {
    /// The product and version of a server: `Elasticsearch 9.2.0`.
    pub server: Option<String>,
    /// The indices that the index expression matches.
    pub indices: Vec<String>,
    /// The number of records.
    pub records: u64,
    /// Times of the first and the last record.
    pub span: Option<(Instant, Instant)>,
    /// The time that each event category covers.
    pub clocks: Vec<Clock>,
    /// The mappings of fields; empty for kinds without mappings.
    pub mappings: Vec<FieldSurvey>,
    /// Mappings for which the source returns more records than are meant.
    pub traps: Vec<Trap>,
    /// What else hunts meet.
    pub findings: Vec<SourceFinding>,
    /// Whether a part of the source did not answer, or may not be seen.
    pub part: bool,
    /// Whether counts must be limited to values in the index: to find values beyond its length limit all records would
    /// have to be read.
    pub counts_by_index: bool,
}

/// Reads the key `uri` and those beside it. Faults are reported in the document.
type OfTable = fn(&Located<&str>, &TomlTable<'_, '_>, &mut Document<'_>) -> Option<Arc<dyn SourceKind>>;

/// How the configuration names sources of a kind.
pub(in crate::config) enum Form {
    /// By `path = "…"`, or by a path after `--source NAME=`.
    Path {
        /// Whether a path names a source of this kind.
        takes: fn(&Path) -> bool,
        make: fn(PathBuf) -> Arc<dyn SourceKind>,
    },
    /// By `uri = "…"` with further keys, or by an address after `--source NAME=`.
    Address {
        /// Whether a text is meant as an address of this kind.
        takes: fn(&str) -> bool,
        keys: &'static [&'static str],
        /// The error says what is wrong, but does not repeat the text.
        of_flag: fn(&str) -> Result<Arc<dyn SourceKind>, String>,
        of_table: OfTable,
    },
}
