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

impl<H: Serialize + Clone> Serialize for Query<H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::MatchAll => map.serialize_entry("match_all", &serde_json::Map::new())?,
            Self::MatchNone => map.serialize_entry("match_none", &serde_json::Map::new())?,
            Self::Term(q) => map.serialize_entry("term", q)?,
            Self::Terms(q) if q.values.len() > MOST_TERMS => map.serialize_entry("bool", &in_parts(q))?,
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

/// Most values of one `terms`: `index.max_terms_count` where nobody has set it.
const MOST_TERMS: usize = 65_536;

/// A list that is too long for one `terms`, as several of which one must hold.
fn in_parts<H: Clone>(q: &Terms<H>) -> Bool<H> {
    let part = |values: &[Value], holes: &[H]| {
        Query::Terms(Terms { field: q.field.clone(), values: values.to_vec(), holes: holes.to_vec() })
    };
    let mut should: Vec<Query<H>> = q.values.chunks(MOST_TERMS).map(|values| part(values, &[])).collect();
    if !q.holes.is_empty() {
        should.push(part(&[], &q.holes));
    }
    Bool { filter: Vec::new(), must_not: Vec::new(), should }
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

impl<H: Serialize + Clone> Serialize for Bool<H> {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_of_any_length_is_sent_in_parts_that_servers_take() {
        let query = |n: usize| Query::<Never>::terms("process.pid", (0..n as i64).map(Value::Int).collect());
        let whole = serde_json::to_value(query(MOST_TERMS)).unwrap();
        assert_eq!(whole["terms"]["process.pid"].as_array().unwrap().len(), MOST_TERMS);
        let parts = serde_json::to_value(query(2 * MOST_TERMS + 1)).unwrap();
        let lists: Vec<_> = parts["bool"]["should"].as_array().unwrap().iter().map(|p| &p["terms"]["process.pid"]).collect();
        let lengths: Vec<_> = lists.iter().map(|list| list.as_array().unwrap().len()).collect();
        assert_eq!((lengths, lists[2]), (vec![MOST_TERMS, MOST_TERMS, 1], &json!([2 * MOST_TERMS])));
        assert_eq!(parts["bool"]["minimum_should_match"], 1);
    }
}
