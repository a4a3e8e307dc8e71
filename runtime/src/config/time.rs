//! Lengths of time in configurations and flags.

use std::time::Duration;

/// A time with its unit: `90s`, `5m`, `24h`, `7d`; at least one second.
pub fn duration(text: &str) -> Option<Duration> {
    duration_or_zero(text).filter(|time| !time.is_zero())
}

/// A time with its unit, or zero.
pub fn duration_or_zero(text: &str) -> Option<Duration> {
    /// Beyond a hundred years, arithmetic on instants would meet the ends of time.
    const LONGEST: Duration = Duration::from_hours(24 * 36_525);
    let nanos = u64::try_from(huntc_compiler::time::duration::parse(text)?).ok()?;
    Some(Duration::from_nanos(nanos)).filter(|time| *time <= LONGEST)
}

/// A length of time as the compiler counts it.
pub fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
