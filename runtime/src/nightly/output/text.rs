//! The summary of a night as text: first what could not be searched, then what is new, then the rest.

use super::health::{self, sorted};
use crate::nightly::model::{HuntOutcome, Night};
use crate::nightly::record::Span;
use crate::report::sanitize::terminal as safe;
use crate::report::text::count;
use huntc_compiler::time::Instant;
use std::fmt::Write as _;

/// The most new findings of a hunt that the summary lists; the CSV file has all.
const LISTED: usize = 20;

/// The hunts with new findings, the most severe first.
pub(super) fn newsworthy(night: &Night) -> Vec<&HuntOutcome> {
    sorted(night.hunts.iter().filter(|h| !h.news.new.is_empty()).collect())
}

/// The counts of a hunt's findings: `2 new, 5 continuing`.
pub(super) fn counts(hunt: &HuntOutcome) -> String {
    let news = &hunt.news;
    let lists = [(&news.new, "new"), (&news.continuing, "continuing"), (&news.gone, "gone"), (&news.suppressed, "suppressed")];
    let parts: Vec<String> = lists.iter().filter(|(l, _)| !l.is_empty()).map(|(l, word)| format!("{} {word}", l.len())).collect();
    match (parts.is_empty(), hunt.windows.is_empty()) {
        (false, _) => parts.join(", "),
        // That nothing is there is said only of what was looked at.
        (true, true) if !hunt.whole() => "not looked at".to_owned(),
        (true, _) => "nothing found".to_owned(),
    }
}

/// The windows of a hunt on one line.
pub(super) fn windows(spans: &[Span]) -> String {
    match spans {
        [] => "no window".to_owned(),
        [one] => format!("{} to {}", short(one.0), short(one.1)),
        [first, .., last] => format!("{} to {} in {}", short(first.0), short(last.1), count(spans.len() as u64, "piece")),
    }
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

/// That there are no new findings, as far as was looked.
pub(super) fn nothing_new(night: &Night) -> &'static str {
    if night.is_whole() { "Nothing is new" } else { "Nothing is new in what was looked at" }
}

pub(crate) fn summary(night: &Night) -> String {
    let mut out = format!("Nightly hunts, {}\n", night.at.to_seconds_text());
    health::write_text(night, &mut out);
    if !night.notices.is_empty() || !night.undelivered.is_empty() {
        out.push('\n');
    }
    for notice in night.notices.iter().chain(&night.undelivered) {
        let _ = writeln!(out, "! {}", safe(notice));
    }
    if health::troubled(night) == 0 {
        let _ = writeln!(out, "\n{}", all_looked(night));
    }
    let news = newsworthy(night);
    if news.is_empty() {
        let _ = writeln!(out, "\n{}.", nothing_new(night));
    } else {
        let total: usize = news.iter().map(|h| h.news.new.len()).sum();
        let _ = writeln!(out, "\nNEW: {}", count(total as u64, "finding"));
        for hunt in &news {
            list_news(hunt, &mut out);
        }
    }
    let rest: Vec<&HuntOutcome> = night.hunts.iter().filter(|h| h.whole() && h.news.new.is_empty()).collect();
    if !rest.is_empty() {
        out.push_str("\nTHE REST\n");
        for hunt in rest {
            let _ = writeln!(out, "  {} ({}): {}; {}", safe(&hunt.title), safe(&hunt.file), counts(hunt), windows(&hunt.windows));
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
    for (_, finding) in hunt.news.new.iter().take(LISTED) {
        let when = finding.first_event.map_or_else(String::new, |t| format!("  {}", short(t)));
        let _ = writeln!(out, "      {}{when}", safe(&finding.key.to_string()));
    }
    if hunt.news.new.len() > LISTED {
        let _ = writeln!(out, "      and {} more", hunt.news.new.len() - LISTED);
    }
}
