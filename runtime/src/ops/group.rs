//! GROUP: one row for each key, with its aggregates.

use crate::table::{Row, Rows, Table};
use foldhash::{HashMap, HashSet};
use huntc_compiler::plan::{Aggregate, Attr, Function, GroupKey};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// One row for each distinct key, in ascending order of the keys, nulls last. Rows whose key is null are a group of their own.
pub fn group(table: &Table, keys: &[GroupKey], aggregates: &[Aggregate]) -> Table {
    let key_columns: Vec<Vec<Option<Value>>> = keys.iter().map(|k| key_column(table, k)).collect();
    let inputs: Vec<Vec<Option<Value>>> =
        aggregates.iter().map(|a| a.attr.as_ref().map_or_else(Vec::new, |attr| table.column(attr))).collect();
    let by_time = aggregates.iter().any(|a| matches!(a.function, Function::First | Function::Last));
    let times = if by_time { table.row_times() } else { Vec::new() };
    let mut groups: HashMap<Vec<Option<Value>>, Vec<usize>> = HashMap::default();
    for row in 0..table.row_count() {
        let key = key_columns.iter().map(|c| c.get(row).cloned().flatten()).collect();
        groups.entry(key).or_default().push(row);
    }
    let mut rows: Vec<Row> = groups
        .into_iter()
        .map(|(mut values, members)| {
            values.extend(aggregates.iter().zip(&inputs).map(|(a, column)| {
                if a.attr.is_none() {
                    return Some(Value::Int(members.len() as i64));
                }
                let value = |m: &usize| column.get(*m).and_then(Option::as_ref);
                match a.function {
                    Function::First | Function::Last => {
                        let timed = members.iter().filter_map(|m| Some((times.get(*m).copied().flatten(), value(m)?)));
                        outermost(a.function, timed)
                    }
                    function => aggregate(function, members.iter().filter_map(value).collect()),
                }
            }));
            let undecided = members.iter().map(|m| table.row_undecided(*m)).max().unwrap_or(0);
            Row { entity: None, time: None, undecided, values }
        })
        .collect();
    let keys_of = |row: &Row| -> Vec<Option<Value>> { row.values.iter().take(keys.len()).cloned().collect() };
    rows.sort_by(|a, b| key_order(&keys_of(a), &keys_of(b)));
    let headers = keys.iter().map(|k| &k.header).chain(aggregates.iter().map(|a| &a.header));
    let columns = headers.map(|h| Attr::Added(h.clone())).collect();
    Table {
        columns: Vec::new(),
        added: Vec::new(),
        rows: Rows::Explicit { columns, rows },
        sorted: true,
        unidentified: 0,
        grouped_records: Some(table.record_count()),
        ..table.without_rows()
    }
}

fn key_order(a: &[Option<Value>], b: &[Option<Value>]) -> Ordering {
    let part = |(a, b): (&Option<Value>, &Option<Value>)| match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => a.cmp(b),
    };
    a.iter().zip(b).map(part).fold(Ordering::Equal, Ordering::then)
}

fn key_column(table: &Table, key: &GroupKey) -> Vec<Option<Value>> {
    let values = table.column(&key.attr);
    let Some((size, _)) = key.bin else { return values };
    values.into_iter().map(|v| bin(&v?, size.max(1))).collect()
}

/// The beginning of the bin that a value is in. Bins are `size` wide and are counted from 0 or from the Unix epoch.
fn bin(value: &Value, size: i64) -> Option<Value> {
    match value {
        Value::Int(i) => Some(Value::Int(i.div_euclid(size).saturating_mul(size))),
        Value::Float(f) => Some(Value::Float((f / size as f64).floor() * size as f64)),
        Value::Time(t) => Some(Value::text(Instant(t.0.div_euclid(size).saturating_mul(size)).to_seconds_text())),
        _ => None,
    }
}

/// The value of the earliest row for FIRST, of the latest one for LAST; of several at one instant the smallest. Rows without
/// a time count only where no row has one.
fn outermost<'v>(function: Function, timed: impl Iterator<Item = (Option<Instant>, &'v Value)>) -> Option<Value> {
    let nearer = |a: Option<Instant>, b: Option<Instant>| match (a, b) {
        (Some(a), Some(b)) if function == Function::Last => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    timed.min_by(|(at, a), (bt, b)| nearer(*at, *bt).then_with(|| a.cmp(b))).map(|(_, value)| value.clone())
}

/// The distinct single values in ascending order.
fn listed(present: &[&Value]) -> Value {
    let distinct: BTreeSet<&Value> = present.iter().flat_map(|v| v.each()).collect();
    Value::List(distinct.into_iter().cloned().collect())
}

fn aggregate(function: Function, present: Vec<&Value>) -> Option<Value> {
    match function {
        Function::List if present.is_empty() => None,
        Function::List => Some(listed(&present)),
        Function::Count => Some(Value::Int(present.len() as i64)),
        Function::NUnique => Some(Value::Int(present.into_iter().collect::<HashSet<_>>().len() as i64)),
        Function::Min | Function::First => present.into_iter().min().cloned(),
        Function::Max | Function::Last => present.into_iter().max().cloned(),
        Function::Sum if present.is_empty() => None,
        Function::Sum => Some(sum(&present)),
        Function::Avg if present.is_empty() => None,
        Function::Avg => Some(Value::Float(as_float(&sum(&present)) / present.len() as f64)),
    }
}

/// The sum: an integer as long as it fits into 64 bits.
pub(crate) fn sum(values: &[&Value]) -> Value {
    let ints: Option<i64> = values.iter().try_fold(0_i64, |sum, v| match v {
        Value::Int(i) => sum.checked_add(*i),
        _ => None,
    });
    ints.map_or_else(|| Value::Float(values.iter().map(|v| as_float(v)).sum()), Value::Int)
}

pub(crate) fn as_float(value: &Value) -> f64 {
    match value {
        Value::Int(i) => *i as f64,
        Value::Float(f) => *f,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests;
