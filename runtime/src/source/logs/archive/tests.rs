//! Tests of archives: what is read of them, what is left out, and what ends the reading.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::source::logs::{FileSettings, Piece, ReadOptions, Spare, WantedLines, file_of, lines_of, read};
use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, ZipWriter};
use std::collections::BTreeSet;
use std::io::Write;

fn zip_of(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = ::tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `{"a":1}` and a line feed as `xz` packs them.
const XZ: &[u8] = &[
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01, 0x16, 0x00, 0x00, 0x00, 0x74,
    0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x07, 0x7b, 0x22, 0x61, 0x22, 0x3a, 0x31, 0x7d, 0x0a, 0x00, 0xbe, 0x49, 0x91, 0x43, 0x55, 0x04,
    0xef, 0x85, 0x00, 0x01, 0x20, 0x08, 0xbb, 0x19, 0xd9, 0xbb, 0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59,
    0x5a,
];

/// The logs of a text with their lines, and what cannot be read; or the error.
fn entries_with(bytes: &[u8], limits: UnpackLimits) -> Result<Vec<(String, String)>, SourceError> {
    let mut found = Vec::new();
    let input = Input { name: "a".into(), ..Input::stdin() };
    each_entry_of(bytes, &input, limits, &mut |entry| {
        match entry {
            LogEntry::Unreadable(log, kind) => found.push((log.name.clone(), kind.name.to_owned())),
            LogEntry::Log(log, reader) => {
                let mut lines = String::new();
                read(reader, &log.name, &ReadOptions::default(), &Spare::default(), &mut |piece| {
                    if let Piece::Block(block) = piece {
                        lines.push_str(&String::from_utf8_lossy(&block.bytes));
                    }
                    Ok(())
                })?;
                found.push((log.name.clone(), lines.trim().to_owned()));
            }
        }
        Ok(())
    })?;
    Ok(found)
}

fn entries(bytes: &[u8]) -> Vec<(String, String)> {
    entries_with(bytes, UnpackLimits::default()).unwrap()
}

fn pairs(found: &[(String, String)]) -> Vec<(&str, &str)> {
    found.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

const A: &[u8] = b"{\"a\":1}\n";
const B: &[u8] = b"{\"b\":2}\n";

#[test]
fn members_are_logs_of_their_own() {
    let members: &[(&str, &[u8])] = &[("a.json", A), ("logs/b.json", B), ("empty", b"")];
    let wanted = [("a/a.json", "{\"a\":1}"), ("a/logs/b.json", "{\"b\":2}"), ("a/empty", "")];
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated, CompressionMethod::Bzip2, CompressionMethod::Zstd] {
        assert_eq!(pairs(&entries(&zip_of(members, method))), wanted, "{method:?}");
    }
    let tar = tar_of(members);
    for packed in [
        tar.clone(),
        gzip(&tar),
        bzip2(&tar),
        zstd::encode_all(&*tar, 1).unwrap(),
        gzip(&zip_of(members, CompressionMethod::Stored)),
    ] {
        assert_eq!(pairs(&entries(&packed)), wanted);
    }
}

#[test]
fn members_may_be_compressed_and_archives_again() {
    let inner = zip_of(&[("b.json", B)], CompressionMethod::Deflated);
    let middle = gzip(&tar_of(&[("in.zip", &inner), ("a.json.bz2", &bzip2(A))]));
    let outer = zip_of(&[("m.tgz", &middle), ("a.gz", &gzip(A))], CompressionMethod::Deflated);
    assert_eq!(
        pairs(&entries(&outer)),
        [("a/m.tgz/in.zip/b.json", "{\"b\":2}"), ("a/m.tgz/a.json.bz2", "{\"a\":1}"), ("a/a.gz", "{\"a\":1}")]
    );
    let deep = (0..6).fold(A.to_vec(), |bytes, _| zip_of(&[("x", &bytes)], CompressionMethod::Stored));
    assert_eq!(pairs(&entries(&deep)), [("a/x/x/x/x", "an archive that is nested too deeply")]);
}

/// The word stands where tar has it, in a value that a stranger wrote into the first record.
#[test]
fn a_log_with_the_mark_of_tar_is_a_log() {
    let log = format!("{{\"a\":\"{}\"}}\n", "ustar".repeat(300));
    for phase in 0..5 {
        let log = format!("{}{log}", " ".repeat(phase));
        assert_eq!(pairs(&entries(log.as_bytes())), [("a", log.trim())], "{phase}");
    }
}

#[test]
fn hidden_members_and_folders_are_passed_over_and_twins_stay_apart() {
    let tar = tar_of(&[("./a.json", A), ("__MACOSX/._a.json", B), (".git/x", B), ("a.json", B), ("d/.DS_Store", B)]);
    assert_eq!(pairs(&entries(&tar)), [("a/a.json", "{\"a\":1}"), ("a/a.json (2)", "{\"b\":2}")]);
    let error = entries_with(&tar_of(&[(".a", A)]), UnpackLimits::default()).unwrap_err();
    assert_eq!(error.code.id, "K0752");
    // Two archives, one behind the other.
    let both = [tar_of(&[("a.json", A)]), tar_of(&[("b.json", B)])].concat();
    assert_eq!(entries(&both).len(), 2);
}

#[test]
fn what_is_no_file_of_this_archive_is_named() {
    let mut tar = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_gnu();
    header.set_size(0);
    header.set_entry_type(::tar::EntryType::Symlink);
    tar.append_link(&mut header, "link", "/etc/passwd").unwrap();
    header.set_entry_type(::tar::EntryType::Fifo);
    tar.append_data(&mut header, "pipe", std::io::empty()).unwrap();
    header.set_entry_type(::tar::EntryType::Directory);
    tar.append_data(&mut header, "folder", std::io::empty()).unwrap();
    let mut long = ::tar::Header::new_gnu();
    long.set_size(A.len() as u64);
    tar.append_data(&mut long, format!("{}/a.json", "d".repeat(200)), A).unwrap();
    let found = entries(&tar.into_inner().unwrap());
    let long = format!("a/{}/a.json", "d".repeat(200));
    assert_eq!(pairs(&found), [("a/link", "a link in an archive"), ("a/pipe", "no regular file"), (long.as_str(), "{\"a\":1}")]);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    zip.add_directory("folder", SimpleFileOptions::default()).unwrap();
    assert_eq!(pairs(&entries(&zip.finish().unwrap().into_inner())), [("a/link", "a link in an archive")]);
}

#[test]
fn members_that_nothing_here_unpacks_are_named() {
    let mut zip = zip_of(&[("a.json", A), ("b.json", B)], CompressionMethod::Stored);
    // Of the list of members the bit of encryption, and a method that nobody knows.
    let places: Vec<usize> = memchr::memmem::find_iter(&zip, b"PK\x01\x02").collect();
    zip[places[0] + 8] |= 1;
    zip[places[1] + 10] = 77;
    assert_eq!(
        pairs(&entries(&zip)),
        [("a/a.json", "an encrypted member"), ("a/b.json", "a member packed by a method that is not read")]
    );
}

#[test]
fn an_archive_that_is_cut_or_damaged_never_passes_for_whole() {
    let members: &[(&str, &[u8])] = &[("a.json", A), ("b.json", B)];
    for (whole, marker) in [(tar_of(members), 1024), (zip_of(members, CompressionMethod::Deflated), 0)] {
        assert!(entries_with(&whole, UnpackLimits::default()).is_ok());
        for end in 600..whole.len().saturating_sub(marker) {
            assert!(entries_with(&whole[..end], UnpackLimits::default()).is_err(), "cut at {end} of {}", whole.len());
        }
    }
    let zip = zip_of(members, CompressionMethod::Stored);
    for end in 4..zip.len() {
        assert!(entries_with(&zip[..end], UnpackLimits::default()).is_err(), "cut at {end}");
    }
    let place = memchr::memmem::find(&zip, b"\"b\":2").unwrap();
    let mut damaged = zip;
    damaged[place + 4] = b'3';
    assert_eq!(entries_with(&damaged, UnpackLimits::default()).unwrap_err().code.id, "K0751");
}

#[test]
fn archives_that_unpack_to_too_much_are_refused() {
    let small = UnpackLimits { always: 1 << 20, ratio: 100, ..UnpackLimits::default() };
    let zeros = vec![b' '; 4 << 20];
    let bombs = [
        zip_of(&[("a", &zeros)], CompressionMethod::Deflated),
        gzip(&tar_of(&[("a", &zeros)])),
        // Passed over, but unpacked all the same.
        gzip(&tar_of(&[(".a", &zeros), ("b", A)])),
        tar_of(&[("a.gz", &gzip(&zeros))]),
        zip_of(&[("a.zip", &zip_of(&[("a", &zeros)], CompressionMethod::Deflated))], CompressionMethod::Deflated),
    ];
    for (number, bomb) in bombs.iter().enumerate() {
        let error = entries_with(bomb, small).unwrap_err();
        assert_eq!(error.code.id, "K0765", "{number}: {error:?}");
        assert!(entries_with(bomb, UnpackLimits::default()).is_ok(), "{number}");
    }
    let many = tar_of(&[("a", A), ("b", A), ("c", A)]);
    let error = entries_with(&many, UnpackLimits { members: 2, ..UnpackLimits::default() }).unwrap_err();
    assert_eq!(error.code.id, "K0765");
    let zip = zip_of(&[("a", A)], CompressionMethod::Stored);
    let error = entries_with(&zip, UnpackLimits { copy: 10, ..UnpackLimits::default() }).unwrap_err();
    assert_eq!(error.code.id, "K0765");
}

#[test]
fn a_header_without_end_takes_little_memory() {
    // The long name of a member: a gigabyte of it.
    let mut header = ::tar::Header::new_gnu();
    header.set_entry_type(::tar::EntryType::GNULongName);
    header.set_path("././@LongLink").unwrap();
    header.set_size(1 << 30);
    header.set_cksum();
    let block = gzip(&vec![b'x'; 1 << 20]);
    let bomb = [gzip(header.as_bytes()), block.repeat(64)].concat();
    let error = entries_with(&bomb, UnpackLimits::default()).unwrap_err();
    assert!(error.message.contains("never ends"), "{error:?}");
}

#[test]
fn xz_files_are_cut_never() {
    let whole = entries_with(XZ, UnpackLimits::default()).unwrap();
    assert_eq!(pairs(&whole), [("a", "{\"a\":1}")]);
    for end in 10..XZ.len() {
        assert!(entries_with(&XZ[..end], UnpackLimits::default()).is_err(), "cut at {end}");
    }
}

#[test]
fn lines_of_members_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let inner = gzip(&tar_of(&[("b.json", &[B, A].concat()), ("c.json", A)]));
    std::fs::write(&path, zip_of(&[("a.json", A), ("in.tgz", &inner)], CompressionMethod::Deflated)).unwrap();
    let name = |member: &str| format!("{}/{member}", path.display());
    let (first, second, gone) = (name("a.json"), name("in.tgz/b.json"), name("gone.json"));
    assert!([&first, &second, &gone].iter().all(|log| file_of(log) == Some(path.as_path())));
    let wanted: WantedLines<'_> =
        [(&first, 0), (&second, 1), (&gone, 0)].into_iter().map(|(log, line)| (log.as_str(), BTreeSet::from([line]))).collect();
    let found = lines_of(&path, wanted, &FileSettings::default(), &Allowance::default());
    assert_eq!(found.get(&(first.as_str(), 0)).map(String::as_str), Some("{\"a\":1}"));
    assert_eq!(found.get(&(second.as_str(), 1)).map(String::as_str), Some("{\"a\":1}"));
    assert_eq!(found.len(), 2);
}
