//! The clock of Windows logs: exports may have local times, and call them UTC. Sysmon says its own time in UTC beside them, so
//! that its events tell how far all others of the file are from it.

use huntc_compiler::time::{Instant, SECOND, duration};
use std::collections::BTreeMap;
use std::fmt;

/// What is added to the times at which an export says that events were logged, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct LogTimeOffset(i64);

/// Zones differ by quarters of hours.
const QUARTER: i64 = 15 * 60 * SECOND;
/// Sysmon's time is of the event, the log's of when it was written: the one may be so much before the other.
const NEAR: i64 = 5 * 60 * SECOND;
/// A clock of twelve hours that does not say which half of the day it is.
const HALF_DAY: i64 = 12 * 60 * 60 * SECOND;
/// Further from Sysmon's events than this, others of the file may have another distance from UTC.
const BESIDE: i64 = 60 * 60 * SECOND;

impl LogTimeOffset {
    /// The longest, in both directions: a year.
    const MOST: i64 = 366 * 24 * 60 * 60 * SECOND;

    /// A sign and lengths of time, such as `+16h` and `-3h30m`, or hours and minutes, such as `+05:45`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+')?),
        };
        let nanos = match rest.split_once(':') {
            Some((hours, minutes)) if minutes.len() == 2 => {
                let minutes = duration::of(minutes, "m").filter(|nanos| *nanos < 60 * 60 * SECOND)?;
                duration::of(hours, "h")?.checked_add(minutes)?
            }
            Some(_) => return None,
            None => lengths(rest)?,
        };
        (nanos <= Self::MOST).then_some(Self(sign * nanos))
    }

    /// The time that is meant by a time of the log.
    pub(crate) fn applied(self, logged: Instant) -> Instant {
        logged.plus(self.0)
    }

    /// Whether times stay as they are.
    pub(crate) fn is_zero(self) -> bool {
        self.0 == 0
    }

    fn and(self, more: i64) -> Self {
        Self(self.0.saturating_add(more))
    }
}

/// Lengths one after the other: `5h30m`.
fn lengths(text: &str) -> Option<i64> {
    let (mut rest, mut sum) = (text, 0_i64);
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit())?;
        let end = rest.get(unit..)?.find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| unit + at);
        let (length, after) = rest.split_at(end);
        sum = sum.checked_add(duration::of(length.get(..unit)?, length.get(unit..)?.trim())?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(sum)
}

impl fmt::Display for LogTimeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.unsigned_abs() / SECOND.unsigned_abs();
        f.write_str(if self.0 < 0 { "-" } else { "+" })?;
        let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
        if seconds == 0 {
            return f.write_str("0s");
        }
        parts.into_iter().filter(|(count, _)| *count > 0).try_for_each(|(count, unit)| write!(f, "{count}{unit}"))
    }
}

/// The times of an event, after the offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EventClock {
    /// When it was logged, by which it is dated.
    Logged(Instant),
    /// When Sysmon says that it was, by which it is dated, and when it was logged.
    Sysmon { utc: Instant, logged: Instant },
}

/// First and last.
type Span = Option<(Instant, Instant)>;

/// What the events of a file say of its clock.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct LogClock {
    /// Events dated by when they were logged, and from when to when.
    logged: u64,
    logged_span: Span,
    /// Events of Sysmon with both times, and from when to when they were logged.
    compared: u64,
    compared_span: Span,
    /// Those whose times are apart: how many by each number of quarters of hours that is about right.
    apart: BTreeMap<i64, u64>,
    /// How many are apart otherwise, and the first distances.
    uneven_total: u64,
    uneven: Vec<i64>,
}

/// Distances from UTC that are counted each, and those that are named.
const DISTANCES: usize = 16;

impl LogClock {
    pub(crate) fn push(&mut self, event: EventClock) {
        match event {
            EventClock::Logged(time) => {
                self.logged += 1;
                extend(&mut self.logged_span, (time, time));
            }
            EventClock::Sysmon { utc, logged } => {
                self.compared += 1;
                extend(&mut self.compared_span, (logged, logged));
                let apart = utc.0.saturating_sub(logged.0);
                if apart.saturating_abs() > NEAR {
                    self.push_apart(apart);
                }
            }
        }
    }

    fn push_apart(&mut self, apart: i64) {
        let quarters = apart.saturating_add(apart.signum() * QUARTER / 2) / QUARTER;
        if apart.saturating_sub(quarters * QUARTER).saturating_abs() <= NEAR {
            self.count_apart(quarters, 1);
        } else {
            self.uneven_total += 1;
            self.uneven.push(apart);
            self.uneven.truncate(DISTANCES);
        }
    }

    /// A hostile file may have any number of distances.
    fn count_apart(&mut self, quarters: i64, events: u64) {
        if self.apart.contains_key(&quarters) || self.apart.len() < DISTANCES {
            *self.apart.entry(quarters).or_default() += events;
        } else {
            self.uneven_total += events;
        }
    }

