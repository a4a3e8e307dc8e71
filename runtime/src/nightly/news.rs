//! What is new: findings of a look against the history.

use super::finding::FoundEntities;
use super::record::{HuntRecord, KeyRecord};
use super::state::Write;
use super::suppress::Suppressions;
use crate::source::SourceError;
use huntc_compiler::time::Instant;

/// Findings of a hunt as a report lists them, by identity.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct News {
    /// No report has called them new before.
    pub new: Vec<(String, KeyRecord)>,
    /// Told before, and seen again.
    pub continuing: Vec<(String, KeyRecord)>,
    /// Seen by the look before, and not by this one.
    pub gone: Vec<(String, KeyRecord)>,
    /// Seen, and kept quiet.
    pub suppressed: Vec<(String, KeyRecord)>,
}

/// Takes note of what a window showed, in the transaction that also closes the window.
pub fn remember(
    tables: &mut Write<'_>,
    hunt: &str,
    record: &mut HuntRecord,
    found: &FoundEntities,
    now: Instant,
) -> Result<(), SourceError> {
    record.columns.clone_from(&found.columns);
    record.variable.clone_from(&found.variable);
    record.entity.clone_from(&found.entity);
    for entity in &found.entities {
        let (first, last) = (entity.first.map(|t| t.0), entity.last.map(|t| t.0));
        let key = match tables.key(hunt, &entity.identity)? {
            Some(mut key) => {
                key.first_event = key.first_event.into_iter().chain(first).min();
                key.last_event = key.last_event.into_iter().chain(last).max();
                key.last_at = now.0;
                key.look = record.look + 1;
                if !key.told {
                    key.row = Some(entity.row.clone());
                }
                key
            }
            None => KeyRecord {
                key: entity.key.clone(),
                first_at: now.0,
                last_at: now.0,
                first_event: first,
                last_event: last,
                look: record.look + 1,
                told: false,
                row: Some(entity.row.clone()),
            },
        };
        tables.put_key(hunt, &entity.identity, &key)?;
    }
    Ok(())
}

/// Sorts the findings of a hunt whose windows are not yet reported. `known` are all its findings.
pub fn news(hunt: &str, record: &HuntRecord, known: Vec<(String, KeyRecord)>, quiet: &Suppressions, now: Instant) -> News {
    let mut news = News::default();
    if record.open.is_empty() {
        return news;
    }
    for (identity, key) in known {
        let seen = key.look == record.look + 1;
        let list = match (seen, key.told) {
            (true, _) if quiet.covers(hunt, &key.key, now) => &mut news.suppressed,
            (true, false) => &mut news.new,
            (true, true) => &mut news.continuing,
            (false, true) if record.look > 0 && key.look == record.look => &mut news.gone,
            (false, _) => continue,
        };
        list.push((identity, key));
    }
    news
}
