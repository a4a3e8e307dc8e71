//! Records that come late: the windows of the last seven nights are counted again, and one that grew is searched again.

use crate::nightly::record::Span;
use crate::nightly::window::DAY;
use crate::source::SourceError;
use serde::{Deserialize, Serialize};

/// How far windows are counted again: those of seven nights before the last one.
const KEPT: i64 = 8 * DAY;

/// A window, and how many records were in it when it was counted last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CountedWindow {
    pub span: Span,
    pub records: u64,
}

/// What was counted of a source.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CountedWindows {
    /// The windows of the last seven nights.
    pub windows: Vec<CountedWindow>,
    /// What lies behind them up to the newest record, where the next look begins once there is a newer one.
    pub tail: Option<CountedWindow>,
}

/// What of a source is to be counted.
pub(super) struct ToCount {
    /// Where counting begins for a source that was never counted.
    pub(super) from: i64,
    /// The next look begins here, and sees what comes late after it: up to here windows are counted.
    pub(super) until: i64,
    /// The end of its records. As long as none is newer, no look sees what comes late before it, so this is counted too.
    pub(super) end: i64,
}

/// Counts the windows of a source again, and what came after them. Returns the windows that grew. On an error nothing is
/// changed, so that the next night compares with the same counts.
pub(super) fn count_again(
    known: &mut CountedWindows,
    ToCount { from, until, end }: ToCount,
    count: &dyn Fn(Span) -> Result<u64, SourceError>,
) -> Result<Vec<Span>, SourceError> {
    let mut grown = Vec::new();
    let mut counted = Vec::new();
    for window in &known.windows {
        let records = count(window.span)?;
        if records > window.records {
            grown.push(window.span);
        }
        counted.push(CountedWindow { span: window.span, records });
    }
    let mut from = counted.last().map_or_else(|| from.max(until.saturating_sub(KEPT)), |last| last.span.1);
    while from < until {
        let stop = (from.div_euclid(DAY) * DAY).saturating_add(DAY).min(until);
        let records = count(Span(from, stop))?;
        match counted.last_mut().filter(|last| last.span.0.div_euclid(DAY) == from.div_euclid(DAY)) {
            // Added, not counted as a whole: what came between the two counts must be seen to grow the next time.
            Some(last) => *last = CountedWindow { span: Span(last.span.0, stop), records: last.records + records },
            None => counted.push(CountedWindow { span: Span(from, stop), records }),
        }
        from = stop;
    }
    let tail = Span(until, end);
    let records = if tail.0 < tail.1 { count(tail)? } else { 0 };
    if let Some(grown_tail) = known.tail.filter(|tail| tail.span.1 == end && tail.records < records) {
        grown.push(grown_tail.span);
    }
    known.tail = Some(CountedWindow { span: tail, records });
    // By the records and not by the clock, which may be wrong.
    counted.retain(|window| window.span.1 > until.saturating_sub(KEPT));
    known.windows = counted;
    Ok(grown)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use huntc_compiler::diag::codes::run::BUDGET;
    use std::cell::Cell;

    const HOUR: i64 = DAY / 24;

    fn night(record: &mut CountedWindows, times: &[i64], now: i64) -> Vec<Span> {
        let count = |span: Span| Ok(times.iter().filter(|t| (span.0..span.1).contains(*t)).count() as u64);
        count_again(record, ToCount { from: now - DAY, until: now, end: now }, &count).unwrap()
    }

    #[test]
    fn a_window_that_grew_is_told_once() {
        let mut record = CountedWindows::default();
        let mut times = vec![5 * HOUR, 20 * HOUR];
        assert_eq!(night(&mut record, &times, DAY + 2 * HOUR), []);
        let spans: Vec<Span> = record.windows.iter().map(|c| c.span).collect();
        assert_eq!(spans, [Span(2 * HOUR, DAY), Span(DAY, DAY + 2 * HOUR)]);
        times.extend([6 * HOUR, DAY + 3 * HOUR]);
        assert_eq!(night(&mut record, &times, 2 * DAY + 2 * HOUR), [Span(2 * HOUR, DAY)]);
        assert_eq!(night(&mut record, &times, 3 * DAY + 2 * HOUR), []);
        times.push(DAY + HOUR);
        assert_eq!(night(&mut record, &times, 8 * DAY + 2 * HOUR), [Span(DAY, 2 * DAY)]);
    }

    #[test]
    fn what_comes_late_to_a_silent_source_is_seen() {
        let (mut record, mut times) = (CountedWindows::default(), vec![5 * HOUR, 10 * HOUR]);
        let mut night = |times: &[i64], end: i64| {
            let count = |span: Span| Ok(times.iter().filter(|t| (span.0..span.1).contains(*t)).count() as u64);
            count_again(&mut record, ToCount { from: 0, until: end - HOUR, end }, &count).unwrap()
        };
        assert_eq!(night(&times, 10 * HOUR + 1), []);
        times.push(10 * HOUR - 5);
        assert_eq!(night(&times, 10 * HOUR + 1), [Span(9 * HOUR + 1, 10 * HOUR + 1)]);
        assert_eq!(night(&times, 10 * HOUR + 1), []);
        times.extend([10 * HOUR - 6, 11 * HOUR]);
        assert_eq!(night(&times, 11 * HOUR + 1), [], "the next look sees it");
    }

    #[test]
    fn seven_nights_are_counted_however_many_runs_there_are() {
        let mut record = CountedWindows::default();
        for hour in 24..24 * 30 {
            night(&mut record, &[], hour * HOUR);
            assert!(record.windows.len() <= 9, "{}", record.windows.len());
        }
        assert!(record.windows[0].span.0 <= 30 * DAY - HOUR - 8 * DAY);
    }

    #[test]
    fn a_count_that_fails_changes_nothing() {
        let mut record = CountedWindows::default();
        night(&mut record, &[5], DAY);
        let before = record.clone();
        let asked = Cell::new(0);
        let fails = |_| {
            asked.set(asked.get() + 1);
            if asked.get() == 1 { Ok(7) } else { Err(SourceError::new(&BUDGET, "away")) }
        };
        assert!(count_again(&mut record, ToCount { from: 0, until: 2 * DAY, end: 2 * DAY }, &fails).is_err());
        assert_eq!(record, before);
    }
}
