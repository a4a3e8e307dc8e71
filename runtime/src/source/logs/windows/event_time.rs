//! Times as Windows and its exporters write them.

use crate::source::document_time;
use huntc_compiler::time::{Instant, MILLISECOND, SECOND};

/// A time: ISO 8601 with `T` or a blank, or `/Date(milliseconds)/` as PowerShell writes it. Without a zone it is UTC.
pub(super) fn parse(text: &str) -> Option<Instant> {
    let text = text.trim();
    if let Some(millis) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        return document_time::of_text(millis);
    }
    if let Some((day, time)) = text.split_at_checked(10).filter(|(_, time)| time.starts_with(' ')) {
        return document_time::of_text(&[day, "T", time.trim_start()].concat());
    }
    document_time::of_text(text)
}

/// How a document has a time: milliseconds, and more digits only where it has them.
pub(super) fn format(time: Instant) -> String {
    let Instant(nanos) = time;
    if nanos % MILLISECOND == 0 {
        return document_time::format(nanos).iter().copied().map(char::from).collect();
    }
    text(jiff::Timestamp::from_nanosecond(nanos.into()).unwrap_or_default())
}

/// As [`format`], of a time that may lie further away.
pub(super) fn text(time: jiff::Timestamp) -> String {
    if time.as_nanosecond() % i128::from(MILLISECOND) == 0 { format!("{time:.3}") } else { time.to_string() }
}

/// How far a zone is behind UTC, by one moment in both: zones differ by quarters of hours.
pub(super) fn behind(local: Instant, utc: Instant) -> i64 {
    const QUARTER: i64 = 15 * 60 * SECOND;
    let (Instant(local), Instant(utc)) = (local, utc);
    let apart = utc.saturating_sub(local);
    (apart.saturating_add(apart.signum() * QUARTER / 2)) / QUARTER * QUARTER
}
