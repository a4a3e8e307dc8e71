//! MATCHES: what is read, what is found, and what servers are asked.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use proptest::prelude::*;

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
    // Repeating a look-around changes nothing.
    assert!(matches("(?!b){1,2}a", "a") && matches("b(?=c)*$", "b") && !matches("(?:(?=c))+b", "b"));
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
    assert_eq!(refusal(&"a".repeat((1 << 20) + 1)).0, "the expression is too large");
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
    assert_eq!(query(r"[\\-a]b"), r"= regexp .*[\\\]\^_-a]b.*");
    assert_eq!(query(r"[^\\-\]]b"), r"= regexp .*[^\\\]]b.*");
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

#[test]
fn automata_that_servers_refuse_are_recognised() {
    assert_eq!(query("[ab]*a[ab]{6}c"), "= regexp .*a[a-b]{6}c.*");
    assert_eq!(query("[ab]*a[ab]{12}c"), "< wildcard *a*");
    assert_eq!(query("a.{14}b"), "< wildcard *a*");
    assert!(wildcard_is_small("%a______b%"));
    assert!(!wildcard_is_small("%a______________b%"));
    // Long texts are no danger, even those that repeat themselves.
    assert!(wildcard_is_small(&format!("%{}%", "abc".repeat(100))));
}

