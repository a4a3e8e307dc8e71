//! Random documents and queries: the store answers like the naive evaluator, however it is cut into segments.

use super::naive::{flatten, matches};
use super::{request, store_with, values};
use crate::source::logs::ReadOptions;
use crate::source::store::Store;
use crate::source::store::ingest::Limits;
use crate::source::store::match_values::{codes, passes};
use crate::source::store::prepare::{Patterns, Prepared};
use crate::source::{DataSource, FetchContext, Scalar};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::request::{FieldKinds, Limit, Never, Query, Range, Term, Wildcard};
use huntc_compiler::time::{Instant, MILLISECOND, TimeRange, Window};
use huntc_compiler::value::Value;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

/// Fields of each type: nested, dotted and as arrays.
const FIELDS: [&str; 7] = ["name", "process.pid", "source.ip", "event.created", "process.name", "o.a", "tags"];

fn word() -> impl Strategy<Value = String> {
    select(vec![
        "",
        "a",
        "A",
        "ab",
        "aB",
        "b\\c",
        "a*b",
        "ä",
        "Ä",
        "a\nb",
        "\u{1F600}",
        "ab ab",
        "4",
        "443",
        "4.0",
        "true",
        "\u{7f}",
    ])
    .prop_map(str::to_owned)
}

fn scalar(field: &'static str) -> BoxedStrategy<Json> {
    let number = select(vec![json!(4), json!(443), json!(4.0), json!(4.5), json!(-1), json!(u64::MAX), json!(true)]);
    let ip = select(vec!["10.0.0.1", "10.1.0.1", "::ffff:10.0.0.1", "fe80::1", "fe80:0:0:0:0:0:0:1", "-", "11.0.0.1"]);
    let time = (0..5_i64, 0..3_i64).prop_map(|(s, ns)| json!(format!("2020-01-01T00:00:0{s}.00{ns}5Z")));
    let mixed = prop_oneof![4 => word().prop_map(Json::String), 1 => number.clone()];
    match field {
        "process.pid" => prop_oneof![3 => number, 1 => word().prop_map(Json::String)].boxed(),
        "source.ip" => ip.prop_map(|s| json!(s)).boxed(),
        "event.created" => time.boxed(),
        _ => mixed.boxed(),
    }
}

pub(super) fn document() -> impl Strategy<Value = Json> {
    let member = select(FIELDS.to_vec()).prop_flat_map(|field| {
        let value = prop_oneof![
            4 => scalar(field),
            1 => prop::collection::vec(scalar(field), 0..4).prop_map(Json::Array),
            1 => Just(Json::Null),
        ];
        (Just(field), value, any::<bool>())
    });
    (0..6_i64, prop::collection::vec(member, 0..6)).prop_map(|(second, members)| {
        let mut document = json!({"@timestamp": Instant(second * 1_500 * MILLISECOND).to_string()});
        for (field, value, nested) in members {
            match field.split_once('.').filter(|_| nested) {
                Some((object, key)) => {
                    if let Some(object) = document[object].as_object_mut() {
                        object.insert(key.to_owned(), value);
                    } else {
                        document[object] = json!({ key: value });
                    }
                }
                None => document[field] = value,
            }
        }
        document
    })
}

fn literal(field: &'static str) -> BoxedStrategy<Value> {
    match field {
        "process.pid" => {
            select(vec![Value::Int(4), Value::Float(4.5), Value::text("443"), Value::Int(0), Value::text("x")]).boxed()
        }
        "source.ip" => {
            select(vec!["10.0.0.1", "10.0.0.0/8", "fe80::1", "fe80::/10", "::/0", "0.0.0.0/0"]).prop_map(Value::text).boxed()
        }
        "event.created" => (0..5_000_i64)
            .prop_map(|ms| Value::Time(Instant(Instant::parse("2020-01-01T00:00:00Z").unwrap().0 + ms * MILLISECOND)))
            .boxed(),
        _ => word().prop_map(Value::text).boxed(),
    }
}

fn pattern() -> impl Strategy<Value = String> {
    prop::collection::vec(select(vec!["*", "?", "a", "B", "b", "\\\\", "\\*", "ä", "\\a", "\n", " "]), 0..5)
        .prop_map(|p| p.concat())
}

