//! Compares the findings of a run with the history.

use super::finding::FoundEntities;
use super::record::{HuntRecord, KeyRecord};
use super::state::Write;
use super::suppress::Suppressions;
use crate::source::SourceError;
use huntc_compiler::time::Instant;

/// The findings of a hunt for a report, each with its identity.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct News {
    /// Not called new by any report before.
    pub new: Vec<(String, KeyRecord)>,
    /// Called new before, and found again.
    pub continuing: Vec<(String, KeyRecord)>,
    /// Found by the runs before, and not by these.
    pub gone: Vec<(String, KeyRecord)>,
    /// Found, but covered by a suppression.
    pub suppressed: Vec<(String, KeyRecord)>,
}

/// Records the findings of a window. The caller closes the window in the same transaction.
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

/// Sorts the findings of a hunt's unreported windows into lists. `known` are all findings of the hunt.
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
