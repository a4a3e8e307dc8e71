//! The tokens of JSON.

use super::super::column::Kind;
use super::escape::unescape;
use crate::source::json_string::plain;
use crate::source::logs::BadReason;
use crate::source::repair;

/// The deepest nesting of objects and arrays.
pub(super) const MAX_DEPTH: u32 = repair::MAX_DEPTH as u32;

/// A part that was parsed, or why the line is no record.
pub(super) type Parsed<T> = Result<T, BadReason>;

/// A JSON text, and how far it is read.
pub(super) struct Text<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Skips an object or an array. It must be as valid as one that is kept.
    pub(super) fn pass(&mut self, depth: u32, scratch: &mut Vec<u8>) -> Parsed<()> {
        if depth > MAX_DEPTH {
            return Err(BadReason::TooDeep);
        }
        let object = self.take(b'{');
        let close = if object { b'}' } else { b']' };
        self.at += usize::from(!object);
        self.space();
        if self.take(close) {
            return Ok(());
        }
        loop {
            if object {
                self.pass_string(scratch)?;
                self.space();
                self.expect(b':')?;
                self.space();
            }
            match self.peek() {
                Some(b'{' | b'[') => self.pass(depth + 1, scratch)?,
                Some(b't') => self.word(b"true")?,
                Some(b'f') => self.word(b"false")?,
                Some(b'n') => self.word(b"null")?,
                Some(b'-' | b'0'..=b'9') => drop(self.number()?),
                _ => self.pass_string(scratch)?,
            }
            self.space();
            if !self.take(b',') {
                return self.expect(close);
            }
            self.space();
        }
    }

    fn pass_string(&mut self, scratch: &mut Vec<u8>) -> Parsed<()> {
        if self.peek() != Some(b'"') {
            return Err(BadReason::Malformed);
        }
        let (raw, escaped) = self.string()?;
        readable(raw, escaped, scratch)
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, byte: u8) -> Parsed<()> {
        if self.take(byte) { Ok(()) } else { Err(BadReason::Malformed) }
    }

    pub(super) fn word(&mut self, word: &[u8]) -> Parsed<()> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(BadReason::Malformed);
        }
        self.at += word.len();
        Ok(())
    }

    /// Reads a string from its opening quote on: the text between the quotes, and whether it has escapes.
    pub(super) fn string(&mut self) -> Parsed<(&'a [u8], bool)> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at += plain(&self.bytes[at.min(self.bytes.len())..]);
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                _ => return Err(BadReason::Malformed),
            }
        }
        self.at = at + 1;
        Ok((&self.bytes[start..at], escaped))
    }

    /// Reads a number by JSON's grammar. Whole numbers beyond 64 bits are floats.
    pub(super) fn number(&mut self) -> Parsed<(&'a [u8], Kind)> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            return Err(BadReason::Malformed);
        }
        let mut whole = true;
        if self.take(b'.') {
            whole = false;
            if self.digits() == 0 {
                return Err(BadReason::Malformed);
            }
        }
        if self.take(b'e') || self.take(b'E') {
            whole = false;
            let _sign = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return Err(BadReason::Malformed);
            }
        }
        let raw = &self.bytes[start..self.at];
        let kind = Kind::of_number(raw, whole).ok_or(BadReason::Malformed)?;
        Ok((raw, kind))
    }

    pub(super) fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }
}

/// Tests the escapes of a text that is not kept.
pub(super) fn readable(raw: &[u8], escaped: bool, scratch: &mut Vec<u8>) -> Parsed<()> {
    scratch.clear();
    if !escaped || unescape(raw, scratch) { Ok(()) } else { Err(BadReason::Malformed) }
}
