//! The bytes of a log file: where blocks end makes no difference, and a line gives what `serde_json` reads in it, once values
//! that are no JSON are mended.

use super::json::{self, Fields};
use super::mended;
use super::stored::{fetch, read};
use huntc_compiler::request::Query;
use huntc_runtime::source::Records;
use huntc_runtime::source::logs::{BadReason, NAMED_BAD_LINES};
use serde_json::Value;
use std::collections::BTreeSet;

/// The first byte says how small the blocks are, and whether the rest is lines or anything.
pub fn check(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let block = usize::from(first >> 1) + 1;
    if first % 2 == 0 {
        blocks(rest, block);
    } else {
        // With a first line that is one, the rest is taken for lines.
        lines(&[b"{\"@timestamp\":\"2020-01-01T00:00:00.000Z\"}\n", rest].concat(), block);
    }
}

/// Where blocks end makes no difference.
pub fn blocks(bytes: &[u8], block: usize) {
    match (read(bytes, block), read(bytes, 1 << 16)) {
        (Ok((small, one)), Ok((big, other))) => {
            assert_eq!((one.records, one.bad_total, one.mended_total), (other.records, other.bad_total, other.mended_total));
            assert_eq!(
                one.mended.iter().map(|m| (m.line, m.flaw)).collect::<Vec<_>>(),
                other.mended.iter().map(|m| (m.line, m.flaw)).collect::<Vec<_>>()
            );
            assert_eq!(one.records, small.len());
            let lines = |report: &[huntc_runtime::source::logs::BadLine]| -> Vec<(u64, BadReason)> {
                report.iter().map(|b| (b.line, b.reason)).collect()
            };
            assert_eq!(lines(&one.bad), lines(&other.bad));
            let (small, big) = (small.stats(), big.stats());
            assert_eq!((small.records, small.span, small.fields), (big.records, big.span, big.fields));
        }
        (Err(one), Err(other)) => assert_eq!(one.code, other.code),
        (one, other) => panic!("{:?} {:?}", one.err(), other.err()),
    }
}

/// What a line should be.
enum Wanted {
    /// Nothing: it is blank.
    Nothing,
    /// A record with these fields, unless its time cannot be read; and whether a value was mended.
    Record(Fields, bool),
    /// A bad line.
    Bad,
    /// Nested deeper than the reference goes.
    Unknown,
}

fn wanted(line: &[u8]) -> Wanted {
    if line.is_empty() {
        return Wanted::Nothing;
    }
    if line.len() > 1000 {
        return Wanted::Bad;
    }
    // A Windows event becomes another document; the target `windows` knows more of that.
    let marks: [&[u8]; 3] = [b"\"EventID\"", b"\"event_data\"", b"\"result\""];
    if line.starts_with(b"<Event") || marks.iter().any(|mark| line.windows(mark.len()).any(|bytes| bytes == *mark)) {
        return Wanted::Unknown;
    }
    match mended::value(line) {
        Err(true) => Wanted::Unknown,
        // A name that was mended is none: other names could be the same then.
        Ok((value, _, true)) if value.get("_id").is_some() || value.get("_index").is_some() => Wanted::Unknown,
        Ok((value, text, mended)) if value.is_object() => record(value, &text, mended),
        _ => Wanted::Bad,
    }
}

fn record(mut document: Value, text: &str, mended: bool) -> Wanted {
    let hit = document.get("_source").is_some();
    if hit && (!document["_source"].is_object() || json::repeats(text)) {
        return Wanted::Unknown;
    }
    if hit {
        let source = document["_source"].take();
        let kept = |key: &str| document.get(key).cloned().map(|v| (key.to_owned(), v));
        let mut fields = json::fields(&Value::Object(["_index", "_id"].into_iter().filter_map(kept).collect()));
        for (name, values) in json::fields(&source) {
            fields.entry(name).or_default().extend(values);
        }
        for values in fields.values_mut() {
            values.sort();
        }
        document = Value::Null;
        drop(document);
        return Wanted::Record(fields, mended);
    }
    Wanted::Record(json::fields(&document), mended)
}

