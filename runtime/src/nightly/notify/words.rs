//! What receivers say when they refuse a notification: bounded, harmless for a terminal, and without secrets.

use crate::report::sanitize::terminal as safe;

/// The most bytes that are read of an answer.
pub(super) const MOST_BYTES: u64 = 4_096;
/// The most characters that are shown of it.
const MOST_CHARS: usize = 300;

/// The words of a receiver in quotes; none if it said nothing. `secrets` are taken out, wherever it repeats them.
pub(super) fn words(said: &[u8], secrets: &[String]) -> Option<String> {
    let mut text = String::from_utf8_lossy(said).into_owned();
    for secret in secrets {
        text = text.replace(secret.as_str(), "***");
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return None;
    }
    let short: String = text.chars().take(MOST_CHARS).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    Some(format!("\"{}{more}\"", safe(&short)))
}

/// The parts of an address that may be secrets, the longest first: user, password, path and query, whole and in pieces.
pub(super) fn secrets_of(address: &str) -> Vec<String> {
    let mut secrets = vec![address.to_owned()];
    if let Ok(url) = reqwest::Url::parse(address) {
        secrets.extend([url.username().to_owned(), url.path().to_owned()]);
        secrets.extend(url.password().map(str::to_owned));
        secrets.extend(url.query().map(str::to_owned));
        secrets.extend(url.path().split('/').filter(|s| s.len() >= 6).map(str::to_owned));
        secrets.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    }
    let decoded: Vec<String> =
        secrets.iter().map(|s| percent_encoding::percent_decode_str(s).decode_utf8_lossy().into_owned()).collect();
    secrets.extend(decoded);
    // Shorter ones are no secrets, and would be taken out of every word.
    secrets.retain(|s| s.len() >= 4);
    secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
    secrets.dedup();
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_bounded_harmless_and_without_secrets() {
        let address = "https://user:hunter22@hooks.example/services/T0/B0SECRET/XyZzY1234?token=open%20sesame&v=1";
        let secrets = secrets_of(address);
        let said = format!("no\u{1b}[31m such\r\n hook {address} /services/T0/B0SECRET/XyZzY1234 XyZzY1234 open sesame hunter22");
        let shown = words(said.as_bytes(), &secrets).unwrap_or_default();
        assert!(shown.starts_with("\"no\\u{1b}[31m such hook ***"), "{shown}");
        for secret in ["B0SECRET", "XyZzY1234", "sesame", "hunter22"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        let long = words("x".repeat(9_999).as_bytes(), &[]).unwrap_or_default();
        assert!(long.chars().count() <= MOST_CHARS + 3 && long.ends_with("…\""), "{long}");
        assert_eq!(words(b" \r\n", &[]), None);
        assert!(words(b"\xff\xfe", &[]).is_some());
    }
}
