//! Columns of a segment: a sorted dictionary of distinct values, and the codes of each row's values.
//!
//! All parts are Arrow buffers, so that a column is the same in memory and in a mapped file. Codes count from 1; zero
//! means "no value". A value is the text of a JSON scalar; that of a number is spelled as in the document.

use super::prefix_index::PrefixIndex;
use super::prefix_sort::advance;
use crate::source::{Scalar, document_time};
use arrow_buffer::{Buffer, ScalarBuffer};
use huntc_compiler::value::Value;
use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// What kind of JSON scalar a value is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    Text = 0,
    /// A whole number that fits into 64 bits.
    Int = 1,
    /// Any other number.
    Float = 2,
    /// `true` or `false`.
    Bool = 3,
}

impl Kind {
    /// The kind of a number, whose text fits JSON's grammar; `None` when it is greater than every float.
    pub(super) fn of_number(raw: &[u8], whole: bool) -> Option<Self> {
        if whole && raw.len() <= 18 {
            return Some(Self::Int);
        }
        let text = std::str::from_utf8(raw).ok()?;
        if whole && text.parse::<i64>().is_ok() {
            return Some(Self::Int);
        }
        text.parse::<f64>().ok().filter(|x| x.is_finite()).map(|_| Self::Float)
    }

    /// The kind that is written as this byte.
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Text, Self::Int, Self::Float, Self::Bool].into_iter().find(|k| *k as u8 == byte)
    }
}

/// Ends every value in a dictionary. No UTF-8 text contains this byte, so one search over all values cannot match
/// across two of them.
pub(super) const END: u8 = 0xff;

/// Distinct values, sorted by text, then kind.
#[derive(Clone, Debug)]
pub(super) struct Dictionary {
    /// Where each value begins in `blob`, and as the last one where the blob ends.
    pub(super) starts: ScalarBuffer<i32>,
    /// The texts, each followed by [`END`].
    pub(super) blob: Buffer,
    /// The kinds, one byte for each value; `None` when all are texts.
    pub(super) kinds: Option<Buffer>,
}

impl Dictionary {
    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The text of a value.
    pub(super) fn text(&self, index: usize) -> &[u8] {
        let (from, to) = (self.start(index), self.start(index + 1));
        self.blob.get(from..to.saturating_sub(1)).unwrap_or_default()
    }

    /// Where a value begins in the blob.
    pub(super) fn start(&self, index: usize) -> usize {
        self.starts.get(index).map_or(self.blob.len(), |s| *s as usize)
    }

    /// The kind of a value.
    pub(super) fn kind(&self, index: usize) -> Kind {
        let byte = self.kinds.as_ref().and_then(|k| k.get(index)).copied().unwrap_or_default();
        Kind::from_byte(byte).unwrap_or(Kind::Text)
    }

    /// A value as JSON had it. Texts are UTF-8: builders test what they read, and checksums protect files.
    pub(super) fn scalar(&self, index: usize) -> Scalar {
        let bytes = self.text(index);
        let text = std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
        match self.kind(index) {
            Kind::Bool => Scalar::Bool(text == "true"),
            Kind::Int => text.parse().map_or_else(|_| Scalar::Text(text.into()), Scalar::Int),
            Kind::Float => text.parse().map_or_else(|_| Scalar::Text(text.into()), Scalar::Float),
            Kind::Text => Scalar::Text(Arc::from(&*text)),
        }
    }

    /// The first place from `from` on whose value is not less than a text.
    pub(super) fn lower_bound(&self, text: &[u8], from: usize) -> usize {
        self.search(text, from, self.len())
    }

    /// As [`Self::lower_bound`]; fast when the place is near `from`.
    pub(super) fn lower_bound_near(&self, text: &[u8], from: usize) -> usize {
        advance(from, self.len(), |at| self.text(at) < text)
    }

