//! Times as documents write them: to nanoseconds, and back to text.

use super::column::Kind;
use huntc_compiler::time::{Instant, MILLISECOND, SECOND};

const DAY: i64 = 86_400;

/// The time that a value of a date field stands for, and whether [`format`] gives its text back.
///
/// Numbers and texts of five digits or more are milliseconds since the epoch, as `strict_date_optional_time||epoch_millis`.
pub(super) fn read(raw: &[u8], kind: Kind) -> (Option<i64>, bool) {
    match kind {
        Kind::Text => {
            if let Some(time) = plain(raw) {
                return (Some(time), true);
            }
            (std::str::from_utf8(raw).ok().and_then(written), false)
        }
        Kind::Int | Kind::Float => (std::str::from_utf8(raw).ok().and_then(millis), false),
        Kind::Bool => (None, false),
    }
}

/// A text as a time.
pub(super) fn written(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() > 4 && digits.bytes().all(|b| b.is_ascii_digit()) {
        return millis(text);
    }
    Instant::parse(text).or_else(|| Instant::parse(&completed(text)?)).map(|i| i.0)
}

/// A date without its time, day or month, or a time without its seconds, with the first that they can be.
fn completed(text: &str) -> Option<String> {
    match (text.len(), text.is_ascii()) {
        (4, true) => Some(format!("{text}-01-01T00:00:00Z")),
        (7, true) => Some(format!("{text}-01T00:00:00Z")),
        (10, true) => Some(format!("{text}T00:00:00Z")),
        (13, true) => Some(format!("{text}:00:00Z")),
        (16, true) => Some(format!("{text}:00Z")),
        _ => None,
    }
}

fn millis(text: &str) -> Option<i64> {
    if let Ok(millis) = text.parse::<i64>() {
        return Some(Instant::from_millis(millis).0);
    }
    let millis = text.parse::<f64>().ok().filter(|m| m.is_finite())?;
    Some((millis * MILLISECOND as f64) as i64)
}

/// `2020-10-22T06:58:00.462Z` and nothing else.
fn plain(raw: &[u8]) -> Option<i64> {
    let raw: &[u8; 24] = raw.try_into().ok()?;
    let [.., b'Z'] = raw else { return None };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.')];
    if separators.iter().any(|(at, byte)| raw[*at] != *byte) {
        return None;
    }
    let number = |from: usize, to: usize| {
        raw[from..to].iter().try_fold(0_i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second, milli) = (number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?);
    // Years that nanoseconds can hold whole; leap seconds and days that do not exist go the long way.
    let fits = (1678..=2261).contains(&year) && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    if !fits || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days_from_epoch(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    Some(seconds * SECOND + milli * MILLISECOND)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar. Years are counted from March, so that leap days come last.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `2020-10-22T06:58:00.462Z`, rounded down to milliseconds; years that nanoseconds can hold have four digits.
pub(super) fn format(nanos: i64) -> [u8; 24] {
    let millis = nanos.div_euclid(MILLISECOND);
    let (days, of_day) = (millis.div_euclid(DAY * 1000), millis.rem_euclid(DAY * 1000));
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let mut out = *b"0000-00-00T00:00:00.000Z";
    let mut put = |from: usize, to: usize, mut number: i64| {
        for digit in out[from..to].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    put(0, 4, year);
    put(5, 7, month);
    put(8, 10, day);
    put(11, 13, of_day / 3_600_000);
    put(14, 16, of_day / 60_000 % 60);
    put(17, 19, of_day / 1000 % 60);
    put(20, 23, of_day % 1000);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_times_read_and_print_as_the_calendar_does(millis in -9_214_560_000_000_i64..9_214_560_000_000) {
            let text = Instant::from_millis(millis).to_string();
            let nanos = millis * MILLISECOND;
            prop_assert_eq!(read(text.as_bytes(), Kind::Text), (Some(nanos), true));
            prop_assert_eq!(String::from_utf8(format(nanos).to_vec()).unwrap(), text);
        }
    }

    #[test]
    fn other_forms_are_times_but_not_plain() {
        let nanos = Instant::parse("2020-10-22T06:58:00.462Z").unwrap().0;
        for text in ["2020-10-22T06:58:00.462000Z", "2020-10-22T08:58:00.462+02:00", "2020-10-22T06:58:00.462", "1603349880462"] {
            assert_eq!(read(text.as_bytes(), Kind::Text), (Some(nanos), false), "{text}");
        }
        assert_eq!(read(b"1603349880462", Kind::Int), (Some(nanos), false));
        assert_eq!(read(b"2020-10-22T06:58:00.462123456Z", Kind::Text), (Some(nanos + 123_456), false));
        assert_eq!(written("2020-10-22").unwrap(), Instant::parse("2020-10-22T00:00:00Z").unwrap().0);
        assert_eq!(written("2020").unwrap(), Instant::parse("2020-01-01T00:00:00Z").unwrap().0);
        assert_eq!(written("2020-10-22T06:58").unwrap(), Instant::parse("2020-10-22T06:58:00Z").unwrap().0);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "-",
            "now",
            "2020-13-01T00:00:00.000Z",
            "2021-02-29T00:00:00.000Z",
            "2020-10-22T24:00:00.000Z",
            "x020-10-22T06:58:00.462Z",
        ] {
            assert_eq!(read(text.as_bytes(), Kind::Text), (None, false), "{text}");
        }
        assert_eq!(read(b"true", Kind::Bool), (None, false));
    }
}
