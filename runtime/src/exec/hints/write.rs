//! Times and windows as huntflow text that can be pasted, and shortened texts.

use huntc_compiler::time::{Instant, MILLISECOND, TimeRange};

/// The text, cut to fit a headline.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 36;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}

/// The time clause whose range includes both instants.
pub(super) fn range(first: Instant, last: Instant) -> String {
    let start = Instant::from_millis(first.millis_floor());
    let stop = Instant::from_millis(last.millis_floor()).plus(MILLISECOND);
    format!("START t'{start}' STOP t'{stop}'")
}

/// A window as text for a message.
pub(super) fn window(window: TimeRange) -> String {
    format!("{} to {}", window.start, window.stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_both_ends() {
        let (first, last) = (Instant(1_603_350_000_000_000_001), Instant(1_603_350_000_462_900_000));
        assert_eq!(range(first, last), "START t'2020-10-22T07:00:00.000Z' STOP t'2020-10-22T07:00:00.463Z'");
    }
}
