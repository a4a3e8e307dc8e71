//! The shapes of words: names, attributes, numbers, instants.

use crate::time::Instant;
use crate::unsafe_char::is_unsafe;

/// A name of any script: letters, marks, digits and `_`, no digit or mark first (XID of Unicode). No character of it is invisible.
pub(crate) fn is_variable(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c == '_' || begins_name(c)) && chars.all(in_name)
}

fn begins_name(c: char) -> bool {
    unicode_ident::is_xid_start(c) && !is_unsafe(c)
}

/// Whether a character may stand in a name, where it does not come first.
pub(crate) fn in_name(c: char) -> bool {
    unicode_ident::is_xid_continue(c) && !is_unsafe(c)
}

/// `[A-Za-z_][A-Za-z0-9_-]*`
pub(crate) fn is_dashed(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// An entity type: a dashed name, or several with dots between.
pub(crate) fn is_entity(text: &str) -> bool {
    text.split('.').all(is_dashed)
}

/// Letters only.
pub(crate) fn is_relation(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic())
}

/// An unquoted path: ASCII letters, digits and `_ . / - :`.
pub(crate) fn is_path(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b'-' | b':'))
}

/// The name of a parameter behind its `$`.
pub(crate) fn parameter(text: &str) -> Option<&str> {
    text.strip_prefix('$').filter(|name| is_dashed(name))
}

/// The scheme of a data source with its `://`, empty where there is none, and the name behind it.
pub(crate) fn scheme_and_name(text: &str) -> (&str, &str) {
    text.split_at(text.rfind("://").map_or(0, |at| at + "://".len()))
}

/// `$name`, perhaps behind a scheme.
pub(crate) fn is_source_parameter(text: &str) -> bool {
    let (scheme, name) = scheme_and_name(text);
    parameter(name).is_some() && (scheme.is_empty() || is_path(scheme))
}

/// An unquoted path in which `*` stands for any run of characters.
pub(crate) fn is_path_pattern(text: &str) -> bool {
    text.contains('*') && is_path(&text.replace('*', "_"))
}

/// An attribute without type: `protocols[*]`, `values[0].name`, `hashes.'SHA-256'`, `@timestamp`, a column by any name.
pub(crate) fn is_attribute(text: &str) -> bool {
    let first_end = text.find('.').unwrap_or(text.len());
    let (first, rest) = text.split_at(first_end);
    let first = match index(first) {
        Some((name, _)) => name,
        None => first.strip_suffix("[*]").unwrap_or(first),
    };
    let first = first.strip_prefix('@').unwrap_or(first);
    (is_dashed(first) || is_variable(first)) && rest.split('.').skip(1).all(is_segment)
}

/// The name and the number of `values[0]`.
pub(crate) fn index(text: &str) -> Option<(&str, &str)> {
    let (name, number) = text.strip_suffix(']')?.split_once('[')?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some((name, number))
}

