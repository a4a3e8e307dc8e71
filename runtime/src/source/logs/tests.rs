//! Tests of the log readers.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use std::io::Write;
use std::path::{Path, PathBuf};

mod bounds;
mod converted;
mod mended;

/// The pieces of a text: lines with their numbers, bad lines with their reasons, and the number of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) lines: Vec<(u64, String)>,
    pub(super) bad: Vec<(u64, BadReason)>,
    pub(super) count: u64,
}

impl Cut {
    /// Cuts bytes as a format does, whatever they look like.
    pub(super) fn by(format: &LogFormat, mut bytes: &[u8], options: &ReadOptions) -> Self {
        let mut cut = Self::default();
        let reading = format::LogReading { name: "f", options, spare: &Spare::default() };
        let count = (format.read)(&mut bytes, &reading, &mut |piece| {
            cut.take(piece);
            Ok(())
        })
        .unwrap();
        Self { count, ..cut }
    }

    fn take(&mut self, piece: Piece) {
        match piece {
            Piece::Answer(_) | Piece::Mended(..) | Piece::Clock(_) => {}
            Piece::Bad(line, reason) => self.bad.push((line, reason)),
            Piece::Block(block) => {
                let text = String::from_utf8(block.bytes).unwrap();
                let lines = text.split_terminator('\n').enumerate();
                self.lines.extend(lines.map(|(i, l)| (block.first + i as u64, l.to_owned())).filter(|l| !l.1.trim().is_empty()));
            }
        }
    }

    /// The records with the numbers of their lines.
    pub(super) fn records(&self) -> Vec<(u64, serde_json::Value)> {
        self.lines.iter().map(|(line, text)| (*line, serde_json::from_str(text).unwrap())).collect()
    }
}

fn cut_with(bytes: &[u8], options: &ReadOptions) -> Result<Cut, SourceError> {
    let mut cut = Cut::default();
    let read = read(Box::new(bytes), "f", options, &Spare::default(), &mut |piece| {
        cut.take(piece);
        Ok(())
    })?;
    Ok(Cut { count: read.lines, ..cut })
}

/// Cuts a text with blocks of all small sizes; the size must make no difference.
fn cut(text: &str) -> Cut {
    let whole = cut_with(text.as_bytes(), &ReadOptions::default()).unwrap();
    for block in 1..40 {
        let options = ReadOptions { block, ..ReadOptions::default() };
        assert_eq!(cut_with(text.as_bytes(), &options).unwrap(), whole, "block {block}");
    }
    whole
}

fn texts(cut: &Cut) -> Vec<&str> {
    cut.lines.iter().map(|l| l.1.trim()).collect()
}

#[test]
fn lines_are_cut_at_line_feeds() {
    let found = cut("{\"a\":1}\n\n{\"b\":2}\r\n{\"c\"");
    assert_eq!(found.lines, [(0, "{\"a\":1}".into()), (2, "{\"b\":2}\r".into()), (3, "{\"c\"".into())]);
    assert_eq!(found.count, 4);
    assert_eq!(cut(""), Cut::default());
    assert_eq!(cut("\n \n").lines, []);
    assert_eq!(texts(&cut("\u{feff}{\"a\":1}")), ["{\"a\":1}"]);
}

#[test]
fn a_line_beyond_the_limit_is_bad_and_the_next_ones_are_read() {
    let text = format!("{{\"a\":1}}\n{{\"b\":\"{}\"}}\n{{\"c\":3}}\n", "x".repeat(1000));
    for block in [1, 7, 100, 999] {
        let found = cut_with(text.as_bytes(), &ReadOptions { max_line: 100, block, ..ReadOptions::default() }).unwrap();
        assert_eq!(
            (texts(&found), found.bad.clone(), found.count),
            (vec!["{\"a\":1}", "{\"c\":3}"], vec![(1, BadReason::TooLong)], 3)
        );
    }
    let endless = "x".repeat(1000);
    let found = cut_with(endless.as_bytes(), &ReadOptions { max_line: 100, block: 10, ..ReadOptions::default() }).unwrap();
    assert_eq!((found.lines.len(), found.bad), (0, vec![(0, BadReason::TooLong)]));
}

