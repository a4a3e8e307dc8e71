//! What the name of an index may hold, and how an index expression stands in the path of a request.

use crate::unsafe_char::is_unsafe;

/// Why no index can have a name; `None` where one can. Patterns, aliases, exclusions, date math and indices of remote clusters
/// (`cluster:index`) are names too.
pub fn fault(name: &str) -> Option<&'static str> {
    let math = name.strip_prefix(['-', '+']).unwrap_or(name);
    let math = math.starts_with('<') && math.ends_with('>');
    // Characters that end a path, or lead elsewhere in it.
    let leads_on = |c: char| matches!(c, '/' | '\\' | '?' | '#' | '"') && !(math && c == '/');
    if name.split(':').any(|part| matches!(part, "." | ".." | "")) {
        Some("a part of it is empty, `.` or `..`")
    } else if name.chars().any(|c| c.is_whitespace() || is_unsafe(c)) {
        Some("it holds a blank, a line break or an invisible character")
    } else if name.chars().any(leads_on) {
        Some("it holds `/`, `\\`, `?`, `#` or `\"`")
    } else {
        None
    }
}

/// An index expression as one part of a path: everything that could end the part or the line is encoded.
pub fn in_path(expression: &str) -> String {
    use std::fmt::Write as _;
    expression.bytes().fold(String::with_capacity(expression.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.,*~:@+".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_indices_are_told_from_others() {
        for good in ["winlogbeat-*", "-old-*", "cluster:logs-2026.01", "*:logs-*", ".ds-logs", "<logs-{now/d}>", "Ünicode", "a..b"]
        {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "c:..",
            ":x",
            "a b",
            "a\nb",
            "a\u{202e}b",
            "a/b",
            "a?b",
            "a#b",
            "a\\b",
            "a\"b",
            "<a/b",
            "x/_delete_by_query?y=",
        ] {
            assert!(fault(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn an_expression_stays_one_part_of_a_path() {
        assert_eq!(in_path("logs-*,-logs-old,c:x"), "logs-*,-logs-old,c:x");
        assert_eq!(in_path("<logs-{now/d}>"), "%3Clogs-%7Bnow%2Fd%7D%3E");
        assert_eq!(in_path("a?b#ü\nDELETE /x"), "a%3Fb%23%C3%BC%0ADELETE%20%2Fx");
    }
}
