//! Values of attributes: one typed scalar, its order and its text form.

use crate::time::Instant;
use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// A value of an attribute. Absence is `Option::None`, never a value.
#[derive(Clone, Debug)]
pub enum Value {
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number; never NaN.
    Float(f64),
    /// Text, compared by code point.
    Text(Arc<str>),
    /// An IP address, compared as an address: IPv4 before IPv6.
    Address(IpAddr),
    /// A point in time.
    Time(Instant),
    /// Several values of one attribute, in the order of the record.
    List(Arc<[Value]>),
}

impl Value {
    /// A value of text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// The single values: a list's elements, else the value itself.
    pub fn each(&self) -> &[Value] {
        match self {
            Self::List(values) => values,
            other => std::slice::from_ref(other),
        }
    }

    /// Rank of the kind, so that values of different kinds have an order too.
    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Int(_) | Self::Float(_) => 1,
            Self::Time(_) => 2,
            Self::Address(_) => 3,
            Self::Text(_) => 4,
            Self::List(_) => 5,
        }
    }
}

/// Compares a whole number with a float exactly.
fn int_float(int: i64, float: f64) -> Ordering {
    // 2^63 as a float is exact; below it the truncation to i64 is exact too.
    if float >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    if float < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    int.cmp(&(float.trunc() as i64)).then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0)))
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Self::Int(a), Self::Float(b)) => int_float(*a, *b),
            (Self::Float(a), Self::Int(b)) => int_float(*b, *a).reverse(),
            (Self::Text(a), Self::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::Address(a), Self::Address(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) => a.iter().cmp(b.iter()),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl std::hash::Hash for Value {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Self::Bool(b) => b.hash(state),
            // An integral float equals the integer, so they hash alike.
            Self::Int(i) => i.hash(state),
            Self::Float(f) if f.fract() == 0.0 && f.abs() < 9.2e18 => (*f as i64).hash(state),
            Self::Float(f) => f.to_bits().hash(state),
            Self::Text(t) => t.hash(state),
            Self::Address(a) => a.hash(state),
            Self::Time(t) => t.hash(state),
            Self::List(l) => l.hash(state),
        }
    }
}

/// The text of a value as LIKE and MATCHES see it and as tables print it: addresses compressed, times in UTC with
/// milliseconds, lists as JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(i) => write!(f, "{i}"),
            Self::Float(x) => write!(f, "{x}"),
            Self::Text(t) => f.write_str(t),
            Self::Address(a) => write!(f, "{a}"),
            Self::Time(t) => write!(f, "{t}"),
            Self::List(_) => f.write_str(&serde_json::to_string(self).unwrap_or_default()),
        }
    }
}

/// JSON as in reports: numbers and booleans typed, addresses and times as text, lists as arrays.
impl serde::Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(b) => serializer.serialize_bool(*b),
            Self::Int(i) => serializer.serialize_i64(*i),
            Self::Float(x) => serializer.serialize_f64(*x),
            Self::Text(t) => serializer.serialize_str(t),
            Self::Address(_) | Self::Time(_) => serializer.collect_str(self),
            Self::List(l) => serializer.collect_seq(l.iter()),
        }
    }
}
