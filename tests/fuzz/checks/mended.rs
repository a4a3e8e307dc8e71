//! The rule for values that are no JSON (`docs/security.md`), said once more and in another way: each string is decoded to its
//! characters and written again.

use serde_json::Value;
use std::iter::Peekable;
use std::str::Chars;

/// A text as JSON, and whether that took mending. `None` where it stays no JSON.
pub fn mended(bytes: &[u8]) -> Option<(String, bool)> {
    let text = String::from_utf8_lossy(bytes);
    // What no JSON has outside of strings is not mended there.
    let mut flawed = std::str::from_utf8(bytes).is_err();
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(&c) = rest.peek() {
        if c == '"' {
            let (content, bad) = string(&mut rest)?;
            flawed |= bad;
            out += &serde_json::to_string(&content).unwrap();
        } else if c.is_ascii_alphanumeric() || c == '-' {
            let mut word = String::new();
            while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || "+-.".contains(*c)) {
                word.push(c);
            }
            let endless = ["NaN", "Infinity", "-Infinity"].contains(&&*word) || too_large(&word);
            flawed |= endless;
            out += &if endless { serde_json::to_string(&word).unwrap() } else { word };
        } else if c.is_ascii() {
            out.push(c);
            rest.next();
        } else {
            return None;
        }
    }
    Some((out, flawed))
}

/// The value of a text, mended where that is needed. The error says whether it is nested too deep for the reference.
pub fn value(bytes: &[u8]) -> Result<(Value, String, bool), bool> {
    let strict = std::str::from_utf8(bytes).ok().map(|text| (serde_json::from_str::<Value>(text), text));
    match strict {
        Some((Ok(value), text)) => return Ok((value, text.to_owned(), false)),
        Some((Err(e), _)) if e.to_string().contains("recursion") => return Err(true),
        _ => {}
    }
    let (text, flawed) = mended(bytes).ok_or(false)?;
    match serde_json::from_str(&text) {
        Ok(value) if flawed => Ok((value, text, true)),
        Ok(_) => panic!("it is JSON without a flaw: {text}"),
        Err(e) => Err(e.to_string().contains("recursion")),
    }
}

fn string(rest: &mut Peekable<Chars<'_>>) -> Option<(String, bool)> {
    rest.next();
    let (mut content, mut flawed) = (String::new(), false);
    loop {
        let c = rest.next()?;
        match c {
            '"' => return Some((content, flawed)),
            '\\' => {
                let ahead: String = rest.clone().take(11).collect();
                let (decoded, len) = escape(&ahead).unwrap_or(('\\', 0));
                flawed |= len == 0 || (decoded == '\u{fffd}' && !ahead[1..5].eq_ignore_ascii_case("fffd"));
                content.push(decoded);
                rest.next()?;
                if len == 0 {
                    // Nothing was escaped: what follows is read as if no backslash stood before it.
                    let mut again = ahead.chars();
                    let first = again.next()?;
                    flawed |= first < ' ';
                    content.push(first);
                }
                for _ in 1..len {
                    rest.next();
                }
            }
            c => {
                flawed |= c < ' ';
                content.push(c);
            }
        }
    }
}

/// The character that stands behind a backslash, and how many characters say so.
fn escape(ahead: &str) -> Option<(char, usize)> {
    let simple = [('"', '"'), ('\\', '\\'), ('/', '/'), ('b', '\u{8}'), ('f', '\u{c}'), ('n', '\n'), ('r', '\r'), ('t', '\t')];
    let first = ahead.chars().next()?;
    if let Some((_, c)) = simple.iter().find(|(letter, _)| *letter == first) {
        return Some((*c, 1));
    }
    let unit = |text: &str| {
        text.strip_prefix('u')?
            .get(..4)
            .filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|t| u16::from_str_radix(t, 16).ok())
    };
    let high = unit(ahead)?;
    if let Some(low) = ahead.get(5..).and_then(|t| unit(t.strip_prefix('\\')?))
        && let Some(Ok(c)) = char::decode_utf16([high, low]).next()
        && c.len_utf16() == 2
    {
        return Some((c, 11));
    }
    Some((char::from_u32(u32::from(high)).unwrap_or('\u{fffd}'), 5))
}

/// Whether a word is a number of JSON that no float reaches.
fn too_large(word: &str) -> bool {
    word.parse::<f64>().is_ok_and(f64::is_infinite) && serde_json::from_str::<Box<serde_json::value::RawValue>>(word).is_ok()
}
