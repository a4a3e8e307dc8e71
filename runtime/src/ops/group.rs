//! GROUP: one row for each key, with its aggregates.

use crate::table::{Row, Rows, Table};
use foldhash::{HashMap, HashSet};
use huntc_compiler::plan::{Aggregate, Attr, Function, GroupKey};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// One row for each distinct key, in ascending order of the keys, nulls last. Rows whose key is null are a group of their own.
///
/// No column is held as a whole but those of several keys: the rows may be millions, and the groups few.
pub fn group(table: &Table, keys: &[GroupKey], aggregates: &[Aggregate]) -> Table {
    let (groups, mut rows) = groups(table, keys);
    for (row, group) in groups.iter().enumerate() {
        if let Some(of) = rows.get_mut(*group as usize) {
            of.undecided = of.undecided.max(table.row_undecided(row));
        }
    }
    let by_time = aggregates.iter().any(|a| matches!(a.function, Function::First | Function::Last));
    let times = if by_time { table.row_times() } else { Vec::new() };
    for aggregate in aggregates {
        let mut folds: Vec<Fold> = rows.iter().map(|_| Fold::new(aggregate.function)).collect();
        match &aggregate.attr {
            None => groups.iter().for_each(|group| fold(&mut folds, *group, None, Some(Value::Bool(true)))),
            Some(attr) => {
                for ((row, group), value) in groups.iter().enumerate().zip(table.values(attr)) {
                    fold(&mut folds, *group, times.get(row).copied().flatten(), value);
                }
            }
        }
        for (row, fold) in rows.iter_mut().zip(folds) {
            row.values.push(fold.finish());
        }
    }
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
        known_records: Some(table.record_count()),
        ..table.without_rows()
    }
}

/// For each row the number of its group, and the rows of the groups with their keys alone.
fn groups(table: &Table, keys: &[GroupKey]) -> (Vec<u32>, Vec<Row>) {
    let mut columns: Vec<_> = keys.iter().map(|key| key_values(table, key)).collect();
    let mut numbers: HashMap<Vec<Option<Value>>, u32> = HashMap::default();
    let mut rows: Vec<Row> = Vec::new();
    let number = |_| {
        let key: Vec<Option<Value>> = columns.iter_mut().map(|column| column.next().flatten()).collect();
        if let Some(known) = numbers.get(&key) {
            return *known;
        }
        let next = rows.len() as u32;
        rows.push(Row { entity: None, time: None, undecided: 0, values: key.clone() });
        numbers.insert(key, next);
        next
    };
    let groups = (0..table.row_count()).map(number).collect();
    (groups, rows)
}

fn fold(folds: &mut [Fold], group: u32, time: Option<Instant>, value: Option<Value>) {
    if let (Some(fold), Some(value)) = (folds.get_mut(group as usize), value) {
        fold.add(time, value);
    }
}

/// The values of one group, as far as an aggregate needs them.
enum Fold {
    Count(i64),
    Distinct(HashSet<Value>),
    Outermost(Function, Option<(Option<Instant>, Value)>),
    /// The sum of whole numbers, as long as it fits into 64 bits; that of all as fractions; how many there are.
    Sum(Function, Option<i64>, f64, usize),
    List(BTreeSet<Value>),
}

impl Fold {
    fn new(function: Function) -> Self {
        match function {
            Function::Count => Self::Count(0),
            Function::NUnique => Self::Distinct(HashSet::default()),
            Function::Min | Function::Max | Function::First | Function::Last => Self::Outermost(function, None),
            // As the sum of no fractions begins.
            Function::Sum | Function::Avg => Self::Sum(function, Some(0), -0.0, 0),
            Function::List => Self::List(BTreeSet::new()),
        }
    }

    fn add(&mut self, time: Option<Instant>, value: Value) {
        match self {
            Self::Count(count) => *count += 1,
            Self::Distinct(values) => _ = values.insert(value),
            Self::Outermost(function, held) => {
                let nearer = held.as_ref().is_none_or(|(at, known)| comes_before(*function, (time, &value), (*at, known)));
                if nearer {
                    *held = Some((time, value));
                }
            }
            Self::Sum(_, ints, all, count) => {
                *ints = ints
                    .zip(if let Value::Int(int) = value { Some(int) } else { None })
                    .and_then(|(sum, int)| sum.checked_add(int));
                *all += as_float(&value);
                *count += 1;
            }
            Self::List(values) => values.extend(value.each().iter().cloned()),
        }
    }

    fn finish(self) -> Option<Value> {
        match self {
            Self::Count(count) => Some(Value::Int(count)),
            Self::Distinct(values) => Some(Value::Int(values.len() as i64)),
            Self::Outermost(_, held) => held.map(|(_, value)| value),
            Self::Sum(_, _, _, 0) => None,
            Self::Sum(function, ints, all, count) => {
                let sum = ints.map_or(Value::Float(all), Value::Int);
                Some(if function == Function::Avg { Value::Float(as_float(&sum) / count as f64) } else { sum })
            }
            Self::List(values) if values.is_empty() => None,
            Self::List(values) => Some(Value::List(values.into_iter().collect())),
        }
    }
}

/// Whether a value of a row is taken in place of one of an earlier row: for MIN and MAX the smaller and the greater one, for FIRST
/// and LAST that of the earlier and the later row; of several at one instant the smallest. Rows without a time count only
/// where no row has one.
fn comes_before(function: Function, (time, value): (Option<Instant>, &Value), (at, known): (Option<Instant>, &Value)) -> bool {
    let nearer = match (time, at) {
        (Some(a), Some(b)) if function == Function::Last => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    match function {
        Function::Min => value < known,
        // Of several that are equal the last one counts, as they may print differently.
        Function::Max => value >= known,
        _ => nearer.then_with(|| value.cmp(known)).is_lt(),
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

fn key_values<'t>(table: &'t Table, key: &'t GroupKey) -> Box<dyn Iterator<Item = Option<Value>> + 't> {
    let values = table.values(&key.attr);
    let Some((size, _)) = key.bin else { return values };
    Box::new(values.map(move |v| bin(&v?, size.max(1))))
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
