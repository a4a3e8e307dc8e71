//! The one place where hostile text is made harmless for an output: terminals, spreadsheets, HTML, file names, JSON.
//!
//! Attackers write the command lines, file names and domains in records. Each output has its own rule. A value passes
//! through exactly one of these functions on its way out.

pub use huntc_compiler::diag::is_unsafe;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Text for a terminal: unsafe characters become escapes (` `, `\u{202e}`).
pub fn terminal(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// Text of several lines for a terminal: as [`terminal`], but line feeds stay.
pub fn terminal_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| c == '\n')
}

/// The most characters of a value in a table for people. A value of megabytes would hide what stands around it, and marks that
/// combine with the letter before them would stand on top of each other without end.
const LONGEST_CELL: usize = 4_000;

/// As [`terminal`], for a cell of a table: a long value is cut, and says so.
pub fn terminal_cell(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_CELL) {
        None => terminal(text),
        Some((at, _)) => {
            let all = text.chars().count();
            Cow::Owned(format!("{}… (cut: {LONGEST_CELL} of {all} characters)", terminal(&text[..at])))
        }
    }
}

/// Text between the lines of a tree and its count (`×3`). It must not look like either.
pub fn unlike_marks(text: &str) -> Cow<'_, str> {
    let line = |c: char| matches!(c, '\u{d7}' | '\u{2500}'..='\u{257f}');
    if !text.contains(line) {
        return Cow::Borrowed(text);
    }
    let escaped = |c: char| if line(c) { c.escape_unicode().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(escaped).collect())
}

/// Text for a terminal that knows ASCII only: the lines and signs that huntc draws have likenesses, other characters become
/// escapes. Colours stay.
pub fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            '\u{2500}' | '\u{2013}' | '\u{2014}' => out.push('-'),
            '\u{2502}' | '\u{250a}' | '\u{2506}' | '\u{251c}' | '\u{2524}' => out.push('|'),
            '\u{2514}' | '\u{2570}' => out.push('`'),
            '\u{250c}' | '\u{256d}' => out.push(','),
            '\u{2518}' | '\u{256f}' | '\u{2510}' | '\u{256e}' => out.push('\''),
            '\u{252c}' | '\u{2534}' | '\u{253c}' => out.push('+'),
            '\u{25b2}' => out.push('^'),
            '\u{25b6}' => out.push('>'),
            '\u{b7}' => out.push('.'),
            '\u{d7}' => out.push('x'),
            '\u{2026}' => out.push_str("..."),
            c => _ = write!(out, "\\u{{{:x}}}", u32::from(c)),
        }
    }
    Cow::Owned(out)
}

/// Replaces unsafe characters by escapes, except those for which `keep` is true.
fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|c| is_unsafe(c) && !keep(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !is_unsafe(c) || keep(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => _ = write!(out, "\\u{{{:x}}}", u32::from(c)),
        }
    }
    Cow::Owned(out)
}

/// A CSV cell that no spreadsheet runs as a formula: where it begins with `=`, `+`, `-`, `@`, TAB or CR, possibly after
/// blanks and quotes, a `'` comes before. The same behind each `;`, TAB and line end: a spreadsheet that splits cells at `;` or
/// TAB takes the quotes in the middle of a line for text, and the line ends between them for ends of rows. Other characters
/// stay, because a CSV file is data; [`csv_cell_as_it_was`] takes back what was added.
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    at_cell_starts(text, |out, cell| {
        if is_formula(cell) {
            out.push('\'');
        }
        cell
    })
}

/// A cell whose formulas stay: only where an apostrophe would be taken back another comes before.
pub fn csv_cell_raw(text: &str) -> Cow<'_, str> {
    at_cell_starts(text, |out, cell| {
        if cell.starts_with('\'') && is_formula(cell) {
            out.push('\'');
        }
        cell
    })
}

