//! The objects of one observation, with the references between them.
//!
//! References may lead in circles or nowhere. Nothing here follows one of its own accord: who reads an attribute follows as
//! many as its name has.

use super::super::report::BadReason;
use super::table::{ObjectRole, ObjectTable, PropertyReading, is_reference};
use foldhash::{HashMap, HashMapExt as _};
use serde_json::{Map, Value};

/// The most bytes of the names of all properties of an observation: a nested one repeats the names around it.
const MAX_NAMES: usize = 8 << 20;
/// Keys that say what an object is, and nothing of what was observed.
const NOT_OBSERVED: [&str; 4] = ["id", "type", "spec_version", "object_marking_refs"];

/// A property with all its values; one of a nested object has the names around it in its path.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) path: String,
    pub(super) values: Vec<Value>,
    /// Whether a record has its values, or other properties say them.
    pub(super) taken: bool,
}

/// An object.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) kind: String,
    /// The number of the type in the table.
    pub(super) number: Option<usize>,
    /// Sorted by path.
    pub(super) properties: Vec<Property>,
}

impl Object {
    pub(super) fn property(&self, path: &str) -> Option<&Property> {
        self.properties.get(self.place(path).ok()?)
    }

    fn place(&self, path: &str) -> Result<usize, usize> {
        self.properties.binary_search_by(|property| property.path.as_str().cmp(path))
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.property(path)?.values.first()?.as_str()
    }

    /// Adds what the object says by other properties, unless it has a property of this name.
    fn derive(&mut self, path: &str, value: String, taken: bool) {
        if let Err(at) = self.place(path) {
            self.properties.insert(at, Property { path: path.to_owned(), values: vec![Value::String(value)], taken });
        }
    }
}

/// A property of an object: the numbers of both.
pub(super) type PropertyPlace = (usize, usize);

/// All objects of an observation.
#[derive(Debug, Default)]
pub(super) struct Objects {
    pub(super) all: Vec<Object>,
    by_key: HashMap<String, usize>,
    names: usize,
}

impl Objects {
    /// Adds an object under its key. Whatever is no object has no property.
    pub(super) fn add(&mut self, key: String, object: Value, table: &ObjectTable) -> Result<(), BadReason> {
        let Value::Object(object) = object else { return Err(BadReason::NotAnObject) };
        let kind = object.get("type").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        let number = table.number(&kind);
        self.names += key.len() + kind.len();
        let mut properties = HashMap::new();
        self.flatten("", object, &mut properties)?;
        let mut properties: Vec<Property> =
            properties.into_iter().map(|(path, values)| Property { path, values, taken: false }).collect();
        properties.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        self.by_key.insert(key, self.all.len());
        self.all.push(Object { kind, number, properties });
        Ok(())
    }

    fn flatten(
        &mut self,
        above: &str,
        object: Map<String, Value>,
        into: &mut HashMap<String, Vec<Value>>,
    ) -> Result<(), BadReason> {
        for (key, value) in object {
            if above.is_empty() && NOT_OBSERVED.contains(&key.as_str()) {
                continue;
            }
            let path = if above.is_empty() { key } else { format!("{above}.{key}") };
            self.charge(&path)?;
            self.put(path, value, into)?;
        }
        Ok(())
    }

    fn charge(&mut self, name: &str) -> Result<(), BadReason> {
        self.names += name.len();
        if self.names > MAX_NAMES { Err(BadReason::TooManyFields) } else { Ok(()) }
    }

    fn put(&mut self, path: String, value: Value, into: &mut HashMap<String, Vec<Value>>) -> Result<(), BadReason> {
        match value {
            Value::Null => {}
            Value::Object(inner) => self.flatten(&path, inner, into)?,
            Value::Array(values) => {
                // A list of values is looked for once, however long its name is; lists in lists are not what STIX has.
                let values = values.into_iter().filter(|value| !value.is_null());
                let (nested, plain): (Vec<_>, Vec<_>) = values.partition(|value| value.is_object() || value.is_array());
                if !plain.is_empty() {
                    into.entry(path.clone()).or_default().extend(plain);
                }
                for value in nested {
                    self.charge(&path)?;
                    self.put(path.clone(), value, into)?;
                }
            }
            value => into.entry(path).or_default().push(value),
        }
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The keys that objects refer to, of all from this number on.
    pub(super) fn references(&self, from: usize) -> impl Iterator<Item = &str> {
        let properties = self.all.get(from..).into_iter().flatten().flat_map(|object| &object.properties);
        let references = properties.filter(|property| is_reference(&property.path));
        references.flat_map(|property| &property.values).filter_map(Value::as_str)
    }

    /// The objects that a property refers to. What is one reference by its name is one, whatever stands there.
    pub(super) fn referred(&self, from: usize, property: &str) -> impl Iterator<Item = usize> + '_ {
        let most = if property.ends_with("_refs") { usize::MAX } else { 1 };
        let found = self.all.get(from).and_then(|object| object.property(property));
        let keys = found.into_iter().flat_map(|property| &property.values).filter_map(Value::as_str).take(most);
        keys.filter_map(|key| self.by_key.get(key).copied())
    }

    /// Where a record finds the values of an attribute that stands at an object.
    pub(super) fn find(&self, from: usize, reading: &PropertyReading, table: &ObjectTable) -> Vec<PropertyPlace> {
        let mut objects = vec![from];
        for step in &reading.steps {
            objects = objects.into_iter().flat_map(|object| self.referred(object, step)).collect();
        }
        objects.retain(|object| !reading.address || self.role(*object, table) == ObjectRole::Address || reading.steps.is_empty());
        objects.into_iter().filter_map(|object| Some((object, self.all.get(object)?.place(&reading.property).ok()?))).collect()
    }

