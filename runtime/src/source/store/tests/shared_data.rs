//! The shared telemetry can be read completely.

use super::{ids, shared_data};
use crate::source::store::Store;
use huntc_compiler::request::Query;
use huntc_compiler::value::Value;

#[test]
fn the_small_sets_read_whole_and_answer() {
    let Some(folder) = shared_data() else { return };
    for (file, records, processes) in [
        ("cmd_lsass_memory_dumpert_syscalls", 118, 8),
        ("psh_lsass_memory_dump_comsvcs", 184, 13),
        ("cmd_mshta_vbscript_execute_psh", 1127, 18),
    ] {
        let (store, report) = Store::from_paths(&[folder.join(format!("{file}.ndjson.gz"))]).unwrap();
        assert_eq!((report.records, report.bad_total), (records, 0), "{file}");
        assert_eq!(store.len(), records);
        let entities = super::request(Query::exists("process.entity_id"), None, &["process.entity_id"]);
        let found = crate::source::DataSource::fetch(&store, &entities, &crate::source::FetchContext::default()).unwrap();
        assert_eq!(found.column("process.entity_id").unwrap().dictionary.len(), processes, "{file}");
        let created = ids(&store, Query::term("event.code", Value::Int(1)));
        assert_eq!(created, ids(&store, Query::term("event.code", Value::text("1"))));
        assert!(!created.is_empty());
    }
}

#[test]
fn the_whole_folder_reads_without_a_bad_record() {
    let Some(folder) = shared_data() else { return };
    // This takes eleven seconds without optimisation, so it runs only where the data are required.
    if std::env::var_os("HUNTC_REQUIRE_SHARED").is_none() {
        return;
    }
    let (store, report) = Store::from_paths(std::slice::from_ref(&folder)).unwrap();
    assert_eq!(report.records, 127_537);
    assert_eq!(store.len(), 127_537);
    // The folder's own files (a manifest, two templates, texts, and the archives that all was made of) are no records.
    assert_eq!((report.bad_total, report.bad), (0, Vec::new()));
    let kinds = |end: &str| report.left_out.iter().filter(|l| l.file.ends_with(end)).map(|l| l.what).collect::<Vec<_>>();
    assert_eq!(kinds(".zip"), ["a zip archive"; 5]);
    assert_eq!((kinds(".json").len(), kinds(".md")), (3, vec!["text that is no JSON"]));
}
