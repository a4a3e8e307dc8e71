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

#[test]
fn a_star_counts_rows() {
    let v = table("process", "@key | name | pid\n A | sh | 1\n B | sh | -\n C | - | -");
    assert_eq!(
        rows(&run("x = GROUP v BY name WITH COUNT(*), COUNT(pid) AS n", &[&v]), "name count n"),
        ["sh | 2 | 1", "- | 1 | 0"]
    );
}

#[test]
fn a_list_has_each_value_once_in_ascending_order() {
    let v = table(
        "process",
        "@key | name | pid\n A | sh | 10\n B | sh | 9\n C | sh | 10\n D | sh | -\n E | cmd | -\n F | sh | [9, 11]",
    );
    assert_eq!(rows(&run("x = GROUP v BY name WITH LIST(pid) AS l", &[&v]), "name l"), ["cmd | -", "sh | [9,10,11]"]);
}

#[test]
fn first_and_last_go_by_the_times_of_rows() {
    let v = table(
        "process",
        "@key | @time | name | cwd\n A | 3 | sh | c\n B | 1 | sh | -\n C | 2 | sh | b\n D | 4 | sh | e\n E | 4 | sh | d",
    );
    let x = run("x = GROUP v BY name WITH FIRST(cwd) AS a, LAST(cwd) AS z", &[&v]);
    assert_eq!(rows(&x, "a z"), ["b | d"], "rows without a value are passed over; at one time the smallest counts");
    let sorted = run("s = SORT v BY cwd DESC\nx = GROUP s BY name WITH FIRST(cwd) AS a, LAST(cwd) AS z", &[&v]);
    assert_eq!(rows(&sorted, "a z"), ["b | d"], "the order of rows does not matter");
}

#[test]
fn rows_without_a_time_count_where_none_has_one() {
    let v = table("process", "@key | @time | name | cwd\n A | - | sh | a\n B | 1 | sh | b\n C | - | cmd | d\n D | - | cmd | c");
    let x = run("x = GROUP v BY name WITH FIRST(cwd) AS a, LAST(cwd) AS z", &[&v]);
    assert_eq!(rows(&x, "name a z"), ["cmd | c | c", "sh | b | b"]);
}

#[test]
fn a_pair_has_the_time_of_its_first_row() {
    let v = table("process", "@key | @time | name | pid\n A | 2 | sh | 1\n B | 1 | sh | 2");
    let w = table("process", "@key | @time | name | cwd\n C | 9 | sh | c");
    let x = run("j = JOIN v, w BY name, name\nx = GROUP j BY name WITH FIRST(pid) AS a, LAST(pid) AS z", &[&v, &w]);
    assert_eq!(rows(&x, "a z"), ["2 | 1"]);
}
