//! What the state contains, as text: the status of each hunt, and the history of nights.

use super::face;
use super::model::HuntStatus;
use super::record::{HuntRecord, KeyRecord, NightRecord};
use super::state::Read;
use crate::report::sanitize::terminal as safe;
use crate::report::text::{count, table};
use crate::source::SourceError;
use huntc_compiler::diag::codes::nightly::UNKNOWN_HUNT;
use huntc_compiler::diag::suggest;
use huntc_compiler::time::{Instant, SECOND};
use std::fmt::Write as _;

/// The most findings that the history of a hunt lists.
const FINDINGS: usize = 200;
/// The most findings of the last report that the status lists.
const TOLD: usize = 20;

/// Up to when all sources of a hunt were searched; `None` before that of one of them began.
pub(super) fn end(record: &HuntRecord) -> Option<i64> {
    record.done.values().min().copied().filter(|end| *end > record.begun)
}

/// `3h 20m`, `2d 4h`
fn age(nanos: i64) -> String {
    let minutes = nanos / SECOND / 60;
    match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
        (0, 0, m) => format!("{m}m"),
        (0, h, m) => format!("{h}h {m:02}m"),
        (d, h, _) => format!("{d}d {h:02}h"),
    }
}

/// When to expect the next run: the time between the last two is added to the last one.
pub(super) fn next(nights: &[(String, NightRecord)]) -> Option<i64> {
    let mut times: Vec<i64> = nights.iter().filter(|(_, n)| n.published && !n.part).map(|(_, n)| n.at).collect();
    times.sort_unstable();
    times.dedup();
    let [.., before, last] = times.as_slice() else { return None };
    Some(last.saturating_add(last.saturating_sub(*before)))
}

/// A table with the status of each hunt.
pub fn status(state: &Read, now: Instant, width: Option<u16>) -> Result<String, SourceError> {
    let nights = state.nights()?;
    let waiting = state.outbox()?.len() as u64;
    let mut rows = table(width);
    rows.set_header(["HUNT", "STATUS", "LOOKED AT UP TO", "AGE", "FAILED NIGHTS", "FINDINGS", "WHY"]);
    for (name, hunt) in state.hunts()?.into_iter().filter(|(_, h)| h.status != HuntStatus::Removed.word()) {
        let end = end(&hunt);
        let first = || format!("nothing yet (from {})", Instant(hunt.begun).to_seconds_text());
        rows.add_row([
            safe(&name).into_owned(),
            if hunt.status.is_empty() { "not reported yet".to_owned() } else { hunt.status.clone() },
            end.map_or_else(first, |e| Instant(e).to_seconds_text()),
            end.map_or_else(String::new, |e| age(now.0.saturating_sub(e).max(0))),
            hunt.failures.to_string(),
            hunt.present.to_string(),
            hunt.reason.as_deref().map_or_else(String::new, |r| safe(r).into_owned()),
        ]);
    }
    let mut out = format!("{}\n", rows.trim_fmt());
    let sources = state.sources()?;
    let last_run = sources.iter().map(|(_, source)| source.at).max();
    for (_, source) in sources.iter().filter(|(_, source)| Some(source.at) == last_run) {
        for line in source.health.lines(now.0) {
            let _ = writeln!(out, "{}", safe(&line));
        }
    }
    out.push_str(&told(state)?);
    if let Some(last) = nights.iter().filter(|(_, n)| n.published).max_by_key(|(_, n)| n.at) {
        let _ = writeln!(out, "last report: {}", safe(&last.1.folder));
    }
    if let Some(next) = next(&nights) {
        let late = if next < now.0 { format!(", {} ago", age(now.0.saturating_sub(next))) } else { String::new() };
        let _ = writeln!(out, "next run expected: {}{late}", Instant(next).to_seconds_text());
    }
    if waiting > 0 {
        let _ = writeln!(out, "{} waiting to be delivered", count(waiting, "notification"));
    }
    Ok(out)
}

