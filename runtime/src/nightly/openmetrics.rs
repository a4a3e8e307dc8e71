//! How the nights stand as OpenMetrics text 1.0. Only gauges are used, so that readers of the older Prometheus text take it
//! too, for example the textfile collector of the node exporter.

use super::overview::{HuntOverview, Overview};
use crate::report::sanitize::terminal as safe;
use huntc_compiler::time::{Instant, SECOND};
use std::fmt::Write as _;

/// The end of the name of a metric family, what it says, and its samples.
type Family<'a> = (&'static str, &'static str, Vec<Sample<'a>>);

/// The name of a label with its value, and the number.
type Sample<'a> = (Option<(&'static str, &'a str)>, i64);

/// The whole text.
pub fn text(overview: &Overview) -> String {
    let mut out = String::new();
    for (name, help, samples) in families(overview) {
        write_family(&format!("huntc_nightly_{name}"), help, &samples, &mut out);
    }
    out.push_str("# EOF\n");
    out
}

fn families(overview: &Overview) -> Vec<Family<'_>> {
    let seconds = |t: Instant| t.0.div_euclid(SECOND);
    let hunts = |value: &dyn Fn(&HuntOverview) -> Option<i64>| -> Vec<Sample<'_>> {
        let samples = overview.hunts.iter().filter_map(|h| Some((Some(("hunt", h.hunt.as_str())), value(h)?)));
        samples.collect()
    };
    let mut families: Vec<Family<'_>> = vec![
        (
            "last_run_timestamp_seconds",
            "When the last run that gave out a report began.",
            overview.last_run.map(|t| (None, seconds(t))).into_iter().collect(),
        ),
        (
            "notifications_waiting",
            "Notifications that could not be delivered yet.",
            vec![(None, i64::try_from(overview.waiting).unwrap_or(i64::MAX))],
        ),
        (
            "hunt_last_success_timestamp_seconds",
            "The last run in which the hunt looked at everything.",
            hunts(&|h| h.last_success.map(seconds)),
        ),
        (
            "hunt_looked_at_until_timestamp_seconds",
            "Up to when the hunt has looked at all of its sources.",
            hunts(&|h| h.until.map(seconds)),
        ),
        (
            "hunt_age_seconds",
            "The time that the hunt has not looked at, when this text was written.",
            hunts(&|h| h.age(overview.now).map(|age| age / SECOND)),
        ),
        ("hunt_whole", "1 where the last report has all of the hunt, else 0.", hunts(&|h| Some(h.whole().into()))),
        ("hunt_failures", "Nights in a row in which the hunt did not look at everything.", hunts(&|h| Some(h.failures.into()))),
        (
            "hunt_findings",
            "Findings of the hunt in the last report.",
            hunts(&|h| Some(i64::try_from(h.findings).unwrap_or(i64::MAX))),
        ),
        (
            "source_looked_at_until_timestamp_seconds",
            "Up to when all hunts that ask the source have looked at it.",
            overview.sources.iter().map(|s| (Some(("source", s.source.as_str())), seconds(s.until))).collect(),
        ),
        (
            "source_newest_timestamp_seconds",
            "The newest record of the source, when a run asked it last.",
            overview.sources.iter().filter_map(|s| Some((Some(("source", s.source.as_str())), seconds(s.newest?)))).collect(),
        ),
    ];
    if overview.max_age.is_some() {
        families.push((
            "hunt_overdue",
            "1 where the hunt has not looked for longer than --max-age, else 0.",
            hunts(&|h| Some(h.overdue.into())),
        ));
    }
    families
}

fn write_family(name: &str, help: &str, samples: &[Sample<'_>], out: &mut String) {
    let _ = writeln!(out, "# TYPE {name} gauge");
    if name.ends_with("_seconds") {
        let _ = writeln!(out, "# UNIT {name} seconds");
    }
    let _ = writeln!(out, "# HELP {name} {}", escaped(help));
    for (label, value) in samples {
        match label {
            Some((label, text)) => _ = writeln!(out, "{name}{{{label}=\"{}\"}} {value}", escaped(&safe(text))),
            None => _ = writeln!(out, "{name} {value}"),
        }
    }
}

/// Text as help and labels have it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
