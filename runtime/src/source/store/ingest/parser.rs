//! Reads one JSON document into the values of a row.
//!
//! Written by hand and not with serde: values go into dictionaries as they are in the text, numbers keep their
//! spelling, and the escapes of a string are undone once for each distinct value. Objects in arrays are flattened.
//! Nulls and empty arrays are absent. Dotted and nested keys are the same field; if a document has both, the values of
//! both count. When a key occurs twice in one object, the last value counts, as in other JSON readers.

use super::super::column::{Kind, time};
use super::escape::unescape;
use super::interner::{BadEscape, Guess, Interner};
use super::paths::{EdgeId, NodeId, Paths, ROOT};
use super::text::{MAX_DEPTH, Parsed, Text, readable};
use crate::source::logs::BadReason;
use crate::source::{Fields, document_time};
use foldhash::fast::RandomState;

/// When the tree of paths takes more bytes than this, the next segment begins with an empty one.
const BURDEN: usize = 4 << 20;
/// The most bytes of memory that new field names of one document may take. A name repeats the names of the objects
/// around it, so a short text can have very long ones.
const MAX_NEW_NAMES: usize = 32 << 20;

/// The columns that every builder has, at these places.
pub(super) const FIXED: [&str; 4] = ["@timestamp", "_index", "_id", "_version"];
/// Place of `@timestamp`.
pub(super) const TIME: u32 = 0;
/// Place of `_index`.
pub(super) const INDEX: u32 = 1;
/// Place of `_id`.
pub(super) const ID: u32 = 2;
/// Place of `_version`.
pub(super) const VERSION: u32 = 3;
/// Marks the column of a value that another one replaced.
const REPLACED: u32 = u32::MAX;
/// Marks the code of a time in the common form: its text can be made from its nanoseconds, so no dictionary holds it.
const PLAIN_TIME: u32 = u32::MAX;

/// The parser's state: the values of the current document, and the dictionaries of all documents of the segment.
#[derive(Debug)]
pub(super) struct Documents {
    pub(super) paths: Paths,
    pub(super) interners: Vec<Interner>,
    /// Pairs of column and code, in the order of the document.
    values: Vec<(u32, u32)>,
    /// Values that have not been looked up in a dictionary yet.
    pending: Vec<Pending>,
    /// For each value of `@timestamp`: its place in `values`, and its nanoseconds since the epoch.
    times: Vec<(u32, Option<i64>)>,
    /// Whether the document is a search hit with a `_source`.
    hit: bool,
    objects: u64,
    /// Bytes that the dictionaries take, roughly.
    held: usize,
    /// The most bytes that the tree of paths may take during the current document.
    most_names: usize,
    /// Buffer for texts whose escapes are undone.
    scratch: Vec<u8>,
    /// The key of the hashes in the dictionaries.
    secret: RandomState,
    source: EdgeId,
    meta: [EdgeId; 3],
}

/// A value of the current document that is to be looked up in its column's dictionary.
#[derive(Clone, Copy, Debug)]
struct Pending {
    /// The place of its column and code in `values`.
    place: u32,
    /// Where its text begins in the document.
    start: u32,
    len: u32,
    kind: Kind,
    escaped: bool,
    guess: Guess,
}

impl From<BadEscape> for BadReason {
    fn from(_: BadEscape) -> Self {
        Self::Malformed
    }
}

impl Documents {
    /// A parser that keeps only the values of `fields`.
    pub(super) fn new(fields: Fields) -> Self {
        let mut paths = Paths::new(&FIXED, fields);
        let source = paths.edge(ROOT, None, b"_source");
        let meta = ["_index", "_id", "_version"].map(|name| paths.edge(ROOT, None, name.as_bytes()));
        let interners = FIXED.iter().map(|_| Interner::default()).collect();
        let (values, pending, times, scratch) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (objects, held, most_names, hit, secret) = (0, 0, 0, false, RandomState::default());
        Self { paths, interners, values, pending, times, hit, objects, held, most_names, scratch, secret, source, meta }
    }

    /// Bytes of memory that the dictionaries and the paths take, roughly.
    pub(super) fn held(&self) -> usize {
        self.held + self.paths.held()
    }

    /// Forgets all dictionaries, and also the paths when they take much memory.
    pub(super) fn clear(&mut self) {
        if self.paths.held() > BURDEN {
            *self = Self::new(self.paths.fields().clone());
            return;
        }
        self.held = 0;
        for interner in &mut self.interners {
            *interner = Interner::default();
        }
    }

