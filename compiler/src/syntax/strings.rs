//! Quoted strings: where they end, what they mean, how a text is quoted.

use crate::unsafe_char::is_unsafe;
use std::fmt::Write as _;

/// Where the string that begins with the quote at `start` ends (one past the closing quote), or `Err` with the end of
/// the line where it does not. A backslash takes the next character with it, in raw strings too.
pub(crate) fn scan(bytes: &[u8], start: usize) -> Result<usize, usize> {
    let quote = bytes[start];
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' => return Err(at),
            b'\\' if bytes.get(at + 1).is_some_and(|b| *b != b'\n') => at += 2,
            _ if byte == quote => return Ok(at + 1),
            _ => at += 1,
        }
    }
    Err(bytes.len())
}

/// What a backslash and the characters after it stand for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Escape {
    /// `\\`, `\'`, `\"`, and `\/` in JSON.
    Same(char),
    /// `\a \b \f \n \r \t \v`
    Control(char),
    /// `\ooo`, `\xHH`
    Code(char),
    /// `\uHHHH`, `\UHHHHHHHH`
    Unicode(char),
    /// No escape: the backslash stays.
    Verbatim,
    /// `\x`, `\u`, `\U`, `\N` without what must follow: stays too, with a warning.
    Malformed,
}

/// Reads the escape at the backslash that `text` begins with: how long it is, and what it means.
pub(crate) fn escape(text: &str) -> (usize, Escape) {
    let bytes = text.as_bytes();
    let named = |c| (2, Escape::Control(c));
    match bytes.get(1) {
        Some(b @ (b'\\' | b'\'' | b'"')) => (2, Escape::Same(char::from(*b))),
        Some(b'a') => named('\u{7}'),
        Some(b'b') => named('\u{8}'),
        Some(b'f') => named('\u{c}'),
        Some(b'n') => named('\n'),
        Some(b'r') => named('\r'),
        Some(b't') => named('\t'),
        Some(b'v') => named('\u{b}'),
        Some(b'0'..=b'7') => octal(bytes),
        Some(b'x') => match hex(bytes, 2, 2) {
            Some(c) => (4, Escape::Code(c)),
            None => (2, Escape::Malformed),
        },
        Some(b'u') => unicode(bytes),
        Some(b'U') => match hex(bytes, 2, 8) {
            Some(c) => (10, Escape::Unicode(c)),
            None => (2, Escape::Malformed),
        },
        Some(b'N') => (2, Escape::Malformed),
        Some(_) | None => (1, Escape::Verbatim),
    }
}

/// `\o`, `\oo`, `\ooo`
fn octal(bytes: &[u8]) -> (usize, Escape) {
    let digits = bytes[1..].iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
    let (len, code) = digits.fold((1, 0_u32), |(len, code), b| (len + 1, code * 8 + u32::from(b - b'0')));
    (len, char::from_u32(code).map_or(Escape::Verbatim, Escape::Code))
}

/// `len` hexadecimal digits from `from` as a code.
fn code(bytes: &[u8], from: usize, len: usize) -> Option<u32> {
    let digits = bytes.get(from..from + len)?;
    digits.iter().try_fold(0_u32, |code, b| Some(code * 16 + char::from(*b).to_digit(16)?))
}

/// `len` hexadecimal digits from `from` as a character.
fn hex(bytes: &[u8], from: usize, len: usize) -> Option<char> {
    char::from_u32(code(bytes, from, len)?)
}

/// `\uHHHH`, two of them for a surrogate pair as in JSON.
fn unicode(bytes: &[u8]) -> (usize, Escape) {
    let Some(first) = code(bytes, 2, 4) else { return (2, Escape::Malformed) };
    if let Some(c) = char::from_u32(first) {
        return (6, Escape::Unicode(c));
    }
    let second = if bytes.get(6..8) == Some(b"\\u") { code(bytes, 8, 4) } else { None };
    match second {
        Some(second @ 0xDC00..=0xDFFF) if first < 0xDC00 => {
            let joined = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            char::from_u32(joined).map_or((2, Escape::Malformed), |c| (12, Escape::Unicode(c)))
        }
        _ => (2, Escape::Malformed),
    }
}

