//! Masks values of configuration texts before diagnostics quote them. Byte offsets stay the same.
//!
//! Nobody can tell a secret by the name of its key: misspelt keys are what diagnostics are about. So every value is masked, but
//! for those of keys that hold no secret, and whatever is neither a key nor a table's name is taken for a value. Broken texts
//! are masked too, so nothing here needs a right one.

use std::ops::Range;

/// Keys of `huntc.toml` whose values help whoever reads a message, and are no secret.
const PLAIN: [&str; 39] = [
    "aggregate_from",
    "fingerprint",
    "patience",
    "ca",
    "concurrency",
    "default_window",
    "dialects",
    "fail_on_findings",
    "hints",
    "hunt_time",
    "indices",
    "insecure",
    "jobs",
    "keep_history",
    "keep_reports",
    "lag",
    "like_case",
    "lookup",
    "mapping",
    "max_records",
    "max_requests",
    "night_records",
    "night_time",
    "out",
    "outputs",
    "overlap",
    "page_size",
    "path",
    "roots",
    "since",
    "state",
    "suppress",
    "timeout",
    "tls",
    "uri",
    "environment",
    "notify_environment",
    "webhook_format",
    "webhook_template",
];

/// The levels of lints.
const LEVELS: [&str; 3] = ["allow", "warn", "deny"];

/// Keys inside of tables on one line: they are shown where they stand, whatever stands around them.
const INNER: [&str; 18] = [
    "access_token",
    "api_key",
    "auth",
    "ca",
    "config",
    "connection",
    "connector",
    "host",
    "id",
    "indices",
    "insecure",
    "options",
    "password",
    "port",
    "profiles",
    "selfSignedCert",
    "token",
    "username",
];

/// The text of a TOML file with each byte of a value replaced by `*`.
pub(super) fn toml(text: &str) -> String {
    let mut mask = Mask::new(text);
    let mut table = "";
    let mut at = 0;
    while at < text.len() {
        let line = line_at(text, at);
        let body = &text[line.clone()];
        let begin = line.start + (body.len() - body.trim_start().len());
        if text[begin..line.end].starts_with('[') {
            // A name may be quoted, and hold a `]`.
            let end = text[begin..line.end].rfind(']').map_or(begin + 1, |close| begin + close + 1);
            table = &text[begin..end];
            mask.keep(begin..end);
            at = line.end + 1;
            continue;
        }
        let Some(equals) = key_end(&text[begin..line.end]).map(|end| begin + end) else {
            at = line.end + 1;
            continue;
        };
        let key = text[begin..equals].trim().trim_matches(['"', '\'']);
        mask.keep(begin..equals + 1);
        let value = equals + 1..value_end(text, equals + 1);
        if is_plain(key, table, &text[value.clone()]) {
            mask.keep_value(value.clone());
        } else {
            mask.keep_inner(value.clone(), '=');
        }
        at = line_at(text, value.end.min(text.len())).end + 1;
    }
    mask.text()
}

/// The text of a YAML file with each byte of a value replaced by `*`. Of keys those stay that Kestrel knows, and these.
pub(super) fn yaml(text: &str, keys: &[String]) -> String {
    let mut mask = Mask::new(text);
    mask.keep_inner(0..text.len(), ':');
    for key in keys {
        for (at, _) in text.match_indices(key.as_str()) {
            let begins = text[..at].trim_end_matches(['"', '\'']);
            let begins = begins.trim_end_matches(' ');
            let behind = text[at + key.len()..].trim_start_matches(['"', '\'']);
            if (begins.is_empty() || begins.ends_with(['\n', '{', ','])) && behind.starts_with(':') {
                mask.keep(at..at + key.len());
            }
        }
    }
    mask.text()
}

/// Which bytes of a text are kept.
struct Mask<'t> {
    text: &'t str,
    kept: Vec<bool>,
}

