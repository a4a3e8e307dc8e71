//! Stores in folders: what was written is read back, whatever happens in between.

use super::{request, tiny_limits};
use crate::source::store::{IngestOptions, Store, ingest};
use crate::source::{DataSource, FetchContext, SourceError};
use huntc_compiler::request::Query;
use std::path::{Path, PathBuf};

const FIELDS: [&str; 6] = ["@timestamp", "_id", "n", "text", "tags", "rare"];

pub(super) fn lines(from: usize, to: usize) -> String {
    let line = |i: usize| {
        let rare = if i.is_multiple_of(9) { format!(",\"rare\":{i}.5") } else { String::new() };
        let (second, text, tag) = ((i * 7) % 60, i % 5, i % 3);
        let time = format!("\"@timestamp\":\"2020-01-01T00:00:{second:02}.000Z\"");
        format!("{{{time},\"n\":{i},\"text\":\"t\\\\{text}\",\"tags\":[\"a\",\"b{tag}\",true]{rare}}}\n")
    };
    (from..to).map(line).collect::<Vec<_>>().concat()
}

pub(super) fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

pub(super) fn tiny() -> IngestOptions {
    IngestOptions { limits: tiny_limits(), ..IngestOptions::default() }
}

/// All records of a store, in the order of their ids.
pub(super) fn all(store: &Store) -> Vec<(u64, String)> {
    let records = store.fetch(&request(Query::MatchAll, None, &FIELDS), &FetchContext::default()).unwrap();
    let columns: Vec<_> = FIELDS.iter().map(|f| records.column(f).unwrap()).collect();
    let row = |i: usize| {
        let values: Vec<_> = columns.iter().map(|c| c.values(i).cloned().collect::<Vec<_>>()).collect();
        (records.ids[i], format!("{:?} {} {values:?}", records.times[i], records.observations[i]))
    };
    let mut rows: Vec<_> = (0..records.len()).map(row).collect();
    rows.sort();
    rows
}

pub(super) fn code(result: Result<impl Sized, SourceError>) -> &'static str {
    result.err().unwrap().code.id
}

#[test]
fn a_store_holds_what_its_files_hold() {
    let dir = tempfile::tempdir().unwrap();
    let logs = [write(dir.path(), "a.ndjson", &lines(0, 50)), write(dir.path(), "b.ndjson", &(lines(50, 70) + "{\n"))];
    let (memory, read) = Store::from_paths(&logs).unwrap();
    let folder = dir.path().join("store");
    assert!(!Store::is_store(&folder));
    let report = ingest(&logs, &folder, &tiny()).unwrap();
    assert_eq!(report.read, read);
    assert_eq!((report.records, report.read.bad_total), (70, 1));
    assert!(Store::is_store(&folder));
    let store = Store::open(&folder).unwrap();
    store.verify().unwrap();
    assert_eq!(all(&store), all(&memory));
    let (a, b) = (store.stats(), memory.stats());
    assert_eq!((a.records, a.span, a.fields), (b.records, b.span, b.fields));
}

#[test]
fn a_store_that_keeps_nothing_in_memory_answers_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let log = write(dir.path(), "a.ndjson", &lines(0, 70));
    let folder = dir.path().join("store");
    ingest(&[log], &folder, &tiny()).unwrap();
    let (whole, scanty) = (Store::open(&folder).unwrap(), Store::open_within(&folder, 0).unwrap());
    for _ in 0..2 {
        assert_eq!(all(&scanty), all(&whole));
        scanty.verify().unwrap();
    }
}

#[test]
fn additions_keep_old_ids_and_small_segments_are_merged() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("store");
    let mut before = Vec::new();
    let options = IngestOptions {
        limits: crate::source::store::ingest::Limits { segment_rows: 64, workers: 1, ..tiny_limits() },
        ..IngestOptions::default()
    };
    for part in 0..30 {
        let log = write(dir.path(), &format!("{part}.ndjson"), &lines(part * 5, part * 5 + 5));
        let report = ingest(&[log], &folder, &options).unwrap();
        assert_eq!(report.records, part as u64 * 5 + 5);
        assert!(report.segments <= 12, "{}", report.segments);
        let now = all(&Store::open(&folder).unwrap());
        assert_eq!(now[..before.len()], before[..]);
        before = now;
    }
    let everything: Vec<PathBuf> = (0..30).map(|part| dir.path().join(format!("{part}.ndjson"))).collect();
    assert_eq!(before, all(&Store::from_paths(&everything).unwrap().0));
    let files = std::fs::read_dir(&folder).unwrap().count();
    assert!(files <= 14, "{files} files are left");
}

#[test]
fn a_damaged_file_is_an_error_wherever_it_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let log = write(dir.path(), "a.ndjson", &lines(0, 12));
    let folder = dir.path().join("store");
    ingest(&[log], &folder, &IngestOptions::default()).unwrap();
    let check = || Store::open(&folder).and_then(|s| s.verify());
    check().unwrap();
    for file in std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).filter(|f| !f.ends_with("lock")) {
        let whole = std::fs::read(&file).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 150 + 1) {
            std::fs::write(&file, &whole[..at]).unwrap();
            assert!(["K0755", "K0757"].contains(&code(check())), "{} cut at {at}", file.display());
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            std::fs::write(&file, &flipped).unwrap();
            let damaged = code(check());
            assert!(["K0755", "K0756", "K0757"].contains(&damaged), "{} flipped at {at}: {damaged}", file.display());
        }
        std::fs::remove_file(&file).unwrap();
        assert!(check().is_err());
        std::fs::write(&file, &whole).unwrap();
        check().unwrap();
    }
}

