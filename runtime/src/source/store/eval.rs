//! Evaluates prepared queries on a segment: each test once for each distinct value, then over the codes of the rows.

use super::bits::{Bits, CodeSet};
use super::column::{Column, Dictionary};
use super::lucene::Pattern;
use super::prepare::{Prepared, Test};
use super::segment::Segment;
use crate::source::SourceError;
use huntc_compiler::time::Instant;
use std::ops::{Bound, Range};

/// The rows of a range that a query matches.
pub(super) fn evaluate(query: &Prepared, segment: &Segment, within: &Range<usize>) -> Result<Bits, SourceError> {
    let rows = segment.len();
    Ok(match query {
        Prepared::All => Bits::range(rows, within.clone()),
        Prepared::None => Bits::none(rows),
        Prepared::Exists(field) => exists(field, segment, within)?,
        Prepared::Leaf(field, Test::Times(ranges)) if field == "@timestamp" => record_times(ranges, segment, within),
        Prepared::Leaf(field, test) => match segment.column(field)? {
            Some(column) => Bits::scan(column, rows, within, &codes(test, column)),
            None => Bits::none(rows),
        },
        Prepared::Any(parts) => {
            let mut found = Bits::none(rows);
            for part in parts {
                found.or(&evaluate(part, segment, within)?);
            }
            found
        }
        Prepared::Both(all, none) => {
            let mut found = Bits::range(rows, within.clone());
            for part in all {
                if found.is_empty() {
                    return Ok(found);
                }
                found.and(&evaluate(part, segment, within)?);
            }
            for part in none {
                if found.is_empty() {
                    return Ok(found);
                }
                found.and_not(&evaluate(part, segment, within)?);
            }
            found
        }
    })
}

/// Rows that have a field, or for an object any field below it.
fn exists(field: &str, segment: &Segment, within: &Range<usize>) -> Result<Bits, SourceError> {
    if field == "@timestamp" {
        return Ok(Bits::range(segment.len(), within.clone()));
    }
    let all = |column: &Column| Bits::scan(column, segment.len(), within, &CodeSet::of_entries(0..column.dictionary.len()));
    let mut found = segment.column(field)?.map_or_else(|| Bits::none(segment.len()), all);
    for column in segment.columns_below(field) {
        found.or(&all(column?));
    }
    Ok(found)
}

/// Rows whose own time lies in a range of milliseconds. Rows are sorted by time.
fn record_times(ranges: &[(i64, i64)], segment: &Segment, within: &Range<usize>) -> Bits {
    let mut found = Bits::none(segment.len());
    for (from, to) in ranges {
        let start = segment.times.partition_point(|t| Instant(*t).millis_floor() < *from);
        let stop = segment.times.partition_point(|t| Instant(*t).millis_floor() <= *to);
        found.or(&Bits::range(segment.len(), start.max(within.start)..stop.min(within.end)));
    }
    found
}

/// The codes of the values that pass a test.
fn codes(test: &Test, column: &Column) -> CodeSet {
    let dictionary = &column.dictionary;
    match test {
        Test::Texts(texts) => match texts.as_slice() {
            [text] => CodeSet::of_entries(dictionary.equal(text)),
            texts => one_of(texts, column),
        },
        Test::TextRange(lower, upper) => text_range(lower, upper, dictionary),
        Test::Pattern(pattern) => matching(pattern, dictionary),
        Test::Numbers(wanted) => {
            let stored = column.numbers();
            let mut at = 0;
            let found = wanted.iter().flat_map(|one| {
                at += stored[at..].partition_point(|(n, _)| n < one);
                stored[at..].iter().take_while(move |(n, _)| n == one).map(|(_, code)| *code)
            });
            CodeSet::of_codes(dictionary.len(), found)
        }
        Test::NumberRange(lower, upper) => {
            let stored = column.numbers();
            let start = match lower {
                Bound::Unbounded => 0,
                Bound::Included(least) => stored.partition_point(|(n, _)| n < least),
                Bound::Excluded(below) => stored.partition_point(|(n, _)| n <= below),
            };
            let stop = match upper {
                Bound::Unbounded => stored.len(),
                Bound::Included(most) => stored.partition_point(|(n, _)| n <= most),
                Bound::Excluded(above) => stored.partition_point(|(n, _)| n < above),
            };
            let found = stored.get(start..stop).unwrap_or_default();
            CodeSet::of_codes(dictionary.len(), found.iter().map(|(_, code)| *code))
        }
        Test::Addresses(ranges) => within(ranges, column.addresses(), dictionary.len()),
        Test::Times(ranges) => within(ranges, column.times(), dictionary.len()),
    }
}

