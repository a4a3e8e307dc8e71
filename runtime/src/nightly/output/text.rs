//! The summary of a night as text: first what could not be searched, then what is new, then the rest.

use crate::nightly::model::{HuntOutcome, Night};
use crate::nightly::record::Span;
use crate::report::sanitize::{terminal as safe, terminal_cell as cell};
use crate::report::text::count;
use huntc_compiler::time::Instant;
use std::cmp::Reverse;
use std::fmt::Write as _;

/// The most new findings of a hunt that the summary lists; the CSV file has all.
const LISTED: usize = 20;

/// The hunts that were not searched up to now, the most severe first.
pub(super) fn troubled(night: &Night) -> Vec<&HuntOutcome> {
    sorted(night.hunts.iter().filter(|h| !h.whole()).collect())
}

/// The hunts with new findings, the most severe first.
pub(super) fn newsworthy(night: &Night) -> Vec<&HuntOutcome> {
    sorted(night.hunts.iter().filter(|h| !h.news.new.is_empty()).collect())
}

fn sorted(mut hunts: Vec<&HuntOutcome>) -> Vec<&HuntOutcome> {
    hunts.sort_by_key(|h| (Reverse(h.severity()), h.name.as_str()));
    hunts
}

/// The counts of a hunt's findings: `2 new, 5 continuing`.
pub(super) fn counts(hunt: &HuntOutcome) -> String {
    let news = &hunt.news;
    let lists = [(&news.new, "new"), (&news.continuing, "continuing"), (&news.gone, "gone"), (&news.suppressed, "suppressed")];
    let parts: Vec<String> = lists.iter().filter(|(l, _)| !l.is_empty()).map(|(l, word)| format!("{} {word}", l.len())).collect();
    if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") }
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

/// Why a hunt was not searched up to now, and what is left to search.
pub(super) fn trouble(hunt: &HuntOutcome) -> String {
    let mut out = format!("{}: {}", hunt.status.word(), hunt.reason.as_deref().unwrap_or("no reason is known"));
    if let Some(open) = hunt.open {
        let _ = write!(out, "; open from {} to {}", short(open.0), short(open.1));
    }
    if hunt.failures > 1 {
        let _ = write!(out, "; {} in a row", count(u64::from(hunt.failures), "night"));
    }
    out
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
    let what = if night.unread().is_empty() { "everything" } else { "what could be read" };
    format!("{who} looked at {what} up to now.")
}

pub(crate) fn summary(night: &Night) -> String {
    let mut out = format!("Nightly hunts, {}\n", night.at.to_seconds_text());
    if let Some(part) = &night.part {
        let _ = writeln!(out, "a part: {}", safe(part));
    }
    for notice in night.notices.iter().chain(&night.undelivered) {
        let _ = writeln!(out, "! {}", safe(notice));
    }
    let troubled = troubled(night);
    if troubled.is_empty() {
        let _ = writeln!(out, "\n{}", all_looked(night));
    } else {
        let _ = writeln!(out, "\nNOT LOOKED AT: {}", count(troubled.len() as u64, "hunt"));
        for hunt in troubled {
            let _ = writeln!(out, "  [{}] {} ({})", hunt.severity().word(), safe(&hunt.title), safe(&hunt.file));
            let _ = writeln!(out, "      {}", safe(&trouble(hunt)));
        }
    }
    let news = newsworthy(night);
    if news.is_empty() {
        out.push_str("\nNothing is new.\n");
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
        let _ = writeln!(out, "      {}{when}", cell(&finding.key.to_string()));
    }
    if hunt.news.new.len() > LISTED {
        let _ = writeln!(out, "      and {} more", hunt.news.new.len() - LISTED);
    }
}
