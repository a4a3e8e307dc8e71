//! LIKE and MATCHES: a pattern on the first line, a value behind it. What is matched here is found by the query that
//! stands for it, and nothing else where that query is exact.

use super::stored::{fetch, read};
use huntc_compiler::pattern::like::{Like, LikeQuery};
use huntc_compiler::pattern::regex::{Lucene, LuceneLeaf, Regex};
use huntc_compiler::request::{Never, Query, Regexp, Term, Wildcard};
use huntc_compiler::value::Value;

/// The first byte says whether case is folded.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((pattern, value)) = text.split_once('\n') else { return };
    let (pattern, fold) = pattern.strip_prefix('i').map_or((pattern, false), |p| (p, true));
    if value.len() > 300 {
        return;
    }
    let like = Like::new(pattern, fold);
    let passes = like.is_match(value);
    assert_eq!(passes, plainly(&chars(pattern, fold), &chars(value, fold)), "{pattern:?} LIKE {value:?}");
    match like.wildcard() {
        LikeQuery::Exists => assert!(passes),
        LikeQuery::Term(text) => agree(&Query::Term(term(text, fold)), value, passes, true),
        LikeQuery::Wildcard(pattern) => agree(&wildcard(pattern, fold), value, passes, true),
        LikeQuery::Superset(pattern) => agree(&wildcard(pattern, fold), value, passes, false),
    }
    let Ok(regex) = Regex::parse(pattern, fold) else { return };
    let Ok(passes) = regex.is_match(value) else { return };
    match regex.lucene() {
        Lucene::Everything => {}
        Lucene::Nothing => assert!(!passes, "{pattern:?} MATCHES {value:?}"),
        Lucene::Exact(leaf) => agree(&query(leaf), value, passes, true),
        Lucene::Superset(leaf) => agree(&query(leaf), value, passes, false),
    }
}

fn chars(text: &str, fold: bool) -> Vec<char> {
    text.chars().map(|c| if fold { c.to_ascii_lowercase() } else { c }).collect()
}

/// LIKE by its definition, in a table of prefixes.
fn plainly(pattern: &[char], value: &[char]) -> bool {
    let mut row = vec![false; value.len() + 1];
    row[0] = true;
    for p in pattern {
        let mut next = vec![false; value.len() + 1];
        next[0] = *p == '%' && row[0];
        for (i, v) in value.iter().enumerate() {
            next[i + 1] = if *p == '%' { next[i] || row[i + 1] } else { row[i] && (*p == '_' || p == v) };
        }
        row = next;
    }
    row[value.len()]
}

fn term(text: String, fold: bool) -> Term {
    Term { field: "v".into(), value: Value::text(text), case_insensitive: fold }
}

fn wildcard(pattern: String, fold: bool) -> Query<Never> {
    Query::Wildcard(Wildcard { field: "v".into(), pattern, case_insensitive: fold })
}

fn query(leaf: LuceneLeaf) -> Query<Never> {
    match leaf {
        LuceneLeaf::Term { text, fold } => Query::Term(term(text, fold)),
        LuceneLeaf::Exists => Query::exists("v"),
        LuceneLeaf::Wildcard { pattern, fold } => wildcard(pattern, fold),
        LuceneLeaf::Regexp(pattern) => Query::Regexp(Regexp { field: "v".into(), pattern }),
    }
}

fn agree(query: &Query<Never>, value: &str, passes: bool, exact: bool) {
    let line = format!("{{\"@timestamp\":\"2020-01-01T00:00:00.000Z\",\"v\":{}}}", serde_json::to_string(value).unwrap());
    let (store, report) = read(line.as_bytes(), 1 << 12).unwrap();
    if report.records == 0 {
        return;
    }
    let found = !fetch(&store, query.clone(), Vec::new()).unwrap().is_empty();
    assert!(found == passes || (found && !exact), "{query:?} on {value:?}: {found}, not {passes}");
}