#[test]
fn bulk_pairs_stay_together() {
    let text = "{\"create\":{\"_index\":\"i\",\"_id\":\"1\"}}\n{\"a\":1}\n\n{ \"index\" : { } }\n{\"index\":{}}\n{\"create\":{}}\n";
    for block in 1..60 {
        let options = ReadOptions { block, ..ReadOptions::default() };
        read(Box::new(text.as_bytes()), "f", &options, &Spare::default(), &mut |piece| {
            let Piece::Block(block) = piece else { panic!("no line is bad") };
            let lines = block.bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).count();
            assert!(block.layout == Layout::Bulk && (lines.is_multiple_of(2) || block.bytes.ends_with(b"{\"create\":{}}\n")));
            Ok(())
        })
        .unwrap();
    }
    assert_eq!(cut(text).count, 6);
}

#[test]
fn records_behind_many_blank_lines_are_read() {
    let found = cut_with(format!("{}{{\"a\":1}}\n", "\n".repeat(100_000)).as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(found.lines, [(100_000, "{\"a\":1}".into())]);
}

#[test]
fn an_action_waits_for_its_document_but_not_for_ever() {
    let longest = |blank: usize| {
        let text = format!("{{\"create\":{{}}}}\n{}{{\"a\":1}}\n", "\n".repeat(blank));
        let options = ReadOptions { block: 1 << 10, ..ReadOptions::default() };
        let (mut longest, mut lines) = (0, Vec::new());
        let count = read(Box::new(text.as_bytes()), "f", &options, &Spare::default(), &mut |piece| {
            let Piece::Block(block) = piece else { panic!("no line is bad") };
            longest = longest.max(block.bytes.len());
            lines.push(block.bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).count());
            Ok(())
        });
        assert_eq!(count.unwrap().lines, blank as u64 + 2);
        (longest, lines.into_iter().filter(|n| *n > 0).collect::<Vec<_>>())
    };
    let (long, together) = longest(50_000);
    assert!(long > 50_000 && together == [2], "{together:?}");
    let (long, apart) = longest(1_000_000);
    assert!(long < 100_000 && apart == [1, 1], "{long} bytes: {apart:?}");
}

#[test]
fn bulk_bodies_that_change_records_are_refused_with_the_line() {
    for word in ["delete", "update"] {
        let text = format!("{{\"create\":{{}}}}\n{{\"a\":1}}\n{{\"{word}\":{{\"_id\":\"1\"}}}}\n{{\"doc\":{{}}}}\n");
        for block in [1, 20, 1000] {
            let error = cut_with(text.as_bytes(), &ReadOptions { block, ..ReadOptions::default() }).unwrap_err();
            assert_eq!(error.code.id, "K0754");
            assert!(error.message.contains("f:3") && error.message.contains(word), "{}", error.message);
        }
    }
    // A document may have a key with the name of an action.
    let text = "{\"create\":{}}\n{\"delete\":{}}\n";
    assert_eq!(texts(&cut(text)), ["{\"create\":{}}", "{\"delete\":{}}"]);
}

