//! MATCHES: what is read, what is found, and what servers are asked.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

fn matches(pattern: &str, value: &str) -> bool {
    Regex::parse(pattern, false).unwrap_or_else(|e| panic!("{pattern}: {e}")).is_match(value).unwrap()
}

fn refusal(pattern: &str) -> (String, usize) {
    let error = Regex::parse(pattern, false).unwrap_err();
    (error.message, error.offset)
}

/// The query in one line: `=` exact, `<` superset.
fn query(pattern: &str) -> String {
    let leaf = |leaf| match leaf {
        LuceneLeaf::Term { text, fold } => format!("term{} {text}", if fold { "/i" } else { "" }),
        LuceneLeaf::Exists => "exists".to_owned(),
        LuceneLeaf::Wildcard { pattern, fold } => format!("wildcard{} {pattern}", if fold { "/i" } else { "" }),
        LuceneLeaf::Regexp(pattern) => format!("regexp {pattern}"),
    };
    match Regex::parse(pattern, false).unwrap().lucene() {
        Lucene::Exact(query) => format!("= {}", leaf(query)),
        Lucene::Superset(query) => format!("< {}", leaf(query)),
        Lucene::Everything => "everything".to_owned(),
        Lucene::Nothing => "nothing".to_owned(),
    }
}

#[test]
fn finds_anywhere_and_knows_ascii_only() {
    assert!(matches("svchost", "C:\\Windows\\svchost.exe"));
    assert!(!matches("SVCHOST", "svchost"));
    assert!(matches("(?i)SVCHOST", "svchost"));
    assert!(!matches("(?i)k", "\u{212a}"), "the Kelvin sign is no k");
    assert!(matches("a.b", "a\nb"));
    assert!(!matches("(?-s)a.b", "a\nb"));
    assert!(!matches("\\d", "\u{661}"), "an Arabic digit is none");
    assert!(!matches("\\w", "é"));
    assert!(matches("^b$", "b\n"));
    assert!(!matches("^b\\z", "b\n"));
    assert!(matches("a$\\n", "a\n"));
    assert!(matches("(?m)^b$", "a\nb\nc"));
    assert!(matches("\\bfoo\\b", "a foo."));
    assert!(!matches("\\bfoo\\b", "food"));
}

#[test]
fn reads_what_automata_cannot_decide() {
    assert!(matches("(\\w)\\1", "hello"));
    assert!(!matches("(\\w)\\1", "helo"));
    assert!(matches("(?i)(\\w)\\1", "aA"));
    assert!(matches("(?<x>a|b)-\\k<x>", "b-b"));
    assert!(matches("cmd(?!\\.exe)", "cmd.com"));
    assert!(!matches("cmd(?!\\.exe)", "cmd.exe"));
    assert!(matches("(?<=\\\\)cmd", "\\cmd"));
    assert!(!matches("a++a", "aaa"));
    assert!(!matches("(?>a|ab)c", "abc"));
    assert!(matches("(?=.*\\d)(?=.*[a-z])", "1a"));
    assert!(matches("x$(?<=x)", "x\n"));
}

#[test]
fn reads_pcre_spellings() {
    assert!(matches("[]a]", "]"));
    assert!(matches("[^]a]", "b") && !matches("[^]a]", "]"));
    assert!(matches("[[:alpha:]-]+$", "a-b"));
    assert!(matches("[\\w.]+@", "a.b@"));
    assert!(matches("\\Qa.b\\E+", "a.bbb") && !matches("\\Qa.b\\E", "axb"));
    assert!(matches("(?x) a b # c\n c", "abc"));
    assert!(matches("a{,2}b", "b") && matches("a{b", "a{b"));
    assert!(matches("\\x41\\x{42}\\103\\u0044", "ABCD"));
    assert!(matches("(?i:a)b", "Ab") && !matches("(?i:a)b", "AB"));
    assert!(matches("a(?i)b|c", "C") && matches("(a(?i)b)c", "aBc") && !matches("(a(?i)b)c", "aBC"));
    assert!(matches("\\Aa(?#comment)\\Z", "a\n"));
}

