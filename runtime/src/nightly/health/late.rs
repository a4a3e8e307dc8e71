//! Records that come late: the windows of the last seven nights are counted again, and one that grew is searched again.

use super::record::SourceRecord;
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

/// Counts the windows of a source again, and what came after them up to `until`; a source that was never counted from `from`
/// on. Returns the windows that grew. On an error nothing is changed, so that the next night compares with the same counts.
pub(super) fn count_again(
    record: &mut SourceRecord,
    from: i64,
    until: i64,
    now: i64,
    count: &dyn Fn(Span) -> Result<u64, SourceError>,
) -> Result<Vec<Span>, SourceError> {
    let mut grown = Vec::new();
    let mut counted = Vec::new();
    for window in &record.counted {
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
    counted.retain(|window| window.span.1 > now.saturating_sub(KEPT) && window.span.0 < now);
    record.counted = counted;
    Ok(grown)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use huntc_compiler::diag::codes::run::BUDGET;
    use std::cell::Cell;

    const HOUR: i64 = DAY / 24;

    fn night(record: &mut SourceRecord, times: &[i64], now: i64) -> Vec<Span> {
        let count = |span: Span| Ok(times.iter().filter(|t| (span.0..span.1).contains(*t)).count() as u64);
        count_again(record, now - DAY, now, now, &count).unwrap()
    }

    #[test]
    fn a_window_that_grew_is_told_once() {
        let mut record = SourceRecord::default();
        let mut times = vec![5 * HOUR, 20 * HOUR];
        assert_eq!(night(&mut record, &times, DAY + 2 * HOUR), []);
        let spans: Vec<Span> = record.counted.iter().map(|c| c.span).collect();
        assert_eq!(spans, [Span(2 * HOUR, DAY), Span(DAY, DAY + 2 * HOUR)]);
        times.extend([6 * HOUR, DAY + 3 * HOUR]);
        assert_eq!(night(&mut record, &times, 2 * DAY + 2 * HOUR), [Span(2 * HOUR, DAY)]);
        assert_eq!(night(&mut record, &times, 3 * DAY + 2 * HOUR), []);
        times.push(DAY + HOUR);
        assert_eq!(night(&mut record, &times, 8 * DAY + 2 * HOUR), [Span(DAY, 2 * DAY)]);
    }

    #[test]
    fn seven_nights_are_counted_however_many_runs_there_are() {
        let mut record = SourceRecord::default();
        for hour in 24..24 * 30 {
            night(&mut record, &[], hour * HOUR);
            assert!(record.counted.len() <= 9, "{}", record.counted.len());
        }
        assert!(record.counted[0].span.0 <= 30 * DAY - HOUR - 8 * DAY);
    }

    #[test]
    fn a_count_that_fails_changes_nothing() {
        let mut record = SourceRecord::default();
        night(&mut record, &[5], DAY);
        let before = record.clone();
        let asked = Cell::new(0);
        let fails = |_| {
            asked.set(asked.get() + 1);
            if asked.get() == 1 { Ok(7) } else { Err(SourceError::new(&BUDGET, "away")) }
        };
        assert!(count_again(&mut record, 0, 2 * DAY, 2 * DAY, &fails).is_err());
        assert_eq!(record, before);
    }
}
