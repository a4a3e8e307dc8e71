//! Builds a segment from documents: rows in the order of arrival, then sorted by time, with sorted dictionaries.

use super::super::column::{Dictionary, DictionaryBuilder, Field, StoredColumn};
use super::super::prefix_sort;
use super::super::segment::{Segment, sort_rows};
use super::interner::Interner;
use super::limits::Limits;
use super::parser::{Documents, ID, INDEX, VERSION};
use crate::source::Fields;
use crate::source::logs::BadReason;
use std::sync::Arc;

/// `_index`, `_id` and version from an action line of the bulk format.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meta<'a> {
    pub(super) index: Option<&'a str>,
    pub(super) id: Option<&'a str>,
    pub(super) version: Option<i64>,
}

/// Bytes that a column takes while its segment is written, beside its values: a few records can have very many fields.
const COLUMN: usize = 8 << 10;

/// A segment under construction.
#[derive(Debug)]
pub(super) struct Builder {
    documents: Documents,
    /// Of each column, by its place among the names.
    values: Vec<RowCodes>,
    times: Vec<i64>,
    ids: Vec<u64>,
    /// Bytes of JSON read so far.
    read: usize,
    /// Bytes of memory that `values` takes, at most.
    held: usize,
}

/// The codes of a column's values, in the order of their rows.
#[derive(Debug)]
enum RowCodes {
    /// One in each row, from the first one on. Most columns of a log are like that, and half as large so.
    Each { first: u32, codes: Vec<u32> },
    /// With their rows.
    Pairs(Vec<(u32, u32)>),
}

impl RowCodes {
    const NONE: Self = Self::Each { first: 0, codes: Vec::new() };

    fn is_empty(&self) -> bool {
        match self {
            Self::Each { codes, .. } => codes.is_empty(),
            Self::Pairs(pairs) => pairs.is_empty(),
        }
    }

    fn push(&mut self, row: u32, code: u32) {
        match self {
            Self::Each { first, codes } if codes.is_empty() => {
                *first = row;
                codes.push(code);
            }
            Self::Each { first, codes } if *first as usize + codes.len() == row as usize => codes.push(code),
            Self::Each { .. } => {
                let mut pairs = std::mem::replace(self, Self::NONE).pairs();
                pairs.push((row, code));
                *self = Self::Pairs(pairs);
            }
            Self::Pairs(pairs) => pairs.push((row, code)),
        }
    }

    /// The pairs of row and code.
    fn pairs(self) -> Vec<(u32, u32)> {
        match self {
            Self::Each { first, codes } => (first..).zip(codes).collect(),
            Self::Pairs(pairs) => pairs,
        }
    }
}

impl Builder {
    /// An empty segment that keeps `fields`.
    pub(super) fn new(fields: Fields) -> Self {
        Self { documents: Documents::new(fields), values: Vec::new(), times: Vec::new(), ids: Vec::new(), read: 0, held: 0 }
    }

    /// Whether the segment should be ended before more is added.
    pub(super) fn is_full(&self, limits: &Limits) -> bool {
        let held = self.held + self.documents.held();
        self.times.len() >= limits.segment_rows
            || self.read >= limits.segment_bytes
            || held >= limits.memory / limits.workers.max(1)
    }

    /// Adds a document, which must be UTF-8, with its id.
    pub(super) fn add(&mut self, line: &[u8], id: u64, meta: Meta<'_>) -> Result<(), BadReason> {
        self.read += line.len();
        let time = self.documents.read(line)?;
        let version = meta.version.map(|version| version.to_string());
        for (column, text) in [(INDEX, meta.index), (ID, meta.id), (VERSION, version.as_deref())] {
            if let Some(text) = text {
                self.documents.put_fixed(column, text);
            }
        }
        let row = self.times.len() as u32;
        for (column, code) in self.documents.values() {
            let column = column as usize;
            if self.values.len() <= column {
                self.values.resize_with(column + 1, || RowCodes::NONE);
            }
            if self.values[column].is_empty() {
                self.held += COLUMN;
            }
            self.values[column].push(row, code);
            self.held += size_of::<(u32, u32)>();
        }
        self.times.push(time);
        self.ids.push(id);
        Ok(())
    }

