//! Evaluates prepared queries on a segment. Each clause is evaluated only on the rows that can still match. For many
//! rows each distinct value is tested once and the rows with its code are found; for few rows their own values are tested.

use super::bits::Bits;
use super::column::StoredColumn;
use super::lucene::Pattern;
use super::match_values::{codes, passes};
use super::prepare::{Prepared, Test};
use super::row_cursor::RowCursor;
use super::segment::Segment;
use crate::source::SourceError;
use huntc_compiler::time::Instant;

/// The rows of `among` that a query matches.
pub(super) fn evaluate(query: &Prepared, segment: &Segment, among: &Bits) -> Result<Bits, SourceError> {
    Ok(match query {
        Prepared::All => among.clone(),
        Prepared::None => Bits::none(segment.len()),
        Prepared::Exists(field) => exists(field, segment, among)?,
        Prepared::Leaf(field, Test::Times(ranges)) if field == "@timestamp" => record_times(ranges, segment, among),
        Prepared::Leaf(field, test) => match segment.column(field)? {
            Some(column) => leaf(test, column, among),
            None => Bits::none(segment.len()),
        },
        Prepared::Any(parts) => {
            let mut found = Bits::none(segment.len());
            let mut rest = among.clone();
            for part in parts {
                if rest.is_empty() {
                    break;
                }
                let hits = evaluate(part, segment, &rest)?;
                rest.and_not(&hits);
                found.or(&hits);
            }
            found
        }
        Prepared::Both(all, none) => {
            let mut found = among.clone();
            for part in all {
                if found.is_empty() {
                    return Ok(found);
                }
                found = evaluate(part, segment, &found)?;
            }
            for part in none {
                if found.is_empty() {
                    return Ok(found);
                }
                let hits = evaluate(part, segment, &found)?;
                found.and_not(&hits);
            }
            found
        }
    })
}

/// The rows in which a value of a column passes a test.
fn leaf(test: &Test, column: &StoredColumn, among: &Bits) -> Bits {
    if !are_few(among, test, column) {
        return Bits::scan(column, among, &codes(test, column));
    }
    let mut cursor = RowCursor::new(column);
    let dictionary = &column.dictionary;
    among.filter(|row| {
        let mut found = false;
        cursor.codes(row, |code| {
            let entry = code as usize - 1;
            found = found || passes(test, dictionary.text(entry), dictionary.kind(entry));
        });
        found
    })
}

/// Whether testing the values of each row costs less than testing all distinct values and finding their rows.
fn are_few(among: &Bits, test: &Test, column: &StoredColumn) -> bool {
    /// Finding a row by its code takes 1/32 of the time that testing its value takes.
    const SCAN: u64 = 32;
    /// For tests that read all distinct values: testing one takes 1/4 of the time that testing a row's value takes.
    const ENTRY: u64 = 4;
    let rows = among.count();
    rows * SCAN <= among.span().len() as u64 || (test.looks_at_all_values() && rows * ENTRY <= column.dictionary.len() as u64)
}

/// The rows that have a field, or for an object any field below it.
fn exists(field: &str, segment: &Segment, among: &Bits) -> Result<Bits, SourceError> {
    if field == "@timestamp" {
        return Ok(among.clone());
    }
    let all = |column: &StoredColumn| leaf(&Test::Pattern(Pattern::All), column, among);
    let mut found = segment.column(field)?.map_or_else(|| Bits::none(segment.len()), all);
    for column in segment.columns_below(field) {
        found.or(&all(column?));
    }
    Ok(found)
}

/// The rows whose `@timestamp` lies in a range of milliseconds. Rows are sorted by it.
fn record_times(ranges: &[(i64, i64)], segment: &Segment, among: &Bits) -> Bits {
    let mut found = Bits::none(segment.len());
    for (from, to) in ranges {
        let start = segment.times.partition_point(|t| Instant(*t).millis_floor() < *from);
        let stop = segment.times.partition_point(|t| Instant(*t).millis_floor() <= *to);
        found.or(&Bits::range(segment.len(), start..stop));
    }
    found.and(among);
    found
}
