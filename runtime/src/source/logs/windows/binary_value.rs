//! Values of binary XML as text, as Windows prints them.

use super::event_time;
use std::fmt::Write as _;

/// A value, and where it stands in its chunk.
pub(super) struct BinaryValue<'c> {
    pub(super) kind: u8,
    pub(super) at: usize,
    pub(super) bytes: &'c [u8],
}

const NULL: u8 = 0x00;
const BINARY_XML: u8 = 0x21;
const ARRAY: u8 = 0x80;
/// Hundreds of nanoseconds from 1601 to 1970.
const EPOCH: i128 = 116_444_736_000_000_000;

pub(super) fn utf_16(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    // Nearly all text is ASCII. All units are looked at, many at once.
    if units.iter().fold(0, |all, unit| all | u16::from_le_bytes(*unit)) < 0x80
        && let Ok(text) = String::from_utf8(units.iter().map(|[low, _]| *low).collect())
    {
        return text;
    }
    let units = units.iter().map(|pair| u16::from_le_bytes(*pair));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn unsigned(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

impl BinaryValue<'_> {
    pub(super) fn is_binary_xml(&self) -> bool {
        self.kind == BINARY_XML && !self.bytes.is_empty()
    }

    /// As text; nothing for null. What is of no known kind, or not as its kind says, is printed as bytes.
    pub(super) fn text(&self) -> Option<String> {
        match self.items() {
            Some(items) => Some(items.join(", ")),
            None if self.kind == NULL || self.bytes.is_empty() => None,
            None => Some(scalar(self.kind, self.bytes).unwrap_or_else(|| hexadecimal(self.bytes))),
        }
    }

    /// The values of an array: texts that end with NUL, or values one after the other.
    pub(super) fn items(&self) -> Option<Vec<String>> {
        let kind = self.kind & !ARRAY;
        if self.kind & ARRAY == 0 || self.bytes.is_empty() {
            return None;
        }
        match kind {
            0x01 => {
                let texts = utf_16(self.bytes);
                Some(texts.strip_suffix('\0').unwrap_or(&texts).split('\0').map(str::to_owned).collect())
            }
            0x02 => {
                let texts = self.bytes.strip_suffix(&[0]).unwrap_or(self.bytes);
                Some(texts.split(|byte| *byte == 0).filter_map(|text| scalar(kind, text)).collect())
            }
            0x13 => sids(self.bytes),
            _ => {
                let width = width(kind).filter(|width| self.bytes.len().is_multiple_of(*width))?;
                self.bytes.chunks_exact(width).map(|bytes| scalar(kind, bytes)).collect()
            }
        }
    }
}

fn width(kind: u8) -> Option<usize> {
    match kind {
        0x03 | 0x04 => Some(1),
        0x05 | 0x06 => Some(2),
        0x07 | 0x08 | 0x0b | 0x0d | 0x14 => Some(4),
        0x09 | 0x0a | 0x0c | 0x10 | 0x11 | 0x15 => Some(8),
        0x0f | 0x12 => Some(16),
        _ => None,
    }
}

/// Security identifiers one after the other: each says in its second byte how many parts it has.
fn sids(mut bytes: &[u8]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    while let [_, parts, ..] = bytes {
        let (one, rest) = bytes.split_at_checked(8 + 4 * usize::from(*parts))?;
        found.push(sid(one)?);
        bytes = rest;
    }
    bytes.is_empty().then_some(found)
}

fn scalar(kind: u8, bytes: &[u8]) -> Option<String> {
    match kind {
        0x01 => {
            let mut text = utf_16(bytes);
            text.truncate(text.trim_end_matches('\0').len());
            Some(text)
        }
        // Of Windows 1252, whose letters are those of Latin 1.
        0x02 => Some(bytes.iter().map(|byte| char::from(*byte)).collect::<String>().trim_end_matches('\0').to_owned()),
        0x03 | 0x05 | 0x07 | 0x09 => {
            let unused = 64 - 8 * u32::try_from(bytes.len()).ok().filter(|length| (1..=8).contains(length))?;
            Some(((unsigned(bytes)?.cast_signed() << unused) >> unused).to_string())
        }
        0x04 | 0x06 | 0x08 | 0x0a => Some(unsigned(bytes)?.to_string()),
        0x0b => Some(f32::from_le_bytes(bytes.try_into().ok()?).to_string()),
        0x0c => Some(f64::from_le_bytes(bytes.try_into().ok()?).to_string()),
        0x0d => Some((unsigned(bytes)? != 0).to_string()),
        0x0e => Some(hexadecimal(bytes)),
        0x0f => guid(bytes),
        0x10 | 0x14 | 0x15 => Some(format!("{:#x}", unsigned(bytes)?)),
        0x11 if bytes.len() == 8 => Some(file_time(unsigned(bytes)?)),
        0x12 => system_time(bytes),
        0x13 => sid(bytes),
        _ => None,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |half: u8| DIGITS.get(usize::from(half & 15)).copied().map(char::from);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).flatten().collect()
}

fn guid(bytes: &[u8]) -> Option<String> {
    let (first, rest) = bytes.split_first_chunk()?;
    let (second, rest) = rest.split_first_chunk()?;
    let (third, rest) = rest.split_first_chunk()?;
    let rest: &[u8; 8] = rest.try_into().ok()?;
    let (first, second, third) = (u32::from_le_bytes(*first), u16::from_le_bytes(*second), u16::from_le_bytes(*third));
    let (fourth, fifth) = rest.split_at(2);
    Some(format!(
        "{{{first:08x}-{second:04x}-{third:04x}-{}-{}}}",
        hexadecimal(fourth).to_lowercase(),
        hexadecimal(fifth).to_lowercase()
    ))
}

/// A time as hundreds of nanoseconds since 1601; as a number where it is no time that people write, as the one for "never" is.
fn file_time(ticks: u64) -> String {
    let time = jiff::Timestamp::from_nanosecond((i128::from(ticks) - EPOCH) * 100);
    time.map_or_else(|_| ticks.to_string(), event_time::text)
}

fn system_time(bytes: &[u8]) -> Option<String> {
    let parts: Vec<u64> = bytes.chunks_exact(2).filter_map(unsigned).collect();
    let [year, month, _, day, hour, minute, second, milli] = *parts.as_slice() else { return None };
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"))
}

/// `S-1-5-21-…`: a revision, a count of parts, an authority of six bytes that begins with the largest, and the parts.
fn sid(bytes: &[u8]) -> Option<String> {
    let (head, parts) = bytes.split_at_checked(8)?;
    let [revision, count, authority @ ..] = head else { return None };
    let authority = authority.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut text = format!("S-{revision}-{authority}");
    for part in parts.chunks_exact(4) {
        let _ = write!(text, "-{}", unsigned(part)?);
    }
    (parts.len() == 4 * usize::from(*count)).then_some(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn values_are_printed_as_windows_does() {
        let cases: [(u8, &[u8], &str); 12] = [
            (0x01, b"a\0b\0\0\0", "ab"),
            (0x03, &[0xff], "-1"),
            (0x08, &[0x2a, 0, 0, 0], "42"),
            (0x09, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "-2"),
            (0x0d, &[1, 0, 0, 0], "true"),
            (0x0e, &[0xab, 1], "AB01"),
            (0x0f, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], "{04030201-0605-0807-090a-0b0c0d0e0f10}"),
            (0x11, &[0, 0x80, 0x3e, 0xd5, 0xde, 0xb1, 0x9d, 1], "1970-01-01T00:00:00.000Z"),
            (0x12, &[0xe4, 7, 10, 0, 4, 0, 22, 0, 6, 0, 57, 0, 59, 0, 7, 0], "2020-10-22T06:57:59.007Z"),
            (0x13, &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0], "S-1-5-32-544"),
            (0x14, &[0xc0, 0x10, 0, 0], "0x10c0"),
            (0x81, b"a\0\0\0b\0\0\0", "a, b"),
        ];
        for (kind, bytes, text) in cases {
            assert_eq!(BinaryValue { kind, at: 0, bytes }.text().as_deref(), Some(text), "{kind:#x}");
        }
        for kind in 0..=255 {
            for length in 0..40 {
                let bytes = vec![kind; length];
                let _ = BinaryValue { kind, at: 0, bytes: &bytes }.text();
            }
        }
    }
}
