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

    /// How many bytes it has, but for its head.
    pub(super) fn length(&self) -> usize {
        self.rest.len()
    }

    /// Its values by their keys. Those that a program sent stand in `msg='…'`, and count as the line's; those that the daemon added,
    /// with names in place of numbers, come behind a separator.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for part in self.rest.split('\u{1d}') {
            self.read_pairs(part, 0, &mut pairs);
        }
        pairs
    }

    fn read_pairs(&self, text: &str, depth: usize, pairs: &mut Vec<(String, String)>) {
        let mut rest = decision(text, pairs);
        while let Some((before, behind)) = rest.split_once('=') {
            let mut words = before.rsplit(|c: char| c.is_whitespace() || c == ',');
            let key = words.next().unwrap_or_default().trim_start_matches('(');
            // Before version 3.14 of the kernel: `old auid=4294967295 new auid=0`.
            let side = words.next().filter(|word| self.kind == "LOGIN" && matches!(*word, "old" | "new"));
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
            if nested && value.contains('=') && depth < NESTED {
                self.read_pairs(value, depth + 1, pairs);
                continue;
            }
            let value = if quote.is_none() { unbraced(value) } else { value };
            if !key.is_empty() && !matches!(value, "?" | "(null)" | "") {
                let value = if quote.is_none() && self.is_untrusted(key) { decoded(value) } else { value.to_owned() };
                pairs.push((side.map_or_else(|| key.to_owned(), |side| format!("{side}_{key}")), value));
            }
        }
    }

    /// Whether the values of a key are hexadecimal where they are not quoted, since a stranger chose them. The arguments of system
    /// calls are numbers.
    fn is_untrusted(&self, key: &str) -> bool {
        let argument = key.strip_prefix('a').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        argument && self.kind == "EXECVE" || UNTRUSTED.contains(&key)
    }
}

/// What stands between keys in old messages: `(hostname=?, addr=?, terminal=cron res=success)`.
fn unbraced(value: &str) -> &str {
    let value = value.strip_suffix(',').unwrap_or(value);
    if value.contains('(') { value } else { value.trim_end_matches(')') }
}

/// Takes the decision in front of a line of SELinux, `avc:  denied  { read write } for  pid=1`, and gives what follows.
fn decision<'t>(text: &'t str, pairs: &mut Vec<(String, String)>) -> &'t str {
    let parts = text.trim_start().strip_prefix("avc:").and_then(|rest| {
        let (result, rest) = rest.split_once('{')?;
        let (permissions, rest) = rest.split_once('}')?;
        Some((result.trim(), permissions.split_whitespace().collect::<Vec<_>>().join(","), rest))
    });
    let Some((result, permissions, rest)) = parts else { return text };
    for (key, value) in [("seresult", result.to_owned()), ("seperms", permissions)] {
        if !value.is_empty() && !value.contains('=') {
            pairs.push((key.to_owned(), value));
        }
    }
    rest
}

/// How deep messages stand in messages: those of programs in the line, and those of libraries in them.
const NESTED: usize = 2;

/// Keys whose values are hexadecimal where they are not quoted.
const UNTRUSTED: [&str; 14] =
    ["comm", "exe", "name", "cwd", "proctitle", "acct", "cmd", "data", "path", "key", "watch", "dir", "vm", "file"];

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

    fn pairs(kind: &str, rest: &str) -> Vec<(String, String)> {
        let line = format!("type={kind} msg=audit(1603349880.462:17): {rest}");
        AuditLine::read(&line).map(|line| line.pairs()).unwrap_or_default()
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
        for (kind, rest, wanted) in [
            ("X", r#"pid=2 comm="a b" exe=2F62696E2F6C73 key=(null)"#, &[("pid", "2"), ("comm", "a b"), ("exe", "/bin/ls")][..]),
            ("PROCTITLE", "proctitle=6C73002D6C", &[("proctitle", "ls -l")]),
            ("EXECVE", "a0=7F a1=12", &[("a0", "\u{7f}"), ("a1", "12")]),
            // The arguments of a call are numbers.
            ("SYSCALL", "a0=5566 a1=ABCD exit=0", &[("a0", "5566"), ("a1", "ABCD"), ("exit", "0")]),
            (
                "USER_LOGIN",
                "msg='op=login acct=\"root\" addr=10.0.0.1 res=success'",
                &[("op", "login"), ("acct", "root"), ("addr", "10.0.0.1"), ("res", "success")],
            ),
            (
                "USER_START",
                "user pid=9 msg='PAM: session open acct=\"ann\" : exe=\"/usr/sbin/crond\" (hostname=?, addr=10.0.0.1, terminal=cron res=success)'",
                &[
                    ("pid", "9"),
                    ("acct", "ann"),
                    ("exe", "/usr/sbin/crond"),
                    ("addr", "10.0.0.1"),
                    ("terminal", "cron"),
                    ("res", "success"),
                ],
            ),
            (
                "LOGIN",
                "login pid=9 uid=0 old auid=4294967295 new auid=1000 old ses=1 new ses=2",
                &[("pid", "9"), ("uid", "0"), ("old_auid", "4294967295"), ("new_auid", "1000"), ("old_ses", "1"), ("new_ses", "2")],
            ),
            (
                "AVC",
                "avc:  denied  { read write } for  pid=9 comm=\"x\"",
                &[("seresult", "denied"), ("seperms", "read,write"), ("pid", "9"), ("comm", "x")],
            ),
            (
                "USER_AVC",
                "pid=1 msg='avc:  granted  { status } for auid=0  exe=\"/x\"'",
                &[("pid", "1"), ("seresult", "granted"), ("seperms", "status"), ("auid", "0"), ("exe", "/x")],
            ),
            ("X", "uid=0\u{1d}UID=\"root\"", &[("uid", "0"), ("UID", "root")]),
            (
                "SOCKADDR",
                "SADDR={ saddr_fam=inet laddr=10.0.0.1 lport=53 }",
                &[("saddr_fam", "inet"), ("laddr", "10.0.0.1"), ("lport", "53")],
            ),
            ("X", "old=x, new=y", &[("old", "x"), ("new", "y")]),
            ("X", "a=f(x) b=(x", &[("a", "f(x)"), ("b", "(x")]),
            ("X", "open=\"never", &[("open", "never")]),
            ("X", "avc: = {", &[]),
            ("X", "= =", &[]),
        ] {
            let wanted: Vec<(String, String)> = wanted.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(pairs(kind, rest), wanted, "{kind} {rest}");
        }
    }

    #[test]
    fn messages_in_messages_are_not_followed_for_ever() {
        let deep = pairs("X", &"a={".repeat(1 << 20));
        assert_eq!(deep.len(), 1);
    }
}
