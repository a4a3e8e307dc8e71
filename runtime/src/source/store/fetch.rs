//! Turns rows into records: only the fields that a request names, one dictionary for all segments.

use super::column::{Column, Kind};
use super::segment::Segment;
use crate::source::{self, Scalar, SourceError};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Rows of one segment, ascending.
pub(super) struct Selection<'a> {
    pub(super) segment: &'a Segment,
    pub(super) rows: Vec<u32>,
}

/// The values of a field over the selected rows.
pub(super) fn gather(field: &str, selections: &[Selection<'_>]) -> Result<source::Column, SourceError> {
    let total: usize = selections.iter().map(|s| s.rows.len()).sum();
    let mut out = Gathered::new(total);
    for selection in selections {
        let column = selection.segment.column(field)?;
        if field == "@timestamp" {
            out.times(selection, column);
        } else if let Some(column) = column {
            out.column(selection, column);
        } else {
            out.absent(selection.rows.len());
        }
    }
    Ok(out.column)
}

struct Gathered {
    column: source::Column,
    texts: FxHashMap<Arc<str>, u32>,
    others: FxHashMap<(Kind, u64), u32>,
}

impl Gathered {
    fn new(rows: usize) -> Self {
        let mut column = source::Column::default();
        column.starts.reserve(rows + 1);
        column.starts.push(0);
        column.codes.reserve(rows);
        Self { column, texts: FxHashMap::default(), others: FxHashMap::default() }
    }

    fn end_row(&mut self) {
        self.column.starts.push(self.column.codes.len() as u32);
    }

    fn absent(&mut self, rows: usize) {
        let here = self.column.codes.len() as u32;
        self.column.starts.extend(std::iter::repeat_n(here, rows));
    }

    /// The code of a value among those of all segments.
    fn code(&mut self, column: &Column, entry: usize) -> u32 {
        let dictionary = &column.dictionary;
        match dictionary.kind(entry) {
            Kind::Text => match std::str::from_utf8(dictionary.text(entry)) {
                Ok(text) => self.text(text),
                Err(_) => self.text(&String::from_utf8_lossy(dictionary.text(entry))),
            },
            kind => {
                let scalar = dictionary.scalar(entry);
                let bits = match scalar {
                    Scalar::Bool(b) => u64::from(b),
                    Scalar::Int(i) => i as u64,
                    // Zero has two forms that are equal.
                    Scalar::Float(x) => (x + 0.0).to_bits(),
                    Scalar::Text(text) => return self.text(&text),
                };
                let next = self.column.dictionary.len() as u32;
                *self.others.entry((kind, bits)).or_insert_with(|| {
                    self.column.dictionary.push(scalar);
                    next
                })
            }
        }
    }

    fn text(&mut self, text: &str) -> u32 {
        if let Some(code) = self.texts.get(text) {
            return *code;
        }
        let code = self.column.dictionary.len() as u32;
        let text: Arc<str> = Arc::from(text);
        self.column.dictionary.push(Scalar::Text(text.clone()));
        self.texts.insert(text, code);
        code
    }

    /// The record's own time; as the document wrote it where that is kept.
    fn times(&mut self, selection: &Selection<'_>, written: Option<&Column>) {
        let mut rows = written.map(Rows::new);
        let mut codes = Vec::new();
        for row in &selection.rows {
            codes.clear();
            if let Some(rows) = &mut rows {
                rows.codes(*row, &mut codes);
            }
            if let (Some(column), false) = (written, codes.is_empty()) {
                for local in &codes {
                    let code = self.code(column, *local as usize - 1);
                    self.column.codes.push(code);
                }
            } else {
                let nanos = selection.segment.times.get(*row as usize).copied().unwrap_or_default();
                let text = super::instant::format(nanos);
                let code = self.text(std::str::from_utf8(&text).unwrap_or_default());
                self.column.codes.push(code);
            }
            self.end_row();
        }
    }

    fn column(&mut self, selection: &Selection<'_>, column: &Column) {
        // What a code of the segment is among all, once it was met.
        let mut known = vec![u32::MAX; column.dictionary.len() + 1];
        let mut rows = Rows::new(column);
        let mut codes = Vec::new();
        for row in &selection.rows {
            codes.clear();
            rows.codes(*row, &mut codes);
            for local in &codes {
                let Some(slot) = known.get(*local as usize).copied() else { continue };
                let code = if slot == u32::MAX { self.code(column, *local as usize - 1) } else { slot };
                known[*local as usize] = code;
                self.column.codes.push(code);
            }
            self.end_row();
        }
    }
}

/// Walks through a column row by row.
struct Rows<'a> {
    column: &'a Column,
    first: usize,
    more: usize,
}

impl<'a> Rows<'a> {
    fn new(column: &'a Column) -> Self {
        Self { column, first: 0, more: 0 }
    }

    /// Adds the codes of a row; rows must be asked for in ascending order.
    fn codes(&mut self, row: u32, out: &mut Vec<u32>) {
        let first = match &self.column.first.rows {
            None => self.column.first.codes.get(row as usize),
            Some(rows) => {
                self.first = advance(rows, self.first, row);
                if rows.get(self.first) == Some(&row) { self.column.first.codes.get(self.first) } else { 0 }
            }
        };
        if first == 0 {
            return;
        }
        out.push(first);
        if self.column.more_rows.is_empty() {
            return;
        }
        self.more = advance(&self.column.more_rows, self.more, row);
        while self.column.more_rows.get(self.more) == Some(&row) {
            out.extend(self.column.more_codes.get(self.more).filter(|c| **c != 0));
            self.more += 1;
        }
    }
}

/// The first place from `from` on whose row is not less than `row`.
fn advance(rows: &[u32], from: usize, row: u32) -> usize {
    let (mut low, mut step) = (from, 1);
    if rows.get(low).is_none_or(|r| *r >= row) {
        return low;
    }
    while rows.get(low + step).is_some_and(|r| *r < row) {
        low += step;
        step *= 2;
    }
    let high = (low + step).min(rows.len());
    low + rows[low..high].partition_point(|r| *r < row)
}
