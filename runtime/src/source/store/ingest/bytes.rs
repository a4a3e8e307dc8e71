//! Comparing short texts. Most keys and values have a few bytes; calling the C library's comparison takes longer than
//! comparing them.

/// Longer texts are compared by the library.
const SHORT: usize = 32;

/// Whether two texts are equal.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if a.len() > SHORT {
        return a == b;
    }
    if let (Some(first), Some(last)) = (eights(a, b), a.last_chunk().zip(b.last_chunk())) {
        // The last eight bytes overlap with those compared before.
        return first && u64::from_le_bytes(*last.0) == u64::from_le_bytes(*last.1);
    }
    if let (Some((a1, b1)), Some((a2, b2))) = (a.first_chunk().zip(b.first_chunk()), a.last_chunk().zip(b.last_chunk())) {
        return u32::from_le_bytes(*a1) == u32::from_le_bytes(*b1) && u32::from_le_bytes(*a2) == u32::from_le_bytes(*b2);
    }
    a.iter().zip(b).all(|(a, b)| a == b)
}

/// Compares whole groups of eight bytes; `None` when the texts are too short for one.
fn eights(a: &[u8], b: &[u8]) -> Option<bool> {
    let (a, b): (&[[u8; 8]], &[[u8; 8]]) = (a.as_chunks().0, b.as_chunks().0);
    (!a.is_empty()).then(|| a.iter().zip(b).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b)))
}

/// Whether a text begins with another.
pub(super) fn begins(text: &[u8], with: &[u8]) -> bool {
    text.get(..with.len()).is_some_and(|head| same(head, with))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_all_lengths_are_told_apart_at_every_byte() {
        for len in 0..80 {
            let text: Vec<u8> = (0..len as u8).collect();
            assert!(same(&text, &text.clone()), "{len}");
            assert!(begins(&[&text[..], b"x"].concat(), &text) && begins(&text, &text), "{len}");
            for at in 0..len {
                let mut other = text.clone();
                other[at] ^= 0x80;
                assert!(!same(&text, &other) && !begins(&text, &other), "{len} {at}");
                assert!(!same(&text, &text[..at]) && !begins(&text[..at], &text), "{len} {at}");
            }
        }
    }
}
