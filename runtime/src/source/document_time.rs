//! Reads and writes times in the forms that documents use.
//!
//! Values are read as Elasticsearch and OpenSearch read them by default, `strict_date_optional_time||epoch_millis`:
//! four digits are a year; any other digits are milliseconds since the epoch, as a text and as a number; and parts that
//! a date leaves out have their smallest value. Other forms of ISO 8601 are read too if they are unambiguous.

use super::Scalar;
use huntc_compiler::time::{Instant, MILLISECOND, SECOND};

const DAY: i64 = 86_400;

/// The time that a text means; `None` when it is none.
pub(crate) fn of_text(text: &str) -> Option<Instant> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let nanos = plain(bytes).or_else(|| strict(bytes)).or_else(|| millis(text));
    nanos.map(Instant).or_else(|| Instant::parse(text))
}

/// The time that a number means, from its text.
pub(super) fn of_number(text: &str) -> Option<Instant> {
    of_text(text).or_else(|| of_float(text.parse().ok()?))
}

/// The time that a value of a document means.
pub(crate) fn of_scalar(value: &Scalar) -> Option<Instant> {
    match value {
        Scalar::Text(text) => of_text(text),
        Scalar::Int(year) if (1_000..10_000).contains(&year.unsigned_abs()) => of_text(&year.to_string()),
        Scalar::Int(millis) => Some(Instant::from_millis(*millis)),
        Scalar::Float(millis) => of_float(*millis),
        Scalar::Bool(_) => None,
    }
}

fn of_float(millis: f64) -> Option<Instant> {
    // Computed in two parts, because the product would have more digits than a float.
    let fraction = (millis.fract() * MILLISECOND as f64).round() as i64;
    millis.is_finite().then(|| Instant::from_millis(millis as i64).plus(fraction))
}

/// Milliseconds: digits, possibly with a sign and a fraction.
fn millis(text: &str) -> Option<i64> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    match unsigned.split_once('.') {
        None if !unsigned.is_empty() && digits(unsigned) => Some(Instant::from_millis(text.parse().ok()?).0),
        Some((whole, fraction)) if !whole.is_empty() && digits(whole) && digits(fraction) => Some(of_float(text.parse().ok()?)?.0),
        _ => None,
    }
}

