//! Documents that stand in files several times. Of those with one `_index` and `_id` the one with the highest `_version` counts,
//! else the last by path, then line (semantics.md §6).

use super::bits::Bits;
use super::column::{DictionaryBuilder, Field, StoredColumn, number};
use super::ingest::{Origin, origin};
use super::row_cursor::RowCursor;
use super::segment::Segment;
use crate::source::SourceError;
use huntc_compiler::value::Value;
use rayon::prelude::*;
use std::hash::{BuildHasher, RandomState};

/// The most documents that are compared at once, some fifty bytes each. More are compared in several passes.
pub(super) const AT_ONCE: u64 = 1 << 20;

/// The segments of a store, and the files that their records came from.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) segments: &'a [Segment],
    pub(super) origins: &'a [Origin],
}

/// A document with its place. Of those with equal keys the greatest counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Document {
    /// Two keyed hashes of its index and id: whoever writes logs cannot make two documents look the same.
    key: [u64; 2],
    version: i64,
    /// The rank of its file among the paths of all files.
    path: u32,
    part: u32,
    /// Grows with the line.
    id: u64,
    segment: u32,
    row: u32,
}

/// For each segment of each part the rows of documents that another one supersedes.
pub(super) fn superseded(parts: &[Part<'_>], at_once: u64) -> Result<Vec<Vec<Bits>>, SourceError> {
    let mut out: Vec<Vec<Bits>> = parts.iter().map(|part| part.segments.iter().map(|s| Bits::none(s.len())).collect()).collect();
    let named: u64 = parts.iter().flat_map(|part| part.segments).map(named).sum();
    if named < 2 {
        return Ok(out);
    }
    let search =
        Search { parts, ranks: ranks(parts), states: [RandomState::new(), RandomState::new()], passes: named.div_ceil(at_once) };
    for pass in 0..search.passes {
        let mut documents = search.documents(pass)?;
        documents.par_sort_unstable();
        for two in documents.windows(2) {
            if let [one, next] = two
                && one.key == next.key
                && let Some(rows) = out.get_mut(one.part as usize).and_then(|part| part.get_mut(one.segment as usize))
            {
                rows.insert(one.row as usize);
            }
        }
    }
    Ok(out)
}

/// How many records of a segment have an id of their own, if any have an index.
fn named(segment: &Segment) -> u64 {
    let present = |name: &str| segment.fields().iter().find(|field| &*field.name == name).map_or(0, |field| field.present);
    present("_id").min(present("_index"))
}

/// For each part the rank of the path of each of its files. Equal paths have one rank.
fn ranks(parts: &[Part<'_>]) -> Vec<Vec<u32>> {
    let mut names: Vec<&str> = parts.iter().flat_map(|part| part.origins).map(|origin| origin.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let rank = |origin: &Origin| names.partition_point(|name| *name < origin.name.as_str()) as u32;
    parts.iter().map(|part| part.origins.iter().map(rank).collect()).collect()
}

struct Search<'a> {
    parts: &'a [Part<'a>],
    ranks: Vec<Vec<u32>>,
    states: [RandomState; 2],
    passes: u64,
}

impl Search<'_> {
    /// The documents that a pass compares.
    fn documents(&self, pass: u64) -> Result<Vec<Document>, SourceError> {
        let places =
            self.parts.iter().enumerate().flat_map(|(part, p)| p.segments.iter().enumerate().map(move |(s, one)| (part, s, one)));
        let places: Vec<(usize, usize, &Segment)> = places.filter(|(_, _, segment)| named(segment) > 0).collect();
        let found = places.into_par_iter().map(|(part, number, segment)| self.of_segment(pass, part, number, segment));
        Ok(found.collect::<Result<Vec<_>, SourceError>>()?.concat())
    }

    fn of_segment(&self, pass: u64, part: usize, place: usize, segment: &Segment) -> Result<Vec<Document>, SourceError> {
        let (Some(index), Some(id)) = (segment.column("_index")?, segment.column("_id")?) else { return Ok(Vec::new()) };
        let mut versions = segment.column("_version")?.map(Values::of);
        let (mut indices, mut ids) = (Values::of(index), Values::of(id));
        let origins = self.parts.get(part).map_or(&[][..], |part| part.origins);
        let mut out = Vec::new();
        for row in 0..segment.len() as u32 {
            let (Some(index), Some(id)) = (indices.only(row), ids.only(row)) else { continue };
            let name = (index.0, id.0);
            let first = self.states[0].hash_one(name);
            if first % self.passes != pass {
                continue;
            }
            let version = versions.as_mut().and_then(|v| v.only(row)).and_then(|(text, kind)| number(text, kind));
            let line = segment.key(row).map_or(0, |(_, id)| id);
            let path = origin(origins, line).and_then(|at| self.ranks.get(part)?.get(at).copied());
            out.push(Document {
                key: [first, self.states[1].hash_one(name)],
                version: if let Some(Value::Int(version)) = version { version } else { i64::MIN },
                path: path.unwrap_or_default(),
                part: part as u32,
                id: line,
                segment: place as u32,
                row,
            });
        }
        segment.release_excess();
        Ok(out)
    }
}

/// The values of a column, row by row.
struct Values<'a> {
    column: &'a StoredColumn,
    cursor: RowCursor<'a>,
}

impl<'a> Values<'a> {
    fn of(column: &'a StoredColumn) -> Self {
        Self { column, cursor: RowCursor::new(column) }
    }

    /// The text and the kind of the one value of a row; `None` where it has none, or several.
    fn only(&mut self, row: u32) -> Option<(&'a [u8], super::column::Kind)> {
        let (mut code, mut count) = (0, 0);
        self.cursor.codes(row, |c| (code, count) = (c, count + 1));
        let at = (code as usize).checked_sub(1).filter(|_| count == 1)?;
        Some((self.column.dictionary.text(at), self.column.dictionary.kind(at)))
    }
}

/// A segment without some of its rows; `None` where none is left.
pub(super) fn without(segment: &Segment, rows: &Bits) -> Result<Option<Segment>, SourceError> {
    let mut left = Bits::range(segment.len(), 0..segment.len());
    left.and_not(rows);
    let left = left.rows();
    if left.is_empty() {
        return Ok(None);
    }
    let keys: Vec<_> = left.iter().filter_map(|row| segment.key(*row)).collect();
    let mut columns = Vec::new();
    for (field, column) in segment.all_columns()? {
        let mut values = column.each();
        values.retain_mut(|(row, _)| left.binary_search(row).map(|at| *row = at as u32).is_ok());
        if values.is_empty() {
            continue;
        }
        let mut codes = vec![0; column.dictionary.len() + 1];
        for (_, code) in &values {
            codes[*code as usize] = 1;
        }
        let mut dictionary = DictionaryBuilder::new();
        for (code, new) in codes.iter_mut().enumerate().filter(|(_, used)| **used > 0) {
            *new = dictionary.add(column.dictionary.text(code - 1), column.dictionary.kind(code - 1));
        }
        for (_, code) in &mut values {
            *code = codes[*code as usize];
        }
        let (column, present) = StoredColumn::assemble(dictionary.finish(), values, None, left.len());
        columns.push((Field { name: field.name.clone(), present }, column));
    }
    let (times, ids): (Vec<i64>, Vec<u64>) = keys.into_iter().map(|(time, id)| (time.0, id)).unzip();
    Ok(Some(Segment::in_memory(times.into(), ids.into(), columns)))
}
