//! Undoes the escapes of JSON strings.

/// Appends the text of a JSON string to `out`. False when an escape is invalid, or when half of a surrogate pair stands alone.
pub(super) fn unescape(raw: &[u8], out: &mut Vec<u8>) -> bool {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let Some(&letter) = rest.get(at + 1) else { return false };
        rest = &rest[at + 2..];
        let byte = match letter {
            b'"' | b'\\' | b'/' => letter,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let Some((c, len)) = code_point(rest) else { return false };
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[len..];
                continue;
            }
            _ => return false,
        };
        out.push(byte);
    }
    out.extend_from_slice(rest);
    true
}

/// The character after `\u`, and how many bytes it takes.
fn code_point(text: &[u8]) -> Option<(char, usize)> {
    let high = unit(text)?;
    if let Some(c) = char::from_u32(high) {
        return Some((c, 4));
    }
    if !(0xd800..0xdc00).contains(&high) || text.get(4..6)? != b"\\u" {
        return None;
    }
    let low = unit(text.get(6..)?)?;
    if !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    Some((char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?, 10))
}

fn unit(text: &[u8]) -> Option<u32> {
    text.get(..4)?.iter().try_fold(0, |n, b| Some(n * 16 + char::from(*b).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::unescape;

    #[test]
    fn escapes_read_as_serde_json_reads_them() {
        for raw in [r"a\\b", r#"\"\/\b\f\n\r\t"#, r"\u00e9\ud83d\ude00x", r"\u0000", r"C:\\x\u005c", "plain", ""] {
            let mut out = Vec::new();
            assert!(unescape(raw.as_bytes(), &mut out), "{raw}");
            let wanted: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), wanted);
        }
    }

    #[test]
    fn escapes_that_are_none_are_refused() {
        for raw in [r"\x", r"\", r"\u12", r"\ud800", r"\ud800x", r"\udc00", r"\ud800\u0041", r"\u00g0", r"\u+123"] {
            assert!(!unescape(raw.as_bytes(), &mut Vec::new()), "{raw}");
            assert!(serde_json::from_str::<String>(&format!("\"{raw}\"")).is_err(), "{raw}");
        }
    }
}
