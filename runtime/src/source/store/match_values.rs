//! Finds the values that pass a test: in a whole dictionary, or for a single value.

use super::bits::CodeSet;
use super::column::{self, Dictionary, END, Kind, StoredColumn};
use super::lucene::Pattern;
use super::prepare::Test;
use std::ops::{Bound, Range, RangeBounds};

/// The codes of the values that pass a test.
pub(super) fn codes(test: &Test, column: &StoredColumn) -> CodeSet {
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

/// Whether one value passes a test. Agrees with [`codes`].
pub(super) fn passes(test: &Test, text: &[u8], kind: Kind) -> bool {
    match test {
        Test::Texts(texts) => texts.binary_search_by(|one| one.as_slice().cmp(text)).is_ok(),
        Test::TextRange(lower, upper) => {
            let range: (Bound<&[u8]>, Bound<&[u8]>) = (lower.as_ref().map(Vec::as_slice), upper.as_ref().map(Vec::as_slice));
            RangeBounds::<[u8]>::contains(&range, text)
        }
        Test::Pattern(pattern) => match pattern {
            Pattern::All => true,
            Pattern::None => false,
            Pattern::Equal(wanted) => text == wanted,
            Pattern::Prefix(prefix) => text.starts_with(prefix),
            Pattern::Search(prefix, regex) => text.starts_with(prefix) && regex.is_match(text),
        },
        Test::Numbers(wanted) => column::number(text, kind).is_some_and(|n| wanted.binary_search(&n).is_ok()),
        Test::NumberRange(lower, upper) => {
            column::number(text, kind).is_some_and(|n| (lower.as_ref(), upper.as_ref()).contains(&n))
        }
        Test::Addresses(ranges) => column::address_of(text).is_some_and(|a| inside(ranges, a)),
        Test::Times(ranges) => column::millis(text, kind).is_some_and(|t| inside(ranges, t)),
    }
}

/// Whether a value lies in one of several sorted ranges, which include their ends.
fn inside<T: Copy + Ord>(ranges: &[(T, T)], value: T) -> bool {
    let after = ranges.partition_point(|(from, _)| *from <= value);
    ranges.get(after.wrapping_sub(1)).is_some_and(|(_, to)| value <= *to)
}

/// The codes of the sorted values that lie in a range, which includes its ends.
fn within<T: Copy + Ord>(ranges: &[(T, T)], values: &[(T, u32)], distinct: usize) -> CodeSet {
    let found = ranges.iter().flat_map(|(from, to)| {
        let start = values.partition_point(|(v, _)| v < from);
        values[start..].iter().take_while(move |(v, _)| v <= to).map(|(_, code)| *code)
    });
    CodeSet::of_codes(distinct, found)
}

/// With this many texts, building the index of a dictionary is worth it.
const MANY: usize = 4096;

/// The codes of the values that are one of the sorted `texts`.
fn one_of(texts: &[Vec<u8>], column: &StoredColumn) -> CodeSet {
    let dictionary = &column.dictionary;
    let mut codes = Vec::new();
    let mut add = |entries: Range<usize>| codes.extend(entries.map(|entry| entry as u32 + 1));
    if texts.len() >= MANY {
        column.prefixes().each_equal(dictionary, texts, add);
    } else {
        let mut at = 0;
        for text in texts {
            at = dictionary.lower_bound_near(text, at);
            let stop = dictionary.end_of_equal(text, at, dictionary.len());
            add(at..stop);
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

/// The entries that begin with a text. They are next to each other, because the dictionary is sorted.
fn beginning(prefix: &[u8], dictionary: &Dictionary) -> Range<usize> {
    let start = dictionary.lower_bound(prefix, 0);
    let mut after = prefix.to_vec();
    // No text contains 0xff, so this sorts after every text that begins with the prefix.
    after.push(END);
    start..dictionary.lower_bound(&after, start)
}
