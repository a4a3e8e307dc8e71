//! A record that is made: its fields by dotted names, each with its values, and the line of JSON that it becomes.

use super::question_name::QuestionName;
use super::report::BadReason;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Values of a field that are compared with further ones.
const FEW: usize = 64;

/// Values by the names of their fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FlatRecord(BTreeMap<String, Vec<Value>>);

impl FlatRecord {
    /// Adds a value, unless the field has it already. What is null or empty is absent.
    pub(super) fn put(&mut self, field: &str, value: impl Into<Value>) {
        let value = value.into();
        if value.is_null() || value.as_str() == Some("") {
            return;
        }
        let values = match self.0.get_mut(field) {
            Some(values) => values,
            None => self.0.entry(field.to_owned()).or_default(),
        };
        // Long lists are those of a stranger, and looked at once.
        if values.len() >= FEW || !values.contains(&value) {
            values.push(value);
        }
    }

    /// Adds a value to a field that has none, or to one of those that may have several for one record.
    pub(super) fn put_unless_there(&mut self, field: &str, value: &str) {
        if matches!(field, "event.category" | "event.type") || !self.0.contains_key(field) {
            self.put(field, value);
        }
    }

    /// Puts a value in the place of those that a field has.
    pub(super) fn put_first(&mut self, field: &str, value: &str) {
        self.0.remove(field);
        self.put(field, value);
    }

    /// Puts a list of values that may repeat each other.
    pub(super) fn put_list(&mut self, field: &str, values: Vec<String>) {
        self.0.insert(field.to_owned(), values.into_iter().map(Value::String).collect());
    }

    /// Adds a value and whatever is in it, under its name. `left` is what is left of [`MOST_NAMES`].
    pub(super) fn put_all(&mut self, field: &str, value: Value, left: &mut usize) -> Result<(), BadReason> {
        each_value(field, value, left, &mut |field, value| self.put(field, value))
    }

    /// The first value of a field.
    pub(super) fn first(&self, field: &str) -> Option<&Value> {
        self.0.get(field)?.first()
    }

    pub(super) fn number(&self, field: &str) -> Option<u64> {
        self.first(field)?.as_u64()
    }

    /// Adds bytes and packets of both directions up.
    pub(super) fn sum_directions(&mut self) {
        for what in ["bytes", "packets"] {
            let one = |side: &str| self.number(&format!("{side}.{what}"));
            if let (Some(out), Some(back)) = (one("source"), one("destination")) {
                self.put(&format!("network.{what}"), out.saturating_add(back));
            }
        }
    }

    /// Puts the parts of the name that was asked for, where there is one name.
    pub(super) fn part_question(&mut self) {
        let name = match self.0.get("dns.question.name").map(Vec::as_slice) {
            Some([Value::String(name)]) => name.clone(),
            _ => return,
        };
        if let Some(parts) = QuestionName::of(&name) {
            self.put("dns.question.top_level_domain", parts.top_level);
            self.put("dns.question.registered_domain", parts.registered);
            self.put("dns.question.subdomain", parts.sub);
        }
    }

    /// Appends it as JSON on one line, without the line's end.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let one = |mut values: Vec<Value>| match values.pop() {
            Some(value) if values.is_empty() => value,
            Some(value) => {
                values.push(value);
                Value::Array(values)
            }
            None => Value::Null,
        };
        let object: Map<String, Value> = self.0.into_iter().map(|(field, values)| (field, one(values))).collect();
        // Writing into memory does not fail.
        let _ = serde_json::to_writer(out, &object);
    }
}

/// The bytes that the dotted names of a record's values may have. A long name around many values stands in the name of each.
pub(super) const MOST_NAMES: usize = 32 << 20;

/// Hands over the values in a value, with their dotted names: those of objects in lists too. It is as deep as its reader lets it be.
/// `left` is what is left of [`MOST_NAMES`].
fn each_value(name: &str, value: Value, left: &mut usize, take: &mut dyn FnMut(&str, Value)) -> Result<(), BadReason> {
    *left = left.checked_sub(name.len()).ok_or(BadReason::TooManyFields)?;
    match value {
        Value::Object(object) => {
            object.into_iter().try_for_each(|(key, value)| each_value(&format!("{name}.{key}"), value, left, take))
        }
        Value::Array(values) => values.into_iter().try_for_each(|value| each_value(name, value, left, take)),
        value => {
            take(name, value);
            Ok(())
        }
    }
}

/// Hands over all values of an object with their dotted names.
pub(super) fn flat(object: &Map<String, Value>, take: &mut dyn FnMut(&str, Value)) -> Result<(), BadReason> {
    let mut left = MOST_NAMES;
    object.iter().try_for_each(|(key, value)| each_value(key, value.clone(), &mut left, take))
}
