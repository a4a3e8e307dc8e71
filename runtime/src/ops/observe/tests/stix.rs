//! The kinds of cases that the OASIS matcher's tests have, in our own records: three people seen at 0 s (aged 10), 3 s (17) and
//! 4 s (22), and twenty records one second apart.

use super::matched;

/// `[a]` below 15, `[b]` above 15, `[c]` above 20, `[d]` the first by name, `[e]` nobody, `[f]` all, `[g]` the last two.
fn holds(expression: &str) -> bool {
    let records = ["0", "3 4", "4", "0", "", "0 3 4", "3 4"];
    let mut used: Vec<char> = Vec::new();
    let mut text = String::new();
    // Patterns are given in the order of the text.
    for part in expression.split_inclusive(']') {
        if let Some(name) = part.strip_suffix(']').and_then(|p| p.chars().last()) {
            used.push(name);
        }
        text.push_str(part);
    }
    let given: Vec<&str> = used.iter().map(|name| records[*name as usize - 'a' as usize]).collect();
    let mut number = 0;
    let mut renamed = String::new();
    for part in text.split_inclusive(']') {
        match part.strip_suffix(']') {
            Some(before) => {
                let name = char::from(b'a' + number);
                number += 1;
                renamed.push_str(&before[..before.len() - 1]);
                renamed.push(name);
                renamed.push(']');
            }
            None => renamed.push_str(part),
        }
    }
    !matched(&renamed, &given).is_empty()
}

#[test]
fn combinations_that_match() {
    for expression in [
        "[d] AND [c]",
        "[d] OR [b]",
        "[d] OR [e]",
        "[b] OR [g] OR [f]",
        "[d] FOLLOWEDBY [g]",
        "[c] OR ([e] FOLLOWEDBY [e])",
        "[c] OR [e] AND [e]",
        "([g] FOLLOWEDBY [c]) AND [a]",
        "([a] AND [g]) WITHIN 3 SECONDS",
        "([a] OR [e]) WITHIN 1 SECONDS",
        "[c] WITHIN 1 SECONDS",
        "[c] WITHIN 0.0001 SECONDS",
        "[a] AND ([g] WITHIN 1 SECONDS)",
        "([f] AND [g]) WITHIN 1 SECONDS",
        "[f] REPEATS 3 TIMES",
        "[f] REPEATS 2 TIMES WITHIN 1 SECONDS",
        "[f] REPEATS 2 TIMES AND [f]",
        "[f] REPEATS 2 TIMES OR [e]",
        "[f] REPEATS 2 TIMES FOLLOWEDBY [f]",
        "[f] AND [f] AND [f]",
    ] {
        assert!(holds(expression), "{expression}");
    }
}

#[test]
fn combinations_that_do_not_match() {
    for expression in [
        "[d] AND [e]",
        "[d] AND [a]",
        "[d] FOLLOWEDBY [a]",
        "[e] OR [e]",
        "[e] OR [e] AND [c]",
        "[c] FOLLOWEDBY [a]",
        "([b] OR [e]) FOLLOWEDBY [e]",
        "([b] OR [e]) AND [e]",
        "[g] FOLLOWEDBY ([c] AND [a])",
        "([a] AND [g]) WITHIN 2 SECONDS",
        "([a] AND [g]) WITHIN 2.9999 SECONDS",
        "([e] OR [e]) WITHIN 10 SECONDS",
        "[f] REPEATS 4 TIMES",
        "([f] REPEATS 2 TIMES) REPEATS 2 TIMES",
        "([f] REPEATS 3 TIMES) WITHIN 3 SECONDS",
        "[f] AND [f] AND [f] AND [f]",
    ] {
        assert!(!holds(expression), "{expression}");
    }
}

/// What would explode if every combination were tried.
#[test]
fn twenty_records_explode_nothing() {
    let numbers = |numbers: std::ops::Range<u8>| numbers.map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
    let (all, later) = (numbers(0..20), numbers(6..20));
    let found = |expression: &str, patterns: &[&str]| matched(expression, patterns).len();
    let all = all.as_str();
    assert_eq!(found("[a] REPEATS 10 TIMES", &[all]), 20);
    assert_eq!(found("[a] REPEATS 10 TIMES WITHIN 10 SECONDS", &[all]), 20);
    assert_eq!(found("[a] REPEATS 10 TIMES WITHIN 8 SECONDS", &[all]), 0);
    assert_eq!(found("[a] REPEATS 10 TIMES AND [b]", &[all, all]), 20);
    assert_eq!(found("[a] REPEATS 10 TIMES OR [b]", &[all, all]), 20);
    assert_eq!(found("[a] REPEATS 10 TIMES FOLLOWEDBY [b]", &[all, all]), 20);
    assert_eq!(found("([a] REPEATS 5 TIMES) REPEATS 2 TIMES", &[all]), 20);
    assert_eq!(found("([a] FOLLOWEDBY [b]) REPEATS 10 TIMES", &[all, later.as_str()]), 20);
    assert_eq!(found("([a] FOLLOWEDBY [b]) REPEATS 11 TIMES", &[all, later.as_str()]), 0);
    assert_eq!(found("([a] AND [b]) WITHIN 2 SECONDS REPEATS 3 TIMES", &["0 1 2 3", "1 2 9"]), 0);
    assert_eq!(found("([a] AND [b]) WITHIN 2 SECONDS REPEATS 3 TIMES", &["0 1 2 8", "1 2 9"]), 0);
    assert_eq!(found("([a] AND [b]) WITHIN 2 SECONDS REPEATS 3 TIMES", &["0 3 8", "1 2 9"]), 6);
    assert_eq!(found("[a] AND [b] AND [c] AND [d] AND [e] AND [f] AND [g] AND [h] AND [i]", &[all; 9]), 20);
}