    /// Ends the segment and begins the next one. `None` when it has no rows.
    pub(super) fn seal(&mut self) -> Option<Segment> {
        self.read = 0;
        self.held = 0;
        if self.times.is_empty() {
            self.documents.clear();
            return None;
        }
        let (times, ids, place) = sort_rows(std::mem::take(&mut self.times), std::mem::take(&mut self.ids));
        let mut columns = Vec::new();
        for (column, values) in std::mem::take(&mut self.values).into_iter().enumerate() {
            let name = self.documents.paths.names()[column].as_str();
            if !values.is_empty() {
                let (column, present) =
                    seal_column(&self.documents.interners[column], values.pairs(), place.as_deref(), times.len());
                columns.push((Field { name: Arc::from(name), present }, column));
            }
        }
        columns.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        self.documents.clear();
        Some(Segment::in_memory(times.into(), ids.into(), columns))
    }
}

fn seal_column(interner: &Interner, mut values: Vec<(u32, u32)>, place: Option<&[u32]>, rows: usize) -> (StoredColumn, u64) {
    let (dictionary, codes) = sort_values(interner, &values);
    for (_, code) in &mut values {
        *code = codes[*code as usize];
    }
    StoredColumn::assemble(dictionary, values, place, rows)
}

/// The sorted dictionary of the values in use, and the new code of each old code.
fn sort_values(interner: &Interner, values: &[(u32, u32)]) -> (Dictionary, Vec<u32>) {
    let mut codes = vec![0; interner.len()];
    for (_, code) in values {
        codes[*code as usize] = 1;
    }
    let used: Vec<u32> = (0..interner.len() as u32).filter(|code| codes[*code as usize] > 0).collect();
    // The texts without escapes, one after the other.
    let (mut texts, mut ends) = (Vec::new(), Vec::with_capacity(used.len()));
    for code in &used {
        interner.append_text(*code, &mut texts);
        ends.push(texts.len());
    }
    let value = |index: u32| {
        let index = index as usize;
        let from = if index == 0 { 0 } else { ends[index - 1] };
        (&texts[from..ends[index]], interner.kind(used[index]))
    };
    let mut dictionary = DictionaryBuilder::new();
    for index in prefix_sort::sorted(used.len(), value) {
        let (text, kind) = value(index);
        codes[used[index as usize] as usize] = dictionary.add(text, kind);
    }
    (dictionary.finish(), codes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The most bytes that a builder holds while it reads documents, and the number of segments that it makes.
    fn most_held(memory: usize, documents: impl Iterator<Item = String>) -> (usize, usize) {
        let limits = Limits { memory, workers: 1, ..Limits::default() };
        let (mut builder, mut most, mut segments) = (Builder::new(Fields::All), 0, 0);
        for (id, document) in documents.enumerate() {
            if builder.is_full(&limits) {
                segments += usize::from(builder.seal().is_some());
            }
            builder.add(document.as_bytes(), id as u64, Meta::default()).unwrap();
            most = most.max(builder.held + builder.documents.held());
        }
        (most, segments)
    }

    #[test]
    fn codes_have_their_rows_whether_each_row_has_one_or_not() {
        for rows in [&[][..], &[0, 1, 2], &[5, 6, 7], &[0, 0], &[0, 2], &[1, 2, 2, 3], &[4], &[0, 1, 1, 1, 9]] {
            let pairs: Vec<(u32, u32)> = rows.iter().copied().zip(100..).collect();
            let mut codes = RowCodes::NONE;
            for (row, code) in &pairs {
                codes.push(*row, *code);
            }
            assert_eq!(codes.is_empty(), pairs.is_empty());
            assert_eq!(codes.pairs(), pairs);
        }
    }

    const T: &str = "\"@timestamp\":\"2020-01-01T00:00:00.000Z\"";

    #[test]
    fn keys_that_come_once_do_not_pile_up() {
        for value in ["null", "1"] {
            let (most, segments) = most_held(8 << 20, (0..100_000).map(|i| format!("{{{T},\"k{i}\":{value}}}")));
            assert!(most < 9 << 20 && segments > 1, "{most} bytes, {segments} segments");
        }
    }

    #[test]
    fn records_with_many_fields_of_their_own_are_sealed_before_they_are_too_many() {
        let document = |i: usize| {
            let names: String = (0..500).fold(String::new(), |text, n| text + &format!(",\"k{i}_{n}\":1"));
            format!("{{{T}{names}}}")
        };
        let (most, segments) = most_held(16 << 20, (0..40).map(document));
        assert!(most < 22 << 20 && segments >= 9, "{most} bytes, {segments} segments");
    }

    #[test]
    fn values_are_sealed_before_they_are_too_many() {
        let many = "1,".repeat(1000);
        let (most, segments) = most_held(1 << 20, (0..500).map(|i| format!("{{{T},\"a\":[{many}{i}],\"b\":\"text {i}\"}}")));
        assert!(most < 1_100_000 && segments == 3, "{most} bytes, {segments} segments");
    }
}
