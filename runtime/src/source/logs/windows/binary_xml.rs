//! Binary XML, as `.evtx` files have it, as the tree of an event.
//!
//! Names, templates and values stand at offsets of a chunk. Everything is bounded: nesting, and the tokens of a record.

use super::binary_value::{self, BinaryValue};
use super::json::Json;
use super::xml::XmlElement;

/// How deep elements and templates may be nested.
const MAX_DEPTH: usize = 64;
/// The most tokens of a record. A template that names itself would go on for ever.
const MAX_TOKENS: usize = 100_000;
const FRAGMENT_HEADER: usize = 4;
/// What stands in front of a template's tokens: the next template, its id, and their length.
const TEMPLATE_HEADER: usize = 24;

/// A reader of one record in its chunk.
pub(super) struct BinaryXml<'c> {
    chunk: &'c [u8],
    at: usize,
    tokens: usize,
    depth: usize,
}

/// What a token ended.
#[derive(PartialEq, Eq)]
enum Ended {
    Element,
    Fragment,
}

impl<'c> BinaryXml<'c> {
    pub(super) fn new(chunk: &'c [u8], at: usize) -> Self {
        Self { chunk, at, tokens: 0, depth: 0 }
    }

    /// The tree of a record: its one element, by name.
    pub(super) fn record(mut self) -> Option<Json<'static>> {
        let mut root = XmlElement::default();
        self.content(&mut root, None)?;
        Some(root.into_json())
    }

    fn bytes(&mut self, length: usize) -> Option<&'c [u8]> {
        let end = self.at.checked_add(length)?;
        let bytes = self.chunk.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    fn short(&mut self) -> Option<usize> {
        Some(u16::from_le_bytes(self.bytes(2)?.try_into().ok()?).into())
    }

    fn long(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?)).ok()
    }

    fn text(&mut self) -> Option<String> {
        let length = self.short()?;
        Some(binary_value::utf_16(self.bytes(2 * length)?))
    }

    /// A name, which stands here the first time, and elsewhere in the chunk later.
    fn name(&mut self) -> Option<String> {
        let offset = self.long()?;
        let here = self.at;
        self.at = offset.checked_add(6)?;
        let name = self.text()?;
        self.at = if offset == here { self.at.checked_add(2)? } else { here };
        Some(name)
    }

    /// The tokens of a fragment or an element, up to its end, into `parent`. Within templates values take the place of holes.
    fn content(&mut self, parent: &mut XmlElement, values: Option<&[BinaryValue<'c>]>) -> Option<Ended> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        loop {
            self.tokens += 1;
            if self.tokens > MAX_TOKENS {
                return None;
            }
            let token = self.byte()?;
            match token & 0x3f {
                0x00 => return self.end(Ended::Fragment),
                0x01 => self.element(parent, token & 0x40 != 0, values)?,
                0x04 => return self.end(Ended::Element),
                0x05 => parent.text.push_str(&self.value_text()?),
                0x07 => parent.text.push_str(&self.text()?),
                0x08 => parent.text.extend(char::from_u32(u32::try_from(self.short()?).ok()?)),
                0x09 => {
                    let name = self.name()?;
                    parent.text.push_str(&quick_xml::escape::unescape(&format!("&{name};")).ok()?);
                }
                0x0a => drop(self.name()?),
                0x0b => drop(self.text()?),
                0x0c => self.template(parent)?,
                0x0d | 0x0e => self.hole(parent, values?)?,
                0x0f => drop(self.bytes(FRAGMENT_HEADER - 1)?),
                _ => return None,
            }
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the end of a function that returns an option")]
    fn end(&mut self, ended: Ended) -> Option<Ended> {
        self.depth -= 1;
        Some(ended)
    }

    fn value_text(&mut self) -> Option<String> {
        // Only texts stand among tokens.
        (self.byte()? == 0x01).then(|| self.text()).flatten()
    }

    fn element(&mut self, parent: &mut XmlElement, attributes: bool, values: Option<&[BinaryValue<'c>]>) -> Option<()> {
        if values.is_some() {
            self.bytes(2)?;
        }
        self.long()?;
        let name = self.name()?;
        let mut element = XmlElement::default();
        if attributes {
            self.long()?;
        }
        loop {
            self.tokens += 1;
            let token = self.byte()?;
            match token & 0x3f {
                0x06 if self.tokens <= MAX_TOKENS => {
                    let name = self.name()?;
                    if let Some(text) = self.attribute(values)? {
                        element.attribute(name, text);
                    }
                }
                0x02 => {
                    if self.content(&mut element, values)? != Ended::Element {
                        return None;
                    }
                    break;
                }
                0x03 => break,
                _ => return None,
            }
        }
        parent.add(name, element.into_json());
        Some(())
    }

    /// The value of an attribute: texts and holes one after the other. Nothing where a hole has nothing; `None` where it ends.
    #[expect(clippy::option_option, reason = "what is damaged is not what is empty")]
    fn attribute(&mut self, values: Option<&[BinaryValue<'c>]>) -> Option<Option<String>> {
        let mut found: Option<String> = None;
        loop {
            match self.chunk.get(self.at)? & 0x3f {
                0x05 => {
                    self.at += 1;
                    let text = self.value_text()?;
                    found.get_or_insert_default().push_str(&text);
                }
                0x0d | 0x0e => {
                    self.at += 1;
                    let index = self.short()?;
                    self.byte()?;
                    if let Some(text) = values?.get(index)?.text() {
                        found.get_or_insert_default().push_str(&text);
                    }
                }
                0x08 => {
                    self.at += 1;
                    let c = char::from_u32(u32::try_from(self.short()?).ok()?);
                    found.get_or_insert_default().extend(c);
                }
                0x09 => {
                    self.at += 1;
                    let name = self.name()?;
                    let text = quick_xml::escape::unescape(&format!("&{name};")).ok()?.into_owned();
                    found.get_or_insert_default().push_str(&text);
                }
                _ => return Some(found),
            }
        }
    }

    fn hole(&mut self, parent: &mut XmlElement, values: &[BinaryValue<'c>]) -> Option<()> {
        let index = self.short()?;
        self.byte()?;
        let value = values.get(index)?;
        if !value.is_binary_xml() {
            parent.text.push_str(&value.text().unwrap_or_default());
            return Some(());
        }
        let behind = std::mem::replace(&mut self.at, value.at);
        self.content(parent, None)?;
        self.at = behind;
        Some(())
    }

    /// A template, here or elsewhere in the chunk, and the values of its holes.
    fn template(&mut self, parent: &mut XmlElement) -> Option<()> {
        self.bytes(5)?;
        let definition = self.long()?;
        let begin = definition.checked_add(TEMPLATE_HEADER)?;
        if definition == self.at {
            self.at = begin.checked_sub(4)?;
            let length = self.long()?;
            self.bytes(length)?;
        }
        let count = self.long()?;
        let table = self.bytes(count.checked_mul(4)?)?;
        let mut values = Vec::with_capacity(count);
        for row in table.chunks_exact(4) {
            let [low, high, kind, _] = *row else { return None };
            let (at, length) = (self.at, u16::from_le_bytes([low, high]).into());
            values.push(BinaryValue { kind, at, bytes: self.bytes(length)? });
        }
        let behind = std::mem::replace(&mut self.at, begin);
        self.content(parent, Some(&values))?;
        self.at = behind;
        Some(())
    }
}
