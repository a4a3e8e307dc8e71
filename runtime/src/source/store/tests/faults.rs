//! Damaged files and writers that fail: a hunt gets the right answer or an error with a code.

use super::disk::{all, code, lines, tiny, write};
use super::{request, tiny_limits};
use crate::source::store::ingest::Limits;
use crate::source::store::{IngestOptions, Store, ingest};
use crate::source::{DataSource, FetchContext};
use huntc_compiler::request::Query;
use huntc_compiler::value::Value;
use std::path::{Path, PathBuf};

/// A folder with a store of `records` records, and the log that they came from.
fn store_of(records: usize) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let log = write(dir.path(), "a.ndjson", &lines(0, records));
    let folder = dir.path().join("store");
    ingest(std::slice::from_ref(&log), &folder, &tiny()).unwrap();
    (dir, folder, log)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    files
}

/// What a hunt on one field finds, or the code of the error when the store or the field cannot be read.
fn hunted(folder: &Path) -> Result<Vec<u64>, &'static str> {
    let store = Store::open(folder).map_err(|e| e.code.id)?;
    let query = Query::term("n", Value::Int(7));
    let found = store.fetch(&request(query, None, &["text"]), &FetchContext::default()).map_err(|e| e.code.id)?;
    Ok(found.ids)
}

#[test]
fn a_hunt_on_a_damaged_store_gives_its_answer_or_an_error() {
    let (_dir, folder, _) = store_of(9);
    assert_eq!(hunted(&folder), Ok(vec![7]));
    let (mut answers, mut errors) = (0, 0);
    for file in files(&folder).into_iter().filter(|f| !f.ends_with("lock")) {
        let whole = std::fs::read(&file).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 200 + 1) {
            for damage in [[&whole[..at], &[whole[at] ^ 1 << (at % 8)], &whole[at + 1..]].concat(), whole[..at].to_vec()] {
                std::fs::write(&file, &damage).unwrap();
                assert!(Store::is_store(&folder), "{} at {at}: taken for a folder of logs", file.display());
                match hunted(&folder) {
                    // The hunt did not read that byte.
                    Ok(found) => answers += u32::from(found == [7]),
                    Err(code) => errors += u32::from(["K0755", "K0756", "K0757"].contains(&code)),
                }
            }
        }
        std::fs::write(&file, &whole).unwrap();
    }
    let tried: usize = files(&folder).iter().filter(|f| !f.ends_with("lock")).map(|f| tries(f)).sum();
    assert_eq!(answers + errors, tried as u32, "a wrong answer, or an error of another kind");
    assert!(answers > 0 && errors > answers, "{answers} answers, {errors} errors");
}

fn tries(file: &Path) -> usize {
    let len = std::fs::metadata(file).unwrap().len() as usize;
    2 * len.div_ceil(len / 200 + 1)
}

#[test]
fn what_is_no_plain_file_is_no_part_of_a_store() {
    let (_dir, folder, _) = store_of(9);
    for file in files(&folder).into_iter().filter(|f| !f.ends_with("lock")) {
        let whole = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(["K0755", "K0757"].contains(&hunted(&folder).unwrap_err()), "{} is gone", file.display());
        std::fs::create_dir(&file).unwrap();
        assert_eq!(hunted(&folder), Err("K0757"), "{} is a folder", file.display());
        std::fs::remove_dir(&file).unwrap();
        #[cfg(unix)]
        {
            assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
            assert_eq!(hunted(&folder), Err("K0757"), "{} is a pipe", file.display());
            assert!(Store::is_store(&folder));
            std::fs::remove_file(&file).unwrap();
        }
        std::fs::write(&file, &whole).unwrap();
    }
    assert_eq!(hunted(&folder), Ok(vec![7]));
}

#[test]
fn a_write_that_was_torn_anywhere_is_not_read_and_cleaned_up() {
    let (dir, folder, log) = store_of(9);
    let before = all(&Store::open(&folder).unwrap());
    let names = files(&folder);
    let parts: Vec<Vec<u8>> = names.iter().filter(|f| !f.ends_with("lock")).map(|f| std::fs::read(f).unwrap()).collect();
    for (number, whole) in parts.iter().enumerate() {
        for at in (0..=whole.len()).step_by(whole.len() / 20 + 1) {
            std::fs::write(folder.join(".huntc-k3pQaWGllu7WLOiv.part"), &whole[..at]).unwrap();
            std::fs::write(folder.join(format!("seg-9{number}.arrow")), &whole[..at]).unwrap();
            // The next addition will use this number.
            std::fs::write(folder.join("seg-3.arrow"), &whole[..at]).unwrap();
            assert_eq!(all(&Store::open(&folder).unwrap()), before);
        }
    }
    ingest(&[log], &folder, &tiny()).unwrap();
    let store = Store::open(&folder).unwrap();
    store.verify().unwrap();
    assert_eq!(store.len(), 18);
    assert_eq!(files(&folder).len(), store.stats().segments + 2, "only the manifest, the lock and segments are left");
    drop(dir);
}

