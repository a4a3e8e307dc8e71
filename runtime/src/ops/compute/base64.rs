//! BASE64: the text that was encoded.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The decoded text; `None` where the text is not of an alphabet of base64, or too short by one character.
///
/// Both alphabets are taken, padding may be missing, white space is passed over. What is no text is shown as far as it is one.
pub(super) fn decoded(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).map(standard).collect();
    let padding = plain.len() - plain.trim_end_matches('=').len();
    let digits = plain.get(..plain.len() - padding.min(2))?;
    let config =
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true).with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let bytes = GeneralPurpose::new(&STANDARD, config).decode(digits).ok()?;
    Some(utf16(&bytes).unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The standard digit for one of the alphabet for URLs.
fn standard(c: char) -> char {
    match c {
        '-' => '+',
        '_' => '/',
        other => other,
    }
}

/// The bytes as UTF-16LE, if they begin with its mark, or are well-formed, hold no NUL, and ASCII is half of them or more.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return None;
    }
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    if let [0xFEFF, units @ ..] = &units[..] {
        return Some(String::from_utf16_lossy(units));
    }
    let ascii = units.iter().filter(|unit| **unit < 0x80).count();
    if units.contains(&0) || ascii * 2 < units.len() {
        return None;
    }
    String::from_utf16(&units).ok()
}
