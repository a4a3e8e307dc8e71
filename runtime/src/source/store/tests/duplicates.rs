//! Documents that stand in files several times (semantics.md §6).

use super::super::bits::Bits;
use super::super::duplicates::{Part, superseded};
use super::super::{IngestOptions, Store, ingest};
use super::{request, tiny_limits, values};
use crate::source::{DataSource, FetchContext, Scalar};
use huntc_compiler::request::Query;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A search hit whose document has a name.
fn hit(id: &str, version: Option<i64>, name: &str) -> String {
    let version = version.map(|v| format!(r#""_version":{v},"#)).unwrap_or_default();
    let source = format!(r#"{{"@timestamp":"2020-10-22T00:00:00Z","process":{{"name":"{name}"}}}}"#);
    format!(r#"{{"_index":"logs","_id":"{id}",{version}"_source":{source}}}"#)
}

fn write(dir: &Path, name: &str, lines: &[String]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, lines.join("\n")).unwrap();
    path
}

/// The names of all records, sorted.
fn names(source: &dyn DataSource) -> Vec<String> {
    let request = request(Query::MatchAll, None, &["process.name"]);
    let records = source.fetch(&request, &FetchContext::default()).unwrap();
    assert_eq!(source.count(&request, &FetchContext::default()).unwrap(), records.len() as u64);
    let text = |value: Vec<Scalar>| if let [Scalar::Text(text)] = &value[..] { text.to_string() } else { format!("{value:?}") };
    let mut names: Vec<String> = values(&records, "process.name").into_iter().map(text).collect();
    names.sort();
    names
}

/// The names in files with these lines, from memory and from a store that took them one by one, in either order.
fn told(files: &[(&str, &[String])]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let mut paths: Vec<PathBuf> = files.iter().map(|(name, lines)| write(dir.path(), name, lines)).collect();
    let found = names(&Store::from_paths(&paths).unwrap().0);
    assert_eq!(names(&Store::from_paths_within(&paths, &tiny_limits()).unwrap().0), found, "small segments");
    for turn in 0..2 {
        let store = dir.path().join(format!("store{turn}"));
        let options = IngestOptions { limits: tiny_limits(), ..IngestOptions::default() };
        for path in &paths {
            ingest(std::slice::from_ref(path), &store, &options).unwrap();
        }
        let store = Store::open(&store).unwrap();
        store.verify().unwrap();
        assert_eq!(names(&store), found, "store, turn {turn}");
        assert_eq!(store.len(), found.len() as u64);
        paths.reverse();
    }
    found
}

#[test]
fn the_highest_version_counts() {
    let files: [(&str, &[String]); 2] = [
        ("b", &[hit("1", Some(1), "old"), hit("2", None, "unnumbered")]),
        ("a", &[hit("1", Some(2), "new"), hit("2", Some(1), "first")]),
    ];
    assert_eq!(told(&files), ["first", "new"]);
}

#[test]
fn without_versions_the_last_by_path_then_line_counts() {
    let files: [(&str, &[String]); 2] =
        [("b", &[hit("1", None, "b1"), hit("1", None, "b2")]), ("a", &[hit("1", None, "a1"), hit("2", None, "a2")])];
    assert_eq!(told(&files), ["a2", "b2"]);
}

#[test]
fn what_has_no_id_of_an_index_is_never_merged() {
    let plain = r#"{"@timestamp":"2020-10-22T00:00:00Z","process":{"name":"x"}}"#.to_owned();
    let no_index = hit("1", None, "y").replace(r#""_index":"logs","#, "");
    let other_index = hit("1", None, "z").replace(r#""_index":"logs""#, r#""_index":"logs2""#);
    let lines = [plain.clone(), plain, no_index.clone(), no_index, hit("1", None, "w"), other_index];
    assert_eq!(told(&[("a", &lines)]), ["w", "x", "x", "y", "y", "z"]);
}

#[test]
fn actions_of_bulk_bodies_name_documents() {
    let body = |version: &str, name: &str| {
        [
            format!(r#"{{"index":{{"_index":"logs","_id":"1"{version}}}}}"#),
            format!(r#"{{"@timestamp":"2020-10-22T00:00:00Z","process":{{"name":"{name}"}}}}"#),
        ]
    };
    let lines = [body(r#","version":7"#, "new"), body(r#","version":6"#, "old")].concat();
    assert_eq!(told(&[("a", &lines)]), ["new"]);
}

#[test]
fn files_that_are_added_again_add_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let lines: Vec<String> = (0..40).map(|n| hit(&n.to_string(), None, &format!("p{n}"))).collect();
    let (path, store) = (write(dir.path(), "a", &lines), dir.path().join("store"));
    let options = IngestOptions { limits: tiny_limits(), ..IngestOptions::default() };
    for known in [0, 40, 40] {
        let report = ingest(std::slice::from_ref(&path), &store, &options).unwrap();
        assert_eq!((report.read.records, report.known, report.records), (40, known, 40));
    }
    // Nothing is left of what was replaced.
    let files = fs::read_dir(&store).unwrap().filter(|f| f.as_ref().unwrap().path().extension().is_some_and(|e| e == "arrow"));
    assert_eq!(files.count(), Store::open(&store).unwrap().stats().segments);
}

#[test]
fn a_document_of_two_stores_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let a = write(dir.path(), "a", &[hit("1", None, "a1"), hit("2", None, "a2")]);
    let b = write(dir.path(), "b", &[hit("1", None, "b1"), hit("3", None, "b3")]);
    let stores = [a, b].map(|path| Arc::new(Store::from_paths(&[path]).unwrap().0));
    Store::count_once(&stores).unwrap();
    assert_eq!(
        (names(stores[0].as_ref()), names(stores[1].as_ref())),
        (vec!["a2".to_owned()], vec!["b1".to_owned(), "b3".to_owned()])
    );
}

#[test]
fn many_documents_are_compared_in_several_passes() {
    let dir = tempfile::tempdir().unwrap();
    let lines: Vec<String> = (0..200).map(|n| hit(&(n % 90).to_string(), Some(n), "x")).collect();
    let path = write(dir.path(), "a", &lines);
    let read = |limits| {
        super::super::ingest::ingest(&crate::source::logs::list(std::slice::from_ref(&path)).unwrap(), 0, &tiny_limits(), limits)
    };
    let segments = std::sync::Mutex::new(Vec::new());
    let outcome = read(&|segment| {
        segments.lock().unwrap().push(segment);
        Ok(())
    });
    let (segments, origins) = (segments.into_inner().unwrap(), outcome.unwrap().origins);
    for at_once in [1, 7, 50, 1000] {
        let dead = superseded(&[Part { segments: &segments, origins: &origins }], at_once).unwrap();
        assert_eq!(dead.iter().flatten().map(Bits::count).sum::<u64>(), 110, "{at_once} at once");
    }
}
