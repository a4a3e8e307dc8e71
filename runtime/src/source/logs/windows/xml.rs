//! Events in XML, as `wevtutil qe /f:xml`, `Get-WinEvent` and the Event Viewer write them.

use super::json::Json;
use crate::source::SourceError;
use crate::source::logs::format::{LogFormat, LogReading};
use crate::source::logs::open::broken;
use crate::source::logs::piece::{Block, Emit, Layout, Piece};
use crate::source::logs::report::BadReason;
use memchr::memmem;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::io::Read;

/// A text of `<Event>` elements, with or without `<Events>` around them.
pub(in super::super) const EVENTS_XML: LogFormat = LogFormat {
    name: "Windows events in XML",
    sniff: |beginning| {
        let text = beginning.text;
        let begun = text.starts_with(b"<?xml") || text.starts_with(b"<Event");
        begun && BEGINNINGS.iter().any(|tag| memmem::find(text, tag).is_some())
    },
    read: cut,
};

/// How an element of an event begins; not `<Events>`, `<EventData>` or `<EventID>`.
const BEGINNINGS: [&[u8]; 2] = [b"<Event ", b"<Event>"];
const END: &[u8] = b"</Event>";

/// Cuts a stream into events, one a line. What else stands between them than the tags of a list is told as bad.
fn cut(reader: &mut dyn Read, reading: &LogReading<'_>, emit: &mut Emit<'_>) -> Result<u64, SourceError> {
    let mut cutter = Cutter { reading, count: 0, first: 0, block: Vec::new(), noisy: false };
    let mut bytes = Vec::new();
    loop {
        let ended = reader
            .take(reading.options.block.max(1) as u64)
            .read_to_end(&mut bytes)
            .map_err(|error| broken(reading.name, &error))?
            == 0;
        let done = cutter.take(&bytes, ended, emit)?;
        bytes.drain(..done);
        if bytes.len() > reading.options.max_line {
            cutter.bad(BadReason::TooLong, emit)?;
            cutter.skip(reader, &mut bytes)?;
        }
        if ended {
            cutter.flush(emit)?;
            return Ok(cutter.count);
        }
    }
}

struct Cutter<'a> {
    reading: &'a LogReading<'a>,
    /// Events begun so far; `first` is the number of the first one in `block`.
    count: u64,
    first: u64,
    block: Vec<u8>,
    /// Whether something between the last event and the next one was told.
    noisy: bool,
}