    /// The first place between `low` and `high` whose value is not less than a text.
    pub(super) fn search(&self, text: &[u8], mut low: usize, mut high: usize) -> usize {
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.text(middle) < text { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The end of the values that are equal to a text, whatever their kind. They begin at `start` and end at `limit` at
    /// the latest.
    pub(super) fn end_of_equal(&self, text: &[u8], start: usize, limit: usize) -> usize {
        let mut stop = start;
        while stop < limit && self.text(stop) == text {
            stop += 1;
        }
        stop
    }

    /// The places of the values that are equal to a text, whatever their kind.
    pub(super) fn equal(&self, text: &[u8]) -> Range<usize> {
        let start = self.lower_bound(text, 0);
        start..self.end_of_equal(text, start, self.len())
    }

    /// The place of the value that contains a byte of the blob; not before `from`.
    pub(super) fn holder(&self, byte: usize, from: usize) -> usize {
        advance(from + 1, self.len().max(from + 1), |at| self.start(at) <= byte) - 1
    }
}

/// Makes a dictionary from values that arrive sorted by text, then kind.
#[derive(Debug)]
pub(super) struct DictionaryBuilder {
    starts: Vec<i32>,
    blob: Vec<u8>,
    kinds: Vec<u8>,
}

impl DictionaryBuilder {
    pub(super) fn new() -> Self {
        Self { starts: vec![0], blob: Vec::new(), kinds: Vec::new() }
    }

    /// Adds a value, unless it equals the last one. Returns its code.
    pub(super) fn add(&mut self, text: &[u8], kind: Kind) -> u32 {
        let last = self.starts.iter().rev().nth(1).and_then(|from| self.blob.get(*from as usize..self.blob.len() - 1));
        if last != Some(text) || self.kinds.last() != Some(&(kind as u8)) {
            self.blob.extend_from_slice(text);
            self.blob.push(END);
            self.starts.push(self.blob.len() as i32);
            self.kinds.push(kind as u8);
        }
        self.kinds.len() as u32
    }

    pub(super) fn finish(self) -> Dictionary {
        let kinds = self.kinds.iter().any(|k| *k != Kind::Text as u8).then(|| Buffer::from_vec(self.kinds));
        Dictionary { starts: self.starts.into(), blob: Buffer::from_vec(self.blob), kinds }
    }
}

/// Codes, stored in the smallest integer that holds them all.
#[derive(Clone, Debug)]
pub(super) enum Codes {
    /// At most 255 distinct values.
    U8(ScalarBuffer<u8>),
    /// At most 65,535 distinct values.
    U16(ScalarBuffer<u16>),
    U32(ScalarBuffer<u32>),
}

impl Codes {
    /// Packs the codes for a dictionary with `distinct` entries.
    pub(super) fn pack(codes: Vec<u32>, distinct: usize) -> Self {
        if u8::try_from(distinct).is_ok() {
            Self::U8(codes.into_iter().map(|c| c as u8).collect())
        } else if u16::try_from(distinct).is_ok() {
            Self::U16(codes.into_iter().map(|c| c as u16).collect())
        } else {
            Self::U32(codes.into())
        }
    }

    /// Codes for a dictionary with `distinct` entries, from the bytes that [`Self::pack`] made; `None` when they are not aligned.
    pub(super) fn read(distinct: usize, bytes: Buffer) -> Option<Self> {
        let fits = |size: usize, align: usize| bytes.len().is_multiple_of(size) && bytes.as_ptr().align_offset(align) == 0;
        if u8::try_from(distinct).is_ok() {
            Some(Self::U8(bytes.into()))
        } else if u16::try_from(distinct).is_ok() {
            fits(2, align_of::<u16>()).then(|| Self::U16(bytes.clone().into()))
        } else {
            fits(4, align_of::<u32>()).then(|| Self::U32(bytes.clone().into()))
        }
    }

    /// The code at a place; zero beyond the end.
    pub(super) fn get(&self, index: usize) -> u32 {
        match self {
            Self::U8(codes) => codes.get(index).map_or(0, |c| u32::from(*c)),
            Self::U16(codes) => codes.get(index).map_or(0, |c| u32::from(*c)),
            Self::U32(codes) => codes.get(index).copied().unwrap_or(0),
        }
    }

    /// The greatest code; zero when there is none.
    fn most(&self) -> u32 {
        match self {
            Self::U8(codes) => codes.iter().copied().max().map_or(0, u32::from),
            Self::U16(codes) => codes.iter().copied().max().map_or(0, u32::from),
            Self::U32(codes) => codes.iter().copied().max().unwrap_or(0),
        }
    }

    /// How many bytes they take.
    fn bytes(&self) -> usize {
        match self {
            Self::U8(codes) => codes.len(),
            Self::U16(codes) => 2 * codes.len(),
            Self::U32(codes) => 4 * codes.len(),
        }
    }

    /// How many codes there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::U8(codes) => codes.len(),
            Self::U16(codes) => codes.len(),
            Self::U32(codes) => codes.len(),
        }
    }
}