/// The codes of sorted values in ranges, ends included.
fn within<T: Copy + Ord>(ranges: &[(T, T)], values: &[(T, u32)], distinct: usize) -> CodeSet {
    let found = ranges.iter().flat_map(|(from, to)| {
        let start = values.partition_point(|(v, _)| v < from);
        values[start..].iter().take_while(move |(v, _)| v <= to).map(|(_, code)| *code)
    });
    CodeSet::of_codes(distinct, found)
}

/// From so many texts on a dictionary's index pays for itself.
const MANY: usize = 256;

/// The codes of sorted texts.
fn one_of(texts: &[Vec<u8>], column: &Column) -> CodeSet {
    let dictionary = &column.dictionary;
    let mut codes = Vec::new();
    let mut add = |entries: Range<usize>| codes.extend(entries.map(|entry| entry as u32 + 1));
    if texts.len() >= MANY {
        column.heads().each_equal(dictionary, texts, add);
    } else {
        for text in texts {
            add(dictionary.equal(text));
        }
    }
    CodeSet::of_codes(dictionary.len(), codes.into_iter())
}

fn text_range(lower: &Bound<Vec<u8>>, upper: &Bound<Vec<u8>>, dictionary: &Dictionary) -> CodeSet {
    let start = match lower {
        Bound::Unbounded => 0,
        Bound::Included(text) => dictionary.lower_bound(text, 0),
        Bound::Excluded(text) => dictionary.equal(text).end,
    };
    let stop = match upper {
        Bound::Unbounded => dictionary.len(),
        Bound::Included(text) => dictionary.equal(text).end,
        Bound::Excluded(text) => dictionary.lower_bound(text, 0),
    };
    CodeSet::of_entries(start..stop.max(start))
}

fn matching(pattern: &Pattern, dictionary: &Dictionary) -> CodeSet {
    match pattern {
        Pattern::All => CodeSet::of_entries(0..dictionary.len()),
        Pattern::None => CodeSet::none(),
        Pattern::Equal(text) => CodeSet::of_entries(dictionary.equal(text)),
        Pattern::Prefix(text) => CodeSet::of_entries(beginning(text, dictionary)),
        Pattern::Search(prefix, regex) => {
            let entries = beginning(prefix, dictionary);
            let blob = dictionary.blob.get(..dictionary.start(entries.end)).unwrap_or_default();
            let mut entry = entries.start;
            let mut at = dictionary.start(entry);
            let found = std::iter::from_fn(|| {
                let hit = (at < blob.len()).then(|| regex.find_at(blob, at))?.filter(|hit| hit.start() < blob.len())?;
                entry = dictionary.holder(hit.start(), entry);
                at = dictionary.start(entry + 1);
                Some(entry as u32 + 1)
            });
            CodeSet::of_codes(dictionary.len(), found)
        }
    }
}

/// The entries that begin with a text. They stand together, as the dictionary is sorted.
fn beginning(prefix: &[u8], dictionary: &Dictionary) -> Range<usize> {
    let start = dictionary.lower_bound(prefix, 0);
    let mut after = prefix.to_vec();
    // No text holds 0xff, so this is behind every text that begins so.
    after.push(super::column::END);
    start..dictionary.lower_bound(&after, start)
}
