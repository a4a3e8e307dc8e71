//! The windows that a hunt has to search: from the end of the last complete one to now minus lag, in pieces of limited length.

use super::record::{HuntRecord, Looked, Span};
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
    /// The longest WITHIN of the hunt: what a late record may belong to begins so much earlier.
    pub within: i64,
}

impl Bounds {
    /// No window ends later.
    pub fn until(&self) -> Instant {
        self.now.plus(-self.lag)
    }

    /// Where a source begins that is new to the hunt.
    fn fresh(&self) -> i64 {
        self.now.0.saturating_sub(self.since)
    }
}

/// A source of a hunt, and how far it can be searched tonight.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceReach {
    /// Its name in [`HuntRecord::done`].
    pub source: String,
    /// Where its records end, now minus lag at the latest. `None`: it does not answer.
    pub end: Option<Instant>,
    /// How far a window reaches back into the previous one.
    pub overlap: i64,
}

impl SourceReach {
    /// Up to where the hunt has searched this source.
    pub fn done(&self, record: &HuntRecord, bounds: &Bounds) -> i64 {
        record.done.get(&self.source).copied().unwrap_or_else(|| beginning(record, bounds))
    }

    /// Whether it has records that the hunt has not searched.
    fn is_newer(&self, record: &HuntRecord, bounds: &Bounds) -> bool {
        self.end.is_some_and(|end| end.0 > self.done(record, bounds))
    }
}

/// Where the first window over a source begins: that of a hunt, or for a source that the hunt asks from tonight on the one
/// that a first window would have.
fn beginning(record: &HuntRecord, bounds: &Bounds) -> i64 {
    if record.done.is_empty() { record.begun } else { bounds.fresh() }
}

/// Writes the beginnings of sources that the hunt has not searched yet, so that a night which does not get to them moves
/// nothing.
pub fn begin(record: &mut HuntRecord, reaches: &[SourceReach], bounds: &Bounds) {
    let start = beginning(record, bounds);
    for reach in reaches {
        record.done.entry(reach.source.clone()).or_insert(start);
    }
}

/// The windows to search, the oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Due {
    /// Earlier windows in which records came late. Searching them is no progress.
    pub again: Vec<TimeRange>,
    /// The windows to search now. Once one is searched completely, its stop is the hunt's progress.
    pub pieces: Vec<TimeRange>,
    /// What is left after them for a later night.
    pub left: Option<TimeRange>,
}

impl Due {
    /// Everything that is due, as one range.
    pub fn whole(&self) -> Option<TimeRange> {
        let all = self.again.iter().chain(&self.pieces).chain(&self.left);
        all.copied().reduce(TimeRange::hull)
    }
}

/// The windows that are due for a hunt. Sources without newer records hold none of them back.
pub fn due(record: &HuntRecord, reaches: &[SourceReach], bounds: &Bounds) -> Due {
    let mut due = Due { again: again(record, reaches, bounds), ..Due::default() };
    let newer: Vec<&SourceReach> = reaches.iter().filter(|r| r.is_newer(record, bounds)).collect();
    let (Some(from), Some(until)) = (newer.iter().map(|r| r.done(record, bounds)).min(), newer.iter().filter_map(|r| r.end).max())
    else {
        return due;
    };
    let overlap = newer.iter().map(|r| r.overlap).max().unwrap_or(0).saturating_add(bounds.within);
    let mut from = Instant(from);
    while from < until {
        // A short rest is added to the last piece, so that a run which is a little late does not search twice.
        let rest = until.0.saturating_sub(from.0);
        let stop = if rest <= PIECE + PIECE / 2 { until } else { from.plus(PIECE) };
        // Nothing before the first window was ever promised.
        let start = from.plus(-overlap).max(Instant(record.begun)).min(from);
        if due.pieces.len() == MOST_PIECES {
            due.left = Some(TimeRange::new(start, until));
            break;
        }
        due.pieces.push(TimeRange::new(start, stop));
        from = stop;
    }
    due
}

