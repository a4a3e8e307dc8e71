//! Identifiers whose case does not matter: GUIDs, hashes, MAC addresses (semantics.md §2).

/// Whether an identifier is a GUID, a hash or a MAC address. Others (base64 ids of Elastic Defend) keep their case.
pub fn folds_case(text: &str) -> bool {
    let hash = matches!(text.len(), 32 | 40 | 56 | 64 | 96 | 128) && text.bytes().all(|b| b.is_ascii_hexdigit());
    hash || is_guid(text) || is_mac(text)
}

/// `8-4-4-4-12` hexadecimal digits, in braces or not.
pub fn is_guid(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
    inner.len() == 36
        && inner.bytes().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

fn is_mac(text: &str) -> bool {
    let pairs = |separator: char| {
        let mut parts = text.split(separator);
        parts.clone().count() == 6 && parts.all(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    pairs(':') || pairs('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_shapes_lose_their_case() {
        for folded in [
            "{39E4A257-2D59-5F91-6813-000000000700}",
            "39e4a257-2d59-5f91-6813-000000000700",
            "D41D8CD98F00B204E9800998ECF8427E",
            "00-00-5E-00-53-23",
            "00:00:5e:00:53:23",
        ] {
            assert!(folds_case(folded), "{folded}");
        }
        for kept in [
            "MDEyMzQ1Njc4OUFCQ0RFRg==",
            "",
            "{39E4A257-2D59-5F91-6813-00000000070}",
            "D41D8CD98F00B204E9800998ECF8427G",
            "00-00:5E-00-53-23",
        ] {
            assert!(!folds_case(kept), "{kept}");
        }
    }
}
