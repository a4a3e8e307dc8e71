//! The catalog's spelling of attribute names.

/// An attribute's name without list marks and quotes: `protocols[*]` is `protocols`, `values[0].name` is `values.name`,
/// `hashes.'SHA-256'` is `hashes.SHA-256`.
pub fn canonical(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut index = false;
    for c in name.chars() {
        match c {
            '[' => index = true,
            ']' if index => index = false,
            '\'' | '"' => {}
            c if !index => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_marks_and_quotes() {
        for (written, name) in [
            ("hashes.'SHA-256'", "hashes.SHA-256"),
            ("hashes.\"SHA-256\"", "hashes.SHA-256"),
            ("protocols[*]", "protocols"),
            ("values[*].name", "values.name"),
            ("values[0].name", "values.name"),
            ("name", "name"),
            ("a]b", "a]b"),
        ] {
            assert_eq!(canonical(written), name);
        }
    }
}
