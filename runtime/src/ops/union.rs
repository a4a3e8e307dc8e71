//! Union, and other operators that combine or select whole entities.

use crate::table::{Collector, Copier, Table, Weights};
use foldhash::HashSet;
use huntc_compiler::catalog::EntityId;
use huntc_compiler::plan::Attr;
use huntc_compiler::value::Value;
use std::sync::Arc;

/// All entities of the tables. Equal ones become one entity with the sightings of each.
pub fn union(tables: &[Arc<Table>], entity: Option<EntityId>, columns: &[Attr]) -> Table {
    let mut collector = Collector::default();
    // For each name the values by the numbers of entities; the first value of an entity counts.
    let mut added: Vec<(String, Vec<Option<Value>>)> = Vec::new();
    for table in tables {
        let mut copier = Copier::new(&table.columns, columns);
        let places: Vec<usize> = table.added.iter().map(|name| place_of(name, &mut added)).collect();
        for one in table.entities() {
            let number = collector.number(one.key().clone());
            for sighting in one.sightings() {
                copier.put(&one, sighting, number, &mut collector);
            }
            for (column, place) in places.iter().enumerate() {
                let (Some(value), Some((_, values))) = (one.added(column), added.get_mut(*place)) else { continue };
                if values.len() <= number as usize {
                    values.resize(number as usize + 1, None);
                }
                if let Some(slot @ None) = values.get_mut(number as usize) {
                    *slot = Some(value.clone());
                }
            }
        }
    }
    let mut out = collector.finish_with(entity, columns, added);
    out.unidentified = tables.iter().map(|t| t.unidentified).sum();
    out.partial = tables.iter().any(|t| t.partial);
    out.weights = tables.iter().fold(Weights::default(), |weights, t| weights.and(&t.weights));
    out
}

/// The place of an added column with this name, which is made if there is none.
fn place_of(name: &str, added: &mut Vec<(String, Vec<Option<Value>>)>) -> usize {
    added.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        added.push((name.to_owned(), Vec::new()));
        added.len() - 1
    })
}

/// The first `n` entities by (first counted time, key). The order of the rows stays.
pub fn first(table: &Table, n: u64) -> Table {
    let kept: HashSet<u32> = table.by_time().into_iter().take(usize::try_from(n).unwrap_or(usize::MAX)).collect();
    let rows = (0..table.row_count()).filter(|row| match table.row_entity(*row) {
        Some(entity) => kept.contains(&entity),
        // Rows of a GROUP result stand for no entity: the rows themselves are counted.
        None => (*row as u64) < n,
    });
    table.take_rows(&rows.collect::<Vec<usize>>())
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
