//! Command lines in their arguments.

use super::document::{EcsDocument, FieldValue};
use std::borrow::Cow;

/// `.command_line`, `.args` and `.args_count`, split as Windows does: without quotes.
pub(super) fn command<'a>(to: &'static str, line: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    let args = split(&line);
    if !args.is_empty() {
        document.number(format!("{to}.args_count"), args.len() as i64);
        document.set(format!("{to}.args"), FieldValue::Texts(args.into_iter().map(Cow::Owned).collect()));
    }
    document.text(format!("{to}.command_line"), line);
}

/// `.command_line` and `.args`, split at blanks outside of quotes, which stay.
pub(super) fn quoted_command<'a>(to: &'static str, line: Cow<'a, str>, document: &mut EcsDocument<'a>) {
    document.set(format!("{to}.args"), FieldValue::Texts(split_quoted(&line).into_iter().map(Cow::Owned).collect()));
    document.text(format!("{to}.command_line"), line);
}

/// The arguments of a command line by the rules of Windows: blanks part them outside of quotes, a backslash before a quote
/// escapes it, and two quotes inside of quotes end them with one.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut args = Vec::new();
    let mut rest = line.trim_start_matches([' ', '\t']).chars().peekable();
    while rest.peek().is_some() {
        let (mut arg, mut quoted, mut slashes) = (String::new(), false, 0_usize);
        while let Some(&c) = rest.peek() {
            if !quoted && (c == ' ' || c == '\t') {
                break;
            }
            rest.next();
            match c {
                '\\' => slashes += 1,
                '"' => {
                    arg.extend(std::iter::repeat_n('\\', slashes / 2));
                    if std::mem::take(&mut slashes) % 2 == 1 {
                        arg.push('"');
                    } else {
                        // As before 2008: the second of two quotes stands for itself, and the first ends the quotes.
                        if quoted && rest.next_if_eq(&'"').is_some() {
                            arg.push('"');
                        }
                        quoted = !quoted;
                    }
                }
                other => {
                    arg.extend(std::iter::repeat_n('\\', std::mem::take(&mut slashes)));
                    arg.push(other);
                }
            }
        }
        arg.extend(std::iter::repeat_n('\\', slashes));
        args.push(arg);
        while rest.next_if(|c| *c == ' ' || *c == '\t').is_some() {}
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
        assert_eq!(split_quoted(r#"a  "b c" d"#), ["a", "", r#""b c""#, "d"]);
    }
}
