//! Binary XML: values of every kind, templates and names that are shared, and what a hostile chunk may ask for.

use super::evtx_writer::{ChunkForm, ChunkWriter, Content, Element, WHOLE, chunks, element, header, utf_16};
use super::reading::{Values, trees};
use crate::source::logs::BadReason;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Each kind of value: its bytes, and the texts that Windows makes of them; several of an array.
fn kinds() -> Vec<(u8, Vec<u8>, Vec<&'static str>)> {
    let sid: [u8; 16] = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
    let system: [u8; 12] = [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0];
    let guid = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    let guid_text = "{04030201-0605-0807-090a-0b0c0d0e0f10}";
    let epoch = 116_444_736_000_000_000_u64.to_le_bytes().to_vec();
    let day = [0xe4, 7, 10, 0, 4, 0, 22, 0, 6, 0, 57, 0, 59, 0, 7, 0];
    let longs = |numbers: &[i64]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    vec![
        (0x00, Vec::new(), vec![]),
        (0x01, utf_16("Größe\u{1f600}\0"), vec!["Größe\u{1f600}"]),
        (0x01, Vec::new(), vec![]),
        (0x02, b"caf\xe9\0".to_vec(), vec!["café"]),
        (0x03, vec![0xff], vec!["-1"]),
        (0x04, vec![0xff], vec!["255"]),
        (0x05, vec![0xfe, 0xff], vec!["-2"]),
        (0x06, vec![0xfe, 0xff], vec!["65534"]),
        (0x07, vec![0xfd, 0xff, 0xff, 0xff], vec!["-3"]),
        (0x08, vec![0xfd, 0xff, 0xff, 0xff], vec!["4294967293"]),
        (0x09, longs(&[-4]), vec!["-4"]),
        (0x0a, longs(&[-1]), vec!["18446744073709551615"]),
        (0x0b, 1.5_f32.to_le_bytes().to_vec(), vec!["1.5"]),
        (0x0c, (-2.25_f64).to_le_bytes().to_vec(), vec!["-2.25"]),
        (0x0d, vec![1, 0, 0, 0], vec!["true"]),
        (0x0d, vec![0], vec!["false"]),
        (0x0e, vec![0xab, 0x01, 0x00], vec!["AB0100"]),
        (0x0f, guid.to_vec(), vec![guid_text]),
        (0x10, longs(&[4096]), vec!["0x1000"]),
        (0x11, epoch.clone(), vec!["1970-01-01T00:00:00.000Z"]),
        (0x11, vec![0; 8], vec!["1601-01-01T00:00:00.000Z"]),
        (0x11, longs(&[i64::MAX]), vec!["9223372036854775807"]),
        (0x12, day.to_vec(), vec!["2020-10-22T06:57:59.007Z"]),
        (0x13, sid.to_vec(), vec!["S-1-5-32-544"]),
        (0x14, vec![0xc0, 0x10, 0, 0], vec!["0x10c0"]),
        (0x15, longs(&[255]), vec!["0xff"]),
        // Of an unknown kind, and not as its kind says.
        (0x3f, vec![1, 0xfe], vec!["01FE"]),
        (0x13, vec![1, 9, 0], vec!["010900"]),
        (0x0f, vec![1, 2], vec!["0102"]),
        (0x81, utf_16("a\0b c\0\0"), vec!["a", "b c", ""]),
        (0x81, utf_16("a\0\0b"), vec!["a", "", "b"]),
        (0x82, b"a\0b\0".to_vec(), vec!["a", "b"]),
        (0x83, vec![1, 0xff], vec!["1", "-1"]),
        (0x84, vec![1, 0xff], vec!["1", "255"]),
        (0x86, vec![1, 0, 0xff, 0xff], vec!["1", "65535"]),
        (0x87, vec![0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0], vec!["-1", "2"]),
        (0x89, longs(&[1, -1]), vec!["1", "-1"]),
        (0x8c, [1.5_f64, 2.0].iter().flat_map(|n| n.to_le_bytes()).collect(), vec!["1.5", "2"]),
        (0x8d, vec![1, 0, 0, 0, 0, 0, 0, 0], vec!["true", "false"]),
        (0x8f, [guid, guid].concat(), vec![guid_text, guid_text]),
        (0x90, longs(&[1, 2]), vec!["0x1", "0x2"]),
        (0x91, [epoch.clone(), epoch].concat(), vec!["1970-01-01T00:00:00.000Z"; 2]),
        (0x93, [sid.as_slice(), &system].concat(), vec!["S-1-5-32-544", "S-1-5-18"]),
        (0x94, vec![1, 0, 0, 0, 2, 0, 0, 0], vec!["0x1", "0x2"]),
        (0x95, longs(&[1]), vec!["0x1"]),
        // A length that is none of several such values.
        (0x88, vec![1, 2, 3], vec!["010203"]),
    ]
}

/// A file with one chunk.
fn one(chunk: Vec<u8>) -> Vec<u8> {
    [header(1, 0), chunk].concat()
}

