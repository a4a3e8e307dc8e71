//! What an analytic is asked, and what it answers.

use crate::allowance::Allowance;
use crate::config::analytic::AnalyticBinding;
use crate::source::SourceError;
use crate::source::repair::Flaw;
use huntc_compiler::diag::codes;
use huntc_compiler::value::Value;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// Rows with their column names: what an analytic gets, or the columns that it adds.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct AnalyticRows {
    pub names: Vec<String>,
    /// Each row has one value for each name.
    pub rows: Vec<Vec<Option<Value>>>,
}

/// What an analytic answered.
#[derive(Clone, Debug, Default)]
pub struct AnalyticAnswer {
    /// The columns that it adds to each of the tables: for each table as many rows as it has, in the same order.
    pub tables: Vec<AnalyticRows>,
    /// The lines of its answer of which a value was mended, from 1, each with its first flaw.
    pub mended: Vec<(u64, Flaw)>,
    /// What was otherwise than it should be.
    pub deviations: Deviations,
    /// What it shows.
    pub displays: Vec<AnalyticDisplay>,
    /// Files that it left to be shown, and which are not, each with the reason.
    pub left_out: Vec<String>,
    /// What it printed; of a command this is its answer.
    pub log: String,
}

/// What an analytic is told of a table beside its rows.
#[derive(Clone, Debug, Default)]
pub struct InputFacts {
    /// The type of the entities; of groups, of those that were grouped.
    pub entity: String,
    /// How many of the first columns are attributes of records, which no analytic changes.
    pub fixed: usize,
}

/// One call of an analytic.
pub struct AnalyticCall<'a> {
    /// What the analytic's URI is bound to.
    pub binding: &'a AnalyticBinding,
    /// The arguments of WITH: names and values.
    pub arguments: &'a [(String, String)],
    /// Facts about each of the tables.
    pub about: &'a [InputFacts],
    /// The bytes of memory that a program may use.
    pub memory: u64,
    /// What the hunt may use of time and memory. A running command is ended when there is nothing left.
    pub allowance: &'a Allowance,
}

/// What was otherwise than an analytic's answer should be, of all its tables.
#[derive(Clone, Debug, Default)]
pub struct Deviations {
    /// Rows that were not answered; their new columns are empty.
    pub missing: usize,
    /// Rows that were answered without having been asked.
    pub unknown: usize,
    /// Attributes of records that it changed, which stay as they were in the records.
    pub changed: Vec<String>,
}

impl Deviations {
    /// Each in words.
    pub fn notes(&self) -> Vec<String> {
        let rows = |n: usize| if n == 1 { "1 row".to_owned() } else { format!("{n} rows") };
        let mut notes = Vec::new();
        if self.missing > 0 {
            notes.push(format!(
                "{} that it was sent did not come back; they stay, without values in new columns",
                rows(self.missing)
            ));
        }
        if self.unknown > 0 {
            notes.push(format!("{} of its answer have ids that it was not sent; they are left out", rows(self.unknown)));
        }
        if !self.changed.is_empty() {
            notes.push(format!("it changed {}, which stay as the records have them", self.changed.join(", ")));
        }
        notes
    }
}

/// A page or a picture.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct AnalyticDisplay {
    /// The name of its file, as the analytic gave it.
    pub name: String,
    pub kind: DisplayKind,
    pub bytes: Vec<u8>,
}

/// What a display is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum DisplayKind {
    Html,
    Svg,
    Png,
    Jpeg,
}

/// A failure of the analytic, in words.
pub(super) fn failed(call: &AnalyticCall<'_>, what: impl std::fmt::Display) -> SourceError {
    SourceError::new(&codes::run::ANALYTIC_FAILED, format!("the analytic {:?} failed: {what}", call.binding.uri))
}

/// A program with a folder in its name is one of the configuration's folder; any other is looked for in `PATH`.
pub(super) fn program(name: &str, folder: &Path) -> PathBuf {
    if name.contains('/') { folder.join(name) } else { PathBuf::from(name) }
}

/// A JSON value as a [`Value`]; an object becomes its text.
pub(crate) fn value(json: &Json) -> Option<Value> {
    match json {
        Json::Null => None,
        Json::Bool(b) => Some(Value::Bool(*b)),
        Json::Number(n) => n.as_i64().map(Value::Int).or_else(|| n.as_f64().map(Value::Float)),
        Json::String(s) => Some(Value::text(s.as_str())),
        Json::Array(items) => {
            let items: Vec<Value> = items.iter().filter_map(value).collect();
            (!items.is_empty()).then(|| Value::List(items.into()))
        }
        Json::Object(_) => Some(Value::text(json.to_string())),
    }
}
