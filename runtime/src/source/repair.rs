//! JSON that is none because of single values: an attacker who writes one value must not hide the record that it stands in.
//!
//! What can be told without guessing is written anew as JSON, and everything else stays as it is, so that its reader refuses
//! it. Only a text that a reader has refused comes here. Nothing recurses.

use std::borrow::Cow;

/// The deepest nesting of objects and arrays that is read.
pub const MAX_DEPTH: usize = 256;

/// What was wrong with a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// Bytes that are no UTF-8, or half of a surrogate pair. U+FFFD stands for them.
    NoCharacter,
    /// A control character that is not escaped. It is a part of the value.
    Control,
    /// A backslash that escapes nothing. It is a part of the value.
    Backslash,
    /// A number beyond those of 64-bit floats, or a word such as `NaN`. Its text is the value.
    Number,
    /// It is nested deeper than [`MAX_DEPTH`]. It is absent.
    TooDeep,
    /// A reference to an object that is not there. What it would say is absent.
    NoSuchObject,
    /// An id that another record of the file has. The record has a name of its own.
    SameId,
    /// A name that stands twice among the lines of a text, one of them perhaps in a value with line ends. No field has its values.
    SameLabel,
}

impl Flaw {
    /// What was done, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::NoCharacter => "what is no character is U+FFFD",
            Self::Control => "a control character that is not escaped is kept",
            Self::Backslash => "a backslash that escapes nothing is kept",
            Self::Number => "a number beyond all limits is text",
            Self::TooDeep => "a value nested too deeply is absent",
            Self::NoSuchObject => "a reference to an object that is not in the bundle is absent",
            Self::SameId => "an id that another record has is numbered",
            Self::SameLabel => "values of a name that stands twice in a text are left in winlog.event_data",
        }
    }
}

/// A text that was written anew.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Repaired {
    /// The text. It may still be no JSON, but it is not nested too deep.
    pub json: String,
    /// Each flaw, and where in `json` it was; in this order.
    pub flaws: Vec<(usize, Flaw)>,
}

impl Repaired {
    /// Where a part of `json` begins.
    pub fn place_of(&self, part: &str) -> usize {
        part.as_ptr().addr().wrapping_sub(self.json.as_ptr().addr())
    }

    /// The first flaw in a part of `json`.
    pub fn flaw_in(&self, part: &str) -> Option<Flaw> {
        let from = self.place_of(part);
        let (at, flaw) = self.flaws.get(self.flaws.partition_point(|(at, _)| *at < from))?;
        (*at < from.saturating_add(part.len())).then_some(*flaw)
    }
}

/// Writes a text anew; `None` where its strings do not end, or where outside of them it is no UTF-8.
pub fn json(text: &[u8]) -> Option<Repaired> {
    json_within(text, MAX_DEPTH)
}

/// As [`json`], for readers that go `deepest` at most.
pub fn json_within(text: &[u8], deepest: usize) -> Option<Repaired> {
    let mut writer = Writer { text, at: 0, depth: 0, deepest, out: Vec::with_capacity(text.len() + 16), flaws: Vec::new() };
    writer.all()?;
    Some(Repaired { json: String::from_utf8(writer.out).ok()?, flaws: writer.flaws })
}

