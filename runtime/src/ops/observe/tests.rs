//! Observation expressions: the records of each pattern in, the records that some match binds out (semantics.md §4).

#![allow(clippy::unwrap_used)]

use super::{MOST_FOLLOWED, MOST_LOOKS, Search, TimeSpan, disjoint, events, exact, observe, plain};
use crate::allowance::{Allowance, Spent};
use crate::matching::Unread;
use crate::ops::testing::run;
use crate::table::Table;
use crate::testing::{plan, table};
use huntc_compiler::plan::{Observe, Op};
use huntc_compiler::time::Instant;
use std::cell::Cell;
use std::fmt::Write;
use std::sync::Arc;

/// The records that match a pattern, by number. Record 7 is at second 7; `7@3` is record 7 at second 3.
fn seen(records: &str) -> Table {
    let mut text = "@key | @record | @time\n".to_owned();
    for one in records.split_whitespace() {
        let (record, time) = one.split_once('@').unwrap_or((one, one));
        let _ = writeln!(text, "P{record} | {record} | {time}");
    }
    table("process", &text)
}

/// A GET whose patterns `[a]`, `[b]`, … `[i]` differ.
fn hunt(expression: &str) -> String {
    let patterns = ('a'..='i')
        .zip(1..)
        .fold(expression.to_owned(), |text, (name, n)| text.replace(&format!("[{name}]"), &format!("[process:pid = {n}]")));
    format!("x = GET process FROM stixshifter://h WHERE {patterns}")
}

/// The records that the matches of an expression over `[a]`, `[b]`, `[c]` bind.
fn matched(expression: &str, patterns: &[&str]) -> Vec<u64> {
    let tables: Vec<Table> = patterns.iter().map(|p| seen(p)).collect();
    let x = run(&hunt(expression), &tables.iter().collect::<Vec<_>>());
    let mut records: Vec<u64> = x.entities.iter().flat_map(|e| &e.sightings).filter_map(|s| s.record).collect();
    records.sort_unstable();
    records.dedup();
    records
}

#[test]
fn and_needs_both_in_any_order() {
    assert_eq!(matched("[a] AND [b]", &["5", "1 9"]), [1, 5, 9]);
    assert_eq!(matched("[a] AND [b]", &["5", ""]), [0; 0]);
}

#[test]
fn or_needs_one() {
    assert_eq!(matched("[a] OR [b]", &["5", ""]), [5]);
    assert_eq!(matched("[a] OR [b]", &["5", "1"]), [1, 5]);
}

#[test]
fn followed_by_is_not_before() {
    assert_eq!(matched("[a] FOLLOWEDBY [b]", &["1@5", "2@5"]), [1, 2], "at one instant");
    assert_eq!(matched("[a] FOLLOWEDBY [b]", &["2", "1"]), [0; 0]);
}

#[test]
fn followed_by_binds_only_what_has_a_partner() {
    assert_eq!(matched("[a] FOLLOWEDBY [b]", &["1 3 9", "0 5 6"]), [1, 3, 5, 6]);
}

#[test]
fn three_in_a_row_follow_each_other() {
    assert_eq!(matched("[a] FOLLOWEDBY [b] FOLLOWEDBY [c]", &["1 4", "2 6", "3 5"]), [1, 2, 3, 5]);
}

#[test]
fn within_is_inclusive() {
    assert_eq!(matched("([a] AND [b]) WITHIN 5 SECONDS", &["1", "6"]), [1, 6]);
    assert_eq!(matched("([a] AND [b]) WITHIN 4 SECONDS", &["1", "6"]), [0; 0]);
    assert_eq!(matched("([a] FOLLOWEDBY [b]) WITHIN 2 SECONDS", &["1 4", "2 9"]), [1, 2]);
}

#[test]
fn repeats_needs_so_many_records() {
    assert_eq!(matched("[a] REPEATS 3 TIMES", &["1 2 3"]), [1, 2, 3]);
    assert_eq!(matched("[a] REPEATS 3 TIMES", &["1 2"]), [0; 0]);
    assert_eq!(matched("[a] REPEATS 2 TIMES", &["1 2 3"]), [1, 2, 3], "every two of them");
    assert_eq!(matched("[a] REPEATS 2 TIMES WITHIN 1 SECONDS", &["1 2 5 9"]), [1, 2]);
}

#[test]
fn a_record_is_used_once_in_a_match() {
    assert_eq!(matched("[a] AND [b]", &["1", "1"]), [0; 0]);
    assert_eq!(matched("[a] AND [b]", &["1", "1 2"]), [1, 2]);
    assert_eq!(matched("[a] FOLLOWEDBY [b]", &["1 2", "1 2"]), [1, 2]);
    assert_eq!(matched("([a] OR [b]) REPEATS 2 TIMES", &["1", "1"]), [0; 0]);
}

#[test]
fn sightings_that_do_not_count_are_no_observations() {
    let a = table("process", "@key | @is\n A | creation uncounted\n B | -");
    let x = run(&hunt("[a] REPEATS 2 TIMES"), &[&a]);
    assert_eq!(x.entity_count(), 0);
}

#[test]
fn what_had_no_identity_counts_once_for_each_pattern() {
    let pattern = |n| Table { unidentified: n, ..seen("1") };
    assert_eq!(run(&hunt("[a] AND [b]"), &[&pattern(2), &pattern(3)]).unidentified, 5);
}