/// The documents of a line, where several were joined without a line end.
fn parts(line: &[u8]) -> Vec<&[u8]> {
    let unmarked = |mut text: &'_ [u8]| -> usize {
        let all = text.len();
        while let Some(rest) = text.strip_prefix(b"\xef\xbb\xbf") {
            text = rest;
        }
        all - text.len()
    };
    if line.trim_ascii_end().len() > 1000 {
        return vec![line];
    }
    let mut rest = &line[unmarked(line)..];
    let mut parts = Vec::new();
    while rest.trim_ascii_start().starts_with(b"{") {
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<serde::de::IgnoredAny>();
        let end = match values.next() {
            Some(Ok(_)) => values.byte_offset(),
            _ => match end(rest).filter(|end| matches!(mended::mended(&rest[..*end]), Some((text, true)) if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok())) {
                Some(end) => end,
                None => break,
            },
        };
        let (one, behind) = rest.split_at(end);
        let behind = &behind[unmarked(behind)..];
        if !behind.starts_with(b"{") {
            break;
        }
        parts.push(one);
        rest = behind;
    }
    parts.push(rest);
    parts
}

/// The end of the first value, by its brackets.
fn end(text: &[u8]) -> Option<usize> {
    let (mut depth, mut inside, mut escaped) = (0_u32, false, false);
    for (at, byte) in text.iter().enumerate() {
        match (inside, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => inside = !inside,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') if depth <= 1 => return Some(at + 1),
            (false, b'}' | b']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn lines(bytes: &[u8], block: usize) {
    let (store, report) = read(bytes, block).unwrap();
    let wanted: Vec<Wanted> = bytes.split(|b| *b == b'\n').flat_map(parts).map(|l| wanted(l.trim_ascii())).collect();
    let full = wanted.iter().filter(|w| !matches!(w, Wanted::Nothing)).count() as u64;
    assert_eq!(report.records + report.bad_total, full, "lines are lost or made up");
    assert_eq!(report.records, store.len());
    let mut names: BTreeSet<String> = store.stats().fields.into_iter().map(|(name, _)| name).collect();
    names.extend(wanted.iter().flat_map(|w| if let Wanted::Record(f, _) = w { f.keys().cloned().collect() } else { Vec::new() }));
    names.retain(|n| n != "@timestamp");
    let records = fetch(&store, Query::MatchAll, names.iter().cloned().collect()).unwrap();
    let ids: BTreeSet<u64> = records.ids.iter().copied().collect();
    assert_eq!(ids.len() as u64, report.records, "a record came twice");
    for (id, wanted) in wanted.iter().enumerate() {
        let found = records.ids.iter().position(|i| *i == id as u64);
        let reason = report.bad.iter().find(|b| b.line == id as u64 + 1).map(|b| b.reason);
        let named = report.bad_total <= NAMED_BAD_LINES as u64;
        match (wanted, found) {
            (Wanted::Unknown, _) | (Wanted::Nothing | Wanted::Bad, None) => {}
            (Wanted::Nothing | Wanted::Bad, Some(_)) => panic!("line {} became a record", id + 1),
            (Wanted::Record(fields, mended), Some(row)) => {
                assert_eq!(&values(&records, row, &names), &without_time(fields));
                let told = report.mended.iter().any(|m| m.line == id as u64 + 1);
                assert!(told == *mended || report.mended_total > NAMED_BAD_LINES as u64, "line {}", id + 1);
            }
            (Wanted::Record(fields, _), None) if named => match reason {
                Some(BadReason::NoTimestamp) => assert!(!fields.contains_key("@timestamp"), "line {}", id + 1),
                Some(BadReason::UnreadableTimestamp) => assert!(fields.contains_key("@timestamp"), "line {}", id + 1),
                other => panic!("line {} is {other:?}", id + 1),
            },
            (Wanted::Record(..), None) => {}
        }
    }
}

fn without_time(fields: &Fields) -> Fields {
    fields.iter().filter(|(name, _)| *name != "@timestamp").map(|(n, v)| (n.clone(), v.clone())).collect()
}

fn values(records: &Records, row: usize, names: &BTreeSet<String>) -> Fields {
    let mut out = Fields::new();
    for name in names {
        let mut found: Vec<String> = records.column(name).unwrap().values(row).map(json::text).collect();
        found.sort();
        if !found.is_empty() {
            out.insert(name.clone(), found);
        }
    }
    out
}
