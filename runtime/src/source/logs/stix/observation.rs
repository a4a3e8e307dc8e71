//! The elements of a bundle: observations, the objects that they may refer to, and all that is no telemetry.

use super::super::elements::MENDED_FEED;
use super::super::report::BadReason;
use crate::source::document_time;
use crate::source::repair::{self, Flaw};
use serde_json::{Map, Value};

/// An element of `objects`.
pub(super) enum Element {
    Observed(Box<Observation>),
    /// An object that an observation may refer to, with its id.
    Object(String),
    /// Anything else: who made the bundle, indicators, reports.
    Other,
}

/// An observed-data.
#[derive(Clone, Debug)]
pub(super) struct Observation {
    pub(super) id: Option<String>,
    /// When this version of it was made, in nanoseconds.
    pub(super) version: Option<i64>,
    pub(super) first_observed: String,
    pub(super) last_observed: Option<String>,
    /// How many times it was observed; 1 at least.
    pub(super) number: u64,
    /// The objects in it by their keys, in their order.
    pub(super) objects: Vec<(String, Value)>,
    /// The ids of objects of the bundle.
    pub(super) refers: Vec<String>,
    /// What was mended in its text.
    pub(super) flaw: Option<Flaw>,
}

/// Types of objects of the bundle in which nothing is observed (STIX 2.1, parts 3 to 5 and 7).
const NO_TELEMETRY: [&str; 24] = [
    "attack-pattern",
    "campaign",
    "course-of-action",
    "extension-definition",
    "grouping",
    "identity",
    "incident",
    "indicator",
    "infrastructure",
    "intrusion-set",
    "language-content",
    "location",
    "malware",
    "malware-analysis",
    "marking-definition",
    "note",
    "opinion",
    "relationship",
    "report",
    "sighting",
    "threat-actor",
    "tool",
    "vulnerability",
    "bundle",
];

/// Whether an id may be that of an object that was observed.
pub(super) fn may_be_observed(id: &str) -> bool {
    id.split_once("--").is_some_and(|(kind, _)| !NO_TELEMETRY.contains(&kind))
}

/// The most values of an observation with all its objects: each takes some hundred times the bytes of its text in memory.
pub(super) const MOST_VALUES: usize = 1 << 20;

/// At least as many as a text has values.
pub(super) fn values_in(line: &[u8]) -> usize {
    memchr::memchr2_iter(b',', b':', line).count() + 1
}

/// The JSON of an element, with what was mended in it.
pub(super) fn json(line: &[u8]) -> Result<(Value, Option<Flaw>), BadReason> {
    if values_in(line) > MOST_VALUES {
        return Err(BadReason::TooManyFields);
    }
    let fed = line.strip_suffix(&[MENDED_FEED]);
    if let (None, Ok(value)) = (fed, serde_json::from_slice(line)) {
        return Ok((value, None));
    }
    let repaired = repair::json(fed.unwrap_or(line)).ok_or(BadReason::Malformed)?;
    let flaw = fed.map(|_| Flaw::Control).or_else(|| repaired.flaws.first().map(|(_, flaw)| *flaw));
    let mut reader = serde_json::Deserializer::from_str(&repaired.json);
    // A text that was mended is not nested too deep.
    reader.disable_recursion_limit();
    let value = serde::Deserialize::deserialize(&mut reader).map_err(|_| BadReason::Malformed)?;
    reader.end().map_err(|_| BadReason::Malformed)?;
    Ok((value, flaw))
}

impl Element {
    pub(super) fn read(line: &[u8]) -> Result<Self, BadReason> {
        let (value, flaw) = json(line)?;
        let Value::Object(mut object) = value else { return Err(BadReason::NotAnObject) };
        let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind == "observed-data" {
            return Ok(Self::Observed(Box::new(Observation::read(object, flaw)?)));
        }
        match object.remove("id") {
            Some(Value::String(id)) if may_be_observed(&id) => Ok(Self::Object(id)),
            _ => Ok(Self::Other),
        }
    }
}

impl Observation {
    fn read(mut object: Map<String, Value>, flaw: Option<Flaw>) -> Result<Self, BadReason> {
        let mut text = |key: &str| match object.remove(key) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let time = |text: &String| document_time::of_text(text);
        let (id, modified) = (text("id"), text("modified"));
        let first_observed = text("first_observed").filter(|text| time(text).is_some()).ok_or(BadReason::NoFirstObserved)?;
        let last_observed = text("last_observed").filter(|text| time(text).is_some());
        let number = object.get("number_observed").and_then(Value::as_u64).unwrap_or(1).max(1);
        let mut objects: Vec<(String, Value)> = match object.remove("objects") {
            Some(Value::Object(objects)) => objects.into_iter().collect(),
            _ => Vec::new(),
        };
        // Keys are numbers by custom.
        objects.sort_by_key(|(key, _)| key.parse::<u64>().unwrap_or(u64::MAX));
        let refers: Vec<String> = match object.remove("object_refs") {
            Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        if objects.is_empty() && refers.is_empty() {
            return Err(BadReason::NoObjects);
        }
        let version = modified.and_then(|modified| Some(time(&modified)?.0));
        Ok(Self { id, version, first_observed, last_observed, number, objects, refers, flaw })
    }
}
