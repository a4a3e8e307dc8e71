//! Lengths of time in configurations and flags.

use std::time::Duration;

/// A length of time with its unit: `90s`, `5m`, `24h`, `7d`. `None` for any other text, zero, and more than a hundred years.
pub fn duration(text: &str) -> Option<Duration> {
    duration_or_zero(text).filter(|time| !time.is_zero())
}

/// As [`duration`], but zero is allowed.
pub fn duration_or_zero(text: &str) -> Option<Duration> {
    /// Longer times would exceed the range of instants.
    const LONGEST: Duration = Duration::from_hours(24 * 36_525);
    let nanos = u64::try_from(huntc_compiler::time::duration::parse(text)?).ok()?;
    Some(Duration::from_nanos(nanos)).filter(|time| *time <= LONGEST)
}

/// A length of time in nanoseconds, the unit of the compiler.
pub fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
