//! Opens the segments that a manifest names.

use super::super::ingest::Origin;
use super::super::memory_budget::Budget;
use super::super::segment::Segment;
use super::files::{corrupt, open_file};
use super::layout;
use super::manifest::{self, Entry};
use super::map::Mapping;
use crate::source::SourceError;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// The most bytes of mapped files that a store keeps in memory between two uses of a segment.
pub(in super::super) const IN_MEMORY: u64 = 256 << 20;

/// What a folder's manifest names.
pub(in super::super) struct Opened {
    pub(in super::super) segments: Vec<Segment>,
    pub(in super::super) origins: Vec<Origin>,
    /// Why the store holds only a part of an answer.
    pub(in super::super) part: Option<String>,
}

/// Opens the segments of a store. They share `budget`, which limits what they keep in memory.
pub(in super::super) fn open(dir: &Path, budget: &Arc<Budget>) -> Result<Opened, SourceError> {
    let mut manifest = manifest::read(dir)?;
    loop {
        let opened: Result<Vec<Segment>, SourceError> =
            manifest.segments.par_iter().map(|entry| open_segment(dir, entry, budget)).collect();
        match opened {
            Ok(segments) => return Ok(Opened { segments, origins: manifest.origins, part: manifest.part }),
            // A writer may have merged segments after the manifest was read. Then there is a newer manifest.
            Err(error) => {
                let now = manifest::read(dir)?;
                if now == manifest {
                    return Err(error);
                }
                manifest = now;
            }
        }
    }
}

/// Opens a segment file that the manifest names, and compares it with the manifest's entry.
pub(super) fn open_segment(dir: &Path, entry: &Entry, budget: &Arc<Budget>) -> Result<Segment, SourceError> {
    let path = dir.join(&entry.file);
    let plain_name = Path::new(&entry.file).file_name().is_some_and(|n| n == entry.file.as_str());
    if !plain_name {
        return Err(corrupt(&dir.join(manifest::NAME), "it names a file outside of the store"));
    }
    let file = open_file(&path).map_err(|e| corrupt(&path, "it cannot be opened").note(e.to_string()))?;
    let mapping = Mapping::of(&file, &path).map_err(|e| corrupt(&path, "it cannot be mapped").note(e.to_string()))?;
    let of_column = path.clone();
    let segment = layout::decode(mapping.as_ref(), budget, &entry.frame, move |what| corrupt(&of_column, what))
        .map_err(|what| corrupt(&path, what))?;
    if segment.len() as u64 != entry.records {
        return Err(corrupt(&path, "it has more records than the manifest says, or fewer"));
    }
    Ok(segment)
}