#[test]
fn a_merge_that_fails_does_not_undo_an_addition() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("store");
    let options = IngestOptions { limits: Limits { segment_rows: 64, workers: 1, ..tiny_limits() }, ..IngestOptions::default() };
    let add = |part: usize| {
        let log = write(dir.path(), "part.ndjson", &lines(part * 2, part * 2 + 2));
        ingest(&[log], &folder, &options)
    };
    for part in 0..8 {
        add(part).unwrap();
    }
    // A damaged segment cannot be merged either; only hunts that need it get an error.
    let first = folder.join("seg-0.arrow");
    let whole = std::fs::read(&first).unwrap();
    std::fs::write(&first, &whole[..whole.len() / 2]).unwrap();
    let report = add(8).unwrap();
    assert_eq!((report.read.records, report.records, report.segments), (2, 18, 9));
    assert_eq!(code(Store::open(&folder)), "K0757");
    std::fs::write(&first, &whole).unwrap();
    assert_eq!(Store::open(&folder).unwrap().len(), 18);
    assert_eq!(files(&folder).len(), 11);
    assert_eq!(add(9).unwrap().records, 20, "and the next addition merges");
    assert_eq!(all(&Store::open(&folder).unwrap()).len(), 20);
    assert!(files(&folder).len() < 11);
}

#[test]
fn readers_see_whole_states_while_a_writer_adds_and_merges() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("store");
    let options = IngestOptions { limits: Limits { segment_rows: 64, workers: 1, ..tiny_limits() }, ..IngestOptions::default() };
    let add = |part: usize| {
        let log = write(dir.path(), "part.ndjson", &lines(part * 5, part * 5 + 5));
        ingest(&[log], &folder, &options).unwrap();
    };
    add(0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (1..30).for_each(add));
        let mut seen = Vec::new();
        while !writer.is_finished() {
            let store = Store::open(&folder).unwrap();
            let now = ids(&all(&store));
            assert_eq!(now.len() % 5, 0, "half of an addition");
            assert!(now.len() >= seen.len() && now[..seen.len()] == seen[..], "records went or changed");
            store.verify().unwrap();
            seen = now;
        }
        assert!(seen.len() >= 5);
    });
    assert_eq!(ids(&all(&Store::open(&folder).unwrap())).len(), 150);
}

fn ids(rows: &[(u64, String)]) -> Vec<u64> {
    rows.iter().map(|(id, _)| *id).collect()
}

#[test]
fn another_formats_manifest_is_refused_and_kept() {
    let (_dir, folder, log) = store_of(3);
    let path = folder.join("manifest.json");
    let newer = std::fs::read_to_string(&path).unwrap().replacen("\"huntc_store\":1", "\"huntc_store\":7", 1);
    std::fs::write(&path, &newer).unwrap();
    let before = files(&folder);
    let error = Store::open(&folder).err().unwrap();
    assert_eq!(error.code.id, "K0756");
    assert!(error.notes[0].contains("format 7"), "{error:?}");
    assert_eq!(code(ingest(&[log], &folder, &tiny())), "K0756");
    assert_eq!((files(&folder), std::fs::read_to_string(&path).unwrap()), (before, newer));
}

#[test]
fn columns_whose_parts_do_not_fit_are_refused() {
    use crate::source::store::column::{Codes, Dictionary, First, StoredColumn};
    let column = |starts: &[i32], rows: Option<&[u32]>, codes: &[u8], more: (&[u32], &[u32])| {
        let blob = arrow_buffer::Buffer::from_vec(b"a\xffb\xff".to_vec());
        let dictionary = Dictionary { starts: starts.to_vec().into(), blob, kinds: None };
        let first = First { rows: rows.map(|r| r.to_vec().into()), codes: Codes::U8(codes.to_vec().into()) };
        StoredColumn::new(dictionary, first, more.0.to_vec().into(), more.1.to_vec().into()).is_sound(3)
    };
    let fine: &[i32] = &[0, 2, 4];
    assert!(column(fine, None, &[1, 0, 2], (&[0, 2], &[2, 1])));
    assert!(column(fine, Some(&[0, 2]), &[1, 2], (&[], &[])));
    for (what, sound) in [
        ("a value ends behind all values", column(&[0, 2, 5], None, &[1, 0, 2], (&[], &[]))),
        ("values go backwards", column(&[0, 7, 4], None, &[1, 0, 2], (&[], &[]))),
        ("a code without a value", column(fine, None, &[1, 0, 3], (&[], &[]))),
        ("too few rows", column(fine, None, &[1, 0], (&[], &[]))),
        ("a row behind the last", column(fine, Some(&[0, 3]), &[1, 2], (&[], &[]))),
        ("rows out of order", column(fine, Some(&[2, 0]), &[1, 2], (&[], &[]))),
        ("another value without a row", column(fine, None, &[1, 0, 2], (&[0], &[1, 2]))),
        ("another value behind the last row", column(fine, None, &[1, 0, 2], (&[3], &[1]))),
        ("another value that is none", column(fine, None, &[1, 0, 2], (&[0], &[9]))),
    ] {
        assert!(!sound, "{what}");
    }
}

