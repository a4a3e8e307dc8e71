//! Writes event logs in binary XML, for tests: every element with its name in place, no templates.

/// An element with attributes, and text or children.
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Element>,
}

pub(super) fn element(name: &'static str, attributes: &[(&'static str, &str)], text: &str, children: Vec<Element>) -> Element {
    let attributes = attributes.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Element { name, attributes, text: text.to_owned(), children }
}

const CHUNK: usize = 65_536;

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A name that stands where it is used: `at` is where its offset will be written.
fn name(at: usize, text: &str) -> Vec<u8> {
    let mut bytes = u32::try_from(at + 4).unwrap().to_le_bytes().to_vec();
    bytes.extend([0; 6]);
    bytes.extend(u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes());
    bytes.extend(utf_16(text));
    bytes.extend([0, 0]);
    bytes
}

fn value(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x05, 0x01];
    bytes.extend(u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes());
    bytes.extend(utf_16(text));
    bytes
}

/// An element that begins at an offset of its chunk.
fn binary(element: &Element, at: usize) -> Vec<u8> {
    let mut inner = name(at + 5, element.name);
    if !element.attributes.is_empty() {
        let begin = at + 5 + inner.len() + 4;
        let mut list = Vec::new();
        for (place, (attribute, text)) in element.attributes.iter().enumerate() {
            list.push(if place + 1 < element.attributes.len() { 0x46 } else { 0x06 });
            let written = name(begin + list.len(), attribute);
            list.extend(written);
            list.extend(value(text));
        }
        inner.extend(u32::try_from(list.len()).unwrap().to_le_bytes());
        inner.extend(list);
    }
    inner.push(0x02);
    if !element.text.is_empty() {
        inner.extend(value(&element.text));
    }
    for child in &element.children {
        let written = binary(child, at + 5 + inner.len());
        inner.extend(written);
    }
    inner.push(0x04);
    let mut bytes = vec![if element.attributes.is_empty() { 0x01 } else { 0x41 }];
    bytes.extend(u32::try_from(inner.len()).unwrap().to_le_bytes());
    bytes.extend(inner);
    bytes
}

/// A chunk with one record for each event.
fn chunk(events: &[Element], first_id: u64) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    let mut last = 512;
    for (id, event) in (first_id..).zip(events) {
        last = bytes.len();
        let mut body = vec![0x0f, 1, 1, 0];
        body.extend(binary(event, last + 24 + 4));
        body.push(0);
        body.resize(body.len().next_multiple_of(8), 0);
        let size = u32::try_from(24 + body.len() + 4).unwrap();
        bytes.extend(0x2a2a_u32.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        bytes.extend(id.to_le_bytes());
        bytes.extend(132_000_000_000_000_000_u64.to_le_bytes());
        bytes.extend(body);
        bytes.extend(size.to_le_bytes());
    }
    let end = bytes.len();
    assert!(end <= CHUNK, "too much for a chunk");
    let last_id = first_id + events.len() as u64 - 1;
    bytes[..8].copy_from_slice(b"ElfChnk\0");
    for (place, number) in [(8, first_id), (16, last_id), (24, first_id), (32, last_id)] {
        bytes[place..place + 8].copy_from_slice(&number.to_le_bytes());
    }
    let sum = crc32fast::hash(&bytes[512..end]);
    for (place, number) in [(40, 128), (44, last as u32), (48, end as u32), (52, sum), (120, 1)] {
        bytes[place..place + 4].copy_from_slice(&u32::to_le_bytes(number));
    }
    let mut head = crc32fast::Hasher::new();
    head.update(&bytes[..120]);
    head.update(&bytes[128..512]);
    let head = head.finalize();
    bytes[124..128].copy_from_slice(&head.to_le_bytes());
    bytes.resize(CHUNK, 0);
    bytes
}

/// A file with a chunk for each list of events.
pub(super) fn file(chunks: &[Vec<Element>]) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    bytes[..8].copy_from_slice(b"ElfFile\0");
    let last = chunks.len().saturating_sub(1) as u64;
    bytes[16..24].copy_from_slice(&last.to_le_bytes());
    bytes[32..36].copy_from_slice(&128_u32.to_le_bytes());
    bytes[36..38].copy_from_slice(&1_u16.to_le_bytes());
    bytes[38..40].copy_from_slice(&3_u16.to_le_bytes());
    bytes[40..42].copy_from_slice(&4096_u16.to_le_bytes());
    bytes[42..44].copy_from_slice(&(chunks.len() as u16).to_le_bytes());
    let sum = crc32fast::hash(&bytes[..120]);
    bytes[124..128].copy_from_slice(&sum.to_le_bytes());
    let mut first = 1;
    for events in chunks {
        bytes.extend(chunk(events, first));
        first += events.len() as u64;
    }
    bytes
}
