//! `regexp`: the whole value by a Lucene regular expression, in the subset that is the same on every server.

use serde::{Serialize, Serializer};

/// The field's whole value matches. Sent with `flags: NONE`; both cases are written out in the pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Regexp {
    /// The field.
    pub field: String,
    /// Lucene syntax, never empty, at most 1,000 characters.
    pub pattern: String,
}

impl Serialize for Regexp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            value: &'a str,
            flags: &'static str,
        }
        super::serialize_leaf(serializer, &self.field, &Body { value: &self.pattern, flags: "NONE" })
    }
}
