//! Selecting rows of a table.

use super::{Content, Picked, Row, Rows, Sighting, Table};
use foldhash::{HashMap, HashSet};

impl Table {
    /// A table with the columns of this one, and no entities or rows.
    #[must_use]
    pub fn without_rows(&self) -> Self {
        Self {
            columns: self.columns.clone(),
            identifiers: self.identifiers.clone(),
            added: self.added.clone(),
            content: Content::default(),
            rows: Rows::Entities,
            weights: self.weights.clone(),
            ..*self
        }
    }

    /// The rows with these numbers, in this order, and the entities that they stand for.
    ///
    /// Entities keep all sightings. When rows stand for records, only sightings of the selected rows still count.
    #[must_use]
    pub fn take_rows(&self, numbers: &[usize]) -> Self {
        let mut entities = Numbers::default();
        let mut out = match &self.rows {
            Rows::Entities => self.with_entities(numbers.iter().map(|number| *number as u32)),
            Rows::Records(transformer, rows) => {
                let rows = numbers.iter().filter_map(|n| rows.get(*n)).map(|(e, s)| (entities.of(*e), *s)).collect::<Vec<_>>();
                let (mut out, rows) = self.with_entities(entities.old).keep_only(&rows);
                out.rows = Rows::Records(*transformer, rows);
                out
            }
            Rows::Explicit { columns, rows } => {
                let row = |row: &Row| Row { entity: row.entity.map(|e| entities.of(e)), ..row.clone() };
                let rows = numbers.iter().filter_map(|n| rows.get(*n)).map(row).collect();
                Table { rows: Rows::Explicit { columns: columns.clone(), rows }, ..self.with_entities(entities.old) }
            }
        };
        out.unidentified = 0;
        out
    }

    /// Keeps the sightings of these rows, with all others of the same record, and creation records. A creation record
    /// counts only if a selected row is its record. Answers the rows with the new places of their sightings.
    fn keep_only(&self, rows: &[(u32, u32)]) -> (Self, Vec<(u32, u32)>) {
        let mut records: HashMap<u32, HashSet<Option<u64>>> = HashMap::default();
        for (e, s) in rows {
            let record = self.one(*e).and_then(|entity| entity.sighting(*s)).and_then(|s| s.record());
            records.entry(*e).or_default().insert(record);
        }
        let mut moved: HashMap<(u32, u32), u32> = HashMap::default();
        let mut selection = Picked::new(self);
        for (entity, e) in self.entities().zip(0..) {
            let mut kept: Vec<Sighting> = Vec::new();
            for (mut sighting, s) in entity.sightings().zip(0..) {
                let selected = records.get(&e).is_some_and(|records| records.contains(&sighting.record()));
                sighting.set_counted(sighting.counted() && selected);
                if sighting.counted() || sighting.creation() {
                    moved.insert((e, s), kept.len() as u32);
                    kept.push(sighting);
                }
            }
            selection.take(&entity, kept);
        }
        let rows = rows.iter().filter_map(|(e, s)| Some((*e, *moved.get(&(*e, *s))?))).collect();
        (selection.finish(), rows)
    }
}

/// Entities of the selected rows, which get new numbers.
#[derive(Default)]
struct Numbers {
    new: HashMap<u32, u32>,
    old: Vec<u32>,
}

impl Numbers {
    fn of(&mut self, old: u32) -> u32 {
        *self.new.entry(old).or_insert_with(|| {
            self.old.push(old);
            self.old.len() as u32 - 1
        })
    }
}
