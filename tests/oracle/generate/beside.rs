//! What random documents say beside entities: fields of the record of every type, and what bites in them.

use super::Rng;
use serde_json::{Map, Value as Json, json};

const TEAMS: &[&str] = &["red", "Red", "blue", ""];
const MESSAGES: &[&str] = &["Process Create:\nUtcTime: x", "logon", "LOGON failed", "100% _sure_"];
const MASKS: &[&str] = &["0x1000", "0x1410", "0X1410", "0x1fffff"];
const ADDRESSES: &[&str] = &["10.0.0.1", "fe80::1", "FE80:0::1", "::ffff:10.0.0.1", "no address"];

/// Adds some of them to a document.
pub(super) fn add(rng: &mut Rng, fields: &mut Map<String, Json>) {
    for _ in 0..rng.below(4) {
        let (path, value) = one(rng);
        put(fields, path, value);
    }
}

fn one(rng: &mut Rng) -> (&'static str, Json) {
    match rng.below(9) {
        0 => ("tags", several(rng, &["a", "b", "A"])),
        1 => ("labels.team", json!(*rng.pick(TEAMS))),
        2 => ("message", json!(*rng.pick(MESSAGES))),
        3 => ("event.risk_score", rng.pick(&[json!(0), json!(0.5), json!(21.0), json!("21"), json!(-3), json!("high")]).clone()),
        4 => ("event.created", json!(*rng.pick(&["2024-01-01T00:00:01Z", "2024-01-01T00:00:01.500Z", "yesterday"]))),
        5 => ("event.action", json!(*rng.pick(&["start", "Start", "network_flow"]))),
        6 => ("dll.code_signature.valid", rng.pick(&[json!(true), json!(false), json!("true"), json!([true, false])]).clone()),
        7 => ("host.ip", several(rng, ADDRESSES)),
        _ => ("winlog.event_data.GrantedAccess", json!(*rng.pick(MASKS))),
    }
}

fn several(rng: &mut Rng, from: &[&str]) -> Json {
    let values: Vec<&str> = (0..=rng.below(3)).map(|_| *rng.pick(from)).collect();
    if values.len() == 1 && rng.chance(50) { json!(values[0]) } else { json!(values) }
}

fn put(fields: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => drop(fields.insert(path.to_owned(), value)),
        Some((head, rest)) => {
            if let Some(inner) = fields.entry(head).or_insert_with(|| json!({})).as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}
