//! Lines of the audit log: `type=SYSCALL msg=audit(1603349880.462:17): arch=c000003e syscall=59 comm="ls"`.

/// A line: its head, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AuditLine<'a> {
    /// The host that sent it, where logs of several are joined.
    pub(super) node: Option<&'a str>,
    pub(super) kind: &'a str,
    /// Seconds since 1970, as they are written.
    pub(super) time: &'a str,
    pub(super) serial: &'a str,
    rest: &'a str,
}

impl<'a> AuditLine<'a> {
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let (node, line) = match line.strip_prefix("node=") {
            Some(rest) => rest.split_once(' ').map(|(node, rest)| (Some(node), rest))?,
            None => (None, line),
        };
        let (kind, rest) = line.strip_prefix("type=")?.split_once(" msg=audit(")?;
        let (stamp, rest) = rest.split_once(')')?;
        let (time, serial) = stamp.rsplit_once(':')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_word = !kind.is_empty() && !kind.contains(char::is_whitespace);
        if !is_word || !digits(serial) || super::super::read_value::seconds(time).is_none() {
            return None;
        }
        Some(Self { node, kind, time, serial, rest: rest.trim_start_matches(':') })
    }

    /// Its values by their keys. Those that a program sent stand in `msg='…'`, and count as the line's; those that the daemon added,
    /// with names in place of numbers, come behind a separator.
    pub(super) fn pairs(&self) -> Vec<(&'a str, String)> {
        let mut pairs = Vec::new();
        for part in self.rest.split('\u{1d}') {
            read_pairs(part, &mut pairs);
        }
        pairs
    }
}

fn read_pairs<'a>(text: &'a str, pairs: &mut Vec<(&'a str, String)>) {
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('=') {
        let key = before.rsplit(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default();
        let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, next) = match quote {
            Some(quote) => {
                let inside = behind.get(1..).unwrap_or_default();
                inside.split_once(quote).unwrap_or((inside, ""))
            }
            None if behind.starts_with('{') => behind.get(1..).unwrap_or_default().split_once('}').unwrap_or((behind, "")),
            None => behind.split_once(char::is_whitespace).unwrap_or((behind, "")),
        };
        rest = next;
        let nested = quote == Some('\'') || quote.is_none() && behind.starts_with('{');
        if nested && value.contains('=') {
            read_pairs(value, pairs);
        } else if !key.is_empty() && !matches!(value, "?" | "(null)" | "") {
            let value = if quote.is_none() && is_untrusted(key) { decoded(value) } else { value.to_owned() };
            pairs.push((key, value));
        }
    }
}

/// Keys whose values are hexadecimal where they are not quoted, since a stranger chose them.
fn is_untrusted(key: &str) -> bool {
    let argument = key.strip_prefix('a').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    argument
        || matches!(
            key,
            "comm"
                | "exe"
                | "name"
                | "cwd"
                | "proctitle"
                | "acct"
                | "cmd"
                | "data"
                | "path"
                | "key"
                | "watch"
                | "dir"
                | "vm"
                | "file"
        )
}

/// The text behind hexadecimal digits; bytes of zero are what stood between words. Whatever is none stays as it is.
fn decoded(value: &str) -> String {
    let bytes = hexadecimal(value).filter(|bytes| bytes.len() > 1 || !value.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(mut bytes) = bytes else { return value.to_owned() };
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

pub(super) fn hexadecimal(value: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_lowercase());
    let pairs = value.as_bytes().chunks(2);
    let one = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    };
    pairs.map(one).collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(rest: &str) -> Vec<(String, String)> {
        let line = format!("type=X msg=audit(1603349880.462:17): {rest}");
        AuditLine::read(&line).map(|line| line.pairs().into_iter().map(|(k, v)| (k.to_owned(), v)).collect()).unwrap_or_default()
    }

    #[test]
    fn lines_are_read() {
        let line = AuditLine::read("node=web1 type=SYSCALL msg=audit(1603349880.462:17): a=1");
        assert_eq!(line.map(|l| (l.node, l.kind, l.time, l.serial)), Some((Some("web1"), "SYSCALL", "1603349880.462", "17")));
        for bad in
            ["type=X", "type=X msg=audit(x:1):", "type=X msg=audit(1603349880.462):", "x type=X msg=audit(1603349880.1:1): a=1", ""]
        {
            assert_eq!(AuditLine::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn values_are_read_as_they_are_quoted() {
        for (rest, wanted) in [
            (r#"pid=2 comm="a b" exe=2F62696E2F6C73 key=(null)"#, &[("pid", "2"), ("comm", "a b"), ("exe", "/bin/ls")][..]),
            ("proctitle=6C73002D6C", &[("proctitle", "ls -l")]),
            ("a0=7F a1=12", &[("a0", "\u{7f}"), ("a1", "12")]),
            (
                "msg='op=login acct=\"root\" addr=10.0.0.1 res=success'",
                &[("op", "login"), ("acct", "root"), ("addr", "10.0.0.1"), ("res", "success")],
            ),
            ("uid=0\u{1d}UID=\"root\"", &[("uid", "0"), ("UID", "root")]),
            ("SADDR={ saddr_fam=inet laddr=10.0.0.1 lport=53 }", &[("saddr_fam", "inet"), ("laddr", "10.0.0.1"), ("lport", "53")]),
            ("old=x, new=y", &[("old", "x,"), ("new", "y")]),
            ("open=\"never", &[("open", "never")]),
            ("= =", &[]),
        ] {
            let wanted: Vec<(String, String)> = wanted.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(pairs(rest), wanted, "{rest}");
        }
    }
}
