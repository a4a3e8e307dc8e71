//! Kinds of values, in words.

use crate::catalog::ValueType;
use crate::syntax::errors::names::article;

/// The kind of values of a type; only values of one kind can be equal.
pub(crate) fn kind(ty: ValueType) -> &'static str {
    match ty {
        ValueType::Text | ValueType::Id | ValueType::EntityId | ValueType::Mac => "text",
        ValueType::Integer | ValueType::Float => "number",
        ValueType::Boolean => "boolean",
        ValueType::Time => "time",
        ValueType::Address | ValueType::Ipv4 | ValueType::Ipv6 => "address",
    }
}

/// A type as it stands after "is": `an IPv4 address`, `text`.
pub(crate) fn with_article(ty: ValueType) -> String {
    match ty {
        ValueType::Text => ty.word().to_owned(),
        _ => format!("{} {}", article(ty.word()), ty.word()),
    }
}
