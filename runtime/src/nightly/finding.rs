//! The finding of one run: what it found, as findings with keys, times, hosts, users and the columns that the hunt displays.

use crate::exec::Kept;
use crate::table::{Entity, Key, Rung, Sighting, Table};
use huntc_compiler::catalog::Catalog;
use huntc_compiler::plan::{Attr, Column, FindingOutput, Plan, Shape, SourceId};
use huntc_compiler::time::{Instant, TimeRange};
use huntc_compiler::value::Value;
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};

/// The most hosts and the most users that a finding names.
const NAMED: usize = 20;

/// How the identities of a hunt with a key begin: of findings with that key, of entities that have none of it, of groups.
const KEYED: &str = "key ";
const UNKEYED: &str = "one ";
const GROUP: &str = "group ";

/// Whether an identity is of a time when its hunt had no key.
pub(super) fn is_former(identity: &str, key: &[String]) -> bool {
    !key.is_empty() && ![KEYED, UNKEYED, GROUP].iter().any(|begin| identity.starts_with(begin))
}

/// What a hunt found in one window.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FoundEntities {
    /// Name of the variable, as the huntflow writes it.
    pub variable: String,
    /// Its entity type.
    pub entity: String,
    /// What makes two findings the same, by name.
    pub key: Vec<String>,
    /// Where it was looked.
    pub window: Option<TimeRange>,
    /// Its entities, or rows of a GROUP.
    pub entities: Vec<FoundEntity>,
}

/// An entity of a finding, or several of the same finding.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FoundEntity {
    /// Identifies the finding among all of the hunt, in all nights.
    pub identity: String,
    /// The key as in reports.
    pub key: Json,
    /// Identities of the entities themselves, where the finding has a key.
    pub members: Vec<String>,
    /// Time of its first record.
    pub first: Option<Instant>,
    /// Time of its last record.
    pub last: Option<Instant>,
    /// Hosts on which it was seen, the first first.
    pub hosts: Vec<String>,
    /// Users as whom it was seen, the first first.
    pub users: Vec<String>,
    /// The columns that the hunt displays of its first entity, with their headers.
    pub face: Vec<(String, Json)>,
    /// How many entities it stands for.
    pub entities: u64,
    /// The conditions that hide all of them.
    pub hidden: Vec<String>,
}

/// Reads the finding of a plan out of its tables. Fewer entities than its least number are no finding. `text` is the text of
/// a condition.
pub fn found<'t>(
    plan: &Plan,
    catalog: &Catalog,
    kept: &Kept,
    window: TimeRange,
    text: &dyn Fn(SourceId) -> &'t str,
) -> Option<FoundEntities> {
    let output = plan.finding.as_ref()?;
    let variable = &plan.var(output.facts.var)?.var;
    let (Shape::Entities { entity, .. } | Shape::Groups { of: entity, .. }) = &variable.shape;
    let mut found = FoundEntities {
        variable: variable.name.clone(),
        entity: catalog.get(*entity).name.clone(),
        key: output.facts.key.iter().map(|column| column.header.clone()).collect(),
        window: Some(window),
        entities: Vec::new(),
    };
    if kept.table.entity_count() < output.facts.at_least {
        return Some(found);
    }
    let hidden: Vec<(&str, &Table)> = kept.hidden.iter().map(|(id, table)| (text(*id), &**table)).collect();
    let parts = match &variable.shape {
        Shape::Groups { .. } => groups(output, &kept.table, &hidden),
        Shape::Entities { .. } => entities(output, &found.entity, &kept.table, &hidden),
    };
    found.entities = parts;
    Some(found)
}

/// Entities of one finding become one. The first comes first.
pub(super) fn merged(parts: Vec<FoundEntity>) -> Vec<FoundEntity> {
    let mut all: Vec<FoundEntity> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for part in parts {
        if let Some(one) = places.get(&part.identity).and_then(|at| all.get_mut(*at)) {
            join(one, part);
        } else {
            places.insert(part.identity.clone(), all.len());
            all.push(part);
        }
    }
    all
}

fn join(one: &mut FoundEntity, other: FoundEntity) {
    one.members.extend(other.members);
    one.first = one.first.into_iter().chain(other.first).min();
    one.last = one.last.into_iter().chain(other.last).max();
    one.entities += other.entities;
    add_names(&mut one.hosts, other.hosts);
    add_names(&mut one.users, other.users);
    // What is hidden of one of them only would hide the others with it.
    one.hidden.retain(|text| other.hidden.contains(text));
}

