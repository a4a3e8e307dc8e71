//! `wildcard`: the whole value, `*` any run, `?` one character, `\` escapes.

use serde::{Serialize, Serializer};

/// The field's whole value matches a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wildcard {
    /// The field.
    pub field: String,
    /// The pattern, never empty.
    pub pattern: String,
    /// Folds ASCII letters.
    pub case_insensitive: bool,
}

impl Serialize for Wildcard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            value: &'a str,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            case_insensitive: bool,
        }
        super::serialize_leaf(serializer, &self.field, &Body { value: &self.pattern, case_insensitive: self.case_insensitive })
    }
}
