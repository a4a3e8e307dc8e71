//! How wide the columns of a table are: what does not wrap gets the room that it needs, long texts share the rest.

use crate::report::sanitize::terminal;
use huntc_compiler::value::Value;
use serde::Serialize;
use std::net::IpAddr;

/// What a column holds, by its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ColumnKind {
    /// Numbers, to the right.
    Number,
    /// Instants.
    Time,
    /// Addresses of machines.
    Address,
    /// Texts that fit on a line.
    Text,
    /// Texts that wrap, such as command lines.
    Long,
    /// What stands behind a row.
    Evidence,
}

/// Texts up to this many characters stay on a line.
const LINE: usize = 44;
/// The widest that a column of long texts gets, unless there is room.
const WIDEST: usize = 72;

/// A column of a table on a page.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PageColumn {
    pub header: String,
    pub kind: ColumnKind,
    /// `host` or `time` where it says where or when its rows were.
    pub says: &'static str,
    /// In characters.
    #[serde(skip)]
    pub width: usize,
    /// Whether some row has a value in it.
    #[serde(skip)]
    pub used: bool,
}

impl PageColumn {
    /// The column of these values.
    pub(super) fn of<'v>(header: &str, values: impl Iterator<Item = Option<&'v Value>>) -> Self {
        let (mut kind, mut longest, mut used) = (None, 0, false);
        for value in values.flatten() {
            let own = match value {
                Value::Int(_) | Value::Float(_) => ColumnKind::Number,
                Value::Time(_) => ColumnKind::Time,
                Value::Address(_) => ColumnKind::Address,
                Value::Text(text) if text.parse::<IpAddr>().is_ok() => ColumnKind::Address,
                _ => ColumnKind::Text,
            };
            kind = Some(kind.filter(|known| *known == own).map_or(if used { ColumnKind::Text } else { own }, |known| known));
            used = true;
            longest = longest.max(columns(value));
        }
        let kind = match kind.unwrap_or(ColumnKind::Text) {
            ColumnKind::Text if longest > LINE => ColumnKind::Long,
            kind => kind,
        };
        // Beside the header stand its two buttons.
        let header_width = wide(header) + 5;
        let width = if kind == ColumnKind::Long { longest.min(WIDEST) } else { longest };
        Self { header: header.to_owned(), kind, says: "", width: width.max(header_width), used }
    }
}

/// How many columns of a terminal a value takes, roughly.
fn columns(value: &Value) -> usize {
    match value {
        Value::Text(text) => wide(text),
        value => wide(&value.to_string()),
    }
}

fn wide(text: &str) -> usize {
    if text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control()) {
        return text.len();
    }
    terminal(text).chars().map(|c| if c >= '\u{1100}' { 2 } else { 1 }).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_addresses_is_one_however_they_came() {
        let kind = |values: &[Value]| PageColumn::of("a", values.iter().map(Some)).kind;
        assert_eq!(kind(&[Value::Address("10.0.0.9".parse().unwrap()), Value::text("fe80::1")]), ColumnKind::Address);
        assert_eq!(kind(&[Value::text("10.0.0.9"), Value::text("localhost")]), ColumnKind::Text);
        assert_eq!(kind(&[Value::Int(9), Value::Float(0.5)]), ColumnKind::Number);
    }
}
