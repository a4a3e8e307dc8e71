//! `bool`: all of `filter`, none of `must_not`, one of `should`.

use super::Query;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Clauses. An empty `should` asks nothing.
#[derive(Clone, PartialEq, Debug)]
pub struct Bool<H> {
    /// All of these.
    pub filter: Vec<Query<H>>,
    /// None of these.
    pub must_not: Vec<Query<H>>,
    /// At least one of these, if there are any.
    pub should: Vec<Query<H>>,
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