impl<'t> Mask<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, kept: vec![false; text.len()] }
    }

    fn keep(&mut self, range: Range<usize>) {
        if let Some(kept) = self.kept.get_mut(range) {
            kept.fill(true);
        }
    }

    /// Keeps a value without the comments in it and behind it, which may hold an earlier secret.
    fn keep_value(&mut self, range: Range<usize>) {
        let (mut quote, mut comment) = (None, false);
        for (at, c) in self.text[range.clone()].char_indices() {
            match quote {
                _ if comment => comment = c != '\n',
                Some(q) if c == q || c == '\n' => quote = None,
                Some(_) => {}
                None if matches!(c, '"' | '\'') => quote = Some(c),
                None => comment = c == '#',
            }
            if !comment {
                self.keep(range.start + at..range.start + at + c.len_utf8());
            }
        }
    }

    /// Keeps the brackets of tables and lists, and the known keys of tables.
    fn keep_inner(&mut self, range: Range<usize>, separator: char) {
        let text = self.text;
        for key in INNER {
            for (at, _) in text[range.clone()].match_indices(key) {
                let at = range.start + at;
                let before = text[..at].chars().next_back();
                let behind = text[at + key.len()..].trim_start_matches([' ', '"', '\'']);
                let whole = before.is_none_or(|c| " \n\t{,\"'".contains(c));
                if whole && behind.starts_with(separator) && !behind[separator.len_utf8()..].starts_with(separator) {
                    self.keep(at..at + key.len());
                }
            }
        }
        let marks = text[range.clone()].char_indices().filter(|(_, c)| matches!(c, '{' | '}' | ',' | ':' | '=') && text.len() > 1);
        let marks: Vec<usize> = marks.map(|(at, _)| range.start + at).collect();
        // A mark within a secret tells little, and makes the rest readable; inside of quotes it belongs to the secret.
        for at in marks.into_iter().filter(|at| !in_quotes(&text[range.start..*at])) {
            self.keep(at..at + 1);
        }
    }

    fn text(&self) -> String {
        let bytes = self.text.bytes().zip(&self.kept).map(|(byte, kept)| match byte {
            b'\n' | b' ' | b'\t' => byte,
            _ if *kept => byte,
            _ => b'*',
        });
        // Whole characters are kept or masked.
        String::from_utf8(bytes.collect()).unwrap_or_else(|e| "*".repeat(e.as_bytes().len()))
    }
}

fn line_at(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    start..text[at..].find('\n').map_or(text.len(), |n| at + n)
}

/// Whether the text ends inside of a quoted word of its last line.
fn in_quotes(text: &str) -> bool {
    let line = text.rsplit('\n').next().unwrap_or("");
    let mut open = None;
    for c in line.chars() {
        match open {
            None if matches!(c, '"' | '\'') => open = Some(c),
            Some(quote) if quote == c => open = None,
            _ => {}
        }
    }
    open.is_some()
}

/// Where the `=` behind a key stands, if a line begins with a key: words, dots and quoted names.
fn key_end(line: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == '=' => return (at > 0).then_some(at),
            None if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | '\t') => {}
            None => return None,
        }
    }
    None
}

/// Where a value ends that begins here: at the end of its line, or behind its last bracket or its closing `"""`.
fn value_end(text: &str, from: usize) -> usize {
    let value = &text[from..];
    let body = value.trim_start_matches([' ', '\t']);
    let start = from + value.len() - body.len();
    for quotes in ["\"\"\"", "'''"] {
        if body.starts_with(quotes) {
            return body[3..].find(quotes).map_or(text.len(), |at| start + at + 6);
        }
    }
    let mut depth = 0_usize;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match quote {
            Some(_) if c == '\n' => return start + at,
            Some('"') if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if matches!(c, '[' | '{') => depth += 1,
            None if matches!(c, ']' | '}') => depth = depth.saturating_sub(1),
            None if c == '\n' && depth == 0 => return start + at,
            None => {}
        }
    }
    text.len()
}

