//! Command lines in their arguments.

use super::document::{EcsDocument, FieldValue};
use super::field_path::under;
use std::borrow::Cow;

/// `.command_line`, `.args` and `.args_count`, split as Windows does: without quotes.
pub(super) fn command<'a>(to: &'static str, line: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    let args = match &line {
        Cow::Borrowed(line) => split(line),
        Cow::Owned(line) => split(line).into_iter().map(|arg| Cow::Owned(arg.into_owned())).collect(),
    };
    if !args.is_empty() {
        document.number(under(to, "args_count"), args.len() as i64);
        document.set(under(to, "args"), FieldValue::Texts(args));
    }
    document.text(under(to, "command_line"), line);
}

/// `.command_line` and `.args`, split at blanks outside of quotes, which stay.
pub(super) fn quoted_command<'a>(to: &'static str, line: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    document.set(under(to, "args"), FieldValue::Texts(split_quoted(&line).into_iter().map(Cow::Owned).collect()));
    document.text(under(to, "command_line"), line);
}

/// The arguments of a command line by the rules of Windows: blanks part them outside of quotes, a backslash before a quote
/// escapes it, and two quotes inside of quotes end them with one.
fn split(line: &str) -> Vec<Cow<'_, str>> {
    let mut args = Vec::new();
    let mut rest = line.trim_start_matches([' ', '\t']);
    while !rest.is_empty() {
        let (mut arg, mut quoted) = (Cow::default(), false);
        loop {
            let end = rest.find(|c| c == '"' || !quoted && (c == ' ' || c == '\t')).unwrap_or(rest.len());
            let (part, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let Some(behind) = behind.strip_prefix('"') else {
                arg += part;
                rest = behind;
                break;
            };
            rest = behind;
            let plain = part.trim_end_matches('\\');
            let slashes = part.strip_prefix(plain).unwrap_or_default();
            arg += plain;
            arg += slashes.get(..slashes.len() / 2).unwrap_or_default();
            if slashes.len() % 2 == 1 {
                arg += "\"";
                continue;
            }
            // As before 2008: the second of two quotes stands for itself, and the first ends the quotes.
            if quoted && let Some(behind) = rest.strip_prefix('"') {
                arg += "\"";
                rest = behind;
            }
            quoted = !quoted;
        }
        args.push(arg);
        rest = rest.trim_start_matches([' ', '\t']);
    }
    args
}

/// Parts between single blanks outside of quotes; quotes stay, blanks one after the other have empty parts between them.
fn split_quoted(line: &str) -> Vec<String> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        quoted ^= c == '"';
        match parts.last_mut() {
            Some(_) if c == ' ' && !quoted => parts.push(String::new()),
            Some(part) => part.push(c),
            None => {}
        }
    }
    parts
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_parted_as_windows_does() {
        assert_eq!(split(r#""C:\Windows\notepad.exe" "#), [r"C:\Windows\notepad.exe"]);
        assert_eq!(split(r#"a  "b c" d\e "f\"g" h\\"i j" "k""l""#), ["a", "b c", r"d\e", "f\"g", r"h\i j", "k\"l"]);
        assert_eq!(split(""), [""; 0]);
        assert_eq!(split(r#"a\\\"b \\\\" c"d e"#), [r#"a\"b"#, r"\\ cd", "e"]);
        assert_eq!(split_quoted(r#"a  "b c" d"#), ["a", "", r#""b c""#, "d"]);
    }
}