#[cfg(unix)]
#[test]
fn a_segment_that_is_cut_while_it_is_mapped_is_an_error() {
    let (_dir, folder, _) = store_of(9);
    let store = Store::open(&folder).unwrap();
    let ask = || store.fetch(&request(Query::MatchAll, None, &["text"]), &FetchContext::default()).map(|r| r.len());
    assert_eq!(ask().unwrap(), 9);
    let segment = files(&folder).into_iter().find(|f| f.extension().is_some_and(|e| e == "arrow")).unwrap();
    let file = std::fs::File::options().write(true).open(&segment).unwrap();
    let whole = std::fs::read(&segment).unwrap();
    file.set_len(100).unwrap();
    assert_eq!(code(ask()), "K0757");
    assert_eq!(code(store.verify()), "K0757");
    std::fs::write(&segment, whole).unwrap();
    assert_eq!(ask().unwrap(), 9);
    // A file that is gone, or another one of its name, leaves the mapped one as it was.
    std::fs::remove_file(&segment).unwrap();
    assert_eq!(ask().unwrap(), 9);
    std::fs::write(&segment, "").unwrap();
    assert_eq!(ask().unwrap(), 9);
}

#[test]
fn a_manifest_names_each_file_once() {
    let (_dir, folder, log) = store_of(9);
    let manifest = folder.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let mut body: serde_json::Value = serde_json::from_str(text.split_once('\n').unwrap().1).unwrap();
    let segments = body["segments"].as_array_mut().unwrap();
    let first = segments[0].clone();
    segments.extend(std::iter::repeat_n(first, 100_000));
    let body = body.to_string();
    let mut head: serde_json::Value = serde_json::from_str(text.split_once('\n').unwrap().0).unwrap();
    head["crc32"] = format!("{:08x}", crc32fast::hash(body.as_bytes())).into();
    // Its keys in the order that a writer gives them.
    let head = format!("{{\"huntc_store\":{},\"crc32\":{}}}", head["huntc_store"], head["crc32"]);
    std::fs::write(&manifest, format!("{head}\n{body}")).unwrap();
    assert_eq!(code(Store::open(&folder)), "K0757");
    assert_eq!(code(ingest(&[log], &folder, &tiny())), "K0757");
}

/// Another program cuts a file between the look at its length and the use of its bytes.
#[cfg(unix)]
#[test]
fn a_file_that_is_cut_in_the_middle_of_a_use_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let (log, folder) = (write(dir.path(), "a.ndjson", &lines(0, 30_000)), dir.path().join("store"));
    ingest(&[log], &folder, &IngestOptions::default()).unwrap();
    let segment = folder.join("seg-0.arrow");
    assert!(std::fs::metadata(&segment).unwrap().len() > 100_000, "many pages");
    let store = Store::open(&folder).unwrap();
    // What comes of zeros is a wrong answer or a panic; neither is given out.
    for gives_up in [false, true] {
        let used = store.unless_cut(|| {
            std::fs::OpenOptions::new().write(true).open(&segment).unwrap().set_len(100).unwrap();
            let sum: i64 = store.segments.iter().flat_map(|s| s.times.iter()).fold(0, |sum, time| sum.wrapping_add(*time));
            assert!(!gives_up, "a panic over zeros");
            Ok(sum)
        });
        let error = used.unwrap_err();
        assert_eq!(error.code.id, "K0757", "{error:?}");
    }
    assert_eq!(code(store.fetch(&request(Query::MatchAll, None, &["text"]), &FetchContext::default())), "K0757");
}

#[test]
fn a_store_that_has_lost_its_manifest_is_not_begun_anew() {
    let (_dir, folder, log) = store_of(9);
    assert_eq!(std::fs::read(folder.join("lock")).unwrap(), b"", "a first writer has ended well");
    std::fs::remove_file(folder.join("manifest.json")).unwrap();
    let before = files(&folder);
    let again = || ingest(std::slice::from_ref(&log), &folder, &tiny());
    let error = again().unwrap_err();
    assert!(error.code.id == "K0757" && error.message.contains("manifest.json is damaged: it is gone"), "{error:?}");
    assert_eq!(files(&folder), before, "its segments stay");
    // What a first writer was killed over belongs to nothing.
    std::fs::write(folder.join("lock"), "the first files of this store are being written\n").unwrap();
    assert_eq!(again().unwrap().records, 9);
}
