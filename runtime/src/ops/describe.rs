//! DESCRIBE: statistics of one column.

use super::group::{as_float, sum};
use foldhash::HashMap;
use huntc_compiler::value::Value;

/// The facts about a column. Of numbers: count, mean, min, max. Of anything else: count, unique, top, freq. Of several
/// most frequent values, the smallest is the top.
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
    let mut frequencies: HashMap<&Value, i64> = HashMap::default();
    for value in present {
        *frequencies.entry(value).or_default() += 1;
    }
    let unique = Some(Value::Int(frequencies.len() as i64));
    let top = frequencies.into_iter().max_by(|(a, n), (b, m)| n.cmp(m).then_with(|| b.cmp(a)));
    vec![("count", count), ("unique", unique), ("top", top.map(|(v, _)| v.clone())), ("freq", top.map(|(_, n)| Value::Int(n)))]
}

#[cfg(test)]
mod tests {
    use super::describe;
    use crate::testing::shown;
    use huntc_compiler::value::Value;

    fn described(column: &[Option<Value>]) -> String {
        describe(column).iter().map(|(name, value)| format!("{name} {}", shown(value.as_ref()))).collect::<Vec<_>>().join(", ")
    }

    fn texts(texts: [&str; 5]) -> Vec<Option<Value>> {
        texts.into_iter().map(|text| Some(Value::text(text))).collect()
    }

    #[test]
    fn numbers_have_a_mean() {
        let column = [Some(Value::Int(1)), None, Some(Value::Float(2.5)), Some(Value::Int(4))];
        assert_eq!(described(&column), "count 3, mean 2.5, min 1, max 4");
    }

    #[test]
    fn anything_else_has_a_top_the_smallest_of_several() {
        assert_eq!(described(&texts(["b", "a", "b", "a", "c"])), "count 5, unique 3, top a, freq 2");
        assert_eq!(described(&[Some(Value::Int(1)), Some(Value::text("x")), None]), "count 2, unique 2, top 1, freq 1");
    }

    #[test]
    fn without_values_there_is_no_top() {
        assert_eq!(described(&[None, None]), "count 0, unique 0, top -, freq -");
    }
}