impl Cutter<'_> {
    /// Takes the whole events of `bytes`; returns how far they go.
    fn take(&mut self, bytes: &[u8], ended: bool, emit: &mut Emit<'_>) -> Result<usize, SourceError> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(begin) = BEGINNINGS.iter().filter_map(|tag| memmem::find(rest, tag)).min() else {
                // A tag may be cut at the end of what was read.
                let kept = if ended { 0 } else { rest.iter().rev().take(END.len()).position(|b| *b == b'<').map_or(0, |n| n + 1) };
                at += self.between(rest.get(..rest.len() - kept).unwrap_or_default(), !ended, emit)?;
                break;
            };
            self.between(rest.get(..begin).unwrap_or_default(), false, emit)?;
            self.noisy = false;
            at += begin;
            let element = rest.get(begin..).unwrap_or_default();
            let Some(end) = memmem::find(element, END) else {
                if ended {
                    self.bad(BadReason::CutEvent, emit)?;
                    at = bytes.len();
                }
                break;
            };
            let end = end + END.len();
            self.element(element.get(..end).unwrap_or_default(), emit)?;
            at += end;
        }
        Ok(at)
    }

    /// Text between events: a declaration, the tags of a list, comments. Anything else is told once between two events. Returns how
    /// far it was understood: a tag may be cut at its end, if there is more.
    fn between(&mut self, text: &[u8], more: bool, emit: &mut Emit<'_>) -> Result<usize, SourceError> {
        const BOM: &[u8] = b"\xef\xbb\xbf";
        const TAGS: [&[u8]; 4] = [b"<?", b"<!--", b"<Events", b"</Events"];
        let mut rest = text.trim_ascii_start();
        while !rest.is_empty() && !self.noisy {
            let known = TAGS.iter().any(|tag| rest.starts_with(tag));
            let end =
                if rest.starts_with(BOM) { Some(BOM.len()) } else { memchr::memchr(b'>', rest).filter(|_| known).map(|at| at + 1) };
            if let Some(end) = end {
                rest = rest.get(end..).unwrap_or_default().trim_ascii_start();
            } else if more && (known || TAGS.iter().chain([&BOM]).any(|tag| tag.starts_with(rest))) {
                return Ok(text.len() - rest.len());
            } else {
                self.noisy = true;
                self.bad(BadReason::NoEvent, emit)?;
            }
        }
        Ok(text.len())
    }

    fn element(&mut self, element: &[u8], emit: &mut Emit<'_>) -> Result<(), SourceError> {
        if self.block.is_empty() {
            self.first = self.count;
        }
        self.count += 1;
        one_line(element, &mut self.block);
        self.block.push(b'\n');
        if self.block.len() >= self.reading.options.block { self.flush(emit) } else { Ok(()) }
    }

    fn bad(&mut self, reason: BadReason, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        self.flush(emit)?;
        self.count += 1;
        emit(Piece::Bad(self.count - 1, reason))
    }

    fn flush(&mut self, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        if self.block.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::replace(&mut self.block, self.reading.spare.take(self.reading.options.block));
        emit(Piece::Block(Block { layout: Layout::Elements, first: self.first, bytes }))
    }

    /// Drops an event that is too long, up to its end.
    fn skip(&self, reader: &mut dyn Read, bytes: &mut Vec<u8>) -> Result<(), SourceError> {
        loop {
            if let Some(end) = memmem::find(bytes, END) {
                bytes.drain(..end + END.len());
                return Ok(());
            }
            let kept = bytes.len().saturating_sub(END.len());
            bytes.drain(..kept);
            let more = reader.take(64 << 10).read_to_end(bytes).map_err(|error| broken(self.reading.name, &error))?;
            if more == 0 {
                bytes.clear();
                return Ok(());
            }
        }
    }
}

/// Writes an element on one line: line ends as XML has them in values, and as blanks within tags and comments.
fn one_line(mut element: &[u8], out: &mut Vec<u8>) {
    let line_end = |rest: &[u8]| if rest.starts_with(b"\r\n") { 2 } else { 1 };
    let mut quote = None;
    let (mut closed_by, mut instead): (&[u8], &[u8]) = (b"", b"&#10;");
    while let [first, rest @ ..] = element {
        let inside = !closed_by.is_empty();
        let mut taken = 1;
        match first {
            b'\n' | b'\r' => {
                taken = line_end(element);
                out.extend_from_slice(instead);
            }
            _ if inside && quote.is_none() && element.starts_with(closed_by) => {
                taken = closed_by.len();
                out.extend_from_slice(closed_by);
                (closed_by, instead) = (b"", b"&#10;");
            }
            b'<' if !inside => {
                let known: [(&[u8], &[u8], &[u8]); 3] =
                    [(b"<![CDATA[", b"]]>", b"]]>&#10;<![CDATA["), (b"<!--", b"-->", b" "), (b"<", b">", b" ")];
                let tag = known.into_iter().find(|(tag, ..)| element.starts_with(tag));
                let (tag, end, line) = tag.unwrap_or((b"<", b">", b" "));
                (taken, closed_by, instead) = (tag.len(), end, line);
                out.extend_from_slice(tag);
            }
            b'"' | b'\'' if closed_by == b">" && quote.is_none_or(|quote| quote == *first) => {
                quote = if quote.is_none() { Some(*first) } else { None };
                out.push(*first);
            }
            other => out.push(*other),
        }
        element = rest.get(taken - 1..).unwrap_or_default();
    }
}

/// How deep elements may be nested: events have six levels.
const MAX_DEPTH: usize = 32;
/// How many attributes an element may have. Each is compared with all others.
const MAX_ATTRIBUTES: usize = 256;