/// The first value of each row.
#[derive(Clone, Debug)]
pub(super) struct First {
    /// The rows that have a value, ascending; `None`: `codes` has one code for each row of the segment.
    pub(super) rows: Option<ScalarBuffer<u32>>,
    /// One code for each of `rows`, or for each row of the segment. In the latter case zero means that the row has no value.
    pub(super) codes: Codes,
}

/// The values of one field over the rows of a segment.
#[derive(Debug)]
pub(super) struct StoredColumn {
    pub(super) dictionary: Dictionary,
    pub(super) first: First,
    /// The rows of second and later values, ascending; those of one row in the order of the document.
    pub(super) more_rows: ScalarBuffer<u32>,
    /// The codes of the values of `more_rows`.
    pub(super) more_codes: ScalarBuffer<u32>,
    numbers: OnceLock<Vec<(Value, u32)>>,
    addresses: OnceLock<Vec<(u128, u32)>>,
    times: OnceLock<Vec<(i64, u32)>>,
    prefixes: OnceLock<PrefixIndex>,
}

impl StoredColumn {
    pub(super) fn new(dictionary: Dictionary, first: First, more_rows: ScalarBuffer<u32>, more_codes: ScalarBuffer<u32>) -> Self {
        let (numbers, addresses, times) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { dictionary, first, more_rows, more_codes, numbers, addresses, times, prefixes: OnceLock::new() }
    }

    /// Makes a column from pairs of row and code, for a segment of `rows` rows, and says how many rows have a value.
    /// Rows may come in any order, values of one row in their own. `place` says where each row was moved.
    pub(super) fn assemble(dictionary: Dictionary, mut values: Vec<(u32, u32)>, place: Option<&[u32]>, rows: usize) -> (Self, u64) {
        let present = usize::from(!values.is_empty()) + values.windows(2).filter(|w| w[0].0 != w[1].0).count();
        let dense = present * 8 >= rows;
        if let Some(place) = place {
            for (row, _) in &mut values {
                *row = place[*row as usize];
            }
            // Dense columns put first values at their rows; everything else needs sorted rows.
            if !dense || values.len() > present {
                values.sort_by_key(|(row, _)| *row);
            }
        }
        let mut first_rows = Vec::new();
        let mut first = if dense { vec![0; rows] } else { Vec::with_capacity(present) };
        let (mut more_rows, mut more_codes) = (Vec::new(), Vec::new());
        let mut last = u32::MAX;
        for (row, code) in values {
            if row == last {
                more_rows.push(row);
                more_codes.push(code);
            } else if dense {
                first[row as usize] = code;
            } else {
                first_rows.push(row);
                first.push(code);
            }
            last = row;
        }
        let rows = (!dense).then(|| ScalarBuffer::from(first_rows));
        let first = First { rows, codes: Codes::pack(first, dictionary.len()) };
        (Self::new(dictionary, first, more_rows.into(), more_codes.into()), present as u64)
    }

    /// Roughly how many bytes it takes, with what is made of it later.
    pub(super) fn bytes(&self) -> usize {
        let Dictionary { starts, blob, kinds } = &self.dictionary;
        let dictionary = 4 * starts.len() + blob.len() + kinds.as_ref().map_or(0, Buffer::len);
        let rows = self.first.rows.as_ref().map_or(0, |rows| 4 * rows.len());
        Self::EACH + dictionary + rows + self.first.codes.bytes() + 8 * self.more_rows.len()
    }

    /// Bytes of a column beside its values and codes: its own, and those around each of its parts in memory.
    pub(super) const EACH: usize = 2 * size_of::<Self>();

    /// The pairs of row and code of all values, sorted by row; those of one row in their own order.
    pub(super) fn each(&self) -> Vec<(u32, u32)> {
        let mut out = Vec::with_capacity(self.first.codes.len() + self.more_rows.len());
        let mut more = self.more_rows.iter().copied().zip(self.more_codes.iter().copied()).peekable();
        for index in 0..self.first.codes.len() {
            let row = self.first.rows.as_ref().and_then(|r| r.get(index)).copied().unwrap_or(index as u32);
            let code = self.first.codes.get(index);
            if code != 0 {
                out.push((row, code));
            }
            while let Some(value) = more.next_if(|(r, _)| *r <= row) {
                out.push(value);
            }
        }
        out
    }