/// Adds names that are not there yet, up to [`NAMED`].
pub(super) fn add_names(names: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for name in more {
        if names.len() < NAMED && !names.contains(&name) {
            names.push(name);
        }
    }
}

/// The columns of a face: host and user stand in each of themselves.
fn shown(output: &FindingOutput) -> Vec<Column> {
    let other = |column: &&Column| !output.facts.who.contains(&Some(column.attr.clone()));
    output.columns.iter().filter(other).cloned().collect()
}

/// The findings of a GROUP result, one for each row.
fn groups(output: &FindingOutput, table: &Table, hidden: &[(&str, &Table)]) -> Vec<FoundEntity> {
    let facts = &output.facts;
    let shown = shown(output);
    let (keys, wholes, faces) = (Values::of(table, &facts.key), Values::of(table, &output.columns), Values::of(table, &shown));
    let who = facts.who.each_ref().map(|attr| attr.as_ref().map(|attr| table.column(attr)));
    // A row of which a condition could not be decided is not hidden by it.
    let hides: Vec<(&str, HashSet<(String, u16)>)> = hidden
        .iter()
        .map(|(text, table)| {
            let kept = Values::of(table, &output.columns);
            let row = |row| (Json::Array(kept.row(row)).to_string(), table.row_undecided(row));
            (*text, (0..table.row_count()).map(row).collect())
        })
        .collect();
    let rows = (0..table.row_count()).map(|row| {
        let key = Json::Array(keys.row(row));
        let whole = (Json::Array(wholes.row(row)).to_string(), table.row_undecided(row));
        let [hosts, users] = who.each_ref().map(|column| {
            let value = column.as_ref().and_then(|c| c.get(row)).and_then(Option::as_ref);
            value.map(names).unwrap_or_default()
        });
        FoundEntity {
            identity: format!("{GROUP}{key}"),
            key,
            hosts,
            users,
            face: shown.iter().map(|c| c.header.clone()).zip(faces.row(row)).collect(),
            entities: 1,
            hidden: hides.iter().filter(|(_, rows)| rows.contains(&whole)).map(|(text, _)| (*text).to_owned()).collect(),
            ..FoundEntity::default()
        }
    });
    rows.collect()
}

/// The findings of a variable that holds entities, one for each of them.
fn entities(output: &FindingOutput, kind: &str, table: &Table, hidden: &[(&str, &Table)]) -> Vec<FoundEntity> {
    let facts = &output.facts;
    let [host, user] = facts.who.each_ref().map(Option::as_ref);
    let shown = shown(output);
    let mut keys = first_rows(table, &facts.key);
    let mut faces = first_rows(table, &shown);
    let before: HashMap<&Key, Entity<'_>> = table.entities().map(|entity| (entity.key(), entity)).collect();
    let hides: Vec<(&str, HashSet<&Key>)> = hidden
        .iter()
        .map(|(text, table)| {
            let decided = table.entities().filter(|e| before.get(e.key()).is_none_or(|before| decided(e, before)));
            (*text, decided.map(|entity| entity.key()).collect())
        })
        .collect();
    let telling = telling(&facts.key, &facts.who);
    let one = |entity: Entity<'_>| {
        let parts = keys.remove(entity.key()).unwrap_or_default();
        let face = faces.remove(entity.key()).unwrap_or_default();
        let own = identity(kind, &entity, &face);
        let keyed = telling.iter().any(|at| parts.get(*at).is_some_and(|part| !part.is_null()));
        let key = if keyed { Json::Array(parts) } else { parts_of(entity.key()) };
        let times = || entity.counted().filter_map(|s| s.time());
        let hosts = host.map(|attr| seen(table, &entity, attr)).filter(|hosts| !hosts.is_empty());
        let (identity, members) = match (facts.key.is_empty(), keyed) {
            (true, _) => (own, Vec::new()),
            (false, true) => (format!("{KEYED}{key}"), vec![own]),
            (false, false) => (format!("{UNKEYED}{own}"), vec![own]),
        };
        FoundEntity {
            identity,
            key,
            members,
            first: times().min(),
            last: times().max(),
            // The identity of files and registry keys has the host, though nothing may have asked for it.
            hosts: hosts.unwrap_or_else(|| entity.key().host().map(ToString::to_string).into_iter().collect()),
            users: user.map(|attr| seen(table, &entity, attr)).unwrap_or_default(),
            face: shown.iter().map(|c| c.header.clone()).zip(face).collect(),
            entities: 1,
            hidden: hides.iter().filter(|(_, keys)| keys.contains(entity.key())).map(|(text, _)| (*text).to_owned()).collect(),
        }
    };
    table.entities().map(one).collect()
}

