//! `range`: between bounds.

use crate::value::Value;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A bound and whether it is inside.
#[derive(Clone, PartialEq, Debug)]
pub struct Bound {
    /// The value.
    pub value: Value,
    /// `gte`/`lte` rather than `gt`/`lt`.
    pub inclusive: bool,
}

/// The field has a value between the bounds. Times are sent with milliseconds.
#[derive(Clone, PartialEq, Debug)]
pub struct Range {
    /// The field.
    pub field: String,
    /// `gt`, `gte`
    pub lower: Option<Bound>,
    /// `lt`, `lte`
    pub upper: Option<Bound>,
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        super::serialize_leaf(serializer, &self.field, &Bounds(self))
    }
}

struct Bounds<'a>(&'a Range);

impl Serialize for Bounds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(b) = &self.0.lower {
            map.serialize_entry(if b.inclusive { "gte" } else { "gt" }, &b.value)?;
        }
        if let Some(b) = &self.0.upper {
            map.serialize_entry(if b.inclusive { "lte" } else { "lt" }, &b.value)?;
        }
        let time = [&self.0.lower, &self.0.upper].iter().any(|b| matches!(b, Some(Bound { value: Value::Time(_), .. })));
        if time {
            map.serialize_entry("format", "strict_date_optional_time")?;
        }
        map.end()
    }
}