/// A Lucene regular expression of the safe subset as an anchored one of ours; fails on everything outside of it.
fn from_lucene(pattern: &str) -> regex::Regex {
    let mut out = String::from("\\A(?:");
    let mut class = false;
    let mut chars = pattern.chars();
    let mut before = None;
    while let Some(c) = chars.next() {
        // Behind a bare `-` a range ends.
        let ranged = before.replace(c) == Some('-');
        match c {
            '\\' => {
                let escaped = chars.next().unwrap();
                assert!(escaped.is_ascii_punctuation(), "{pattern}: a backslash before {escaped:?}");
                let begins = class && !ranged && chars.as_str().starts_with('-');
                assert!(!begins, "{pattern}: to Lucene 9 what is escaped begins no range");
                out.push_str(&regex::escape(&escaped.to_string()));
            }
            '[' if !class => {
                class = true;
                out.push('[');
            }
            ']' if class => {
                class = false;
                out.push(']');
            }
            '^' | '-' if class => out.push(c),
            '.' if !class => out.push_str("(?s:.)"),
            '|' | '(' | ')' | '*' | '+' | '?' | '{' | '}' | ',' if !class => out.push(c),
            '"' | '#' | '@' | '&' | '<' | '>' | '~' | '^' | '$' | '[' | ']' => panic!("{pattern}: a bare {c}"),
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    out.push_str(")\\z");
    regex::Regex::new(&out).unwrap_or_else(|e| panic!("{pattern}: {e}"))
}

fn from_wildcard(pattern: &str, fold: bool) -> regex::Regex {
    let mut out = String::from(if fold { "(?is)\\A" } else { "(?s)\\A" });
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push_str(&regex::escape(&chars.next().unwrap().to_string())),
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    out.push_str("\\z");
    regex::Regex::new(&out).unwrap()
}

/// What a server would make of a query.
fn server(leaf: LuceneLeaf) -> Box<dyn Fn(&str) -> bool> {
    let regex = match leaf {
        LuceneLeaf::Term { text, fold } => {
            return Box::new(move |value| text == value || (fold && text.eq_ignore_ascii_case(value)));
        }
        LuceneLeaf::Exists => return Box::new(|_| true),
        LuceneLeaf::Wildcard { pattern, fold } => from_wildcard(&pattern, fold),
        LuceneLeaf::Regexp(pattern) => from_lucene(&pattern),
    };
    Box::new(move |value| regex.is_match(value))
}

/// Patterns as we read them, and as `fancy-regex` does: there `$` is the end alone.
fn patterns(regular: bool) -> impl Strategy<Value = (String, String)> {
    let same = |text: &str| (text.to_owned(), text.to_owned());
    let mut leaves =
        vec!["a", "b", "ab", "A", "1", "(?s:.)", "\\d", "\\w", "\\s", "[ab]", "[^a]", "[a-b1]", "\\n", "(?i:a)", "\\.", "\"", "→"];
    leaves.extend([r"\\", r"[\\-a]", r"[^\\-b]", r"[\\-\]]"]);
    leaves.extend(["^", "\\A", "\\z", ""]);
    if !regular {
        leaves.extend(["\\b", "\\B", "(?<=a)", "(?<!b)", "(?m:^)", "(?m:$)"]);
    }
    let end = ("$".to_owned(), "(?=\\n?\\z)".to_owned());
    let leaves: Vec<(String, String)> = leaves.into_iter().map(same).chain([end.clone(), end]).collect();
    let join = |parts: &[(String, String)], by: &str| {
        let side = |f: fn(&(String, String)) -> &str| parts.iter().map(f).collect::<Vec<_>>().join(by);
        (side(|p| &p.0), side(|p| &p.1))
    };
    let wrap = |(a, b): (String, String), open: &str, close: &str| (format!("{open}{a}{close}"), format!("{open}{b}{close}"));
    let turns: &'static [&str] = &["*", "+", "?", "*?", "{2}", "{1,2}", "{0,1}", "{2,}"];
    let special: &'static [&str] = if regular { &[] } else { &["(?=", "(?!", "(?>"] };
    prop::sample::select(leaves).prop_recursive(4, 24, 4, move |inner| {
        let row = prop::collection::vec(inner.clone(), 1..4).prop_map(move |parts| join(&parts, ""));
        let choice = prop::collection::vec(inner.clone(), 2..4).prop_map(move |parts| wrap(join(&parts, "|"), "(?:", ")"));
        let group = inner.clone().prop_map(move |p| wrap(p, "(", ")"));
        let repeat = (inner.clone(), prop::sample::select(turns)).prop_map(move |(p, t)| wrap(p, "(?:", &format!("){t}")));
        if special.is_empty() {
            return prop_oneof![4 => row, 2 => choice, 1 => group, 2 => repeat].boxed();
        }
        let look = (inner, prop::sample::select(special)).prop_map(move |(p, open)| wrap(p, open, ")"));
        prop_oneof![4 => row, 2 => choice, 1 => group, 2 => repeat, 1 => look].boxed()
    })
}

/// Values on which Unicode classes and ASCII classes agree.
const VALUES: &str = r#"[abA1 \n→."\\\]]{0,7}"#;

proptest! {
    #![proptest_config(crate::pattern::property(400))]

    #[test]
    fn finds_what_another_engine_finds((ours, theirs) in patterns(false), values in prop::collection::vec(VALUES, 8)) {
        let Ok(theirs) = fancy_regex::Regex::new(&theirs) else { return Ok(()) };
        let ours_parsed = Regex::parse(&ours, false);
        prop_assert!(ours_parsed.is_ok(), "{:?}: {:?}", ours, ours_parsed);
        let regex = ours_parsed.unwrap();
        for value in values {
            let (Ok(found), Ok(expected)) = (regex.is_match(&value), theirs.is_match(&value)) else { continue };
            prop_assert_eq!(found, expected, "{:?} on {:?}", ours, value);
        }
    }

    #[test]
    fn queries_find_the_values_that_match(
        regular: bool,
        ((regular_pattern, _), (any_pattern, _)) in (patterns(true), patterns(false)),
        values in prop::collection::vec(VALUES, 10),
    ) {
        let pattern = if regular { regular_pattern } else { any_pattern };
        let Ok(regex) = Regex::parse(&pattern, false) else { return Ok(()) };
        let (exact, asked) = match regex.lucene() {
            Lucene::Exact(leaf) => (true, server(leaf)),
            Lucene::Superset(leaf) => (false, server(leaf)),
            Lucene::Everything => return Ok(()),
            Lucene::Nothing => (true, Box::new(|_: &str| false) as _),
        };
        for value in values {
            let Ok(found) = regex.is_match(&value) else { continue };
            let answer = asked(&value);
            prop_assert!(answer == found || (answer && !exact), "{:?} on {:?}: {:?}", pattern, value, regex.lucene());
        }
    }
}
