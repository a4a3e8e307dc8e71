//! What a report says of each hunt, and how publishing the report changes the state.

use super::discover::HuntFile;
use super::lock::Lock;
use super::model::{HuntOutcome, HuntStatus, Night, NightSettings, Notifier};
use super::news;
use super::notify;
use super::output;
use super::record::{HuntPublication, HuntRecord, KeyRecord, NightRecord, Publication, SuppressionRecord};
use super::state::{Read, State, Write};
use super::suppress::Suppressed;
use super::work::Worked;
use crate::report::model::HuntReport;
use crate::source::SourceError;
use huntc_compiler::front_matter::FrontMatter;
use std::collections::BTreeMap;
use std::path::Path;

/// Where the state keeps how the suppressions stand.
const SUPPRESSIONS: &str = "suppressions";

/// Completes or discards the nights that were not finished. Returns notices about them.
///
/// The report folder decides. If it has its final name, the report was published, and the state is brought up to date
/// now. If not, the night is discarded, and its findings are new for the next report.
pub(super) fn recover(state: &State, lock: &Lock) -> Result<Vec<String>, SourceError> {
    let mut notices = Vec::new();
    if let Some(owner) = lock.stale_owner() {
        notices.push(format!("an earlier run did not come to its end ({owner}); what it had looked at is not lost"));
    }
    let open = state.read(Read::nights)?.into_iter().filter(|(_, night)| !night.published);
    for (id, night) in open {
        let folder = Path::new(&night.folder);
        let given_out = night.publication.as_ref().is_some_and(|publication| match &publication.checksum {
            Some(checksum) => output::holds(folder, checksum),
            None => folder.join(output::MARK).is_file(),
        });
        state.write(|tables| if given_out { apply(tables, &id, night) } else { tables.remove_night(&id) })?;
    }
    Ok(notices)
}

/// All findings of a hunt, each with its identity.
type Findings = Vec<(String, KeyRecord)>;

/// What a report says.
pub(super) struct Outcomes {
    /// Sorted by name.
    pub hunts: Vec<HuntOutcome>,
    /// The reports of their runs.
    pub reports: Vec<HuntReport>,
    /// What is to be said of the suppressions.
    pub remarks: Vec<String>,
    /// How they stand after the report.
    pub suppressions: BTreeMap<String, SuppressionRecord>,
}

/// The outcome of each hunt.
pub(super) fn outcomes(
    state: &State,
    settings: &NightSettings,
    hunts: &[HuntFile],
    worked: Vec<Worked>,
) -> Result<Outcomes, SourceError> {
    let mut runs: BTreeMap<&str, (&HuntFile, Worked)> =
        hunts.iter().zip(worked).map(|(file, worked)| (file.name.as_str(), (file, worked))).collect();
    let names: Vec<&str> = hunts.iter().map(|hunt| hunt.name.as_str()).collect();
    // What a part does not run may be what an entry is for.
    let part = settings.part.is_some();
    let mut remarks = if part { Vec::new() } else { settings.quiet.remarks(&names, settings.now) };
    let mut outcomes = Vec::new();
    let mut reports = Vec::new();
    let mut seen: Vec<(String, HuntRecord, Findings)> = Vec::new();
    let before = state.read(|tables| {
        for (name, record) in tables.hunts()? {
            let run = runs.remove(name.as_str());
            // Of a part of the hunts nothing can be said about the others.
            if run.is_none() && (part || record.status == HuntStatus::Removed.word()) {
                continue;
            }
            let known = tables.keys(&name)?;
            let news = news::news(&name, &record, &known, &settings.quiet, settings.now);
            let mut outcome = HuntOutcome { news, ..unlooked(&name, &record) };
            if let Some((file, worked)) = run {
                let faulty = worked.survey.faulty.iter();
                remarks.extend(faulty.filter_map(|(text, fault)| {
                    Some(format!("{} hides nothing: {fault}", settings.quiet.named(&file.name, text)?))
                }));
                outcome.file = file.path.display().to_string();
                outcome.title = worked.survey.front_matter.title.clone().unwrap_or_else(|| stem(&name));
                outcome.front_matter = worked.survey.front_matter;
                outcome.status = worked.status;
                outcome.reason = worked.reason;
                outcome.open = worked.open.map(Into::into);
                reports.extend(worked.reports);
            }
            if !outcome.whole() {
                // What was not seen may be there all the same.
                outcome.news.gone.clear();
            }
            outcome.failures = if outcome.whole() { 0 } else { record.failures.saturating_add(1) };
            outcomes.push(outcome);
            if !settings.quiet.is_empty() {
                seen.push((name, record, known));
            }
        }
        Ok(tables.get_meta(SUPPRESSIONS)?.unwrap_or_default())
    })?;
    let seen =
        seen.iter().map(|(hunt, record, known)| Suppressed { hunt, looked: !record.open.is_empty(), look: record.look + 1, known });
    let (told, suppressions) =
        if part { (Vec::new(), before) } else { settings.quiet.judge(&seen.collect::<Vec<_>>(), &before, settings.now) };
    remarks.extend(told);
    Ok(Outcomes { hunts: outcomes, reports, remarks, suppressions })
}

