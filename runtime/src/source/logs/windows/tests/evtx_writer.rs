//! Writes event logs as Windows does: records in binary XML, whose templates and names stand in a chunk once.

use std::collections::HashMap;

/// An element with attributes, text and values, and children.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, Vec<Content>)>,
    pub(super) content: Vec<Content>,
    pub(super) children: Vec<Element>,
}

/// What stands in an element or in an attribute.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Text(String),
    Character(char),
    Entity(&'static str),
    CData(String),
    /// A hole of the template, and the kind and bytes of its value; optional ones may have none.
    Hole(u8, Vec<u8>),
    OptionalHole(u8, Vec<u8>),
    /// A hole whose value is an element, with a template of its own or without.
    Nested(Box<Element>, bool),
}

pub(super) fn element(name: &str, attributes: &[(&str, &str)], text: &str, children: Vec<Element>) -> Element {
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), vec![Content::Text((*value).to_owned())]));
    let content = if text.is_empty() { Vec::new() } else { vec![Content::Text(text.to_owned())] };
    Element { name: name.to_owned(), attributes: attributes.collect(), content, children }
}

/// How a chunk is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkForm {
    /// Whether records have templates; else everything stands in its place.
    pub(super) templates: bool,
    /// Whether names and templates that the chunk has already are used again.
    pub(super) shared: bool,
}

pub(super) const WHOLE: ChunkForm = ChunkForm { templates: true, shared: true };

pub(super) const CHUNK: usize = 65_536;
const FRAGMENT: [u8; 4] = [0x0f, 1, 1, 0];

pub(super) fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A chunk that is being written.
pub(super) struct ChunkWriter {
    pub(super) bytes: Vec<u8>,
    form: ChunkForm,
    names: HashMap<String, usize>,
    /// Where the template of each shape stands.
    templates: HashMap<String, usize>,
    first_id: u64,
    next_id: u64,
    last: usize,
}

/// The holes of a template.
type Holes<'e> = Vec<(u8, &'e Content)>;

impl ChunkWriter {
    pub(super) fn new(form: ChunkForm, first_id: u64) -> Self {
        let (names, templates) = (HashMap::new(), HashMap::new());
        Self { bytes: vec![0; 512], form, names, templates, first_id, next_id: first_id, last: 512 }
    }

    fn long(&mut self, number: usize) {
        self.bytes.extend(u32::try_from(number).unwrap().to_le_bytes());
    }

    fn patch(&mut self, at: usize, number: usize) {
        self.bytes[at..at + 4].copy_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.bytes.extend(u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes());
        self.bytes.extend(utf_16(text));
    }

    fn name(&mut self, text: &str) {
        if let Some(at) = self.names.get(text).filter(|_| self.form.shared) {
            return self.long(*at);
        }
        let at = self.bytes.len() + 4;
        self.names.insert(text.to_owned(), at);
        self.long(at);
        self.bytes.extend([0; 6]);
        self.text(text);
        self.bytes.extend([0, 0]);
    }

