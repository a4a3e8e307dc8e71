//! Builds a segment: rows as they come, then sorted by time, with sorted dictionaries.

use super::super::column::{Column, Dictionary, DictionaryBuilder, Field, Kind};
use super::super::segment::{Segment, sort_rows};
use super::Limits;
use super::interner::Interner;
use super::parser::{Documents, ID, INDEX};
use crate::source::files::BadReason;
use std::sync::Arc;

/// Rows of a segment at most.
pub(in super::super) const MAX_ROWS: usize = 131_072;

/// `_index` and `_id` of an action line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Meta<'a> {
    pub(super) index: Option<&'a str>,
    pub(super) id: Option<&'a str>,
}

/// A segment that grows.
#[derive(Debug)]
pub(super) struct Builder {
    documents: Documents,
    /// Rows and codes of each column's values, in the order of the rows.
    values: Vec<Vec<(u32, u32)>>,
    times: Vec<i64>,
    ids: Vec<u64>,
    /// Bytes of JSON read.
    read: usize,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self { documents: Documents::new(), values: Vec::new(), times: Vec::new(), ids: Vec::new(), read: 0 }
    }

    /// Whether the segment should be sealed before more is added.
    pub(super) fn is_full(&self, limits: &Limits) -> bool {
        self.times.len() >= limits.segment_rows || self.read >= limits.segment_bytes
    }

    /// Adds a document, which must be UTF-8, under its id.
    pub(super) fn add(&mut self, line: &[u8], id: u64, meta: Meta<'_>) -> Result<(), BadReason> {
        self.read += line.len();
        let time = self.documents.read(line)?;
        for (column, text) in [(INDEX, meta.index), (ID, meta.id)] {
            if let Some(text) = text {
                self.documents.put_fixed(column, text);
            }
        }
        let row = self.times.len() as u32;
        for (column, code) in self.documents.values() {
            let column = column as usize;
            if self.values.len() <= column {
                self.values.resize_with(column + 1, Vec::new);
            }
            self.values[column].push((row, code));
        }
        self.times.push(time);
        self.ids.push(id);
        Ok(())
    }

    /// Ends the segment and begins the next one. `None` where there are no rows.
    pub(super) fn seal(&mut self) -> Option<Segment> {
        self.read = 0;
        if self.times.is_empty() {
            self.documents.clear();
            return None;
        }
        let (times, ids, place) = sort_rows(std::mem::take(&mut self.times), std::mem::take(&mut self.ids));
        let mut columns = Vec::new();
        for (column, values) in std::mem::take(&mut self.values).into_iter().enumerate() {
            let name = self.documents.paths.names()[column].as_str();
            if !values.is_empty() {
                let (column, present) = seal_column(&self.documents.interners[column], values, place.as_deref(), times.len());
                columns.push((Field { name: Arc::from(name), present }, column));
            }
        }
        columns.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        self.documents.clear();
        Some(Segment::in_memory(times.into(), ids.into(), columns))
    }
}

fn seal_column(interner: &Interner, mut values: Vec<(u32, u32)>, place: Option<&[u32]>, rows: usize) -> (Column, u64) {
    let (dictionary, codes) = sort_values(interner, &values);
    for (_, code) in &mut values {
        *code = codes[*code as usize];
    }
    Column::assemble(dictionary, values, place, rows)
}

/// The dictionary of the values in use, and the new code of each old one.
fn sort_values(interner: &Interner, values: &[(u32, u32)]) -> (Dictionary, Vec<u32>) {
    let mut used = vec![false; interner.len()];
    for (_, code) in values {
        used[*code as usize] = true;
    }
    let mut buffers = Texts::default();
    let mut order: Vec<(u64, u32)> = Vec::with_capacity(used.len());
    for code in (0..interner.len() as u32).filter(|c| used[*c as usize]) {
        let text = buffers.add(interner, code);
        order.push((prefix(text), code));
    }
    let value = |code: u32| buffers.get(interner, code);
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| value(a.1).cmp(&value(b.1))));
    let mut codes = vec![0; interner.len()];
    let mut dictionary = DictionaryBuilder::new();
    for (_, code) in order {
        let (text, kind) = value(code);
        codes[code as usize] = dictionary.add(text, kind);
    }
    (dictionary.finish(), codes)
}

/// The texts of values that have escapes, without them.
#[derive(Default)]
struct Texts {
    plain: Vec<u8>,
    ranges: rustc_hash::FxHashMap<u32, (u32, u32)>,
}

impl Texts {
    fn add<'a>(&'a mut self, interner: &'a Interner, code: u32) -> &'a [u8] {
        if !interner.escaped(code) {
            return interner.raw(code).0;
        }
        let from = self.plain.len();
        interner.append_text(code, &mut self.plain);
        self.ranges.insert(code, (from as u32, self.plain.len() as u32));
        &self.plain[from..]
    }

    fn get<'a>(&'a self, interner: &'a Interner, code: u32) -> (&'a [u8], Kind) {
        let (raw, kind) = interner.raw(code);
        match self.ranges.get(&code) {
            Some((from, to)) if interner.escaped(code) => (&self.plain[*from as usize..*to as usize], kind),
            _ => (raw, kind),
        }
    }
}

/// The first eight bytes as a number that sorts like them; shorter texts are filled up with zeros and sort first by the
/// comparison that follows.
fn prefix(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let len = text.len().min(8);
    bytes[..len].copy_from_slice(&text[..len]);
    u64::from_be_bytes(bytes)
}
