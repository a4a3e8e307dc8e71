//! The distinct values of one column while a segment is built. A value's code is its place in the order of first appearance.

use super::super::column::Kind;
use super::bytes::{begins, same};
use super::escape::unescape;
use foldhash::fast::RandomState;
use std::hash::{BuildHasher, Hasher};

/// A distinct value: where its text is in `raw`, its kind, and whether it has escapes.
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    len: u32,
    kind: Kind,
    escaped: bool,
}

/// A slot without a value. It is not zero: the system gives a table of zeros its memory page by page, and each page would interrupt the
/// thread twice, where it is first read and where it is first written.
const FREE: (u32, u32) = (0, NO_CODE);
const NO_CODE: u32 = u32::MAX;

/// The distinct values of a column. Texts keep their escapes, so that a repeated value is found without undoing them.
/// Equal values with different escapes become one when the segment is sealed.
#[derive(Debug, Default)]
pub(super) struct Interner {
    /// A hash table with linear probing: hash and code, or [`FREE`].
    slots: Vec<(u32, u32)>,
    entries: Vec<Entry>,
    /// The texts one after the other, each followed by its closing quote.
    raw: Vec<u8>,
    /// The code that was returned last.
    last: u32,
}

/// A look-up in progress, with the entry that probably is the value's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guess {
    hash: u32,
    /// [`NO_CODE`] when there is no guess.
    code: u32,
    entry: Option<Entry>,
}

impl Guess {
    /// Begins the look-up of a value. Who writes the values must not know `secret`, or could choose such as collide.
    pub(super) fn new(secret: &RandomState, raw: &[u8], kind: Kind) -> Self {
        let mut hasher = secret.build_hasher();
        hasher.write(raw);
        hasher.write_u8(kind as u8);
        Self { hash: (hasher.finish() >> 16) as u32, code: NO_CODE, entry: None }
    }
}

/// The escapes of a value are no Unicode text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BadEscape;

impl Interner {
    /// Bytes that a value takes beside its text, roughly.
    pub(super) const EACH: usize = size_of::<Entry>() + 3 * size_of::<(u32, u32)>();

    /// How many distinct values there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// If `text` begins with the last value as a JSON string: the value's code, and the length of the string.
    pub(super) fn again(&self, text: &[u8]) -> Option<(u32, usize)> {
        let entry = self.entries.get(self.last as usize)?;
        let (start, len) = (entry.start as usize, entry.len as usize);
        // The stored text is a complete string, so the quote behind the same bytes ends this string too.
        let quoted = self.raw.get(start..=start + len)?;
        (entry.kind == Kind::Text && begins(text.get(1..)?, quoted)).then_some((self.last, len + 2))
    }

    /// Second step of a look-up: the code in the slot of the hash. It compares no texts, so that look-ups do not wait
    /// for each other's memory.
    pub(super) fn guess(&self, guess: Guess) -> Guess {
        let at = guess.hash as usize & self.slots.len().wrapping_sub(1);
        let (hash, code) = self.slots.get(at).copied().unwrap_or(FREE);
        Guess { code: if hash == guess.hash { code } else { NO_CODE }, ..guess }
    }

    /// Third step of a look-up: the entry of the guessed code.
    pub(super) fn locate(&self, guess: Guess) -> Guess {
        Guess { entry: self.entries.get(guess.code as usize).copied(), ..guess }
    }

    /// Last step of a look-up: the code of the value, which is added if it is new.
    pub(super) fn code(&mut self, guess: Guess, raw: &[u8], kind: Kind, escaped: bool) -> Result<u32, BadEscape> {
        if guess.entry.is_some_and(|entry| entry.kind == kind && same(self.raw_of(entry), raw)) {
            self.last = guess.code;
            return Ok(guess.code);
        }
        if self.slots.len() < (self.entries.len() + 1) * 2 {
            self.grow();
        }
        let hash = guess.hash;
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != FREE {
            let (other, code) = self.slots[at];
            if other == hash && self.is(code, raw, kind) {
                self.last = code;
                return Ok(code);
            }
            at = (at + 1) & mask;
        }
        if escaped && !unescape(raw, &mut Vec::with_capacity(raw.len())) {
            return Err(BadEscape);
        }
        let code = self.entries.len() as u32;
        self.entries.push(Entry { start: self.raw.len() as u32, len: raw.len() as u32, kind, escaped });
        self.raw.extend_from_slice(raw);
        self.raw.push(b'"');
        self.slots[at] = (hash, code);
        self.last = code;
        Ok(code)
    }

    /// Appends the text of a value without escapes.
    pub(super) fn append_text(&self, code: u32, out: &mut Vec<u8>) {
        let entry = self.entries[code as usize];
        if entry.escaped {
            unescape(self.raw_of(entry), out);
        } else {
            out.extend_from_slice(self.raw_of(entry));
        }
    }

    /// The kind of a value.
    pub(super) fn kind(&self, code: u32) -> Kind {
        self.entries[code as usize].kind
    }

    fn raw_of(&self, entry: Entry) -> &[u8] {
        &self.raw[entry.start as usize..entry.start as usize + entry.len as usize]
    }

    fn is(&self, code: u32, raw: &[u8], kind: Kind) -> bool {
        self.entries.get(code as usize).is_some_and(|&e| e.kind == kind && same(self.raw_of(e), raw))
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(16);
        let old = std::mem::replace(&mut self.slots, vec![FREE; size]);
        for slot in old.into_iter().filter(|slot| *slot != FREE) {
            let mut at = slot.0 as usize & (size - 1);
            while self.slots[at] != FREE {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = slot;
        }
    }
}
