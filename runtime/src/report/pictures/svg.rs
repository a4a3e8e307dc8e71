//! Pieces of SVG. Every text goes through here, so that it is cut, and harmless.

use crate::report::sanitize::{html, terminal};
use std::fmt::Write;

/// A text of at most so many columns, harmless in SVG. Wide characters take two.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let text = terminal(text);
    let width = |c: char| if u32::from(c) >= 0x1100 { 2 } else { 1 };
    if text.chars().map(width).sum::<usize>() <= columns {
        return html(&text).into_owned();
    }
    let mut left = columns.saturating_sub(1);
    let fits = |c: &char| {
        let fits = width(*c) <= left;
        left = left.saturating_sub(width(*c));
        fits
    };
    let short: String = text.chars().take_while(fits).chain(['…']).collect();
    html(&short).into_owned()
}

/// A text in a picture, as wide as `columns` characters at most.
pub(super) fn text(out: &mut String, (x, y): (i32, i32), class: &str, words: &str, columns: usize) {
    if !words.is_empty() {
        let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{}</text>", cut(words, columns));
    }
}

/// The most characters of a text that a pointer shows.
const TITLE: usize = 400;

/// What a pointer on the element around it shows.
pub(super) fn title(out: &mut String, words: &str) {
    let _ = write!(out, "<title>{}</title>", cut(words, TITLE));
}

/// A number with its thousands apart: `12,345`.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + 6);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What the beginning of a picture says of its words, and its style. On a page both are those of the page, and `style` is empty.
pub(super) fn standing_alone(style: &str) -> (&'static str, String) {
    if style.is_empty() {
        return ("", String::new());
    }
    (" xmlns=\"http://www.w3.org/2000/svg\"", format!("<style>{style}</style>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_harmless() {
        assert_eq!(cut("<b>\u{202e}", 40), "&lt;b&gt;\\u{202e}");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("東京都", 5), "東京…");
        let mut out = String::new();
        text(&mut out, (1, 2), "name", "</text><script>", 40);
        title(&mut out, "</title>");
        assert_eq!(out, "<text x=\"1\" y=\"2\" class=\"name\">&lt;/text&gt;&lt;script&gt;</text><title>&lt;/title&gt;</title>");
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }
}
