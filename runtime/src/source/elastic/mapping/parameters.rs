//! Parameters of fields in a mapping.

use super::kinds::FieldKind;
use serde_json::Value;

/// Whether a setting has this value; servers send settings as JSON values or as texts.
pub(super) fn is(value: Option<&Value>, text: &str) -> bool {
    match value {
        Some(Value::String(s)) => s == text,
        Some(Value::Bool(b)) => b.to_string() == text,
        _ => false,
    }
}

/// The length limit of a field. Servers send 2^31 - 1 for "no limit".
pub(super) fn limit(mapping: &Value) -> Option<usize> {
    let limit = mapping.get("ignore_above").and_then(Value::as_u64)?;
    (limit < 2_147_483_647).then_some(limit as usize)
}

/// Whether values are changed before they are indexed.
pub(super) fn normalized(mapping: &Value) -> bool {
    mapping.get("normalizer").and_then(Value::as_str).is_some_and(|n| n != "default")
}

/// Types whose parameters do not matter.
pub(super) fn type_alone(kind: &str) -> FieldKind {
    let integer = |bits: u32| FieldKind::Integer { least: -(1_i64 << (bits - 1)), most: (1_i64 << (bits - 1)) - 1 };
    match kind {
        "ip" => FieldKind::Ip,
        "long" => FieldKind::Integer { least: i64::MIN, most: i64::MAX },
        "integer" => integer(32),
        "short" => integer(16),
        "byte" => integer(8),
        "double" => FieldKind::Float { exact: true },
        "float" | "half_float" | "scaled_float" => FieldKind::Float { exact: false },
        "boolean" => FieldKind::Boolean,
        _ => FieldKind::Other,
    }
}
