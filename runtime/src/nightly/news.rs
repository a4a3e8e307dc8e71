//! Compares the findings of a run with the history.

use super::finding::{FoundEntities, FoundEntity, add_names, is_former, merged};
use super::record::{HuntRecord, KeyRecord, MemberRecord};
use super::state::Write;
use super::suppress::Suppressions;
use crate::source::SourceError;
use huntc_compiler::time::{Instant, TimeRange};
use serde_json::Value as Json;

/// The longest text of a cell that is remembered of a finding once it was told; the report that told it has all of it.
const REMEMBERED: usize = 2_000;

/// The findings of a hunt for a report, each with its identity.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct News {
    /// Not called new by any report before.
    pub new: Vec<(String, KeyRecord)>,
    /// Called new before, then absent for long, and found again.
    pub again: Vec<(String, KeyRecord)>,
    /// Called new before, and found again.
    pub continuing: Vec<(String, KeyRecord)>,
    /// Found by the runs before, and not by these.
    pub gone: Vec<(String, KeyRecord)>,
    /// Found, but covered by a suppression.
    pub suppressed: Vec<(String, KeyRecord)>,
}

impl News {
    /// What a report tells: what is new, then what came back.
    pub fn told(&self) -> impl Iterator<Item = &(String, KeyRecord)> {
        self.new.iter().chain(&self.again)
    }

    /// The number of findings that a report tells.
    pub fn told_count(&self) -> usize {
        self.new.len() + self.again.len()
    }
}

/// How long a finding may be absent, and when it is remembered.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// The instant that the run takes as "now".
    pub now: Instant,
    /// A finding that was absent for longer, in nanoseconds, is told again.
    pub again: i64,
}

/// Moves the start of a hunt's first look back, so that it has something to compare with: `first-seen`. Returns whether
/// it did; later looks stay as they are. `since` is how far the first look goes back otherwise.
pub fn look_back(record: &mut HuntRecord, first_seen: i64, since: i64) -> bool {
    if !record.done.is_empty() || record.known_before.is_some() {
        return false;
    }
    record.known_before = Some(record.begun);
    record.begun = record.begun.min(record.begun.saturating_add(since).saturating_sub(first_seen));
    true
}

/// Records the findings of a window. The caller closes the window in the same transaction.
pub fn remember(
    tables: &mut Write<'_>,
    hunt: &str,
    record: &mut HuntRecord,
    found: &FoundEntities,
    memory: Memory,
) -> Result<(), SourceError> {
    record.key.clone_from(&found.key);
    record.variable.clone_from(&found.variable);
    record.entity.clone_from(&found.entity);
    record.memory = memory.again;
    for entity in settled(tables, hunt, found)? {
        let known = match tables.key(hunt, &entity.identity)? {
            Some(known) => Some(known),
            None => former(tables, hunt, &entity)?,
        };
        let sight = Sight::of(&entity, found.window, memory.now);
        let key = match known {
            Some(mut key) => {
                sight.add(&mut key, &entity, record.look + 1, memory);
                key
            }
            None => sight.first(&entity, record, memory.now),
        };
        tables.put_key(hunt, &entity.identity, &key)?;
        for member in &entity.members {
            let record = MemberRecord { finding: entity.identity.clone(), last_at: memory.now.0 };
            tables.put_member(hunt, member, &record)?;
        }
    }
    Ok(())
}

/// The findings of a window. An entity stays with the finding that it came with: another night may see it in a record that says
/// less of it, which makes no other finding of it, and shows what hid it once no more.
fn settled(tables: &Write<'_>, hunt: &str, found: &FoundEntities) -> Result<Vec<FoundEntity>, SourceError> {
    let mut parts = Vec::with_capacity(found.entities.len());
    for entity in &found.entities {
        let mut entity = entity.clone();
        if let [member] = entity.members.as_slice()
            && let Some(known) = tables.member(hunt, member)?
            && let Some(key) = tables.key(hunt, &known.finding)?
        {
            entity.identity = known.finding;
            entity.key = key.key;
            let lasting = key.hidden.into_iter().filter(|text| !entity.hidden.contains(text)).collect::<Vec<_>>();
            entity.hidden.extend(lasting);
        }
        parts.push(entity);
    }
    Ok(merged(parts))
}