fn leaf() -> impl Strategy<Value = Query<Never>> {
    select(FIELDS.to_vec()).prop_flat_map(|field| {
        let text = !matches!(field, "process.pid" | "source.ip" | "event.created");
        let term = (literal(field), any::<bool>())
            .prop_map(move |(value, fold)| Query::Term(Term { field: field.into(), value, case_insensitive: fold && text }));
        let terms = prop::collection::vec(literal(field), 0..5).prop_map(move |v| Query::terms(field, v));
        let bound = || {
            let single = literal(field).prop_filter("a network is no bound", |v| !v.to_string().contains('/'));
            prop::option::of((single, any::<bool>()).prop_map(|(value, inclusive)| Limit { value, inclusive }))
        };
        let bounded = |(lower, upper): &(Option<Limit>, Option<Limit>)| lower.is_some() || upper.is_some();
        let range = (bound(), bound())
            .prop_filter("a range has a bound", bounded)
            .prop_map(move |(lower, upper)| Query::Range(Range { field: field.into(), lower, upper }));
        let wildcard = (pattern(), any::<bool>()).prop_map(move |(pattern, case_insensitive)| {
            Query::Wildcard(Wildcard { field: field.into(), pattern, case_insensitive })
        });
        let exists = select(vec![field, "process", "o", "nothing"]).prop_map(Query::exists);
        prop_oneof![3 => term, 2 => terms, 2 => range, 3 => wildcard, 1 => exists]
    })
}

fn query() -> impl Strategy<Value = Query<Never>> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            parts().prop_map(Query::any),
            parts().prop_map(Query::all),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Query::all_but(a, b)),
            inner.clone().prop_map(|q| Query::all_but(Query::MatchAll, q)),
        ]
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    (1..200_usize, 1..40_usize, select(vec![3_000, 10_000, 1 << 20]), 1..4_usize).prop_map(|(block, rows, memory, workers)| {
        Limits {
            read: ReadOptions { max_line: 1 << 16, block, ..ReadOptions::default() },
            segment_bytes: 1 << 20,
            segment_rows: rows,
            memory,
            workers,
            ..Limits::default()
        }
    })
}

fn window() -> impl Strategy<Value = Window> {
    let millis = |t: i64| Instant(t * 500 * MILLISECOND);
    prop::option::of((0..20_i64, 0..20_i64).prop_map(move |(a, b)| TimeRange::new(millis(a), millis(b))))
}

fn store(documents: &[Json], limits: &Limits) -> Store {
    let lines = documents.iter().map(|d| format!("{d}\n")).collect::<Vec<_>>().concat();
    let (store, report) = store_with(lines.as_bytes(), limits);
    assert_eq!((report.records, report.bad_total), (documents.len() as u64, 0));
    store
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_value_passes_where_its_code_does(documents in prop::collection::vec(document(), 0..60), queries in prop::collection::vec(leaf(), 1..12)) {
        let store = store(&documents, &Limits::default());
        for query in queries {
            let Prepared::Leaf(field, test) = Patterns::default().prepare(&query, &FieldKinds::of(Catalog::builtin(), &query, [])).unwrap() else { continue };
            for segment in &store.segments {
                let Some(column) = segment.column(&field).unwrap() else { continue };
                let (codes, dictionary) = (codes(&test, column), &column.dictionary);
                for entry in 0..dictionary.len() {
                    let alone = passes(&test, dictionary.text(entry), dictionary.kind(entry));
                    prop_assert_eq!(alone, codes.contains(entry as u32 + 1), "{:?} in {:?}", dictionary.scalar(entry), test);
                }
            }
        }
    }

    #[test]
    fn the_store_answers_as_the_naive_evaluator(
        documents in prop::collection::vec(document(), 0..60),
        queries in prop::collection::vec(query(), 1..12),
        limits in limits(),
        window in window(),
    ) {
        let store = store(&documents, &limits);
        let flat: Vec<_> = documents.iter().map(flatten).collect();
        for query in queries {
            let inside = |d: &Json| window.is_none_or(|w| w.contains(Instant::parse(d["@timestamp"].as_str().unwrap()).unwrap()));
            let wanted: Vec<u64> = (0..documents.len())
                .filter(|i| inside(&documents[*i]) && matches(&query, &flat[*i]))
                .map(|i| i as u64)
                .collect();
            let request = request(query.clone(), window, &FIELDS);
            let records = store.fetch(&request, &FetchContext::default()).unwrap();
            let mut found = records.ids.clone();
            found.sort_unstable();
            prop_assert_eq!(&found, &wanted, "{}", serde_json::to_string(&query).unwrap());
            for field in FIELDS {
                let stored = values(&records, field);
                for (id, stored) in wanted.iter().zip(stored) {
                    let wanted = flat[*id as usize].get(field).cloned().unwrap_or_default();
                    prop_assert_eq!(stored, wanted.iter().map(scalar_of).collect::<Vec<_>>());
                }
            }
        }
    }
}

fn scalar_of(value: &Json) -> Scalar {
    match value {
        Json::Bool(b) => Scalar::Bool(*b),
        Json::Number(n) => n.as_i64().map_or_else(|| Scalar::Float(n.as_f64().unwrap()), Scalar::Int),
        Json::String(s) => Scalar::Text(s.as_str().into()),
        other => panic!("{other} is no scalar"),
    }
}
