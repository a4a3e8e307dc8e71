//! LIKE against a naive matcher, and its form for Lucene.

#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

/// The definition of LIKE, by recursion.
fn naive(pattern: &[char], value: &[char], fold: bool) -> bool {
    match pattern {
        [] => value.is_empty(),
        ['%', rest @ ..] => (0..=value.len()).any(|n| naive(rest, &value[n..], fold)),
        ['_', rest @ ..] => !value.is_empty() && naive(rest, &value[1..], fold),
        [c, rest @ ..] => {
            let fits = value.first().is_some_and(|v| v == c || (fold && v.eq_ignore_ascii_case(c)));
            fits && naive(rest, &value[1..], fold)
        }
    }
}

/// Lucene's wildcard syntax by the same definition.
fn lucene(query: &[char], value: &[char], fold: bool) -> bool {
    let literal = |c: &char, rest: &[char]| {
        let fits = value.first().is_some_and(|v| v == c || (fold && v.eq_ignore_ascii_case(c)));
        fits && lucene(rest, &value[1..], fold)
    };
    match query {
        [] => value.is_empty(),
        ['*', rest @ ..] => (0..=value.len()).any(|n| lucene(rest, &value[n..], fold)),
        ['?', rest @ ..] => !value.is_empty() && lucene(rest, &value[1..], fold),
        ['\\', c, rest @ ..] | [c, rest @ ..] => literal(c, rest),
    }
}

proptest! {
    #![proptest_config(crate::pattern::property(4_000))]

    #[test]
    fn like_is_what_its_definition_says(pattern in "[ab%_\\\\*?Aé]{0,7}", value in "[abA\\\\*?é\n]{0,9}", fold: bool) {
        let like = Like::new(&pattern, fold);
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let expected = naive(&chars(&pattern), &chars(&value), fold);
        prop_assert_eq!(like.is_match(&value), expected, "{:?} LIKE {:?}", value, pattern);
        let as_query = match like.wildcard() {
            LikeQuery::Term(text) => text == value || (fold && text.eq_ignore_ascii_case(&value)),
            LikeQuery::Exists => true,
            LikeQuery::Wildcard(query) | LikeQuery::Superset(query) => lucene(&chars(&query), &chars(&value), fold),
        };
        prop_assert_eq!(as_query, expected, "{:?} LIKE {:?} as a query", value, pattern);
    }
}

#[test]
fn folds_ascii_letters_and_nothing_else() {
    assert!(Like::new("%SVCHOST%", true).is_match("C:\\Windows\\svchost.exe"));
    assert!(!Like::new("%SVCHOST%", false).is_match("C:\\Windows\\svchost.exe"));
    assert!(!Like::new("k", true).is_match("\u{212a}"), "the Kelvin sign is no k");
    assert!(!Like::new("É", true).is_match("é"));
}

#[test]
fn queries_escape_what_wildcards_give_meaning() {
    let query = |pattern: &str| Like::new(pattern, true).wildcard();
    assert_eq!(query("C:\\Win*%"), LikeQuery::Wildcard("C:\\\\Win\\**".to_owned()));
    assert_eq!(query("a_?"), LikeQuery::Wildcard("a?\\?".to_owned()));
    assert_eq!(query("a%%b"), LikeQuery::Wildcard("a*b".to_owned()));
    assert_eq!(query("*%"), LikeQuery::Wildcard("\\**".to_owned()));
    assert_eq!(query("%%"), LikeQuery::Exists);
    assert_eq!(query("plain*"), LikeQuery::Term("plain*".to_owned()));
    assert_eq!(query(""), LikeQuery::Term(String::new()));
    assert_eq!(query("________________%"), LikeQuery::Wildcard("????????????????*".to_owned()));
    assert_eq!(query("%a________________b%"), LikeQuery::Superset("*a*b*".to_owned()));
}
