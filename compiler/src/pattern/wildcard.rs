//! The text of `wildcard` queries.

/// Appends a character that stands for itself in a `wildcard` query.
pub(super) fn push_wildcard_literal(out: &mut String, c: char) {
    if matches!(c, '*' | '?' | '\\') {
        out.push('\\');
    }
    out.push(c);
}