/// The earlier windows to search again, of sources that answer. Each is widened by what a late record may belong to.
fn again(record: &HuntRecord, reaches: &[SourceReach], bounds: &Bounds) -> Vec<TimeRange> {
    let answering = reaches.iter().filter(|r| r.end.is_some());
    let mut spans: Vec<Span> = answering.filter_map(|r| record.again.get(&r.source)).flatten().copied().collect();
    spans.sort_unstable();
    spans.dedup();
    spans.iter().map(|span| TimeRange::new(Instant(span.0), Instant(span.1)).widen(bounds.within)).collect()
}

/// Notes that records came late into a window of a source, so that what was searched of it is searched again.
pub fn came_late(record: &mut HuntRecord, source: &str, window: Span) {
    let Some(done) = record.done.get(source).copied() else { return };
    let span = Span(window.0.max(record.begun), window.1.min(done));
    let spans = record.again.entry(source.to_owned()).or_default();
    if span.0 < span.1 && !spans.contains(&span) {
        spans.push(span);
    }
    record.again.retain(|_, spans| !spans.is_empty());
}

/// Records that an earlier window was searched again, in all sources that answer.
pub fn looked_again(record: &mut HuntRecord, reaches: &[SourceReach], window: TimeRange, bounds: &Bounds) {
    let inner = window.widen(-bounds.within);
    for reach in reaches.iter().filter(|r| r.end.is_some()) {
        if let Some(spans) = record.again.get_mut(&reach.source) {
            spans.retain(|span| *span != Span::from(inner));
        }
    }
    record.again.retain(|source, spans| !spans.is_empty() && reaches.iter().any(|r| r.source == *source));
    record.open.push(window.into());
}

