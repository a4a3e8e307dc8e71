//! The order of keys, and which of them are equal.

use crate::table::{Collector, Key, Rung, Sighting, Table};
use crate::testing::key;
use huntc_compiler::value::Value;

fn plain(parts: &[Option<Value>]) -> Key {
    Key { rung: Rung::Plain, parts: parts.into(), host: None, unique: 0 }
}

fn text(text: &str) -> Option<Value> {
    Some(Value::text(text))
}

fn sorted(mut keys: Vec<Key>) -> Vec<String> {
    keys.sort();
    keys.iter().map(key).collect()
}

#[test]
fn keys_are_ordered_part_by_part_with_nulls_last() {
    let keys = vec![plain(&[None, text("a")]), plain(&[text("b"), None]), plain(&[text("b"), text("a")]), plain(&[text("a"), text("z")])];
    assert_eq!(sorted(keys), ["a,z", "b,a", "b,-", "-,a"]);
}

#[test]
fn numbers_are_ordered_as_numbers_and_text_by_code_point() {
    let number = |n| plain(&[Some(Value::Int(n))]);
    assert_eq!(sorted(vec![number(10), number(9)]), ["9", "10"]);
    assert_eq!(sorted(vec![plain(&[text("a")]), plain(&[text("B")]), plain(&[text("10")]), plain(&[text("9")])]), ["10", "9", "B", "a"]);
}

/// Reports list keys as they print.
#[test]
fn addresses_in_keys_are_ordered_as_text() {
    let address = |a: &str| plain(&[Some(Value::Address(a.parse().unwrap()))]);
    assert_eq!(sorted(vec![address("10.0.0.9"), address("10.0.0.10")]), ["10.0.0.10", "10.0.0.9"]);
}

#[test]
fn one_path_on_two_hosts_is_two_keys() {
    let on = |host: Option<&str>| Key { host: host.map(Into::into), ..plain(&[text("/a")]) };
    assert_eq!(sorted(vec![on(Some("h2")), on(Some("h1")), on(None)]), ["/a", "/a @h1", "/a @h2"]);
    assert_ne!(on(Some("h1")), on(None));
}

#[test]
fn rungs_never_mix() {
    let on = |rung| Key { rung, ..plain(&[text("h"), Some(Value::Int(7)), None]) };
    let table = of(&[on(Rung::Start), on(Rung::Life), on(Rung::Life), on(Rung::EntityId)]);
    let one = |rung: Rung| (rung.word().to_owned(), 1);
    assert_eq!(table.rungs(), [one(Rung::EntityId), one(Rung::Start), one(Rung::Life)]);
}

#[test]
fn rows_without_identity_are_each_their_own() {
    let row = |unique| Key { unique, ..plain(&[None]) };
    assert_eq!(of(&[row(1), row(2)]).entity_count(), 2);
}

#[test]
fn a_path_is_listed_once_for_each_host() {
    let on = |host: &str| Key { host: Some(host.into()), ..plain(&[text("/a")]) };
    let listed: Vec<Vec<Option<Value>>> = of(&[on("h2"), on("h1")]).sorted_keys();
    assert_eq!(listed, [[text("/a")], [text("/a")]]);
}

/// A table of entities with these keys.
fn of(keys: &[Key]) -> Table {
    let mut collector = Collector::default();
    for key in keys {
        let (counted, creation) = (true, false);
        let sighting = Sighting { record: None, slot: 0, time: None, counted, creation, observation: None, values: [].into() };
        collector.add(key.clone(), sighting);
    }
    collector.finish(None, &[])
}