/// Decodes the text between the quotes.
pub(crate) fn decode(raw: &str) -> String {
    decode_with(raw, false)
}

/// As [`decode`], and `\/` is `/`, as in JSON.
pub(crate) fn decode_json(raw: &str) -> String {
    decode_with(raw, true)
}

fn decode_with(raw: &str, json: bool) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (len, escape) = escape(&rest[at..]);
        match escape {
            Escape::Same(c) | Escape::Control(c) | Escape::Code(c) | Escape::Unicode(c) => out.push(c),
            Escape::Verbatim if json && rest[at + len..].starts_with('/') => {}
            Escape::Verbatim | Escape::Malformed => out.push_str(&rest[at..at + len]),
        }
        rest = &rest[at + len..];
    }
    out.push_str(rest);
    out
}

/// The text of a quoted token without prefix and quotes; an unterminated one has no closing quote.
pub(crate) fn inner(token: &str) -> &str {
    let Some(open) = token.find(['\'', '"']) else { return token };
    let quote = token.as_bytes()[open];
    let body = &token[open + 1..];
    match scan(token.as_bytes(), open) {
        Ok(end) if end == token.len() && token.as_bytes()[end - 1] == quote => &body[..body.len() - 1],
        _ => body,
    }
}

/// A text quoted so that [`decode`] gives it back, whatever it holds; nothing in it acts on a terminal.
pub(crate) fn quote(text: &str) -> String {
    quote_with(text, '\'')
}

/// As [`quote`], as a JSON string.
pub(crate) fn quote_json(text: &str) -> String {
    quote_with(text, '"')
}

fn quote_with(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        if c == '\\' || c == quote {
            out.push('\\');
        }
        push_visible(c, &mut out);
    }
    out.push(quote);
    out
}

/// A text with its invisible characters as escapes.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_visible(c, &mut out));
    out
}

fn push_visible(c: char, out: &mut String) {
    if !is_unsafe(c) {
        return out.push(c);
    }
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(out, "\\u{unit:04x}");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unknown_escapes_stay() {
        assert_eq!(decode(r"C:\Windows\system32\svchost.exe -k x"), r"C:\Windows\system32\svchost.exe -k x");
        assert_eq!(decode(r"\d+\.\w\%"), r"\d+\.\w\%");
    }

    #[test]
    fn escapes_follow_the_table() {
        assert_eq!(decode(r#"\\ \' \" \a\b\f\n\r\t\v"#), "\\ ' \" \u{7}\u{8}\u{c}\n\r\t\u{b}");
        assert_eq!(decode(r"\101\x41\u0041\U00000041\7"), "AAAA\u{7}");
        assert_eq!(decode(r"\ud83d\ude00 caf\u00e9 é"), "😀 café é");
    }

    #[test]
    fn malformed_escapes_stay() {
        for text in [r"C:\Users\x", r"\xZZ", r"\u12", r"\ud83d", r"\ude00", r"\UFFFFFFFF", r"\N{DASH}", r"\x4é"] {
            assert_eq!(decode(text), text);
        }
    }

    #[test]
    fn a_string_ends_at_its_quote() {
        assert_eq!(scan(br"'a\'b'c", 0), Ok(6));
        assert_eq!(scan(b"'a\n'", 0), Err(2));
        assert_eq!(scan(br"'a\", 0), Err(3));
        assert_eq!(inner("'ab'"), "ab");
        assert_eq!(inner("r'ab'"), "ab");
        assert_eq!(inner("'ab"), "ab");
        assert_eq!(inner(r"'ab\'"), r"ab\'");
        assert_eq!(inner("'"), "");
    }

    proptest! {
        #[test]
        fn quoting_is_read_back(text in any::<String>()) {
            let quoted = quote(&text);
            prop_assert_eq!(scan(quoted.as_bytes(), 0), Ok(quoted.len()));
            prop_assert_eq!(&decode(inner(&quoted)), &text);
            prop_assert_eq!(&decode_json(inner(&quote_json(&text))), &text);
            prop_assert_eq!(&serde_json::from_str::<String>(&quote_json(&text)).unwrap(), &text);
            prop_assert!(!quoted.chars().any(is_unsafe));
        }
    }
}
