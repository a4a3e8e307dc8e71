//! Amounts of memory in configurations and flags.

/// A whole number with its unit: `512MiB`, `2GiB`. `None` for any other text, and zero.
pub fn size(text: &str) -> Option<u64> {
    let digits = text.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match &text.trim()[digits.len()..] {
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return None,
    };
    let number: u64 = digits.trim_end().parse().ok()?;
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!([size("2GiB"), size("512 MiB"), size("1KiB")], [Some(2 << 30), Some(512 << 20), Some(1024)]);
        for bad in ["", "2", "2G", "2gb", "0MiB", "-1GiB", "1.5GiB", "99999999999999TiB", "GiB"] {
            assert_eq!(size(bad), None, "{bad}");
        }
    }
}
