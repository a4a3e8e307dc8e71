//! Log files as ECS documents, one a line: what the store would hold of them, without a store.

use super::ingest::{Limits, ingest_seen};
use crate::source::SourceError;
use crate::source::logs::{self, FileSettings, ReadOptions, ReadReport};
use huntc_compiler::diag::codes::store::CONVERTED_NOT_WRITTEN;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// A hit; what is none has no `_source`.
#[derive(Deserialize)]
struct HitSource<'a> {
    #[serde(borrow, rename = "_source")]
    source: Option<&'a RawValue>,
}

/// Writes the documents of files in their order, one a line.
pub fn convert(
    paths: &[PathBuf],
    settings: &FileSettings,
    allow_partial: bool,
    out: &mut (dyn Write + Send),
) -> Result<ReadReport, SourceError> {
    convert_each(paths, settings, allow_partial, &mut |document| {
        let written = out.write_all(document).and_then(|()| out.write_all(b"\n"));
        written.map_err(|error| SourceError::new(&CONVERTED_NOT_WRITTEN, "the documents cannot be written").note(error.to_string()))
    })
}

/// Gives the documents of files to `take` in their order, each on one line. Lines that are no records are in the report, as with
/// [`ingest`](super::ingest()).
pub fn convert_each(
    paths: &[PathBuf],
    settings: &FileSettings,
    allow_partial: bool,
    take: &mut (dyn FnMut(&[u8]) -> Result<(), SourceError> + Send),
) -> Result<ReadReport, SourceError> {
    let listing = logs::list(paths)?;
    // One thread parses, so that documents keep their order.
    let limits = Limits { workers: 1, read: ReadOptions::of(settings), ..Limits::default() };
    let take = Mutex::new(take);
    let outcome = ingest_seen(&listing, 0, &limits, &|_| Ok(()), &|document| {
        let hit = serde_json::from_slice::<HitSource<'_>>(document).ok().and_then(|hit| hit.source);
        let document = hit.map_or(document, |source| source.get().as_bytes());
        let mut take = take.lock().unwrap_or_else(PoisonError::into_inner);
        take(&on_one_line(document))
    })?;
    if !allow_partial {
        outcome.report.refuse_part()?;
    }
    Ok(outcome.report)
}

/// A document without line breaks: between the values of JSON they are blanks, and within values there are none. What follows
/// one would be read as another document, or as an order to the server.
fn on_one_line(document: &[u8]) -> Cow<'_, [u8]> {
    let breaks = |byte: &u8| matches!(byte, b'\n' | b'\r');
    if document.iter().any(breaks) {
        document.iter().map(|byte| if breaks(byte) { b' ' } else { *byte }).collect()
    } else {
        Cow::Borrowed(document)
    }
}