#[test]
fn what_a_killed_writer_leaves_does_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let log = write(dir.path(), "a.ndjson", &lines(0, 12));
    let folder = dir.path().join("store");
    // A writer was killed before the first manifest: this is no store yet, but one can be made.
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("lock"), "the first files of this store are being written\n").unwrap();
    std::fs::write(folder.join("seg-0.arrow"), "half").unwrap();
    std::fs::write(folder.join(".huntc-k3pQaWGllu7WLOiv.part"), "{\"huntc_st").unwrap();
    assert_eq!(code(Store::open(&folder)), "K0755");
    ingest(std::slice::from_ref(&log), &folder, &tiny()).unwrap();
    let before = all(&Store::open(&folder).unwrap());
    // A writer was killed in a later addition.
    std::fs::write(folder.join("seg-999.arrow"), "half").unwrap();
    std::fs::write(folder.join(".huntc-k3pQaWGllu7WLOiv.part"), "{\"huntc_st").unwrap();
    assert_eq!(all(&Store::open(&folder).unwrap()), before);
    ingest(&[log], &folder, &tiny()).unwrap();
    assert_eq!(all(&Store::open(&folder).unwrap()).len(), 24);
    assert!(!folder.join("seg-999.arrow").exists() && !folder.join(".huntc-k3pQaWGllu7WLOiv.part").exists());
}

/// Adds a file over and over until the parent process kills it. Does nothing when it runs as a test of its own.
#[test]
fn killed_child() {
    let Some(dir) = std::env::var_os("HUNTC_TEST_KILL").map(PathBuf::from) else { return };
    loop {
        ingest(&[dir.join("a.ndjson")], &dir.join("store"), &tiny()).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_the_last_whole_state() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.ndjson", &lines(0, 40));
    let folder = dir.path().join("store");
    let mut last = 0;
    for round in 0..6_u64 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "source::store::tests::disk::killed_child"])
            .env("HUNTC_TEST_KILL", dir.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        while !Store::is_store(&folder) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        std::thread::sleep(std::time::Duration::from_micros(20_000 + 3_777 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(&folder).unwrap();
        store.verify().unwrap();
        assert_eq!(store.len() % 40, 0);
        assert!(store.len() >= last);
        last = store.len();
    }
}

#[test]
fn one_writer_at_a_time_and_readers_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let log = write(dir.path(), "a.ndjson", &lines(0, 12));
    let folder = dir.path().join("store");
    ingest(std::slice::from_ref(&log), &folder, &tiny()).unwrap();
    let lock = std::fs::File::open(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(code(ingest(std::slice::from_ref(&log), &folder, &tiny())), "K0758");
    assert_eq!(Store::open(&folder).unwrap().len(), 12);
    drop(lock);
    let open = Store::open(&folder).unwrap();
    ingest(&[log], &folder, &tiny()).unwrap();
    assert_eq!((open.len(), all(&open).len()), (12, 12));
}

#[test]
fn folders_that_are_no_store_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let log = write(dir.path(), "a.ndjson", &lines(0, 3));
    assert_eq!(code(Store::open(dir.path())), "K0755");
    assert_eq!(code(Store::open(&log)), "K0755");
    assert_eq!(code(Store::open(&dir.path().join("nothing"))), "K0755");
    // The folder of the logs must not become a store.
    assert_eq!(code(ingest(std::slice::from_ref(&log), dir.path(), &tiny())), "K0755");
    std::fs::write(dir.path().join("manifest.json"), "{\"files\":[]}").unwrap();
    assert!(!Store::is_store(dir.path()));
    assert_eq!(code(Store::open(dir.path())), "K0755");
    std::fs::write(dir.path().join("manifest.json"), "{\"huntc_store\":2,\"crc32\":\"0\"}\n{}").unwrap();
    assert!(Store::is_store(dir.path()));
    assert_eq!(code(Store::open(dir.path())), "K0756");
    assert_eq!(code(ingest(std::slice::from_ref(&log), dir.path(), &tiny())), "K0756");
    assert_eq!(code(ingest(&[log], Path::new("/dev/null/store"), &tiny())), "K0759");
}

#[test]
fn an_ingest_that_fails_adds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let good = write(dir.path(), "a.ndjson", &lines(0, 12));
    let bad = write(dir.path(), "b.bulk", "{\"create\":{}}\n{}\n{\"delete\":{\"_id\":\"1\"}}\n");
    let folder = dir.path().join("store");
    ingest(std::slice::from_ref(&good), &folder, &tiny()).unwrap();
    let files = || std::fs::read_dir(&folder).unwrap().count();
    let before = files();
    assert_eq!(code(ingest(&[good, bad], &folder, &tiny())), "K0754");
    assert_eq!((files(), Store::open(&folder).unwrap().len()), (before, 12));
}

#[test]
fn any_arrow_reader_opens_a_segment() {
    use arrow_array::cast::AsArray;
    let dir = tempfile::tempdir().unwrap();
    let log = write(dir.path(), "a.ndjson", &lines(0, 12));
    let folder = dir.path().join("store");
    ingest(&[log], &folder, &IngestOptions::default()).unwrap();
    let segment =
        std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).find(|f| f.extension().is_some_and(|e| e == "arrow"));
    let file = std::fs::File::open(segment.unwrap()).unwrap();
    let mut batches = arrow_ipc::reader::FileReader::try_new(file, None).unwrap();
    let batch = batches.next().unwrap().unwrap();
    assert_eq!(batch.num_rows(), 1);
    let text = batch.column_by_name("text").unwrap().as_struct();
    let values = text.column_by_name("values").unwrap().as_list::<i32>().value(0);
    assert_eq!(values.as_binary::<i32>().value(0), b"t\\0\xff");
}