/// What older layouts remember of the entities of a finding that has no record yet. Their records go.
fn former(tables: &mut Write<'_>, hunt: &str, entity: &FoundEntity) -> Result<Option<KeyRecord>, SourceError> {
    let mut known: Option<KeyRecord> = None;
    for identity in &entity.members {
        let Some(old) = tables.key(hunt, identity)? else { continue };
        tables.remove_key(hunt, identity)?;
        known = Some(match known {
            None => KeyRecord { key: entity.key.clone(), ..old },
            Some(key) => KeyRecord {
                told: key.told || old.told,
                first_at: key.first_at.min(old.first_at),
                first_event: key.first_event.into_iter().chain(old.first_event).min(),
                last_event: key.last_event.into_iter().chain(old.last_event).max(),
                ..key
            },
        });
    }
    Ok(known)
}

/// When a finding was seen in a window. Groups have no times of their own: theirs are those of the window.
#[derive(Clone, Copy)]
struct Sight {
    first: Option<i64>,
    last: Option<i64>,
    from: i64,
    until: i64,
    window_stop: i64,
}

impl Sight {
    fn of(entity: &FoundEntity, window: Option<TimeRange>, now: Instant) -> Self {
        let (first, last) = (entity.first.map(|t| t.0), entity.last.map(|t| t.0));
        let window = window.unwrap_or(TimeRange::new(now, now));
        Self {
            first,
            last,
            from: first.unwrap_or(window.start.0),
            until: last.unwrap_or(window.stop.0),
            window_stop: window.stop.0,
        }
    }

    /// Adds it to what is known of the finding.
    fn add(self, key: &mut KeyRecord, entity: &FoundEntity, look: u64, memory: Memory) {
        let before = key.until.or(key.last_event).unwrap_or(key.last_at);
        if key.told && self.from.saturating_sub(before) > memory.again {
            key.again = Some(before);
        }
        key.first_event = key.first_event.into_iter().chain(self.first).min();
        key.last_event = key.last_event.into_iter().chain(self.last).max();
        key.until = Some(self.until.max(key.until.unwrap_or(self.until)));
        key.last_at = memory.now.0;
        if key.look == look {
            // Another window of the same report.
            add_names(&mut key.hosts, entity.hosts.iter().cloned());
            add_names(&mut key.users, entity.users.iter().cloned());
            key.entities = key.entities.max(entity.entities);
            key.hidden.retain(|text| entity.hidden.contains(text));
            return;
        }
        key.look = look;
        key.nights += 1;
        key.entities = entity.entities;
        key.hidden.clone_from(&entity.hidden);
        // A record that says less than an earlier one leaves what is known.
        if !entity.hosts.is_empty() {
            key.hosts.clone_from(&entity.hosts);
        }
        if !entity.users.is_empty() {
            key.users.clone_from(&entity.users);
        }
        let before = std::mem::replace(&mut key.face, entity.face.clone());
        for (header, cell) in key.face.iter_mut().filter(|(_, cell)| cell.is_null()) {
            if let Some((_, known)) = before.iter().find(|(name, _)| name == header) {
                cell.clone_from(known);
            }
        }
        if key.told && key.again.is_none() {
            shorten(&mut key.face);
        }
    }

    /// The record of a finding that is not known. With `first-seen`, what was there before the first night is known.
    fn first(self, entity: &FoundEntity, record: &HuntRecord, now: Instant) -> KeyRecord {
        let known = record.known_before.is_some_and(|before| self.first.map_or(self.window_stop <= before, |first| first < before));
        KeyRecord {
            key: entity.key.clone(),
            first_at: now.0,
            last_at: now.0,
            first_event: self.first,
            last_event: self.last,
            look: record.look + 1,
            told: known,
            told_at: None,
            nights: 1,
            until: Some(self.until),
            again: None,
            hosts: entity.hosts.clone(),
            users: entity.users.clone(),
            face: entity.face.clone(),
            entities: entity.entities,
            hidden: entity.hidden.clone(),
        }
    }
}

