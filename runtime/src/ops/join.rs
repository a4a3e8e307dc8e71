//! JOIN: one row for each matching pair. Where both tables have a column, the value of the first counts.

use crate::allowance::{Allowance, Spent};
use crate::table::{Key, Row, Rows, Table};
use foldhash::HashMap;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::plan::Attr;
use huntc_compiler::plan::demand::same_named;
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;

/// What makes two rows a pair, and what the pair shows.
pub struct Pairing<'a> {
    /// Pairs of attributes with equal values; nulls are never equal. None: the keys of the entities are equal.
    pub by: &'a [(Attr, Attr)],
    /// How much later than the first row the second one may be, in nanoseconds; it is never earlier, and both have a time.
    pub within: Option<i64>,
    /// The columns of the result.
    pub columns: &'a [Attr],
}

/// The pairs of rows, in the order of the first table, then of the second. The entities of the result are those of the first
/// table that matched.
pub fn join(left: &Table, right: &Table, pairing: &Pairing<'_>, catalog: &Catalog, allowance: &Allowance) -> Result<Table, Spent> {
    let Pairing { by, within, columns } = *pairing;
    // Many rows with one value on both sides make many more rows than either has, so it is known first whether they fit.
    let mut memory = allowance.lend("the rows of a JOIN");
    let mut fits =
        |rows: usize| memory.grow(rows.saturating_mul(PAIR + size_of::<Row>() + columns.len() * size_of::<Option<Value>>()));
    let times = within.map(|within| Times { left: left.row_times(), right: right.row_times(), within });
    let pairs = if by.is_empty() {
        pairs(&row_keys(left), &row_keys(right), times.as_ref(), &mut fits)?
    } else {
        let (of_left, of_right): (Vec<&Attr>, Vec<&Attr>) = by.iter().map(|(a, b)| (a, b)).unzip();
        pairs(&row_values(left, &of_left), &row_values(right, &of_right), times.as_ref(), &mut fits)?
    };
    let lefts: Vec<Vec<Option<Value>>> = columns.iter().map(|c| left.column(c)).collect();
    let rights: Vec<Vec<Option<Value>>> = columns
        .iter()
        .map(|c| same_named(c, left.entity, right.entity, catalog).map_or_else(Vec::new, |c| right.column(&c)))
        .collect();
    let cell = |column: Option<&Vec<Option<Value>>>, row: usize| column.and_then(|c| c.get(row).cloned()).flatten();
    let left_times = left.row_times();
    let mut numbers: HashMap<u32, u32> = HashMap::default();
    let mut entities: Vec<u32> = Vec::new();
    let rows = pairs
        .into_iter()
        .map(|(l, r)| {
            let values = (0..columns.len()).map(|c| cell(lefts.get(c), l).or_else(|| cell(rights.get(c), r))).collect();
            let entity = left.row_entity(l).map(|old| {
                *numbers.entry(old).or_insert_with(|| {
                    entities.push(old);
                    entities.len() as u32 - 1
                })
            });
            let undecided = left.row_undecided(l).max(right.row_undecided(r));
            Row { entity, time: left_times.get(l).copied().flatten(), undecided, values }
        })
        .collect();
    let rows = Rows::Explicit { columns: columns.to_vec(), rows };
    let partial = left.partial || right.partial;
    Ok(Table { rows, sorted: false, unidentified: 0, partial, ..left.with_entities(entities) })
}

/// Bytes of a pair.
const PAIR: usize = size_of::<(usize, usize)>();

/// The times of the rows of both tables, and how far apart those of a pair may be.
struct Times {
    left: Vec<Option<Instant>>,
    right: Vec<Option<Instant>>,
    within: i64,
}

impl Times {
    /// Sorts rows of the second table by time, and takes away those without one.
    fn sort(&self, rows: &mut Vec<usize>) {
        rows.retain(|row| self.of_right(*row).is_some());
        rows.sort_by_key(|row| self.of_right(*row));
    }

    fn of_right(&self, row: usize) -> Option<Instant> {
        self.right.get(row).copied().flatten()
    }

    /// Those of the sorted rows of the second table that are near enough to a row of the first one.
    fn near<'r>(&self, row: usize, sorted: &'r [usize]) -> &'r [usize] {
        let Some(first) = self.left.get(row).copied().flatten() else { return &[] };
        let last = first.plus(self.within);
        let from = sorted.partition_point(|r| self.of_right(*r) < Some(first));
        let to = sorted.partition_point(|r| self.of_right(*r) <= Some(last));
        sorted.get(from..to).unwrap_or(&[])
    }
}

