//! The windows that a hunt has to search: from the end of the last complete one to now minus lag, in pieces of limited length.

use super::record::{HuntRecord, Looked};
use huntc_compiler::time::{Instant, SECOND, TimeRange};

/// One day in nanoseconds.
pub const DAY: i64 = 86_400 * SECOND;
/// The length of a piece of a long window.
pub const PIECE: i64 = DAY;
/// The most pieces that one hunt searches in one night.
pub const MOST_PIECES: usize = 31;
/// How many windows are remembered, in case the clock goes back.
const REMEMBERED: usize = 3 * MOST_PIECES;

/// What the windows of a hunt depend on. Lengths of time are nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The instant that the run takes as "now".
    pub now: Instant,
    /// How far the first window of a hunt goes back.
    pub since: i64,
    /// How late records may arrive.
    pub lag: i64,
    /// How far a window reaches back into the previous one.
    pub overlap: i64,
}

/// The windows to search, the oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Due {
    /// The windows to search now. Once one is searched completely, its stop is the hunt's progress.
    pub pieces: Vec<TimeRange>,
    /// What is left after them for a later night.
    pub left: Option<TimeRange>,
}

impl Due {
    /// Everything that is due, as one range.
    pub fn whole(&self) -> Option<TimeRange> {
        let first = self.pieces.first()?;
        let stop = self.left.or(self.pieces.last().copied())?.stop;
        Some(TimeRange::new(first.start, stop))
    }
}

/// The instant up to which a hunt has searched all of its sources.
pub fn progress(record: &HuntRecord, sources: &[String], bounds: &Bounds) -> Instant {
    if record.done.is_empty() {
        return Instant(record.begun);
    }
    // A source that was added to the hunt later is searched from where a first window would begin.
    let fresh = bounds.now.0.saturating_sub(bounds.since);
    let ends = sources.iter().map(|s| record.done.get(s).copied().unwrap_or(fresh));
    Instant(ends.min().unwrap_or_else(|| record.done.values().copied().min().unwrap_or(record.begun)))
}

/// The windows that are due for a hunt.
pub fn due(record: &HuntRecord, sources: &[String], bounds: &Bounds) -> Due {
    let mut from = progress(record, sources, bounds);
    let until = bounds.now.plus(-bounds.lag);
    let mut due = Due::default();
    while from < until {
        // A short rest is added to the last piece, so that a run which is a little late does not search twice.
        let rest = until.0.saturating_sub(from.0);
        let stop = if rest <= PIECE + PIECE / 2 { until } else { from.plus(PIECE) };
        let first_look = record.done.is_empty() && from.0 == record.begun;
        let start = if first_look { from } else { from.plus(-bounds.overlap) };
        if due.pieces.len() == MOST_PIECES {
            due.left = Some(TimeRange::new(start, until));
            break;
        }
        due.pieces.push(TimeRange::new(start, stop));
        from = stop;
    }
    due
}

/// Records that a window was searched completely.
pub fn looked(record: &mut HuntRecord, sources: &[String], window: TimeRange, now: Instant) {
    // A source that the hunt no longer uses does not hold it back.
    record.done.retain(|name, _| sources.contains(name));
    for source in sources {
        let end = record.done.entry(source.clone()).or_insert(window.stop.0);
        *end = (*end).max(window.stop.0);
    }
    if sources.is_empty() {
        record.done.insert(String::new(), window.stop.0);
    }
    record.open.push(window.into());
    record.recent.push(Looked { span: window.into(), at: now.0 });
    let excess = record.recent.len().saturating_sub(REMEMBERED);
    record.recent.drain(..excess);
}

