//! The words that stand for types and rules in the tables.

use super::{FieldType, Rule, ValueType};

/// A type of values by its word in the tables.
pub(super) fn value_type(name: &str) -> Option<ValueType> {
    Some(match name {
        "text" => ValueType::Text,
        "id" => ValueType::Id,
        "entity-id" => ValueType::EntityId,
        "mac" => ValueType::Mac,
        "integer" => ValueType::Integer,
        "float" => ValueType::Float,
        "boolean" => ValueType::Boolean,
        "time" => ValueType::Time,
        "address" => ValueType::Address,
        "ipv4" => ValueType::Ipv4,
        "ipv6" => ValueType::Ipv6,
        _ => return None,
    })
}

impl ValueType {
    /// Its word in the tables, and under `[fields]` in `huntc.toml`.
    pub fn table_word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Id => "id",
            Self::EntityId => "entity-id",
            Self::Mac => "mac",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Time => "time",
            Self::Address => "address",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }
}

/// A rule by its word in the tables.
pub(super) fn rule_named(name: &str) -> Option<Rule> {
    Some(match name {
        "value" => Rule::Value,
        "first" => Rule::First,
        "basename" => Rule::Basename,
        "dirname" => Rule::Dirname,
        "path" => Rule::PathWithSeparator,
        "basename-of-path" => Rule::BasenameOfPath,
        "registry-key" => Rule::RegistryKey,
        "process-hash" => Rule::ProcessHash,
        "created" => Rule::Created,
        _ => return None,
    })
}

/// A type of fields by its word in the tables.
pub(super) fn field_type(name: &str) -> Option<FieldType> {
    Some(match name {
        "keyword" => FieldType::Keyword,
        "wildcard" => FieldType::Wildcard,
        "text" => FieldType::Text,
        "ip" => FieldType::Ip,
        "long" => FieldType::Long,
        "float" => FieldType::Float,
        "date" => FieldType::Date,
        "boolean" => FieldType::Boolean,
        _ => return None,
    })
}

/// The index type that values of a type usually have.
pub(super) fn suitable(ty: ValueType) -> FieldType {
    match ty {
        ValueType::Text | ValueType::Id | ValueType::EntityId | ValueType::Mac => FieldType::Keyword,
        ValueType::Integer => FieldType::Long,
        ValueType::Float => FieldType::Float,
        ValueType::Boolean => FieldType::Boolean,
        ValueType::Time => FieldType::Date,
        ValueType::Address | ValueType::Ipv4 | ValueType::Ipv6 => FieldType::Ip,
    }
}
