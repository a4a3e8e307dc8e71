//! Observation expressions: the records of each pattern in, the records that some match binds out (semantics.md §4).

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod brute;
mod stix;

use super::effort::Hard;
use super::{Observed, Refused, observe};
use crate::allowance::{Allowance, Spent};
use crate::ops::testing::run;
use crate::table::Table;
use crate::testing::{plan, table};
use huntc_compiler::plan::{Observe, Op};
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
    let mut records: Vec<u64> = x.entities().flat_map(|entity| entity.sightings()).filter_map(|s| s.record()).collect();
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
fn an_expression_with_too_many_ways_to_match_is_refused() {
    let records: Vec<String> = (1..=1_000).map(|n| n.to_string()).collect();
    let all = Arc::new(seen(&records.join(" ")));
    let refused = |expression: &str, why: Hard| {
        let shape = shape(expression);
        let inputs = vec![Arc::clone(&all); patterns(&shape)];
        let observed = Observed { shape: &shape, inputs: &inputs, sources: 1 };
        let answer = observe(observed, None, &[], &Allowance::default());
        assert!(matches!(&answer, Err(Refused::Hard(hard)) if *hard == why), "{expression}: {answer:?}");
    };
    let many = |part: &str, word: &str, n: usize| vec![part; n].join(word);
    refused(&many("[a]", " FOLLOWEDBY ", 129), Hard::Patterns);
    refused("(([a] FOLLOWEDBY [b]) OR ([c] FOLLOWEDBY [d])) REPEATS 4000000000 TIMES", Hard::Choices);
    refused(&many("([a] FOLLOWEDBY [b] OR [c] REPEATS 2 TIMES)", " AND ", 9), Hard::Choices);
    refused("(([a] FOLLOWEDBY [b]) AND ([a] FOLLOWEDBY [c])) REPEATS 90 TIMES", Hard::Partial);
    refused("([a] AND [b]) WITHIN 5 SECONDS REPEATS 100 TIMES", Hard::Spans);
    refused("([a] AND [b]) BY host.name REPEATS 100 TIMES", Hard::Patterns);
}

/// How many patterns an expression has.
fn patterns(shape: &Observe) -> usize {
    match shape {
        Observe::One(_) => 1,
        Observe::And(parts) | Observe::Or(parts) | Observe::FollowedBy(parts) => parts.iter().map(patterns).sum(),
        Observe::Within(part, _) | Observe::Repeats(part, _) | Observe::By(part, _) => patterns(part),
        Observe::Without { part, .. } => patterns(part) + 1,
    }
}

/// The records of many observations of one expression, all of which satisfy all patterns.
#[test]
fn records_that_satisfy_every_pattern_are_no_more_work_than_others() {
    let numbers = (0..3_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
    let all: Vec<Table> = (0..9).map(|_| seen(&numbers)).collect();
    let all: Vec<&Table> = all.iter().collect();
    for expression in [
        "([a] FOLLOWEDBY [b]) WITHIN 300 SECONDS",
        "([a] AND [b] AND [c] AND [d] AND [e]) WITHIN 9 SECONDS",
        "([a] FOLLOWEDBY [b] FOLLOWEDBY [c] FOLLOWEDBY [d] FOLLOWEDBY [e]) WITHIN 4 SECONDS",
        "([a] FOLLOWEDBY [b]) AND ([c] FOLLOWEDBY [d])",
        "([a] REPEATS 20 TIMES FOLLOWEDBY [b]) WITHIN 20 SECONDS",
    ] {
        let shape = shape(expression);
        assert_eq!(run(&hunt(expression), &all[..patterns(&shape)]).entity_count(), 3_000, "{expression}");
    }
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
fn the_records_of_an_expression_stay_within_the_memory_of_the_hunt() {
    let inputs = [(); 2].map(|()| Arc::new(seen(&(0..3_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" "))));
    let shape = shape("[a] FOLLOWEDBY [b]");
    let answer = |memory| {
        let allowance = Allowance::new(Arc::default(), None, Some(memory));
        let observed = Observed { shape: &shape, inputs: &inputs, sources: 1 };
        observe(observed, None, &[], &allowance).map(|table| table.entity_count())
    };
    assert!(matches!(answer(64 << 10), Err(Refused::Spent(Spent::Memory(65_536, _)))));
    assert_eq!(answer(64 << 20).ok(), Some(3_000));
}

#[test]
fn brackets_nest_as_deep_as_they_may() {
    let deep = (1..=31).fold("[a] AND [b]".to_owned(), |inner, n| format!("({inner}) WITHIN {n} SECONDS REPEATS 1 TIMES"));
    assert_eq!(matched(&deep, &["1 9", "2 11"]), [1, 2]);
}

/// The shape of an expression.
fn shape(expression: &str) -> Observe {
    let mut nodes = plan(&hunt(expression)).nodes.into_iter();
    nodes.find_map(|n| if let Op::Observe { shape, .. } = n.op { Some(shape) } else { None }).unwrap()
}
