//! Tests of offsets, of what events say of a clock, and of what is said of it.

#![allow(clippy::unwrap_used)]

use super::*;

const HOUR: i64 = 3_600 * SECOND;
const NOON: Instant = Instant(1_603_022_400 * SECOND);

#[test]
fn an_offset_is_a_sign_and_lengths() {
    for (text, seconds, shown) in [
        ("+16h", 57_600, "+16h"),
        ("-8h", -28_800, "-8h"),
        ("+5h30m", 19_800, "+5h30m"),
        ("+05:45", 20_700, "+5h45m"),
        ("-12:30", -45_000, "-12h30m"),
        (" +90s ", 90, "+1m30s"),
        ("+1d2h", 93_600, "+26h"),
        ("+0h", 0, "+0s"),
        ("-2 hours", -7_200, "-2h"),
    ] {
        let offset = LogTimeOffset::parse(text).unwrap();
        assert_eq!((offset.0, offset.to_string().as_str()), (seconds * SECOND, shown), "{text}");
        assert_eq!(LogTimeOffset::parse(shown), Some(offset), "{shown}");
    }
    for bad in
        ["", "+", "-", "16h", "+16", "++1h", "+1h-2m", "+h", "+1:2", "+1:60", "+:30", "+01:00:00", "+9999d", "16:00", "+1.5h", "+é"]
    {
        assert_eq!(LogTimeOffset::parse(bad), None, "{bad}");
    }
}

/// The clock of events of Sysmon that were logged so many nanoseconds before their own time, and of one other event.
fn clock(apart: &[i64]) -> LogClock {
    let mut clock = LogClock::default();
    for (distance, at) in apart.iter().zip(0..) {
        clock.push(EventClock::Sysmon { utc: NOON.plus(at * SECOND), logged: NOON.plus(at * SECOND - distance) });
    }
    clock.push(EventClock::Logged(NOON.plus(-apart.first().copied().unwrap_or_default())));
    clock
}

fn fault(apart: &[i64]) -> Option<ClockFault> {
    clock(apart).fault("f", LogTimeOffset::default())
}

#[test]
fn a_constant_distance_is_the_offset_that_is_right() {
    for (apart, right) in [(16 * HOUR, "+16h"), (-4 * HOUR, "-4h"), (5 * HOUR + 45 * 60 * SECOND, "+5h45m"), (HOUR / 2, "+30m")] {
        let found = fault(&[apart, apart + SECOND, apart - 20 * SECOND]).unwrap();
        assert_eq!(found.right, LogTimeOffset::parse(right), "{right}");
        assert!(found.covered && !found.halves && found.dated == 1, "{found:?}");
    }
    // What was added already counts.
    let found = clock(&[4 * HOUR]).fault("f", LogTimeOffset(12 * HOUR)).unwrap();
    assert_eq!(found.right, LogTimeOffset::parse("+16h"));
}

#[test]
fn no_offset_is_right_for_distances_that_differ() {
    for (apart, halves) in [
        (&[4 * HOUR, 16 * HOUR][..], true),
        (&[0, 12 * HOUR], true),
        (&[-8 * HOUR, 4 * HOUR], true),
        (&[4 * HOUR, 5 * HOUR], false),
        (&[4 * HOUR, 0], false),
        (&[7 * 60 * SECOND + 4 * HOUR, 4 * HOUR], false),
        (&[7 * 60 * SECOND + 4 * HOUR], false),
    ] {
        let found = fault(apart).unwrap();
        assert_eq!((found.right, found.halves), (None, halves), "{apart:?}");
    }
}

#[test]
fn minutes_and_single_events_are_no_fault() {
    assert_eq!(fault(&[0, SECOND, -4 * 60 * SECOND]), None);
    assert_eq!(fault(&[]), None);
    let mut many = vec![0; 1_000];
    many[7] = 16 * HOUR;
    assert_eq!(fault(&many), None);
    many[..10].fill(16 * HOUR);
    assert!(fault(&many).is_some());
}

#[test]
fn others_outside_of_sysmons_time_are_not_covered() {
    let mut clock = clock(&[16 * HOUR, 16 * HOUR]);
    assert!(clock.fault("f", LogTimeOffset::default()).unwrap().covered);
    clock.push(EventClock::Logged(NOON.plus(-10 * HOUR)));
    let found = clock.fault("f", LogTimeOffset::default()).unwrap();
    assert!(!found.covered && found.right.is_some());
}

#[test]
fn parts_of_a_file_make_one_clock() {
    let distances: Vec<i64> = (0..100).map(|n| if n % 3 == 0 { 16 * HOUR } else { n * 61 * 60 * SECOND }).collect();
    let whole = clock(&distances);
    for at in [0, 1, 50, 99] {
        let (first, last) = distances.split_at(at);
        let mut parts = LogClock::default();
        for (part, from) in [(first, 0), (last, at as i64)] {
            for (distance, n) in part.iter().zip(from..) {
                parts.merge({
                    let mut one = LogClock::default();
                    one.push(EventClock::Sysmon { utc: NOON.plus(n * SECOND), logged: NOON.plus(n * SECOND - distance) });
                    one
                });
            }
        }
        assert_eq!((parts.compared, parts.compared_span), (whole.compared, whole.compared_span));
        assert_eq!(parts.apart.values().sum::<u64>() + parts.uneven_total, whole.apart.values().sum::<u64>() + whole.uneven_total);
    }
}

#[test]
fn it_says_what_it_means() {
    assert_eq!(
        fault(&[16 * HOUR, 16 * HOUR]).unwrap().to_string(),
        "f: 2 of 2 Sysmon events were logged 16h before their own UtcTime; all events that are dated by when they were logged (1) are 16h too early"
    );
    assert_eq!(
        fault(&[16 * HOUR, 4 * HOUR, 4 * HOUR, 0]).unwrap().to_string(),
        "f: 2 of 4 Sysmon events were logged 4h before their own UtcTime, 1 16h before it, 1 at it; events that are dated by when they were logged (1) are wrong by as much"
    );
}
