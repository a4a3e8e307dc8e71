//! The order and the number of rows: SORT, OFFSET, LIMIT, and rows for each record.

use crate::table::{Rows, Table};
use huntc_compiler::plan::{Attr, Transformer};
use huntc_compiler::value::Value;
use std::cmp::Ordering;

/// A table with a row for each counted record of each entity.
pub fn transform(table: &Table, transformer: Transformer) -> Table {
    let rows = Rows::Records(transformer, table.record_rows());
    Table { rows, sorted: false, unidentified: 0, known_records: table.known_records, ..table.clone() }
}

/// The rows sorted by an attribute. The sort is stable and puts nulls last in either direction.
pub fn sort(table: &Table, attr: &Attr, ascending: bool) -> Table {
    let values = table.column(attr);
    let mut order: Vec<usize> = (0..table.row_count()).collect();
    order.sort_by(|a, b| compare(values.get(*a), values.get(*b), ascending));
    let mut out = table.take_rows(&order);
    out.sorted = true;
    out
}

fn compare(a: Option<&Option<Value>>, b: Option<&Option<Value>>, ascending: bool) -> Ordering {
    match (a.and_then(Option::as_ref), b.and_then(Option::as_ref)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) if ascending => a.cmp(b),
        (Some(a), Some(b)) => b.cmp(a),
    }
}

/// At most `limit` rows after the first `offset`.
pub fn slice(table: &Table, offset: u64, limit: Option<u64>) -> Table {
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let take = limit.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
    let rows: Vec<usize> = (0..table.row_count()).skip(skip).take(take).collect();
    table.take_rows(&rows)
}

#[cfg(test)]
mod tests;
