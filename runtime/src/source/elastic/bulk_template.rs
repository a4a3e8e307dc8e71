//! The index template that gives an index the mappings of ECS, so that hunts on it find what they find in the files.

use super::client::Call;
use super::connection::Connection;
use super::fault::{Fault, FaultKind};
use crate::source::{FetchContext, SourceError};
use huntc_compiler::diag::codes::store::OTHER_TEMPLATE;
use reqwest::Method;
use serde_json::{Map, Value, json};

/// Its mappings; the tests give their indices the same.
const ECS: &str = include_str!("data/ecs-template.json");
const PATH: &str = "_index_template/huntc-convert";
/// Windows events have more fields than the usual limit allows.
const FIELDS: u32 = 10_000;

/// Puts the template where it is not there yet. One of this name that says something else is not touched.
pub(super) fn put(connection: &Connection, index: &str, context: &FetchContext) -> Result<(), SourceError> {
    let fault = |fault: Fault| explain(connection, &fault);
    connection.server(context).map_err(fault)?;
    let found = match connection.send(&connection.get(PATH.to_owned()), context, |reply| Ok(reply.body)) {
        Ok(body) => Some(body),
        Err(absent) if absent.status == Some(404) => None,
        Err(other) => return Err(fault(other)),
    };
    let patterns = match found {
        None => vec![index.to_owned()],
        Some(body) => {
            let mut patterns = own_patterns(&body).ok_or_else(|| other(connection))?;
            if patterns.iter().any(|pattern| pattern == index) {
                return Ok(());
            }
            patterns.push(index.to_owned());
            patterns
        }
    };
    let wanted = wanted(&patterns).ok_or_else(|| fault(Fault::new(FaultKind::Rejected, "the template cannot be read")))?;
    let call = Call { method: Method::PUT, ..connection.post(PATH.to_owned(), &wanted).map_err(fault)? };
    connection.send(&call, context, |_| Ok(())).map_err(fault)
}

/// A fault as an error, with the way out for who writes.
pub(super) fn explain(connection: &Connection, fault: &Fault) -> SourceError {
    let error = connection.explain(fault);
    let help = match fault.kind {
        FaultKind::Forbidden => {
            "the credentials need `manage_index_templates` of the cluster, and `create_index`, `index` and `maintenance` on the index"
        }
        FaultKind::Overloaded => "run it again at a quieter time: what is written already is written over",
        FaultKind::TooLarge => "raise the body limit of the proxy before the server: batches are of about 5 MB",
        FaultKind::Cut | FaultKind::Malformed => "see what stands before the server, and run it again",
        _ => return error,
    };
    SourceError { helps: vec![help.to_owned()], ..error }
}

fn other(connection: &Connection) -> SourceError {
    let name = &connection.config.name;
    SourceError::new(&OTHER_TEMPLATE, format!("source `{name}`: another index template is called `huntc-convert`"))
        .note("it is not overwritten, and nothing is written")
        .help("look at it with `GET _index_template/huntc-convert`; if nobody needs it: `DELETE _index_template/huntc-convert`")
}

/// The template for indices. Replicas are the cluster's own affair.
fn wanted(patterns: &[String]) -> Option<Value> {
    let ecs: Value = serde_json::from_str(ECS).ok()?;
    Some(json!({
        "index_patterns": patterns,
        "priority": ecs.get("priority")?,
        "template": {
            "settings": {"index": {"mapping": {"total_fields": {"limit": FIELDS}}}},
            "mappings": ecs.pointer("/template/mappings")?,
        },
    }))
}

/// The patterns of the template that the server has; `None` where it differs in anything else from what is put.
fn own_patterns(body: &[u8]) -> Option<Vec<String>> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let found = answer.pointer("/index_templates/0/index_template")?;
    let patterns = found.get("index_patterns")?.as_array()?;
    let patterns: Vec<String> = patterns.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    (plain(found) == plain(&wanted(&patterns)?)).then_some(patterns)
}

/// A template without what servers write otherwise than they got it: numbers as texts, what is empty, and when it was put.
fn plain(value: &Value) -> Value {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| !key.starts_with("created_date") && !key.starts_with("modified_date"));
            let kept = kept.map(|(key, value)| (key.clone(), plain(value))).filter(|(_, value)| !empty(value));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(list) => Value::Array(list.iter().map(plain).collect()),
        Value::Number(number) => Value::String(number.to_string()),
        Value::Bool(truth) => Value::String(truth.to_string()),
        other => other.clone(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn answer(template: &Value) -> Vec<u8> {
        json!({"index_templates": [{"name": "huntc-convert", "index_template": template}]}).to_string().into_bytes()
    }

    #[test]
    fn the_own_template_is_known_again_as_servers_write_it() {
        let patterns = ["a".to_owned(), "b".to_owned()];
        let mut template = wanted(&patterns).unwrap();
        assert_eq!(own_patterns(&answer(&template)).unwrap(), patterns);
        template["template"]["settings"]["index"]["mapping"]["total_fields"]["limit"] = json!("10000");
        template["composed_of"] = json!([]);
        template["created_date_millis"] = json!(1);
        assert_eq!(own_patterns(&answer(&template)).unwrap(), patterns);
    }

    #[test]
    fn any_other_template_is_another() {
        for (pointer, value) in [
            ("/priority", json!(1)),
            ("/template/mappings/date_detection", json!(true)),
            ("/template/mappings/properties/client", json!({"type": "keyword"})),
            ("/template/settings/index/mapping", json!({})),
        ] {
            let mut template = wanted(&["a".to_owned()]).unwrap();
            *template.pointer_mut(pointer).unwrap() = value;
            assert_eq!(own_patterns(&answer(&template)), None, "{pointer}");
        }
        for bad in ["", "{}", r#"{"index_templates":[]}"#] {
            assert_eq!(own_patterns(bad.as_bytes()), None, "{bad}");
        }
        let mut more = wanted(&["a".to_owned()]).unwrap();
        more["template"]["aliases"] = json!({"b": {"is_hidden": true}});
        assert_eq!(own_patterns(&answer(&more)), None);
    }
}
