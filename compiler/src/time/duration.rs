//! Lengths of time in text: one set of units for the language, front matter, configuration and flags.

use super::SECOND;

/// The spellings of each unit, in any case, with its seconds.
const UNITS: [(&[&str], i64); 5] = [
    (&["s", "sec", "second", "seconds"], 1),
    (&["m", "min", "minute", "minutes"], 60),
    (&["h", "hour", "hours"], 3_600),
    (&["d", "day", "days"], 86_400),
    (&["w", "week", "weeks"], 604_800),
];

/// What messages say of the units.
pub const UNITS_TEXT: &str = "units are s, m (or min), h, d, w, and their words: seconds, minutes, hours, days, weeks";

/// Nanoseconds of a unit, spelt in any case.
pub fn unit_nanos(word: &str) -> Option<i64> {
    let (_, seconds) = UNITS.iter().find(|(spellings, _)| spellings.iter().any(|s| s.eq_ignore_ascii_case(word)))?;
    Some(seconds * SECOND)
}

/// Nanoseconds of a count of units, both as written. `None` if one of them cannot be read, or beyond 292 years.
pub fn of(count: &str, unit: &str) -> Option<i64> {
    let digits = count.bytes().all(|b| b.is_ascii_digit());
    count.parse::<i64>().ok().filter(|_| digits)?.checked_mul(unit_nanos(unit)?)
}

/// Nanoseconds of `90s`, `15 min`, `2 Hours`; only `0` needs no unit.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if text == "0" {
        return Some(0);
    }
    let (count, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    of(count, unit.trim_start())
}

/// The exact length in the largest unit that divides it: `5d`. `None` for parts of a second.
pub fn exact(nanos: i64) -> Option<String> {
    let units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
    let (unit, seconds) = units.into_iter().find(|(_, seconds)| nanos % (seconds * SECOND) == 0)?;
    Some(format!("{}{unit}", nanos / (seconds * SECOND)))
}

/// What follows "the last": `5 minutes`, `hour`, `90 seconds`.
pub fn in_words(nanos: i64) -> String {
    let seconds = nanos / SECOND;
    let (count, unit) = match seconds {
        s if s > 0 && s % 86_400 == 0 => (s / 86_400, "day"),
        s if s > 0 && s % 3_600 == 0 => (s / 3_600, "hour"),
        s if s > 0 && s % 60 == 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    if count == 1 { unit.to_owned() } else { format!("{count} {unit}s") }
}

/// The length without its sign, in two units at most: `14 h`, `13 h 50 min`, `95 s`.
pub fn rough(nanos: i64) -> String {
    let seconds = nanos.saturating_abs() / SECOND;
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    let parts = match seconds {
        s if s < 120 => vec![(s, "s")],
        s if s < 3_600 => vec![(s / 60, "min")],
        s if s < 86_400 => vec![(hours, "h"), (minutes, "min")],
        _ => vec![(days, "d"), (hours, "h")],
    };
    let words =
        parts.iter().enumerate().filter(|(n, (count, _))| *n == 0 || *count > 0).map(|(_, (n, unit))| format!("{n} {unit}"));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_count_and_a_unit() {
        let seconds = |text: &str| parse(text).map(|nanos| nanos / SECOND);
        for (text, expected) in [
            ("90s", 90),
            ("15 min", 900),
            ("15m", 900),
            (" 5 Minutes ", 300),
            ("1 SEC", 1),
            ("24h", 86_400),
            ("2 weeks", 1_209_600),
            ("1w", 604_800),
            ("0", 0),
            ("0d", 0),
            ("106751d", 106_751 * 86_400),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for bad in [
            "",
            "24",
            "h",
            "-1h",
            "+1h",
            "1.5h",
            "1h30m",
            "5y",
            "5 months",
            "3ms",
            "1 h x",
            "106752d",
            "99999999999999999999d",
            "١h",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
        assert_eq!((of("+1", "h"), of("", "h"), of("-1", "h")), (None, None, None));
    }

    #[test]
    fn an_exact_text_is_read_back() {
        for nanos in [0, SECOND, 90 * SECOND, 3_600 * SECOND, 5 * 86_400 * SECOND, 106_751 * 86_400 * SECOND] {
            assert_eq!(exact(nanos).as_deref().and_then(parse), Some(nanos));
        }
        assert_eq!(exact(SECOND / 2), None);
    }

    #[test]
    fn words_are_of_the_largest_whole_unit() {
        let said = [300, 3_600, 90, 172_800, 0].map(|s| in_words(s * SECOND));
        assert_eq!(said, ["5 minutes", "hour", "90 seconds", "2 days", "0 seconds"]);
    }

    #[test]
    fn a_rough_text_has_two_units_at_most() {
        let said = [0, 95, 119, 120, 3_600, 50_000, 86_399, 86_400, 180_000].map(|s| rough(-s * SECOND));
        assert_eq!(said, ["0 s", "95 s", "119 s", "2 min", "1 h", "13 h 53 min", "23 h 59 min", "1 d", "2 d 2 h"]);
    }
}
