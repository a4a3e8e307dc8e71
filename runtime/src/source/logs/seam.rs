//! Where files were joined without a line end between them: `{…}{…}`, and byte order marks inside of a text.

use crate::source::repair;
use memchr::memmem;
use serde::de::IgnoredAny;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Parts joined lines from `from` on: every document gets a line of its own, and no byte order mark is left in front of one.
pub(super) fn part(bytes: &mut Vec<u8>, from: usize, max_line: usize) {
    let text = &bytes[from..];
    if memmem::find(text, b"}{").is_none() && memmem::find(text, BOM).is_none() {
        return;
    }
    let mut parted = Vec::with_capacity(text.len() + 16);
    for line in text.split_inclusive(|b| *b == b'\n') {
        // A line beyond the limit is given up, wherever blocks end in it.
        if line.trim_ascii_end().len() > max_line { parted.extend_from_slice(line) } else { part_line(line, &mut parted) }
    }
    bytes.truncate(from);
    bytes.extend_from_slice(&parted);
}

fn part_line(line: &[u8], parted: &mut Vec<u8>) {
    let mut rest = without_mark(line);
    while let Some(end) = joined_at(rest) {
        parted.extend_from_slice(&rest[..end]);
        parted.push(b'\n');
        rest = without_mark(&rest[end..]);
    }
    parted.extend_from_slice(rest);
}

fn without_mark(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(BOM) {
        line = rest;
    }
    line
}

/// Where the line's first document ends and another begins. Text may hold the same characters: only a document that is JSON
/// ends.
fn joined_at(line: &[u8]) -> Option<usize> {
    let likely = memmem::find(line, b"}{").is_some() || memmem::find(line, b"}\xef\xbb\xbf").is_some();
    if !likely || !line.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let mut values = serde_json::Deserializer::from_slice(line).into_iter::<IgnoredAny>();
    let end = if values.next()?.is_ok() { values.byte_offset() } else { end_of_mended(line)? };
    without_mark(&line[end..]).starts_with(b"{").then_some(end)
}

/// The end of the line's first document, of which a value is mended later: it must not take the next document with it.
fn end_of_mended(line: &[u8]) -> Option<usize> {
    let end = repair::end_of_value(line)?;
    let repaired = repair::json(&line[..end]).filter(|repaired| !repaired.flaws.is_empty())?;
    serde_json::from_str::<IgnoredAny>(&repaired.json).is_ok().then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(text: &str) -> String {
        let mut bytes = format!("}}{{{text}").into_bytes();
        part(&mut bytes, 2, 1000);
        String::from_utf8(bytes).unwrap_or_default()[2..].to_owned()
    }

    #[test]
    fn joined_documents_get_lines_of_their_own() {
        for (text, wanted) in [
            ("{\"a\":1}{\"b\":2}\n{\"c\":3}\n", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n"),
            ("{\"a\":1}{\"b\":2}{\"c\":3}", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}"),
            ("{\"a\":1}\u{feff}{\"b\":2}\n\u{feff}{\"c\":3}\n", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n"),
            ("{\"a\":\"}{\"}\n", "{\"a\":\"}{\"}\n"),
            ("{\"a\":\"\u{feff}\"}\n", "{\"a\":\"\u{feff}\"}\n"),
            ("{\"a\":1}{oops\n", "{\"a\":1}\n{oops\n"),
            ("oops}{\"a\":1}\n", "oops}{\"a\":1}\n"),
            ("{\"a\":1} x}{\n", "{\"a\":1} x}{\n"),
            ("\n\n", "\n\n"),
            ("{\"a\":\"\u{1}\"}{\"b\":NaN}{\"c\":3}\n", "{\"a\":\"\u{1}\"}\n{\"b\":NaN}\n{\"c\":3}\n"),
        ] {
            assert_eq!(parted(text), wanted);
        }
    }
}