    fn content<'e>(&mut self, content: &'e Content, holes: &mut Option<Holes<'e>>) {
        match content {
            Content::Text(text) => {
                self.bytes.extend([0x05, 0x01]);
                self.text(text);
            }
            Content::Character(c) => {
                self.bytes.push(0x08);
                self.bytes.extend(u16::try_from(u32::from(*c)).unwrap().to_le_bytes());
            }
            Content::Entity(name) => {
                self.bytes.push(0x09);
                self.name(name);
            }
            Content::CData(text) => {
                self.bytes.push(0x07);
                self.text(text);
            }
            Content::Hole(kind, _) | Content::OptionalHole(kind, _) => {
                let token = if matches!(content, Content::Hole(..)) { 0x0d } else { 0x0e };
                self.hole(token, *kind, content, holes);
            }
            Content::Nested(..) => self.hole(0x0e, 0x21, content, holes),
        }
    }

    fn hole<'e>(&mut self, token: u8, kind: u8, content: &'e Content, holes: &mut Option<Holes<'e>>) {
        let holes = holes.as_mut().expect("only templates have holes");
        self.bytes.push(token);
        self.bytes.extend(u16::try_from(holes.len()).unwrap().to_le_bytes());
        self.bytes.push(kind);
        holes.push((kind, content));
    }

    fn element<'e>(&mut self, element: &'e Element, holes: &mut Option<Holes<'e>>) {
        self.bytes.push(if element.attributes.is_empty() { 0x01 } else { 0x41 });
        if holes.is_some() {
            self.bytes.extend([0xff, 0xff]);
        }
        let length = self.bytes.len();
        self.long(0);
        self.name(&element.name);
        if !element.attributes.is_empty() {
            let list = self.bytes.len();
            self.long(0);
            for (place, (name, contents)) in element.attributes.iter().enumerate() {
                self.bytes.push(if place + 1 < element.attributes.len() { 0x46 } else { 0x06 });
                self.name(name);
                for content in contents {
                    self.content(content, holes);
                }
            }
            self.patch(list, self.bytes.len() - list - 4);
        }
        if element.content.is_empty() && element.children.is_empty() {
            self.bytes.push(0x03);
        } else {
            self.bytes.push(0x02);
            element.content.iter().for_each(|content| self.content(content, holes));
            element.children.iter().for_each(|child| self.element(child, holes));
            self.bytes.push(0x04);
        }
        self.patch(length, self.bytes.len() - length - 4);
    }

    fn fragment(&mut self, element: &Element, template: bool) {
        self.bytes.extend(FRAGMENT);
        if template {
            self.instance(element);
        } else {
            self.element(element, &mut None);
        }
        self.bytes.push(0);
    }

    /// A template, in place or elsewhere in the chunk, and its values.
    fn instance(&mut self, element: &Element) {
        let shape = shape(element);
        self.bytes.extend([0x0c, 1]);
        self.long(shape.len());
        let known = self.templates.get(&shape).copied().filter(|_| self.form.shared);
        let at = known.unwrap_or(self.bytes.len() + 4);
        self.long(at);
        let mut holes = Some(Holes::new());
        if known.is_some() {
            let mut elsewhere = Self::new(self.form, 1);
            elsewhere.element(element, &mut holes);
        } else {
            self.templates.insert(shape, at);
            self.bytes.extend([0; 20]);
            let length = self.bytes.len();
            self.long(0);
            self.bytes.extend(FRAGMENT);
            self.element(element, &mut holes);
            self.bytes.push(0);
            self.patch(length, self.bytes.len() - length - 4);
        }
        self.values(&holes.unwrap());
    }

    fn values(&mut self, holes: &Holes<'_>) {
        self.long(holes.len());
        let table = self.bytes.len();
        self.bytes.resize(table + 4 * holes.len(), 0);
        for (place, (kind, content)) in holes.iter().enumerate() {
            let begin = self.bytes.len();
            let kind = match content {
                Content::Nested(element, template) => {
                    self.fragment(element, *template);
                    *kind
                }
                Content::OptionalHole(_, bytes) if bytes.is_empty() => 0,
                Content::Hole(_, bytes) | Content::OptionalHole(_, bytes) => {
                    self.bytes.extend(bytes);
                    *kind
                }
                _ => unreachable!("no hole"),
            };
            let length = u16::try_from(self.bytes.len() - begin).unwrap().to_le_bytes();
            let row = table + 4 * place;
            self.bytes[row..row + 4].copy_from_slice(&[length[0], length[1], kind, 0]);
        }
    }

    pub(super) fn record(&mut self, event: &Element) {
        let templates = self.form.templates;
        self.raw_record(|writer| writer.fragment(event, templates));
    }

    /// A record with any tokens.
    pub(super) fn raw_record(&mut self, write: impl FnOnce(&mut Self)) {
        self.last = self.bytes.len();
        self.bytes.extend([0x2a, 0x2a, 0, 0, 0, 0, 0, 0]);
        self.bytes.extend(self.next_id.to_le_bytes());
        self.bytes.extend(132_000_000_000_000_000_u64.to_le_bytes());
        write(self);
        let end = (self.bytes.len() + 4).next_multiple_of(8);
        self.bytes.resize(end, 0);
        self.patch(self.last + 4, end - self.last);
        self.patch(end - 4, end - self.last);
        self.next_id += 1;
    }

    /// How many bytes of the chunk are in use.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The whole chunk, with its header.
    pub(super) fn chunk(mut self) -> Vec<u8> {
        let end = self.bytes.len();
        assert!(end <= CHUNK, "too much for a chunk");
        self.bytes.resize(CHUNK, 0);
        let last_id = self.next_id - 1;
        self.bytes[..8].copy_from_slice(b"ElfChnk\0");
        for (place, number) in [(8, self.first_id), (16, last_id), (24, self.first_id), (32, last_id)] {
            self.bytes[place..place + 8].copy_from_slice(&number.to_le_bytes());
        }
        for (place, number) in [(40, 128), (44, self.last), (48, end), (120, 1)] {
            self.patch(place, number);
        }
        sum(&mut self.bytes);
        self.bytes
    }
}

