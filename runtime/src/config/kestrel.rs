//! Kestrel's profiles: `stixshifter.yaml`, and the variables `STIXSHIFTER_<NAME>_CONNECTOR|CONNECTION|CONFIG`, which
//! win over it.

use super::binding::BindingOrigin;
use super::environment::Environment;
use super::mask;
use super::model::Config;
use super::profile::{PartPlaces, binding};
use super::text::read_text;
use huntc_compiler::diag::Diagnostic;
use huntc_compiler::diag::codes::config::{BAD_CONFIG, BAD_ENVIRONMENT};
use huntc_compiler::source::{SourceId, SourceSet, Span};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The parts of a profile, as Kestrel names them.
const PARTS: [&str; 3] = ["connector", "connection", "config"];

/// Reads `$KESTREL_STIXSHIFTER_CONFIG`, otherwise `~/.config/kestrel/stixshifter.yaml`. As in Kestrel a missing file
/// counts as an empty one.
pub(super) fn read_file(environment: &Environment, sources: &mut SourceSet, config: &mut Config, problems: &mut Vec<Diagnostic>) {
    let Some(path) = file_path(environment).filter(|p| p.is_file()) else { return };
    let name = path.display().to_string();
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(reason) => {
            let span = Span::new(sources.add_text(name.clone(), ""), 0, 0);
            let problem = Diagnostic::new(&BAD_CONFIG, span, format!("Kestrel's configuration `{name}` cannot be read"));
            problems.push(problem.note(format!("the reason: {reason}")));
            return;
        }
    };
    let profiles = profiles(&text, environment);
    let known = profiles.as_ref().map(|all| all.iter().map(|(profile, _)| profile.clone()).collect::<Vec<_>>()).unwrap_or_default();
    let masked = mask::yaml(&text, &known);
    let id = sources.add_text(name, masked.as_str());
    match profiles {
        Ok(profiles) => {
            for (profile, value) in profiles {
                let span = key_span(&masked, &profile, id);
                let places = PartPlaces { spans: [span; 3], names: [(); 3].map(|()| format!("the profile `{profile}`")) };
                insert(config, profile.to_lowercase(), &value, BindingOrigin::File(path.clone()), &places);
            }
        }
        Err((at, reason)) => {
            let at = at.min(masked.len());
            let problem = Diagnostic::new(&BAD_CONFIG, Span::new(id, at, at), reason);
            problems.push(problem.label("here").help("correct the file, or bind the sources in huntc.toml and move it away"));
        }
    }
}

/// Reads the profiles in the environment. What they leave open is taken from the profile of the same name in `stixshifter.yaml`.
pub(super) fn read_environment(environment: &Environment, sources: &mut SourceSet, config: &mut Config) {
    let variables = variables(environment);
    if variables.is_empty() {
        return;
    }
    let in_file = file_profiles(environment);
    for (name, parts) in variables {
        // Only names are put into the text that spans point into: values may be secrets.
        let text = PARTS.map(|part| parts.get(part).copied().unwrap_or_default()).join("\n");
        let id = sources.add_text("environment", text);
        let mut profile = in_file.get(&name).cloned().unwrap_or_else(|| Value::Object(Map::new()));
        let places = PartPlaces {
            spans: PARTS.map(|part| line_span(&parts, part, id)),
            names: PARTS.map(|part| parts.get(part).map_or_else(|| format!("the profile `{name}`"), |v| format!("`{v}`"))),
        };
        if parts.len() == 1 && parts.contains_key("config") && profile.get("connection").is_none() {
            // Credentials alone are no profile, so the binding of the name in `huntc.toml` stays.
            continue;
        }
        match overlay(&mut profile, &parts, environment, &places) {
            Ok(()) => {
                let origin = BindingOrigin::Environment(format!("STIXSHIFTER_{}_", name.to_uppercase()));
                insert(config, name, &profile, origin, &places);
            }
            Err(problem) => {
                config.sources.remove(&name);
                config.broken.insert(name, *problem);
            }
        }
    }
}

fn insert(config: &mut Config, name: String, profile: &Value, origin: BindingOrigin, places: &PartPlaces) {
    config.broken.remove(&name);
    config.notices.remove(&name);
    config.sources.remove(&name);
    match binding(&name, profile, origin, places) {
        Ok((binding, notices)) => {
            if !notices.is_empty() {
                config.notices.insert(name.clone(), notices);
            }
            config.sources.insert(name, binding);
        }
        Err(problem) => _ = config.broken.insert(name, *problem),
    }
}

fn file_path(environment: &Environment) -> Option<PathBuf> {
    let given = environment.path("KESTREL_STIXSHIFTER_CONFIG");
    given.or_else(|| Some(environment.config_home()?.join("kestrel/stixshifter.yaml")))
}

