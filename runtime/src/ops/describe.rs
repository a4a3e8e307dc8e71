//! DESCRIBE: statistics of one column.

use super::group::{as_float, sum};
use huntc_compiler::value::Value;
use rustc_hash::FxHashMap;

/// Of numbers count, mean, min, max; of anything else count, unique, top, freq (the smallest of several tops).
pub fn describe(column: &[Option<Value>]) -> Vec<(&'static str, Option<Value>)> {
    let present: Vec<&Value> = column.iter().flatten().collect();
    let count = Some(Value::Int(present.len() as i64));
    let numeric = !present.is_empty() && present.iter().all(|v| matches!(v, Value::Int(_) | Value::Float(_)));
    if numeric {
        let mean = as_float(&sum(&present)) / present.len() as f64;
        let (min, max) = (present.iter().min(), present.iter().max());
        return vec![
            ("count", count),
            ("mean", Some(Value::Float(mean))),
            ("min", min.copied().cloned()),
            ("max", max.copied().cloned()),
        ];
    }
    let mut frequencies: FxHashMap<&Value, i64> = FxHashMap::default();
    for value in present {
        *frequencies.entry(value).or_default() += 1;
    }
    let unique = Some(Value::Int(frequencies.len() as i64));
    let top = frequencies.into_iter().max_by(|(a, n), (b, m)| n.cmp(m).then_with(|| b.cmp(a)));
    vec![("count", count), ("unique", unique), ("top", top.map(|(v, _)| v.clone())), ("freq", top.map(|(_, n)| Value::Int(n)))]
}
