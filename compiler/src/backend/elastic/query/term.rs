//! `term`: one value.

use crate::value::Value;
use serde::{Serialize, Serializer};

/// The field has this value. On `ip` fields the value may be a network (`10.0.0.0/8`).
#[derive(Clone, PartialEq, Debug)]
pub struct Term {
    /// The field.
    pub field: String,
    /// The value.
    pub value: Value,
    /// Folds ASCII letters.
    pub case_insensitive: bool,
}

impl Serialize for Term {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            value: &'a Value,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            case_insensitive: bool,
        }
        super::serialize_leaf(serializer, &self.field, &Body { value: &self.value, case_insensitive: self.case_insensitive })
    }
}
