//! The distinct values of one column while a segment is built: raw JSON text to code, in order of appearance.

use super::super::column::Kind;
use super::escape::unescape;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// A distinct value.
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    len: u32,
    hash: u32,
    kind: Kind,
    escaped: bool,
}

/// Distinct values of a column. Texts are kept with their escapes, so that a repeated value is found without undoing
/// them; equal values that were written differently meet when the segment is sealed.
#[derive(Debug, Default)]
pub(super) struct Interner {
    /// Code plus one, at the hash's place or behind; zero is free.
    slots: Vec<u32>,
    entries: Vec<Entry>,
    raw: Vec<u8>,
    last: u32,
}

/// A value that is no value: its escapes are no Unicode text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BadEscape;

impl Interner {
    /// How many distinct values there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The code of a value, new or known.
    pub(super) fn code(&mut self, raw: &[u8], kind: Kind, escaped: bool) -> Result<u32, BadEscape> {
        if self.is(self.last, raw, kind) {
            return Ok(self.last);
        }
        if self.slots.len() < (self.entries.len() + 1) * 2 {
            self.grow();
        }
        let hash = hash(raw, kind);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                0 => break,
                slot => {
                    let code = slot - 1;
                    if self.entries[code as usize].hash == hash && self.is(code, raw, kind) {
                        self.last = code;
                        return Ok(code);
                    }
                }
            }
            at = (at + 1) & mask;
        }
        if escaped && !unescape(raw, &mut Vec::with_capacity(raw.len())) {
            return Err(BadEscape);
        }
        let code = self.entries.len() as u32;
        self.entries.push(Entry { start: self.raw.len() as u32, len: raw.len() as u32, hash, kind, escaped });
        self.raw.extend_from_slice(raw);
        self.slots[at] = code + 1;
        self.last = code;
        Ok(code)
    }

    /// Appends the text of a value, with its escapes undone.
    pub(super) fn append_text(&self, code: u32, out: &mut Vec<u8>) {
        unescape(self.raw(code).0, out);
    }

    /// Whether a value holds escapes.
    pub(super) fn escaped(&self, code: u32) -> bool {
        self.entries[code as usize].escaped
    }

    /// The raw text and kind of a value.
    pub(super) fn raw(&self, code: u32) -> (&[u8], Kind) {
        let entry = self.entries[code as usize];
        (self.raw_of(entry), entry.kind)
    }

    fn raw_of(&self, entry: Entry) -> &[u8] {
        &self.raw[entry.start as usize..entry.start as usize + entry.len as usize]
    }

    fn is(&self, code: u32, raw: &[u8], kind: Kind) -> bool {
        self.entries.get(code as usize).is_some_and(|&e| e.kind == kind && self.raw_of(e) == raw)
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(16);
        self.slots.clear();
        self.slots.resize(size, 0);
        for (code, entry) in self.entries.iter().enumerate() {
            let mut at = entry.hash as usize & (size - 1);
            while self.slots[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = code as u32 + 1;
        }
    }
}

fn hash(raw: &[u8], kind: Kind) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(raw);
    hasher.write_u8(kind as u8);
    (hasher.finish() >> 16) as u32
}