/// The outcome of a hunt whose file is no longer in the folder. Other hunts fill in what they know.
fn unlooked(name: &str, record: &HuntRecord) -> HuntOutcome {
    HuntOutcome {
        name: name.to_owned(),
        file: name.to_owned(),
        front_matter: FrontMatter::default(),
        title: if record.title.is_empty() { stem(name) } else { record.title.clone() },
        status: HuntStatus::Removed,
        reason: Some("its huntflow is no longer in the folder".to_owned()),
        windows: record.open.clone(),
        open: None,
        failures: 0,
        variable: record.variable.clone(),
        entity: record.entity.clone(),
        key: record.key.clone(),
        news: news::News::default(),
    }
}

fn stem(name: &str) -> String {
    Path::new(name).file_stem().map_or_else(|| name.to_owned(), |s| s.to_string_lossy().into_owned())
}

/// Writes what the report says into the state, before anybody can read the report.
pub(super) fn prepare(
    state: &State,
    night: &Night,
    notifier: &Notifier,
    suppressions: BTreeMap<String, SuppressionRecord>,
) -> Result<(), SourceError> {
    let hunts = night.hunts.iter().map(|outcome| HuntPublication {
        night: outcome.night(),
        looked: !outcome.windows.is_empty(),
        whole: outcome.whole(),
        told: outcome.news.told().map(|(identity, _)| identity.clone()).collect(),
        title: outcome.title.clone(),
    });
    let hunts = hunts.collect();
    state.write(|tables| {
        let instance: String = tables.get_meta("instance")?.unwrap_or_default();
        let notifications = notify::notifications(night, notifier, &instance);
        let record = NightRecord {
            at: night.at.0,
            folder: std::path::absolute(&night.folder).unwrap_or_else(|_| night.folder.clone()).display().to_string(),
            part: night.part.is_some(),
            published: false,
            publication: Some(Publication { checksum: output::checksum(night), hunts, suppressions, notifications }),
            hunts: Vec::new(),
            records: Some(night.traffic.records),
        };
        tables.put_night(&night.id, &record)
    })
}

/// Marks everything that a published report says as reported.
pub(super) fn apply_prepared(state: &State, id: &str) -> Result<(), SourceError> {
    state.write(|tables| match tables.nights()?.into_iter().find(|(name, _)| name == id) {
        Some((_, night)) => apply(tables, id, night),
        None => Ok(()),
    })
}

fn apply(tables: &mut Write<'_>, id: &str, mut night: NightRecord) -> Result<(), SourceError> {
    let publication = night.publication.take().unwrap_or_default();
    let mut hunts = Vec::with_capacity(publication.hunts.len());
    for hunt in publication.hunts {
        let name = hunt.night.hunt.clone();
        let mut record = tables.hunt(&name)?.unwrap_or_default();
        for identity in &hunt.told {
            if let Some(mut key) = tables.key(&name, identity)? {
                key.told = true;
                key.told_at = Some(record.look + 1);
                key.again = None;
                news::shorten(&mut key.face);
                tables.put_key(&name, identity, &key)?;
            }
        }
        if hunt.looked {
            record.look += 1;
            record.open.clear();
            record.present = hunt.night.new + hunt.night.again + hunt.night.continuing + hunt.night.suppressed;
        }
        record.failures = if hunt.whole { 0 } else { record.failures.saturating_add(1) };
        record.status.clone_from(&hunt.night.status);
        record.reason.clone_from(&hunt.night.reason);
        record.title = hunt.title;
        record.last_at = Some(night.at);
        tables.put_hunt(&name, &record)?;
        hunts.push(hunt.night);
    }
    tables.put_meta(SUPPRESSIONS, &publication.suppressions)?;
    for (id, notification) in &publication.notifications {
        tables.put_notification(id, notification)?;
    }
    tables.put_night(id, &NightRecord { published: true, hunts, ..night })
}
