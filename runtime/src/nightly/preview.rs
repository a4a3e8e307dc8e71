//! What a night would do, for `--dry-run`: the windows of each hunt, and its requests. Nothing is sent, and the state is
//! only read.

use super::discover::HuntFile;
use super::engine::{Engine, HuntSurvey};
use super::model::NightSettings;
use super::record::HuntRecord;
use super::state::{Read, StateView};
use super::window::{self, Due};
use super::work::due_unasked;
use crate::report::sanitize::{json_text, terminal as safe};
use crate::report::text::count;
use crate::source::SourceError;
use huntc_compiler::time::Instant;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What a night would do with a hunt.
#[derive(Debug)]
pub struct HuntPreview {
    /// The path below the folder, by which the state knows the hunt.
    pub name: String,
    /// What is known of the hunt before it runs.
    pub survey: HuntSurvey,
    /// The windows that it would look at.
    pub due: Due,
    /// The requests of its first window, as text.
    pub requests: String,
}

/// What a night would do with each hunt, and a notice about the clock; or why the state cannot be read.
pub type Previews = Result<(Vec<HuntPreview>, Option<String>), SourceError>;

/// What a night would do.
pub fn preview(settings: &NightSettings, hunts: &[HuntFile], engine: &dyn Engine) -> Previews {
    let now = settings.now;
    let mut records: BTreeMap<String, HuntRecord> = BTreeMap::new();
    let mut notice = None;
    if let Some(view) = StateView::open(&settings.state)? {
        records.extend(view.read(Read::hunts)?);
        let last: Option<i64> = view.read(|tables| tables.get_meta("last_at"))?;
        if let Some(last) = last.filter(|last| *last > now.0) {
            for record in records.values_mut() {
                window::rewind(record, now);
            }
            notice = Some(format!("the clock went back: the last run was at {}; what lay ahead is looked at again", Instant(last)));
        }
    }
    let previews = hunts.iter().enumerate().map(|(number, hunt)| {
        let survey = engine.survey(number);
        let begun = HuntRecord { begun: now.plus(-settings.since).0, ..HuntRecord::default() };
        let record = records.get(&hunt.name).unwrap_or(&begun);
        let due = due_unasked(settings, &survey, record);
        let first = due.pieces.first().filter(|_| survey.broken.is_none());
        let requests = first.map_or_else(String::new, |window| engine.requests(number, *window));
        HuntPreview { name: hunt.name.clone(), survey, due, requests }
    });
    Ok((previews.collect(), notice))
}

/// The previews for people.
pub fn text(settings: &NightSettings, previews: &[HuntPreview], notice: Option<&str>) -> String {
    let mut out = format!(
        "Dry run of the night of {}: nothing is sent, and nothing is changed.\n\
        Sources are not asked: where one has no newer record, a window ends with the newest.\n",
        settings.now.to_seconds_text()
    );
    for line in settings.part.iter().map(|part| format!("a part: {part}")).chain(notice.map(|n| format!("! {n}"))) {
        let _ = writeln!(out, "{}", safe(&line));
    }
    for hunt in previews {
        let _ = writeln!(out, "\n{}", safe(&hunt.name));
        if hunt.survey.broken.is_some() {
            out.push_str("  has errors, so it would not run\n");
        }
        for window in &hunt.due.again {
            let _ = writeln!(out, "  again {} to {}", window.start.to_seconds_text(), window.stop.to_seconds_text());
        }
        for window in &hunt.due.pieces {
            let _ = writeln!(out, "  window {} to {}", window.start.to_seconds_text(), window.stop.to_seconds_text());
        }
        if let Some(left) = hunt.due.left {
            let (start, stop) = (left.start.to_seconds_text(), left.stop.to_seconds_text());
            let _ = writeln!(out, "  left for the next nights: {start} to {stop}");
        }
        if hunt.due.pieces.is_empty() {
            out.push_str("  no window: it has looked at everything up to now\n");
        }
        if !hunt.requests.is_empty() {
            let more = (hunt.due.pieces.len() as u64).saturating_sub(1);
            let same =
                if more > 0 { format!("; {} get the same with their times", count(more, "more window")) } else { String::new() };
            let _ = writeln!(out, "  requests of the first window{same}\n");
            out.push_str(&json_text(&hunt.requests));
        }
    }
    out
}
