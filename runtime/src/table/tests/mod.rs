//! Sightings in; entities, figures, keys and rows out (semantics.md §4).

#![allow(clippy::unwrap_used)]

mod growth;
mod keys;
mod rows;

use super::put_in_order;
use crate::testing::{held, table};

#[test]
fn equal_keys_are_one_entity_and_its_sightings_are_in_the_order_of_time() {
    let v = table("process", "@key | @time\n A | 3\n B | 2\n A | 1\n A | -");
    assert_eq!(held(&v), ["A: 3 1 4", "B: 2"]);
}

#[test]
fn sightings_of_one_slot_of_one_record_are_one() {
    let v = table("process", "@key | @record | @slot\n A | 1 | 0\n A | 1 | 0\n A | 1 | 1");
    assert_eq!(held(&v), ["A: 1 1"]);
}

#[test]
fn a_merged_sighting_counts_if_one_did_and_is_a_creation_if_one_was() {
    let v = table("process", "@key | @record | @is\n A | 1 | creation uncounted\n A | 1 | -\n B | 2 | creation uncounted");
    assert_eq!(held(&v), ["A: 1c", "B: (2c)"]);
}

#[test]
fn rows_without_a_record_are_never_merged() {
    assert_eq!(held(&table("process", "@key | @record\n A | -\n A | -")), ["A: - -"]);
}

#[test]
fn entities_are_ordered_by_their_first_sighting_that_counts_then_by_key() {
    let v = table("process", "@key | @time | @is\n B | 1 | -\n C | 0 | creation uncounted\n C | 2 | -\n A | 1 | -\n D | - | -");
    assert_eq!(held(&v), ["A: 4", "B: 1", "C: (2c) 3", "D: 5"]);
}

#[test]
fn items_are_put_in_any_order_in_place() {
    for order in [vec![], vec![0], vec![0, 1, 2, 3], vec![3, 2, 1, 0], vec![1, 2, 3, 0], vec![2, 0, 1, 3], vec![1, 0, 3, 2]] {
        let mut items: Vec<char> = "abcd".chars().take(order.len()).collect();
        let wanted: Vec<char> = order.iter().map(|at| items[*at as usize]).collect();
        put_in_order(&mut items, order);
        assert_eq!(items, wanted);
    }
}

#[test]
fn records_are_distinct_records_of_sightings_that_count() {
    let v = table("process", "@key | @record | @is\n A | 1 | -\n B | 1 | -\n B | 2 | -\n B | 3 | creation uncounted\n B | - | -");
    assert_eq!((v.entity_count(), v.record_count()), (2, 2));
    assert_eq!([1, 2, 3, 4].map(|most| v.count_records(most)), [2; 4], "however many passes there are");
}
