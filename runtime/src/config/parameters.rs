//! The table `[nightly.params]`: values for the parameters of hunts, and in a table of its own below it those of one hunt.

use super::reader::{Document, TomlTable};
use huntc_compiler::options::{ParameterOrigin, ParameterSetting, SettingValue};
use huntc_compiler::source::Span;
use huntc_compiler::time::Instant;
use toml::Spanned;
use toml::de::DeValue;

/// What nights give to the parameters of hunts.
#[derive(Clone, Debug, Default)]
pub struct NightlyParameters {
    /// For every hunt that declares the name.
    pub all: Vec<ParameterSetting>,
    /// For one hunt: its name with or without extension, the place of the name, and the values.
    pub hunts: Vec<(String, Span, Vec<ParameterSetting>)>,
}

impl NightlyParameters {
    /// The values for a hunt, whose own come last and win.
    pub fn of(&self, hunt: &str) -> Vec<ParameterSetting> {
        let own = self.hunts.iter().filter(|(name, ..)| names(name, hunt)).flat_map(|(.., settings)| settings);
        self.all.iter().chain(own).cloned().collect()
    }

    /// The tables of hunts that are none of these.
    pub fn strangers<'a>(&'a self, hunts: &'a [String]) -> impl Iterator<Item = (&'a str, Span)> {
        let known = |name: &str| hunts.iter().any(|hunt| names(name, hunt));
        self.hunts.iter().filter(move |(name, ..)| !known(name)).map(|(name, span, _)| (name.as_str(), *span))
    }
}

/// Whether the name of a table is that of a hunt: its path below the folder, with or without extension.
fn names(table: &str, hunt: &str) -> bool {
    let stem = [".hf", ".ipynb"].iter().find_map(|end| hunt.strip_suffix(end)).unwrap_or(hunt);
    table == hunt || table == stem
}

/// Reads the table.
pub(super) fn read(table: &TomlTable<'_, '_>, document: &mut Document<'_>) -> NightlyParameters {
    let mut found = NightlyParameters::default();
    for (name, place, value) in table.entries() {
        if !matches!(value.get_ref(), DeValue::Table(_)) {
            found.all.extend(setting(name, value, document));
            continue;
        }
        let span = document.span(place);
        let Some(own) = document.table(value, format!("[nightly.params.\"{name}\"]")) else { continue };
        let settings = own.entries().filter_map(|(name, _, value)| setting(name, value, document)).collect();
        found.hunts.push((name.to_owned(), span, settings));
    }
    found
}

fn setting(name: &str, value: &Spanned<DeValue<'_>>, document: &mut Document<'_>) -> Option<ParameterSetting> {
    let span = document.span(value.span());
    let Some(read) = typed(value, document) else {
        document.bad(
            span,
            format!("`{name}` is no value of a parameter"),
            "a text, a decimal number, a time in UTC, or a list of these",
        );
        return None;
    };
    Some(ParameterSetting { name: name.to_owned(), value: read, span, origin: ParameterOrigin::Configuration })
}

fn typed(value: &Spanned<DeValue<'_>>, document: &Document<'_>) -> Option<SettingValue> {
    Some(match value.get_ref() {
        DeValue::String(text) => SettingValue::Text(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => SettingValue::Int(number.as_str().parse().ok()?),
        DeValue::Float(number) => SettingValue::Float(number.as_str().parse().ok().filter(|float: &f64| float.is_finite())?),
        DeValue::Boolean(truth) => SettingValue::Bool(*truth),
        DeValue::Datetime(time) => SettingValue::Time(Instant::parse(&time.to_string())?),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| Some((typed(item, document)?, document.span(item.span()))));
            let items: Vec<(SettingValue, Span)> = items.collect::<Option<_>>()?;
            let flat = items.iter().all(|(item, _)| !matches!(item, SettingValue::List(_)));
            SettingValue::List(Some(items).filter(|items| flat && !items.is_empty())?)
        }
        _ => return None,
    })
}
