//! Merges segments into one; records keep their ids.

use super::super::column::{Dictionary, DictionaryBuilder, Field, Kind, StoredColumn};
use super::super::segment::{Segment, sort_rows};
use crate::source::SourceError;
use std::collections::BTreeSet;

/// One segment with the records of all.
pub(super) fn merge(segments: &[Segment]) -> Result<Segment, SourceError> {
    let times = segments.iter().flat_map(|s| s.times.iter().copied()).collect();
    let ids = segments.iter().flat_map(|s| s.ids.iter().copied()).collect();
    let (times, ids, place) = sort_rows(times, ids);
    let names: BTreeSet<&str> = segments.iter().flat_map(|s| s.fields().iter().map(|f| &*f.name)).collect();
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let mut parts = Vec::new();
        let mut first_row = 0;
        for segment in segments {
            if let Some(column) = segment.column(name)? {
                parts.push((first_row, column));
            }
            first_row += segment.len() as u32;
        }
        let (dictionary, codes) = join(&parts);
        let mut values = Vec::new();
        for ((first_row, column), codes) in parts.iter().zip(&codes) {
            // Rows are moved behind those of the segments before.
            let moved = |(row, code): (u32, u32)| Some((first_row + row, *codes.get(code as usize)?));
            values.extend(column.each().into_iter().filter_map(moved));
        }
        let (column, present) = StoredColumn::assemble(dictionary, values, place.as_deref(), times.len());
        columns.push((Field { name: name.into(), present }, column));
    }
    Ok(Segment::in_memory(times.into(), ids.into(), columns))
}

/// The dictionary of all parts together, and for each part the new code of each of its codes.
fn join(parts: &[(u32, &StoredColumn)]) -> (Dictionary, Vec<Vec<u32>>) {
    let mut all: Vec<(&[u8], Kind, usize, u32)> = Vec::new();
    for (part, (_, column)) in parts.iter().enumerate() {
        let dictionary = &column.dictionary;
        all.extend((0..dictionary.len()).map(|i| (dictionary.text(i), dictionary.kind(i), part, i as u32 + 1)));
    }
    // A stable sort, fast on runs that are already sorted.
    all.sort();
    let mut codes: Vec<Vec<u32>> = parts.iter().map(|(_, c)| vec![0; c.dictionary.len() + 1]).collect();
    let mut dictionary = DictionaryBuilder::new();
    for (text, kind, part, code) in all {
        codes[part][code as usize] = dictionary.add(text, kind);
    }
    (dictionary.finish(), codes)
}