/// `strict_date_optional_time`: a year of four digits, then any number of further parts, then a zone. Instants beyond
/// the range of nanoseconds become the ends of that range.
fn strict(text: &[u8]) -> Option<i64> {
    let mut rest = Rest(text);
    let before_zero = rest.take(b"-");
    let year = rest.number(4)? * if before_zero { -1 } else { 1 };
    let month = if rest.take(b"-") { rest.number(2)? } else { 1 };
    let day = if rest.take(b"-") { rest.number(2)? } else { 1 };
    let (mut hour, mut minute, mut second, mut nanos, mut offset) = (0, 0, 0, 0, 0);
    if rest.take(b"T") {
        if rest.digits() > 0 {
            hour = rest.number(2)?;
            minute = if rest.take(b":") { rest.number(2)? } else { 0 };
            second = if rest.take(b":") { rest.number(2)? } else { 0 };
            nanos = if rest.take(b".") || rest.take(b",") { rest.fraction()? } else { 0 };
        }
        offset = rest.offset()?;
    }
    let real = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if !real || !rest.0.is_empty() {
        return None;
    }
    let seconds = days_from_epoch(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    let nanos = i128::from(seconds) * i128::from(SECOND) + i128::from(nanos);
    Some(nanos.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}

/// The part of a text that is not read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take(&mut self, prefix: &[u8]) -> bool {
        let found = self.0.strip_prefix(prefix);
        self.0 = found.unwrap_or(self.0);
        found.is_some()
    }

    fn digits(&self) -> usize {
        self.0.iter().take_while(|b| b.is_ascii_digit()).count()
    }

    /// A number with exactly `len` digits.
    fn number(&mut self, len: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        digits.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    }

    /// One to nine digits of a fraction of a second, in nanoseconds.
    fn fraction(&mut self) -> Option<i64> {
        let len = self.digits();
        let places = u32::try_from(9_usize.checked_sub(len)?).ok()?;
        if len == 0 { None } else { Some(self.number(len)? * 10_i64.pow(places)) }
    }

    /// How many seconds a zone is ahead of UTC: `Z`, `+02`, `+0200`, `+02:00`, `UTC`, or nothing.
    fn offset(&mut self) -> Option<i64> {
        if self.0.is_empty() || [&b"Z"[..], b"UTC", b"GMT"].into_iter().any(|name| self.take(name)) {
            return Some(0);
        }
        let sign = if self.take(b"-") { -1 } else { i64::from(self.take(b"+")) };
        let hours = self.number(2)?;
        let minutes = if self.take(b":") || self.digits() > 0 { self.number(2)? } else { 0 };
        (sign != 0 && hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
    }
}

/// Reads exactly the form `2020-10-22T06:58:00.462Z`, which [`format`] writes.
pub(super) fn plain(raw: &[u8]) -> Option<i64> {
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
    // Only years that fit into nanoseconds completely. Leap seconds and days that do not exist are left to [`strict`].
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

/// Days since 1970-01-01 in the Gregorian calendar. Years begin in March here, so that leap days come last.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Writes `2020-10-22T06:58:00.462Z`, rounded down to milliseconds. All years that fit into nanoseconds have four digits.
pub(crate) fn format(nanos: i64) -> [u8; 24] {
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

    fn nanos(text: &str) -> Option<i64> {
        of_text(text).map(|i| i.0)
    }

    proptest! {
        #[test]
        fn plain_times_read_and_print_as_the_calendar_does(millis in -9_214_560_000_000_i64..9_214_560_000_000) {
            let text = Instant::from_millis(millis).to_string();
            let nanos = millis * MILLISECOND;
            prop_assert_eq!(plain(text.as_bytes()), Some(nanos));
            prop_assert_eq!(strict(text.as_bytes()), Some(nanos));
            prop_assert_eq!(String::from_utf8(format(nanos).to_vec()).unwrap(), text);
        }

        #[test]
        fn dates_are_those_of_the_calendar(year in 0_u16..10_000, month in 0_u8..14, day in 0_u8..33, hour in 0_u8..25, offset in -18_i8..19) {
            let sign = if offset < 0 { '-' } else { '+' };
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:59:59.987654321{sign}{:02}:00", offset.abs());
            prop_assert_eq!(strict(text.as_bytes()).map(Instant), Instant::parse(&text));
        }

        #[test]
        fn no_text_is_too_strange(text in "[-+0-9TZUC:., ]{0,30}|\\PC{0,12}") {
            let _ = of_text(&text);
            let _ = of_number(&text);
        }
    }

    #[test]
    fn all_forms_of_one_instant() {
        let second = 1_692_144_000_000_000_000; // 2023-08-16T00:00:00Z
        for form in [
            "2023-08-16T00:00:00Z",
            "2023-08-16T00:00:00.000Z",
            "2023-08-16T00:00:00.000000Z",
            " 2023-08-16T00:00:00Z ",
            "2023-08-16T02:00:00+02:00",
            "2023-08-16T02:00:00+0200",
            "2023-08-15T22-02",
            "2023-08-16T02+02",
            "2023-08-16",
            "2023-08-16T",
            "2023-08-16T00",
            "2023-08-16T00:00",
            "2023-08-16T00:00Z",
            "2023-08-16T00:00UTC",
            "2023-08-16T00:00:00",
            "1692144000000",
            "1692144000000.0",
            // The servers do not read these forms.
            "2023-08-16 00:00:00",
            "2023-08-16t00:00:00z",
            "20230816T000000Z",
        ] {
            assert_eq!(nanos(form), Some(second), "{form}");
            assert_eq!(plain(form.as_bytes()).is_some(), form == "2023-08-16T00:00:00.000Z", "{form}");
        }
        assert_eq!(nanos("2023-08-16T00:00:00.123456789Z"), Some(second + 123_456_789));
        assert_eq!(nanos("2023-08-16T00:00:00,5Z"), Some(second + 500_000_000));
        assert_eq!(nanos("1692144000000.5"), Some(second + 500_000));
    }

    /// A text or a number of four digits is a year.
    #[test]
    fn digits_are_years_or_milliseconds() {
        for (text, expected) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("99", Some(99)),
            ("999", Some(999)),
            ("0001", Some(i64::MIN / MILLISECOND)),
            ("1970", Some(0)),
            ("1971", Some(365 * DAY * 1000)),
            ("2023-01", Some(1_672_531_200_000)),
            ("10000", Some(10_000)),
            ("19700101", Some(19_700_101)),
            ("-1", Some(-1)),
            ("-202", Some(-202)),
            ("-2023", Some(i64::MIN / MILLISECOND)),
            ("-20230", Some(-20_230)),
            ("9223372036854775807", Some(i64::MAX / MILLISECOND)),
            ("99999999999999999999", None),
        ] {
            assert_eq!(nanos(text).map(|n| n / MILLISECOND), expected, "{text}");
        }
    }

    /// A number means the same as its text.
    #[test]
    fn a_number_is_what_its_text_is() {
        for number in [0, 7, 999, 1000, 1970, 2023, 9999, 10_000, 1_692_144_000_000, -1, -999, -2023, i64::MAX, i64::MIN] {
            let text = number.to_string();
            let expected = of_text(&text);
            assert!(expected.is_some(), "{text}");
            assert_eq!((of_number(&text), of_scalar(&Scalar::Int(number))), (expected, expected), "{text}");
        }
        for (text, expected) in
            [("1692144000000.5", 1_692_144_000_000_500_000), ("1.692144e12", 1_692_144_000_000_000_000), ("-0.5", -500_000)]
        {
            let float = of_scalar(&Scalar::Float(text.parse().unwrap()));
            assert_eq!((of_number(text), float), (Some(Instant(expected)), Some(Instant(expected))), "{text}");
        }
        assert_eq!(
            (of_text("1.692144e12"), of_scalar(&Scalar::Float(f64::NAN)), of_scalar(&Scalar::Bool(true))),
            (None, None, None)
        );
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "-",
            "T",
            "now",
            "yesterday",
            "2020-13-01T00:00:00.000Z",
            "2021-02-29T00:00:00.000Z",
            "2020-10-22T24:00:00.000Z",
            "2020-10-22T06:58:00.1234567890Z",
            "x020-10-22T06:58:00.462Z",
            "2023-8-16",
            "16/08/2023",
            "2023-08-16Tüx",
            "2023-08-16T00:00+26",
            "2023-08-16T00:00+2",
            "2023-08-16T00:00:00.Z",
            "+5",
            ".5",
            "NaN",
        ] {
            assert_eq!(of_text(text), None, "{text}");
        }
    }
}
