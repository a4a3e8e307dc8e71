//! Binary XML, as `.evtx` files have it, as the tree of an event.
//!
//! Names, templates and values stand at offsets of a chunk. Everything is bounded: nesting, and what the records of a chunk become.

use super::binary_value::{self, BinaryValue};
use super::json::Json;
use super::known_names::PlacedNames;
use super::xml::XmlElement;
use std::borrow::Cow;

/// How deep elements and templates may be nested.
const MAX_DEPTH: usize = 64;
const FRAGMENT_HEADER: usize = 4;
/// What stands in front of a template's tokens: the next template, its id, and their length.
const TEMPLATE_HEADER: usize = 24;

/// What the records of a chunk share: known names, and what is left of the tokens and the bytes of text that they may have. Names and
/// templates may be long and name themselves, so that a chunk could go on for ever. Real ones have less than a quarter of this.
pub(super) struct SharedXml {
    tokens: usize,
    text: usize,
    names: PlacedNames,
}

impl SharedXml {
    pub(super) fn of_a_chunk() -> Self {
        Self { tokens: 400_000, text: 4 << 20, names: PlacedNames::of_a_chunk() }
    }
}

/// A reader of one record in its chunk.
pub(super) struct BinaryXml<'c, 'b> {
    chunk: &'c [u8],
    at: usize,
    /// Where the tokens that are being read end.
    end: usize,
    depth: usize,
    shared: &'b mut SharedXml,
}

/// What a token ended.
#[derive(PartialEq, Eq)]
enum Ended {
    Element,
    Fragment,
}

impl<'c, 'b> BinaryXml<'c, 'b> {
    /// The tokens of a record begin and end at these places.
    pub(super) fn new(chunk: &'c [u8], at: usize, end: usize, shared: &'b mut SharedXml) -> Self {
        Self { chunk, at, end, depth: 0, shared }
    }