/// Whether a value holds no secret.
fn is_plain(key: &str, table: &str, value: &str) -> bool {
    let key = key.rsplit('.').next().unwrap_or(key).trim().trim_matches(['"', '\'']);
    // A key of another table may have come to stand among the lints.
    let code = key.strip_prefix('K').is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()));
    let level = LEVELS.contains(&value.trim().trim_matches(['"', '\'']));
    let plain = PLAIN.contains(&key) || table == "[lints]" && (code || level);
    // A table, and a name with a value behind it, may hold anything where it is not expected.
    let plain = plain && (matches!(key, "tls" | "dialects") || !value.trim_start().starts_with('{'));
    let plain = plain && !(matches!(key, "environment" | "notify_environment") && value.contains('='));
    // Whatever stands before an `@` or behind a `?` of an address may be one; so may the key of a certificate.
    plain && !value.contains(['@', '?']) && !value.contains("-----BEGIN") && !value.contains("auth")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spellings under which a key, a password or a token was seen in a configuration.
    const VALUES: [&str; 27] = [
        "environment = { KEY = 'hunter2' }",
        "notify_environment = [\"KEY=hunter2\"]",
        "path = { password = 'hunter2' }",
        "auth = \"hunter2\"",
        "auth = [\"hunter2\"]",
        "auth = hunter2",
        "auth = { api-key = \"hunter2\" }",
        "auth = { pass = 'hunter2', passphrase = \"hunter2\" }",
        "auth = { bearer_token = \"hunter2\", service_token = \"hunter2\" }",
        "auth = { client_secret = \"hunter2\", key = \"hunter2\", credential = \"hunter2\", basic = \"hunter2\" }",
        "auth = { token = \"hun\\\"ter2 hunter2\" }",
        "headers = { Cookie = \"hunter2\" }",
        "webhok = \"https://hooks.example/hunter2\"",
        "notify_command = 'send --key hunter2'",
        "uri = \"https://u:p/hunter2@h\"",
        "uri = \"https://h/x?key=hunter2\"",
        "exec = [\"score\", \"--key=hunter2\"]",
        "password = \"\"\"x\nhunter2\"\"\"",
        "password = '''\nx = 1\nhunter2'''",
        "password = \"open hunter2",
        "path = \"x\" # \"hunter2\"",
        "roots = [\"a\", # hunter2\n\"b\"]",
        "token = [\n  \"hunter2\",\n]",
        "path = \"x\" # token: hunter2",
        "# password = hunter2",
        "pin = hunter2",
        "hunter2",
    ];

    #[test]
    fn no_value_is_shown_whatever_its_key() {
        for text in VALUES {
            for text in
                [format!("[sources.a]\n{text}\n"), format!("[nightly]\n{text}\n"), text.to_owned(), format!("{text}\nx = [")]
            {
                let masked = toml(&text);
                assert_eq!(masked.len(), text.len());
                assert!(!masked.contains("hunter2") && !masked.contains("hun\\"), "{text}\n{masked}");
            }
        }
    }

    #[test]
    fn what_is_no_secret_stays_readable() {
        let text = "[sources.\"a b\"]\nuri = \"https://h:9200\" # c\npage_size = 20000\nauth = { username = \"u\", api_key = 'k' }\nt.x = 1\n";
        let wanted = "[sources.\"a b\"]\nuri = \"https://h:9200\" * *\npage_size = 20000\nauth = { username = ***, api_key = *** }\nt.x = *\n";
        assert_eq!(toml(text), wanted);
        assert_eq!(toml("[lints]\nK0816 = 'off'\n"), "[lints]\nK0816 = 'off'\n");
        assert_eq!(toml("[lints]\nunused-variable = \"allow\"\n"), "[lints]\nunused-variable = \"allow\"\n");
        assert_eq!(toml("[lints]\nnotify = 'hunter2'\n"), "[lints]\nnotify = *********\n");
        assert_eq!(toml("[run]\nroots = [\n 'a',\n]\nx = 'y'\n"), "[run]\nroots = [\n 'a',\n]\nx = ***\n");
    }

    #[test]
    fn yaml_is_masked_but_for_known_keys() {
        let text = "profiles:\n  host101:\n    connection: {host: h, port: 9200}\n    config:\n      auth: {api_key: hunter2, x: 'a hunter2'}\n      pass: hunter2\n  b: [\n";
        let masked = yaml(text, &["host101".to_owned()]);
        assert_eq!(masked.len(), text.len());
        assert!(!masked.contains("hunter2") && masked.contains("host101:") && masked.contains("{api_key: *******,"), "{masked}");
        for text in
            ["password: a 'b' hunter2", "pwd:\n  'it''s hunter2'", "ca: |\n -----BEGIN PRIVATE KEY-----\nhunter2\n", "- hunter2: x"]
        {
            assert!(!yaml(text, &[]).contains("hunter2"), "{}", yaml(text, &[]));
        }
    }
}
