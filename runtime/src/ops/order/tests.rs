//! SORT, LIMIT, OFFSET and rows for each record: tables in, rows out (semantics.md §4).

use crate::ops::testing::run;
use crate::testing::{held, rows, table};

#[test]
fn nulls_are_last_in_either_direction() {
    let v = table("process", "@key | pid\n A | -\n B | 2\n C | 10");
    assert_eq!(rows(&run("x = SORT v BY pid ASC", &[&v]), "pid"), ["2", "10", "-"]);
    assert_eq!(rows(&run("x = SORT v BY pid DESC", &[&v]), "pid"), ["10", "2", "-"]);
}

#[test]
fn a_sort_without_a_direction_is_descending() {
    let v = table("process", "@key | name\n A | a\n B | b");
    assert_eq!(rows(&run("x = SORT v BY name", &[&v]), "name"), ["b", "a"]);
}

#[test]
fn equal_rows_keep_their_order_in_either_direction() {
    let v = table("process", "@key | name | pid\n A | b | 1\n B | a | 1\n C | c | 1");
    for direction in ["ASC", "DESC"] {
        assert_eq!(rows(&run(&format!("x = SORT v BY pid {direction}"), &[&v]), "name"), ["b", "a", "c"]);
    }
}

#[test]
fn addresses_sort_by_number_and_ipv4_is_first() {
    let v = table("network-traffic", "@key | src_ref.value\n A | ::1\n B | 10.0.0.10\n C | 10.0.0.9\n D | fe80::1");
    let x = run("x = SORT v BY src_ref.value ASC", &[&v]);
    assert_eq!(rows(&x, "src_ref.value"), ["10.0.0.9", "10.0.0.10", "::1", "fe80::1"]);
}

#[test]
fn text_sorts_by_code_point() {
    let v = table("process", "@key | name\n A | a\n B | B\n C | ä\n D | _");
    assert_eq!(rows(&run("x = SORT v BY name ASC", &[&v]), "name"), ["B", "_", "a", "ä"]);
}

#[test]
fn offset_and_limit_count_rows() {
    let v = table("process", "@key | pid\n A | 1\n B | 2\n C | 3");
    let pids = |clauses: &str| rows(&run(&format!("x = v {clauses}"), &[&v]), "pid");
    assert_eq!(pids("LIMIT 2"), ["1", "2"]);
    assert_eq!(pids("LIMIT 1 OFFSET 1"), ["2"]);
    assert_eq!(pids("LIMIT 9 OFFSET 2"), ["3"]);
    assert_eq!(pids("LIMIT 3 OFFSET 3"), [""; 0]);
    assert_eq!(pids("LIMIT 0"), [""; 0]);
}

#[test]
fn entities_behind_a_limit_are_gone_and_the_others_keep_all_sightings() {
    let v = table("process", "@key | @time\n A | 1\n B | 2\n A | 3");
    assert_eq!(held(&run("x = v LIMIT 1", &[&v])), ["A: 1 3"]);
}

#[test]
fn rows_for_records_are_ordered_by_time_then_key() {
    let v = table("process", "@key | @time | name\n B | 2 | b\n A | 2 | a\n A | 3 | a\n B | 1 | b");
    let x = run("x = TIMESTAMPED(v)", &[&v]);
    assert_eq!(rows(&x, "first_observed name"), ["1s | b", "2s | a", "2s | b", "3s | a"]);
}

#[test]
fn two_slots_of_one_record_are_one_row() {
    let v = table("process", "@key | @record | @slot\n A | 1 | 0\n A | 1 | 1\n A | 2 | 0");
    assert_eq!(rows(&run("x = ADDOBSID(v)", &[&v]), "observation_id"), ["index/1", "index/2"]);
}

#[test]
fn a_creation_record_that_does_not_count_is_no_row() {
    let v = table("process", "@key | @time | name | @is\n A | 1 | sh | creation uncounted\n A | 2 | - | -");
    assert_eq!(rows(&run("x = TIMESTAMPED(v)", &[&v]), "first_observed name"), ["2s | sh"]);
}

#[test]
fn a_limit_of_rows_for_records_leaves_the_records_of_these_rows() {
    let v = table("process", "@key | @time | @is\n A | 1 | creation\n A | 2 | -\n B | 3 | -\n A | 4 | -");
    let x = run("t = TIMESTAMPED(v)\n x = t LIMIT 2 OFFSET 1", &[&v]);
    assert_eq!((held(&x), x.record_count()), (vec!["A: (1c) 2".to_owned(), "B: 3".to_owned()], 2));
    assert_eq!(rows(&x, "first_observed"), ["2s", "3s"]);
}
