//! The small chart over nights: findings that were told as bars, records that were read as a line.

use crate::nightly::record::{HuntNight, NightRecord};
use crate::report::text::count;
use huntc_compiler::time::Instant;
use serde::Serialize;
use std::fmt::Write as _;

/// The most nights of the chart, the newest ones; the table has all.
const NIGHTS: usize = 120;
const WIDTH: usize = 960;
/// The part of the picture that bars may fill: from here to there.
const TOP: usize = 18;
const BOTTOM: usize = 110;
const HEIGHT: usize = 128;

/// A chart as the template draws it.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    width: usize,
    height: usize,
    /// The chart in words.
    label: String,
    most: u64,
    most_records: u64,
    bars: Vec<Bar>,
    /// The points of the line; empty where no night knows how many records it read.
    line: String,
    first: String,
    last: String,
}

#[derive(Debug, Serialize)]
struct Bar {
    class: &'static str,
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    label: String,
}

impl Chart {
    /// The chart of these nights, the oldest first; `None` of one alone.
    pub(super) fn of(nights: &[&NightRecord]) -> Option<Self> {
        let nights = nights.get(nights.len().saturating_sub(NIGHTS)..)?;
        let ([first, ..], [_, .., last]) = (nights, nights) else { return None };
        let told = |night: &NightRecord| night.hunts.iter().map(|h: &HuntNight| h.new + h.again).sum::<u64>();
        let most = nights.iter().map(|night| told(night)).max()?;
        let most_records = nights.iter().filter_map(|night| night.records).max().unwrap_or(0);
        // Of what is there at all something is seen.
        let height = |n: u64, most: u64| if n == 0 { 0 } else { ((BOTTOM - TOP) as u64 * n / most.max(1)).max(2) as usize };
        // The first night stands at the left end, the last one at the right end, each over its date.
        let wide = (WIDTH / nights.len()).saturating_sub(2).clamp(1, 24);
        let left = |at: usize| at * (WIDTH - wide) / (nights.len() - 1).max(1);
        let (mut bars, mut line) = (Vec::new(), String::new());
        for (at, night) in nights.iter().enumerate() {
            let findings = told(night);
            let tall = height(findings, most).max(1);
            let date = Instant(night.at).to_seconds_text();
            bars.push(Bar {
                class: if findings > 0 { "told" } else { "none" },
                x: left(at),
                y: BOTTOM - tall,
                width: wide,
                height: tall,
                label: format!("{date}: {}", count(findings, "finding")),
            });
            if let Some(records) = night.records {
                let _ = write!(line, "{},{} ", left(at) + wide / 2, BOTTOM - height(records, most_records));
            }
        }
        let all: u64 = nights.iter().map(|night| told(night)).sum();
        let day = |night: &NightRecord| Instant(night.at).to_seconds_text().chars().take(10).collect::<String>();
        Some(Self {
            width: WIDTH,
            height: HEIGHT,
            label: format!("{} in {}, at most {most} in one", count(all, "finding"), count(nights.len() as u64, "night")),
            most,
            most_records,
            bars,
            line: line.trim_end().to_owned(),
            first: day(first),
            last: day(last),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_the_ground_and_are_as_tall_as_what_was_told() {
        let night = |day: i64, new: u64| NightRecord {
            at: day * 86_400_000_000_000,
            records: Some(new * 10),
            hunts: vec![HuntNight { new, ..HuntNight::default() }],
            ..NightRecord::default()
        };
        let nights = [night(1, 0), night(2, 4), night(3, 2)];
        let chart = Chart::of(&nights.iter().collect::<Vec<_>>()).unwrap();
        let tall: Vec<usize> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(tall, [1, BOTTOM - TOP, (BOTTOM - TOP) / 2]);
        assert!(chart.bars.iter().all(|bar| bar.y + bar.height == BOTTOM && bar.x + bar.width <= WIDTH));
        assert_eq!(chart.bars.first().map(|bar| bar.x), Some(0));
        assert_eq!(chart.bars.last().map(|bar| bar.x + bar.width), Some(WIDTH), "over its date");
        assert_eq!((chart.label.as_str(), chart.first.as_str()), ("6 findings in 3 nights, at most 4 in one", "1970-01-02"));
        assert!(Chart::of(&[&nights[0]]).is_none());
    }
}
