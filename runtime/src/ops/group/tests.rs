//! GROUP: tables in, rows out (semantics.md §4).

use crate::ops::testing::run;
use crate::testing::{rows, table};

#[test]
fn null_is_a_group_of_its_own_and_the_last() {
    let v = table("process", "@key | name\n A | -\n B | sh\n C | cmd.exe\n D | -");
    assert_eq!(rows(&run("x = GROUP v BY name WITH COUNT(x_unique_id) AS n", &[&v]), "name n"), ["cmd.exe | 0", "sh | 0", "- | 0"]);
}

#[test]
fn groups_are_in_ascending_order_of_their_keys() {
    let numbers = table("process", "@key | pid\n A | 10\n B | 9\n C | -1");
    assert_eq!(rows(&run("x = GROUP v BY pid WITH COUNT(pid) AS n", &[&numbers]), "pid"), ["-1", "9", "10"]);
    let addresses = table("ipv4-addr", "@key | value\n A | 10.0.0.10\n B | 10.0.0.9");
    assert_eq!(rows(&run("x = GROUP v BY value WITH COUNT(value) AS n", &[&addresses]), "value"), ["10.0.0.9", "10.0.0.10"]);
}

#[test]
fn each_pair_of_two_keys_is_a_group() {
    let v = table("process", "@key | name | pid\n A | sh | 2\n B | sh | 1\n C | sh | 2\n D | cmd | 2\n E | sh | -");
    let x = run("x = GROUP v BY name, pid WITH COUNT(name) AS n", &[&v]);
    assert_eq!(rows(&x, "name pid n"), ["cmd | 2 | 1", "sh | 1 | 1", "sh | 2 | 2", "sh | - | 1"]);
}

#[test]
fn count_is_of_rows_that_have_the_attribute_and_nunique_of_values() {
    let v = table("process", "@key | name | pid\n A | sh | 1\n B | sh | 1\n C | sh | 2\n D | sh | -");
    let x = run("x = GROUP v BY name WITH COUNT(pid) AS n, NUNIQUE(pid) AS u", &[&v]);
    assert_eq!(rows(&x, "name n u"), ["sh | 3 | 2"]);
}

#[test]
fn aggregates_of_numbers() {
    let v = table("process", "@key | name | pid\n A | sh | 1\n B | sh | 4\n C | sh | -\n D | cmd | -");
    let x = run("x = GROUP v BY name WITH MIN(pid) AS a, MAX(pid) AS b, SUM(pid) AS c, AVG(pid) AS d", &[&v]);
    assert_eq!(rows(&x, "name a b c d"), ["cmd | - | - | - | -", "sh | 1 | 4 | 5 | 2.5"]);
}

#[test]
fn a_bin_begins_at_or_below_its_values() {
    let v = table("process", "@key | pid\n A | -11\n B | -10\n C | -1\n D | 0\n E | 9\n F | 10\n G | -");
    let x = run("x = GROUP v BY BIN(pid, 10) WITH COUNT(pid) AS n", &[&v]);
    assert_eq!(rows(&x, "pid_bin n"), ["-20 | 1", "-10 | 2", "0 | 2", "10 | 1", "- | 0"]);
}

#[test]
fn bins_of_times_count_from_the_epoch() {
    let v = table("process", "@key | @time\n A | -1\n B | 0\n C | 59\n D | 60");
    let x = run("x = GROUP v BY BIN(first_observed, 1 m) WITH COUNT(first_observed) AS n", &[&v]);
    let bins = ["1969-12-31T23:59:00Z | 1", "1970-01-01T00:00:00Z | 2", "1970-01-01T00:01:00Z | 1"];
    assert_eq!(rows(&x, "first_observed_bin n"), bins);
}

#[test]
fn an_entity_is_one_row_however_often_it_was_seen() {
    let v = table("process", "@key | pid\n A | 1\n A | 1\n B | 1");
    assert_eq!(rows(&run("x = GROUP v BY pid WITH COUNT(pid) AS n", &[&v]), "n"), ["2"]);
    assert_eq!(rows(&run("t = TIMESTAMPED(v)\n x = GROUP t BY pid WITH COUNT(pid) AS n", &[&v]), "n"), ["3"]);
}

#[test]
fn entities_are_groups_records_those_of_the_input_and_there_are_no_keys() {
    let v = table("process", "@key | @record | pid\n A | 1 | 1\n B | 1 | 2\n B | 2 | 2");
    let x = run("x = GROUP v BY pid WITH COUNT(pid) AS n", &[&v]);
    assert_eq!((x.entity_count(), x.record_count(), x.sorted_keys().len()), (2, 2, 0));
}