/// The text of which [`csv_cell`] or [`csv_cell_raw`] made this cell.
pub fn csv_cell_as_it_was(cell: &str) -> Cow<'_, str> {
    at_cell_starts(cell, |_, cell| cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell))
}

/// Spreadsheets skip blanks and quotes when they look for a formula, and accept full-width signs.
fn is_formula(cell: &str) -> bool {
    let first = cell.chars().find(|c| !matches!(c, ' ' | '"' | '\'' | '\u{a0}' | '\u{feff}' | '\n'));
    matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'))
}

/// Passes each place where a cell may begin to `edit`, which adds to the text and answers what of the rest follows.
fn at_cell_starts<'t>(text: &'t str, edit: impl Fn(&mut String, &'t str) -> &'t str) -> Cow<'t, str> {
    let mut out = String::with_capacity(text.len() + 1);
    let mut rest = text;
    loop {
        rest = edit(&mut out, rest);
        let end = rest.find([';', '\t', '\n', '\r']).map_or(rest.len(), |at| at + 1);
        out.push_str(&rest[..end]);
        rest = &rest[end..];
        if rest.is_empty() {
            break;
        }
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Text inside of HTML, in an element or a quoted attribute. Unsafe characters become escapes.
pub fn html(text: &str) -> Cow<'_, str> {
    let text = terminal(text);
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Text of several lines inside of HTML: as [`html`], but line feeds stay.
pub fn html_lines(text: &str) -> String {
    text.split('\n').map(html).collect::<Vec<_>>().join("\n")
}

/// A part of a file name: ASCII letters, digits, `_` and `-`, at most 60 of them; never empty.
pub fn file_part(text: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
    let part: String = text.chars().take(60).map(safe).collect();
    if part.is_empty() { "_".to_owned() } else { part }
}

/// Formats JSON so that strings contain no unsafe characters: they become `\uXXXX`, which means the same to every reader.
#[derive(Clone, Copy, Debug, Default)]
pub struct SafeJson;

impl serde_json::ser::Formatter for SafeJson {
    fn write_string_fragment<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, fragment: &str) -> std::io::Result<()> {
        let mut start = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| is_unsafe(*c)) {
            writer.write_all(&fragment.as_bytes()[start..at])?;
            let mut units = [0_u16; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            start = at + c.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[start..])
    }
}

/// A value as JSON on one line, formatted by [`SafeJson`].
pub fn json_line(value: &impl serde::Serialize) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, SafeJson))?;
    Ok(out)
}

