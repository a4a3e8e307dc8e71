//! Where the properties of STIX objects go: the catalog's attributes read backwards, and what `data/stix_*.csv` say beside it.

use foldhash::HashMap;
use foldhash::HashMapExt as _;
use huntc_compiler::catalog::{Catalog, Rule};
use std::sync::OnceLock;

/// What is special about objects of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ObjectRole {
    /// Nothing.
    Plain,
    /// It acts: each has a record of its own, with its parent.
    Actor,
    /// It may belong to an actor that opened it.
    Flow,
    /// It owns the actor of its record.
    Account,
    /// It is known by its path, which is made of the name and the folder.
    Path,
    /// Its key begins with a hive.
    RegistryKey,
    /// An address that may stand at the end of a flow.
    Address,
    /// An address of hardware.
    Hardware,
    /// A name that may stand at the end of a flow.
    Name,
    /// It is the same in all records of an observation.
    Context,
    /// As `Context`; it says which objects come first.
    Event,
}

/// How an attribute is found in an object, and where it goes.
#[derive(Debug)]
pub(super) struct PropertyReading {
    /// The references that lead to the object which has the property.
    pub(super) steps: Vec<String>,
    /// The property.
    pub(super) property: String,
    /// The fields that the attribute is read from.
    pub(super) fields: Vec<String>,
    /// Whether the field has the whole value; else the value is a part of a path that goes there.
    pub(super) whole: bool,
    /// Whether it takes the values of addresses only.
    pub(super) address: bool,
    /// Whether it is a part of what makes two objects one.
    pub(super) key: bool,
}

/// A type of objects.
#[derive(Debug)]
pub(super) struct ObjectKind {
    pub(super) role: ObjectRole,
    pub(super) event_ref: Option<&'static str>,
    pub(super) readings: Vec<PropertyReading>,
    /// Whether some attribute leads to other objects: these are placed before objects that may be led to.
    pub(super) leads: bool,
}

/// All that is known of types.
#[derive(Debug)]
pub(super) struct ObjectTable {
    names: HashMap<&'static str, usize>,
    kinds: Vec<ObjectKind>,
    values: HashMap<&'static str, Vec<&'static str>>,
}

static OBJECTS: &str = include_str!("../data/stix_objects.csv");
static VALUES: &str = include_str!("../data/stix_values.csv");
static PROPERTIES: &str = include_str!("../data/stix_properties.csv");

impl ObjectTable {
    pub(super) fn get() -> &'static Self {
        static TABLE: OnceLock<ObjectTable> = OnceLock::new();
        TABLE.get_or_init(|| Self::of(Catalog::builtin()))
    }

    fn of(catalog: &'static Catalog) -> Self {
        let mut table = Self { names: HashMap::new(), kinds: Vec::new(), values: HashMap::new() };
        for entity in &catalog.entities {
            let row = rows(OBJECTS).find(|row| row.first() == Some(&entity.name.as_str())).unwrap_or_default();
            let cell = |at: usize| row.get(at).copied().unwrap_or_default();
            let Some(slot) = (if cell(1).is_empty() { Some(0) } else { entity.slots.iter().position(|slot| slot.name == cell(1)) })
            else {
                continue;
            };
            let other: Vec<&str> = cell(4).split(' ').filter(|name| !name.is_empty()).collect();
            let readings = entity.attributes.iter().enumerate().filter_map(|(at, attribute)| {
                let access = attribute.access.get(slot)?.as_ref()?;
                let (steps, property) = steps(&attribute.name);
                let elsewhere = steps.first().is_some_and(|step| other.contains(&step.as_str()));
                let address = attribute.ty.is_address();
                (!elsewhere).then(|| PropertyReading {
                    steps,
                    property,
                    fields: access.fields.clone(),
                    whole: !matches!(access.rule, Rule::Basename | Rule::Dirname | Rule::BasenameOfPath | Rule::PathWithSeparator),
                    address,
                    key: entity.identity.key.iter().any(|key| usize::from(key.0) == at),
                })
            });
            let readings: Vec<PropertyReading> = readings.chain(further(&entity.name)).collect();
            let leads = readings.iter().any(|reading| !reading.steps.is_empty());
            table.names.insert(&entity.name, table.kinds.len());
            table.kinds.push(ObjectKind {
                role: role(cell(2)),
                event_ref: Some(cell(3)).filter(|name| !name.is_empty()),
                readings,
                leads,
            });
        }
        for row in rows(VALUES) {
            if let [field, value] = row[..] {
                table.values.entry(field).or_default().push(value);
            }
        }
        table
    }

    /// The number of a type, in the order of the catalog; `None` for types without a place in ECS.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    pub(super) fn kind(&self, number: usize) -> Option<&ObjectKind> {
        self.kinds.get(number)
    }

    /// The numbers of all types, those first whose attributes lead to other objects.
    pub(super) fn in_order(&self) -> impl Iterator<Item = usize> + '_ {
        let with =
            |leads: bool| (0..self.kinds.len()).filter(move |at| self.kinds.get(*at).is_some_and(|kind| kind.leads == leads));
        with(true).chain(with(false))
    }

    /// The one of several fields that a value goes into.
    pub(super) fn field_of<'a>(&self, fields: &'a [String], value: Option<&str>) -> Option<&'a str> {
        let lists = |field: &&String, wanted: &str| {
            self.values.get(field.as_str()).is_some_and(|values| values.iter().any(|one| one.eq_ignore_ascii_case(wanted)))
        };
        let named = value.and_then(|value| fields.iter().find(|field| lists(field, value)));
        let all_others = || fields.iter().find(|field| lists(field, "*"));
        named.or_else(all_others).or_else(|| fields.first()).map(String::as_str)
    }
}