/// The end of the value that a text begins with, by its strings and brackets alone; `None` where it does not end.
pub fn end_of_value(text: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = end_of_string(text, at)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return Some(at + 1),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The place of the quote that ends the string at `at`.
fn end_of_string(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

struct Writer<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    deepest: usize,
    out: Vec<u8>,
    flaws: Vec<(usize, Flaw)>,
}

impl Writer<'_> {
    fn all(&mut self) -> Option<()> {
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'"' => self.string()?,
                b'{' | b'[' if self.depth == self.deepest => {
                    self.at += end_of_value(self.text.get(self.at..)?)?;
                    self.found(Flaw::TooDeep);
                    self.out.extend_from_slice(b"null");
                }
                b'-' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => self.word(),
                _ => {
                    match byte {
                        b'{' | b'[' => self.depth += 1,
                        b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                        _ => {}
                    }
                    self.out.push(byte);
                    self.at += 1;
                }
            }
        }
        Some(())
    }

    fn found(&mut self, flaw: Flaw) {
        self.flaws.push((self.out.len(), flaw));
    }

    /// A number or a word.
    fn word(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let word = rest.get(..rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len())).unwrap_or_default();
        self.at += word.len();
        if is_endless(word) {
            self.found(Flaw::Number);
            self.out.push(b'"');
            self.out.extend_from_slice(word);
            self.out.push(b'"');
        } else {
            self.out.extend_from_slice(word);
        }
    }

    /// A string, from its opening quote on. `None` where it does not end.
    fn string(&mut self) -> Option<()> {
        self.out.push(b'"');
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..)?;
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f | 0x80..))?;
            self.out.extend_from_slice(rest.get(..plain)?);
            self.at += plain;
            match rest.get(plain)? {
                b'"' => {
                    self.out.push(b'"');
                    self.at += 1;
                    return Some(());
                }
                b'\\' => self.escape()?,
                control @ 0..=0x1f => {
                    self.found(Flaw::Control);
                    self.out.extend_from_slice(format!("\\u{control:04x}").as_bytes());
                    self.at += 1;
                }
                _ => self.characters(),
            }
        }
    }

    /// Characters beyond ASCII.
    fn characters(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let run = rest.get(..rest.iter().position(u8::is_ascii).unwrap_or(rest.len())).unwrap_or_default();
        let text = String::from_utf8_lossy(run);
        if let Cow::Owned(_) = text {
            self.found(Flaw::NoCharacter);
        }
        self.out.extend_from_slice(text.as_bytes());
        self.at += run.len();
    }

    fn escape(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let len = match (rest.get(1)?, unit(rest)) {
            (b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', _) => 2,
            (b'u', Some(0xd800..=0xdbff)) if matches!(rest.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => 12,
            (b'u', Some(0xd800..=0xdfff)) => {
                self.found(Flaw::NoCharacter);
                self.out.extend_from_slice(b"\\ufffd");
                self.at += 6;
                return Some(());
            }
            (b'u', Some(_)) => 6,
            _ => {
                self.found(Flaw::Backslash);
                self.out.extend_from_slice(b"\\\\");
                self.at += 1;
                return Some(());
            }
        };
        self.out.extend_from_slice(rest.get(..len)?);
        self.at += len;
        Some(())
    }
}

/// The 16 bits of an escape `\uXXXX`.
fn unit(escape: &[u8]) -> Option<u32> {
    let digits = escape.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |n, byte| Some(n * 16 + char::from(*byte).to_digit(16)?))
}

