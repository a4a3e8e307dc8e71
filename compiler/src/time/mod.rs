//! Instants, ranges and their text forms. Everything is UTC; ranges are half-open.

pub mod duration;

use std::fmt;

/// A point in time: nanoseconds since the Unix epoch. It reaches from 1677 to 2262; times beyond become the nearer end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Instant(pub i64);

/// One second in nanoseconds.
pub const SECOND: i64 = 1_000_000_000;
/// One millisecond in nanoseconds.
pub const MILLISECOND: i64 = 1_000_000;

impl Instant {
    /// Reads an RFC 3339 instant (`2020-10-22T06:58:00.462Z`, offsets too) or an ISO date-time without a zone,
    /// which is UTC. None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let stamp = text
            .parse::<jiff::Timestamp>()
            .ok()
            .or_else(|| Some(text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()))?;
        Some(Self(i64::try_from(stamp.as_nanosecond()).unwrap_or(if stamp.as_nanosecond() < 0 { i64::MIN } else { i64::MAX })))
    }

    /// The instant of a count of milliseconds since the epoch.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(MILLISECOND))
    }

    /// Milliseconds since the epoch, rounded down.
    pub fn millis_floor(self) -> i64 {
        self.0.div_euclid(MILLISECOND)
    }

    /// Milliseconds since the epoch, rounded up.
    pub fn millis_ceil(self) -> i64 {
        let floor = self.millis_floor();
        if self.0.rem_euclid(MILLISECOND) == 0 { floor } else { floor + 1 }
    }

    /// This instant moved by nanoseconds, stopping at the ends of time.
    #[must_use]
    pub fn plus(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// `2020-10-22T06:58:00Z`, without a fraction.
    pub fn to_seconds_text(self) -> String {
        let text = Self(self.0.div_euclid(SECOND).saturating_mul(SECOND)).to_string();
        text.replace(".000Z", "Z")
    }
}

/// UTC with milliseconds, rounded down: `2020-10-22T06:58:00.462Z`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.millis_floor()) {
            Ok(stamp) => write!(f, "{stamp:.3}"),
            Err(_) => write!(f, "{}ms", self.millis_floor()),
        }
    }
}

/// The instants `t` with `start <= t < stop`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeRange {
    /// First instant inside.
    pub start: Instant,
    /// First instant after the range.
    pub stop: Instant,
    /// Which time of a record the range is about.
    pub clock: RangeClock,
}

/// The time of a record that a range is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RangeClock {
    /// `@timestamp`: when it happened.
    Event,
    /// When it arrived: the field that the source's `clock` names, `@timestamp` where it is absent. For a source without
    /// `clock` the same as [`Self::Event`].
    Arrival,
}

impl fmt::Debug for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |instant: Instant| {
            let stamp = jiff::Timestamp::from_nanosecond(i128::from(instant.0));
            stamp.map_or_else(|_| format!("{}ns", instant.0), |s| s.to_string())
        };
        write!(f, "[{} .. {})", text(self.start), text(self.stop))
    }
}

impl TimeRange {
    /// A range of `@timestamp`.
    pub fn new(start: Instant, stop: Instant) -> Self {
        Self { start, stop, clock: RangeClock::Event }
    }

    /// A range of the time of arrival.
    pub fn of_arrival(start: Instant, stop: Instant) -> Self {
        Self { start, stop, clock: RangeClock::Arrival }
    }

    /// Whether `t` lies inside.
    pub fn contains(self, t: Instant) -> bool {
        self.start <= t && t < self.stop
    }

    /// Widened by `nanos` at both ends.
    #[must_use]
    pub fn widen(self, nanos: i64) -> Self {
        Self { start: self.start.plus(-nanos), stop: self.stop.plus(nanos), clock: self.clock }
    }

    /// From the earliest start to the latest stop. A record arrives after it happened, so of two clocks that of arrival
    /// leaves none of the earlier records out.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), stop: self.stop.max(other.stop), clock: self.clock.max(other.clock) }
    }
}

/// The time that a request looks at; `None`: all time.
pub type Window = Option<TimeRange>;

/// The hull of two windows; all time if one of them is all time.
pub fn hull(a: Window, b: Window) -> Window {
    Some(a?.hull(b?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_time_have_a_text() {
        assert!(Instant(i64::MIN).to_seconds_text().starts_with("1677-09-21T"));
        assert!(Instant(i64::MAX).to_seconds_text().starts_with("2262-04-11T"));
    }

    #[test]
    fn a_hull_of_two_clocks_is_of_arrival() {
        let event = TimeRange::new(Instant(1), Instant(2));
        let arrival = TimeRange::of_arrival(Instant(4), Instant(5));
        assert_eq!(event.hull(arrival), TimeRange::of_arrival(Instant(1), Instant(5)));
        assert_eq!(arrival.widen(1).clock, RangeClock::Arrival);
    }
}
