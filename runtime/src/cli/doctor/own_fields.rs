//! Whether the fields that the configuration declares are as they are declared.

use crate::source::elastic::FieldSurvey;
use huntc_compiler::catalog::{OwnField, ValueType};

/// What is odd about a declared field in a source, where so many records have it under this mapping.
pub(super) fn note(own: &OwnField, records: u64, mapping: Option<&FieldSurvey>) -> Option<String> {
    let declared = format!("`{}` is declared as {} under [fields]", own.name, own.ty.table_word());
    if records == 0 {
        return Some(format!("{declared}, and no record has it"));
    }
    let kinds = mapping.into_iter().flat_map(|mapping| &mapping.kinds);
    let others: Vec<&str> = kinds.map(|(kind, _)| kind.as_str()).filter(|kind| !holds(kind, own.ty)).collect();
    let values = "values that are not of this type count as absent, and requests for it find more records than are meant";
    (!others.is_empty()).then(|| format!("{declared}, and its mapping is {}: {values}", others.join(", ")))
}

/// Whether an index of this kind, in the words of a survey, has values of this type and no others.
fn holds(kind: &str, ty: ValueType) -> bool {
    let is = |words: &[&str]| words.iter().any(|word| kind.starts_with(word));
    match ty {
        ValueType::Integer => is(&["whole number"]),
        ValueType::Float => is(&["whole number", "number"]),
        ValueType::Boolean => is(&["boolean"]),
        ValueType::Time => is(&["date"]),
        ValueType::Address | ValueType::Ipv4 | ValueType::Ipv6 => is(&["ip"]),
        ValueType::Text | ValueType::Id | ValueType::EntityId | ValueType::Mac => {
            !is(&["whole number", "number", "boolean", "date", "ip"])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_surveys_are_known() {
        assert!(holds("keyword up to 1024", ValueType::Text) && !holds("keyword up to 1024", ValueType::Integer));
        assert!(holds("number", ValueType::Float) && !holds("number", ValueType::Integer) && !holds("number", ValueType::Text));
        assert!(
            holds("whole number", ValueType::Integer) && holds("flattened", ValueType::Text) && holds("ip", ValueType::Address)
        );
    }
}