/// An event with a value of each kind.
pub(super) fn of_every_kind() -> Element {
    let hole = |(at, (kind, bytes, _)): (usize, &(u8, Vec<u8>, Vec<&str>))| Element {
        name: format!("V{at}"),
        attributes: vec![("Name".to_owned(), vec![Content::Text(format!("n{at}"))])],
        content: vec![Content::OptionalHole(*kind, bytes.clone())],
        children: Vec::new(),
    };
    element("Event", &[], "", kinds().iter().enumerate().map(hole).collect())
}

#[test]
fn values_of_every_kind_are_printed_and_arrays_stand_one_by_one() {
    let (kinds, event) = (kinds(), of_every_kind());
    let (found, bad) = trees(&one(chunks(&[vec![event.clone(), event]], WHOLE).remove(0)), 1 << 16);
    assert_eq!((found.len(), bad), (2, Vec::new()));
    for values in &found {
        for (at, (kind, bytes, texts)) in kinds.iter().enumerate() {
            let of =
                |path: String| values.iter().filter(|(name, _)| *name == path).map(|(_, text)| text.clone()).collect::<Vec<_>>();
            let wanted: Vec<&str> = texts.iter().copied().filter(|text| !text.is_empty()).collect();
            assert_eq!(of(format!("Event/V{at}")), wanted, "{kind:#x} {bytes:?}");
            assert_eq!(of(format!("Event/V{at}/Name")), vec![format!("n{at}"); texts.len().max(1)]);
        }
    }
}

/// What a record should have, by path.
fn expected(element: &Element, path: &str, out: &mut Values) {
    let path = if path.is_empty() { element.name.clone() } else { format!("{path}/{}", element.name) };
    for (name, contents) in &element.attributes {
        out.push((format!("{path}/{name}"), contents.iter().map(text).collect()));
    }
    out.push((path.clone(), element.content.iter().map(text).collect()));
    for content in &element.content {
        if let Content::Nested(element, _) = content {
            expected(element, &path, out);
        }
    }
    element.children.iter().for_each(|child| expected(child, &path, out));
    out.retain(|(_, text)| !text.is_empty());
}

fn text(content: &Content) -> String {
    match content {
        Content::Text(text) | Content::CData(text) => text.clone(),
        Content::Character(c) => c.to_string(),
        Content::Entity(name) => if *name == "lt" { "<" } else { "&" }.to_owned(),
        Content::Hole(kind, bytes) | Content::OptionalHole(kind, bytes) => {
            let kinds = kinds();
            let known = kinds.iter().find(|known| (known.0, &known.1) == (*kind, bytes));
            known.map_or(String::new(), |known| known.2.concat())
        }
        Content::Nested(..) => String::new(),
    }
}

fn a_name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["Event", "System", "Data", "Name", "Größe", "x", "a.b"]).prop_map(str::to_owned)
}

/// Text that XML does not change; blank text between elements is none.
fn a_text() -> impl Strategy<Value = String> {
    "[a-z<>&\"'äß\u{1f600}]{1,12}"
}

fn a_content() -> impl Strategy<Value = Content> {
    let scalars: Vec<_> = kinds().into_iter().filter(|(kind, ..)| kind & 0x80 == 0).map(|(kind, bytes, _)| (kind, bytes)).collect();
    let holes = prop::sample::select(scalars);
    prop_oneof![
        a_text().prop_map(Content::Text),
        a_text().prop_map(Content::CData),
        prop::char::range('a', 'ÿ').prop_map(Content::Character),
        prop::sample::select(vec!["lt", "amp"]).prop_map(Content::Entity),
        holes.clone().prop_map(|(kind, bytes)| Content::Hole(kind, bytes)),
        holes.prop_map(|(kind, bytes)| Content::OptionalHole(kind, bytes)),
        Just(Content::OptionalHole(0x01, Vec::new())),
    ]
}

fn an_element() -> impl Strategy<Value = Element> {
    let contents = || prop::collection::vec(a_content(), 0..3);
    let in_attribute = || a_content().prop_filter("no attribute has CDATA", |content| !matches!(content, Content::CData(_)));
    let attributes = move || prop::collection::vec((a_name(), prop::collection::vec(in_attribute(), 0..3)), 0..3);
    let leaf = (a_name(), attributes(), contents());
    let leaf = leaf.prop_map(|(name, attributes, content)| Element { name, attributes, content, children: Vec::new() });
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let nested = (prop::collection::vec(inner.clone(), 0..3), prop::collection::vec((inner, any::<bool>()), 0..2));
        (a_name(), attributes(), contents(), nested).prop_map(|(name, attributes, mut content, (children, nested))| {
            content.extend(nested.into_iter().map(|(element, template)| {
                let element = if template { element } else { without_holes(&element) };
                Content::Nested(Box::new(element), template)
            }));
            Element { name, attributes, content, children }
        })
    })
}

