//! The order of keys, and which of them are equal.

use crate::table::{Collector, Key, Rung, Sighting, Table};
use crate::testing::key;
use huntc_compiler::value::Value;

/// Parts of a key, which are separated by commas. `-` is a missing part, and `4` a number.
fn parts(parts: &str) -> Vec<Option<Value>> {
    let part = |part: &str| match part {
        "-" => None,
        _ => Some(part.parse().map_or_else(|_| Value::text(part), Value::Int)),
    };
    parts.split(',').map(part).collect()
}

/// A key of parts on a rung and a host.
fn key_of(rung: Rung, text: &str, host: Option<&str>) -> Key {
    Key::new(rung, parts(text), host.map(Into::into))
}

fn of(text: &str) -> Key {
    key_of(Rung::Plain, text, None)
}

fn sorted(keys: impl IntoIterator<Item = Key>) -> Vec<String> {
    let mut keys: Vec<Key> = keys.into_iter().collect();
    keys.sort();
    keys.iter().map(key).collect()
}

#[test]
fn keys_are_ordered_part_by_part_with_nulls_last() {
    assert_eq!(sorted(["-,a", "b,-", "b,a", "a,z"].map(of)), ["a,z", "b,a", "b,-", "-,a"]);
}

#[test]
fn numbers_are_ordered_as_numbers_and_text_by_code_point() {
    assert_eq!(sorted(["10", "9"].map(of)), ["9", "10"]);
    assert_eq!(sorted(["a", "B", "_", "ä"].map(of)), ["B", "_", "a", "ä"]);
}

/// Reports list keys as they print.
#[test]
fn addresses_in_keys_are_ordered_as_text() {
    let address = |a: &str| Key::new(Rung::Plain, [a.parse().map(Value::Address).ok()], None);
    assert_eq!(sorted([address("10.0.0.9"), address("10.0.0.10")]), ["10.0.0.10", "10.0.0.9"]);
}

#[test]
fn one_path_on_two_hosts_is_two_keys() {
    let on = |host: Option<&str>| key_of(Rung::Plain, "/a", host);
    assert_eq!(sorted([on(Some("h2")), on(Some("h1")), on(None)]), ["/a @h1", "/a @h2", "/a"]);
    assert_ne!(on(Some("h1")), on(None));
}

#[test]
fn rungs_never_mix() {
    let on = |rung| key_of(rung, "h,7,-", None);
    let table = holding([on(Rung::Start), on(Rung::Life), on(Rung::Life), on(Rung::EntityId)]);
    let one = |rung: Rung| (rung.word().to_owned(), 1);
    assert_eq!(table.rungs(), [one(Rung::EntityId), one(Rung::Start), one(Rung::Life)]);
}

#[test]
fn rows_without_identity_are_each_their_own() {
    assert_eq!(holding([1, 2].map(|number| of("-").numbered(number))).entity_count(), 2);
}

#[test]
fn a_path_is_listed_once_for_each_host() {
    let on = |host: &str| key_of(Rung::Plain, "/a", Some(host));
    assert_eq!(holding([on("h2"), on("h1")]).sorted_keys(), [[Some(Value::text("/a"))], [Some(Value::text("/a"))]]);
}

/// A table of entities with these keys.
fn holding(keys: impl IntoIterator<Item = Key>) -> Table {
    let mut collector = Collector::default();
    for key in keys {
        let sighting = Sighting::new(None, None, 0, collector.tuple(&[]));
        collector.add(key, sighting, None);
    }
    collector.finish(None, &[])
}

/// A GUID is kept as bytes, any other text as text.
#[test]
fn guids_are_ordered_among_other_keys_by_their_text() {
    let guid = "c1a6ae2c-3ff1-4f6e-8a9a-6b0f7e2d5c11";
    let braced = format!("{{{guid}}}");
    let upper = guid.to_uppercase();
    let mut texts = [guid, &braced, &upper, "c1a6ae2c", "c1a6ae2d", "z", "-", "c1a6ae2c-3ff1-4f6e-8a9a-6b0f7e2d5c12", "~"];
    let keys = || texts.iter().map(|text| Key::new(Rung::EntityId, [Some(Value::text(*text))], None));
    let by_key = sorted(keys());
    assert!(
        keys().zip(texts).all(|(key, text)| key.parts() == [Some(Value::text(text))] && key.part(0) == Some(Value::text(text)))
    );
    texts.sort_unstable();
    assert_eq!(by_key, texts);
}
