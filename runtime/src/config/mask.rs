//! Masks secrets in configuration texts before diagnostics quote them. Byte offsets stay the same.

use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Finds `key = value` and `key: value` for keys with secrets, up to the end of the value or the line, and the user
/// information in URLs.
static SECRETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let key = r"(?i)\b(?:password|passwd|pwd|api_?key|apikey|access_?token|token|secret|username|id|key_?id|authorization|webhook|notify|mail_command)\b";
    let value =
        concat!(r#""""[\s\S]*?(?:"""|\z)|'''[\s\S]*?(?:'''|\z)"#, r#"|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\n]|'')*'?|[^\s"'][^\n]*"#);
    let pattern = format!(r#"({key}["']?\s*[=:]\s*)({value})|(://)([^/\s"'@]*@)|(-----BEGIN )([\s\S]*)"#);
    Regex::new(&pattern).ok()
});

/// The text with each byte of a secret replaced by `*`.
pub(super) fn mask(text: &str) -> Cow<'_, str> {
    // Without the expression secrets cannot be recognised, so the whole text is masked.
    let Some(secrets) = SECRETS.as_ref() else { return Cow::Owned(stars(text)) };
    secrets.replace_all(text, |found: &Captures<'_>| {
        let part = |i: usize| found.get(i).map_or("", |m| m.as_str());
        [1, 2, 3, 4, 5, 6].map(|i| if i % 2 == 1 { part(i).to_owned() } else { stars(part(i)) }).concat()
    })
}

fn stars(text: &str) -> String {
    text.bytes().map(|b| if b == b'\n' { '\n' } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn secrets_are_masked_and_lengths_stay() {
        let text = "auth = { id = \"abc\", api_key = 'd#e' }\npassword: hün, x\nuri = \"https://u:p@host/x\"\n\"token\": \"open\nnext = \"x\"";
        let masked = mask(text);
        assert_eq!(masked.len(), text.len());
        for secret in ["abc", "d#e", "hün", "u:p", "open"] {
            assert!(!masked.contains(secret), "{masked}");
        }
        assert!(masked.contains("host/x") && masked.contains("next = \"x\""), "{masked}");
        assert!(masked.contains("auth = { id = *****, api_key = ***** }"), "{masked}");
        for text in
            ["password = \"\"\"x\nhunter2\"\"\"", "password: a 'b' hunter2", "token = \"a\\\"hunter2\"", "pwd:\n  'it''s hunter2'"]
        {
            assert!(!mask(text).contains("hunter2"), "{}", mask(text));
        }
    }

    #[test]
    fn what_is_told_of_news_is_masked() {
        let masked = mask(
            "webhook = \"https://hooks.example/T0/hunter2\"\nnotify = 'send --key hunter2'\nmail_command = 'msmtp --passwordeval hunter2'\n",
        );
        assert!(!masked.contains("hunter2"), "{masked}");
    }

    #[test]
    fn certificates_and_keys_are_masked() {
        assert!(!mask("ca: |\n -----BEGIN PRIVATE KEY-----\nMIIE\n").contains("MIIE"));
    }
}
