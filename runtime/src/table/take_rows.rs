//! Selecting rows of a table.

use super::{Entity, Row, Rows, Table};
use foldhash::{HashMap, HashSet};

impl Table {
    /// A table with the columns of this one, and no entities or rows.
    #[must_use]
    pub fn without_rows(&self) -> Self {
        Self {
            columns: self.columns.clone(),
            identifiers: self.identifiers.clone(),
            added: self.added.clone(),
            entities: Vec::new(),
            rows: Rows::Entities,
            ..*self
        }
    }

    /// The rows with these numbers, in this order, and the entities that they stand for.
    ///
    /// Entities keep all sightings. When rows stand for records, only sightings of the selected rows still count.
    #[must_use]
    pub fn take_rows(&self, numbers: &[usize]) -> Self {
        let mut out = Table { unidentified: 0, ..self.without_rows() };
        match &self.rows {
            Rows::Entities => out.entities = numbers.iter().filter_map(|n| self.entities.get(*n).cloned()).collect(),
            Rows::Records(transformer, rows) => {
                let rows: Vec<(u32, u32)> = numbers.iter().filter_map(|n| rows.get(*n).copied()).collect();
                let mut entities = Kept::default();
                let rows = rows.iter().filter_map(|(e, s)| Some((entities.add(self, *e)?, *s))).collect::<Vec<_>>();
                out.entities = entities.entities;
                out.rows = Rows::Records(*transformer, keep_only(&mut out.entities, &rows));
            }
            Rows::Explicit { columns, rows } => {
                let mut entities = Kept::default();
                let rows = numbers.iter().filter_map(|n| rows.get(*n)).map(|row| {
                    let entity = row.entity.and_then(|e| entities.add(self, e));
                    Row { entity, time: row.time, undecided: row.undecided, values: row.values.clone() }
                });
                let rows = rows.collect();
                out.entities = entities.entities;
                out.rows = Rows::Explicit { columns: columns.clone(), rows };
            }
        }
        out
    }
}

/// The entities of the selected rows, with their new numbers.
#[derive(Default)]
struct Kept {
    numbers: HashMap<u32, u32>,
    entities: Vec<Entity>,
}

impl Kept {
    fn add(&mut self, table: &Table, old: u32) -> Option<u32> {
        if let Some(number) = self.numbers.get(&old) {
            return Some(*number);
        }
        let number = self.entities.len() as u32;
        self.entities.push(table.entities.get(old as usize)?.clone());
        self.numbers.insert(old, number);
        Some(number)
    }
}

/// Keeps the sightings of these rows, with all others of the same record, and creation records. A creation record
/// counts only if a selected row is its record. Answers the rows with the new places of their sightings.
fn keep_only(entities: &mut [Entity], rows: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut records: HashMap<u32, HashSet<Option<u64>>> = HashMap::default();
    for (e, s) in rows {
        let record = entities.get(*e as usize).and_then(|e| e.sightings.get(*s as usize)).and_then(|s| s.record);
        records.entry(*e).or_default().insert(record);
    }
    let mut moved: HashMap<(u32, u32), u32> = HashMap::default();
    for (e, entity) in entities.iter_mut().enumerate() {
        let e = e as u32;
        let mut kept = Vec::new();
        for (s, mut sighting) in std::mem::take(&mut entity.sightings).into_iter().enumerate() {
            sighting.counted &= records.get(&e).is_some_and(|r| r.contains(&sighting.record));
            if sighting.counted || sighting.creation {
                moved.insert((e, s as u32), kept.len() as u32);
                kept.push(sighting);
            }
        }
        entity.sightings = kept;
    }
    rows.iter().filter_map(|(e, s)| Some((*e, *moved.get(&(*e, *s))?))).collect()
}
