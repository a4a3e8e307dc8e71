//! `[sources.NAME.columns]` of `huntc.toml`: which field of ECS each column of a table becomes, and how its time is written.

use super::reader::{Document, Located, TomlTable};
use crate::source::logs::{ColumnTable, TimeColumn, TimeForm};
use huntc_compiler::catalog::{OwnField, known_field, known_fields};
use huntc_compiler::diag::codes::config::BAD_SETTING;
use huntc_compiler::diag::{Diagnostic, suggest};
use huntc_compiler::source::Span;
use jiff::tz::TimeZone;
use toml::de::DeValue;

/// The keys that are no columns, and those of `time`.
const CONSTANTS: &str = "constants";
const TIME: &str = "time";
const OF_TIME: [&str; 3] = ["column", "format", "zone"];
/// Forms of times that have a name; every other one is written as `strftime` does.
const FORMS: [(&str, TimeForm); 5] = [
    ("iso", TimeForm::Iso),
    ("seconds", TimeForm::Since1970(1_000_000_000)),
    ("milliseconds", TimeForm::Since1970(1_000_000)),
    ("microseconds", TimeForm::Since1970(1_000)),
    ("windows", TimeForm::Windows),
];

/// Reads the table below a source; `None` where it has none.
/// `own` are the fields that the configuration declares.
pub(super) fn read(source: &TomlTable<'_, '_>, own: &[OwnField], document: &mut Document<'_>) -> Option<ColumnTable> {
    let table = source.table(document, "columns")?;
    let is_field = |name: &str| known_field(name).is_some() || own.iter().any(|field| field.name == name);
    let mut columns = ColumnTable { time: time(&table, document), ..ColumnTable::default() };
    if let Some(constants) = table.table(document, CONSTANTS) {
        each(&constants, "", document, &mut |name, value, span, document| match value {
            DeValue::String(text) if is_field(name) => columns.constants.push((name.to_owned(), text.to_string())),
            DeValue::String(_) => no_field(name, span, document),
            _ => document.bad(span, format!("the value of `{name}` is not text"), "text in quotes is needed here"),
        });
    }
    each(&table, "", document, &mut |column, value, span, document| {
        if column == TIME || column == CONSTANTS || column.starts_with("time.") || column.starts_with("constants.") {
            return;
        }
        let fields: Vec<&str> = match value {
            DeValue::String(text) => vec![text],
            DeValue::Array(values) => values.iter().filter_map(|value| value.get_ref().as_str()).collect(),
            _ => Vec::new(),
        };
        if fields.is_empty() {
            let wanted = "a field of ECS is needed here, in quotes, or a list of them";
            document.bad(span, format!("`{column}` becomes no field"), wanted);
        }
        for field in fields {
            if field == "@timestamp" {
                document.bad(span, "the time of records is no field like others", "write `time = { column = \"…\" }`");
            } else if is_field(field) {
                columns.fields.entry(column.to_owned()).or_default().push(field.to_owned());
            } else {
                no_field(field, span, document);
            }
        }
    });
    Some(columns)
}

/// No hunt could ask for it, and a misspelt one would find nothing.
fn no_field(name: &str, span: Span, document: &mut Document<'_>) {
    let problem = Diagnostic::new(&BAD_SETTING, span, format!("no field is called `{name}`")).label("unknown field");
    let names: Vec<&str> = known_fields().map(|field| field.name).collect();
    let problem = match suggest::best(name, names) {
        Some(near) => problem.help(format!("the nearest is `{near}`")),
        None => problem,
    };
    document.problems.push(problem.help(format!("a field of your own is declared under [fields]: \"{name}\" = \"text\"")));
}

/// What takes a key, its value and the place of that.
type TakeEntry<'t> = dyn FnMut(&str, &DeValue<'_>, Span, &mut Document<'_>) + 't;

/// All entries with dotted keys: without quotes TOML takes `a.b` for a table in a table.
fn each(table: &TomlTable<'_, '_>, prefix: &str, document: &mut Document<'_>, take: &mut TakeEntry<'_>) {
    for (key, _, value) in table.entries() {
        let name = format!("{prefix}{key}");
        if matches!(value.get_ref(), DeValue::Table(_)) {
            if let Some(below) = document.table(value, name.clone()) {
                each(&below, &format!("{name}."), document, take);
            }
        } else {
            let span = document.span(value.span());
            take(&name, value.get_ref(), span, document);
        }
    }
}

fn time(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> Option<TimeColumn> {
    let value = table.value(TIME)?;
    if let DeValue::String(column) = value.get_ref() {
        return Some(TimeColumn { columns: vec![column.to_string()], form: TimeForm::Iso, zone: TimeZone::UTC });
    }
    let table = table.table(document, TIME)?;
    table.only(document, &OF_TIME);
    let Some(columns) = table.texts(document, "column", false) else {
        if table.value("column").is_none() {
            document.bad(table.span, "`time` names no column", "`column = \"…\"` is needed here, or a list of columns");
        }
        return None;
    };
    let form = table.text(document, "format").map_or(Some(TimeForm::Iso), |text| form(&text, document));
    let zone = table.text(document, "zone").map_or(Some(TimeZone::UTC), |text| zone(&text, document));
    Some(TimeColumn { columns, form: form?, zone: zone? })
}

fn form(text: &Located<&str>, document: &mut Document<'_>) -> Option<TimeForm> {
    if let Some((_, form)) = FORMS.iter().find(|(word, _)| *word == text.value) {
        return Some(form.clone());
    }
    let words = FORMS.map(|(word, _)| word);
    let wanted = format!("{} is needed here, or a form such as \"%d/%m/%Y %H:%M:%S\"", suggest::either(&words));
    if !text.value.contains('%') {
        document.bad(text.span, format!("`{}` is no form of a time", text.value), wanted);
        return None;
    }
    // A form that cannot write a time reads none either.
    let known = jiff::Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    if let Err(error) = jiff::fmt::strtime::format(text.value, &known) {
        document.bad(text.span, format!("`{}` is no form of a time: {error}", text.value), wanted);
        return None;
    }
    Some(TimeForm::Pattern(text.value.to_owned()))
}

fn zone(text: &Located<&str>, document: &mut Document<'_>) -> Option<TimeZone> {
    let offset = || {
        let (hours, minutes) = text.value.get(1..)?.split_once(':')?;
        let seconds = hours.parse::<i32>().ok()? * 3_600 + minutes.parse::<i32>().ok()? * 60;
        let seconds = if text.value.starts_with('-') { -seconds } else { seconds };
        let signed = text.value.starts_with(['+', '-']);
        jiff::tz::Offset::from_seconds(seconds).ok().filter(|_| signed).map(TimeZone::fixed)
    };
    let zone = offset().or_else(|| TimeZone::get(text.value).ok());
    if zone.is_none() {
        let wanted = "a name such as \"Europe/Berlin\", or an offset such as \"+02:00\", is needed here";
        document.bad(text.span, format!("`{}` is no zone", text.value), wanted);
    }
    zone
}
