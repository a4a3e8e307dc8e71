//! Removes reports, nights and findings that are older than they are to be kept.

use super::model::NightSettings;
use super::output::{self, is_night};
use super::state::{Read, State};
use super::window::DAY;
use crate::own_files;
use crate::source::SourceError;
use huntc_compiler::time::Instant;

/// A longer time between two runs is more likely a wrong clock than a pause. Then nothing is removed.
const CREDIBLE: i64 = 40 * DAY;

/// Removes what is too old. The latest report in which every hunt was searched up to now always stays.
pub(super) fn prune(state: &State, settings: &NightSettings) -> Result<(), SourceError> {
    let now = settings.now.0;
    let nights = state.read(Read::nights)?;
    let before = nights.iter().map(|(_, n)| n.at).filter(|at| *at < now).max();
    if before.is_some_and(|before| now.saturating_sub(before) > CREDIBLE) {
        return Ok(());
    }
    let folders = output::nights(&settings.out);
    let good = folders.iter().rev().find(|id| output::is_whole(&settings.out.join(id))).cloned();
    for id in folders.iter().filter(|id| is_night(id) && Some(*id) != good.as_ref()) {
        if time_of(id).is_some_and(|at| at.0 < now.saturating_sub(settings.keep_reports)) {
            // What cannot be removed now is tried again by the next night.
            let _ = own_files::remove(&settings.out.join(id));
        }
    }
    let oldest = now.saturating_sub(settings.keep_history);
    let old_nights: Vec<&String> = nights.iter().filter(|(_, n)| n.published && n.at < oldest).map(|(id, _)| id).collect();
    let (old_keys, old_members) = state.read(|tables| {
        let (mut found, mut members) = (Vec::new(), Vec::new());
        for (name, hunt) in tables.hunts()? {
            // What was forgotten would be told again too early.
            let oldest = oldest.min(now.saturating_sub(hunt.memory));
            let old = tables.keys(&name)?.into_iter().filter(|(_, k)| k.last_at < oldest).map(|(identity, _)| identity);
            found.extend(old.map(|identity| (name.clone(), identity)).collect::<Vec<_>>());
            let old = tables.members(&name)?.into_iter().filter(|(_, m)| m.last_at < oldest).map(|(identity, _)| identity);
            members.extend(old.map(|identity| (name.clone(), identity)).collect::<Vec<_>>());
        }
        Ok((found, members))
    })?;
    let sources = state.read(Read::sources)?.into_iter();
    let old_sources: Vec<String> = sources.filter(|(_, source)| source.at < oldest).map(|(name, _)| name).collect();
    if old_nights.is_empty() && old_keys.is_empty() && old_members.is_empty() && old_sources.is_empty() {
        return Ok(());
    }
    state.write(|tables| {
        for id in old_nights {
            tables.remove_night(id)?;
        }
        for (hunt, identity) in old_keys {
            tables.remove_key(&hunt, &identity)?;
        }
        for (hunt, identity) in old_members {
            tables.remove_member(&hunt, &identity)?;
        }
        for source in old_sources {
            tables.remove_source(&source)?;
        }
        Ok(())
    })
}

/// The instant in the name of a night.
fn time_of(id: &str) -> Option<Instant> {
    let part = |range: std::ops::Range<usize>| id.get(range);
    let date = format!("{}-{}-{}", part(0..4)?, part(4..6)?, part(6..8)?);
    Instant::parse(&format!("{date}T{}:{}:{}Z", part(9..11)?, part(11..13)?, part(13..15)?))
}
