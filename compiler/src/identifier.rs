//! Identifiers whose case does not matter: GUIDs, hashes, MAC addresses (semantics.md §2).

/// Whether an identifier is a GUID, a hash or a MAC address. Others (base64 ids of Elastic Defend) keep their case.
pub fn folds_case(text: &str) -> bool {
    let hash = matches!(text.len(), 32 | 40 | 56 | 64 | 96 | 128) && text.bytes().all(|b| b.is_ascii_hexdigit());
    hash || is_guid(text) || mac(text).is_some()
}

/// `8-4-4-4-12` hexadecimal digits, in braces or not.
pub fn is_guid(text: &str) -> bool {
    let inner = without_braces(text);
    inner.len() == 36
        && inner.bytes().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

/// What loggers write where they know no entity id: nobody has it.
pub const NO_ENTITY_IDS: [&str; 3] = ["-", "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}"];

/// Whether a text is none of anybody's entity ids: the null GUID, or `-`.
pub fn is_no_entity_id(text: &str) -> bool {
    NO_ENTITY_IDS.contains(&text)
}

/// A MAC address in lower case with colons, whether it is written with hyphens, colons, or dots between each four digits.
pub fn mac(text: &str) -> Option<String> {
    let (separator, each) = match text.len() {
        17 if text.contains('-') => ('-', 2),
        17 => (':', 2),
        14 => ('.', 4),
        _ => return None,
    };
    let parts = || text.split(separator);
    if parts().count() * each != 12 || !parts().all(|p| p.len() == each && p.bytes().all(|b| b.is_ascii_hexdigit())) {
        return None;
    }
    let digits = parts().collect::<String>().to_ascii_lowercase();
    Some(grouped(&digits, 2, ":"))
}

/// The ways of writing a MAC address, in lower case.
pub fn mac_spellings(text: &str) -> Option<[String; 3]> {
    let digits = mac(text)?.replace(':', "");
    Some([grouped(&digits, 2, ":"), grouped(&digits, 2, "-"), grouped(&digits, 4, ".")])
}

fn grouped(digits: &str, each: usize, separator: &str) -> String {
    let groups: Vec<&str> = (0..digits.len()).step_by(each).filter_map(|at| digits.get(at..at + each)).collect();
    groups.join(separator)
}

fn without_braces(text: &str) -> &str {
    text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text)
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
            "0000.5E00.5323",
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

    #[test]
    fn macs_have_three_ways_of_writing() {
        let ways = ["00:00:5e:00:53:af", "00-00-5e-00-53-af", "0000.5e00.53af"].map(str::to_owned);
        for spelled in ways.iter().cloned().chain(ways.iter().map(|way| way.to_uppercase())) {
            assert_eq!((mac(&spelled), mac_spellings(&spelled)), (Some(ways[0].clone()), Some(ways.clone())), "{spelled}");
        }
        for other in ["00005e0053af", "00:00:5e:00:53", "00:00-5e:00:53:af", "0000.5e00.53ag", "0:0:5e:00:0053:af", "äöü.äöü.äöü"]
        {
            assert_eq!(mac(other), None, "{other}");
        }
    }
}
