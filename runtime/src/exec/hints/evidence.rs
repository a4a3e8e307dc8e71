//! Which records, or which entities of a table, satisfy a condition that found nothing as a whole.

use crate::allowance::Allowance;
use crate::matching::{self, Found, Hop, Ladder, Lives, Reading, References};
use crate::ops::filter;
use crate::source::Sample;
use crate::table::{Key, Rows, Table};
use foldhash::HashSet;
use huntc_compiler::catalog::{Catalog, EntityId};
use huntc_compiler::plan::{Attr, Pivot, Predicate};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a condition is tested on.
pub(super) struct Evidence<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) references: &'a References,
    pub(super) ladder: Ladder,
    /// The type whose slots are looked at.
    pub(super) centre: EntityId,
    pub(super) ground: Ground<'a>,
}

/// Where the condition is tested.
#[derive(Clone, Copy)]
pub(super) enum Ground<'a> {
    /// On every slot of these records that GET looks at.
    Records(&'a Sample),
    /// On the slot that FIND projects in these records, reached from these keys.
    Linked(&'a Sample, &'a Pivot, &'a HashSet<&'a Key>),
    /// On the entities of a variable.
    Table(&'a Table),
}

/// What satisfies a condition: records, or entities of a table.
#[derive(Default)]
pub(super) struct Seen {
    /// Record id, or place of the entity in the table, with its time.
    pub(super) found: BTreeMap<u64, Option<Instant>>,
    /// The entities that satisfy it.
    pub(super) keys: HashSet<Key>,
    /// Each value of the attribute in question, with the records or entities that have it.
    pub(super) values: BTreeMap<Value, BTreeSet<u64>>,
}

impl Seen {
    pub(super) fn count(&self) -> u64 {
        self.found.len() as u64
    }

    /// The earliest and the latest time; `None` when nothing has a time.
    pub(super) fn span(&self) -> Option<(Instant, Instant)> {
        let times = || self.found.values().flatten().copied();
        Some((times().min()?, times().max()?))
    }
}

impl Evidence<'_> {
    /// Whether this is everything there is, and not only the first records of it.
    pub(super) fn whole(&self) -> bool {
        match self.ground {
            Ground::Records(sample) | Ground::Linked(sample, ..) => sample.whole,
            Ground::Table(_) => true,
        }
    }

    /// A count with its noun, `record` or `entity`.
    pub(super) fn count(&self, n: u64) -> String {
        let at_least = if self.whole() { "" } else { "at least " };
        match (self.ground, n) {
            (Ground::Table(_), 1) => "1 entity".to_owned(),
            (Ground::Table(_), n) => format!("{n} entities"),
            (_, n) => format!("{at_least}{}", crate::report::text::count(n, "record")),
        }
    }

    /// What satisfies a condition. `None` when it cannot be decided, for example when a table lacks the column.
    pub(super) fn seen(&self, predicate: &Predicate) -> Option<Seen> {
        self.look(predicate, self.centre, None)
    }

    /// As [`Self::seen`] for a comparison on `attr` of `entity`, with the values that the attribute has there.
    pub(super) fn values(&self, predicate: &Predicate, entity: EntityId, attr: &Attr) -> Option<Seen> {
        self.look(predicate, entity, Some(attr))
    }

    fn look(&self, predicate: &Predicate, entity: EntityId, attr: Option<&Attr>) -> Option<Seen> {
        let columns: Vec<Attr> = attr.into_iter().cloned().collect();
        // The records of a sample are few, so they are read without a limit.
        let (lives, allowance) = (Lives::default(), Allowance::default());
        let reading = Reading {
            catalog: self.catalog,
            slot: None,
            ladder: &self.ladder,
            lives: &lives,
            references: self.references,
            columns: &columns,
            allowance: &allowance,
        };
        let mut found = Found::default();
        match self.ground {
            Ground::Records(sample) => matching::scan(&reading, &sample.records, entity, predicate, &mut found).ok()?,
            // Comparisons on another type are tested on the whole record.
            Ground::Linked(sample, ..) if entity != self.centre => {
                matching::scan(&reading, &sample.records, entity, predicate, &mut found).ok()?;
            }
            Ground::Linked(sample, pivot, keys) => {
                let hop = Hop { input: pivot.input, keys, ways: &pivot.ways, entity, filter: predicate, trace: false };
                matching::pivot(&reading, &sample.records, &hop, &mut found).ok()?;
            }
            Ground::Table(table) => return self.of_table(table, predicate, attr),
        }
        let mut seen = Seen::default();
        let found = found.sightings.finish(Some(entity), &columns);
        for entity in found.entities() {
            for sighting in entity.sightings() {
                let Some(record) = sighting.record() else { continue };
                seen.found.insert(record, sighting.time());
                let values = (0..columns.len()).filter_map(|column| entity.held(&sighting, column));
                for value in values.flat_map(Value::each) {
                    seen.values.entry(value.clone()).or_default().insert(record);
                }
            }
            seen.keys.insert(entity.key().clone());
        }
        Some(seen)
    }

    fn of_table(&self, table: &Table, predicate: &Predicate, attr: Option<&Attr>) -> Option<Seen> {
        let known = |a: &Attr| !a.is_read() || table.columns.contains(a) || explicit(table, a);
        if !predicate.tests().iter().all(|t| known(&t.attr)) {
            return None;
        }
        let passed = filter::filter(table, predicate, None, self.catalog, self.references, &Allowance::default()).ok()?.0;
        let mut seen = Seen::default();
        if let Rows::Explicit { .. } = passed.rows {
            for row in 0..passed.row_count() {
                seen.found.insert(row as u64, None);
            }
            let values = attr.map(|a| passed.column(a)).unwrap_or_default();
            for (row, value) in values.iter().enumerate() {
                for value in value.iter().flat_map(Value::each) {
                    seen.values.entry(value.clone()).or_default().insert(row as u64);
                }
            }
            return Some(seen);
        }
        let column = attr.and_then(|a| passed.columns.iter().position(|c| c == a));
        for (number, entity) in (0_u64..).zip(passed.entities()) {
            seen.found.insert(number, entity.first_time());
            seen.keys.insert(entity.key().clone());
            let values = entity.counted().filter_map(|sighting| entity.held(&sighting, column?));
            for value in values.flat_map(Value::each) {
                seen.values.entry(value.clone()).or_default().insert(number);
            }
        }
        Some(seen)
    }
}

fn explicit(table: &Table, attr: &Attr) -> bool {
    matches!(&table.rows, Rows::Explicit { columns, .. } if columns.contains(attr))
}
