//! The rows of a table: one value of each attribute for an entity (semantics.md §4).

use super::{Entity, Rows, Sighting, Table};
use foldhash::HashSet;
use huntc_compiler::plan::identifier::is_guid;
use huntc_compiler::plan::{Attr, SightingAttr};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;

impl Table {
    /// Number of rows.
    pub fn row_count(&self) -> usize {
        match &self.rows {
            Rows::Entities => self.entities.len(),
            Rows::Records(_, rows) => rows.len(),
            Rows::Explicit { rows, .. } => rows.len(),
        }
    }

    /// The place of the entity that a row stands for; `None` in a GROUP result.
    pub fn row_entity(&self, row: usize) -> Option<u32> {
        match &self.rows {
            Rows::Entities => Some(row as u32),
            Rows::Records(_, rows) => rows.get(row).map(|(e, _)| *e),
            Rows::Explicit { rows, .. } => rows.get(row)?.entity,
        }
    }

    /// The time of each row, in row order: that of the first sighting that counts, of a row for each record that record's own.
    /// Rows of NEW, LOAD and GROUP have none.
    pub fn row_times(&self) -> Vec<Option<Instant>> {
        match &self.rows {
            Rows::Entities => self.entities.iter().map(Entity::first_time).collect(),
            Rows::Records(_, rows) => {
                let sighting = |(e, s): &(u32, u32)| self.entities.get(*e as usize)?.sightings.get(*s as usize);
                rows.iter().map(|row| sighting(row)?.time).collect()
            }
            Rows::Explicit { rows, .. } => rows.iter().map(|row| row.time).collect(),
        }
    }

    /// How many conditions could not be decided on what a row stands for.
    pub fn row_undecided(&self, row: usize) -> u16 {
        match &self.rows {
            Rows::Explicit { rows, .. } => rows.get(row).map_or(0, |r| r.undecided),
            _ => self.row_entity(row).and_then(|e| self.entities.get(e as usize)).map_or(0, Entity::undecided),
        }
    }

    /// The values of an attribute, in row order.
    pub fn column(&self, attr: &Attr) -> Vec<Option<Value>> {
        match &self.rows {
            Rows::Entities => self.entities.iter().map(|e| self.entity_value(e, attr)).collect(),
            Rows::Records(_, rows) => self.record_column(rows, attr),
            Rows::Explicit { columns, rows } => match columns.iter().position(|c| c == attr) {
                Some(at) => rows.iter().map(|r| r.values.get(at).cloned().flatten()).collect(),
                None => rows.iter().map(|r| self.entity_value(self.entities.get(r.entity? as usize)?, attr)).collect(),
            },
        }
    }

    /// The value of an attribute in an entity's row. The value of the earliest creation record wins, then that of the
    /// earliest sighting that has one. Of several values at one instant the smallest is taken.
    pub fn entity_value(&self, entity: &Entity, attr: &Attr) -> Option<Value> {
        if let Attr::Sighting(which) = attr {
            return of_entity(entity, *which);
        }
        let added = match attr {
            Attr::Added(name) => self.added.iter().position(|n| n == name).and_then(|at| entity.added.get(at).cloned().flatten()),
            _ => None,
        };
        if added.is_some() {
            return added;
        }
        let at = self.columns.iter().position(|c| c == attr)?;
        let id = self.identifiers.contains(attr);
        let value = |s: &Sighting| s.values.get(at).cloned().flatten().map(|v| if id { printed(v) } else { v });
        let born = entity.sightings.iter().filter(|s| s.creation).map(|s| s.time).max();
        let creation = entity.sightings.iter().filter(|s| s.creation && Some(s.time) == born).filter_map(value).min();
        creation.or_else(|| {
            let mut found: Option<(&Sighting, Value)> = None;
            for sighting in &entity.sightings {
                if found.as_ref().is_some_and(|(first, _)| first.time != sighting.time) {
                    break;
                }
                if let Some(v) = value(sighting)
                    && found.as_ref().is_none_or(|(_, smallest)| v < *smallest)
                {
                    found = Some((sighting, v));
                }
            }
            found.map(|(_, v)| v)
        })
    }