/// Writes the sums of a chunk.
pub(super) fn sum(chunk: &mut [u8]) {
    let end = u32::from_le_bytes(chunk[48..52].try_into().unwrap()) as usize;
    let records = crc32fast::hash(&chunk[512..end]);
    chunk[52..56].copy_from_slice(&records.to_le_bytes());
    let mut head = crc32fast::Hasher::new();
    head.update(&chunk[..120]);
    head.update(&chunk[128..512]);
    chunk[124..128].copy_from_slice(&head.finalize().to_le_bytes());
}

/// What elements have alike that one template makes: everything but the values of holes.
fn shape(element: &Element) -> String {
    let contents = |contents: &[Content]| -> String {
        let one = |content: &Content| match content {
            Content::Hole(kind, _) => format!("hole {kind}"),
            Content::OptionalHole(kind, _) => format!("optional {kind}"),
            Content::Nested(..) => "nested".to_owned(),
            other => format!("{other:?}"),
        };
        contents.iter().map(one).collect::<Vec<_>>().join(",")
    };
    let attributes: Vec<_> = element.attributes.iter().map(|(name, value)| format!("{name:?}={}", contents(value))).collect();
    // Not as Rust prints texts in lists: each level would double the quotes.
    let children: String = element.children.iter().map(shape).collect();
    format!("<{:?} {attributes:?} [{}] {children}>", element.name, contents(&element.content))
}

/// The header of a file that counts so many chunks, with flags: 1 is dirty, 4 has no sums.
pub(super) fn header(chunks: usize, flags: u32) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    bytes[..8].copy_from_slice(b"ElfFile\0");
    let last = chunks.saturating_sub(1) as u64;
    bytes[16..24].copy_from_slice(&last.to_le_bytes());
    bytes[32..36].copy_from_slice(&128_u32.to_le_bytes());
    bytes[36..38].copy_from_slice(&1_u16.to_le_bytes());
    bytes[38..40].copy_from_slice(&3_u16.to_le_bytes());
    bytes[40..42].copy_from_slice(&4096_u16.to_le_bytes());
    bytes[42..44].copy_from_slice(&u16::try_from(chunks).unwrap().to_le_bytes());
    bytes[120..124].copy_from_slice(&flags.to_le_bytes());
    let sum = crc32fast::hash(&bytes[..120]);
    bytes[124..128].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// Chunks with a record for each event of a list, numbered from 1.
pub(super) fn chunks(lists: &[Vec<Element>], form: ChunkForm) -> Vec<Vec<u8>> {
    let mut next_id = 1;
    let mut chunks = Vec::new();
    for events in lists {
        let mut writer = ChunkWriter::new(form, next_id);
        for event in events {
            writer.record(event);
        }
        next_id = writer.next_id;
        chunks.push(writer.chunk());
    }
    chunks
}

/// A file with a chunk for each list of events.
pub(super) fn file(lists: &[Vec<Element>]) -> Vec<u8> {
    [header(lists.len(), 0), chunks(lists, WHOLE).concat()].concat()
}