#[test]
fn refuses_by_name() {
    assert_eq!(refusal("a(b"), ("this `(` is not closed".to_owned(), 1));
    assert_eq!(refusal("ab)"), ("this `)` closes nothing".to_owned(), 2));
    assert_eq!(refusal("a[b"), ("this `[` is not closed".to_owned(), 1));
    assert_eq!(refusal("*a"), ("there is nothing to repeat before `*`".to_owned(), 0));
    assert_eq!(refusal("a**").1, 2);
    assert_eq!(refusal("a{3,2}").1, 1);
    assert_eq!(refusal("é[z-a]"), ("the range `z-a` runs backwards".to_owned(), 3));
    assert_eq!(refusal("\\p{L}").0, "Unicode properties are not supported; classes are ASCII");
    assert_eq!(refusal("a\\1").0, "there is no group 1");
    assert_eq!(refusal("(?R)").0, "recursion is not supported");
    assert_eq!(refusal("a\\y").1, 1);
    assert_eq!(refusal("a\\").0, "nothing follows the last `\\`");
    assert_eq!(refusal("(?<=a*)b").0, "what a look-behind finds must have a fixed length");
    assert_eq!(refusal(&"(".repeat(5_000)).0, "groups inside groups, 100 deep");
    assert_eq!(refusal("(((\\w{1000}){1000}){1000})").0, "the expression is too large");
}

#[test]
fn a_hostile_value_ends_in_an_error() {
    let regex = Regex::parse("^(a+)+\\1$", false).unwrap();
    assert_eq!(regex.is_match(&format!("{}b", "a".repeat(60))), Err(MatchError));
}

#[test]
fn simple_patterns_become_simple_queries() {
    assert_eq!(query("mimikatz"), "= wildcard *mimikatz*");
    assert_eq!(query("(?i)mimikatz"), "= wildcard/i *mimikatz*");
    assert_eq!(query("^C:\\\\Win.*\\.exe\\z"), "= wildcard C:\\\\Win*.exe");
    assert_eq!(query("^cmd\\z"), "= term cmd");
    assert_eq!(query(".*"), "= exists");
    assert_eq!(query("(foo)?"), "= exists");
    assert_eq!(query("^.+$"), "= wildcard ?*");
    assert_eq!(query("a?b?c"), "= wildcard *c*");
    assert_eq!(query("a\\*b"), "= wildcard *a\\*b*");
    assert_eq!(query(".{3}"), "= wildcard *???*");
    assert_eq!(query("a^b"), "nothing");
    assert_eq!(query("^\\z"), "= term ");
}

#[test]
fn regular_patterns_become_regexps() {
    assert_eq!(query("cmd\\.exe$"), "= regexp .*cmd\\.exe\n?");
    assert_eq!(query("(^|\\\\)cmd$"), "= regexp cmd\n?|.*\\\\cmd\n?");
    assert_eq!(query("\\d+"), "= regexp .*[0-9]+.*");
    assert_eq!(query("[^\"\\]-]a"), "= regexp .*[^\\\"\\-\\]]a.*");
    assert_eq!(query("(?i)a1b|c"), "= regexp .*([Aa]1[Bb]|[Cc]).*");
    assert_eq!(query("(a|)b{2,3}?"), "= regexp .*b{2,3}.*");
    assert_eq!(query("x(a|)y"), "= regexp .*x(a|())y.*");
}

#[test]
fn what_lucene_lacks_becomes_a_superset() {
    assert_eq!(query("\\bfoo\\b"), "< wildcard *foo*");
    assert_eq!(query("a(?!b)c+"), "< regexp .*ac+.*");
    assert_eq!(query("(a)\\1"), "< wildcard *a*");
    assert_eq!(query("(?=a)"), "everything");
    assert_eq!(query("powershell.*a.{14}b"), "< wildcard *powershell*");
    assert_eq!(query(&format!("mimi|{}", "[ab]c".repeat(400))), "everything");
}
