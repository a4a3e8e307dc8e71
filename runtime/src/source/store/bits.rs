//! Sets of rows as bitmaps, and the scans that turn sets of codes into them.

use super::column::{Codes, Column};
use std::ops::Range;

/// A set of rows of one segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Bits {
    words: Vec<u64>,
    rows: usize,
}

/// A set of codes of one column.
#[derive(Clone, Debug)]
pub(super) enum CodeSet {
    /// These, from the first up to but without the last.
    Range(Range<u32>),
    /// The set bits.
    Set(Vec<u64>),
}

impl CodeSet {
    /// No code.
    pub(super) fn none() -> Self {
        Self::Range(0..0)
    }

    /// The codes of dictionary entries.
    pub(super) fn of_entries(entries: Range<usize>) -> Self {
        Self::Range(entries.start as u32 + 1..entries.end as u32 + 1)
    }

    /// The codes that an iterator gives, for a dictionary of this length.
    pub(super) fn of_codes(distinct: usize, codes: impl Iterator<Item = u32>) -> Self {
        let mut words = vec![0; distinct / 64 + 1];
        let mut any = false;
        for code in codes {
            any = true;
            if let Some(word) = words.get_mut(code as usize / 64) {
                *word |= 1_u64 << (code % 64);
            }
        }
        if any { Self::Set(words) } else { Self::none() }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Range(range) if range.is_empty())
    }

    /// Whether a code is in the set.
    pub(super) fn contains(&self, code: u32) -> bool {
        match self {
            Self::Range(range) => range.contains(&code),
            Self::Set(words) => bit(words, code),
        }
    }
}

fn bit(words: &[u64], code: u32) -> bool {
    words.get(code as usize / 64).is_some_and(|w| w >> (code % 64) & 1 == 1)
}

impl Bits {
    /// No row of `rows`.
    pub(super) fn none(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)], rows }
    }

    /// The rows of a range.
    pub(super) fn range(rows: usize, range: Range<usize>) -> Self {
        let mut bits = Self::none(rows);
        for (index, word) in bits.words.iter_mut().enumerate() {
            *word = mask(index, &range);
        }
        bits
    }

    /// Adds a row.
    pub(super) fn insert(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row / 64) {
            *word |= 1 << (row % 64);
        }
    }

    /// Whether no row is in the set.
    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|w| *w == 0)
    }

    /// How many rows are in the set.
    pub(super) fn count(&self) -> u64 {
        self.words.iter().map(|w| u64::from(w.count_ones())).sum()
    }

    /// Keeps what is in both.
    pub(super) fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    /// Keeps what is not in the other.
    pub(super) fn and_not(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    /// Adds what is in the other.
    pub(super) fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    /// Drops rows outside of a range.
    pub(super) fn clip(&mut self, range: &Range<usize>) {
        for (index, word) in self.words.iter_mut().enumerate() {
            *word &= mask(index, range);
        }
    }

    /// The rows, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(index as u32 * 64 + bit)
            })
        })
    }

    /// The rows of `within` that have one of the codes.
    pub(super) fn scan(column: &Column, rows: usize, within: &Range<usize>, codes: &CodeSet) -> Self {
        let mut bits = Self::none(rows);
        if codes.is_empty() || within.is_empty() {
            return bits;
        }
        match &column.first.rows {
            None => scan_dense(&column.first.codes, &mut bits.words, within, codes),
            Some(at) => {
                let start = at.partition_point(|r| (*r as usize) < within.start);
                for (index, row) in at.iter().enumerate().skip(start).take_while(|(_, r)| (**r as usize) < within.end) {
                    if codes.contains(column.first.codes.get(index)) {
                        bits.insert(*row as usize);
                    }
                }
            }
        }
        for (row, code) in column.more_rows.iter().zip(column.more_codes.iter()) {
            if codes.contains(*code) {
                bits.insert(*row as usize);
            }
        }
        bits.clip(within);
        bits
    }
}

/// The bits of a word that lie in a range.
fn mask(index: usize, range: &Range<usize>) -> u64 {
    let from = range.start.saturating_sub(index * 64).min(64);
    let to = range.end.saturating_sub(index * 64).min(64);
    let below = |n: usize| if n == 64 { u64::MAX } else { (1_u64 << n) - 1 };
    below(to) & !below(from)
}

fn scan_dense(codes: &Codes, words: &mut [u64], within: &Range<usize>, wanted: &CodeSet) {
    // Whole words only: what is outside of the range is clipped afterwards.
    let first = within.start / 64;
    let last = within.end.div_ceil(64).min(words.len());
    let Some(words) = words.get_mut(first..last) else { return };
    match codes {
        Codes::U8(all) => scan_words(all.get(first * 64..).unwrap_or_default(), words, wanted),
        Codes::U16(all) => scan_words(all.get(first * 64..).unwrap_or_default(), words, wanted),
        Codes::U32(all) => scan_words(all.get(first * 64..).unwrap_or_default(), words, wanted),
    }
}

fn scan_words<T: Copy + Into<u32>>(codes: &[T], words: &mut [u64], wanted: &CodeSet) {
    for (word, codes) in words.iter_mut().zip(codes.chunks(64)) {
        let mut found = 0;
        match wanted {
            CodeSet::Range(range) => {
                let (from, len) = (range.start, range.end - range.start);
                for (bit, code) in codes.iter().enumerate() {
                    let code: u32 = (*code).into();
                    found |= u64::from(code.wrapping_sub(from) < len) << bit;
                }
            }
            CodeSet::Set(set) => {
                for (at, code) in codes.iter().enumerate() {
                    found |= u64::from(bit(set, (*code).into())) << at;
                }
            }
        }
        *word = found;
    }
}
