//! The rows of a table: one value of each attribute for an entity (semantics.md §4).

use super::{Entity, Rows, Sighting, Table, Weights};
use foldhash::HashSet;
use huntc_compiler::plan::identifier::is_guid;
use huntc_compiler::plan::{Attr, SightingAttr};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;

impl Table {
    /// Number of rows.
    pub fn row_count(&self) -> usize {
        match &self.rows {
            Rows::Entities => self.content.places.len(),
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
            Rows::Entities => self.entities().map(|entity| entity.first_time()).collect(),
            Rows::Records(_, rows) => rows.iter().map(|(e, s)| self.one(*e)?.sighting(*s)?.time()).collect(),
            Rows::Explicit { rows, .. } => rows.iter().map(|row| row.time).collect(),
        }
    }

    /// The sightings that a row stands for, those that count, and how many records these are. Groups have none.
    pub fn row_sightings(&self, row: usize) -> (Vec<Sighting>, u64) {
        if let Rows::Records(_, rows) = &self.rows {
            let sighting = rows.get(row).and_then(|(e, s)| self.one(*e)?.sighting(*s));
            return (sighting.into_iter().collect(), u64::from(sighting.is_some()));
        }
        let Some(entity) = self.row_entity(row).and_then(|e| self.one(e)) else { return (Vec::new(), 0) };
        let records = match entity.observed_in_row(SightingAttr::NumberObserved, &self.weights) {
            Some(Value::Int(records)) => records.unsigned_abs(),
            _ => 0,
        };
        (entity.counted().filter(|s| s.record().is_some()).collect(), records)
    }

    /// How many conditions could not be decided on what a row stands for.
    pub fn row_undecided(&self, row: usize) -> u16 {
        match &self.rows {
            Rows::Explicit { rows, .. } => rows.get(row).map_or(0, |r| r.undecided),
            _ => self.row_entity(row).and_then(|e| self.one(e)).map_or(0, |entity| entity.undecided()),
        }
    }

    /// The values of an attribute, in row order.
    pub fn column(&self, attr: &Attr) -> Vec<Option<Value>> {
        match &self.rows {
            Rows::Entities => self.entity_values(attr).collect(),
            Rows::Records(_, rows) => self.record_column(rows, attr),
            Rows::Explicit { columns, rows } => {
                if let Some(at) = columns.iter().position(|c| c == attr) {
                    return rows.iter().map(|r| r.values.get(at).cloned().flatten()).collect();
                }
                let wanted = Wanted::new(self, attr);
                rows.iter().map(|r| wanted.of(&self.one(r.entity?)?)).collect()
            }
        }
    }

    /// The values of an attribute, in row order, one after the other.
    pub fn values<'t>(&'t self, attr: &'t Attr) -> Box<dyn Iterator<Item = Option<Value>> + 't> {
        match &self.rows {
            Rows::Entities => Box::new(self.entity_values(attr)),
            Rows::Records(..) | Rows::Explicit { .. } => Box::new(self.column(attr).into_iter()),
        }
    }

    /// The values of an attribute in the rows of the entities, one for each entity.
    pub fn entity_values<'t>(&'t self, attr: &'t Attr) -> impl Iterator<Item = Option<Value>> + 't {
        let wanted = Wanted::new(self, attr);
        self.entities().map(move |entity| wanted.of(&entity))
    }

    /// The value of an attribute in an entity's row. The value of the earliest creation record wins, then that of the
    /// earliest sighting that has one. Of several values at one instant the smallest is taken.
    pub fn entity_value(&self, entity: &Entity<'_>, attr: &Attr) -> Option<Value> {
        Wanted::new(self, attr).of(entity)
    }

    fn record_column(&self, rows: &[(u32, u32)], attr: &Attr) -> Vec<Option<Value>> {
        let sighting = |(e, s): &(u32, u32)| {
            let entity = self.one(*e)?;
            Some((entity, entity.sighting(*s)?))
        };
        if let Attr::Sighting(which) = attr {
            let value = |row| sighting(row).and_then(|(entity, sighting)| entity.observed(&sighting, *which));
            return rows.iter().map(value).collect();
        }
        if let (Attr::Record(_), Some(at)) = (attr, self.columns.iter().position(|c| c == attr)) {
            // What a field of the record says, it says of that record.
            let value = |row| sighting(row).and_then(|(entity, sighting)| entity.held(&sighting, at).cloned());
            return rows.iter().map(value).collect();
        }
        let of_entities: Vec<Option<Value>> = self.entity_values(attr).collect();
        rows.iter().map(|(e, _)| of_entities.get(*e as usize).cloned().flatten()).collect()
    }