/// A JSON text of several lines in which unsafe characters are replaced by `\uXXXX`.
pub fn json_text(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| is_unsafe(c) && c != '\n') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if !is_unsafe(c) || c == '\n' {
            out.push(c);
            continue;
        }
        let mut units = [0_u16; 2];
        for unit in c.encode_utf16(&mut units) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[31mred\u{7}\u{202e}gpj.exe\u{200b}\r\n\tz\u{9b}2J\u{e0041}";

    #[test]
    fn what_knows_ascii_only_gets_likenesses_of_our_lines_and_escapes_of_the_rest() {
        assert_eq!(
            ascii("\u{1b}[31m╭─[ a ]\n│ ┬ ╰── é… ×3\n├─ b\n└─ 語"),
            "\u{1b}[31m,-[ a ]\n| + `-- \\u{e9}... x3\n|- b\n`- \\u{8a9e}"
        );
        assert!(matches!(ascii("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn formulas_behind_separators_are_neutralised_too() {
        for (text, cell) in [
            ("x;=1+1", "x;'=1+1"),
            ("x\t=1+1", "x\t'=1+1"),
            ("a; @b;c", "a;' @b;c"),
            ("=a;=b", "'=a;'=b"),
            ("a;b", "a;b"),
            ("a-b=c", "a-b=c"),
            ("", ""),
        ] {
            assert_eq!(csv_cell(text), cell, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_was_added_to_a_cell_can_be_taken_back(text in "[;\t\n' =@\"ax-]{0,12}") {
            let (guarded, raw) = (csv_cell(&text), csv_cell_raw(&text));
            proptest::prop_assert_eq!(csv_cell_as_it_was(&guarded), text.as_str());
            proptest::prop_assert_eq!(csv_cell_as_it_was(&raw), text.as_str());
            proptest::prop_assert!(!guarded.split([';', '\t']).any(|cell| cell.starts_with(['=', '+', '-', '@'])));
        }
    }

    #[test]
    fn no_control_bidi_or_zero_width_character_reaches_a_terminal() {
        let shown = terminal(HOSTILE);
        assert_eq!(shown, "a\\u{1b}[31mred\\u{7}\\u{202e}gpj.exe\\u{200b}\\r\\n\\tz\\u{9b}2J\\u{e0041}");
        assert!(!shown.chars().any(is_unsafe));
        assert_eq!(terminal_lines("a\nb\rc"), "a\nb\\rc");
    }

    #[test]
    fn a_long_cell_is_cut_and_says_so() {
        assert_eq!(terminal_cell(&"a".repeat(4_000)), "a".repeat(4_000));
        let marks = format!("a{}", "\u{301}".repeat(60_000));
        let shown = terminal_cell(&marks);
        assert!(shown.ends_with("… (cut: 4000 of 60001 characters)") && shown.chars().count() < 4_100, "{}", shown.len());
        assert!(!terminal_cell(&"\u{202e}".repeat(5_000)).chars().any(is_unsafe));
    }

    #[test]
    fn harmless_text_is_not_copied() {
        assert!(matches!(terminal(r#"C:\Windows\system32 "Ünïcödé" 東京"#), Cow::Borrowed(_)));
        assert!(matches!(csv_cell("svchost.exe -k"), Cow::Borrowed(_)));
        assert!(matches!(html("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn spreadsheets_run_no_cell() {
        for bad in ["=1+1", "+1", "-2", "@SUM(A1)", "\tx", "\rx", "  =1", "\"=1", " \"+x", "'=1", "＝1", "\u{a0}=cmd"] {
            assert_eq!(csv_cell(bad), format!("'{bad}"), "{bad:?}");
        }
        // A reader that splits elsewhere than at commas ends a row at the line end.
        for (bad, harmless) in [("\n=1", "'\n'=1"), ("x\n=1;", "x\n'=1;"), ("x\r\n@1", "x\r'\n'@1")] {
            assert_eq!((&*csv_cell(bad), &*csv_cell_as_it_was(harmless)), (harmless, bad));
        }
        for good in ["", "a=b", "1-2", "C:\\=", "'plain", "\"quoted\""] {
            assert_eq!(csv_cell(good), good);
        }
    }

    #[test]
    fn html_is_text_only() {
        assert_eq!(html("<script>alert('x')</script>&\""), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;");
        assert_eq!(html("\u{202e}<b>"), "\\u{202e}&lt;b&gt;");
    }

    #[test]
    fn file_names_cannot_leave_their_folder() {
        assert_eq!(file_part("../../etc/passwd"), "______etc_passwd");
        assert_eq!(file_part("a\0b\nç"), "a_b__");
        assert_eq!(file_part(""), "_");
        assert_eq!(file_part(&"x".repeat(500)).len(), 60);
    }

    #[test]
    fn json_escapes_are_the_same_value() {
        let line = json_line(&HOSTILE).unwrap();
        assert!(line.iter().all(|b| (0x20..0x7f).contains(b)));
        assert_eq!(serde_json::from_slice::<String>(&line).unwrap(), HOSTILE);
        assert_eq!(json_line(&"é\u{7f}").unwrap(), "\"é\\u007f\"".as_bytes());
        assert_eq!(json_text("[\n\"a\u{202e}\"\n]\n"), "[\n\"a\\u202e\"\n]\n");
    }
}
