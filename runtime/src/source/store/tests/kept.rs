//! Stores that keep some fields: for these they answer as a store with all fields does.

use super::random::document;
use super::{request, store_with, tiny_limits, values};
use crate::source::store::ingest::Limits;
use crate::source::{DataSource, FetchContext, Fields};
use huntc_compiler::request::Query;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Names of fields and of objects.
const NAMES: [&str; 8] = ["name", "process.pid", "source.ip", "event.created", "process", "process.name", "o.a", "tags"];

/// Lines with something odd in a field that may not be kept: some are records, others are not.
fn odd_line() -> impl Strategy<Value = String> {
    select(vec![
        r#""tags":"\ud800""#,
        r#""tags":"\q""#,
        r#""tags":"a"#,
        r#""tags":01"#,
        r#""tags":1e999"#,
        r#""tags":[1,"#,
        r#""tags":{"a":[{"b":"\ud800"}]}"#,
        r#""tags":{"\ud800":1}"#,
        r#""tags":{"a":1,}"#,
        r#""tags":{"a" 1}"#,
        r#""tags":{1:2}"#,
        r#""tags":[1 2]"#,
        r#""tags":[nul]"#,
        r#""tags":{"a":{"b":[true,false,null,-1.5e3,"\n",{},[]]} , "c" : "d" }"#,
        r#""tags":{"a":[1}}"#,
        r#""tags":"\u0041","tags":"b""#,
        r#""name":{"tags":1},"name":2"#,
        r#""_id":"x","_index":"i","tags":{}"#,
    ])
    .prop_map(|member| format!("{{\"@timestamp\":\"2020-01-01T00:00:00Z\",{member}}}"))
}

#[test]
fn what_is_passed_over_is_not_nested_deeper_either() {
    let line = |depth: usize| {
        let (open, close) = ("[{\"a\":".repeat(depth / 2), "}]".repeat(depth / 2));
        format!("{{\"@timestamp\":\"2020-01-01T00:00:00Z\",\"tags\":{open}1{close}}}")
    };
    for (depth, mended) in [(254, 0), (256, 1), (200_000, 1)] {
        for fields in [Fields::All, Fields::from_iter(["name".to_owned()])] {
            let (_, report) =
                store_with(format!("{}\n{}", line(0), line(depth)).as_bytes(), &Limits { fields, ..Limits::default() });
            assert_eq!((report.records, report.mended_total), (2, mended), "{depth}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_is_all_there(
        lines in prop::collection::vec(prop_oneof![3 => document().prop_map(|d| d.to_string()), 1 => odd_line()], 0..40),
        kept in subsequence(NAMES.to_vec(), 0..NAMES.len()),
        tiny in any::<bool>(),
    ) {
        let fields: Fields = kept.iter().map(|f| (*f).to_owned()).collect();
        let limits = if tiny { tiny_limits() } else { Limits::default() };
        // The first is a record: of lines that are none nothing is kept at all.
        let text = format!("{{\"@timestamp\":\"2020-01-01T00:00:00Z\"}}\n{}", lines.join("\n"));
        let (whole, read) = store_with(text.as_bytes(), &limits);
        let (some, reread) = store_with(text.as_bytes(), &Limits { fields: fields.clone(), ..limits });
        prop_assert_eq!((read.records, read.bad_total), (reread.records, reread.bad_total));
        prop_assert_eq!(read.bad.iter().map(|b| (b.line, b.reason)).collect::<Vec<_>>(), reread.bad.iter().map(|b| (b.line, b.reason)).collect::<Vec<_>>());
        let context = FetchContext::default();
        for name in NAMES {
            let asked = request(Query::exists(name), None, &["_id", "@timestamp", name]);
            let answer = some.fetch(&asked, &context);
            prop_assert_eq!((answer.is_ok(), some.count(&asked, &context).is_ok(), some.sample(&asked, 3, &context).is_ok()), (fields.holds(name), fields.holds(name), fields.holds(name)));
            let Ok(found) = answer else { continue };
            let wanted = whole.fetch(&asked, &context).unwrap();
            for field in ["_id", "@timestamp", name] {
                prop_assert_eq!(values(&found, field), values(&wanted, field));
            }
            let (mut found, mut wanted) = (found.ids, wanted.ids);
            found.sort_unstable();
            wanted.sort_unstable();
            prop_assert_eq!(found, wanted);
        }
    }
}