/// The result is never cut short instead.
#[test]
fn an_expression_with_too_many_ways_to_match_fails() {
    let records: Vec<String> = (1..=150).map(|n| n.to_string()).collect();
    let inputs = [(); 4].map(|()| Arc::new(seen(&records.join(" "))));
    let undecided = |expression: &str, inputs: &[Arc<Table>]| {
        let answer = observe(&shape(expression), inputs, None, &[], &Allowance::default());
        matches!(answer, Err(Unread::Undecidable(e)) if e.0.contains("too many ways to match"))
    };
    assert!(undecided("([a] FOLLOWEDBY [b]) AND ([a] FOLLOWEDBY [c])", &inputs));
    assert!(undecided("([a] FOLLOWEDBY [b]) REPEATS 4000000000 TIMES", &inputs));
    let many = ["[a]"; MOST_FOLLOWED + 1].join(" FOLLOWEDBY ");
    assert!(undecided(&many, &[Arc::new(seen("1"))]));
}

/// Each part of a FOLLOWEDBY is looked at for many instants of the parts before it.
#[test]
fn looking_ends() {
    let tables = (0..4).map(|i| seen(&(0..20).map(|n| (100 * i + n).to_string()).collect::<Vec<_>>().join(" ")));
    let events: Vec<_> = tables.map(|table| events(&table)).collect();
    let (shape, allowance) = (shape("[a] FOLLOWEDBY [b] FOLLOWEDBY [c] FOLLOWEDBY [d]"), Allowance::default());
    let all = TimeSpan { start: Instant(i64::MIN), end: Instant(i64::MAX) };
    let bound = |looks| Search { events: &events, allowance: &allowance, looks: Cell::new(looks) }.bound(&shape, all);
    assert_eq!(bound(0).unwrap().unwrap().len(), 80);
    assert!(matches!(bound(MOST_LOOKS - 100), Err(Unread::Undecidable(_))));
}

#[test]
fn more_repetitions_than_records_match_nothing() {
    let a = seen("1 2 3");
    for times in ["4", "4000000000"] {
        let repeated = format!("([a] AND [b]) REPEATS {times} TIMES");
        assert_eq!(run(&hunt(&repeated), &[&a, &a]).entity_count(), 0);
        let twice = format!("(([a] AND [b]) REPEATS {times} TIMES) REPEATS 4000000000 TIMES");
        assert_eq!(run(&hunt(&twice), &[&a, &a]).entity_count(), 0);
    }
}

/// Every record wants one that is taken, so the last one moves all others.
#[test]
fn a_long_way_to_a_record_of_its_own_needs_no_stack() {
    let numbers = |from: usize, to: usize| (from..to).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
    let (a, b) = (seen(&numbers(0, 1_200)), seen(&numbers(0, 1_200)));
    assert_eq!(run(&hunt("[a] REPEATS 600 TIMES AND [b] REPEATS 600 TIMES"), &[&a, &b]).entity_count(), 1_200);
    assert_eq!(run(&hunt("[a] REPEATS 601 TIMES AND [b] REPEATS 600 TIMES"), &[&a, &b]).entity_count(), 0);
}

#[test]
fn the_ways_to_match_stay_within_the_memory_of_the_hunt() {
    let inputs = [(); 2].map(|()| Arc::new(seen(&(0..300).map(|n| n.to_string()).collect::<Vec<_>>().join(" "))));
    let answer = |memory| {
        let allowance = Allowance::new(Arc::default(), None, Some(memory));
        observe(&shape("[a] FOLLOWEDBY [b]"), &inputs, None, &[], &allowance).map(|table| table.entity_count())
    };
    assert!(matches!(answer(64 << 10), Err(Unread::Spent(Spent::Memory(65_536, _)))));
    assert_eq!(answer(64 << 20).ok(), Some(300));
}

/// The shape of an expression.
fn shape(expression: &str) -> Observe {
    let mut nodes = plan(&hunt(expression)).nodes.into_iter();
    nodes.find_map(|n| if let Op::Observe(shape) = n.op { Some(shape) } else { None }).unwrap()
}

/// When no record matches two patterns and only single records repeat, both methods apply.
#[test]
fn both_ways_to_decide_bind_the_same() {
    let expressions = [
        "[a] AND [b] AND [c]",
        "[a] FOLLOWEDBY ([b] OR [c])",
        "([a] AND [b]) FOLLOWEDBY [c]",
        "([a] FOLLOWEDBY [b]) WITHIN 3 SECONDS AND [c]",
        "[a] REPEATS 2 TIMES FOLLOWEDBY [b] OR [c]",
        "([a] REPEATS 2 TIMES AND [b]) WITHIN 4 SECONDS FOLLOWEDBY [c]",
    ];
    for (expression, records) in expressions.iter().flat_map(|e| [(e, ["1 5 6", "2 4", "3 7"]), (e, ["8 9", "1", "2 3 4"])]) {
        let shape = shape(expression);
        let events: Vec<_> = records.iter().map(|r| events(&seen(r))).collect();
        assert!(plain(&shape) && disjoint(&events));
        let all = TimeSpan { start: Instant(i64::MIN), end: Instant(i64::MAX) };
        let allowance = Allowance::default();
        let search = Search { events: &events, allowance: &allowance, looks: Cell::new(0) };
        let quick = search.bound(&shape, all).unwrap().unwrap_or_default();
        assert_eq!(quick, exact::bound(&shape, &events, all, &allowance).unwrap(), "{expression} {records:?}");
    }
}