/// Shortens what is remembered of a finding that was told.
pub(super) fn shorten(face: &mut [(String, Json)]) {
    for (_, cell) in face {
        let text = match &*cell {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let length = text.chars().count();
        if length > REMEMBERED {
            let kept: String = text.chars().take(REMEMBERED).collect();
            *cell = Json::from(format!("{kept}… ({} more characters)", length - REMEMBERED));
        }
    }
}

/// Sorts the findings of a hunt's unreported windows into lists. `known` are all findings of the hunt.
pub fn news(hunt: &str, record: &HuntRecord, known: &[(String, KeyRecord)], quiet: &Suppressions, now: Instant) -> News {
    let mut news = News::default();
    if record.open.is_empty() {
        return news;
    }
    for (identity, key) in known {
        let seen = key.look == record.look + 1;
        let list = match (seen, key.told) {
            (true, _) if quiet.covers(hunt, key, now) => &mut news.suppressed,
            (true, false) => &mut news.new,
            (true, true) if key.again.is_some() => &mut news.again,
            (true, true) => &mut news.continuing,
            // What has another name now is not gone.
            (false, true) if record.look > 0 && key.look == record.look && !is_former(identity, &record.key) => &mut news.gone,
            (false, _) => continue,
        };
        list.push((identity.clone(), key.clone()));
    }
    news
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::nightly::state::State;
    use crate::nightly::window::DAY;

    fn range(start: i64, stop: i64) -> TimeRange {
        TimeRange::new(Instant(start), Instant(stop))
    }

    /// A group, which has no times, found in windows one after the other; answers its record after each.
    fn group(record: &mut HuntRecord, windows: &[(TimeRange, bool)], again: i64) -> Vec<Option<KeyRecord>> {
        let temp = tempfile::tempdir().unwrap();
        let state = State::open(temp.path()).unwrap();
        let one =
            FoundEntity { identity: "group [4444]".to_owned(), key: Json::from(vec![4444]), entities: 1, ..FoundEntity::default() };
        let after = windows.iter().map(|(window, there)| {
            let entities = if *there { vec![one.clone()] } else { Vec::new() };
            let found = FoundEntities { window: Some(*window), entities, ..FoundEntities::default() };
            let memory = Memory { now: window.stop, again };
            state.write(|tables| remember(tables, "h", record, &found, memory)).unwrap();
            let mut key = state.write(|tables| tables.key("h", "group [4444]")).unwrap();
            if let Some(key) = &mut key {
                key.told = true;
                state.write(|tables| tables.put_key("h", "group [4444]", key)).unwrap();
            }
            record.look += 1;
            key
        });
        after.collect()
    }

    #[test]
    fn a_group_is_back_by_the_windows_that_had_it() {
        let days: Vec<(TimeRange, bool)> =
            (0..12).map(|day| (range(day * DAY, (day + 1) * DAY), [0, 1, 10].contains(&day))).collect();
        let found = group(&mut HuntRecord::default(), &days, 7 * DAY);
        assert_eq!(found[1].as_ref().unwrap().again, None);
        let back = found[10].as_ref().unwrap();
        assert_eq!((back.again, back.nights, back.first_event), (Some(2 * DAY), 3, None));
        // One long window after nights that did not look: nobody knows that it was away.
        let long = [(range(0, DAY), true), (range(DAY, 20 * DAY), true)];
        assert_eq!(group(&mut HuntRecord::default(), &long, 7 * DAY)[1].as_ref().unwrap().again, None);
    }

    #[test]
    fn what_was_there_before_the_first_night_is_known_and_what_may_be_new_is_not() {
        let known = |window: TimeRange| {
            let mut record = HuntRecord { known_before: Some(10 * DAY), ..HuntRecord::default() };
            let temp = tempfile::tempdir().unwrap();
            let state = State::open(temp.path()).unwrap();
            let one = FoundEntity { identity: "group [1]".to_owned(), ..FoundEntity::default() };
            let found = FoundEntities { window: Some(window), entities: vec![one], ..FoundEntities::default() };
            let memory = Memory { now: window.stop, again: DAY };
            state.write(|tables| remember(tables, "h", &mut record, &found, memory)).unwrap();
            state.write(|tables| tables.key("h", "group [1]")).unwrap().unwrap().told
        };
        assert!(known(range(8 * DAY, 10 * DAY)));
        assert!(!known(range(9 * DAY, 11 * DAY)), "it may have come in the first night");
        assert!(!known(range(10 * DAY, 11 * DAY)));
    }

    #[test]
    fn the_first_look_goes_back_once() {
        let mut record = HuntRecord { begun: 99 * DAY, ..HuntRecord::default() };
        assert!(look_back(&mut record, 30 * DAY, DAY));
        assert_eq!((record.begun, record.known_before), (70 * DAY, Some(99 * DAY)));
        assert!(!look_back(&mut record, 90 * DAY, DAY), "once");
        let mut looked = HuntRecord { begun: 99 * DAY, done: [(String::new(), 100 * DAY)].into(), ..HuntRecord::default() };
        assert!(!look_back(&mut looked, 30 * DAY, DAY), "a hunt that has looked has a memory");
        assert_eq!(looked.begun, 99 * DAY);
    }

    #[test]
    fn long_cells_are_shortened_and_say_so() {
        let mut face = vec![("a".to_owned(), Json::from("x".repeat(REMEMBERED + 3))), ("b".to_owned(), Json::from("y"))];
        shorten(&mut face);
        assert!(face[0].1.as_str().unwrap().ends_with("x… (3 more characters)"));
        assert_eq!(face[1].1, "y");
    }
}
