//! The one value of each attribute in an entity's row.

use crate::testing::{rows, table};

#[test]
fn the_creation_records_value_is_before_earlier_ones() {
    let v = table(
        "process",
        "@key | @time | name  | pid | @is
         A    | 1     | early | 7   | -
         A    | 2     | born  | -   | creation uncounted",
    );
    assert_eq!(rows(&v, "name pid"), ["born | 7"]);
}

#[test]
fn without_a_creation_record_the_earliest_value_counts() {
    let v = table("process", "@key | @time | name | pid\n A | 1 | - | 7\n A | 2 | sh | 8\n A | 3 | late | 9");
    assert_eq!(rows(&v, "name pid"), ["sh | 7"]);
}

#[test]
fn at_one_instant_the_smallest_value_counts() {
    let v = table(
        "process",
        "@key | @time | name | pid | arguments\n A | 1 | b | 10 | [b, a]\n A | 1 | B | 9 | [b]\n A | 2 | A | 1 | a",
    );
    assert_eq!(rows(&v, "name pid arguments"), [r#"B | 9 | ["b"]"#], "text by code point, numbers as numbers, lists by element");
}

#[test]
fn of_creation_records_at_one_instant_the_smallest_value_counts() {
    let v = table("process", "@key | @time | name | @is\n A | 1 | b | creation\n A | 1 | a | creation\n A | 1 | 0 | -");
    assert_eq!(rows(&v, "name"), ["a"]);
}

#[test]
fn an_attribute_that_no_sighting_has_is_null() {
    assert_eq!(rows(&table("process", "@key | name\n A | -"), "name pid"), ["- | -"]);
}

#[test]
fn what_stands_beside_the_sightings_is_before_them() {
    assert_eq!(rows(&table("process", "@key | +note\n A | seen\n A | -"), "note"), ["seen"]);
}

#[test]
fn guids_print_in_lower_case_and_other_values_as_they_are() {
    let guid = "C1A6AE2C-3FF1-4F6E-8A9A-6B0F7E2D5C11";
    let v = table("process", &format!("@key | x_unique_id | name\n A | {guid} | {guid}\n B | AbC | -"));
    assert_eq!(rows(&v, "x_unique_id name"), [format!("{} | {guid}", guid.to_lowercase()), "AbC | -".to_owned()]);
}

#[test]
fn first_observed_is_the_creations_time_and_last_observed_the_last_that_counts() {
    let v = table(
        "process",
        "@key | @time | @is\n A | 1 | -\n A | 2 | creation uncounted\n A | 3 | -\n B | 4 | -\n B | 5 | creation uncounted",
    );
    assert_eq!(rows(&v, "first_observed last_observed"), ["2s | 3s", "5s | 4s"]);
}

#[test]
fn number_observed_is_of_distinct_records_that_count() {
    let v = table(
        "process",
        "@key | @record | @slot | @is\n A | 1 | 0 | -\n A | 1 | 1 | -\n A | 2 | 0 | -\n A | 3 | 0 | creation uncounted",
    );
    assert_eq!(rows(&v, "number_observed observation_id"), ["2 | index/1"]);
}

/// semantics.md §4. A process that forks and then executes a file has two creation records under one id.
#[test]
fn of_several_creation_records_the_latest_gives_the_row() {
    let v = table("process", "@key | @time | name | @is\n A | 1 | fork | creation\n A | 2 | exec | creation");
    assert_eq!(rows(&v, "name"), ["exec"]);
}
