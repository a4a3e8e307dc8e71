//! Sets of rows as bitmaps, and scans that find the rows that have certain codes.

use super::column::{Codes, StoredColumn};
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
    /// The codes from the start up to, but not including, the end.
    Range(Range<u32>),
    /// One bit for each code.
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

    /// The given codes, for a dictionary with `distinct` entries.
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
    /// The empty set, for a segment of `rows` rows.
    pub(super) fn none(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)], rows }
    }

    /// The rows of a range, for a segment of `rows` rows.
    pub(super) fn range(rows: usize, range: Range<usize>) -> Self {
        let mut bits = Self::none(rows);
        for (index, word) in bits.words.iter_mut().enumerate() {
            *word = mask(index, &range);
        }
        bits
    }

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

    /// Keeps the rows that are in both sets.
    pub(super) fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    /// Keeps the rows that are not in the other set.
    pub(super) fn and_not(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    /// Adds the rows of the other set.
    pub(super) fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    /// The rows, ascending.
    pub(super) fn rows(&self) -> Vec<u32> {
        let mut rows = Vec::with_capacity(self.count() as usize);
        self.each(|row| rows.push(row));
        rows
    }

    /// Calls `give` for each row, ascending.
    fn each(&self, mut give: impl FnMut(u32)) {
        for (index, word) in self.words.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                give(index as u32 * 64 + rest.trailing_zeros());
                rest &= rest - 1;
            }
        }
    }

    /// The smallest row.
    pub(super) fn first(&self) -> Option<u32> {
        let index = self.words.iter().position(|word| *word != 0)?;
        Some(index as u32 * 64 + self.words[index].trailing_zeros())
    }

    /// The smallest range that contains all rows of the set.
    pub(super) fn span(&self) -> Range<usize> {
        let first = self.words.iter().position(|w| *w != 0).map_or(0, |at| at * 64 + self.words[at].trailing_zeros() as usize);
        let last = self.words.iter().rposition(|w| *w != 0).map_or(0, |at| (at + 1) * 64 - self.words[at].leading_zeros() as usize);
        first..last
    }

    /// The rows of the set that pass. `passes` is called in ascending order of rows.
    pub(super) fn filter(&self, mut passes: impl FnMut(u32) -> bool) -> Self {
        let mut kept = Self::none(self.rows);
        self.each(|row| {
            if passes(row) {
                kept.insert(row as usize);
            }
        });
        kept
    }

    /// The rows of `among` that have one of the codes.
    pub(super) fn scan(column: &StoredColumn, among: &Self, codes: &CodeSet) -> Self {
        let mut bits = Self::none(among.rows);
        let within = among.span();
        if codes.is_empty() || within.is_empty() {
            return bits;
        }
        match &column.first.rows {
            None => scan_dense(&column.first.codes, &mut bits.words, &within, codes),
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
        bits.and(among);
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

/// Fills whole words, so rows outside of the wanted set get bits too; the caller removes them.
fn scan_dense(codes: &Codes, words: &mut [u64], within: &Range<usize>, wanted: &CodeSet) {
    let first = within.start / 64;
    let last = within.end.div_ceil(64).min(words.len());
    let Some(words) = words.get_mut(first..last) else { return };
    let skip = first * 64;
    match (codes, wanted) {
        (Codes::U8(all), CodeSet::Range(range)) => {
            let (from, len) = (range.start as u8, range.len() as u8);
            fill(all, skip, words, |code| code.wrapping_sub(from) < len);
        }
        (Codes::U16(all), CodeSet::Range(range)) => {
            let (from, len) = (range.start as u16, range.len() as u16);
            fill(all, skip, words, |code| code.wrapping_sub(from) < len);
        }
        (Codes::U32(all), CodeSet::Range(range)) => {
            let (from, len) = (range.start, range.len() as u32);
            fill(all, skip, words, |code| code.wrapping_sub(from) < len);
        }
        (Codes::U8(all), CodeSet::Set(set)) => fill(all, skip, words, |code| bit(set, code.into())),
        (Codes::U16(all), CodeSet::Set(set)) => fill(all, skip, words, |code| bit(set, code.into())),
        (Codes::U32(all), CodeSet::Set(set)) => fill(all, skip, words, |code| bit(set, code)),
    }
}

/// Sets the bits of rows whose code passes, from row `skip` on. Sixty-four tests without a branch become vector instructions.
fn fill<T: Copy>(codes: &[T], skip: usize, words: &mut [u64], passes: impl Fn(T) -> bool) {
    let codes = codes.get(skip..).unwrap_or_default();
    for (word, codes) in words.iter_mut().zip(codes.chunks(64)) {
        let mut hits = [0; 64];
        for (hit, code) in hits.iter_mut().zip(codes) {
            *hit = u8::from(passes(*code));
        }
        *word = packed(&hits);
    }
}

/// Sixty-four bytes, each 0 or 1, as bits.
fn packed(hits: &[u8; 64]) -> u64 {
    // Moves the lowest bit of byte k to bit 56 + k.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let eights = hits.as_chunks().0.iter().enumerate();
    eights.fold(0, |word, (at, eight)| word | (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56) << (8 * at))
}
