//! The files of a store: its manifest behind the checksum, then the bytes of a segment. Under the fuzzer checksums are
//! taken as right, so that it gets behind them.

use super::stored::{Folder, fetch};
use huntc_compiler::request::{Limit, Query, Range, Wildcard};
use huntc_compiler::value::Value;
use huntc_runtime::source::store::Store;

/// The store of an input, if it is one: the first line is the manifest, what follows the segment `seg-0.arrow`.
pub fn opened(bytes: &[u8]) -> Option<Store> {
    let (manifest, segment) = bytes.split_at(bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len()));
    let folder = Folder::new();
    let sum = crc32fast::hash(manifest);
    folder.file("manifest.json", &[format!("{{\"huntc_store\":1,\"crc32\":\"{sum:08x}\"}}\n").as_bytes(), manifest].concat());
    folder.file("seg-0.arrow", segment.get(1..).unwrap_or_default());
    // What is mapped stays when the folder goes.
    Store::open(&folder.0).ok()
}

/// A store.
pub fn check(bytes: &[u8]) {
    let Some(store) = opened(bytes) else { return };
    let sound = store.verify().is_ok();
    let fields: Vec<String> = store.stats().fields.into_iter().map(|(name, _)| name).collect();
    for field in fields.iter().take(8) {
        for query in queries(field) {
            let found = fetch(&store, query, fields.clone());
            assert!(found.is_ok() || !sound, "{:?}", found.err());
            if let Ok(records) = found {
                assert!(records.len() as u64 <= store.len());
            }
        }
    }
}

fn queries(field: &str) -> Vec<Query<huntc_compiler::request::Never>> {
    let field = field.to_owned();
    let bound = |value| Some(Limit { value, inclusive: true });
    let range = |lower, upper| Query::Range(Range { field: field.clone(), lower, upper });
    vec![
        Query::MatchAll,
        Query::exists(field.clone()),
        Query::term(field.clone(), Value::text("b")),
        Query::terms(field.clone(), vec![Value::text("a"), Value::text("z"), Value::Int(3)]),
        Query::Wildcard(Wildcard { field: field.clone(), pattern: "*b*".into(), case_insensitive: true }),
        range(bound(Value::Int(1)), bound(Value::Int(100))),
        range(bound(Value::text("a")), None),
        range(None, bound(Value::text("q"))),
    ]
}