    /// The rows of a transformer: one for each entity and counted record, sorted by (time, key).
    pub fn record_rows(&self) -> Vec<(u32, u32)> {
        let mut rows: Vec<(u32, u32)> = Vec::new();
        for (entity, e) in self.entities().zip(0..) {
            let mut seen = HashSet::default();
            for (sighting, s) in entity.sightings().zip(0..) {
                if let (true, Some(record)) = (sighting.counted(), sighting.record())
                    && seen.insert(record)
                {
                    rows.push((e, s));
                }
            }
        }
        let row = |(e, s): &(u32, u32)| self.one(*e).and_then(|entity| Some((entity.sighting(*s)?, entity.key())));
        rows.sort_by(|a, b| match (row(a), row(b)) {
            (Some((a, ka)), Some((b, kb))) => {
                a.time().cmp(&b.time()).then_with(|| ka.cmp(kb)).then_with(|| a.record().cmp(&b.record()))
            }
            _ => std::cmp::Ordering::Equal,
        });
        rows
    }
}

/// An attribute as it is looked for in many entities.
enum Wanted {
    /// With the weights of the records.
    Sighting(SightingAttr, Weights),
    /// Its number among the added columns, its number among the columns, and whether it is an identifier.
    Value(Option<usize>, Option<usize>, bool),
}

impl Wanted {
    fn new(table: &Table, attr: &Attr) -> Self {
        match attr {
            Attr::Sighting(which) => Self::Sighting(*which, table.weights.clone()),
            attr => {
                let added = if let Attr::Added(name) = attr { table.added.iter().position(|n| n == name) } else { None };
                let column = table.columns.iter().position(|c| c == attr);
                Self::Value(added, column, table.identifiers.contains(attr))
            }
        }
    }

    /// The value in the row of an entity.
    fn of(&self, entity: &Entity<'_>) -> Option<Value> {
        match self {
            Self::Sighting(which, weights) => entity.observed_in_row(*which, weights),
            Self::Value(added, column, identifier) => {
                let added = added.and_then(|at| entity.added(at)).cloned();
                let printed = |value: &Value| if *identifier { printed(value.clone()) } else { value.clone() };
                added.or_else(|| entity.value_in_row((*column)?, printed))
            }
        }
    }
}

/// Lower-case GUIDs for print (semantics.md §2); sightings keep them as the record has them.
fn printed(value: Value) -> Value {
    match &value {
        Value::Text(text) if is_guid(text) => Value::text(text.to_ascii_lowercase()),
        _ => value,
    }
}

impl Entity<'_> {
    /// The value of an attribute that every sighting has.
    pub fn observed(&self, sighting: &Sighting, which: SightingAttr) -> Option<Value> {
        match which {
            SightingAttr::FirstObserved | SightingAttr::LastObserved => sighting.time().map(Value::Time),
            SightingAttr::NumberObserved => Some(Value::Int(1)),
            SightingAttr::ObservationId => self.observation(sighting).cloned().map(Value::Text),
        }
    }

    /// The value of a sighting attribute in an entity's row. The first time is taken over all sightings; the last time and
    /// the number only over those that count.
    fn observed_in_row(&self, which: SightingAttr, weights: &Weights) -> Option<Value> {
        let counted = || self.counted().filter(|s| s.record().is_some());
        match which {
            // The time of the creation record if there is one, as with every attribute, otherwise the earliest time.
            SightingAttr::FirstObserved => {
                let born = self.sightings().filter(Sighting::creation).filter_map(|s| s.time()).max();
                born.or_else(|| self.sightings().filter_map(|s| s.time()).min()).map(Value::Time)
            }
            SightingAttr::LastObserved => counted().filter_map(|s| s.time()).max().map(Value::Time),
            SightingAttr::NumberObserved => {
                let records: HashSet<u64> = counted().filter_map(|s| s.record()).collect();
                Some(Value::Int(records.into_iter().map(|record| weights.of(record)).sum::<u64>() as i64))
            }
            SightingAttr::ObservationId => counted().find_map(|s| self.observation(&s).cloned()).map(Value::Text),
        }
    }

    /// The value in a column, with which creation records come first.
    fn value_in_row(&self, column: usize, printed: impl Fn(&Value) -> Value) -> Option<Value> {
        let value = |s: &Sighting| self.held(s, column).map(&printed);
        let born = self.sightings().filter(Sighting::creation).map(|s| s.time()).max();
        let creation = self.sightings().filter(|s| s.creation() && Some(s.time()) == born).filter_map(|s| value(&s)).min();
        creation.or_else(|| {
            let mut found: Option<(Sighting, Value)> = None;
            for sighting in self.sightings() {
                if found.as_ref().is_some_and(|(first, _)| first.time() != sighting.time()) {
                    break;
                }
                if let Some(v) = value(&sighting)
                    && found.as_ref().is_none_or(|(_, smallest)| v < *smallest)
                {
                    found = Some((sighting, v));
                }
            }
            found.map(|(_, v)| v)
        })
    }
}
