//! What a server answers before a search, one a line: its product twice, the mappings, and the figures of `huntc doctor`.
//! A request becomes queries, or there is a reason why not.

use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{BoundRequest, Limit, Query, Range, Wildcard};
use huntc_compiler::value::Value;
use huntc_runtime::source::elastic::{FirstAnswers, prepare_offline};

/// The answers.
pub fn check(bytes: &[u8]) {
    let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
    let mut next = || lines.next().unwrap_or_default();
    let answers = FirstAnswers { nodes: next(), root: next(), mapping: next(), aggregations: next() };
    for query in [single(), Query::all(all()), Query::any(all()), Query::all_but(Query::any(all()), Query::all(all()))] {
        let request = BoundRequest::of(Catalog::builtin(), query, ["a", "a.b", "process.pid", "source.ip", "_id"]);
        match prepare_offline(&request, &answers) {
            Ok(queries) => {
                for query in queries {
                    let json: serde_json::Value = serde_json::from_str(&query).unwrap();
                    assert_eq!(json.as_object().map(serde_json::Map::len), Some(1), "{query}");
                }
            }
            Err(reason) => assert!(!reason.is_empty()),
        }
    }
}

type Bound = Query<huntc_compiler::request::Never>;

fn single() -> Bound {
    Query::term("a.b", Value::text("x"))
}

fn all() -> Vec<Bound> {
    let bound = |value| Some(Limit { value, inclusive: true });
    let range = |field: &str, lower, upper| Query::Range(Range { field: field.to_owned(), lower, upper });
    let like = |pattern: &str, case_insensitive| {
        Query::Wildcard(Wildcard { field: "a.b".to_owned(), pattern: pattern.to_owned(), case_insensitive })
    };
    vec![
        single(),
        Query::exists("a"),
        Query::terms("process.pid", vec![Value::Int(4), Value::Int(i64::MAX), Value::text("x")]),
        Query::term("source.ip", Value::text("203.0.113.7")),
        like("*x?", true),
        like("*", false),
        range("process.pid", bound(Value::Int(-1)), bound(Value::Float(1e300))),
        range("a.b", bound(Value::text("a")), None),
        range("a", None, bound(Value::text("q"))),
    ]
}
