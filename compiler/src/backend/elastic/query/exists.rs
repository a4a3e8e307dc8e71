//! `exists`: the field has any value.

use serde::Serialize;

/// The field has any value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Exists {
    /// The field.
    pub field: String,
}