    /// Takes what other events of the same file say.
    pub(crate) fn merge(&mut self, other: Self) {
        self.logged += other.logged;
        self.compared += other.compared;
        for (span, more) in [(&mut self.logged_span, other.logged_span), (&mut self.compared_span, other.compared_span)] {
            if let Some(more) = more {
                extend(span, more);
            }
        }
        for (quarters, events) in other.apart {
            self.count_apart(quarters, events);
        }
        self.uneven_total += other.uneven_total;
        self.uneven.extend(other.uneven);
        self.uneven.sort_unstable();
        self.uneven.truncate(DISTANCES);
    }

    /// What is wrong with the clock; `offset` is what was added already.
    pub(crate) fn fault(&self, file: &str, offset: LogTimeOffset) -> Option<ClockFault> {
        let apart = self.apart.values().sum::<u64>() + self.uneven_total;
        // A few events of many are late, or of a machine whose clock was set meanwhile.
        if apart == 0 || apart.saturating_mul(100) < self.compared {
            return None;
        }
        let mut distances: Vec<(i64, u64)> = self.apart.iter().map(|(quarters, count)| (quarters * QUARTER, *count)).collect();
        distances.extend(self.uneven.first().map(|apart| (*apart, self.uneven_total)));
        distances.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let constant = match distances.as_slice() {
            [(distance, count)] if *count == self.compared && self.uneven_total == 0 => Some(*distance),
            _ => None,
        };
        Some(ClockFault {
            file: file.to_owned(),
            compared: self.compared,
            dated: self.logged,
            right: constant.map(|distance| offset.and(distance)),
            covered: covers(self.compared_span, self.logged_span),
            halves: is_of_twelve_hours(&distances, apart < self.compared),
            distances,
            agree: self.compared - apart,
        })
    }
}

fn extend(span: &mut Span, (first, last): (Instant, Instant)) {
    *span = Some(span.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
}

/// Whether all times of `others` are about within those of Sysmon.
fn covers(sysmon: Span, others: Span) -> bool {
    let (Some((from, to)), Some((first, last))) = (sysmon, others) else { return true };
    from.plus(-BESIDE) <= first && last <= to.plus(BESIDE)
}

/// Whether distances differ by half a day: the clock shows noon and midnight alike.
fn is_of_twelve_hours(distances: &[(i64, u64)], some_agree: bool) -> bool {
    let all: Vec<i64> = distances.iter().map(|(distance, _)| *distance).chain(some_agree.then_some(0)).collect();
    all.iter().any(|a| all.iter().any(|b| a.saturating_sub(*b) == HALF_DAY))
}

/// A file whose Windows events were logged by another clock than Sysmon's, which is UTC.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClockFault {
    /// The file as the user named it.
    pub file: String,
    /// Events of Sysmon that say both when they were and when they were logged, and those of them whose times agree.
    pub compared: u64,
    /// As above.
    pub agree: u64,
    /// By how much UTC is ahead of the log, in nanoseconds, with the number of events; the most frequent first.
    pub distances: Vec<(i64, u64)>,
    /// Events that are dated by when they were logged, so wrongly.
    pub dated: u64,
    /// The offset that sets all of Sysmon's events right, if there is one.
    pub right: Option<LogTimeOffset>,
    /// Whether Sysmon's events cover the time of the others, so that what is right for them is right for those.
    pub covered: bool,
    /// Whether the log has a clock of twelve hours that passed noon or midnight.
    pub halves: bool,
}

/// Distances that are named.
const NAMED: usize = 3;

impl fmt::Display for ClockFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |distance: i64| if distance > 0 { "before" } else { "after" };
        let by = |distance: i64| LogTimeOffset(distance.saturating_abs()).to_string().trim_start_matches('+').to_owned();
        write!(f, "{}: ", self.file)?;
        for ((distance, events), at) in self.distances.iter().take(NAMED).zip(0..) {
            let (distance, side) = (by(*distance), side(*distance));
            match at {
                0 => write!(f, "{events} of {} Sysmon events were logged {distance} {side} their own UtcTime", self.compared)?,
                _ => write!(f, ", {events} {distance} {side} it")?,
            }
        }
        if self.distances.len() > NAMED {
            f.write_str(", others otherwise")?;
        }
        if self.agree > 0 {
            write!(f, ", {} at it", self.agree)?;
        }
        match (self.dated, self.distances.as_slice()) {
            (0, _) => f.write_str("; no event is dated by when it was logged, so only `event.created` is wrong"),
            (dated, [(distance, _)]) if self.agree == 0 => {
                let wrong = if *distance > 0 { "early" } else { "late" };
                write!(f, "; all events that are dated by when they were logged ({dated}) are {} too {wrong}", by(*distance))
            }
            (dated, _) => write!(f, "; events that are dated by when they were logged ({dated}) are wrong by as much"),
        }
    }
}

#[cfg(test)]
mod tests;
