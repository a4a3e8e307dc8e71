//! Against real servers: the query that stands for a regular expression finds the values that match, and no other where it is
//! exact. Servers differ in how they read expressions, so what the compiler prints is compared with what each of them does.

use crate::support::http::send;
use crate::support::random::Rng;
use crate::support::servers::{TestServer, running};
use huntc_compiler::pattern::regex::{Lucene, LuceneLeaf, Regex};
use huntc_compiler::request::{BoundQuery, Query, Regexp, Term, Wildcard};
use huntc_compiler::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write;

const SERVERS: &[&str] = &["elasticsearch-7", "elasticsearch-8", "elasticsearch-9", "opensearch-2", "opensearch-3"];
const INDEX: &str = "huntc-expressions";
/// Characters with a meaning somewhere in an expression, and some without, in the order of their codes.
const CHARACTERS: &[char] = &[
    '\t', '\n', ' ', '"', '#', '$', '&', '(', ')', '*', '+', ',', '-', '.', '/', '0', '9', '<', '=', '>', '?', '@', 'A', 'Z', '[',
    '\\', ']', '^', '_', 'a', 'b', 'd', 'n', 's', 'w', 'x', 'z', '{', '|', '}', '~', 'é', '→', '𝄞',
];
/// Expressions in one request.
const BATCH: usize = 250;

fn escaped(c: char) -> String {
    if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() }
}

/// `[…]` with single characters and ranges.
fn class(random: &mut Rng) -> String {
    let mut out = String::from(if random.chance(30) { "[^" } else { "[" });
    for _ in 0..=random.below(3) {
        let low = random.below(CHARACTERS.len());
        out.push_str(&escaped(CHARACTERS[low]));
        if random.chance(60) {
            // Half of the ranges are short, so that what lies at their ends matters.
            let most = if random.chance(50) { 4 } else { CHARACTERS.len() };
            let high = low + random.below(most.min(CHARACTERS.len() - low));
            write!(out, "-{}", escaped(CHARACTERS[high])).expect("strings grow");
        }
    }
    out + "]"
}

fn expression(random: &mut Rng, depth: usize) -> String {
    let mut out = String::new();
    for _ in 0..=random.below(3) {
        let part = match random.below(10) {
            0 | 1 if depth > 0 => format!("({}|{})", expression(random, depth - 1), expression(random, depth - 1)),
            0..=3 => class(random),
            4 => (*random.pick(&[".", r"\d", r"\w", r"\s", r"\S", "^", "$", "(?i:a)"])).to_owned(),
            _ => escaped(*random.pick(CHARACTERS)),
        };
        let turns = if part == "^" || part == "$" { "" } else { *random.pick(&["", "", "", "", "*", "+", "?", "{2}", "{1,2}"]) };
        out.push_str(&part);
        out.push_str(turns);
    }
    out
}

/// The query of an expression, and whether it is exact; none where every value may match.
fn query(regex: &Regex) -> Option<(BoundQuery, bool)> {
    let (leaf, exact) = match regex.lucene() {
        Lucene::Everything => return None,
        Lucene::Nothing => return Some((Query::MatchNone, true)),
        Lucene::Exact(leaf) => (leaf, true),
        Lucene::Superset(leaf) => (leaf, false),
    };
    let field = "v".to_owned();
    let query = match leaf {
        LuceneLeaf::Term { text, fold } => Query::Term(Term { field, value: Value::text(text), case_insensitive: fold }),
        LuceneLeaf::Exists => Query::exists(field),
        LuceneLeaf::Wildcard { pattern, fold } => Query::Wildcard(Wildcard { field, pattern, case_insensitive: fold }),
        LuceneLeaf::Regexp(pattern) => Query::Regexp(Regexp { field, pattern }),
    };
    Some((query, exact))
}

/// The numbers of the values that each query finds.
fn found(server: &TestServer, queries: &[&BoundQuery], values: usize) -> Vec<BTreeSet<usize>> {
    let mut body = String::new();
    for query in queries {
        let search = serde_json::json!({"size": values, "_source": false, "query": {"bool": {"filter": [query]}}});
        writeln!(body, "{{}}\n{search}").expect("strings grow");
    }
    let path = format!("/{INDEX}/_msearch?filter_path=responses.hits.hits._id,responses.error,responses.status");
    let (status, answer) = send(&server.url, "POST", &path, Some(("application/x-ndjson", body.as_bytes())));
    assert_eq!(status, 200, "{}: {answer}", server.name);
    let answer: Json = serde_json::from_str(&answer).expect("an answer is JSON");
    let responses = answer["responses"].as_array().expect("there is an answer to each search");
    assert_eq!(responses.len(), queries.len());
    let ids = |(response, query): (&Json, &&BoundQuery)| {
        assert_eq!(response["status"], 200, "{}: {query:?}: {response}", server.name);
        let hits = response["hits"]["hits"].as_array().map_or(&[][..], Vec::as_slice);
        hits.iter().map(|hit| hit["_id"].as_str().and_then(|id| id.parse().ok()).expect("ids are numbers")).collect()
    };
    responses.iter().zip(queries).map(ids).collect()
}

/// `HUNTC_EXPRESSIONS` says how many; `HUNTC_EXPRESSIONS_SEED` where they begin.
#[test]
fn servers_find_what_matches() {
    let number = |name: &str, or: u64| std::env::var(name).map_or(or, |n| n.parse().expect("a number"));
    let (count, seed) = (number("HUNTC_EXPRESSIONS", 1_000), number("HUNTC_EXPRESSIONS_SEED", 1));
    for server in running(SERVERS) {
        let mut random = Rng::new(seed);
        let mut values: Vec<String> = CHARACTERS.iter().map(char::to_string).collect();
        values.extend((0..400).map(|_| (0..=random.below(5)).map(|_| *random.pick(CHARACTERS)).collect()));
        server.make_room();
        server.create(INDEX, r#"{"mappings":{"properties":{"v":{"type":"keyword"}}}}"#);
        let documents: Vec<String> = values.iter().map(|v| serde_json::json!({"v": v}).to_string()).collect();
        server.load(INDEX, documents.iter().map(String::as_str));
        let (mut asked, mut exactly) = (0, 0);
        while asked < count {
            let mut batch = Vec::new();
            while batch.len() < BATCH && asked < count {
                let text = expression(&mut random, 2);
                let Ok(regex) = Regex::parse(&text, random.chance(10)) else { continue };
                let Some((query, exact)) = query(&regex) else { continue };
                asked += 1;
                exactly += u64::from(exact);
                batch.push((text, regex, query, exact));
            }
            let queries: Vec<&BoundQuery> = batch.iter().map(|(_, _, query, _)| query).collect();
            for ((text, regex, query, exact), found) in batch.iter().zip(found(&server, &queries, values.len())) {
                for (number, value) in values.iter().enumerate() {
                    let matches = regex.is_match(value).expect("short values are decided");
                    let hit = found.contains(&number);
                    let agrees = hit == matches || (hit && !exact);
                    assert!(agrees, "{}: {text:?} on {value:?}: {matches}, but {query:?} finds {hit}", server.name);
                }
            }
        }
        assert!(exactly * 2 > asked, "{}: only {exactly} of {asked} are exact", server.name);
        server.delete(INDEX);
    }
}