/// The pairs of places with equal values, if `fits` allows so many.
fn pairs<T: PartialEq + Eq + std::hash::Hash>(
    left: &[Option<T>],
    right: &[Option<T>],
    times: Option<&Times>,
    fits: &mut dyn FnMut(usize) -> Result<(), Spent>,
) -> Result<Vec<(usize, usize)>, Spent> {
    let mut rows: Vec<usize> = (0..right.len()).collect();
    if let Some(times) = times {
        times.sort(&mut rows);
    }
    let mut index: HashMap<&T, Vec<usize>> = HashMap::default();
    for row in rows {
        if let Some(value) = right.get(row).and_then(Option::as_ref) {
            index.entry(value).or_default().push(row);
        }
    }
    let matching = |row: usize, value: &Option<T>| {
        let equal = value.as_ref().and_then(|v| index.get(v)).map_or(&[][..], Vec::as_slice);
        times.map_or(equal, |times| times.near(row, equal))
    };
    let count = left.iter().enumerate().map(|(row, value)| matching(row, value).len()).fold(0, usize::saturating_add);
    fits(count)?;
    let mut pairs = Vec::with_capacity(count);
    for (row, value) in left.iter().enumerate() {
        let from = pairs.len();
        pairs.extend(matching(row, value).iter().map(|r| (row, *r)));
        if times.is_some() {
            // They were in the order of their times.
            pairs.get_mut(from..).into_iter().for_each(<[_]>::sort_unstable);
        }
    }
    Ok(pairs)
}

/// The values of several attributes in each row; `None` where one of them is absent.
fn row_values(table: &Table, attrs: &[&Attr]) -> Vec<Option<Vec<Value>>> {
    let columns: Vec<Vec<Option<Value>>> = attrs.iter().map(|attr| table.column(attr)).collect();
    (0..table.row_count()).map(|row| columns.iter().map(|column| column.get(row).cloned().flatten()).collect()).collect()
}

fn row_keys(table: &Table) -> Vec<Option<&Key>> {
    (0..table.row_count()).map(|row| Some(table.one(table.row_entity(row)?)?.key())).collect()
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
        let pairing = super::Pairing { by: &[(name.clone(), name)], within: None, columns: &[] };
        let joined = super::join(&v, &v, &pairing, Catalog::builtin(), &allowance);
        assert!(matches!(joined, Err(Spent::Memory(_, "the rows of a JOIN"))));
    }

    #[test]
    fn all_pairs_of_attributes_must_be_equal() {
        let v = table("process", "@key | pid | name\n A | 1 | sh\n B | 1 | cmd\n C | 2 | sh\n D | - | sh");
        let w = table("process", "@key | pid | name | cwd\n E | 1 | sh | e\n F | 2 | sh | f\n G | 1 | - | g\n H | - | sh | h");
        assert_eq!(rows(&run("x = JOIN v, w BY pid, pid AND name, name", &[&v, &w]), "pid name cwd"), ["1 | sh | e", "2 | sh | f"]);
    }

    #[test]
    fn the_second_row_follows_the_first_within_the_time() {
        let v = table("process", "@key | @time | name\n A | 10 | sh\n B | 20 | sh\n N | - | sh");
        let w = table(
            "process",
            "@key | @time | name | cwd\n C | 9 | sh | c\n D | 10 | sh | d\n E | 15 | sh | e\n F | 16 | sh | f\n M | - | sh | m",
        );
        let near = run("x = JOIN v, w BY name, name WITHIN 5 s", &[&v, &w]);
        assert_eq!(rows(&near, "cwd"), ["d", "e"], "both ends count, and a row without a time makes no pair");
        assert_eq!(rows(&run("x = JOIN v, w BY name, name WITHIN 0 s", &[&v, &w]), "cwd"), ["d"]);
        assert_eq!(run("x = JOIN v, w WITHIN 5 s", &[&v, &v]).row_count(), 2, "by identity, at one time");
    }

    #[test]
    fn the_time_of_a_row_is_that_of_its_first_sighting_that_counts() {
        let v = table("process", "@key | @time | name\n A | 10 | sh\n A | 30 | sh");
        let w = table("process", "@key | @time | name | cwd\n C | 31 | sh | c");
        assert_eq!(run("x = JOIN v, w BY name, name WITHIN 5 s", &[&v, &w]).row_count(), 0);
        let of_records = "t = TIMESTAMPED(v)\nx = JOIN t, w BY name, name WITHIN 5 s";
        assert_eq!(rows(&run(of_records, &[&v, &w]), "cwd"), ["c"], "a row for each record has that record's time");
    }

    #[test]
    fn pairs_stay_in_the_order_of_both_tables() {
        let v = table("process", "@key | @time | name\n A | 1 | sh");
        let w = table("process", "@key | @time | name | pid\n C | 3 | sh | 3\n D | 2 | sh | 2\n E | 1 | sh | 1");
        let plain = rows(&run("s = SORT w BY pid DESC\nx = JOIN v, s BY name, name", &[&v, &w]), "pid");
        let near = rows(&run("s = SORT w BY pid DESC\nx = JOIN v, s BY name, name WITHIN 1 m", &[&v, &w]), "pid");
        assert_eq!((plain.as_slice(), near), (["3", "2", "1"].map(str::to_owned).as_slice(), plain.clone()));
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
