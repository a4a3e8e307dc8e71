//! `nightly.json`, version 2: each finding is an object with its face.

use super::health;
use super::names::csv_name;
use crate::nightly::cache::Traffic;
use crate::nightly::face::Face;
use crate::nightly::model::{HuntOutcome, Night};
use crate::nightly::record::{KeyRecord, Span};
use crate::report::sanitize::json_text;
use serde::Serialize;
use std::io::{Result, Write};

/// Version of the format. New keys keep it; a change of meaning raises it.
pub(crate) const SCHEMA: u32 = 2;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Document<'a> {
    /// Version of the format. New keys keep it; a change of meaning raises it.
    schema: u32,
    /// Version of the program.
    huntc: &'static str,
    /// The instant that the night took as "now".
    at: String,
    night: &'a str,
    /// Which part of the folder ran; null: all of it.
    part: Option<&'a str>,
    /// Whether every hunt looked at everything up to now.
    complete: bool,
    health: health::HealthDocument,
    notices: &'a [String],
    suppressions: &'a [String],
    traffic: Traffic,
    hunts: Vec<Hunt<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Hunt<'a> {
    file: &'a str,
    title: &'a str,
    severity: &'static str,
    attack: &'a [String],
    status: &'static str,
    /// Whether it looked at everything up to now.
    looked_at: bool,
    /// Why it did not.
    reason: Option<&'a str>,
    windows: Vec<[String; 2]>,
    /// What was not looked at yet.
    open: Option<[String; 2]>,
    /// Nights in a row in which it failed.
    failures: u32,
    /// The file with its findings that are new or back.
    csv: Option<String>,
    finding: Finding<'a>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Finding<'a> {
    variable: Option<&'a str>,
    #[serde(rename = "type")]
    entity: Option<&'a str>,
    /// What makes two findings the same, by name.
    key: &'a [String],
    new: Vec<Face<'a>>,
    again: Vec<Face<'a>>,
    continuing: Vec<Face<'a>>,
    gone: Vec<Face<'a>>,
    suppressed: Vec<Face<'a>>,
}

/// Writes the whole document.
pub(super) fn write(night: &Night, out: &mut dyn Write) -> Result<()> {
    let document = Document {
        schema: SCHEMA,
        huntc: env!("CARGO_PKG_VERSION"),
        at: night.at.to_string(),
        night: &night.id,
        part: night.part.as_deref(),
        complete: night.is_whole(),
        notices: &night.notices,
        suppressions: &night.suppressions,
        health: health::HealthDocument::of(night),
        traffic: night.traffic,
        hunts: night.hunts.iter().enumerate().map(|(at, h)| hunt(at, h)).collect(),
    };
    let text = serde_json::to_string_pretty(&document)?;
    out.write_all(json_text(&text).as_bytes())?;
    out.write_all(b"\n")
}

fn hunt(at: usize, hunt: &HuntOutcome) -> Hunt<'_> {
    let some = |text: &'_ str| !text.is_empty();
    Hunt {
        file: &hunt.file,
        title: &hunt.title,
        severity: hunt.severity().word(),
        attack: &hunt.front_matter.attack,
        status: hunt.status.word(),
        looked_at: hunt.whole(),
        reason: hunt.reason.as_deref(),
        windows: hunt.windows.iter().map(|w| w.texts()).collect(),
        open: hunt.open.map(Span::texts),
        failures: hunt.failures,
        csv: (hunt.news.told_count() > 0).then(|| csv_name(at, &hunt.name)),
        finding: Finding {
            variable: some(&hunt.variable).then_some(hunt.variable.as_str()),
            entity: some(&hunt.entity).then_some(hunt.entity.as_str()),
            key: &hunt.key,
            new: sorted(&hunt.news.new),
            again: sorted(&hunt.news.again),
            continuing: sorted(&hunt.news.continuing),
            gone: sorted(&hunt.news.gone),
            suppressed: sorted(&hunt.news.suppressed),
        },
    }
}

/// The findings, sorted by the texts of their keys.
fn sorted(list: &[(String, KeyRecord)]) -> Vec<Face<'_>> {
    let mut sorted: Vec<&(String, KeyRecord)> = list.iter().collect();
    sorted.sort_by_cached_key(|(identity, record)| (record.key.to_string(), identity.clone()));
    sorted.into_iter().map(|(_, record)| Face::of(record)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_the_documentation_is_that_of_the_types() {
        crate::testing::assert_schema::<Document<'_>>("nightly", "nightly.json of huntc nightly run");
    }
}