/// Whether a condition was decided on a sighting of an entity that it kept. `before` is the entity before that. What attackers
/// make undecidable is not hidden.
fn decided(entity: &Entity<'_>, before: &Entity<'_>) -> bool {
    let was = |sighting: &Sighting| {
        let same = before.sightings().find(|s| (s.record(), s.slot) == (sighting.record(), sighting.slot));
        same.map_or(0, |s| s.undecided)
    };
    entity.counted().any(|s| s.undecided == 0 || s.undecided <= was(&s))
}

/// The places in a key of what tells entities apart: a host and a user alone make no two of them the same, unless the key
/// consists of nothing else.
fn telling(key: &[Column], who: &[Option<Attr>; 2]) -> Vec<usize> {
    let says_who = |column: &Column| who.contains(&Some(column.attr.clone()));
    let places = |keep: &dyn Fn(&Column) -> bool| {
        key.iter().enumerate().filter(|(_, column)| keep(column)).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let telling = places(&|column| !says_who(column));
    if telling.is_empty() { places(&|_| true) } else { telling }
}

fn parts_of(key: &Key) -> Json {
    Json::Array(key.parts().iter().map(|part| json(part.as_ref())).collect())
}

/// The identity of an entity, among all of the hunt in all nights.
fn identity(kind: &str, entity: &Entity<'_>, row: &[Json]) -> String {
    let key = entity.key();
    let mut identity = format!("{kind} {}", parts_of(key));
    if let Some(host) = key.host() {
        identity = format!("{identity} on {}", Json::from(host.as_ref()));
    }
    // The entity id of a process and its key on the ladder are never equal (semantics.md §2), so the rung is a part of
    // the identity.
    if !matches!(key.rung(), Rung::Plain | Rung::EntityId) {
        identity = format!("{identity} by {}", key.rung().word());
    }
    if key.unique() != 0 {
        identity = format!("{identity} no. {} {}", key.unique(), Json::Array(row.to_vec()));
    }
    identity
}

/// The different values of an attribute over the sightings of an entity, the earliest first.
fn seen(table: &Table, entity: &Entity<'_>, attr: &Attr) -> Vec<String> {
    let mut all = Vec::new();
    add_names(&mut all, table.entity_value(entity, attr).as_ref().map(names).unwrap_or_default());
    if let Some(at) = table.columns.iter().position(|column| column == attr) {
        let values = entity.sightings().filter_map(|sighting| entity.held(&sighting, at));
        values.for_each(|value| add_names(&mut all, names(value)));
    }
    all
}

fn names(value: &Value) -> Vec<String> {
    value.each().iter().map(ToString::to_string).collect()
}

/// The values of some columns.
struct Values(Vec<Vec<Option<Value>>>);

impl Values {
    fn of(table: &Table, columns: &[Column]) -> Self {
        Self(columns.iter().map(|c| table.column(&c.attr)).collect())
    }

    fn row(&self, at: usize) -> Vec<Json> {
        self.0.iter().map(|c| json(c.get(at).and_then(Option::as_ref))).collect()
    }
}

/// The first row of each entity.
fn first_rows<'t>(table: &'t Table, columns: &[Column]) -> HashMap<&'t Key, Vec<Json>> {
    let values = Values::of(table, columns);
    let mut rows = HashMap::new();
    for at in 0..table.row_count() {
        if let Some(entity) = table.row_entity(at).and_then(|e| table.one(e)) {
            rows.entry(entity.key()).or_insert_with(|| values.row(at));
        }
    }
    rows
}

fn json(value: Option<&Value>) -> Json {
    value.and_then(|v| serde_json::to_value(v).ok()).unwrap_or(Json::Null)
}
