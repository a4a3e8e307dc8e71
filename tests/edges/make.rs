//! Files that no text editor writes: records in short, compressed and joined files, archives, links, pipes.

use crate::support::cli::Huntc;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Map, Value};
use std::fs;
use std::io::{Cursor, Write as _};
use std::process::Command;

/// NDJSON of records in short. `a=x|y` is a list; pids, ports and versions are numbers; `_id`, `_index` and `_version` make a
/// search hit.
pub(super) fn records(text: &str) -> String {
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| record(line).to_string() + "\n").collect()
}

fn record(line: &str) -> Value {
    let mut words = line.split_whitespace();
    let mut source = Map::from_iter([("@timestamp".to_owned(), format!("2020-10-22T{}Z", words.next().unwrap()).into())]);
    let mut hit = Map::new();
    for word in words {
        let (field, text) = word.split_once('=').unwrap_or_else(|| panic!("{word} is no field=value"));
        let number = [".pid", ".port", "_version"].iter().any(|end| field.ends_with(end));
        let one = |text: &str| {
            if number { text.parse::<i64>().unwrap_or_else(|_| panic!("{word} is no number")).into() } else { Value::from(text) }
        };
        let value = if text.contains('|') { text.split('|').map(one).collect() } else { one(text) };
        let place = if field.starts_with('_') { &mut hit } else { &mut source };
        place.insert(field.to_owned(), value);
    }
    if hit.is_empty() {
        return source.into();
    }
    hit.insert("_source".to_owned(), source.into());
    hit.into()
}

/// Makes a file of parts; a link, a pipe or a folder is one part.
pub(super) fn file(huntc: &Huntc, name: &str, parts: &[String]) {
    let path = huntc.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    match parts[0].split_once(' ').unwrap_or((&parts[0], "")) {
        ("link", target) => std::os::unix::fs::symlink(target, path).unwrap(),
        ("fifo", _) => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        ("folder", _) => fs::create_dir_all(path).unwrap(),
        _ => fs::write(path, parts.iter().flat_map(|p| part(huntc, p)).collect::<Vec<u8>>()).unwrap(),
    }
}

/// The bytes of a part: `hex EFBBBF`, `text …`, and of a file `file`, `gzip`, `zstd`, `utf-16le`, `tar`, `zip`, or
/// `locked`, a zip archive whose member is encrypted. `cut N` takes the first bytes of a file compressed with gzip, `chopped-to N` those of a
/// file as it is, `chopped` a file without its last line end.
fn part(huntc: &Huntc, text: &str) -> Vec<u8> {
    let (how, rest) = text.split_once(' ').unwrap();
    let read = || fs::read(huntc.path(rest)).unwrap();
    match how {
        "hex" => (0..rest.len()).step_by(2).map(|at| u8::from_str_radix(&rest[at..at + 2], 16).unwrap()).collect(),
        "text" => rest.into(),
        "file" => read(),
        "chopped" => read().trim_ascii_end().to_vec(),
        "gzip" => gzip(&read()),
        "chopped-to" => {
            let (length, name) = rest.split_once(' ').unwrap();
            fs::read(huntc.path(name)).unwrap()[..length.parse().unwrap()].to_vec()
        }
        "cut" => {
            let (length, name) = rest.split_once(' ').unwrap();
            let mut bytes = gzip(&fs::read(huntc.path(name)).unwrap());
            bytes.truncate(length.parse().unwrap());
            bytes
        }
        "zstd" => zstd::encode_all(read().as_slice(), 1).unwrap(),
        "utf-16le" => String::from_utf8(read()).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "tar" => tar(rest, &read()),
        "zip" => zip(rest, &read(), false),
        "locked" => zip(rest, &read(), true),
        other => panic!("{other} is no part"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An archive of one file.
fn tar(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    tar.append_data(&mut header, name, bytes).unwrap();
    tar.into_inner().unwrap()
}

fn zip(name: &str, bytes: &[u8], locked: bool) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(bytes).unwrap();
    let mut bytes = zip.finish().unwrap().into_inner();
    if locked {
        let member = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
        bytes[member + 8] |= 1;
    }
    bytes
}
