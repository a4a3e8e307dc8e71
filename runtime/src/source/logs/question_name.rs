//! The parts of a name that was asked for, by the list of public suffixes.

/// The parts of a name, as it is written.
pub(super) struct QuestionName<'n> {
    /// `co.uk`
    pub(super) top_level: &'n str,
    /// `example.co.uk`
    pub(super) registered: &'n str,
    /// `www` of `www.example.co.uk`, or nothing.
    pub(super) sub: &'n str,
}

impl<'n> QuestionName<'n> {
    /// None for names without a public suffix that the list has.
    pub(super) fn of(name: &'n str) -> Option<Self> {
        let small = name.to_ascii_lowercase();
        let domain = psl::domain(small.as_bytes()).filter(|domain| domain.suffix().is_known())?;
        if name.ends_with('.') {
            return None;
        }
        let tail = |length: usize| name.get(name.len().checked_sub(length)?..);
        let registered = tail(domain.as_bytes().len())?;
        let top_level = tail(domain.suffix().as_bytes().len())?;
        let sub = name.len().checked_sub(registered.len() + 1).and_then(|end| name.get(..end)).unwrap_or_default();
        Some(Self { top_level, registered, sub })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_parts() {
        let parts = |name| QuestionName::of(name).map(|parts| [parts.top_level, parts.registered, parts.sub]);
        assert_eq!(parts("a.www.Example.co.UK"), Some(["co.UK", "Example.co.UK", "a.www"]));
        assert_eq!(parts("example.com"), Some(["com", "example.com", ""]));
        for none in ["com", "host.invalid-suffix", "example.com.", "", "."] {
            assert_eq!(parts(none), None, "{none}");
        }
    }
}
