//! Action lines of `_bulk` bodies: `{"create":{"_index":"x","_id":"1"}}`.

use serde::Deserialize;
use std::borrow::Cow;

/// An action line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum BulkAction<'a> {
    /// `index` or `create`: the document is on the next line.
    Write { index: Option<Cow<'a, str>>, id: Option<Cow<'a, str>>, version: Option<i64> },
    /// `delete` or `update`, by its name: such a body cannot be read as a log.
    Change(&'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    index: Option<Meta<'a>>,
    #[serde(borrow)]
    create: Option<Meta<'a>>,
    delete: Option<serde::de::IgnoredAny>,
    update: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, default, rename = "_index")]
    index: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "_id")]
    id: Option<Cow<'a, str>>,
    /// Anything: what is no number is no version.
    #[serde(default, alias = "_version")]
    version: Option<serde_json::Value>,
}

/// The most bytes of an action line; a longer line is a document.
const MAX_ACTION: usize = 8 << 10;

/// Reads an action line; `None` when the line is something else.
pub(crate) fn action(line: &[u8]) -> Option<BulkAction<'_>> {
    if line.len() > MAX_ACTION {
        return None;
    }
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    match line {
        Line { index: Some(meta), create: None, delete: None, update: None }
        | Line { index: None, create: Some(meta), delete: None, update: None } => {
            Some(BulkAction::Write { index: meta.index, id: meta.id, version: meta.version.and_then(|v| v.as_i64()) })
        }
        Line { index: None, create: None, delete: Some(_), update: None } => Some(BulkAction::Change("delete")),
        Line { index: None, create: None, delete: None, update: Some(_) } => Some(BulkAction::Change("update")),
        _ => None,
    }
}
