//! Reads values of records as values of attributes, by type and rule, and says when two values are equal.

use crate::source::{Column, Scalar, document_time};
use huntc_compiler::catalog::{Rule, ValueType};
use huntc_compiler::plan::identifier::{folds_case, is_no_entity_id, mac};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::net::IpAddr;
use std::sync::Arc;

/// A scalar as a `keyword` field has it.
pub fn text_of(scalar: &Scalar) -> std::borrow::Cow<'_, str> {
    match scalar {
        Scalar::Text(t) => t.as_ref().into(),
        Scalar::Bool(b) => b.to_string().into(),
        Scalar::Int(i) => i.to_string().into(),
        Scalar::Float(f) => f.to_string().into(),
    }
}

/// The first value of a column in a record, as text.
pub(super) fn first_text(column: Option<&Column>, record: usize) -> Option<Arc<str>> {
    match column?.values(record).next()? {
        Scalar::Text(text) => Some(text.clone()),
        other => Some(text_of(other).into()),
    }
}

/// The typed value that a rule makes of a field's value; `None` when the value does not count.
pub(super) fn typed_by(rule: Rule, scalar: &Scalar, ty: ValueType) -> Option<Value> {
    let path = || text_of(scalar);
    let last = |path: &str| path.rfind(['\\', '/']);
    match rule {
        Rule::Basename => {
            let path = path();
            Some(Value::text(last(&path).map_or(path.as_ref(), |at| &path[at + 1..])))
        }
        Rule::BasenameOfPath => {
            let path = path();
            let name = last(&path).map(|at| &path[at + 1..])?;
            Some(Value::text(name))
        }
        Rule::Dirname => {
            let path = path();
            let directory = last(&path).map(|at| &path[..at])?;
            Some(Value::text(directory))
        }
        Rule::PathWithSeparator => {
            let path = path();
            last(&path)?;
            Some(Value::text(path.as_ref()))
        }
        Rule::Value | Rule::First | Rule::RegistryKey | Rule::ProcessHash | Rule::Created => typed(scalar, ty),
    }
}

/// A scalar as a value of a type. `None` when it is not one, as `-` is no address; such a value counts as absent.
pub(crate) fn typed(scalar: &Scalar, ty: ValueType) -> Option<Value> {
    match (scalar, ty) {
        (Scalar::Int(i), ValueType::Integer | ValueType::Float) => Some(Value::Int(*i)),
        (Scalar::Float(f), ValueType::Integer | ValueType::Float) => Some(number(*f)),
        (Scalar::Bool(b), ValueType::Boolean) => Some(Value::Bool(*b)),
        (scalar, ValueType::Time) => document_time::of_scalar(scalar).map(Value::Time),
        (Scalar::Text(t), ValueType::Text) => Some(Value::Text(t.clone())),
        (other, _) => typed_text(&text_of(other), ty),
    }
}

/// A number: an integer if it has no fraction, a float otherwise.
fn number(f: f64) -> Value {
    if f.fract() == 0.0 && f.abs() < 9.0e15 { Value::Int(f as i64) } else { Value::Float(f) }
}

/// A text as a value of a type.
pub(crate) fn typed_text(text: &str, ty: ValueType) -> Option<Value> {
    let address = |keep: fn(&IpAddr) -> bool| parse_address(text).filter(keep).map(Value::Address);
    match ty {
        ValueType::Text | ValueType::Id => Some(Value::text(text)),
        ValueType::EntityId => (!is_no_entity_id(text)).then(|| Value::text(text)),
        ValueType::Mac => Some(Value::text(mac(text).as_deref().unwrap_or(text))),
        ValueType::Integer | ValueType::Float => {
            let int = text.parse::<i64>().ok().map(Value::Int);
            int.or_else(|| text.parse::<f64>().ok().filter(|f| f.is_finite()).map(number))
        }
        ValueType::Boolean => match text {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        ValueType::Time => Instant::parse(text).map(Value::Time),
        ValueType::Address => address(|_| true),
        ValueType::Ipv4 => address(IpAddr::is_ipv4),
        ValueType::Ipv6 => address(IpAddr::is_ipv6),
    }
}

/// The form in which equal values are the same. Identifiers lose their case; with `fold` all text loses ASCII case.
pub fn normal(value: &Value, ty: ValueType, fold: bool) -> Value {
    match value {
        Value::Text(text) if ty == ValueType::Mac => match mac(text) {
            Some(mac) => Value::text(mac),
            None if fold => Value::text(text.to_ascii_lowercase()),
            None => value.clone(),
        },
        Value::Text(text) if fold || (ty.is_identifier() && folds_case(text)) => Value::text(text.to_ascii_lowercase()),
        other => other.clone(),
    }
}

/// An address from its text. An IPv4-mapped IPv6 address becomes the IPv4 address.
pub(super) fn parse_address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|a| a.to_canonical())
}

/// A value read as another type: values of a reference are read as the type of the attribute that they are compared with.
pub fn as_type(value: &Value, ty: ValueType) -> Option<Value> {
    match (value, ty) {
        (Value::Text(_), ValueType::Text | ValueType::Id) | (Value::Time(_), ValueType::Time) => Some(value.clone()),
        (Value::Int(_) | Value::Float(_), ValueType::Integer | ValueType::Float) => Some(value.clone()),
        (Value::Bool(_), ValueType::Boolean) => Some(value.clone()),
        (Value::Address(_), t) if t.is_address() => Some(value.clone()),
        (other, _) => typed_text(&other.to_string(), ty),
    }
}
