//! Union, and other operators that combine or select whole entities.

use crate::matching::Found;
use crate::table::{Collector, Entity, Key, Sighting, Table, Values};
use foldhash::{HashMap, HashSet};
use huntc_compiler::catalog::EntityId;
use huntc_compiler::plan::Attr;
use huntc_compiler::value::Value;
use std::sync::Arc;

/// All entities of the tables. Equal ones become one entity with the sightings of each.
pub fn union(tables: &[Arc<Table>], entity: Option<EntityId>, columns: &[Attr]) -> Table {
    let mut added: Vec<String> = Vec::new();
    for name in tables.iter().flat_map(|t| &t.added) {
        if !added.contains(name) {
            added.push(name.clone());
        }
    }
    let mut collector = Collector::default();
    let mut extras: HashMap<Key, Vec<Option<Value>>> = HashMap::default();
    for table in tables {
        let mut projection = Projection::new(&table.columns, columns);
        for one in &table.entities {
            for sighting in &one.sightings {
                collector.add(one.key.clone(), projection.apply(sighting));
            }
            if !table.added.is_empty() {
                let slots = extras.entry(one.key.clone()).or_insert_with(|| vec![None; added.len()]);
                for (name, value) in table.added.iter().zip(&one.added) {
                    let at = added.iter().position(|n| n == name);
                    if let (Some(slot @ None), Some(value)) = (at.and_then(|at| slots.get_mut(at)), value) {
                        *slot = Some(value.clone());
                    }
                }
            }
        }
    }
    let mut out = collector.finish(entity, columns);
    for one in &mut out.entities {
        one.added = extras.remove(&one.key).unwrap_or_else(|| vec![None; added.len()]);
    }
    out.added = added;
    out.unidentified = tables.iter().map(|t| t.unidentified).sum();
    out.partial = tables.iter().any(|t| t.partial);
    out
}

/// The table with further sightings of its entities. Sightings of other entities are left out.
pub fn with_sightings(table: &Table, found: Found, columns: &[Attr]) -> Table {
    let mut projection = Projection::new(&table.columns, columns);
    let mut more: HashMap<Key, Vec<Sighting>> = found.sightings.entities().map(|e| (e.key, e.sightings)).collect();
    let entities = table.entities.iter().map(|one| {
        let mut sightings: Vec<Sighting> = one.sightings.iter().map(|s| projection.apply(s)).collect();
        sightings.extend(more.remove(&one.key).unwrap_or_default());
        let mut entity = Entity { key: one.key.clone(), sightings, added: one.added.clone() };
        entity.merge_sightings();
        entity
    });
    Table { entities: entities.collect(), rows: table.rows.clone(), columns: columns.to_vec(), ..table.without_rows() }
}

/// The table with the values of its sightings arranged in other columns.
pub fn aligned(table: &Table, columns: &[Attr]) -> Table {
    with_sightings(table, Found::default(), columns)
}

/// The first `n` entities by (first counted time, key). The order of the rows stays.
pub fn first(table: &Table, n: u64) -> Table {
    let mut ranked: Vec<(usize, &Entity)> = table.entities.iter().enumerate().collect();
    ranked.sort_by_cached_key(|(_, e)| {
        let time = e.first_time();
        (time.is_none(), time, e.key.clone())
    });
    let kept: HashSet<usize> = ranked.into_iter().take(usize::try_from(n).unwrap_or(usize::MAX)).map(|(i, _)| i).collect();
    let rows = (0..table.row_count()).filter(|row| match table.row_entity(*row) {
        Some(entity) => kept.contains(&(entity as usize)),
        // Rows of a GROUP result stand for no entity: the rows themselves are counted.
        None => (*row as u64) < n,
    });
    table.take_rows(&rows.collect::<Vec<usize>>())
}

/// Rearranges the values of sightings into other columns. Equal tuples stay shared.
pub(super) struct Projection {
    from: Option<Vec<Option<usize>>>,
    done: HashMap<Values, Values>,
}

impl Projection {
    pub(super) fn new(old: &[Attr], new: &[Attr]) -> Self {
        let from = (old != new).then(|| new.iter().map(|c| old.iter().position(|o| o == c)).collect());
        Self { from, done: HashMap::default() }
    }

    pub(super) fn apply(&mut self, sighting: &Sighting) -> Sighting {
        let Some(from) = &self.from else { return sighting.clone() };
        let values = self
            .done
            .entry(sighting.values.clone())
            .or_insert_with_key(|old| from.iter().map(|at| at.and_then(|at| old.get(at).cloned().flatten())).collect())
            .clone();
        Sighting { values, ..sighting.clone() }
    }
}

#[cfg(test)]
mod tests {
    use crate::ops::testing::run;
    use crate::testing::{held, rows, table};

    #[test]
    fn equal_entities_become_one_with_the_sightings_of_each() {
        let v = table("process", "@key | @record | @time\n A | 1 | 1\n B | 2 | 2");
        let w = table("process", "@key | @record | @time\n A | 3 | 0\n C | 4 | 4");
        assert_eq!(held(&run("x = v + w", &[&v, &w])), ["A: 3 1", "B: 2", "C: 4"]);
    }

    #[test]
    fn one_slot_of_one_record_is_one_sighting_and_counts_if_it_counted_in_either() {
        let v = table("process", "@key | @record | @is\n A | 1 | creation uncounted");
        let w = table("process", "@key | @record | @is\n A | 1 | -");
        assert_eq!(held(&run("x = v + w", &[&v, &w])), ["A: 1c"]);
    }

    #[test]
    fn a_row_is_of_all_sightings() {
        let v = table("process", "@key | @record | @time | name\n A | 1 | 5 | late");
        let w = table("process", "@key | @record | @time | name | pid\n A | 2 | 1 | early | -\n A | 3 | 9 | later | 7");
        assert_eq!(rows(&run("x = v + w", &[&v, &w]), "name pid"), ["early | 7"]);
    }

    #[test]
    fn of_values_beside_the_sightings_the_first_variables_wins() {
        let v = table("process", "@key | +note | +one\n A | mine | 1\n B | - | 2");
        let w = table("process", "@key | +note | +two\n A | yours | 3\n B | yours | 4\n C | yours | 5");
        let x = run("x = v + w", &[&v, &w]);
        assert_eq!(rows(&x, "note one two"), ["mine | 1 | 3", "yours | 2 | 4", "yours | - | 5"]);
    }

    #[test]
    fn the_first_entities_are_those_first_seen_then_those_with_the_smaller_key() {
        let v = table("process", "@key | @time\n C | 1\n B | 1\n A | 2\n D | -");
        assert_eq!(held(&run("x = GET process FROM v LIMIT 2", &[&v])), ["B: 2", "C: 1"]);
    }

    #[test]
    fn the_first_entities_keep_the_order_of_a_sort() {
        let v = table("process", "@key | pid\n A | 1\n B | 2\n C | 3");
        assert_eq!(held(&run("s = SORT v BY pid\n x = GET process FROM s LIMIT 2", &[&v])), ["B: 2", "A: 1"]);
    }
}
