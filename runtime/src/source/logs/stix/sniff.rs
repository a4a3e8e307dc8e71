//! Whether a text begins with a bundle.

/// Whether the first value says at its top, in as much of it as is there, that it is a bundle. Keys may stand in any order, so that
/// all objects may come before the type; the id comes before them then.
pub(super) fn is_bundle(text: &[u8]) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    // The last string at the top, and the key that the next one is the value of.
    let (mut last, mut key): (&[u8], Option<&[u8]>) = (&[], None);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                let Some(end) = end_of_string(text, at) else { return false };
                let string = &text[at + 1..end];
                if depth == 1 {
                    match key {
                        Some(b"type") if string == b"bundle" => return true,
                        Some(b"id") if string.starts_with(b"bundle--") => return true,
                        _ => last = string,
                    }
                }
                at = end;
            }
            b':' if depth == 1 => key = Some(last),
            b',' if depth == 1 => key = None,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return false,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    false
}

/// The closing quote of a string.
fn end_of_string(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        match text.get(at) {
            Some(b'"') => return Some(at),
            _ => at += 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_bundle;

    #[test]
    fn bundles_are_told_by_the_top_of_their_first_value() {
        for text in [
            r#"{"type":"bundle","objects":[]}"#,
            "{\n \"id\" : \"bundle--1\" ,\n \"objects\" : [ {",
            r#"{"objects":[{"type":"process","a":"\"}{"}],"type":"bundle"}"#,
        ] {
            assert!(is_bundle(text.as_bytes()), "{text}");
        }
        for text in [
            r#"{"a":{"type":"bundle"}}"#,
            r#"{"type":"observed-data"}"#,
            r#"{"type":["bundle"]}"#,
            r#"{"a":1}{"type":"bundle"}"#,
            r#"{"bundle":"type"}"#,
            r#"{"type":"bund"#,
            r#"{"a":"\"#,
            "{",
            "",
        ] {
            assert!(!is_bundle(text.as_bytes()), "{text}");
        }
    }
}