/// Records that a window was searched completely, in each source as far as it has records.
pub fn looked(record: &mut HuntRecord, reaches: &[SourceReach], window: TimeRange, now: Instant) {
    // A source that the hunt no longer uses does not hold it back.
    record.done.retain(|name, _| reaches.iter().any(|r| r.source == *name));
    for reach in reaches {
        let Some(reached) = reach.end.map(|end| end.min(window.stop)) else { continue };
        let end = record.done.entry(reach.source.clone()).or_insert(reached.0);
        *end = (*end).max(reached.0);
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
    // What lies ahead is searched as a new window.
    for spans in record.again.values_mut() {
        for span in spans.iter_mut() {
            span.1 = span.1.min(start);
        }
        spans.retain(|span| span.0 < span.1);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600 * SECOND;

    fn bounds(now: i64) -> Bounds {
        Bounds { now: Instant(now), since: DAY, lag: HOUR, within: 0 }
    }

    fn exact(now: i64) -> Bounds {
        Bounds { lag: 0, ..bounds(now) }
    }

    fn range(start: i64, stop: i64) -> TimeRange {
        TimeRange::new(Instant(start), Instant(stop))
    }

    /// Sources with records up to these instants.
    fn until(ends: &[(&str, Option<i64>)], overlap: i64) -> Vec<SourceReach> {
        ends.iter().map(|(name, end)| SourceReach { source: (*name).to_owned(), end: end.map(Instant), overlap }).collect()
    }

    fn both(end: i64) -> Vec<SourceReach> {
        until(&[("a", Some(end)), ("b", Some(end))], 2 * HOUR)
    }

    #[test]
    fn a_first_look_goes_back_since_and_a_second_one_overlaps() {
        let mut record = HuntRecord { begun: 9 * DAY, ..HuntRecord::default() };
        let sources = both(10 * DAY - HOUR);
        begin(&mut record, &sources, &bounds(10 * DAY));
        let first = due(&record, &sources, &bounds(10 * DAY));
        assert_eq!(first.pieces, [range(9 * DAY, 10 * DAY - HOUR)]);
        looked(&mut record, &sources, first.pieces[0], Instant(10 * DAY));
        let second = due(&record, &both(11 * DAY - HOUR), &bounds(11 * DAY));
        assert_eq!(second.pieces, [range(10 * DAY - 3 * HOUR, 11 * DAY - HOUR)]);
        let within = Bounds { within: 5 * HOUR, ..bounds(11 * DAY) };
        let earlier = due(&record, &both(11 * DAY - HOUR), &within);
        assert_eq!(earlier.pieces, [range(10 * DAY - 8 * HOUR, 11 * DAY - HOUR)], "by the longest WITHIN too");
        assert_eq!(due(&record, &sources, &bounds(10 * DAY)), Due::default(), "nothing twice");
    }

    #[test]
    fn missed_nights_come_in_pieces_that_leave_no_gap() {
        let mut record = HuntRecord { begun: 0, ..HuntRecord::default() };
        looked(&mut record, &both(DAY), range(0, DAY), Instant(DAY));
        let due = due(&record, &both(6 * DAY - HOUR), &bounds(6 * DAY));
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
        looked(&mut record, &both(DAY), range(0, DAY), Instant(DAY));
        let due = due(&record, &both(60 * DAY - HOUR), &bounds(60 * DAY));
        assert_eq!(due.pieces.len(), MOST_PIECES);
        assert_eq!(due.left, Some(range(32 * DAY - 2 * HOUR, 60 * DAY - HOUR)));
        assert_eq!(due.whole(), Some(range(DAY - 2 * HOUR, 60 * DAY - HOUR)));
    }

    #[test]
    fn a_source_is_searched_as_far_as_it_has_records_and_holds_no_other_back() {
        let mut record = HuntRecord { begun: 9 * DAY, ..HuntRecord::default() };
        for (night, dead, wanted) in
            [(10, 10 * DAY - HOUR, range(9 * DAY, 10 * DAY)), (11, 10 * DAY - HOUR, range(10 * DAY, 11 * DAY))]
        {
            let sources = until(&[("dead", Some(dead)), ("live", Some(night * DAY))], 0);
            begin(&mut record, &sources, &exact(night * DAY));
            let due = due(&record, &sources, &exact(night * DAY));
            assert_eq!(due.pieces, [wanted], "night {night}");
            looked(&mut record, &sources, due.pieces[0], Instant(night * DAY));
        }
        assert_eq!((record.done["dead"], record.done["live"]), (10 * DAY - HOUR, 11 * DAY));
        // One that does not answer stays where it is, and is caught up with over both.
        let away = until(&[("dead", None), ("live", Some(12 * DAY))], 0);
        let due_away = due(&record, &away, &exact(12 * DAY));
        assert_eq!(due_away.pieces, [range(11 * DAY, 12 * DAY)]);
        looked(&mut record, &away, due_away.pieces[0], Instant(12 * DAY));
        let back = until(&[("dead", Some(13 * DAY)), ("live", Some(13 * DAY))], 0);
        assert_eq!(due(&record, &back, &exact(13 * DAY)).pieces[0].start, Instant(10 * DAY - HOUR));
        assert_eq!(due(&record, &until(&[("dead", None), ("live", Some(12 * DAY))], 0), &exact(13 * DAY)), Due::default());
    }

    #[test]
    fn a_new_source_is_looked_back_into_and_a_dropped_one_holds_nothing_back() {
        let mut record = HuntRecord { begun: 9 * DAY, ..HuntRecord::default() };
        let one = until(&[("a", Some(10 * DAY))], 0);
        looked(&mut record, &one, range(9 * DAY, 10 * DAY), Instant(10 * DAY));
        let now = 10 * DAY + HOUR;
        assert_eq!(due(&record, &until(&[("a", Some(now))], 0), &exact(now)).pieces, [range(10 * DAY, now)]);
        let two = until(&[("a", Some(now)), ("b", Some(now))], 0);
        assert_eq!(due(&record, &two, &exact(now)).pieces, [range(9 * DAY + HOUR, now)]);
        looked(&mut record, &until(&[("b", Some(now))], 0), range(9 * DAY, 10 * DAY), Instant(10 * DAY));
        assert_eq!(record.done.keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_source_that_never_answered_is_looked_into_from_the_beginning() {
        let mut record = HuntRecord { begun: 9 * DAY, ..HuntRecord::default() };
        for night in 10..13 {
            let sources = until(&[("away", None), ("live", Some(night * DAY))], 0);
            begin(&mut record, &sources, &exact(night * DAY));
            looked(&mut record, &sources, range((night - 1) * DAY, night * DAY), Instant(night * DAY));
        }
        let sources = until(&[("away", Some(13 * DAY)), ("live", Some(13 * DAY))], 0);
        begin(&mut record, &sources, &exact(13 * DAY));
        assert_eq!(due(&record, &sources, &exact(13 * DAY)).pieces[0].start, Instant(9 * DAY));
    }

    #[test]
    fn a_window_with_late_records_is_searched_again_as_far_as_it_was() {
        let sources = both(10 * DAY);
        let mut record = HuntRecord { begun: 8 * DAY + HOUR, ..HuntRecord::default() };
        looked(&mut record, &sources, range(8 * DAY, 10 * DAY), Instant(10 * DAY));
        for late in [Span(8 * DAY, 9 * DAY), Span(9 * DAY, 11 * DAY), Span(9 * DAY, 11 * DAY), Span(10 * DAY, 11 * DAY)] {
            came_late(&mut record, "a", late);
        }
        came_late(&mut record, "c", Span(0, DAY));
        let bounds = Bounds { within: HOUR, ..exact(10 * DAY) };
        let due_again = due(&record, &sources, &bounds);
        assert_eq!(due_again.again, [range(8 * DAY, 9 * DAY + HOUR), range(9 * DAY - HOUR, 10 * DAY + HOUR)]);
        assert_eq!(due_again.pieces, []);
        assert_eq!(due(&record, &until(&[("a", None), ("b", Some(10 * DAY))], 0), &bounds).again, [], "it waits for its source");
        looked_again(&mut record, &sources, due_again.again[0], &bounds);
        assert_eq!(due(&record, &sources, &bounds).again, due_again.again[1..]);
        looked_again(&mut record, &sources, due_again.again[1], &bounds);
        assert_eq!((due(&record, &sources, &bounds), record.done["a"], record.again.len()), (Due::default(), 10 * DAY, 0));
    }

    #[test]
    fn a_record_of_an_earlier_huntc_is_read() {
        let record = HuntRecord { begun: 0, done: [("a".to_owned(), DAY)].into(), ..HuntRecord::default() };
        let mut old = serde_json::to_value(&record).unwrap_or_default();
        old.as_object_mut().map(|members| members.remove("again"));
        let read: Result<HuntRecord, _> = serde_json::from_value(old);
        assert_eq!(read.ok(), Some(record));
    }

    #[test]
    fn a_clock_that_goes_back_opens_what_lay_ahead() {
        let mut record = HuntRecord { begun: 0, ..HuntRecord::default() };
        looked(&mut record, &both(DAY), range(0, DAY), Instant(DAY));
        looked(&mut record, &both(9 * DAY), range(DAY, 9 * DAY), Instant(9 * DAY));
        assert!(!rewind(&mut record.clone(), Instant(9 * DAY)));
        came_late(&mut record, "a", Span(0, 2 * DAY));
        assert!(rewind(&mut record, Instant(2 * DAY)));
        assert_eq!(record.again["a"], [Span(0, DAY)]);
        let now = until(&[("a", Some(2 * DAY)), ("b", Some(2 * DAY))], 0);
        assert_eq!(due(&record, &now, &exact(2 * DAY)).pieces, [range(DAY, 2 * DAY)]);
    }
}
