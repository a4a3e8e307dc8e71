//! Schemes of data sources and analytics that are almost written: `stixshifter:/host`, `https:/host`, `stixshifer://host`.

use crate::diag::suggest;

/// Schemes of data sources.
pub(super) const SOURCES: &[&str] = &["stixshifter", LOCAL, "https", "http"];
/// The scheme of files, whose paths may begin with a separator.
const LOCAL: &str = "file";
/// Whether names of a scheme are paths and addresses, and not names of sources.
pub(super) fn is_of_files(scheme: &str) -> bool {
    [LOCAL, "http", "https"].contains(&scheme)
}

/// Schemes of analytics.
pub(crate) const ANALYTICS: &[&str] = &["python", "docker", "exec", "lookup"];

/// What was most likely meant by a name with a scheme; none where the scheme is whole, or like no other.
pub(super) fn mended(text: &str, schemes: &[&str]) -> Option<String> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_')))?;
    let (written, rest) = text.split_at(end);
    let separator = rest.len() - rest.trim_start_matches([':', ';', '/']).len();
    let (separator, name) = rest.split_at(separator);
    let lower = written.to_ascii_lowercase();
    let known = schemes.iter().find(|s| **s == lower).copied();
    // A single `:` or `/` may belong to a name: `host:9200`, `exec/run`.
    let local = |scheme: &str| scheme == LOCAL;
    let whole = separator == "://" || known.is_some_and(local) && separator.starts_with(":///");
    let scheme = match known {
        Some(_) if whole => return None,
        Some(scheme) if separator.starts_with(":/") || separator == "//" || separator == ":" => scheme,
        None if separator.contains("//") || separator == ":/" => suggest::best(&lower, schemes.iter().copied())?,
        _ => return None,
    };
    let root = if local(scheme) && separator.ends_with('/') { "/" } else { "" };
    (!name.is_empty()).then(|| format!("{scheme}://{root}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn almost_schemes_are_mended_and_others_stay() {
        let cases = [
            ("stixshifter:/host101", Some("stixshifter://host101")),
            ("stixshifter:host101", Some("stixshifter://host101")),
            ("stixshifter//host101", Some("stixshifter://host101")),
            ("stixshifter:///host101", Some("stixshifter://host101")),
            ("stixshifer://host101", Some("stixshifter://host101")),
            ("Stix-shifter://host101", Some("stixshifter://host101")),
            ("https:/h.example/a.json", Some("https://h.example/a.json")),
            ("htps://h.example/a.json", Some("https://h.example/a.json")),
            ("file:/tmp/a.json", Some("file:///tmp/a.json")),
            ("fiel:///tmp/a.json", Some("file:///tmp/a.json")),
            ("stixshifter://host101", None),
            ("STIXSHIFTER://host101", None),
            ("file:///tmp/a.json", None),
            ("file://a.json", None),
            ("elastic://host101", None),
            ("host101", None),
            ("host:9200", None),
            ("c:/logs", None),
            ("files/a.json", None),
            ("stixshifter://", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(mended(text, SOURCES).as_deref(), wanted, "{text}");
        }
        assert_eq!(mended("python:/x", ANALYTICS).as_deref(), Some("python://x"));
        assert_eq!(mended("doker://x", ANALYTICS).as_deref(), Some("docker://x"));
        assert_eq!(mended("own://x", ANALYTICS), None);
    }
}