/// Without templates nothing can stand in holes.
fn without_holes(element: &Element) -> Element {
    let contents = |contents: &[Content]| -> Vec<Content> {
        let kept = contents.iter().filter(|content| !matches!(content, Content::Nested(..)));
        let plain = |content: &Content| match content {
            Content::Hole(..) | Content::OptionalHole(..) => Content::Text(text(content)),
            other => other.clone(),
        };
        kept.map(plain).collect()
    };
    Element {
        name: element.name.clone(),
        attributes: element.attributes.iter().map(|(name, value)| (name.clone(), contents(value))).collect(),
        content: contents(&element.content),
        children: element.children.iter().map(without_holes).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// However a chunk keeps its records, they have what was written.
    #[test]
    fn records_have_what_was_written(lists in prop::collection::vec(prop::collection::vec(an_element(), 1..4), 1..3),
        templates: bool, shared: bool, block in 1_usize..5000)
    {
        let lists: Vec<Vec<Element>> = if templates {
            lists
        } else {
            lists.iter().map(|list| list.iter().map(without_holes).collect()).collect()
        };
        // A template that is used again, with other values in its holes.
        let lists: Vec<Vec<Element>> = lists.iter().map(|list| [list.clone(), list.clone()].concat()).collect();
        let mut file = header(lists.len(), 0);
        file.extend(chunks(&lists, ChunkForm { templates, shared }).concat());
        let (found, bad) = trees(&file, block);
        prop_assert_eq!(bad, Vec::new());
        let wanted: Vec<Values> = lists.iter().flatten().map(|event| {
            let mut values = Values::new();
            expected(event, "", &mut values);
            values.sort();
            values
        }).collect();
        let found: Vec<Values> = found.into_iter().map(|mut values| { values.sort(); values }).collect();
        prop_assert_eq!(found, wanted);
    }
}

#[test]
fn a_nested_fragment_ends_where_its_value_ends() {
    let nested = Content::Nested(Box::new(element("Inner", &[("a", "1")], "x", Vec::new())), false);
    let event = Element { name: "Event".to_owned(), content: vec![nested, Content::Text("y".to_owned())], ..Element::default() };
    let mut chunk = chunks(&[vec![event]], WHOLE).remove(0);
    // Its end token is another one's.
    let end =
        chunk.windows(6).position(|bytes| bytes == [b'x', 0, 0x04, 0x00, 0, 0] || bytes[..4] == [b'x', 0, 0x04, 0x00]).unwrap();
    chunk[end + 3] = 0x0b;
    super::evtx_writer::sum(&mut chunk);
    let (_, bad) = trees(&one(chunk), 1 << 16);
    assert_eq!(bad, [(0, BadReason::DamagedRecord)]);
}

/// A chunk of 64 KiB that would become gigabytes costs little, and is told.
#[test]
fn what_a_chunk_may_become_is_bounded() {
    let long = "n".repeat(2_000);
    let many = |name: &str, count: usize| (0..count).map(|_| element(name, &[], "", Vec::new())).collect::<Vec<_>>();
    // A long name, said again and again; a long value in every hole; a template that names itself; elements within elements.
    let names = element("Event", &[], "", many(&long, 3000));
    let mut writer = ChunkWriter::new(WHOLE, 1);
    writer.record(&names);
    (0..5).for_each(|_| writer.record(&names));
    let mut array = element("D", &[("long", &"x".repeat(9000))], "", Vec::new());
    array.content = vec![Content::Hole(0x81, utf_16(&"a\0".repeat(2000)))];
    let array = element("Event", &[], "", vec![array]);
    let mut deep = element("Event", &[], "", Vec::new());
    for _ in 0..500 {
        deep = element("E", &[], "", vec![deep]);
    }
    let mut itself = ChunkWriter::new(WHOLE, 1);
    itself.raw_record(|writer| {
        let at = u32::try_from(writer.len() + 14).unwrap();
        let body = [
            &[0x0f, 1, 1, 0, 0x0c, 1, 0, 0, 0, 0][..],
            &at.to_le_bytes(),
            &[0; 4],
            &[0x0c, 1, 0, 0, 0, 0],
            &at.to_le_bytes(),
            &[0; 4],
            &[0],
        ];
        let template =
            [&[0x0f, 1, 1, 0, 0x0c, 1, 0, 0, 0, 0][..], &at.to_le_bytes(), &[0; 20], &33_u32.to_le_bytes(), &body.concat()];
        writer.bytes.extend(template.concat());
        writer.bytes.extend([0; 16]);
    });
    let chunks = [writer.chunk(), chunks(&[vec![array]], WHOLE).remove(0), chunks(&[vec![deep]], WHOLE).remove(0), itself.chunk()];
    for (at, chunk) in chunks.into_iter().enumerate() {
        let begun = Instant::now();
        let (found, bad) = trees(&one(chunk), 1 << 16);
        assert!(bad.iter().any(|(_, reason)| *reason == BadReason::DamagedRecord), "{at}");
        let length: usize = found.iter().flatten().map(|(path, text)| path.len() + text.len()).sum();
        assert!(length < 64 << 20, "{at}: {length}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{at}");
    }
}
