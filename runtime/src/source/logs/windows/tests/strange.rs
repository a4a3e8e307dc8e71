//! Values that a stranger chose so that their event cannot be read.

use super::super::event_of;
use crate::source::logs::log_clock::LogTimeOffset;
use crate::source::repair::Flaw;
use serde_json::Value;

/// The command line of an event, and what was mended.
fn read(line: &[u8]) -> Option<(Value, Option<Flaw>)> {
    let (document, event) = event_of(line, LogTimeOffset::default())?;
    let document: Value = serde_json::from_slice(&document).unwrap();
    Some((document["process"]["command_line"].clone(), event.flaw))
}

fn xml(value: &[u8]) -> Vec<u8> {
    let before =
        b"<Event><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID><Channel>c</Channel></System><EventData>\
        <Data Name='CommandLine'>";
    [before.as_slice(), value, b"</Data></EventData></Event>"].concat()
}

#[test]
fn what_is_no_character_of_xml_stays_as_it_stands() {
    for (value, wanted, flaw) in [
        (&b"a &#0; b"[..], "a &#0; b", None),
        (b"a &#xD800; b", "a &#xD800; b", None),
        (b"a &no; b", "a &no; b", None),
        (b"a & b", "a & b", None),
        (b"a &#x1b;&lt;&amp;amp; b", "a \u{1b}<&amp; b", None),
        (b"a \x01 b", "a \u{1} b", None),
        (b"a \xff b", "a \u{fffd} b", Some(Flaw::NoCharacter)),
    ] {
        assert_eq!(read(&xml(value)), Some((wanted.into(), flaw)), "{wanted}");
    }
}

#[test]
fn what_is_nested_too_deeply_is_absent_and_told() {
    let event = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"c","CommandLine":"a","X":{open}1{close}}}"#)
    };
    assert_eq!(read(event(100).as_bytes()), Some(("a".into(), None)));
    for depth in [150, 256, 100_000] {
        assert_eq!(read(event(depth).as_bytes()), Some(("a".into(), Some(Flaw::TooDeep))), "{depth}");
    }
    // Other flaws are mended before.
    assert_eq!(read(br#"{"EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"c","CommandLine":"\ud800"}"#), None);
}
