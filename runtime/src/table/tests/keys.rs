//! The order of keys, and which of them are equal.

use crate::table::{Collector, Key, Rung, Sighting, Table};
use crate::testing::key;
use huntc_compiler::value::Value;

/// A key from its parts, which are separated by commas. `-` is a missing part, and `4` a number.
fn of(parts: &str) -> Key {
    let part = |part: &str| match part {
        "-" => None,
        _ => Some(part.parse().map_or_else(|_| Value::text(part), Value::Int)),
    };
    Key { rung: Rung::Plain, parts: parts.split(',').map(part).collect(), host: None, unique: 0 }
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
    let address = |a: &str| Key { parts: [a.parse().map(Value::Address).ok()].into(), ..of("-") };
    assert_eq!(sorted([address("10.0.0.9"), address("10.0.0.10")]), ["10.0.0.10", "10.0.0.9"]);
}

#[test]
fn one_path_on_two_hosts_is_two_keys() {
    let on = |host: Option<&str>| Key { host: host.map(Into::into), ..of("/a") };
    assert_eq!(sorted([on(Some("h2")), on(Some("h1")), on(None)]), ["/a @h1", "/a @h2", "/a"]);
    assert_ne!(on(Some("h1")), on(None));
}

#[test]
fn rungs_never_mix() {
    let on = |rung| Key { rung, ..of("h,7,-") };
    let table = holding([on(Rung::Start), on(Rung::Life), on(Rung::Life), on(Rung::EntityId)]);
    let one = |rung: Rung| (rung.word().to_owned(), 1);
    assert_eq!(table.rungs(), [one(Rung::EntityId), one(Rung::Start), one(Rung::Life)]);
}

#[test]
fn rows_without_identity_are_each_their_own() {
    assert_eq!(holding([1, 2].map(|unique| Key { unique, ..of("-") })).entity_count(), 2);
}

#[test]
fn a_path_is_listed_once_for_each_host() {
    let on = |host: &str| Key { host: Some(host.into()), ..of("/a") };
    assert_eq!(holding([on("h2"), on("h1")]).sorted_keys(), [[Some(Value::text("/a"))], [Some(Value::text("/a"))]]);
}

/// A table of entities with these keys.
fn holding(keys: impl IntoIterator<Item = Key>) -> Table {
    let mut collector = Collector::default();
    for key in keys {
        let (counted, creation) = (true, false);
        let sighting =
            Sighting { record: None, slot: 0, time: None, counted, creation, undecided: 0, observation: None, values: [].into() };
        collector.add(key, sighting);
    }
    collector.finish(None, &[])
}
