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
    // The archives that all was made of hold the same records once more.
    let links = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.file_name() != "raw") {
        std::os::unix::fs::symlink(std::path::absolute(entry.path()).unwrap(), links.path().join(entry.file_name())).unwrap();
    }
    let (store, report) = Store::from_paths(&[links.path().to_owned()]).unwrap();
    assert_eq!(report.records, 127_537);
    assert_eq!(store.len(), 127_537);
    // The folder's own files (a manifest, two templates, texts) are no records.
    assert_eq!((report.bad_total, report.bad), (0, Vec::new()));
    let kinds = |end: &str| report.left_out.iter().filter(|l| l.file.ends_with(end)).map(|l| l.what).collect::<Vec<_>>();
    assert_eq!((kinds(".json").len(), kinds(".md")), (3, vec!["text that is no JSON"]));
}

#[test]
fn an_archive_of_sets_reads_as_the_sets_do() {
    let Some(folder) = shared_data() else { return };
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("sets.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for file in ["cmd_lsass_memory_dumpert_syscalls.ndjson.gz", "psh_lsass_memory_dump_comsvcs.ndjson.gz"] {
        zip.start_file(file, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, &std::fs::read(folder.join(file)).unwrap()).unwrap();
    }
    zip.finish().unwrap();
    let (store, report) = Store::from_paths(&[path]).unwrap();
    assert_eq!((report.records, report.bad_total, report.left_out.len(), store.len()), (118 + 184, 0, 0, 118 + 184));
    let sets =
        ["cmd_lsass_memory_dumpert_syscalls.ndjson.gz", "psh_lsass_memory_dump_comsvcs.ndjson.gz"].map(|file| folder.join(file));
    let (files, _) = Store::from_paths(&sets).unwrap();
    let created = |store: &Store| ids(store, Query::term("event.code", Value::Int(1)));
    assert_eq!((created(&store), store.stats().fields), (created(&files), files.stats().fields));
}