    /// Parses a document, which must be UTF-8, and returns its time in nanoseconds. [`Self::values`] then has the rest.
    pub(super) fn read(&mut self, line: &[u8]) -> Parsed<i64> {
        self.values.clear();
        self.pending.clear();
        self.times.clear();
        self.hit = false;
        self.most_names = self.paths.held() + MAX_NEW_NAMES;
        let mut text = Text::new(line);
        text.space();
        if text.peek() != Some(b'{') {
            let json = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
            return Err(if json { BadReason::NotAnObject } else { BadReason::Malformed });
        }
        let parsed = self.object(&mut text, ROOT, 1, true);
        self.look_up(line)?;
        parsed?;
        text.space();
        if text.at != line.len() {
            return Err(BadReason::Malformed);
        }
        self.time()
    }

    /// Looks up the values of a document. Dictionaries are larger than processor caches, so each step is done for all
    /// values before the next one begins: they wait for memory together.
    fn look_up(&mut self, line: &[u8]) -> Parsed<()> {
        let Self { interners, values, pending, scratch, held, .. } = self;
        let column = |one: &Pending| values[one.place as usize].0;
        for one in pending.iter_mut().filter(|one| column(one) != REPLACED) {
            one.guess = interners[column(one) as usize].guess(one.guess);
        }
        for one in pending.iter_mut().filter(|one| column(one) != REPLACED) {
            one.guess = interners[column(one) as usize].locate(one.guess);
        }
        for one in pending.iter() {
            let raw = &line[one.start as usize..][..one.len as usize];
            let value = &mut values[one.place as usize];
            if value.0 == REPLACED {
                readable(raw, one.escaped, scratch)?;
                continue;
            }
            let interner = &mut interners[value.0 as usize];
            let before = interner.len();
            value.1 = interner.code(one.guess, raw, one.kind, one.escaped)?;
            if interner.len() > before {
                *held += raw.len() + Interner::EACH;
            }
        }
        Ok(())
    }

    /// Column and code of each value of the last document, in their order.
    pub(super) fn values(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.values.iter().copied().filter(|(column, code)| *column != REPLACED && (*column, *code) != (TIME, PLAIN_TIME))
    }

    /// Adds a text as the value of a fixed column, unless the last document has one itself.
    pub(super) fn put_fixed(&mut self, column: u32, text: &str) {
        if !self.values.iter().any(|(c, _)| *c == column)
            && let Ok(code) = self.fixed_code(column, text.as_bytes())
        {
            self.values.push((column, code));
        }
    }

    fn fixed_code(&mut self, column: u32, text: &[u8]) -> Result<u32, BadEscape> {
        let guess = Guess::new(&self.secret, text, Kind::Text);
        self.interners[column as usize].code(guess, text, Kind::Text, false)
    }

    /// The time of the document: its first one. When it has several, they become values of the column too.
    fn time(&mut self) -> Parsed<i64> {
        let values = &self.values;
        self.times.retain(|(place, _)| values.get(*place as usize).is_some_and(|(column, _)| *column == TIME));
        let Some((_, first)) = self.times.first() else { return Err(BadReason::NoTimestamp) };
        let first = first.ok_or(BadReason::UnreadableTimestamp)?;
        if self.times.len() > 1 {
            for at in 0..self.times.len() {
                let (place, time) = self.times[at];
                if self.values[place as usize].1 == PLAIN_TIME {
                    let code = self.fixed_code(TIME, &document_time::format(time.unwrap_or(first)))?;
                    self.values[place as usize].1 = code;
                }
            }
        }
        Ok(first)
    }

    fn object(&mut self, text: &mut Text<'_>, node: NodeId, depth: u32, top: bool) -> Parsed<()> {
        if depth > MAX_DEPTH {
            return Err(BadReason::TooDeep);
        }
        self.objects += 1;
        let object = self.objects;
        let mut before = None;
        text.at += 1;
        text.space();
        if text.take(b'}') {
            return Ok(());
        }
        loop {
            let edge = self.key(text, node, before)?;
            before = Some(edge);
            if self.paths.held() > self.most_names {
                return Err(BadReason::TooManyFields);
            }
            text.space();
            if let Some((from, to)) = self.paths.enter(edge, object) {
                self.replace(from, to);
            }
            let from = self.values.len();
            if top {
                self.top_value(text, edge, depth)?;
            } else {
                self.value(text, self.paths.child(edge), depth)?;
            }
            self.paths.leave(edge, from, self.values.len());
            text.space();
            if !text.take(b',') {
                return text.expect(b'}');
            }
            text.space();
        }
    }

