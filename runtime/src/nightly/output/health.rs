//! What a night could not see, in front of what it found: how its sources are, and hunts that did not look, each cause once.

use crate::nightly::health::{HostGone, SourceHealth};
use crate::nightly::model::{HuntOutcome, HuntStatus, Night};
use crate::nightly::record::Span;
use crate::report::sanitize::terminal as safe;
use crate::report::text::count;
use huntc_compiler::time::Instant;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The most hunts that are named behind one cause.
const NAMED: usize = 20;

/// Hunts that were not searched up to now for one reason.
pub(super) struct Cause<'a> {
    status: HuntStatus,
    reason: &'a str,
    pub hunts: Vec<&'a HuntOutcome>,
}

impl Cause<'_> {
    /// What kept them, and how long they wait.
    pub(super) fn why(&self) -> String {
        format!("{}: {}{}", self.status.word(), self.reason, waiting(&self.hunts))
    }

    /// How many hunts, and which.
    pub(super) fn named(&self) -> String {
        format!("{}: {}", count(self.hunts.len() as u64, "hunt"), files(&self.hunts))
    }
}

/// The hunts that were not searched up to now by their causes, the most severe first.
pub(super) fn causes(night: &Night) -> Vec<Cause<'_>> {
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for hunt in sorted(night.hunts.iter().filter(|h| !h.whole()).collect()) {
        let reason = hunt.reason.as_deref().unwrap_or("no reason is known");
        match causes.iter_mut().find(|cause| cause.status == hunt.status && cause.reason == reason) {
            Some(cause) => cause.hunts.push(hunt),
            None => causes.push(Cause { status: hunt.status, reason, hunts: vec![hunt] }),
        }
    }
    causes
}

/// The most severe first.
pub(super) fn sorted(mut hunts: Vec<&HuntOutcome>) -> Vec<&HuntOutcome> {
    hunts.sort_by_key(|h| (Reverse(h.severity()), h.name.as_str()));
    hunts
}

/// From the earlier start to the later stop.
fn open(a: Span, b: Span) -> Span {
    Span(a.0.min(b.0), a.1.max(b.1))
}

/// How long each of the hunts waits: what is open of them all, and the most nights in a row.
fn waiting(hunts: &[&HuntOutcome]) -> String {
    let mut out = String::new();
    if let Some(span) = hunts.iter().filter_map(|hunt| hunt.open).reduce(open) {
        let _ = write!(out, "; open from {} to {}", Instant(span.0).to_seconds_text(), Instant(span.1).to_seconds_text());
    }
    if let Some(nights) = hunts.iter().map(|hunt| hunt.failures).max().filter(|nights| *nights > 1) {
        let _ = write!(out, "; {} in a row", count(u64::from(nights), "night"));
    }
    out
}

/// The files of hunts, as many as fit.
fn files(hunts: &[&HuntOutcome]) -> String {
    let named: Vec<&str> = hunts.iter().take(NAMED).map(|hunt| hunt.file.as_str()).collect();
    let more = hunts.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", named.join(", ")) } else { named.join(", ") }
}

/// The number of hunts that were not searched up to now.
pub(super) fn troubled(night: &Night) -> usize {
    night.hunts.iter().filter(|hunt| !hunt.whole()).count()
}

/// The block of the health as text.
pub(super) fn write_text(night: &Night, out: &mut String) {
    let lines = night.health.lines(night.at.0);
    if !lines.is_empty() {
        out.push_str("\nHEALTH\n");
    }
    for line in &lines {
        let _ = writeln!(out, "  {}", safe(line));
    }
    let causes = causes(night);
    if causes.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nNOT LOOKED AT: {}", count(troubled(night) as u64, "hunt"));
    for cause in causes {
        if let [hunt] = cause.hunts.as_slice() {
            let _ = writeln!(out, "  [{}] {} ({})", hunt.severity().word(), safe(&hunt.title), safe(&hunt.file));
            let _ = writeln!(out, "      {}", safe(&cause.why()));
        } else {
            let _ = writeln!(out, "  {}", safe(&cause.why()));
            let _ = writeln!(out, "      {}", safe(&cause.named()));
        }
    }
}

/// `health` of `nightly.json`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct HealthDocument {
    /// The lines of the block, for people.
    lines: Vec<String>,
    sources: Vec<SourceEntry>,
    /// Process sightings that hunts left out for want of an entity id, by the file of the hunt.
    left_out: BTreeMap<String, u64>,
    undecided: BTreeMap<String, u64>,
    mended: BTreeMap<String, MendedEntry>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SourceEntry {
    #[serde(rename = "source")]
    name: String,
    hunts: Vec<String>,
    fault: Option<String>,
    newest: Option<String>,
    silent: bool,
    records: Option<u64>,
    usual: Option<u64>,
    few: Vec<FewEntry>,
    hosts_gone: Vec<HostEntry>,
    hosts_gone_total: u64,
    unread: Vec<String>,
    late: Vec<[String; 2]>,
    unknown: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MendedEntry {
    records: u64,
    first: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FewEntry {
    dataset: Option<String>,
    records: u64,
    usual: u64,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct HostEntry {
    host: String,
    newest: String,
}

impl HealthDocument {
    pub(crate) fn of(night: &Night) -> Self {
        let health = &night.health;
        Self {
            lines: health.lines(night.at.0),
            sources: health.sources.iter().map(SourceEntry::of).collect(),
            left_out: health.left_out.clone(),
            undecided: health.undecided.clone(),
            mended: health
                .mended
                .iter()
                .map(|(source, (records, first))| (source.clone(), MendedEntry { records: *records, first: first.clone() }))
                .collect(),
        }
    }
}

impl SourceEntry {
    fn of(health: &SourceHealth) -> Self {
        let instant = |nanos: i64| Instant(nanos).to_string();
        let host = |gone: &HostGone| HostEntry { host: gone.host.clone(), newest: instant(gone.newest) };
        Self {
            name: health.source.clone(),
            hunts: health.hunts.clone(),
            fault: health.fault.clone(),
            newest: health.newest.map(instant),
            silent: health.silent,
            records: health.records,
            usual: health.usual,
            few: health
                .few
                .iter()
                .map(|few| FewEntry { dataset: few.dataset.clone(), records: few.records, usual: few.usual })
                .collect(),
            hosts_gone: health.hosts_gone.iter().map(host).collect(),
            hosts_gone_total: health.hosts_gone_total,
            unread: health.unread.clone(),
            late: health.late.iter().map(|span| span.texts()).collect(),
            unknown: health.unknown.clone(),
        }
    }
}
