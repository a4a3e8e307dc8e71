//! Queries as JSON. It is canonical: fixed key order, clauses in the order they were built.

use super::{Bool, Exists, Limit, Never, Query, Range, Regexp, Term, Terms, Wildcard};
use crate::value::Value;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

impl Serialize for Never {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        match *self {}
    }
}

impl<H: Serialize> Serialize for Query<H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::MatchAll => map.serialize_entry("match_all", &serde_json::Map::new())?,
            Self::MatchNone => map.serialize_entry("match_none", &serde_json::Map::new())?,
            Self::Term(q) => map.serialize_entry("term", q)?,
            Self::Terms(q) => map.serialize_entry("terms", q)?,
            Self::Wildcard(q) => map.serialize_entry("wildcard", q)?,
            Self::Regexp(q) => map.serialize_entry("regexp", q)?,
            Self::Range(q) => map.serialize_entry("range", q)?,
            Self::Exists(q) => map.serialize_entry("exists", q)?,
            Self::Bool(q) => map.serialize_entry("bool", q)?,
        }
        map.end()
    }
}

/// `{field: {key: value, …}}`, the form of most leaves.
fn serialize_leaf<S: Serializer, V: Serialize>(serializer: S, field: &str, body: &V) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(field, body)?;
    map.end()
}

impl Serialize for Term {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            value: &'a Value,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            case_insensitive: bool,
        }
        serialize_leaf(serializer, &self.field, &Body { value: &self.value, case_insensitive: self.case_insensitive })
    }
}

impl<H: Serialize> Serialize for Terms<H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Entry<'a, H> {
            Value(&'a Value),
            Hole(&'a H),
        }
        let entries: Vec<Entry<'_, H>> = self.values.iter().map(Entry::Value).chain(self.holes.iter().map(Entry::Hole)).collect();
        serialize_leaf(serializer, &self.field, &entries)
    }
}

impl Serialize for Wildcard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            value: &'a str,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            case_insensitive: bool,
        }
        serialize_leaf(serializer, &self.field, &Body { value: &self.pattern, case_insensitive: self.case_insensitive })
    }
}

impl Serialize for Regexp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            value: &'a str,
            flags: &'static str,
        }
        serialize_leaf(serializer, &self.field, &Body { value: &self.pattern, flags: "NONE" })
    }
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_leaf(serializer, &self.field, &Limits(self))
    }
}

struct Limits<'a>(&'a Range);

impl Serialize for Limits<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(b) = &self.0.lower {
            map.serialize_entry(if b.inclusive { "gte" } else { "gt" }, &b.value)?;
        }
        if let Some(b) = &self.0.upper {
            map.serialize_entry(if b.inclusive { "lte" } else { "lt" }, &b.value)?;
        }
        let time = [&self.0.lower, &self.0.upper].iter().any(|b| matches!(b, Some(Limit { value: Value::Time(_), .. })));
        if time {
            map.serialize_entry("format", "strict_date_optional_time")?;
        }
        map.end()
    }
}

impl Serialize for Exists {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("field", &self.field)?;
        map.end()
    }
}

impl<H: Serialize> Serialize for Bool<H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.filter.is_empty() {
            map.serialize_entry("filter", &self.filter)?;
        }
        if !self.must_not.is_empty() {
            map.serialize_entry("must_not", &self.must_not)?;
        }
        if !self.should.is_empty() {
            map.serialize_entry("should", &self.should)?;
            map.serialize_entry("minimum_should_match", &1)?;
        }
        map.end()
    }
}