    fn record_column(&self, rows: &[(u32, u32)], attr: &Attr) -> Vec<Option<Value>> {
        let entity = |e: u32| self.entities.get(e as usize);
        if let Attr::Sighting(which) = attr {
            return rows.iter().map(|(e, s)| of_sighting(entity(*e)?.sightings.get(*s as usize)?, *which)).collect();
        }
        if let (Attr::Record(_), Some(at)) = (attr, self.columns.iter().position(|c| c == attr)) {
            // What a field of the record says, it says of that record.
            return rows.iter().map(|(e, s)| entity(*e)?.sightings.get(*s as usize)?.values.get(at).cloned().flatten()).collect();
        }
        let of_entities: Vec<Option<Value>> = self.entities.iter().map(|e| self.entity_value(e, attr)).collect();
        rows.iter().map(|(e, _)| of_entities.get(*e as usize).cloned().flatten()).collect()
    }

    /// The value of an attribute that every sighting has.
    pub fn sighting_value(sighting: &Sighting, which: SightingAttr) -> Option<Value> {
        of_sighting(sighting, which)
    }

    /// The rows of a transformer: one for each entity and counted record, sorted by (time, key).
    pub fn record_rows(&self) -> Vec<(u32, u32)> {
        let mut rows: Vec<(u32, u32)> = Vec::new();
        for (e, entity) in self.entities.iter().enumerate() {
            let mut seen = HashSet::default();
            for (s, sighting) in entity.sightings.iter().enumerate() {
                if let (true, Some(record)) = (sighting.counted, sighting.record)
                    && seen.insert(record)
                {
                    rows.push((e as u32, s as u32));
                }
            }
        }
        let sighting =
            |(e, s): &(u32, u32)| self.entities.get(*e as usize).and_then(|x| Some((x.sightings.get(*s as usize)?, &x.key)));
        rows.sort_by(|a, b| match (sighting(a), sighting(b)) {
            (Some((a, ka)), Some((b, kb))) => a.time.cmp(&b.time).then_with(|| ka.cmp(kb)).then_with(|| a.record.cmp(&b.record)),
            _ => std::cmp::Ordering::Equal,
        });
        rows
    }
}

/// Lower-case GUIDs for print (semantics.md §2); sightings keep them as the record has them.
fn printed(value: Value) -> Value {
    match &value {
        Value::Text(text) if is_guid(text) => Value::text(text.to_ascii_lowercase()),
        _ => value,
    }
}

fn of_sighting(sighting: &Sighting, which: SightingAttr) -> Option<Value> {
    match which {
        SightingAttr::FirstObserved | SightingAttr::LastObserved => sighting.time.map(Value::Time),
        SightingAttr::NumberObserved => Some(Value::Int(1)),
        SightingAttr::ObservationId => sighting.observation.clone().map(Value::Text),
    }
}

/// The value of a sighting attribute in an entity's row. The first time is taken over all sightings; the last time and
/// the number only over those that count.
fn of_entity(entity: &Entity, which: SightingAttr) -> Option<Value> {
    let counted = || entity.sightings.iter().filter(|s| s.counted && s.record.is_some());
    match which {
        // The time of the creation record if there is one, as with every attribute, otherwise the earliest time.
        SightingAttr::FirstObserved => {
            let born = entity.sightings.iter().filter(|s| s.creation).filter_map(|s| s.time).max();
            born.or_else(|| entity.sightings.iter().filter_map(|s| s.time).min()).map(Value::Time)
        }
        SightingAttr::LastObserved => counted().filter_map(|s| s.time).max().map(Value::Time),
        SightingAttr::NumberObserved => {
            let records: HashSet<Option<u64>> = counted().map(|s| s.record).collect();
            Some(Value::Int(records.len() as i64))
        }
        SightingAttr::ObservationId => counted().find_map(|s| s.observation.clone()).map(Value::Text),
    }
}