    /// Whether the parts are consistent, for a segment of `rows` rows.
    pub(super) fn is_sound(&self, rows: usize) -> bool {
        let dictionary = &self.dictionary;
        let starts = &dictionary.starts;
        let ends = starts.first() == Some(&0) && dictionary.start(dictionary.len()) == dictionary.blob.len();
        let kinds = dictionary.kinds.as_ref().is_none_or(|k| k.len() == dictionary.len());
        let first = self.first.rows.as_deref().map_or(rows, <[u32]>::len) == self.first.codes.len();
        let all_rows = self.first.rows.as_deref().unwrap_or_default().iter().chain(self.more_rows.iter());
        let inside = all_rows.max().is_none_or(|r| (*r as usize) < rows);
        let most = self.first.codes.most().max(self.more_codes.iter().copied().max().unwrap_or(0));
        let ascending = self.first.rows.as_deref().is_none_or(<[u32]>::is_sorted) && self.more_rows.is_sorted();
        let lists = first && inside && ascending && self.more_rows.len() == self.more_codes.len();
        ends && starts.is_sorted() && kinds && lists && most as usize <= dictionary.len()
    }

    /// The values that are numbers, with their codes, sorted. Texts that spell a number count as numbers.
    pub(super) fn numbers(&self) -> &[(Value, u32)] {
        self.numbers.get_or_init(|| self.derive(number))
    }

    /// The values that are addresses, with their codes, sorted.
    pub(super) fn addresses(&self) -> &[(u128, u32)] {
        self.addresses.get_or_init(|| self.derive(|text, _| address_of(text)))
    }

    /// The values that are times, in milliseconds since the epoch, with their codes, sorted.
    pub(super) fn times(&self) -> &[(i64, u32)] {
        self.times.get_or_init(|| self.derive(millis))
    }

    /// The index for looking up many texts at once.
    pub(super) fn prefixes(&self) -> &PrefixIndex {
        self.prefixes.get_or_init(|| PrefixIndex::of(&self.dictionary))
    }

    fn derive<T: Ord>(&self, read: impl Fn(&[u8], Kind) -> Option<T>) -> Vec<(T, u32)> {
        let each = |index| Some((read(self.dictionary.text(index), self.dictionary.kind(index))?, index as u32 + 1));
        let mut found: Vec<(T, u32)> = (0..self.dictionary.len()).filter_map(each).collect();
        found.sort_unstable();
        found
    }
}

/// The address that a value spells, as 128 bits.
pub(super) fn address_of(text: &[u8]) -> Option<u128> {
    address(std::str::from_utf8(text).ok()?)
}

/// The time that a value is or spells, in milliseconds since the epoch.
pub(super) fn millis(text: &[u8], kind: Kind) -> Option<i64> {
    time(text, kind).map(huntc_compiler::time::Instant::millis_floor)
}

/// The time that a value is or spells.
pub(super) fn time(text: &[u8], kind: Kind) -> Option<huntc_compiler::time::Instant> {
    let text = std::str::from_utf8(text).ok()?;
    match kind {
        Kind::Text => document_time::of_text(text),
        Kind::Int | Kind::Float => document_time::of_number(text),
        Kind::Bool => None,
    }
}

/// The number that a value is or spells.
pub(super) fn number(text: &[u8], kind: Kind) -> Option<Value> {
    if kind == Kind::Bool { None } else { spelled_number(std::str::from_utf8(text).ok()?) }
}

/// The number that a text spells; `None` when it spells none.
pub(super) fn spelled_number(text: &str) -> Option<Value> {
    if let Ok(int) = text.parse::<i64>() {
        return Some(Value::Int(int));
    }
    // Rust also parses `inf` and `nan`, which no log means as numbers.
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E')) {
        return None;
    }
    text.parse::<f64>().ok().filter(|x| x.is_finite()).map(Value::Float)
}

/// An address as 128 bits. IPv4 addresses become the IPv4-mapped IPv6 address, so that the two forms are equal.
pub(super) fn address(text: &str) -> Option<u128> {
    text.parse::<IpAddr>().ok().map(address_bits)
}

/// As [`address`].
pub(super) fn address_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// The name of a field, and how many rows have it.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: Arc<str>,
    /// How many rows have a value.
    pub(super) present: u64,
}
