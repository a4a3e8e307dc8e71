//! Logs of which a stranger wrote one value: it hides neither its record nor the others.

use super::*;
use crate::source::repair::Flaw;
use serde_json::Value;

/// The records of a log, and what was mended in which line; nothing of it is bad.
fn records(bytes: &[u8]) -> (Vec<Value>, Vec<(u64, Flaw)>) {
    let (mut records, mut mended) = (Vec::new(), Vec::new());
    let read = read(Box::new(bytes), "f", &ReadOptions::default(), &Spare::default(), &mut |piece| {
        match piece {
            Piece::Answer(_) | Piece::Clock(_) => {}
            Piece::Mended(line, flaw) => mended.push((line, flaw)),
            Piece::Bad(line, reason) => panic!("{line}: {reason:?}"),
            Piece::Block(block) => {
                let lines = block.bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
                records.extend(lines.map(|line| serde_json::from_slice::<Value>(line).unwrap()));
            }
        }
        Ok(())
    });
    read.unwrap();
    (records, mended)
}

/// A log of two records of each format, whose first has a value; without quotes where it is a text of no JSON.
fn logs(json: &[u8], plain: &[u8]) -> [(&'static str, Vec<u8>); 6] {
    let twice = |head: &str, before: &str, value: &[u8], after: &str| {
        let line = |value: &[u8]| [before.as_bytes(), value, after.as_bytes()].concat();
        [head.as_bytes(), &line(value), &line(b"1")].concat()
    };
    let zeek = "#separator \\x09\n#path\thttp\n#fields\tts\tid.orig_h\turi\n#types\ttime\taddr\tstring\n";
    [
        (
            "Suricata",
            twice("", r#"{"timestamp":"2020-10-22T06:58:00.462Z","event_type":"http","src_ip":"10.0.0.1","x":"#, json, "}\n"),
        ),
        ("Zeek", twice("", r#"{"ts":1603349880.5,"uid":"C1","id.orig_h":"10.0.0.1","x":"#, json, "}\n")),
        ("journald", twice("", r#"{"__REALTIME_TIMESTAMP":"1603349880462000","_HOSTNAME":"a","X":"#, json, "}\n")),
        ("Zeek's tables", twice(zeek, "1603349880.5\t10.0.0.1\t", plain, "\n")),
        ("auditd", twice("", "type=USER_CMD msg=audit(1603349880.462:17): pid=2 x=\"", plain, "\"\n")),
        ("table", twice("@timestamp,host.name,x\n", "2020-10-22T06:58:00.462Z,a,", plain, "\n")),
    ]
}

#[test]
fn one_value_is_mended_and_its_record_is_there() {
    let deep = [b"[".repeat(1_000), b"1".to_vec(), b"]".repeat(1_000)].concat();
    let deepish = [b"[".repeat(200), b"1".to_vec(), b"]".repeat(200)].concat();
    for (json, plain, flaw) in [
        (&b"\"x\xffy\""[..], &b"x\xffy"[..], Flaw::NoCharacter),
        (br#""x\ud800y""#, b"x\xffy", Flaw::NoCharacter),
        (b"1e400", b"\xc3", Flaw::Number),
        (&deep, b"\xff", Flaw::TooDeep),
        (&deepish, b"\xff", Flaw::TooDeep),
        (b"\"x\x01y\"", b"\xed\xa0\x80", Flaw::Control),
    ] {
        for (name, log) in logs(json, plain) {
            let (records, mended) = records(&log);
            // Lines of auditd that have one number may be one event.
            assert!(records.len() == 2 || name == "auditd" && !records.is_empty(), "{name} {flaw:?}: {records:?}");
            assert!(records.iter().all(|record| record["@timestamp"].is_string()), "{name}: {records:?}");
            let wanted = if log.starts_with(b"{") { flaw } else { Flaw::NoCharacter };
            assert_eq!(mended.iter().map(|(_, flaw)| *flaw).collect::<Vec<_>>(), [wanted], "{name} {flaw:?}");
        }
    }
}

#[test]
fn a_long_first_value_keeps_no_log_from_being_recognised() {
    for length in [100, 70_000, 200_000, 3_000_000] {
        let long = b"x".repeat(length);
        for (name, log) in logs(&[b"\"".as_slice(), &long, b"\""].concat(), &long) {
            let (records, mended) = records(&log);
            assert!(!records.is_empty() && mended.is_empty(), "{name} {length}");
            assert!(records.iter().all(|record| record["@timestamp"].is_string()), "{name} {length}");
        }
    }
}

#[test]
fn blanks_may_be_the_last_value() {
    let log = b"#separator \\x09\n#fields\tts\tuid\turi\n1603349880.5\tC1\t  \n1603349881.5\tC2\t\r\n";
    assert_eq!(records(log).0.len(), 2);
}