    /// A value at the top of the document. If the document is a search hit, the fields of its `_source` take the place
    /// of all others but `_index`, `_id` and `_version`.
    fn top_value(&mut self, text: &mut Text<'_>, edge: EdgeId, depth: u32) -> Parsed<()> {
        if edge == self.source && text.peek() == Some(b'{') {
            self.hit = true;
            for value in &mut self.values {
                if ![INDEX, ID, VERSION].contains(&value.0) {
                    value.0 = REPLACED;
                }
            }
            return self.object(text, ROOT, depth + 1, false);
        }
        let from = self.values.len();
        self.value(text, self.paths.child(edge), depth)?;
        if self.hit && !self.meta.contains(&edge) {
            self.replace(from as u32, self.values.len() as u32);
        }
        Ok(())
    }

    fn replace(&mut self, from: u32, to: u32) {
        for value in self.values.get_mut(from as usize..to as usize).unwrap_or_default() {
            value.0 = REPLACED;
        }
    }

    /// A key and the colon behind it.
    fn key(&mut self, text: &mut Text<'_>, node: NodeId, before: Option<EdgeId>) -> Parsed<EdgeId> {
        if let Some((edge, len)) = self.paths.again(node, before, text.rest()) {
            text.at += len;
            return Ok(edge);
        }
        if text.peek() != Some(b'"') {
            return Err(BadReason::Malformed);
        }
        let (raw, escaped) = text.string()?;
        let key = if escaped {
            self.scratch.clear();
            if !unescape(raw, &mut self.scratch) {
                return Err(BadReason::Malformed);
            }
            &self.scratch
        } else {
            raw
        };
        let edge = self.paths.edge(node, before, key);
        text.space();
        text.expect(b':')?;
        Ok(edge)
    }

    fn value(&mut self, text: &mut Text<'_>, node: NodeId, depth: u32) -> Parsed<()> {
        match text.peek() {
            Some(b'"') => {
                // A time in the common form is not in its column's dictionary.
                if let Some(column) = self.paths.column(node).filter(|column| *column != TIME)
                    && let Some(interner) = self.interners.get(column as usize)
                    && let Some((code, len)) = interner.again(text.rest())
                {
                    text.at += len;
                    self.values.push((column, code));
                    return Ok(());
                }
                let (raw, escaped) = text.string()?;
                self.scalar(node, text.at - 1 - raw.len(), raw, Kind::Text, escaped)
            }
            Some(b'{' | b'[') if self.paths.passes(node) => text.pass(depth + 1, &mut self.scratch),
            Some(b'{') => self.object(text, node, depth + 1, false),
            Some(b'[') => self.array(text, node, depth + 1),
            Some(b't') => {
                text.word(b"true")?;
                self.scalar(node, text.at - 4, b"true", Kind::Bool, false)
            }
            Some(b'f') => {
                text.word(b"false")?;
                self.scalar(node, text.at - 5, b"false", Kind::Bool, false)
            }
            Some(b'n') => text.word(b"null"),
            Some(b'-' | b'0'..=b'9') => {
                let (raw, kind) = text.number()?;
                self.scalar(node, text.at - raw.len(), raw, kind, false)
            }
            _ => Err(BadReason::Malformed),
        }
    }

    fn array(&mut self, text: &mut Text<'_>, node: NodeId, depth: u32) -> Parsed<()> {
        if depth > MAX_DEPTH {
            return Err(BadReason::TooDeep);
        }
        text.at += 1;
        text.space();
        if text.take(b']') {
            return Ok(());
        }
        loop {
            self.value(text, node, depth)?;
            text.space();
            if !text.take(b',') {
                return text.expect(b']');
            }
            text.space();
        }
    }

    /// A value whose text begins at `start`.
    fn scalar(&mut self, node: NodeId, start: usize, raw: &[u8], kind: Kind, escaped: bool) -> Parsed<()> {
        let Some(column) = self.paths.column(node) else { return readable(raw, escaped, &mut self.scratch) };
        if column == TIME {
            let mut text = Vec::new();
            if escaped && !unescape(raw, &mut text) {
                return Err(BadReason::Malformed);
            }
            let value = if escaped { &text } else { raw };
            let plain = if kind == Kind::Text { document_time::plain(value) } else { None };
            self.times.push((self.values.len() as u32, plain.or_else(|| Some(time(value, kind)?.0))));
            if plain.is_some() {
                self.values.push((TIME, PLAIN_TIME));
                return Ok(());
            }
        }
        while self.interners.len() <= column as usize {
            self.interners.push(Interner::default());
        }
        let (place, start, len) = (self.values.len() as u32, start as u32, raw.len() as u32);
        let guess = Guess::new(&self.secret, raw, kind);
        self.pending.push(Pending { place, start, len, kind, escaped, guess });
        self.values.push((column, 0));
        Ok(())
    }
}
