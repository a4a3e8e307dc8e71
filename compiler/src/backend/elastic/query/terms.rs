//! `terms`: one of several values, literal or filled in by earlier nodes.

use crate::value::Value;
use serde::{Serialize, Serializer};

/// The field has one of the values. An address field takes networks too.
#[derive(Clone, PartialEq, Debug)]
pub struct Terms<H> {
    /// The field.
    pub field: String,
    /// Literal values.
    pub values: Vec<Value>,
    /// What earlier nodes fill in.
    pub holes: Vec<H>,
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
        super::serialize_leaf(serializer, &self.field, &entries)
    }
}
