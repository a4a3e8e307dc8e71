//! Log files as ECS documents, one a line: what the store would hold of them, without a store.

use super::ingest::{Limits, ingest_seen};
use crate::source::SourceError;
use crate::source::logs::{self, ReadReport};
use huntc_compiler::diag::codes::store::CONVERTED_NOT_WRITTEN;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// A hit; what is none has no `_source`.
#[derive(Deserialize)]
struct HitSource<'a> {
    #[serde(borrow, rename = "_source")]
    source: Option<&'a RawValue>,
}

/// Writes the documents of files in their order. Lines that are no records are in the report, as with
/// [`ingest`](super::ingest()).
pub fn convert(paths: &[PathBuf], allow_partial: bool, out: &mut (dyn Write + Send)) -> Result<ReadReport, SourceError> {
    let listing = logs::list(paths)?;
    // One thread parses, so that documents keep their order.
    let limits = Limits { workers: 1, ..Limits::default() };
    let out = Mutex::new(out);
    let outcome = ingest_seen(&listing, 0, &limits, &|_| Ok(()), &|document| {
        let hit = serde_json::from_slice::<HitSource<'_>>(document).ok().and_then(|hit| hit.source);
        let document = hit.map_or(document, |source| source.get().as_bytes());
        let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
        let written = out.write_all(document).and_then(|()| out.write_all(b"\n"));
        written.map_err(|error| SourceError::new(&CONVERTED_NOT_WRITTEN, "the documents cannot be written").note(error.to_string()))
    })?;
    if !allow_partial {
        outcome.report.refuse_part()?;
    }
    Ok(outcome.report)
}
