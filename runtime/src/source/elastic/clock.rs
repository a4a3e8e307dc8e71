//! `@timestamp` of a document in the forms that servers take by default (`strict_date_optional_time||epoch_millis`).

use crate::source::Scalar;
use huntc_compiler::time::Instant;

/// The instant of a value; `None` where it is none.
pub(super) fn instant(value: &Scalar) -> Option<Instant> {
    match value {
        Scalar::Int(millis) => Some(Instant::from_millis(*millis)),
        Scalar::Float(millis) if millis.is_finite() => Some(Instant((millis * 1e6) as i64)),
        Scalar::Text(text) => text_instant(text.trim()),
        _ => None,
    }
}

fn text_instant(text: &str) -> Option<Instant> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit());
    // Four digits are a year; any other whole number counts milliseconds.
    if digits && text.len() != 4 {
        return Some(Instant::from_millis(text.parse().ok()?));
    }
    Instant::parse(text).or_else(|| Instant::parse(&completed(text)?))
}

/// A shortened date with its missing parts: `2023` is the first instant of that year, `2023-08-16T00` of that hour.
fn completed(text: &str) -> Option<String> {
    if !text.is_ascii() {
        return None;
    }
    let (date, time) = text.split_once('T').map_or((text, None), |(d, t)| (d, Some(t)));
    let date = match date.len() {
        4 => format!("{date}-01-01"),
        7 => format!("{date}-01"),
        10 => date.to_owned(),
        _ => return None,
    };
    let Some(time) = time.filter(|t| !t.is_empty()) else { return Some(format!("{date}T00:00:00Z")) };
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let clock = match clock.len() {
        2 => format!("{clock}:00:00"),
        5 => format!("{clock}:00"),
        _ => clock.replace(',', "."),
    };
    let zone = match zone.len() {
        0 => "Z".to_owned(),
        3 => format!("{zone}:00"),
        5 => format!("{}:{}", &zone[..3], &zone[3..]),
        _ => zone.to_owned(),
    };
    Some(format!("{date}T{clock}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(t: &str) -> Option<i64> {
        instant(&Scalar::Text(t.into())).map(|i| i.0)
    }

    #[test]
    fn all_forms_of_one_instant() {
        let second = 1_692_144_000_000_000_000; // 2023-08-16T00:00:00Z
        for form in [
            "2023-08-16T00:00:00Z",
            "2023-08-16T00:00:00.000Z",
            "2023-08-16T02:00:00+02:00",
            "2023-08-16T02:00:00+0200",
            "2023-08-16T02+02",
            "2023-08-16",
            "2023-08-16T00",
            "2023-08-16T00:00",
            "2023-08-16T00:00Z",
            "2023-08-16T00:00:00",
            "1692144000000",
        ] {
            assert_eq!(text(form), Some(second), "{form}");
        }
        assert_eq!(instant(&Scalar::Int(1_692_144_000_000)).map(|i| i.0), Some(second));
        assert_eq!(text("2023-08-16T00:00:00.123456789Z"), Some(second + 123_456_789));
        assert_eq!(text("2023-08-16T00:00:00,5Z"), Some(second + 500_000_000));
        assert_eq!((text("2023"), text("2023-01")), (text("2023-01-01"), text("2023-01-01")));
        assert_eq!(text("-1"), Some(-1_000_000));
    }

    #[test]
    fn what_is_no_instant() {
        for form in ["", "-", "x", "yesterday", "2023-8-16", "16/08/2023", "99999999999999999999", "2023-08-16Tüx", "T"] {
            assert_eq!(text(form), None, "{form}");
        }
        assert_eq!(instant(&Scalar::Bool(true)), None);
    }
}