#[test]
fn actions_are_told_from_documents() {
    assert_eq!(
        action(br#"{"index":{"_index":"a\"b","_id":"1","routing":"x"}}"#),
        Some(BulkAction::Write { index: Some("a\"b".into()), id: Some("1".into()), version: None })
    );
    assert_eq!(action(br#"{"create":{}}"#), Some(BulkAction::Write { index: None, id: None, version: None }));
    let version =
        |text: &str| if let Some(BulkAction::Write { version, .. }) = action(text.as_bytes()) { version } else { Some(-1) };
    for (text, expected) in
        [(r#"{"index":{"version":3}}"#, Some(3)), (r#"{"index":{"_version":3}}"#, Some(3)), (r#"{"index":{"version":"x"}}"#, None)]
    {
        assert_eq!(version(text), expected, "{text}");
    }
    for text in [r#"{"index":1}"#, r#"{"@timestamp":1}"#, r#"{"index":{},"a":1}"#, r#"{"index":{},"create":{}}"#, "{}", "[]", "x"] {
        assert_eq!(action(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn files_that_were_joined_lose_nothing() {
    let (a, b, bom) = (r#"{"a":1}"#, r#"{"b":"}{"}"#, "\u{feff}");
    for text in [
        format!("{a}\n{b}{a}\n{b}"),
        format!("{bom}{a}\n{b}\n{bom}{a}\n{b}\n"),
        format!("{bom}{a}\n{b}{bom}{a}\n{b}\n"),
        format!("[{a},{b}]{bom}[{a},{b}]"),
        format!("{{\n\"hits\":{{\"hits\":[{a},{b}]}}}}{{\"hits\":{{\"hits\":[{a},{b}]}}}}"),
    ] {
        let found = cut(&text);
        assert_eq!((texts(&found), found.bad.clone()), (vec![a, b, a, b], vec![]), "{text}");
        assert_eq!(found.count, 4);
    }
    let bulk = format!("{{\"index\":{{}}}}\n{a}{{\"index\":{{}}}}\n{b}");
    assert_eq!((cut(&bulk).lines.len(), cut(&bulk).bad), (4, vec![]));
}

#[test]
fn search_responses_give_their_hits() {
    let hit = r#"{"_index":"i","_id":"1","_source":{"a":"},{\"]","hits":{"hits":[1]}}}"#;
    let one =
        format!(r#"{{"took":1,"_shards":{{"failed":0}},"hits":{{"total":{{"value":2}},"max_score":null,"hits":[{hit},{hit}]}}}}"#);
    assert_eq!(texts(&cut(&one)), [hit, hit]);
    let pages = format!("{one}\n{one}\n");
    assert_eq!(cut(&pages).lines.len(), 4);
    assert_eq!(cut(&pages).lines[3].0, 3);
    let pretty = "{\n  \"hits\" : {\n    \"hits\" : [\n      {\n        \"_source\" : { }\n      },\n      {}\n    ]\n  }\n}\n";
    assert_eq!(cut(pretty).lines.len(), 2);
    assert_eq!(cut(r#"{"hits":{"hits":[]}}"#), Cut::default());
}

/// What the answers of a text say of themselves, beside its elements.
fn answers(text: &str) -> (Vec<String>, Vec<answer::AnswerFacts>) {
    let (mut lines, mut facts) = (Vec::new(), Vec::new());
    read(Box::new(text.as_bytes()), "f", &ReadOptions::default(), &Spare::default(), &mut |piece| {
        match piece {
            Piece::Answer(answer) => facts.push(answer),
            Piece::Block(block) => {
                lines.extend(String::from_utf8(block.bytes).unwrap().lines().map(|line| line.trim().to_owned()));
            }
            Piece::Bad(..) | Piece::Mended(..) | Piece::Clock(_) => {}
        }
        Ok(())
    })
    .unwrap();
    (lines, facts)
}

#[test]
fn answers_in_other_objects_give_their_hits() {
    let one = |hits: &str, total: u64| {
        format!(r#"{{"took":1,"timed_out":false,"_shards":{{"failed":0}},"hits":{{"total":{{"value":{total}}},"hits":[{hits}]}}}}"#)
    };
    let (a, b) = (r#"{"_id":"1","hits":{"hits":[1]}}"#, r#"{"_id":"2"}"#);
    let (first, second) = (one(a, 1), one(b, 5));
    for around in [
        format!(r#"{{"id":"x","is_partial":false,"is_running":false,"start_time_in_millis":1,"response":{first}}}"#),
        format!("{{\n \"isPartial\": false,\n \"rawResponse\": {first}, \"total\": 1\n}}"),
        format!(r#"{{"id":0,"result":{{"id":"x","rawResponse":{first},"isRunning":false}}}}"#),
    ] {
        assert_eq!(texts(&cut(&around)), [a], "{around}");
        let (_, facts) = answers(&around);
        assert_eq!((facts[0].total, facts[0].hits, facts[0].cut), (Some(1), 1, None), "{around}");
        assert!(facts[1..].iter().all(|facts| facts.total.is_none() && facts.cut.is_none()), "{around}");
    }
    let many = format!(r#"{{"took":3,"responses":[{first},{{"error":{{"type":"x"}},"status":404}},{second}]}}"#);
    let found = cut(&many);
    assert_eq!((texts(&found), found.bad.clone(), found.count), (vec![a, b], vec![(1, BadReason::NoHits)], 3));
    let (_, facts) = answers(&many);
    let said: Vec<_> = facts.iter().map(|facts| (facts.total, facts.hits, facts.alone)).collect();
    assert_eq!(said, [(Some(1), 1, true), (None, 0, true), (Some(5), 1, true), (None, 3, false)]);
    let running = format!(r#"{{"is_partial":true,"is_running":true,"response":{first}}}"#);
    assert_eq!(answers(&running).1[1].cut, Some("the search was still running"));
    // A document may have a key of that name.
    assert_eq!(cut("{\"response\":{\"code\":1}}\n{\"a\":1}\n").lines.len(), 2);
}

#[test]
fn what_is_wrong_with_a_response_is_counted() {
    let failed = "{\"hits\":{\"hits\":[{}]}}\n{\"took\":1,\"status\":503}\n{\"hits\":{\"hits\":[{}]}}";
    let found = cut(failed);
    assert_eq!((found.lines.len(), found.bad), (2, vec![(1, BadReason::NoHits)]));
    let short = r#"{"hits":{"hits":[{"a":1},{"b"#;
    let found = cut(short);
    assert_eq!((found.lines.len(), found.bad), (1, vec![(1, BadReason::Truncated)]));
    let found = cut(r#"{"hits":{"hits":[{"a":1}]"#);
    assert_eq!((found.lines.len(), found.bad), (1, vec![(1, BadReason::Truncated)]));
    let found = cut(r#"{"hits":{"hits":[{"a":1}]}} oops"#);
    assert_eq!((found.lines.len(), found.bad), (1, vec![(1, BadReason::Malformed)]));
    let found = cut(r#"{"hits":{"hits":[{"a":1},7,"x",[2]]}}"#);
    assert_eq!(texts(&found), ["{\"a\":1}", "7", "\"x\"", "[2]"]);
}

#[test]
fn arrays_and_pretty_printed_values_give_their_elements() {
    assert_eq!(texts(&cut("[{\"a\":[1,2]},\n {\"b\":2}]\n")), ["{\"a\":[1,2]}", "{\"b\":2}"]);
    assert_eq!(cut("{\n\"a\":1\n}\n{\n\"b\":\"\\\"}\"\n}\n{}").lines.len(), 3);
    // The lines after a broken first line must still be read.
    assert_eq!(cut("{\"a\":\"\n{\"b\":1}\n").lines.len(), 2);
}

#[test]
fn an_element_beyond_the_limit_is_bad() {
    let text = format!("[{{\"a\":1}},{{\"b\":\"{}\"}},{{\"c\":3}}]", "x".repeat(1000));
    let found = cut_with(text.as_bytes(), &ReadOptions { max_line: 100, block: 20, ..ReadOptions::default() }).unwrap();
    assert_eq!((texts(&found), found.bad.clone()), (vec!["{\"a\":1}", "{\"c\":3}"], vec![(1, BadReason::TooLong)]));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compression_is_taken_off_by_the_first_bytes() {
    let (a, b) = (b"{\"a\":1}\n".as_slice(), b"{\"b\":2}\n".as_slice());
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    // A frame without data, as `pzstd` writes it in front.
    let skipped = [b"\x5f\x2a\x4d\x18\x02\0\0\0xy".to_vec(), zstd(&[a, b].concat())].concat();
    assert_eq!(texts(&cut_with(&skipped, &ReadOptions::default()).unwrap()), ["{\"a\":1}", "{\"b\":2}"]);
    for bytes in [[gzip(a), gzip(b)].concat(), [zstd(a), zstd(b)].concat(), gzip(&zstd(&[a, b].concat()))] {
        let found = cut_with(&bytes, &ReadOptions::default()).unwrap();
        assert_eq!(texts(&found), ["{\"a\":1}", "{\"b\":2}"]);
        for end in 5..bytes.len() {
            // At the end of a member or frame a whole file could end.
            if let Ok(found) = cut_with(&bytes[..end], &ReadOptions::default()) {
                assert_eq!(texts(&found), ["{\"a\":1}"], "cut at {end}");
            }
        }
        let error = cut_with(&bytes[..bytes.len() - 1], &ReadOptions::default()).unwrap_err();
        assert_eq!(error.code.id, "K0751");
    }
    let nested = (0..6).fold(a.to_vec(), |bytes, _| gzip(&bytes));
    assert_eq!(cut_with(&nested, &ReadOptions::default()).unwrap_err().code.id, "K0751");
}

#[test]
fn utf_16_is_read_with_a_mark_and_told_without() {
    let with_mark: Vec<u8> = "\u{feff}{\"a\":1}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(texts(&cut_with(&with_mark, &ReadOptions::default()).unwrap()), ["{\"a\":1}"]);
    let read = read(Box::new(b"{\0}\0".as_slice()), "f", &ReadOptions::default(), &Spare::default(), &mut |_| Ok(()));
    assert!(read.unwrap().kind.name.contains("UTF-16"));
}

#[test]
fn a_small_file_that_unpacks_to_much_needs_little_memory() {
    // A line of 200 MB. No more of it than the limit and a block may be kept.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let chunk = vec![b'x'; 1 << 20];
    (0..200).for_each(|_| bomb.write_all(&chunk).unwrap());
    let found =
        cut_with(&bomb.finish().unwrap(), &ReadOptions { max_line: 1 << 20, block: 1 << 20, ..ReadOptions::default() }).unwrap();
    assert_eq!(found.bad, [(0, BadReason::TooLong)]);
}

#[test]
fn folders_are_searched_for_logs() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("b/c")).unwrap();
    for name in ["b/c/x.ndjson.gz", "b/y.JSONL", "a.json", "readme.md", ".hidden.json", "b/z.gz", "json"] {
        std::fs::write(dir.path().join(name), "").unwrap();
    }
    let names = |path: &Path| -> Vec<String> {
        let inputs = list(&[path.to_owned()]).unwrap().inputs;
        inputs.iter().map(|i| i.path.as_ref().unwrap().strip_prefix(dir.path()).unwrap().display().to_string()).collect()
    };
    assert_eq!(names(dir.path()), ["a.json", "b/c/x.ndjson.gz", "b/y.JSONL", "b/z.gz", "json", "readme.md"]);
    assert_eq!(names(&dir.path().join("readme.md")), ["readme.md"]);
    let code = |path: PathBuf| list(&[path]).unwrap_err().code.id;
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    assert_eq!(code(dir.path().join("empty")), "K0752");
    assert_eq!(code(PathBuf::new()), "K0752");
    assert_eq!(list(&[]).unwrap_err().code.id, "K0752");
    assert_eq!(code(dir.path().join("missing")), "K0751");
    assert_eq!(list(&["-".into()]).unwrap().inputs, [Input::stdin()]);
}

#[test]
fn buffers_that_come_back_are_used_again() {
    let lines = "{\"a\":1}\n".repeat(1_000);
    let array = format!("[{}1]", "{\"a\":1},".repeat(1_000));
    let hits = format!("{{\"hits\":{{\"hits\":{array}}}}}");
    for text in [&lines, &array, &hits] {
        let (spare, mut blocks) = (Spare::default(), 0);
        let options = ReadOptions { block: 64, ..ReadOptions::default() };
        read(Box::new(text.as_bytes()), "f", &options, &spare, &mut |piece| {
            let Piece::Block(block) = piece else { return Ok(()) };
            blocks += 1;
            spare.give(block.bytes);
            Ok(())
        })
        .unwrap();
        assert!(blocks > 50 && spare.len() <= 2, "{blocks} blocks, {} buffers", spare.len());
    }
}

#[test]
fn formats_are_told_by_the_beginning() {
    let name = |text: &str| {
        let mut reader: Box<dyn std::io::Read> = Box::new(text.as_bytes());
        format::sniff(&mut reader, "f", FORMATS, None).unwrap().format.map(|format| format.name)
    };
    for (text, wanted) in [
        ("", None),
        (" \n\r\n", None),
        ("{\"a\":1}\n{\"b\":2}", Some("lines")),
        ("oops", Some("lines")),
        ("\u{feff}\n[{\"a\":1}]", Some("array")),
        ("{\"took\":1,\"hits\":{\"hits\":[]}}", Some("search responses")),
        ("{\n\"hits\":{\"hits\":[]}}", Some("search responses")),
        ("{\n\"a\":1}", Some("values")),
        ("{\"index\":{}}\n{\"a\":1}", Some("bulk")),
        ("{\"delete\":{}}\n", Some("bulk")),
    ] {
        assert_eq!(name(text), wanted, "{text:?}");
    }
    assert_eq!(name(&" ".repeat(100_000)), Some("lines"), "more may follow");
}