/// A later segment of an attribute, quoted or not.
fn is_segment(text: &str) -> bool {
    let bare = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')).unwrap_or(text);
    !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// Length of the number that `bytes` begin with; 0 where there is none. `3`, `3.5`, `.5`, `3.`, `1e5`, each perhaps after a
/// `-`.
pub(crate) fn number_len(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(sign);
    let mut end = sign + whole;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if whole + fraction == 0 {
            return 0;
        }
        end += 1 + fraction;
    } else if whole == 0 {
        return 0;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

/// Whether a number is written as a whole one.
pub(crate) fn is_integer(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// Whether a text has the shape `YYYY-MM-DDTHH:MM:SS[.f]Z`.
fn is_instant_shape(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(head), Some(tail)) = (bytes.get(..19), bytes.get(19..)) else { return false };
    let shape = head.iter().zip(b"0000-00-00T00:00:00").all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s });
    let fraction = match tail {
        [b'Z'] => true,
        [b'.', digits @ .., b'Z'] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    shape && fraction
}

/// The instant of `YYYY-MM-DDTHH:MM:SS[.f]Z`, shape and calendar checked; digits beyond nanoseconds are dropped.
pub(crate) fn instant(text: &str) -> Option<Instant> {
    let text = text.trim();
    if !is_instant_shape(text) {
        return None;
    }
    let end = text.len().min(29);
    if end == text.len() {
        return Instant::parse(text);
    }
    Instant::parse(&format!("{}Z", text.get(..end)?.trim_end_matches('Z')))
}

/// The instant that is probably meant by a text of another shape: a date alone, no zone, an offset.
pub(crate) fn lenient_instant(text: &str) -> Option<Instant> {
    let text = text.trim().replace([' ', 't'], "T").replace('z', "Z");
    [
        text.clone(),
        format!("{text}Z"),
        format!("{text}T00:00:00Z"),
        format!("{}T00:00:00Z", text.trim_end_matches('Z')),
        format!("{}:00Z", text.trim_end_matches('Z')),
    ]
    .iter()
    .find_map(|t| Instant::parse(t))
}

/// An instant in full precision, as the language writes it, without quotes.
pub(crate) fn instant_text(instant: Instant) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(instant.0)).map_or_else(|_| instant.to_string(), |t| t.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_where_they_must() {
        for (text, len) in [
            ("3", 1),
            ("3.5", 3),
            (".5", 2),
            ("3.", 2),
            ("1e5", 3),
            ("-3", 2),
            ("3AND", 1),
            ("1e", 1),
            ("1e+", 1),
            ("-", 0),
            (".", 0),
            ("x", 0),
            ("-.5e-3x", 6),
        ] {
            assert_eq!(number_len(text.as_bytes()), len, "{text}");
        }
    }

    #[test]
    fn variables_are_names_of_any_script_without_hidden_characters() {
        for good in ["a", "_1", "été", "e\u{301}te\u{301}", "процессы", "進程", "naïve_2"] {
            assert!(is_variable(good), "{good}");
        }
        for bad in ["", "1a", "\u{301}a", "a-b", "a\u{200d}b", "a\u{202e}b", "a\u{3164}", "\u{ffa0}", "a\u{fe0f}", "a b", "a→"] {
            assert!(!is_variable(bad), "{bad:?}");
        }
    }

    #[test]
    fn attributes_have_their_shape() {
        for good in [
            "name",
            "src_ref.value",
            "opened_connection_refs[*].dst_ref.value",
            "protocols[*]",
            "hashes.MD5",
            "hashes.'SHA-256'",
            "hashes.SHA-256",
            "extensions.'windows-service-ext'.service_name",
            "@timestamp",
            "values[0].name",
            "größe",
        ] {
            assert!(is_attribute(good), "{good}");
        }
        for bad in ["a.b[*].c", "a.b[0]", "a[]", "a[-1]", "a..b", "a.", ".a", "3a", "a.'b c'", "a.é", "a/b", ""] {
            assert!(!is_attribute(bad), "{bad}");
        }
    }

    #[test]
    fn instants_are_checked_for_shape_and_calendar() {
        assert_eq!(instant("1970-01-01T00:00:01Z"), Some(Instant(1_000_000_000)));
        assert_eq!(instant(" 1970-01-01T00:00:00.123456789123Z "), Some(Instant(123_456_789)));
        for bad in [
            "2021-02-30T00:00:00Z",
            "2021-13-01T00:00:00Z",
            "2021-01-01T25:00:00Z",
            "2021-01-01",
            "2021-01-01T00:00:00",
            "2021-01-01T00:00:00+01:00",
            "2021-01-01T00:00:00.Z",
            "2021-01-01T00:00Z",
            "é",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn instant_text_is_read_back() {
        for nanos in [0, 1, -1, i64::MAX, i64::MIN, 1_603_349_880_462_000_000] {
            assert_eq!(instant(&instant_text(Instant(nanos))), Some(Instant(nanos)));
        }
    }

    #[test]
    fn a_near_miss_of_an_instant_is_understood() {
        assert_eq!(lenient_instant("2021-04-01"), instant("2021-04-01T00:00:00Z"));
        assert_eq!(lenient_instant("2021-04-01T02:00:00+02:00"), instant("2021-04-01T00:00:00Z"));
        assert_eq!(lenient_instant("2021-04-01 10:00:00"), instant("2021-04-01T10:00:00Z"));
        assert_eq!(lenient_instant("2021-04-01T10:00Z"), instant("2021-04-01T10:00:00Z"));
        assert_eq!(lenient_instant("soon"), None);
    }
}
