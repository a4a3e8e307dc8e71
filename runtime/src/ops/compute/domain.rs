//! The parts of a domain name by the public suffix list.

use std::net::IpAddr;

/// A domain name, taken apart. All parts are in lower case.
pub(super) struct DomainParts {
    /// `co.uk`
    pub(super) suffix: String,
    /// `example.co.uk`; `None`: the name is a public suffix itself.
    pub(super) registered: Option<String>,
    /// `www` of `www.example.co.uk`
    pub(super) labels: Option<String>,
}

/// The parts of a name; `None` where it is an address, or has a label that is empty.
pub(super) fn parts(text: &str) -> Option<DomainParts> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    if name.split('.').any(str::is_empty) || bare.parse::<IpAddr>().is_ok() {
        return None;
    }
    let suffix = psl::suffix_str(&name)?.to_owned();
    let registered = psl::domain_str(&name).map(str::to_owned);
    let labels = registered.as_ref().and_then(|r| name.strip_suffix(r.as_str())?.strip_suffix('.')).map(str::to_owned);
    Some(DomainParts { suffix, registered, labels })
}
