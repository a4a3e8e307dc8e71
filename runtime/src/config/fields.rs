//! `[fields]` of `huntc.toml`: fields of one's own, and types of keys of open groups.

use super::reader::{Document, TomlTable};
use huntc_compiler::catalog::{FIELD_TYPES, FieldFault, OwnField, own_field};
use huntc_compiler::diag::codes::config::BAD_SETTING;
use huntc_compiler::diag::{Diagnostic, suggest};
use huntc_compiler::source::Span;
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
                Err(fault) => fields_fault(document, span, &name, fault),
            },
            _ => fields_fault(document, span, &name, FieldFault::Type),
        }
    }
}

fn fields_fault(document: &mut Document<'_>, span: Span, name: &str, fault: FieldFault) {
    let types = format!("{} is needed here, in quotes", suggest::either(&FIELD_TYPES));
    let (headline, label) = match fault {
        FieldFault::Name => (format!("`{name}` is no name of a field"), "belongs to no field".to_owned()),
        FieldFault::Type => (format!("the type of `{name}` is none that a field can have"), types),
        FieldFault::Known(ty, source) => {
            let label = format!("it is `{ty}`; only fields that nobody lists take another type");
            (format!("`{name}` has a type of its own ({source})"), label)
        }
    };
    let problem = Diagnostic::new(&BAD_SETTING, span, headline).label(label);
    document.problems.push(problem.help("a line of [fields] is a name and a type: \"acme.score\" = \"integer\""));
}
