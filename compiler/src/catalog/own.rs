//! Fields that the user declares: `[fields]` of `huntc.toml`.

use super::words::value_type;
use super::{Catalog, OwnField, known_field, may_be_retyped};

/// The words for types under `[fields]`.
pub const FIELD_TYPES: [&str; 6] = ["text", "integer", "float", "boolean", "time", "address"];

/// Why a field cannot be declared as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldFault {
    /// No record can have a field of this name.
    Name,
    /// The word is none of [`FIELD_TYPES`].
    Type,
    /// The field table has it, with the type of this word and from this source.
    Known(&'static str, &'static str),
}

/// A field as the user declares it: `"acme.score" = "integer"`.
pub fn own_field(name: &str, word: &str) -> Result<OwnField, FieldFault> {
    let part =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || "*\"',".contains(c));
    if name.len() > 256 || !name.split('.').all(part) {
        return Err(FieldFault::Name);
    }
    let ty = value_type(word).filter(|_| FIELD_TYPES.contains(&word)).ok_or(FieldFault::Type)?;
    match known_field(name) {
        Some(known) if known.ty != ty && !may_be_retyped(name) => Err(FieldFault::Known(known.ty.table_word(), known.source)),
        _ => Ok(OwnField { name: name.to_owned(), ty, declared: true }),
    }
}

impl Catalog {
    /// This catalog with fields that the user declares. Ids of this catalog stay valid in the new one.
    #[must_use]
    pub fn with_fields(&self, fields: &[OwnField]) -> Self {
        let mut catalog = self.clone();
        for field in fields {
            catalog.add_own_field(field.clone());
        }
        catalog
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{FieldType, ValueType};

    #[test]
    fn fields_of_ones_own_and_keys_of_groups_take_a_type() {
        let score = own_field("acme.score", "integer").unwrap();
        let logon = own_field("winlog.event_data.LogonType", "integer").unwrap();
        let ours = Catalog::builtin().with_fields(&[score, logon]);
        assert_eq!(ours.record_field("acme.score").map(|f| f.ty), Some(ValueType::Integer));
        assert_eq!(ours.field_type("winlog.event_data.LogonType"), FieldType::Long);
        assert_eq!(ours.record_field("winlog.event_data.LogonType").map(|f| f.ty), Some(ValueType::Integer));
        assert_eq!(ours.record_field("winlog.event_data.Other").map(|f| f.ty), Some(ValueType::Text));
        assert_eq!(Catalog::builtin().record_field("acme.score"), None);
    }

    #[test]
    fn what_is_known_keeps_its_type() {
        assert_eq!(own_field("process.pid", "text"), Err(FieldFault::Known("integer", "ecs")));
        assert!(own_field("process.pid", "integer").is_ok(), "nothing is wrong with saying it again");
        assert_eq!(own_field("acme.score", "long"), Err(FieldFault::Type));
        for name in ["", ".", "a..b", "a b", "labels.*", "a.\u{7}"] {
            assert_eq!(own_field(name, "text"), Err(FieldFault::Name), "{name:?}");
        }
    }
}
