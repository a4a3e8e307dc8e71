//! The summary of a night as text: first what could not be searched, then what is new, then the rest.

use super::health::{self, sorted};
use crate::nightly::face;
use crate::nightly::model::{HuntOutcome, Night};
use crate::nightly::record::{KeyRecord, Span};
use crate::report::sanitize::terminal as safe;
use crate::report::text::count;
use huntc_compiler::time::Instant;
use std::fmt::Write as _;

/// The most new findings of a hunt that the summary lists; the CSV file has all.
const LISTED: usize = 20;
/// The most continuing findings of a hunt that the summary lists; the page has more.
const CONTINUING: usize = 3;

/// The hunts whose findings the report tells, the most severe first.
pub(super) fn newsworthy(night: &Night) -> Vec<&HuntOutcome> {
    sorted(night.hunts.iter().filter(|h| h.news.told_count() > 0).collect())
}

/// The counts of a hunt's findings: `2 new, 5 continuing`. What was not looked at found nothing that anybody may call nothing.
pub(super) fn counts(hunt: &HuntOutcome) -> String {
    let news = &hunt.news;
    let lists = [
        (&news.new, "new"),
        (&news.again, "back"),
        (&news.continuing, "continuing"),
        (&news.gone, "gone"),
        (&news.suppressed, "suppressed"),
    ];
    let parts: Vec<String> = lists.iter().filter(|(l, _)| !l.is_empty()).map(|(l, word)| format!("{} {word}", l.len())).collect();
    match (parts.is_empty(), hunt.windows.is_empty(), hunt.whole()) {
        (false, ..) => parts.join(", "),
        (true, true, false) => "not looked at".to_owned(),
        (true, true, true) => "nothing was due".to_owned(),
        (true, false, false) => "nothing found in what was looked at".to_owned(),
        (true, false, true) => "nothing found".to_owned(),
    }
}

/// The windows of a hunt on one line; empty where it was not looked at.
pub(super) fn windows(spans: &[Span]) -> String {
    match spans {
        [] => String::new(),
        [one] => format!("{} to {}", short(one.0), short(one.1)),
        [first, .., last] => format!("{} to {} in {}", short(first.0), short(last.1), count(spans.len() as u64, "piece")),
    }
}

/// The counts of a hunt and where it looked.
fn counts_and_windows(hunt: &HuntOutcome) -> String {
    let windows = windows(&hunt.windows);
    if windows.is_empty() { counts(hunt) } else { format!("{}; {windows}", counts(hunt)) }
}

/// That nothing is new, as far as it is known.
pub(super) fn nothing_new(night: &Night) -> &'static str {
    let seen = night.hunts.iter().any(|hunt| !hunt.windows.is_empty());
    match (night.is_whole(), seen) {
        (true, _) => "Nothing is new",
        (false, true) => "Nothing is new in what was looked at",
        (false, false) => "Nothing was looked at",
    }
}

/// The number of findings that the report tells, in words: `3 findings, 1 of them back`.
pub(super) fn told(hunts: &[&HuntOutcome]) -> String {
    let total: usize = hunts.iter().map(|h| h.news.told_count()).sum();
    let again: usize = hunts.iter().map(|h| h.news.again.len()).sum();
    let back = if again > 0 { format!(", {again} of them back after a long time") } else { String::new() };
    format!("{}{back}", count(total as u64, "finding"))
}

/// An instant without fractions of a second.
pub(super) fn short(nanos: i64) -> String {
    Instant(nanos).to_seconds_text()
}

/// The figures about the night's requests.
pub(super) fn traffic(night: &Night) -> String {
    let traffic = night.traffic;
    let sent = count(traffic.sent, "request");
    format!("{sent} sent, {} more answered by an equal one, {} read", traffic.shared, count(traffic.records, "record"))
}

/// What the hunts looked at when none of them failed.
pub(super) fn all_looked(night: &Night) -> String {
    let hunts = night.hunts.len();
    let who = if hunts == 1 { "The one hunt".to_owned() } else { format!("All {}", count(hunts as u64, "hunt")) };
    let what = if night.health.is_read_whole() { "everything" } else { "what could be read" };
    format!("{who} looked at {what} up to now.")
}

pub(crate) fn summary(night: &Night) -> String {
    let mut out = format!("Nightly hunts, {}\n", night.at.to_seconds_text());
    if let Some(part) = &night.part {
        let _ = writeln!(out, "a part: {}", safe(part));
    }
    health::write_text(night, &mut out);
    if !night.notices.is_empty() || !night.suppressions.is_empty() || !night.undelivered.is_empty() {
        out.push('\n');
    }
    for notice in night.notices.iter().chain(&night.suppressions).chain(&night.undelivered) {
        let _ = writeln!(out, "! {}", safe(notice));
    }
    if health::troubled(night) == 0 {
        let _ = writeln!(out, "\n{}", all_looked(night));
    }
    let news = newsworthy(night);
    if news.is_empty() {
        let _ = writeln!(out, "\n{}.", nothing_new(night));
    } else {
        let _ = writeln!(out, "\nNEW: {}", told(&news));
        for hunt in &news {
            list_news(hunt, &mut out);
        }
    }
    let rest: Vec<&HuntOutcome> = night.hunts.iter().filter(|h| h.whole() && h.news.told_count() == 0).collect();
    if !rest.is_empty() {
        out.push_str("\nTHE REST\n");
        for hunt in rest {
            let _ = writeln!(out, "  {} ({}): {}", safe(&hunt.title), safe(&hunt.file), counts_and_windows(hunt));
            list_continuing(hunt, &mut out);
        }
    }
    let _ = writeln!(out, "\n{}", traffic(night));
    out
}

fn list_news(hunt: &HuntOutcome, out: &mut String) {
    let attack =
        if hunt.front_matter.attack.is_empty() { String::new() } else { format!(" {}", hunt.front_matter.attack.join(" ")) };
    let _ = writeln!(
        out,
        "  [{}] {} ({}){attack}: {}; {} {}",
        hunt.severity().word(),
        safe(&hunt.title),
        safe(&hunt.file),
        counts(hunt),
        hunt.entity,
        safe(&hunt.variable)
    );
    for finding in by_time(hunt.news.told()).into_iter().take(LISTED) {
        let at = if finding.again.is_some() { finding.last_event } else { finding.first_event };
        let before = finding.again.map_or_else(String::new, |until| format!("  back; before that until {}", short(until)));
        let _ = writeln!(out, "      {}{before}", face::line(finding, at));
    }
    more(hunt.news.told_count(), LISTED, out);
    list_continuing(hunt, out);
}

fn list_continuing(hunt: &HuntOutcome, out: &mut String) {
    for (_, finding) in hunt.news.continuing.iter().take(CONTINUING) {
        let nights = count(finding.nights, "night");
        let _ = writeln!(out, "      continuing, {nights}, last {}", face::line(finding, finding.last_event.or(finding.until)));
    }
    more(hunt.news.continuing.len(), CONTINUING, out);
}

fn more(all: usize, listed: usize, out: &mut String) {
    if all > listed {
        let _ = writeln!(out, "      and {} more", all - listed);
    }
}

/// Findings in the order of their first records.
pub(super) fn by_time<'a>(findings: impl Iterator<Item = &'a (String, KeyRecord)>) -> Vec<&'a KeyRecord> {
    let mut findings: Vec<&(String, KeyRecord)> = findings.collect();
    findings.sort_by_key(|(identity, finding)| (finding.again.is_some(), finding.first_event, identity));
    findings.into_iter().map(|(_, finding)| finding).collect()
}
