//! The parts of a URL as RFC 3986 divides it (appendix B). Nothing is decoded: what the record says is the evidence.

/// A URL, taken apart. A part that is empty is absent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct UrlParts<'t> {
    /// In lower case.
    pub(super) scheme: Option<String>,
    /// In lower case; an IPv6 address with its brackets.
    pub(super) host: Option<String>,
    pub(super) port: Option<i64>,
    pub(super) path: Option<&'t str>,
    pub(super) query: Option<&'t str>,
}

/// The parts of a text, taken as a URL. What does not begin with a scheme and `:` has none.
pub(super) fn parts(text: &str) -> UrlParts<'_> {
    let rest = text.split_once('#').map_or(text, |(rest, _)| rest);
    let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme, behind)) if is_scheme(scheme) => (scheme, behind),
        _ => ("", rest),
    };
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.find('/').map_or((rest, ""), |at| rest.split_at(at)),
        None => ("", rest),
    };
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, port),
        _ => (place, ""),
    };
    let some = |part: &str| (!part.is_empty()).then(|| part.to_ascii_lowercase());
    UrlParts {
        scheme: some(scheme),
        host: some(host),
        port: port.parse::<u16>().ok().map(i64::from),
        path: Some(path).filter(|p| !p.is_empty()),
        query: Some(query).filter(|q| !q.is_empty()),
    }
}

/// Whether a text is a letter, and letters, digits, `+`, `-` and `.` behind it.
fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    let rest = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic()) && bytes.all(rest)
}
