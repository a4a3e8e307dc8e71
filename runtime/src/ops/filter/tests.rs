//! WHERE on a variable: tables in, entities and their records out.

use crate::ops::testing::{passes, run};
use crate::testing::{held, rows, table};

#[test]
fn an_entity_stays_iff_one_of_its_sightings_passes() {
    let v = table(
        "process",
        "@key | name
         A    | cmd.exe
         A    | explorer.exe
         B    | explorer.exe",
    );
    assert_eq!(held(&run("x = v WHERE name = 'cmd.exe'", &[&v])), ["A: 1"]);
    assert_eq!(held(&run("x = v WHERE name = 'explorer.exe'", &[&v])), ["A: 2", "B: 3"]);
}

#[test]
fn values_of_different_sightings_are_never_combined() {
    let v = table(
        "process",
        "@key | name    | pid
         A    | cmd.exe | 1
         A    | sh      | 2",
    );
    assert_eq!(held(&run("x = v WHERE name = 'cmd.exe' AND pid = 2", &[&v])), [""; 0]);
    assert_eq!(held(&run("x = v WHERE name = 'cmd.exe' OR pid = 2", &[&v])), ["A: 1 2"]);
}

#[test]
fn a_creation_record_stays_with_its_entity_and_counts_iff_it_passes() {
    let v = table(
        "process",
        "@key | name    | @is
         A    | cmd.exe | creation uncounted
         A    | sh      | -
         B    | cmd.exe | creation uncounted",
    );
    let (of_others, of_creation) = (run("x = v WHERE name = 'sh'", &[&v]), run("x = v WHERE name = 'cmd.exe'", &[&v]));
    assert_eq!((held(&of_others), of_others.record_count()), (vec!["A: (1c) 2".to_owned()], 1));
    assert_eq!((held(&of_creation), of_creation.record_count()), (vec!["A: 1c".to_owned(), "B: 3c".to_owned()], 2));
}

#[test]
fn a_row_of_a_filter_keeps_the_creation_records_values() {
    let v = table(
        "process",
        "@key | name    | pid | @is
         A    | cmd.exe | 7   | creation
         A    | sh      | -   | -",
    );
    assert_eq!(rows(&run("x = v WHERE name = 'sh'", &[&v]), "name pid"), ["cmd.exe | 7"]);
}

/// semantics.md §3
#[test]
fn an_absent_attribute_makes_every_comparison_false() {
    let v = table("process", "@key | name | pid\n A | cmd.exe | -");
    let asked = ["pid = 4", "pid != 4", "pid IN (4, 5)", "pid NOT IN (4, 5)", "pid < 4", "pid >= 4", "pid IS NOT NULL"];
    assert_eq!(asked.map(|condition| passes(&v, condition)), [false; 7]);
    assert!(passes(&v, "pid IS NULL"));
    assert!(!passes(&v, "name IS NULL"));
}

#[test]
fn one_of_several_values_has_to_pass_and_none_where_it_is_negated() {
    let v = table("process", "@key | arguments\n A | [-k, netsvcs]");
    let hold = ["arguments = '-k'", "arguments LIKE 'net%'", "arguments != '-p'", "arguments NOT IN ('-p', '-s')"];
    let fail = ["arguments = '-p'", "arguments != '-k'", "arguments NOT LIKE 'net%'", "arguments NOT IN ('-p', '-k')"];
    assert_eq!(hold.map(|condition| passes(&v, condition)), [true; 4]);
    assert_eq!(fail.map(|condition| passes(&v, condition)), [false; 4]);
}

#[test]
fn a_time_range_takes_creation_records_too_and_ends_before_its_stop() {
    let v = table(
        "process",
        "@key | @time | @is
         A    | 1     | creation
         A    | 2     | -
         A    | 3     | -
         B    | 3     | -
         C    | -     | -",
    );
    let range = "START t'1970-01-01T00:00:02Z' STOP t'1970-01-01T00:00:03Z'";
    assert_eq!(held(&run(&format!("x = GET process FROM v {range}"), &[&v])), ["A: 2"]);
}

#[test]
fn a_reference_is_the_set_of_values_over_rows() {
    let v = table("process", "@key | pid\n A | 1\n B | 2\n C | -");
    let w = table("process", "@key | pid\n D | 2\n E | 3");
    assert_eq!(held(&run("x = v WHERE pid = w.pid", &[&v, &w])), ["B: 2"]);
    assert_eq!(held(&run("x = v WHERE pid != w.pid", &[&v, &w])), ["A: 1"]);
}

#[test]
fn no_value_is_in_the_set_of_an_empty_variable() {
    let (v, w) = (table("process", "@key | pid\n A | 1\n B | -"), table("process", "@key | pid"));
    assert_eq!(held(&run("x = v WHERE pid IN w.pid", &[&v, &w])), [""; 0]);
    assert_eq!(held(&run("x = v WHERE pid NOT IN w.pid", &[&v, &w])), ["A: 1"]);
}

#[test]
fn entities_are_ordered_anew_by_the_sightings_that_count() {
    let v = table(
        "process",
        "@key | @time | pid
         A    | 1     | 1
         B    | 2     | 2
         A    | 3     | 2",
    );
    assert_eq!(held(&run("x = v WHERE pid = 2", &[&v])), ["B: 2", "A: 3"]);
}

#[test]
fn the_order_of_a_sort_stays() {
    let v = table("process", "@key | pid\n A | 1\n B | 2\n C | 3");
    assert_eq!(held(&run("s = SORT v BY pid\n x = s WHERE pid > 1", &[&v])), ["C: 3", "B: 2"]);
}

#[test]
fn rows_for_records_are_those_that_pass() {
    let v = table(
        "process",
        "@key | @time | pid
         A    | 1     | 1
         A    | 2     | 2
         B    | 3     | 2",
    );
    let x = run("t = TIMESTAMPED(v)\n x = t WHERE pid = 2", &[&v]);
    assert_eq!(rows(&x, "first_observed x_unique_id"), ["2s | -", "3s | -"]);
}

#[test]
fn rows_for_records_keep_the_order_of_a_sort() {
    let v = table(
        "process",
        "@key | @time | pid
         A    | 1     | 1
         A    | 2     | 1
         A    | 3     | 2",
    );
    let x = run("t = TIMESTAMPED(v)\n s = SORT t BY first_observed DESC\n x = s WHERE pid = 1", &[&v]);
    assert_eq!(rows(&x, "first_observed"), ["2s", "1s"]);
}

#[test]
fn rows_of_a_group_result_are_tested_one_by_one() {
    let v = table("process", "@key | name\n A | sh\n B | sh\n C | cmd.exe");
    let x = run("g = GROUP v BY name WITH COUNT(name) AS n\n x = g WHERE n > 1", &[&v]);
    assert_eq!(rows(&x, "name n"), ["sh | 2"]);
}

#[test]
fn values_beside_the_sightings_stay_and_can_be_asked_for() {
    let v = table("process", "@key | +note\n A | seen\n B | -\n C | new");
    let x = run("x = v WHERE note != 'seen'", &[&v]);
    assert_eq!((held(&x), rows(&x, "note")), (vec!["C: 3".to_owned()], vec!["new".to_owned()]));
}