    /// The tree of a record: its one element, by name.
    pub(super) fn record(mut self) -> Option<Json<'static>> {
        let mut root = XmlElement::default();
        self.content(&mut root, None)?;
        root.has_children().then(|| root.into_json())
    }

    fn bytes(&mut self, length: usize) -> Option<&'c [u8]> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.end)?;
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

    fn token(&mut self) -> Option<u8> {
        self.shared.tokens = self.shared.tokens.checked_sub(1)?;
        self.byte()
    }

    /// Any text of a record comes through here.
    fn spend(&mut self, text: String) -> Option<String> {
        self.charge(text.len())?;
        Some(text)
    }

    fn charge(&mut self, length: usize) -> Option<()> {
        self.shared.text = self.shared.text.checked_sub(length)?;
        Some(())
    }

    fn text(&mut self) -> Option<Cow<'static, str>> {
        let (place, length) = (self.at, self.short()?);
        let bytes = self.bytes(2 * length)?;
        let text = self.shared.names.at(place, bytes).map_or_else(|| Cow::Owned(binary_value::utf_16(bytes)), Cow::Borrowed);
        self.charge(text.len())?;
        Some(text)
    }

    /// Reads what stands elsewhere in the chunk, and comes back.
    fn elsewhere<T>(&mut self, at: usize, end: usize, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let here = (self.at, self.end);
        (self.at, self.end) = (at, end.min(self.chunk.len()));
        let found = read(self);
        (self.at, self.end) = here;
        found
    }

    /// A name, which stands here the first time, and elsewhere in the chunk later.
    fn name(&mut self) -> Option<Cow<'static, str>> {
        let offset = self.long()?;
        if offset != self.at {
            return self.elsewhere(offset.checked_add(6)?, self.chunk.len(), Self::text);
        }
        self.bytes(6)?;
        let name = self.text()?;
        self.bytes(2)?;
        Some(name)
    }

    /// The tokens of a fragment or an element, up to its end, into `parent`. Within templates values take the place of holes.
    fn content(&mut self, parent: &mut XmlElement, values: Option<&[BinaryValue<'c>]>) -> Option<Ended> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let ended = loop {
            if self.at == self.end {
                break Ended::Fragment;
            }
            let token = self.token()?;
            match token & 0x3f {
                0x00 => break Ended::Fragment,
                0x01 => self.element(parent, token & 0x40 != 0, values)?,
                0x04 => break Ended::Element,
                0x05 => parent.add_text(self.value_text()?),
                0x07 => parent.add_text(self.text()?),
                0x08 => parent.text.to_mut().extend(self.character()),
                0x09 => parent.add_text(Cow::Owned(self.entity()?)),
                0x0a => drop(self.name()?),
                0x0b => drop(self.text()?),
                0x0c => self.template(parent)?,
                0x0d | 0x0e => self.hole(parent, values?)?,
                0x0f => drop(self.bytes(FRAGMENT_HEADER - 1)?),
                _ => return None,
            }
        };
        self.depth -= 1;
        Some(ended)
    }

    fn value_text(&mut self) -> Option<Cow<'static, str>> {
        // Only texts stand among tokens.
        (self.byte()? == 0x01).then(|| self.text()).flatten()
    }

    fn character(&mut self) -> Option<char> {
        char::from_u32(u32::try_from(self.short()?).ok()?)
    }

    /// The text of an entity; of one that XML does not know, its name.
    fn entity(&mut self) -> Option<String> {
        let reference = format!("&{};", self.name()?);
        Some(quick_xml::escape::unescape(&reference).map(Cow::into_owned).unwrap_or(reference))
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
            let token = self.token()?;
            match token & 0x3f {
                0x06 => {
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
        let Some(items) = element.items.take().filter(|_| !element.has_children()) else {
            parent.add(name, element.into_json());
            return Some(());
        };
        // The element of an array stands once for each of its values.
        for item in items {
            self.charge(name.len() + element.own_length())?;
            parent.add(name.clone(), element.with_item(&item).into_json());
        }
        Some(())
    }

    /// The value of an attribute: texts and holes one after the other. Nothing where a hole has nothing; `None` where it ends.
    #[expect(clippy::option_option, reason = "what is damaged is not what is empty")]
    fn attribute(&mut self, values: Option<&[BinaryValue<'c>]>) -> Option<Option<Cow<'static, str>>> {
        let mut found: Option<Cow<'static, str>> = None;
        loop {
            let text = match self.chunk.get(self.at)? & 0x3f {
                0x05 => {
                    self.token()?;
                    Some(self.value_text()?)
                }
                0x0d | 0x0e => {
                    self.token()?;
                    let index = self.short()?;
                    self.byte()?;
                    match values?.get(index)?.text() {
                        Some(text) => Some(Cow::Owned(self.spend(text)?)),
                        None => None,
                    }
                }
                0x08 => {
                    self.token()?;
                    self.character().map(|character| Cow::Owned(character.to_string()))
                }
                0x09 => {
                    self.token()?;
                    Some(Cow::Owned(self.entity()?))
                }
                _ => return Some(found),
            };
            match (&mut found, text) {
                (Some(found), Some(text)) => found.to_mut().push_str(&text),
                (None, Some(text)) => found = Some(text),
                (_, None) => {}
            }
        }
    }

    fn hole(&mut self, parent: &mut XmlElement, values: &[BinaryValue<'c>]) -> Option<()> {
        let index = self.short()?;
        self.byte()?;
        let value = values.get(index)?;
        if value.is_binary_xml() {
            self.elsewhere(value.at, value.at + value.bytes.len(), |reader| reader.content(parent, None))?;
            return Some(());
        }
        let items = value.items().filter(|_| parent.items.is_none() && !parent.has_children());
        if let Some(items) = items {
            parent.items = Some(items.into_iter().map(|item| self.spend(item)).collect::<Option<_>>()?);
        } else if let Some(text) = value.text() {
            parent.add_text(Cow::Owned(self.spend(text)?));
        }
        Some(())
    }

    /// A template, here or elsewhere in the chunk, and the values of its holes.
    fn template(&mut self, parent: &mut XmlElement) -> Option<()> {
        self.bytes(5)?;
        let definition = self.long()?;
        let begin = definition.checked_add(TEMPLATE_HEADER)?;
        let length = self.elsewhere(begin.checked_sub(4)?, begin, Self::long)?;
        if definition == self.at {
            self.bytes(TEMPLATE_HEADER.checked_add(length)?)?;
        }
        let count = self.long()?;
        let table = self.bytes(count.checked_mul(4)?)?;
        let mut values = Vec::with_capacity(count);
        for row in table.chunks_exact(4) {
            let [low, high, kind, _] = *row else { return None };
            let (at, length) = (self.at, u16::from_le_bytes([low, high]).into());
            values.push(BinaryValue { kind, at, bytes: self.bytes(length)? });
        }
        self.elsewhere(begin, begin.checked_add(length)?, |reader| reader.content(parent, Some(&values)))?;
        Some(())
    }
}
