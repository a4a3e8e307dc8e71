//! The answers of a cluster: a mapping on the first line, a search answer behind it.

use super::{json, mended};
use huntc_compiler::catalog::Catalog;
use huntc_runtime::source::elastic::read_offline;

const FIELDS: [&str; 5] = ["a", "a.b", "a.b.c", "d", "@timestamp"];

/// Mapping and answer.
pub fn check(bytes: &[u8]) {
    let (mapping, body) = bytes.split_at(bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len()));
    let Ok(records) = read_offline(Catalog::builtin(), mapping, body, &FIELDS) else { return };
    for (_, column) in &records.columns {
        assert_eq!(column.starts.len(), records.len() + 1);
        assert!(column.codes.iter().all(|c| (*c as usize) < column.dictionary.len()));
    }
    // Values that are no JSON are mended, in an answer as in a log.
    let Ok((whole, text, _)) = mended::value(body) else { return };
    // Aliases and constants of a mapping bring values that the documents lack.
    if mapping != b"{}" || json::repeats(&text) {
        return;
    }
    let hits = whole["hits"]["hits"].as_array().cloned().unwrap_or_default();
    assert_eq!(hits.len(), records.len(), "{text}");
    for (row, hit) in hits.iter().enumerate() {
        let wanted = json::fields(&hit["_source"]);
        for field in FIELDS {
            let mut found: Vec<String> = records.column(field).unwrap().values(row).map(json::text).collect();
            found.sort();
            assert_eq!(&found, wanted.get(field).unwrap_or(&Vec::new()), "{field} of {hit}");
        }
    }
}
