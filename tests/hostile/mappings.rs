//! The table of mappings.

use serde::Deserialize;
use serde_json::{Value as Json, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    mapping: Vec<Mapping>,
}

/// How an index is made; `mappings.toml` says what each part means.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Mapping {
    pub(crate) name: String,
    strings: Option<String>,
    body: Option<String>,
    second: Option<String>,
    /// Whether the shipped template lies below.
    template: bool,
    /// Whether the server finds out the types by itself.
    guessed: bool,
    servers: Vec<String>,
    pub(crate) rename: Option<[String; 2]>,
    pub(crate) kept: bool,
    pub(crate) refusals: Vec<String>,
}

pub(crate) fn mappings() -> Vec<Mapping> {
    toml::from_str::<Table>(include_str!("mappings.toml")).unwrap().mapping
}

impl Mapping {
    /// The template that is shipped, as it is.
    pub(crate) fn shipped() -> Self {
        Self { name: "the shipped template".to_owned(), template: true, ..Self::default() }
    }

    pub(crate) fn is_on(&self, server: &str) -> bool {
        self.servers.is_empty() || self.servers.iter().any(|s| s == server)
    }

    /// The bodies of its indices, which are to hold these documents.
    pub(crate) fn bodies(&self, documents: &[String]) -> Vec<Json> {
        let read = |text: &Option<String>| -> Option<Json> {
            text.as_ref().map(|text| serde_json::from_str(text).unwrap_or_else(|e| panic!("{}: {e}", self.name)))
        };
        let mut first = if self.template {
            let template: Json =
                serde_json::from_slice(include_bytes!("../../runtime/src/source/elastic/data/ecs-template.json")).unwrap();
            template["template"].clone()
        } else if self.guessed {
            json!({})
        } else {
            json!({"mappings": {"date_detection": false, "properties": {"@timestamp": {"type": "date"}}}})
        };
        if let Some(strings) = read(&self.strings) {
            first["mappings"]["dynamic_templates"] = json!([{"strings": {"match_mapping_type": "string", "mapping": strings}}]);
        }
        if let Some(body) = read(&self.body) {
            lay_over(&mut first, body);
        }
        if let Some(strings) = read(&self.strings) {
            // As the server would do one document after the other, which takes it long.
            for document in documents {
                foretell(&mut first["mappings"], &serde_json::from_str(document).unwrap(), &strings);
            }
        }
        std::iter::once(first).chain(read(&self.second)).collect()
    }
}

/// Adds the fields of a document to an object, where the server would add them.
fn foretell(object: &mut Json, document: &Json, strings: &Json) {
    if object.is_null() {
        *object = json!({"properties": {}});
    }
    let closed = object.get("type").is_some_and(|kind| kind != "nested");
    if closed || ["dynamic", "enabled", "subobjects"].iter().any(|setting| object.get(setting).is_some()) {
        return;
    }
    for (name, value) in document.as_object().unwrap() {
        let mut values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter();
        let field = values.find_map(|value| match value {
            Json::String(_) => Some(strings.clone()),
            Json::Bool(_) => Some(json!({"type": "boolean"})),
            Json::Number(number) => Some(json!({"type": if number.is_i64() { "long" } else { "float" }})),
            _ => None,
        });
        if field.is_none() && !value.is_object() {
            continue;
        }
        let place = name.split('.').fold(&mut *object, |place, part| &mut place["properties"][part]);
        match field {
            Some(field) if place.is_null() => *place = field,
            Some(_) => {}
            None => foretell(place, value, strings),
        }
    }
}

/// Objects are merged, everything else is replaced.
fn lay_over(below: &mut Json, above: Json) {
    match (below, above) {
        (Json::Object(below), Json::Object(above)) => {
            for (key, value) in above {
                lay_over(below.entry(key).or_insert(Json::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}
