//! Text tests: LIKE by backtracking over characters, MATCHES by a regular expression with ASCII classes.

use fancy_regex::Regex;

/// Whether a whole text is like a pattern: `%` any run, `_` one character, ASCII letters folded.
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.to_ascii_lowercase().chars().collect();
    let pattern: Vec<char> = pattern.to_ascii_lowercase().chars().collect();
    // reach[i]: the pattern so far can end before the i-th character.
    let mut reach: Vec<bool> = (0..=text.len()).map(|i| i == 0).collect();
    for wanted in pattern {
        let mut next = vec![false; text.len() + 1];
        for i in 0..=text.len() {
            next[i] = match wanted {
                '%' => reach[i] || (i > 0 && next[i - 1]),
                '_' => i > 0 && reach[i - 1],
                c => i > 0 && reach[i - 1] && text[i - 1] == c,
            };
        }
        reach = next;
    }
    reach[text.len()]
}

/// The expression as MATCHES means it: the dot takes newlines, classes are ASCII.
pub(crate) fn expression(pattern: &str) -> Result<Regex, String> {
    let mut out = String::from("(?s)");
    let mut chars = pattern.chars();
    let mut inside = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let Some(escaped) = chars.next() else { return Err("the pattern ends in a backslash".to_owned()) };
                let (class, negated) = match escaped.to_ascii_lowercase() {
                    'd' => ("0-9", escaped == 'D'),
                    'w' => ("A-Za-z0-9_", escaped == 'W'),
                    's' => (r"\t\n\x0b\x0c\r ", escaped == 'S'),
                    _ => {
                        out.push('\\');
                        out.push(escaped);
                        continue;
                    }
                };
                match (inside, negated) {
                    (true, false) => out.push_str(class),
                    (_, true) => out = out + "[^" + class + "]",
                    (false, false) => out = out + "[" + class + "]",
                }
            }
            '[' if !inside => {
                inside = true;
                out.push(c);
            }
            ']' if inside && !out.ends_with('[') && !out.ends_with("[^") => {
                inside = false;
                out.push(c);
            }
            c => out.push(c),
        }
    }
    Regex::new(&out).map_err(|e| e.to_string())
}

const HIVES: &[(&str, &str)] = &[
    ("HKEY_LOCAL_MACHINE", "HKLM"),
    ("HKEY_CURRENT_USER", "HKCU"),
    ("HKEY_USERS", "HKU"),
    ("HKEY_CLASSES_ROOT", "HKCR"),
    ("HKEY_CURRENT_CONFIG", "HKCC"),
    ("HKEY_PERFORMANCE_DATA", "HKPD"),
    ("HKEY_DYN_DATA", "HKDD"),
];

/// A path that begins with a hive name, with that name in its short form. `fold`: the name in any case.
pub(crate) fn short_hive(path: &str, fold: bool) -> Option<String> {
    let (head, rest) = path.split_once('\\')?;
    let same = |name: &str| if fold { head.eq_ignore_ascii_case(name) } else { head == name };
    let (_, short) = HIVES.iter().find(|(long, short)| same(long) || same(short))?;
    Some(format!("{short}\\{rest}"))
}

#[test]
fn like_is_on_the_whole_value_by_code_point() {
    for (text, pattern, expected) in [
        ("procdump.exe", "PROC_UMP%", true),
        ("procdump.exe", "dump", false),
        ("é", "_", true),
        ("É", "é", false),
        ("", "%", true),
        ("a\nb", "a%b", true),
        (r"C:\x", r"c:\%", true),
        ("ab", "%%_", true),
        ("", "_", false),
    ] {
        assert_eq!(like(text, pattern), expected, "{text:?} LIKE {pattern:?}");
    }
}

#[test]
fn classes_of_matches_are_ascii() {
    for (text, pattern, expected) in
        [("٣", r"\d", false), ("3", r"[\d]", true), ("é", r"^\W$", true), ("a\nb", "a.b", true), ("xay", "a", true)]
    {
        assert_eq!(expression(pattern).unwrap().is_match(text).unwrap(), expected, "{text:?} MATCHES {pattern:?}");
    }
}
