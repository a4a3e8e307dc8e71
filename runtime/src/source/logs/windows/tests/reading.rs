//! Reads event logs in tests.

use super::super::ecs_of;
use super::super::evtx_file::each_record;
use super::super::json::Json;
use crate::source::logs::format::LogReading;
use crate::source::logs::piece::Emit;
use crate::source::logs::{BadReason, Piece, ReadOptions, Spare, read};
use serde_json::Value;
use std::io::Cursor;

/// The lines of a log, and its bad ones. Each line has its number.
#[derive(Debug, PartialEq)]
pub(super) struct ReadLog {
    pub(super) lines: Vec<(u64, Vec<u8>)>,
    pub(super) bad: Vec<(u64, BadReason)>,
    pub(super) count: u64,
}

pub(super) fn lines(bytes: &[u8], block: usize) -> ReadLog {
    read_by(|options, emit| read(Box::new(Cursor::new(bytes)), "x", options, &Spare::default(), emit).unwrap().lines, block)
}

fn read_by(read: impl FnOnce(&ReadOptions, &mut Emit<'_>) -> u64, block: usize) -> ReadLog {
    let options = ReadOptions { block, ..ReadOptions::default() };
    let (mut lines, mut bad) = (Vec::new(), Vec::new());
    let count = read(&options, &mut |piece| {
        match piece {
            Piece::Block(block) => {
                let numbered = (block.first..).zip(block.bytes.split(|b| *b == b'\n'));
                lines.extend(numbered.filter(|(_, line)| !line.is_empty()).map(|(number, line)| (number, line.to_vec())));
            }
            Piece::Bad(line, reason) => bad.push((line, reason)),
            Piece::Answer(_) | Piece::Mended(..) | Piece::Clock(_) => {}
        }
        Ok(())
    });
    ReadLog { lines, bad, count }
}

/// The records of a file in ECS, and its bad lines.
pub(super) fn records(bytes: &[u8], block: usize) -> (Vec<Value>, Vec<(u64, BadReason)>) {
    let is_event_log = bytes.starts_with(b"ElfFile");
    let ReadLog { lines, bad, .. } = lines(bytes, block);
    let document = |line: &[u8]| match std::str::from_utf8(line).unwrap() {
        document if is_event_log => serde_json::from_str(document).unwrap(),
        line => converted(line),
    };
    (lines.iter().map(|(_, line)| document(line)).collect(), bad)
}

pub(super) fn converted(line: &str) -> Value {
    serde_json::from_slice(&ecs_of(line.as_bytes()).unwrap_or_else(|| panic!("not converted: {line}"))).unwrap()
}

/// The values of an event by path.
pub(super) type Values = Vec<(String, String)>;

/// The values of each record of an event log.
pub(super) fn trees(bytes: &[u8], block: usize) -> (Vec<Values>, Vec<(u64, BadReason)>) {
    let write = |tree: &Json<'_>, _, out: &mut Vec<u8>| {
        tree.write(out);
        None
    };
    let trees = |options: &ReadOptions, emit: &mut Emit<'_>| {
        let reading = LogReading { name: "x", options, spare: &Spare::default() };
        each_record(&mut Cursor::new(bytes), &reading, write, emit).unwrap()
    };
    let ReadLog { lines, bad, .. } = read_by(trees, block);
    let values = |line: &Vec<u8>| {
        let mut values = Values::new();
        flat(&Json::read(line).unwrap(), "", &mut values);
        values
    };
    (lines.iter().map(|(_, line)| values(line)).collect(), bad)
}

/// Attributes and text stand at the path of their element.
pub(super) fn flat(json: &Json<'_>, path: &str, out: &mut Values) {
    match json {
        Json::Object(members) => members.iter().for_each(|(name, value)| match name.as_ref() {
            "#text" | "#attributes" => flat(value, path, out),
            name if path.is_empty() => flat(value, name, out),
            name => flat(value, &format!("{path}/{name}"), out),
        }),
        Json::List(items) => items.iter().for_each(|item| flat(item, path, out)),
        Json::Text(text) if !text.is_empty() => out.push((path.to_owned(), text.to_string())),
        _ => {}
    }
}
