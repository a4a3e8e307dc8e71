//! Who may read what huntc writes: nobody else, unless an option says so. Reports, states and stores hold what was found.

/// Reads a mode such as `027`.
pub(super) fn parse(text: &str) -> Result<u32, String> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| digits && *mode <= 0o777);
    // Without these rights huntc could not read its own files.
    mode.filter(|mode| mode & 0o700 == 0)
        .ok_or_else(|| "three octal digits are needed, the first of them 0: 077, 027 or 022".to_owned())
}

/// Sets what files and folders that this process makes are never allowed.
pub(super) fn set(mode: u32) {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(mode));
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn modes_are_octal_and_leave_the_owner_everything() {
        assert_eq!(["077", "027", "0022", "0"].map(parse), [Ok(0o77), Ok(0o27), Ok(0o22), Ok(0)]);
        for wrong in ["", "088", "+77", "777", "1000", "00077", "rwx"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
