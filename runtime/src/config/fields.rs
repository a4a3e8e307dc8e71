//! `[fields]` of `huntc.toml`: fields of one's own, and types of keys of open groups.

use super::reader::{Document, TomlTable};
use huntc_compiler::catalog::{FIELD_TYPES, FieldFault, OwnField, own_field};
use huntc_compiler::diag::suggest;
use toml::de::DeValue;

/// Reads the table. `acme.score = "integer"` without quotes around the name is a table of its own to TOML, and means the same.
pub(super) fn read(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Vec<OwnField> {
    let mut fields = Vec::new();
    below(table, "", document, &mut fields);
    fields.sort();
    fields
}

fn below(table: &TomlTable<'_, '_>, prefix: &str, document: &mut Document<'_>, fields: &mut Vec<OwnField>) {
    for (key, _, value) in table.entries() {
        let name = format!("{prefix}{key}");
        let span = document.span(value.span());
        match value.get_ref() {
            DeValue::Table(_) => {
                if let Some(table) = document.table(value, name.clone()) {
                    below(&table, &format!("{name}."), document, fields);
                }
            }
            DeValue::String(word) => match own_field(&name, word) {
                Ok(field) => fields.push(field),
                Err(FieldFault::Name) => document.bad(span, format!("`{name}` is no name of a field"), "belongs to no field"),
                Err(FieldFault::Type) => document.bad(
                    span,
                    format!("the type of `{name}` is none that a field can have"),
                    format!("{} is needed here", suggest::either(&FIELD_TYPES)),
                ),
                Err(FieldFault::Known(ty, source)) => document.bad(
                    span,
                    format!("`{name}` has a type of its own ({source})"),
                    format!("it is `{ty}`; only fields that nobody lists take another type"),
                ),
            },
            _ => document.bad(
                span,
                format!("the type of `{name}` is not text"),
                format!("{} is needed here, in quotes", suggest::either(&FIELD_TYPES)),
            ),
        }
    }
}