    pub(super) fn role(&self, object: usize, table: &ObjectTable) -> ObjectRole {
        let number = self.all.get(object).and_then(|object| object.number);
        number.and_then(|number| table.kind(number)).map_or(ObjectRole::Plain, |kind| kind.role)
    }

    pub(super) fn at(&self, place: PropertyPlace) -> Option<&Property> {
        self.all.get(place.0)?.properties.get(place.1)
    }

    /// Says that a record has the values of a property.
    pub(super) fn take(&mut self, place: PropertyPlace) {
        let Some(object) = self.all.get_mut(place.0) else { return };
        let Some(property) = object.properties.get_mut(place.1) else { return };
        property.taken = true;
        if property.path == NAME_AT_AN_END
            && let Ok(value) = object.place("value")
            && let Some(value) = object.properties.get_mut(value)
        {
            value.taken = true;
        }
    }

    /// Adds what objects say by other means than the properties that attributes are read from.
    pub(super) fn complete(&mut self, table: &ObjectTable) {
        for at in 0..self.all.len() {
            match self.role(at, table) {
                ObjectRole::Path => self.complete_path(at),
                ObjectRole::RegistryKey => self.complete_registry_key(at),
                ObjectRole::Name => {
                    let value = self.all.get(at).and_then(|object| object.text("value")).map(str::to_owned);
                    self.derive(at, NAME_AT_AN_END, value, true);
                }
                ObjectRole::Account => self.complete_account(at),
                ObjectRole::Actor => {
                    let children: Vec<usize> = self.referred(at, "child_refs").collect();
                    for child in children {
                        self.refer(child, "parent_ref", at);
                    }
                }
                ObjectRole::Event => {
                    let both = (self.referred(at, "process_ref").next(), self.referred(at, "parent_process_ref").next());
                    if let (Some(child), Some(parent)) = both
                        && child != parent
                    {
                        self.refer(child, "parent_ref", parent);
                    }
                }
                ObjectRole::Plain | ObjectRole::Flow | ObjectRole::Address | ObjectRole::Hardware | ObjectRole::Context => {}
            }
        }
    }

    fn derive(&mut self, at: usize, path: &str, value: Option<String>, taken: bool) {
        if let (Some(object), Some(value)) = (self.all.get_mut(at), value) {
            object.derive(path, value, taken);
        }
    }

    /// Makes an object refer to another one, unless it refers to something.
    fn refer(&mut self, from: usize, property: &str, to: usize) {
        let key = format!("\0{to}");
        self.by_key.insert(key.clone(), to);
        self.derive(from, property, Some(key), true);
    }

    /// The whole path: the folder and the name.
    fn complete_path(&mut self, at: usize) {
        let folder = self.referred(at, "parent_directory_ref").next();
        let folder = folder.and_then(|folder| self.all.get(folder)?.text("path")).map(str::to_owned);
        let Some(object) = self.all.get(at) else { return };
        let path = object.text("path").or_else(|| object.text("x_path")).map(str::to_owned).or_else(|| {
            let name = object.text("name")?;
            Some(match folder.filter(|_| !name.contains(['/', '\\'])) {
                Some(folder) if folder.ends_with(['/', '\\']) => format!("{folder}{name}"),
                // A folder on Windows may be a drive alone.
                Some(folder) => format!("{folder}{}{name}", if folder.contains(['\\', ':']) { '\\' } else { '/' }),
                None => name.to_owned(),
            })
        });
        self.derive(at, "path", path.clone(), true);
        self.derive(at, "x_path", path, true);
    }

    /// STIX has the hive in the key, ECS the whole in the path and the key without hive.
    fn complete_registry_key(&mut self, at: usize) {
        let Some(whole) = self.all.get(at).and_then(|object| object.text("key")).map(str::to_owned) else { return };
        self.derive(at, "x_path", Some(whole.clone()), true);
        let Some((hive, rest)) = whole.split_once('\\').filter(|(hive, _)| hive.starts_with("HK")) else { return };
        self.derive(at, "x_hive", Some(hive.to_owned()), true);
        if let Some(object) = self.all.get_mut(at)
            && let Ok(place) = object.place("key")
            && let Some(property) = object.properties.get_mut(place)
        {
            property.values = vec![Value::String(rest.to_owned())];
        }
    }

    /// Accounts are known by their name. An id that is a SID, a number or a GUID is none where the login is there too.
    fn complete_account(&mut self, at: usize) {
        let Some(object) = self.all.get_mut(at) else { return };
        let id = object.property("user_id").and_then(|property| property.values.first());
        let is_name = id.is_some_and(|id| id.as_str().is_some_and(|id| !is_identifier(id)));
        if is_name || object.text("account_login").is_none() {
            return;
        }
        if let Ok(place) = object.place("user_id")
            && let Some(property) = object.properties.get_mut(place)
        {
            OTHER_ID.clone_into(&mut property.path);
            object.properties.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        }
    }
}

/// What the value of a name is called where it stands at an end of a flow.
const NAME_AT_AN_END: &str = "x_domain";
/// What an id that is no name is called instead.
const OTHER_ID: &str = "x_other_id";

fn is_identifier(text: &str) -> bool {
    let guid = text.trim_matches(['{', '}']);
    text.starts_with("S-1-")
        || (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        || (guid.len() == 36 && guid.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'))
}
