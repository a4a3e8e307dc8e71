//! Turns rows into records: only with the fields that a request names, and with one dictionary for all segments.

use super::column::{Codes, Dictionary, Kind, StoredColumn};
use super::row_cursor::RowCursor;
use super::segment::Segment;
use crate::source::{self, Scalar, SourceError};
use foldhash::HashMap;
use huntc_compiler::time::Instant;
use std::sync::Arc;

/// Selected rows of one segment, ascending.
pub(super) struct Selection<'a> {
    pub(super) segment: &'a Segment,
    pub(super) rows: Vec<u32>,
}

/// The values of a field over the selected rows.
pub(super) fn gather(field: &str, selections: &[Selection<'_>]) -> Result<source::Column, SourceError> {
    if field != "@timestamp" {
        return values(field, selections);
    }
    let columns: Vec<Option<&StoredColumn>> = selections.iter().map(|s| s.segment.column(field)).collect::<Result<_, _>>()?;
    Ok(if columns.iter().all(Option::is_none) { times(selections) } else { written_times(selections, &columns) })
}

/// The values of a field other than `@timestamp`. The values in use are few, or arrive sorted from each segment, so
/// equal values of several segments are found by merging, without hashing.
fn values(field: &str, selections: &[Selection<'_>]) -> Result<source::Column, SourceError> {
    let mut out = with_room(selections);
    let mut parts = Vec::new();
    for selection in selections {
        let from = out.codes.len();
        let Some(column) = selection.segment.column(field)? else {
            out.starts.extend(std::iter::repeat_n(from as u32, selection.rows.len()));
            continue;
        };
        take_codes(column, &selection.rows, &mut out);
        parts.push((from, take_values(&column.dictionary, out.codes.get_mut(from..).unwrap_or_default())));
        selection.segment.release_excess();
    }
    join(parts, &mut out);
    Ok(out)
}

/// Appends the codes that rows have in their segment.
fn take_codes(column: &StoredColumn, rows: &[u32], out: &mut source::Column) {
    if column.first.rows.is_none() && column.more_rows.is_empty() {
        return match &column.first.codes {
            Codes::U8(codes) => take_dense(codes, rows, out),
            Codes::U16(codes) => take_dense(codes, rows, out),
            Codes::U32(codes) => take_dense(codes, rows, out),
        };
    }
    let mut cursor = RowCursor::new(column);
    for row in rows {
        cursor.codes(*row, |code| out.codes.push(code));
        out.starts.push(out.codes.len() as u32);
    }
}

fn take_dense<T: Copy + Into<u32>>(codes: &[T], rows: &[u32], out: &mut source::Column) {
    for row in rows {
        out.codes.extend(codes.get(*row as usize).map(|code| (*code).into()).filter(|code| *code != 0));
        out.starts.push(out.codes.len() as u32);
    }
}

/// The values for codes of a segment, in the order of the dictionary. The codes are replaced by places in this list.
fn take_values(dictionary: &Dictionary, codes: &mut [u32]) -> Vec<Scalar> {
    // Marking the codes in use costs time and memory in proportion to the dictionary, sorting them in proportion to their number.
    if codes.len() < dictionary.len() / 16 {
        let mut used = codes.to_vec();
        used.sort_unstable();
        used.dedup();
        for code in codes {
            *code = used.partition_point(|other| other < code) as u32;
        }
        return used.iter().map(|code| dictionary.scalar(*code as usize - 1)).collect();
    }
    let mut places = vec![0; dictionary.len() + 1];
    for code in codes.iter() {
        places[*code as usize] = 1;
    }
    let mut values = Vec::new();
    for (code, place) in places.iter_mut().enumerate().filter(|(_, used)| **used > 0) {
        *place = values.len() as u32;
        values.push(dictionary.scalar(code - 1));
    }
    for code in codes {
        *code = places[*code as usize];
    }
    values
}

/// Makes one dictionary from those of segments, which are sorted by text. With each stands the place in `out.codes`
/// where its codes begin.
fn join(mut parts: Vec<(usize, Vec<Scalar>)>, out: &mut source::Column) {
    let mut distinct = Distinct::default();
    let mut texts: Vec<(Arc<str>, u32, u32)> = Vec::new();
    let mut codes: Vec<Vec<u32>> = parts.iter().map(|(_, values)| vec![0; values.len()]).collect();
    for (number, (_, values)) in parts.iter_mut().enumerate() {
        for (code, value) in values.drain(..).enumerate() {
            match value {
                Scalar::Text(text) => texts.push((text, number as u32, code as u32)),
                other => codes[number][code] = distinct.code(other),
            }
        }
    }
    // A stable sort, fast on runs that are already sorted.
    texts.sort_by(|a, b| a.0.cmp(&b.0));
    let mut dictionary = distinct.dictionary;
    dictionary.reserve(texts.len());
    for (text, number, code) in texts {
        if !matches!(dictionary.last(), Some(Scalar::Text(last)) if *last == text) {
            dictionary.push(Scalar::Text(text));
        }
        codes[number as usize][code as usize] = dictionary.len() as u32 - 1;
    }
    out.dictionary = dictionary;
    let ends: Vec<usize> = parts.iter().skip(1).map(|(from, _)| *from).chain([out.codes.len()]).collect();
    for (((from, _), end), codes) in parts.iter().zip(ends).zip(codes) {
        for code in out.codes.get_mut(*from..end).unwrap_or_default() {
            *code = codes.get(*code as usize).copied().unwrap_or_default();
        }
    }
}

/// The records' times, when every document wrote them in the common form.
fn times(selections: &[Selection<'_>]) -> source::Column {
    let mut order: Vec<(Instant, u32)> = Vec::new();
    for selection in selections {
        let times = selection.rows.iter().filter_map(|row| selection.segment.key(*row));
        order.extend(times.map(|(time, _)| time).zip(order.len() as u32..));
        selection.segment.release_excess();
    }
    // A stable sort, fast on runs that are already sorted.
    order.sort();
    let mut out = source::Column { codes: vec![0; order.len()], starts: (0..=order.len() as u32).collect(), ..Default::default() };
    let mut last = None;
    for (time, place) in order {
        if last != Some(time) {
            last = Some(time);
            out.dictionary.push(formatted(time));
        }
        out.codes[place as usize] = out.dictionary.len() as u32 - 1;
    }
    out
}

/// The records' times as the documents wrote them, where that differs from the common form.
fn written_times(selections: &[Selection<'_>], columns: &[Option<&StoredColumn>]) -> source::Column {
    let mut out = with_room(selections);
    let mut distinct = Distinct::default();
    for (selection, column) in selections.iter().zip(columns) {
        let mut cursor = column.map(RowCursor::new);
        for row in &selection.rows {
            let before = out.codes.len();
            if let Some((cursor, column)) = cursor.as_mut().zip(*column) {
                cursor.codes(*row, |code| out.codes.push(distinct.code(column.dictionary.scalar(code as usize - 1))));
            }
            if out.codes.len() == before {
                out.codes.extend(selection.segment.key(*row).map(|(time, _)| distinct.code(formatted(time))));
            }
            out.starts.push(out.codes.len() as u32);
        }
        selection.segment.release_excess();
    }
    out.dictionary = distinct.dictionary;
    out
}

fn formatted(time: Instant) -> Scalar {
    Scalar::Text(std::str::from_utf8(&crate::source::document_time::format(time.0)).unwrap_or_default().into())
}

/// An empty column with room for one value in each row.
fn with_room(selections: &[Selection<'_>]) -> source::Column {
    let rows = selections.iter().map(|s| s.rows.len()).sum();
    let mut column =
        source::Column { dictionary: Vec::new(), codes: Vec::with_capacity(rows), starts: Vec::with_capacity(rows + 1) };
    column.starts.push(0);
    column
}

/// Distinct values and their codes.
#[derive(Default)]
struct Distinct {
    dictionary: Vec<Scalar>,
    texts: HashMap<Arc<str>, u32>,
    others: HashMap<(Kind, u64), u32>,
}

impl Distinct {
    /// The code of a value, new or known.
    fn code(&mut self, value: Scalar) -> u32 {
        let next = self.dictionary.len() as u32;
        let key = match &value {
            Scalar::Text(text) => {
                let code = *self.texts.entry(text.clone()).or_insert(next);
                if code == next {
                    self.dictionary.push(value);
                }
                return code;
            }
            Scalar::Bool(b) => (Kind::Bool, u64::from(*b)),
            Scalar::Int(i) => (Kind::Int, *i as u64),
            // The two zeros of floats are equal.
            Scalar::Float(x) => (Kind::Float, (x + 0.0).to_bits()),
        };
        let code = *self.others.entry(key).or_insert(next);
        if code == next {
            self.dictionary.push(value);
        }
        code
    }
}
