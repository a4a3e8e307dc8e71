//! The reference for readers of JSON: a document by `serde_json`, flattened.

use huntc_runtime::source::Scalar;
use serde_json::{Number, Value};
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// Values of each field, as [`text`] writes them, sorted.
pub type Fields = BTreeMap<String, Vec<String>>;

/// The fields of a document: objects in arrays flattened, nulls absent, dotted and nested names the same.
pub fn fields(document: &Value) -> Fields {
    let mut out = Fields::new();
    for (key, value) in document.as_object().into_iter().flatten() {
        flatten(key, value, &mut out);
    }
    for values in out.values_mut() {
        values.sort();
    }
    out
}

fn flatten(path: &str, value: &Value, out: &mut Fields) {
    let mut add = |text: String| out.entry(path.to_owned()).or_default().push(text);
    match value {
        Value::Null => {}
        Value::Bool(b) => add(format!("bool {b}")),
        Value::Number(n) => add(number(n)),
        Value::String(s) => add(format!("text {s:?}")),
        Value::Array(items) => items.iter().for_each(|item| flatten(path, item, out)),
        Value::Object(object) => object.iter().for_each(|(key, item)| flatten(&format!("{path}.{key}"), item, out)),
    }
}

fn number(number: &Number) -> String {
    number.as_i64().map_or_else(|| float(number.as_f64().unwrap()), |int| format!("number {int}"))
}

/// Zero has two forms that are equal.
fn float(x: f64) -> String {
    if x == 0.0 { "number 0".to_owned() } else { format!("number {x:?}") }
}

/// A value as text that shows its kind.
pub fn text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Bool(b) => format!("bool {b}"),
        Scalar::Int(int) => format!("number {int}"),
        Scalar::Float(x) => float(*x),
        Scalar::Text(text) => format!("text {text:?}"),
    }
}

/// Whether an object of a JSON text has a key twice: `serde_json`'s values keep the last.
pub fn repeats(json: &str) -> bool {
    serde_json::from_str::<Once>(json).is_err() && serde_json::from_str::<Value>(json).is_ok()
}

/// JSON without repeated keys.
struct Once;

impl<'de> serde::Deserialize<'de> for Once {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> serde::de::Visitor<'de> for Walk {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_str<E>(self, _: &str) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Once, A::Error> {
        while seq.next_element::<Once>()?.is_some() {}
        Ok(Once)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(key) {
                return Err(serde::de::Error::custom("a key stands twice"));
            }
            map.next_value::<Once>()?;
        }
        Ok(Once)
    }
}