/// What the last report of each hunt told, the latest first.
fn told(state: &Read) -> Result<String, SourceError> {
    let mut told: Vec<(String, KeyRecord)> = Vec::new();
    for (name, hunt) in state.hunts()? {
        let last = |key: &KeyRecord| hunt.look > 0 && key.look == hunt.look && key.told_at == Some(hunt.look);
        told.extend(state.keys(&name)?.into_iter().map(|(_, key)| key).filter(last).map(|key| (name.clone(), key)));
    }
    if told.is_empty() {
        return Ok(String::new());
    }
    told.sort_by(|a, b| (b.1.last_event, &a.0).cmp(&(a.1.last_event, &b.0)));
    let mut out = format!("\ntold by the last report: {}\n", count(told.len() as u64, "finding"));
    for (name, key) in told.iter().take(TOLD) {
        let _ = writeln!(out, "  {}: {}", safe(name), face::line(key, key.last_event));
    }
    if told.len() > TOLD {
        let _ = writeln!(out, "  and {} more", told.len() - TOLD);
    }
    out.push('\n');
    Ok(out)
}

/// The nights as a table: those of all hunts, or of one hunt with its findings.
pub fn history(state: &Read, hunt: Option<&str>, width: Option<u16>) -> Result<String, SourceError> {
    let hunts = state.hunts()?;
    if let Some(name) = hunt.filter(|name| !hunts.iter().any(|(n, _)| n == name)) {
        let problem = SourceError::new(&UNKNOWN_HUNT, format!("the state knows no hunt `{name}`"));
        let near = suggest::nearest(name, hunts.iter().map(|(n, _)| n.as_str()));
        return Err(match near.first() {
            Some(near) => problem.help(format!("`huntc nightly history {near}` is the nearest")),
            None => problem.help("`huntc nightly status` lists the hunts"),
        });
    }
    let mut nights: Vec<_> = state.nights()?.into_iter().filter(|(_, n)| n.published).collect();
    nights.sort_by(|a, b| (b.1.at, &b.0).cmp(&(a.1.at, &a.0)));
    let mut rows = table(width);
    rows.set_header(["NIGHT", "HUNT", "STATUS", "NEW", "BACK", "CONTINUING", "GONE", "SUPPRESSED", "WINDOWS", "WHY"]);
    for (id, night) in &nights {
        for one in night.hunts.iter().filter(|h| hunt.is_none_or(|name| h.hunt == name)) {
            let windows =
                one.windows.iter().map(|w| format!("{}/{}", Instant(w.0).to_seconds_text(), Instant(w.1).to_seconds_text()));
            rows.add_row([
                id.clone(),
                safe(&one.hunt).into_owned(),
                one.status.clone(),
                one.new.to_string(),
                one.again.to_string(),
                one.continuing.to_string(),
                one.gone.to_string(),
                one.suppressed.to_string(),
                windows.collect::<Vec<_>>().join(" "),
                one.reason.as_deref().map_or_else(String::new, |r| safe(r).into_owned()),
            ]);
        }
    }
    let mut out = format!("{}\n", rows.trim_fmt());
    if let Some(name) = hunt {
        out.push_str(&findings(state, name, width)?);
    }
    Ok(out)
}

/// The findings of a hunt, the latest first.
fn findings(state: &Read, hunt: &str, width: Option<u16>) -> Result<String, SourceError> {
    let mut keys = state.keys(hunt)?;
    let total = keys.len() as u64;
    keys.sort_by(|a, b| (b.1.last_at, &a.0).cmp(&(a.1.last_at, &b.0)));
    let mut rows = table(width);
    rows.set_header(["HOST", "USER", "FINDING", "NIGHTS", "FIRST RUN", "LAST RUN", "FIRST RECORD", "LAST RECORD", "REPORTED"]);
    for (_, key) in keys.iter().take(FINDINGS) {
        let time = |t: Option<i64>| t.map_or_else(String::new, |t| Instant(t).to_string());
        rows.add_row([
            safe(&face::names(&key.hosts)).into_owned(),
            safe(&face::names(&key.users)).into_owned(),
            safe(&face::columns(key)).into_owned(),
            key.nights.to_string(),
            Instant(key.first_at).to_seconds_text(),
            Instant(key.last_at).to_seconds_text(),
            time(key.first_event),
            time(key.last_event),
            if key.told { "yes" } else { "no" }.to_owned(),
        ]);
    }
    let more = if keys.len() > FINDINGS { format!(", the latest {FINDINGS} are listed") } else { String::new() };
    Ok(format!("\n{}{more}\n{}\n", count(total, "finding"), rows.trim_fmt()))
}
