//! The bytes of a JSON string that stand for themselves.

/// How many bytes at the beginning are neither a quote, a backslash nor a control character.
pub(crate) fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut at = 0;
    // Tests eight bytes at once. The lowest flagged byte is exact; higher flags may be false.
    while let Some(eight) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        let zero = |x: u64| x.wrapping_sub(ONES) & !x & HIGH;
        let found = zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c)) | (word.wrapping_sub(ONES * 0x20) & !word & HIGH);
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at + bytes[at..].iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)).unwrap_or(bytes.len() - at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_plain_up_to_the_first_that_is_not() {
        for length in 0..40 {
            for at in 0..length {
                for (byte, is_plain) in
                    [(b'"', false), (b'\\', false), (0, false), (0x1f, false), (b' ', true), (0x7f, true), (0xff, true)]
                {
                    // Others behind it change nothing.
                    for behind in [b'a', b'"', 0x1f, 0x21, 0x5d, 0xa2] {
                        let mut text = vec![b'a'; length];
                        text[at] = byte;
                        text[at + 1..].fill(behind);
                        let ends_behind = !is_plain || [b'"', 0x1f].contains(&behind);
                        let wanted = if ends_behind { at + usize::from(is_plain) } else { length };
                        assert_eq!(plain(&text), wanted.min(length), "{text:?}");
                    }
                }
            }
        }
    }
}