/// Whether a word is a number beyond all floats, or says so.
fn is_endless(word: &[u8]) -> bool {
    if matches!(word, b"NaN" | b"Infinity" | b"-Infinity") {
        return true;
    }
    let Ok(text) = std::str::from_utf8(word) else { return false };
    // What only Rust takes for a number is none of JSON.
    let json = serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok();
    json && text.parse::<f64>().is_ok_and(f64::is_infinite)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// The value that a flawed text stands for, and its first flaw.
    fn repaired(text: &[u8]) -> (Value, Flaw) {
        assert!(serde_json::from_slice::<Value>(text).is_err() || text.len() > 1000, "{}", String::from_utf8_lossy(text));
        let Repaired { json, flaws } = json(text).unwrap();
        (serde_json::from_str(&json).unwrap(), flaws[0].1)
    }

    #[test]
    fn a_flaw_leaves_every_other_value_as_it_is() {
        for (text, wanted, flaw) in [
            (&br#"{"a":"x\ud800y","b":1}"#[..], "{\"a\":\"x\u{fffd}y\",\"b\":1}", Flaw::NoCharacter),
            (br#"{"a":"\udc00\ud83d\ude00"}"#, "{\"a\":\"\u{fffd}\u{1f600}\"}", Flaw::NoCharacter),
            (br#"{"a":"\ud800\ud83d\ude00"}"#, "{\"a\":\"\u{fffd}\u{1f600}\"}", Flaw::NoCharacter),
            (br#"{"a":"\ud800A"}"#, "{\"a\":\"\u{fffd}A\"}", Flaw::NoCharacter),
            (b"{\"a\":\"x\xffy\xc3\xa9\",\"b\":\"\xc3\xa9\"}", "{\"a\":\"x\u{fffd}y\u{e9}\",\"b\":\"\u{e9}\"}", Flaw::NoCharacter),
            (b"{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\u{fffd}\u{fffd}\u{fffd}\"}", Flaw::NoCharacter),
            (b"{\"\xff\":1}", "{\"\u{fffd}\":1}", Flaw::NoCharacter),
            (b"{\"a\":\"x\ty\0z\x1b[2J\"}", r#"{"a":"x\ty\u0000z\u001b[2J"}"#, Flaw::Control),
            (br#"{"a":"C:\Users\q","b":"\n"}"#, r#"{"a":"C:\\Users\\q","b":"\n"}"#, Flaw::Backslash),
            (br#"{"a":"\u12","b":"\u+123"}"#, r#"{"a":"\\u12","b":"\\u+123"}"#, Flaw::Backslash),
            (br#"{"a":1e400,"b":[-1e999,5]}"#, r#"{"a":"1e400","b":["-1e999",5]}"#, Flaw::Number),
            (br#"{"a":NaN,"b":-Infinity,"c":null}"#, r#"{"a":"NaN","b":"-Infinity","c":null}"#, Flaw::Number),
            (b"{\"a\":NaN,\"b\":\"\xff\"}", "{\"a\":\"NaN\",\"b\":\"\u{fffd}\"}", Flaw::Number),
        ] {
            let (value, found) = repaired(text);
            assert_eq!((value, found), (serde_json::from_str(wanted).unwrap(), flaw), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn what_is_too_deep_is_absent_and_nothing_else() {
        for (open, close) in [("[", "]"), ("{\"x\":", "}")] {
            let deep = |n: usize| format!("{{\"a\":{}\"\\\"]}}\"{},\"b\":1}}", open.repeat(n), close.repeat(n));
            let shallow = deep(MAX_DEPTH - 1);
            assert_eq!(json(shallow.as_bytes()), Some(Repaired { json: shallow, flaws: Vec::new() }));
            let Repaired { json, flaws } = json(deep(100_000).as_bytes()).unwrap();
            assert_eq!(flaws.iter().map(|(_, flaw)| *flaw).collect::<Vec<_>>(), [Flaw::TooDeep]);
            assert!(json[flaws[0].0..].starts_with("null"));
            let repaired = Repaired { json: json.clone(), flaws };
            let parts = repaired.json.split_at(repaired.flaws[0].0);
            assert_eq!((repaired.flaw_in(parts.0), repaired.flaw_in(parts.1)), (None, Some(Flaw::TooDeep)));
            assert_eq!(json, format!("{{\"a\":{}null{},\"b\":1}}", open.repeat(MAX_DEPTH - 1), close.repeat(MAX_DEPTH - 1)));
        }
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for text in ["", "oops", "{\"a\":1", "{\"a\":inf}", "{\"a\":1}", "{\"a\":\"\\u00e9\"}", "{a:1}"] {
            assert_eq!(json(text.as_bytes()), Some(Repaired { json: text.to_owned(), flaws: Vec::new() }), "{text}");
        }
        for text in ["{\"a\":\"x", "{\"a\":\"x\\"] {
            assert_eq!(json(text.as_bytes()), None, "{text}");
        }
        assert_eq!(json(b"\xff"), None, "outside of strings nothing is mended");
        assert!(serde_json::from_str::<Value>(&json(b"{\"a\":1e400").unwrap().json).is_err());
    }

    #[test]
    fn a_value_ends_where_its_brackets_do() {
        for (text, end) in [("{\"a\":\"}\\\"}\"}x", Some(12)), ("[[1],{}]{", Some(8)), ("{\"a\":\"", None), ("{", None)] {
            assert_eq!(end_of_value(text.as_bytes()), end, "{text}");
        }
    }
}