fn file_profiles(environment: &Environment) -> BTreeMap<String, Value> {
    let text = file_path(environment).and_then(|path| read_text(&path).ok());
    let profiles = text.and_then(|text| profiles(&text, environment).ok()).unwrap_or_default();
    profiles.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect()
}

/// The profiles in a YAML text; the error is the byte and the reason of a fault.
fn profiles(text: &str, environment: &Environment) -> Result<Vec<(String, Value)>, (usize, String)> {
    let document: Value = serde_saphyr::from_str(text).map_err(|e| {
        // The place counts characters. The parser's own message may quote the text, which may be a secret.
        let characters = e.location().and_then(|l| usize::try_from(l.span().offset()).ok()).unwrap_or(0);
        (text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at), "the file is no valid YAML".to_owned())
    })?;
    let Some(profiles) = document.get("profiles").filter(|p| !p.is_null()) else { return Ok(Vec::new()) };
    let Value::Object(profiles) = profiles else { return Err((0, "`profiles` is not a table of profiles".to_owned())) };
    Ok(profiles.iter().map(|(name, value)| (name.clone(), expand(value, environment))).collect())
}

/// Replaces `$NAME` in every text. Kestrel does so before it parses the file.
pub(super) fn expand(value: &Value, environment: &Environment) -> Value {
    match value {
        Value::String(text) => Value::String(environment.expand(text).0),
        Value::Array(values) => values.iter().map(|v| expand(v, environment)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), expand(v, environment))).collect(),
        other => other.clone(),
    }
}

/// The names of the variables, by profile and part. Variables such as stix-shifter's own `STIXSHIFTER_RETRY_MAX` are left out.
fn variables(environment: &Environment) -> BTreeMap<String, BTreeMap<&'static str, &str>> {
    let mut found: BTreeMap<String, BTreeMap<&'static str, &str>> = BTreeMap::new();
    for variable in environment.names() {
        let lower = variable.to_lowercase();
        let Some((profile, part)) = lower.strip_prefix("stixshifter_").and_then(|rest| rest.rsplit_once('_')) else { continue };
        if let (false, Some(part)) = (profile.is_empty(), PARTS.iter().find(|p| **p == part)) {
            found.entry(profile.to_owned()).or_default().insert(part, variable);
        }
    }
    found
}

/// Puts the values of the variables over a profile.
fn overlay(
    profile: &mut Value,
    parts: &BTreeMap<&'static str, &str>,
    environment: &Environment,
    places: &PartPlaces,
) -> Result<(), Box<Diagnostic>> {
    for (i, part) in PARTS.into_iter().enumerate() {
        let Some(variable) = parts.get(part) else { continue };
        let bad = |headline: String| Box::new(Diagnostic::new(&BAD_ENVIRONMENT, places.spans[i], headline).label("this variable"));
        let Some(text) = environment.text(variable) else { return Err(bad(format!("`{variable}` is empty or no UTF-8 text"))) };
        let value = if part == "connector" {
            Value::String(text.to_owned())
        } else {
            let parsed: Value = serde_json::from_str(text).map_err(|e| {
                let example = if part == "connection" {
                    r#"{"host": "elastic.example", "port": 9200, "indices": "host101"}"#
                } else {
                    r#"{"auth": {"id": "…", "api_key": "…"}}"#
                };
                Box::new(
                    bad(format!("`{variable}` is no valid JSON"))
                        .note(format!("the fault is at line {}, column {} of its value", e.line(), e.column()))
                        .help(format!("its form is {example}")),
                )
            })?;
            if !parsed.is_object() {
                return Err(bad(format!("`{variable}` is no JSON object")));
            }
            parsed
        };
        merge(profile, part, value);
    }
    Ok(())
}

/// Tables are merged key by key; any other value is replaced.
fn merge(into: &mut Value, key: &str, value: Value) {
    let Value::Object(map) = into else {
        *into = Value::Object(Map::from_iter([(key.to_owned(), value)]));
        return;
    };
    match (map.get_mut(key), value) {
        (Some(old @ Value::Object(_)), Value::Object(new)) => new.into_iter().for_each(|(k, v)| merge(old, &k, v)),
        (_, value) => _ = map.insert(key.to_owned(), value),
    }
}

fn line_span(parts: &BTreeMap<&'static str, &str>, part: &str, id: SourceId) -> Span {
    let mut at = 0;
    for name in PARTS {
        let length = parts.get(name).map_or(0, |v| v.len());
        if name == part {
            return Span::new(id, at, at + length);
        }
        at += length + 1;
    }
    Span::new(id, 0, 0)
}

pub(super) fn key_span(text: &str, key: &str, id: SourceId) -> Span {
    let at = text
        .match_indices(key)
        .map(|(at, _)| at)
        .find(|at| text[at + key.len()..].trim_start_matches(['"', '\'']).starts_with(':'));
    let at = at.unwrap_or(0);
    Span::new(id, at, (at + key.len()).min(text.len()))
}
