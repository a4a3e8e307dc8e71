//! JOIN: one row for each matching pair. Where both tables have a column, the value of the first counts.

use crate::allowance::{Allowance, Spent};
use crate::table::{Key, Row, Rows, Table};
use foldhash::HashMap;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::plan::Attr;
use huntc_compiler::plan::demand::same_named;
use huntc_compiler::value::Value;

/// The pairs of rows with equal values (nulls are never equal), in the order of the first table, then of the second.
/// Without `by` the keys of the entities are compared. The entities of the result are those of the first table that matched.
pub fn join(
    left: &Table,
    right: &Table,
    by: Option<&(Attr, Attr)>,
    columns: &[Attr],
    catalog: &Catalog,
    allowance: &Allowance,
) -> Result<Table, Spent> {
    // Many rows with one value on both sides make many more rows than either has, so it is known first whether they fit.
    let mut memory = allowance.lend("the rows of a JOIN");
    let mut fits =
        |rows: usize| memory.grow(rows.saturating_mul(PAIR + size_of::<Row>() + columns.len() * size_of::<Option<Value>>()));
    let pairs = match by {
        Some((a, b)) => pairs(&left.column(a), &right.column(b), &mut fits)?,
        None => pairs(&row_keys(left), &row_keys(right), &mut fits)?,
    };
    let lefts: Vec<Vec<Option<Value>>> = columns.iter().map(|c| left.column(c)).collect();
    let rights: Vec<Vec<Option<Value>>> = columns
        .iter()
        .map(|c| same_named(c, left.entity, right.entity, catalog).map_or_else(Vec::new, |c| right.column(&c)))
        .collect();
    let cell = |column: Option<&Vec<Option<Value>>>, row: usize| column.and_then(|c| c.get(row).cloned()).flatten();
    let mut numbers: HashMap<u32, u32> = HashMap::default();
    let mut entities = Vec::new();
    let rows = pairs
        .into_iter()
        .map(|(l, r)| {
            let values = (0..columns.len()).map(|c| cell(lefts.get(c), l).or_else(|| cell(rights.get(c), r))).collect();
            let entity = left.row_entity(l).and_then(|old| {
                let one = left.entities.get(old as usize)?;
                Some(*numbers.entry(old).or_insert_with(|| {
                    entities.push(one.clone());
                    entities.len() as u32 - 1
                }))
            });
            let undecided = left.row_undecided(l).max(right.row_undecided(r));
            Row { entity, undecided, values }
        })
        .collect();
    let mut added = left.added.clone();
    added.extend(right.added.iter().filter(|n| !left.added.contains(n)).cloned());
    let rows = Rows::Explicit { columns: columns.to_vec(), rows };
    let partial = left.partial || right.partial;
    Ok(Table { entities, rows, sorted: false, unidentified: 0, partial, ..left.without_rows() })
}

/// Bytes of a pair.
const PAIR: usize = size_of::<(usize, usize)>();

/// The pairs of places with equal values, if `fits` allows so many.
fn pairs<T: PartialEq + Eq + std::hash::Hash>(
    left: &[Option<T>],
    right: &[Option<T>],
    fits: &mut dyn FnMut(usize) -> Result<(), Spent>,
) -> Result<Vec<(usize, usize)>, Spent> {
    let mut index: HashMap<&T, Vec<usize>> = HashMap::default();
    for (row, value) in right.iter().enumerate() {
        if let Some(value) = value {
            index.entry(value).or_default().push(row);
        }
    }
    let matching = |value: &Option<T>| value.as_ref().and_then(|v| index.get(v)).map_or(&[][..], Vec::as_slice);
    let count = left.iter().map(|value| matching(value).len()).fold(0, usize::saturating_add);
    fits(count)?;
    let mut pairs = Vec::with_capacity(count);
    for (row, value) in left.iter().enumerate() {
        pairs.extend(matching(value).iter().map(|r| (row, *r)));
    }
    Ok(pairs)
}

fn row_keys(table: &Table) -> Vec<Option<Key>> {
    (0..table.row_count()).map(|row| Some(table.entities.get(table.row_entity(row)? as usize)?.key.clone())).collect()
}

#[cfg(test)]
mod tests {
    use crate::allowance::{Allowance, Spent};
    use crate::ops::testing::run;
    use crate::testing::{attr, entity, held, rows, table};
    use huntc_compiler::catalog::Catalog;

    #[test]
    fn each_matching_pair_is_a_row_in_the_order_of_the_first_variable() {
        let v = table("process", "@key | pid | name\n A | 2 | a\n B | 1 | b\n C | 3 | c");
        let w = table("process", "@key | pid | cwd\n D | 1 | d\n E | 2 | e\n F | 1 | f");
        let x = run("x = JOIN v, w BY pid, pid", &[&v, &w]);
        assert_eq!(rows(&x, "name cwd"), ["a | e", "b | d", "b | f"]);
        assert_eq!(held(&x), ["A: 1", "B: 2"], "the first variable's entities that matched");
    }

    #[test]
    fn the_first_variables_values_win_and_the_second_fills_the_gaps() {
        let v = table("process", "@key | pid | name\n A | 1 | mine\n B | 2 | -");
        let w = table("process", "@key | pid | name\n C | 1 | yours\n D | 2 | yours");
        assert_eq!(rows(&run("x = JOIN v, w BY pid, pid", &[&v, &w]), "name"), ["mine", "yours"]);
    }

    #[test]
    fn more_rows_than_the_hunt_may_hold_are_not_made() {
        let rows: String = (0..2_000).fold("@key | name".to_owned(), |text, n| text + &format!("\n K{n} | same"));
        let v = table("process", &rows);
        let name = attr(entity("process"), "name");
        let allowance = Allowance::new(std::sync::Arc::default(), None, Some(64 << 20));
        let joined = super::join(&v, &v, Some(&(name.clone(), name)), &[], Catalog::builtin(), &allowance);
        assert!(matches!(joined, Err(Spent::Memory(_, "the rows of a JOIN"))));
    }

    #[test]
    fn nulls_are_equal_to_nothing() {
        let v = table("process", "@key | pid\n A | -");
        assert_eq!(run("x = JOIN v, w BY pid, pid", &[&v, &v]).row_count(), 0);
    }

    #[test]
    fn without_by_the_keys_are_compared() {
        let v = table("process", "@key | name\n A | a\n B | b");
        let w = table("process", "@key | pid\n B | 7\n C | 8");
        assert_eq!(rows(&run("x = JOIN v, w", &[&v, &w]), "name pid"), ["b | 7"]);
    }

    #[test]
    fn two_types_meet_in_an_attribute() {
        let v = table("process", "@key | name\n A | sh");
        let w = table("user-account", "@key | user_id | x_domain\n B | sh | CORP\n C | other | CORP");
        assert_eq!(rows(&run("x = JOIN v, w BY name, user_id", &[&v, &w]), "name x_domain"), ["sh | CORP"]);
    }
}
