//! GUIDs as sixteen bytes: most keys of processes are GUIDs, and as text they would take most of the memory of a table.

use huntc_compiler::value::Value;
use std::fmt::Write;

/// A GUID in lower case, with or without braces. Ordered as its text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Guid {
    // A brace comes behind every digit, so this is compared first.
    braces: bool,
    bytes: [u8; 16],
}

/// How many bytes each group of digits stands for.
const GROUPS: [usize; 5] = [4, 2, 2, 2, 6];

impl Guid {
    /// The GUID that has exactly this text; `None` for any other text, also for a GUID in upper case.
    pub(super) fn of(text: &str) -> Option<Self> {
        let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let mut groups = inner.unwrap_or(text).split('-');
        let mut bytes = [0; 16];
        let mut places = bytes.iter_mut();
        for length in GROUPS {
            let (digits, rest) = groups.next()?.as_bytes().as_chunks();
            if digits.len() != length || !rest.is_empty() {
                return None;
            }
            for ([high, low], place) in digits.iter().zip(places.by_ref()) {
                *place = nibble(*high)? << 4 | nibble(*low)?;
            }
        }
        groups.next().is_none().then_some(Self { braces: inner.is_some(), bytes })
    }

    /// It as text.
    pub(super) fn value(self) -> Value {
        let mut text = String::with_capacity(38);
        text.push_str(if self.braces { "{" } else { "" });
        let mut bytes = self.bytes.iter();
        for (at, length) in GROUPS.into_iter().enumerate() {
            text.push_str(if at > 0 { "-" } else { "" });
            for byte in bytes.by_ref().take(length) {
                // Writing into a text never fails.
                let _ = write!(text, "{byte:02x}");
            }
        }
        text.push_str(if self.braces { "}" } else { "" });
        Value::text(text)
    }
}

/// A lower-case hexadecimal digit.
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Guid;
    use huntc_compiler::value::Value;

    const BARE: &str = "c1a6ae2c-3ff1-4f6e-8a9a-6b0f7e2d5c01";

    #[test]
    fn a_guid_comes_back_as_it_was_written() {
        for text in [BARE, &format!("{{{BARE}}}")] {
            assert_eq!(Guid::of(text).map(Guid::value), Some(Value::text(text)));
        }
    }

    #[test]
    fn whatever_would_come_back_as_another_text_is_none() {
        let upper = BARE.to_uppercase();
        let (short, long) = (&BARE[1..], format!("{BARE}0"));
        let (open, more) = (format!("{{{BARE}"), format!("{BARE}-00"));
        let moved = "c1a6ae2-c3ff1-4f6e-8a9a-6b0f7e2d5c01";
        for text in [upper.as_str(), short, &long, &open, &more, moved, "", "-", "{}", "+1a6ae2c-3ff1-4f6e-8a9a-6b0f7e2d5c01"] {
            assert_eq!(Guid::of(text), None, "{text}");
        }
    }

    #[test]
    fn the_order_is_that_of_the_texts() {
        let mut texts =
            [BARE.to_owned(), format!("{{{BARE}}}"), BARE.replace('c', "f"), BARE.replace('c', "0"), BARE.replace("01", "9a")];
        texts.sort();
        let mut guids: Vec<Guid> = texts.iter().filter_map(|text| Guid::of(text)).collect();
        guids.sort_unstable();
        assert_eq!(guids.into_iter().map(Guid::value).collect::<Vec<_>>(), texts.map(Value::text));
    }
}
