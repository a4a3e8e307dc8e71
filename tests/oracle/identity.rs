//! Which sightings are the same entity, and how its key prints.

use super::attributes;
use super::document::Record;
use super::slots::{Place, value};
use super::value::{Kind, NullLast, Val, typed};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// How processes are told apart in a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    EntityId,
    Ladder,
}

/// The identity of an entity. It sorts as keys do in reports: addresses as their text, nulls last.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Ident {
    /// As `report.json` prints it.
    pub(crate) key: Vec<NullLast>,
    /// What else tells entities apart: the host of a file, the rung of a process, the row of a NEW without identity.
    pub(crate) beside: Vec<NullLast>,
    /// Whether FIND can look for it.
    pub(crate) pivots: bool,
}

impl Ident {
    /// The key as `report.json` prints it.
    pub(crate) fn json(&self) -> Json {
        Json::Array(self.key.iter().map(|v| v.0.as_ref().map_or(Json::Null, Val::json)).collect())
    }
}

/// What is known of a whole source: how processes are told apart, and when lives of a pid begin.
#[derive(Debug)]
pub(crate) struct Identities {
    /// What was told; otherwise each host decides.
    mode: Option<Mode>,
    /// Hosts with a record that has both an entity id and a pid.
    with_ids: BTreeSet<NullLast>,
    /// Which source it is.
    source: usize,
    lives: BTreeMap<(NullLast, Val), Vec<i64>>,
}

impl Identities {
    pub(crate) fn of(source: usize, records: &[Record], mode: Option<Mode>) -> Self {
        let has = |record: &Record, field: &str, kind: Kind| record.get(field).iter().any(|v| typed(kind, v).is_some());
        let both = |r: &&Record| has(r, "process.entity_id", Kind::Guid) && has(r, "process.pid", Kind::Number);
        let with_ids = records.iter().filter(both).map(host).collect();
        let mut lives: BTreeMap<_, Vec<i64>> = BTreeMap::new();
        for record in records.iter().filter(|r| r.is_creation()) {
            let place = Place { record, slot: "self", item: None };
            if let Some(pid) = one(place, "process", "pid").0 {
                lives.entry((host(record), pid)).or_default().push(record.time);
            }
        }
        for starts in lives.values_mut() {
            starts.sort_unstable();
        }
        Self { mode, with_ids, source, lives }
    }

    /// Who stands in a place; `None`: something without identity.
    pub(crate) fn ident(&self, entity: &str, place: Place<'_>) -> Option<Ident> {
        let record = place.record;
        let get = |name: &str| one(place, entity, name);
        let (key, beside) = match entity {
            "process" => return self.process(place),
            "network-traffic" => {
                let transport = NullLast(record.get("network.transport").first().and_then(|v| typed(super::value::Kind::Text, v)));
                let address = |name: &str| NullLast(get(name).0.map(|v| Val::Text(v.text())));
                (vec![address("src_ref.value"), get("src_port"), address("dst_ref.value"), get("dst_port"), transport], vec![])
            }
            "file" | "windows-registry-key" => (vec![get("x_path")], vec![host(record)]),
            "user-account" => (vec![get("x_domain"), get("user_id")], vec![]),
            "directory" => (vec![get("path")], vec![]),
            "ipv4-addr" | "ipv6-addr" => (vec![NullLast(get("value").0.map(|v| Val::Text(v.text())))], vec![]),
            "x-oca-asset" => (vec![get("name")], vec![]),
            "x-oca-event" => {
                let place = [self.source, record.number].map(|n| NullLast(Some(Val::Int(n as i64))));
                return Some(Ident { key: vec![NullLast(None)], beside: place.to_vec(), pivots: true });
            }
            _ => (vec![get("value")], vec![]),
        };
        Some(finish(entity, key, beside))
    }

    fn process(&self, place: Place<'_>) -> Option<Ident> {
        let record = place.record;
        let id = one(place, "process", "x_unique_id");
        let rung = |key: Vec<NullLast>, rung: i64| Ident { key, beside: vec![NullLast(Some(Val::Int(rung)))], pivots: true };
        if id.0.is_some() {
            return Some(rung(vec![id], 1));
        }
        let by_id = match self.mode {
            Some(mode) => mode == Mode::EntityId,
            None => self.with_ids.contains(&host(record)),
        };
        if by_id {
            return None;
        }
        let pid = one(place, "process", "pid");
        let (host, known) = (host(record), pid.0.clone()?);
        let field = match place.slot {
            "self" => "process.start",
            "parent" => "process.parent.start",
            _ => "",
        };
        let start = record.get(field).first().and_then(|v| typed(super::value::Kind::Time, v));
        if start.is_some() {
            return Some(rung(vec![host, pid, NullLast(start)], 2));
        }
        let starts = self.lives.get(&(host.clone(), known)).map_or(&[][..], Vec::as_slice);
        let life = starts.iter().rev().find(|t| **t <= record.time).map(|t| Val::Time(*t));
        Some(rung(vec![host, pid, NullLast(life)], 3))
    }
}

fn host(record: &Record) -> NullLast {
    NullLast(record.get("host.name").first().map(|v| Val::Text(v.text())))
}

/// The one value that an identity takes from an attribute.
fn one(place: Place<'_>, entity: &str, name: &str) -> NullLast {
    NullLast(value(place, entity, name).into_iter().next())
}

fn finish(entity: &str, key: Vec<NullLast>, beside: Vec<NullLast>) -> Ident {
    let known = match entity {
        "user-account" => key.last().is_some_and(|v| v.0.is_some()),
        "network-traffic" => key[0].0.is_some() && key[2].0.is_some(),
        _ => key.iter().all(|v| v.0.is_some()),
    };
    Ident { key, beside, pivots: known }
}

/// The identity of a row of NEW: from its attributes; without them it is an entity of its own.
pub(crate) fn of_row(entity: &str, given: &BTreeMap<String, Option<Val>>, row: usize) -> Ident {
    let get = |name: &str| {
        let raw = given.get(name).cloned().flatten();
        NullLast(raw.and_then(|v| attributes::kind(entity, name).map_or(Some(v.clone()), |kind| typed(kind, &v))))
    };
    let text = |name: &str| NullLast(get(name).0.map(|v| Val::Text(v.text())));
    let (key, beside) = match entity {
        "process" => (vec![get("x_unique_id")], vec![NullLast(Some(Val::Int(1)))]),
        "network-traffic" => {
            let ends = [text("src_ref.value"), get("src_port"), text("dst_ref.value"), get("dst_port")];
            (ends.into_iter().chain([get("x_transport")]).collect(), vec![])
        }
        "file" | "windows-registry-key" => {
            let host = match get("host.name").0 {
                Some(Val::List(names)) => names.into_iter().next(),
                one => one,
            };
            (vec![get("x_path")], vec![NullLast(host)])
        }
        "user-account" => (vec![get("x_domain"), get("user_id")], vec![]),
        "x-oca-asset" => (vec![get("x_unique_id")], vec![]),
        "directory" => (vec![get("path")], vec![]),
        _ => (vec![text("value")], vec![]),
    };
    let mut ident = finish(entity, key, beside);
    if !ident.pivots {
        ident.beside = vec![NullLast(Some(Val::Int(row as i64))), NullLast(Some(Val::Text("row".to_owned())))];
    }
    ident
}
