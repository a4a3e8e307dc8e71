//! Tests of what Lucene's patterns match.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Pattern, folded, regexp, wildcard};

/// Whether a pattern matches a value among others in a dictionary.
fn matches(pattern: &Pattern, text: &str) -> bool {
    match pattern {
        Pattern::All => true,
        Pattern::None => false,
        Pattern::Equal(wanted) => wanted == text.as_bytes(),
        Pattern::Prefix(prefix) => text.as_bytes().starts_with(prefix),
        Pattern::Search(prefix, regex) => {
            let value = [text.as_bytes(), b"\xff"].concat();
            let blob = [b"a\xff".as_slice(), &value, b"zzz\xff"].concat();
            let hit = regex.find_at(&blob, 2).is_some_and(|hit| hit.start() < 2 + value.len());
            assert_eq!(hit, regex.find(&value).is_some_and(|hit| hit.start() < value.len()), "neighbours must not matter");
            hit && text.as_bytes().starts_with(prefix)
        }
    }
}

#[test]
fn expressions_mean_what_lucene_means() {
    for (pattern, yes, no) in [
        ("abc", vec!["abc"], vec!["abcd", "xabc", ""]),
        ("a.c", vec!["abc", "a\nc", "aüc", "a\u{1F600}c"], vec!["ac", "abbc"]),
        ("a|bc", vec!["a", "bc"], vec!["ac", "abc"]),
        ("(a|b)c", vec!["ac", "bc"], vec!["a", "c"]),
        ("(a|())b", vec!["ab", "b"], vec!["a"]),
        ("a{2}b{1,}c{0,2}", vec!["aab", "aabbcc"], vec!["ab", "aa", "aabccc"]),
        ("a?b*c+", vec!["c", "abbcc"], vec!["ab", "aac"]),
        (".*b.*", vec!["b", "abc", "\nb\n"], vec!["", "ac"]),
        (".*", vec!["", "x"], vec![]),
        ("", vec![""], vec!["a"]),
        ("()", vec![""], vec!["a"]),
        ("[a-c^x]", vec!["a", "c", "^", "x"], vec!["d", ""]),
        ("[^a-c]", vec!["d", "\n", "ü"], vec!["a", "", "dd"]),
        ("[]a]", vec!["]", "a"], vec!["b"]),
        ("[-x]", vec!["-", "x"], vec!["a"]),
        ("[x\\-]", vec!["-", "x"], vec!["a"]),
        ("[&&]", vec!["&"], vec!["a"]),
        ("^a$", vec!["^a$"], vec!["a"]),
        ("a#@&<>~", vec!["a#@&<>~"], vec!["a"]),
        ("\"a.*\"b", vec!["a.*b"], vec!["axb"]),
        ("C:\\\\Win\\.x", vec!["C:\\Win.x"], vec!["C:\\Win-x"]),
        ("a]}", vec!["a]}"], vec!["a"]),
        ("\\d\\w\\s\\D\\W\\S", vec!["1a xä."], vec!["aa xä."]),
        ("x.*y.*z", vec!["xyz", "x1y\n2z"], vec!["xzy", "xyzz1"]),
        ("(a.*b)", vec!["ab", "axb"], vec!["abx"]),
        ("Mimi.*", vec!["Mimi", "Mimikatz"], vec!["mimi", "aMimi"]),
        (".*katz", vec!["katz", "Mimikatz"], vec!["katze"]),
        ("a+?", vec!["a", ""], vec!["b"]),
        ("ä+", vec!["ä", "ää"], vec!["a"]),
    ] {
        let compiled = regexp(pattern).unwrap();
        for (text, wanted) in yes.into_iter().map(|t| (t, true)).chain(no.into_iter().map(|t| (t, false))) {
            assert_eq!(matches(&compiled, text), wanted, "{pattern} on {text:?}");
        }
    }
}

#[test]
fn expressions_that_servers_refuse_are_refused() {
    for pattern in
        ["(", "(a", "a)", "[a", "[b-a]", "[x-]", "a|", "(a|)", "\"a", "a\\", "a{,2}", "a{2,1}", "a{x}", "\\b", "\\u0041", "[\\z]"]
    {
        assert!(regexp(pattern).is_err(), "{pattern}");
    }
    assert!(regexp("((a{1,200}){1,200}){1,200}").is_err());
    assert!(regexp(&"(".repeat(1000)).is_err());
    assert!(matches(&regexp(&format!("{}a{}", "(".repeat(250), ")".repeat(250))).unwrap(), "a"));
}

#[test]
fn wildcards_are_reduced_to_what_is_quick() {
    assert!(matches!(wildcard("*", false).unwrap(), Pattern::All));
    assert!(matches!(wildcard("**", true).unwrap(), Pattern::All));
    assert!(matches!(wildcard("", false).unwrap(), Pattern::None));
    assert!(matches!(wildcard("a\\*", false).unwrap(), Pattern::Equal(text) if text == b"a*"));
    assert!(matches!(wildcard("C:\\\\*", false).unwrap(), Pattern::Prefix(text) if text == b"C:\\"));
    assert!(matches!(wildcard("12*", true).unwrap(), Pattern::Prefix(text) if text == b"12"));
    let Pattern::Search(prefix, regex) = wildcard("*a.b*", false).unwrap() else { panic!("a search is needed") };
    assert_eq!((prefix.as_slice(), regex.as_str()), (b"".as_slice(), r"a\x{2e}b"));
}

#[test]
fn folding_is_of_ascii_letters_only() {
    let pattern = wildcard("Ü*K\\k?", true).unwrap();
    assert!(matches(&pattern, "Üxkk1") && matches(&pattern, "ÜKk1"));
    // An escaped letter keeps its case; neither the Kelvin sign nor a small umlaut is folded.
    assert!(!matches(&pattern, "ÜkK1") && !matches(&pattern, "ükk1") && !matches(&pattern, "Ü\u{212a}k1"));
    assert!(matches(&folded("aB\\*").unwrap(), "Ab\\*"));
    assert!(!matches(&folded("aB").unwrap(), "ab1"));
}