/// What is read beside the catalog's attributes.
fn further(kind: &str) -> impl Iterator<Item = PropertyReading> {
    rows(PROPERTIES).filter(move |row| row.first() == Some(&kind)).filter_map(|row| {
        let [_, name, field] = <[&str; 3]>::try_from(row).ok()?;
        let (steps, property) = steps(name);
        Some(PropertyReading { steps, property, fields: vec![field.to_owned()], whole: true, address: false, key: false })
    })
}

/// The rows of a table below its comments and header.
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split(',').collect())
}

fn role(word: &str) -> ObjectRole {
    match word {
        "actor" => ObjectRole::Actor,
        "flow" => ObjectRole::Flow,
        "account" => ObjectRole::Account,
        "path" => ObjectRole::Path,
        "registry-key" => ObjectRole::RegistryKey,
        "address" => ObjectRole::Address,
        "hardware" => ObjectRole::Hardware,
        "name" => ObjectRole::Name,
        "context" => ObjectRole::Context,
        "event" => ObjectRole::Event,
        _ => ObjectRole::Plain,
    }
}

/// The references in an attribute's name, and the property behind them: `parent_ref.binary_ref.name` has two.
fn steps(attribute: &str) -> (Vec<String>, String) {
    let (mut steps, mut open) = (Vec::new(), Vec::new());
    for part in attribute.split('.') {
        open.push(part);
        if is_reference(part) {
            steps.push(open.join("."));
            open.clear();
        }
    }
    (steps, open.join("."))
}

/// Whether a property of this name refers to other objects.
pub(super) fn is_reference(name: &str) -> bool {
    name.ends_with("_ref") || name.ends_with("_refs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_about_what_the_catalog_has() {
        let (catalog, table) = (Catalog::builtin(), ObjectTable::get());
        let fields: Vec<&String> = catalog
            .entities
            .iter()
            .flat_map(|e| &e.attributes)
            .flat_map(|a| a.access.iter().flatten())
            .flat_map(|a| &a.fields)
            .collect();
        for row in rows(OBJECTS) {
            assert_eq!(row.len(), 5, "{row:?}");
            assert!(table.number(row[0]).is_some(), "{row:?}");
            assert!(row[2].is_empty() || role(row[2]) != ObjectRole::Plain, "{row:?}");
        }
        for row in rows(VALUES) {
            assert!(fields.iter().any(|field| *field == row[0]), "{row:?}");
        }
        for row in rows(PROPERTIES) {
            assert!(table.number(row[0]).is_some() && catalog.record_field(row[2]).is_some(), "{row:?}");
        }
    }

    #[test]
    fn names_are_cut_at_references() {
        assert_eq!(
            steps("parent_ref.binary_ref.hashes.MD5"),
            (vec!["parent_ref".to_owned(), "binary_ref".to_owned()], "hashes.MD5".to_owned())
        );
        let deep = steps("extensions.dns-ext.question.domain_ref.value");
        assert_eq!(deep, (vec!["extensions.dns-ext.question.domain_ref".to_owned()], "value".to_owned()));
    }
}