/// What an element `<Event>…</Event>` has, without its name.
pub(super) fn tree(text: &str) -> Option<Json<'static>> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut open: Vec<(String, XmlElement)> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) if open.len() < MAX_DEPTH => open.push(start(&tag)?),
            Event::Start(_) => return None,
            Event::Empty(tag) => {
                let (name, element) = start(&tag)?;
                open.last_mut()?.1.add(Cow::Owned(name), element.into_json());
            }
            Event::Text(text) => open.last_mut()?.1.text.to_mut().push_str(&text),
            Event::CData(text) => open.last_mut()?.1.text.to_mut().push_str(&text),
            Event::GeneralRef(name) => {
                let reference = format!("&{};", &*name);
                open.last_mut()?.1.text.to_mut().push_str(&plain(&reference));
            }
            Event::End(_) => {
                let (name, element) = open.pop()?;
                match open.last_mut() {
                    Some((_, parent)) => parent.add(Cow::Owned(name), element.into_json()),
                    None => return Some(element.into_json()),
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// A text without references. One to what is no character, which Windows writes for a NUL of a stranger's, stays as it is, and so
/// does what no one has declared.
fn plain(text: &str) -> Cow<'_, str> {
    unescape(text).unwrap_or(Cow::Borrowed(text))
}

/// An element that is being read.
#[derive(Default)]
pub(super) struct XmlElement {
    attributes: Vec<(Cow<'static, str>, Json<'static>)>,
    children: Vec<(Cow<'static, str>, Json<'static>)>,
    pub(super) text: Cow<'static, str>,
    /// The values of an array, for each of which the element stands.
    pub(super) items: Option<Vec<String>>,
}

fn start(tag: &BytesStart<'_>) -> Option<(String, XmlElement)> {
    let mut element = XmlElement::default();
    for attribute in tag.attributes() {
        let attribute = attribute.ok().filter(|_| element.attributes.len() < MAX_ATTRIBUTES)?;
        let name = attribute.key.as_ref().to_owned();
        let value = plain(&attribute.value).into_owned();
        element.attribute(Cow::Owned(name), Cow::Owned(value));
    }
    Some((tag.local_name().as_ref().to_owned(), element))
}

impl XmlElement {
    /// Adds a child; several of one name become a list.
    pub(super) fn add(&mut self, name: Cow<'static, str>, child: Json<'static>) {
        match self.children.last_mut() {
            Some((last, Json::List(items))) if *last == name => items.push(child),
            Some((last, held)) if *last == name => {
                let first = std::mem::replace(held, Json::Null);
                *held = Json::List(vec![first, child]);
            }
            _ => self.children.push((name, child)),
        }
    }

    pub(super) fn add_text(&mut self, text: Cow<'static, str>) {
        // Most elements have one.
        if self.text.is_empty() { self.text = text } else { self.text.to_mut().push_str(&text) }
    }

    pub(super) fn attribute(&mut self, name: Cow<'static, str>, value: Cow<'static, str>) {
        self.attributes.push((name, Json::Text(value)));
    }

    pub(super) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    /// The bytes of its own text and attributes.
    pub(super) fn own_length(&self) -> usize {
        let attributes = self.attributes.iter().map(|(name, value)| name.len() + value.text().map_or(0, str::len));
        self.text.len() + attributes.sum::<usize>()
    }

    /// The element with one value of its array.
    pub(super) fn with_item(&self, item: &str) -> Self {
        Self { attributes: self.attributes.clone(), text: Cow::Owned(format!("{}{item}", self.text)), ..Self::default() }
    }

    pub(super) fn into_json(mut self) -> Json<'static> {
        // An array beside children does not stand for several elements.
        if let Some(items) = self.items.take() {
            self.text.to_mut().push_str(&items.join(", "));
        }
        let plain = self.attributes.is_empty() && self.children.is_empty();
        let text = Json::Text(self.text);
        if plain {
            return text;
        }
        let mut members = self.children;
        members.reserve_exact(2);
        if !self.attributes.is_empty() {
            members.push((Cow::Borrowed("#attributes"), Json::Object(self.attributes)));
        }
        // Blank text between children is none.
        let has_children = members.iter().any(|(name, _)| name != "#attributes");
        let is_kept = |text: &str| !(text.is_empty() || has_children && text.bytes().all(|byte| byte.is_ascii_whitespace()));
        if text.text().is_some_and(is_kept) {
            members.push((Cow::Borrowed("#text"), text));
        }
        Json::Object(members)
    }
}
