//! Messages about values: numbers, instants, durations, strings.

use super::names;
use crate::diag::Diagnostic;
use crate::diag::codes::syntax::{BAD_DURATION, BAD_INSTANT, OUT_OF_RANGE, UNEXPECTED, UNQUOTED};
use crate::source::Span;
use crate::syntax::print::quoted;
use crate::syntax::token::{Kind, Token};
use crate::syntax::words;
use crate::time::duration::UNITS_TEXT;

/// `'it''s'`
pub(crate) fn doubled_quote(span: Span) -> Diagnostic {
    Diagnostic::new(&UNEXPECTED, span, "two strings stand side by side")
        .label("a doubled quote is no escape")
        .help(r#"write \' for a quote inside '…', or use "…""#)
}

/// `h'…'` and `b'…'` of STIX.
pub(crate) fn bytes_literal(span: Span, prefix: &str, text: &str) -> Diagnostic {
    let found = Diagnostic::new(&UNQUOTED, span, format!("{prefix}'…' is bytes, and the fields of ECS hold text"));
    if prefix == "h" {
        return found
            .label("hexadecimal bytes")
            .fix("a hash is compared with its digits", span, quoted(text))
            .help("of other bytes write the text that they are");
    }
    found.label("bytes in base64").help("write the text that they are, in quotes")
}

/// A number that does not keep to `rule`.
pub(crate) fn out_of_range(span: Span, rule: &str) -> Diagnostic {
    Diagnostic::new(&OUT_OF_RANGE, span, "the number is out of range").label(rule)
}

/// A text that is no instant.
pub(crate) fn bad_instant(token: &Token<'_>, text: &str) -> Diagnostic {
    let found = Diagnostic::new(&BAD_INSTANT, token.span, format!("`{}` is no timestamp", names::shorten(text.trim())));
    let shaped = text.len() > 19 && text.trim_end().ends_with('Z') && text.contains('T');
    match words::lenient_instant(text) {
        Some(instant) => found.label("the shape is YYYY-MM-DDTHH:MM:SS[.fraction]Z, in UTC").fix(
            "write it in full",
            token.span,
            format!("t'{}'", words::instant_text(instant)),
        ),
        None if shaped => found.label("there is no such day or time").help("an example is t'2021-04-01T00:00:00Z'"),
        None => found.label("the shape is YYYY-MM-DDTHH:MM:SS[.fraction]Z, in UTC").help("an example is t'2021-04-01T00:00:00Z'"),
    }
}

/// A duration without unit, or with one that does not exist.
pub(crate) fn bad_unit(number: &Token<'_>, unit: Option<&Token<'_>>) -> Diagnostic {
    match unit {
        Some(unit) => Diagnostic::new(&BAD_DURATION, unit.span, format!("`{}` is no unit of time", names::shorten(unit.text)))
            .label(UNITS_TEXT),
        None => Diagnostic::new(&BAD_DURATION, number.span, "a duration needs a unit").label(UNITS_TEXT).fix(
            "for days",
            number.span,
            format!("{}d", if number.kind == Kind::Number { number.text } else { "1" }),
        ),
    }
}