/// Reopens the windows that were searched by runs whose clock was ahead of the present one. Returns whether there were
/// any.
///
/// Records of such a window may not have arrived at that time.
pub fn rewind(record: &mut HuntRecord, now: Instant) -> bool {
    let ahead = record.recent.iter().filter(|l| l.at > now.0).map(|l| l.span.0).min();
    record.recent.retain(|l| l.at <= now.0);
    record.begun = record.begun.min(now.0);
    let Some(start) = ahead else { return false };
    for end in record.done.values_mut() {
        *end = (*end).min(start);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600 * SECOND;

    fn bounds(now: i64) -> Bounds {
        Bounds { now: Instant(now), since: DAY, lag: HOUR, overlap: 2 * HOUR }
    }

    fn range(start: i64, stop: i64) -> TimeRange {
        TimeRange::new(Instant(start), Instant(stop))
    }

    fn sources() -> Vec<String> {
        vec!["a".to_owned(), "b".to_owned()]
    }

    #[test]
    fn a_first_look_goes_back_since_and_a_second_one_overlaps() {
        let mut record = HuntRecord { begun: 9 * DAY, ..HuntRecord::default() };
        let first = due(&record, &sources(), &bounds(10 * DAY));
        assert_eq!(first.pieces, [range(9 * DAY, 10 * DAY - HOUR)]);
        looked(&mut record, &sources(), first.pieces[0], Instant(10 * DAY));
        let second = due(&record, &sources(), &bounds(11 * DAY));
        assert_eq!(second.pieces, [range(10 * DAY - 3 * HOUR, 11 * DAY - HOUR)]);
        assert_eq!(due(&record, &sources(), &bounds(10 * DAY)), Due::default(), "nothing twice");
    }

    #[test]
    fn missed_nights_come_in_pieces_that_leave_no_gap() {
        let mut record = HuntRecord { begun: 0, ..HuntRecord::default() };
        looked(&mut record, &sources(), range(0, DAY), Instant(DAY));
        let due = due(&record, &sources(), &bounds(6 * DAY));
        assert_eq!(due.pieces.len(), 5);
        assert_eq!(due.pieces.last(), Some(&range(5 * DAY - 2 * HOUR, 6 * DAY - HOUR)));
        for pair in due.pieces.windows(2) {
            assert_eq!(pair[1].start.0, pair[0].stop.0 - 2 * HOUR);
        }
        assert_eq!(due.left, None);
    }

    #[test]
    fn a_long_gap_is_left_for_later_nights() {
        let mut record = HuntRecord { begun: 0, ..HuntRecord::default() };
        looked(&mut record, &sources(), range(0, DAY), Instant(DAY));
        let due = due(&record, &sources(), &bounds(60 * DAY));
        assert_eq!(due.pieces.len(), MOST_PIECES);
        assert_eq!(due.left, Some(range(32 * DAY - 2 * HOUR, 60 * DAY - HOUR)));
        assert_eq!(due.whole(), Some(range(DAY - 2 * HOUR, 60 * DAY - HOUR)));
    }

    #[test]
    fn a_new_source_is_looked_back_into_and_a_dropped_one_holds_nothing_back() {
        let mut record = HuntRecord { begun: 9 * DAY, ..HuntRecord::default() };
        looked(&mut record, &sources()[..1], range(9 * DAY, 10 * DAY), Instant(10 * DAY));
        let later = Bounds { lag: 0, overlap: 0, ..bounds(10 * DAY + HOUR) };
        assert_eq!(due(&record, &sources()[..1], &later).pieces, [range(10 * DAY, 10 * DAY + HOUR)]);
        assert_eq!(due(&record, &sources(), &later).pieces, [range(9 * DAY + HOUR, 10 * DAY + HOUR)]);
        looked(&mut record, &sources()[1..], range(9 * DAY, 10 * DAY), Instant(10 * DAY));
        assert_eq!(record.done.keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_clock_that_goes_back_opens_what_lay_ahead() {
        let mut record = HuntRecord { begun: 0, ..HuntRecord::default() };
        looked(&mut record, &sources(), range(0, DAY), Instant(DAY));
        looked(&mut record, &sources(), range(DAY, 9 * DAY), Instant(9 * DAY));
        assert!(!rewind(&mut record.clone(), Instant(9 * DAY)));
        assert!(rewind(&mut record, Instant(2 * DAY)));
        let later = Bounds { lag: 0, overlap: 0, ..bounds(2 * DAY) };
        assert_eq!(due(&record, &sources(), &later).pieces, [range(DAY, 2 * DAY)]);
    }
}
