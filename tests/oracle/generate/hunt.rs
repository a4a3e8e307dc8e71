//! Random hunts: statements of every kind, chained over what earlier ones bound.

use super::Rng;
use super::parameters::parameterised;
use crate::oracle::value::{Kind, Val};
use crate::oracle::{World, attributes, record_fields, slots};
use std::collections::{BTreeMap, BTreeSet};

/// A variable that a random hunt has bound.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) entity: String,
    pub(crate) shape: Form,
    /// What APPLY, DEPTH and WITH added.
    pub(crate) added: Vec<(String, Kind)>,
}

/// What its rows are.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    Entities,
    /// With these columns in front.
    PerRecord(&'static [&'static str]),
    /// Columns of a GROUP result, or what ATTR left.
    Columns {
        columns: Vec<(String, Kind)>,
        groups: bool,
    },
    Pairs,
}

impl Known {
    /// What WHERE, SORT and ATTR can name.
    pub(crate) fn columns(&self) -> Vec<(String, Kind)> {
        if let Form::Columns { columns, .. } = &self.shape {
            return columns.clone();
        }
        let slots = slots::get_slots(&self.entity);
        let mut columns: Vec<(String, Kind)> = Vec::new();
        let fields = record_fields::shown(&self.entity);
        for attribute in attributes::of(&self.entity).iter().filter(|a| slots.contains(&a.slot)).chain(fields) {
            if !columns.iter().any(|(name, _)| name == attribute.name) {
                columns.push((attribute.name.to_owned(), attribute.kind));
            }
        }
        if let Form::PerRecord(own) = self.shape {
            let kind = |name: &str| if name == "number_observed" { Kind::Number } else { Kind::Time };
            // What tells records apart is the engine's.
            let known = own.iter().filter(|n| **n != "observation_id");
            columns.extend(known.map(|n| ((*n).to_owned(), kind(n))));
        }
        if !matches!(self.shape, Form::Pairs) {
            columns.extend(self.added.iter().cloned());
        }
        columns
    }

    /// The columns that a file of it holds; `None`: it is not saved here.
    pub(crate) fn saved(&self) -> Option<Vec<(String, Kind)>> {
        match &self.shape {
            // A file does not say of what type a computed column is.
            Form::Columns { columns, .. } => columns.iter().all(|(name, _)| !name.starts_with("w_")).then(|| columns.clone()),
            Form::Entities if self.added.is_empty() => {
                let shown = attributes::shown(&self.entity);
                let names = shown.iter().chain(attributes::identity(&self.entity));
                let kinds: BTreeMap<&str, Kind> = names.filter_map(|n| Some((*n, attributes::kind(&self.entity, n)?))).collect();
                (!shown.is_empty()).then(|| kinds.into_iter().map(|(n, k)| (n.to_owned(), k)).collect())
            }
            _ => None,
        }
    }

    pub(crate) fn is_groups(&self) -> bool {
        matches!(self.shape, Form::Columns { groups: true, .. })
    }
}

/// What a random hunt knows on its way.
pub(crate) struct Env<'a> {
    pub(crate) rng: Rng,
    world: &'a World,
    pub(crate) known: Vec<Known>,
    /// Instants to begin and end windows with, in order.
    pub(crate) times: Vec<String>,
    samples: BTreeMap<(String, String), Vec<Val>>,
}

/// Entity types that are asked for, common ones more often.
pub(crate) const TYPES: &[&str] = &[
    "process",
    "process",
    "process",
    "network-traffic",
    "network-traffic",
    "file",
    "file",
    "windows-registry-key",
    "domain-name",
    "ipv4-addr",
    "ipv6-addr",
    "user-account",
    "url",
    "directory",
    "mac-addr",
    "x-oca-asset",
    "x-oca-event",
];

impl<'a> Env<'a> {
    pub(crate) fn new(rng: Rng, world: &'a World) -> Self {
        let times = times(world);
        Self { rng, world, known: Vec::new(), times, samples: BTreeMap::new() }
    }

    /// The values of an attribute in the records.
    pub(crate) fn values(&mut self, entity: &str, name: &str) -> Vec<Val> {
        let world = self.world;
        let key = (entity.to_owned(), name.to_owned());
        let collect = || {
            let mut found: BTreeSet<Val> = BTreeSet::new();
            for (_, record) in world.records(&(0..world.sources.len()).collect::<Vec<_>>(), None).take(2000) {
                for slot in slots::get_slots(entity) {
                    for place in slots::places(record, entity, slot) {
                        found.extend(slots::value(place, entity, name));
                    }
                }
            }
            found.into_iter().collect()
        };
        self.samples.entry(key).or_insert_with(collect).clone()
    }

    /// Notes values that a computed attribute may have.
    pub(crate) fn remember(&mut self, entity: &str, name: &str, values: Vec<Val>) {
        self.samples.insert((entity.to_owned(), name.to_owned()), values);
    }

    pub(crate) fn bind(&mut self, entity: &str, shape: Form) -> String {
        self.bind_with(entity, shape, Vec::new())
    }

    pub(crate) fn bind_with(&mut self, entity: &str, shape: Form, added: Vec<(String, Kind)>) -> String {
        let name = (*self.rng.pick(&["a", "b", "c", "d", "e", "f"])).to_owned();
        self.known.retain(|k| k.name != name);
        self.known.push(Known { name: name.clone(), entity: entity.to_owned(), shape, added });
        name
    }
}

/// Instants of records, and what lies a little before, between and behind them.
fn times(world: &World) -> Vec<String> {
    let all: BTreeSet<i64> = world.sources.iter().flat_map(|(_, records, _)| records.iter().map(|r| r.time)).collect();
    let all: Vec<i64> = all.into_iter().collect();
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return vec!["2024-01-01T00:00:00Z".to_owned(); 2] };
    let minute = 60_000_000_000;
    let mut picked = BTreeSet::from([first - minute, *first, first + 1_000_000, last + 1_000_000, last + minute]);
    picked.extend((1..5).map(|i| all[all.len() * i / 5]));
    picked.extend((1..4).map(|i| all[all.len() * i / 4] + 1));
    picked.into_iter().filter_map(|t| jiff::Timestamp::from_nanosecond(i128::from(t)).ok()).map(|t| t.to_string()).collect()
}

/// A random hunt: its statements, one a line.
pub(crate) fn hunt(rng: Rng, world: &World) -> Vec<String> {
    let mut env = Env::new(rng, world);
    let count = 2 + env.rng.below(7);
    let mut lines: Vec<String> = Vec::new();
    while lines.len() < count {
        let before = env.known.clone();
        let next = if lines.is_empty() { Some(env.get_source()) } else { env.statement() };
        let Some(line) = next else { continue };
        lines.push(line);
        // Most of what finds nothing is tried again: a chain of empty variables tests little.
        let outcome = crate::oracle::run_text(world, &lines.join("\n"));
        let unknown = outcome.is_err();
        let empty = outcome.is_ok_and(|o| o.bindings.last().is_some_and(|b| b.entities == 0));
        if unknown || empty && env.rng.chance(if lines.len() == 1 { 95 } else { 75 }) {
            lines.pop();
            env.known = before;
        }
    }
    // What is bound is looked at, too.
    for known in env.known.clone() {
        if env.rng.chance(40) {
            lines.push(env.disp(&known));
            // Of names with a real public suffix the oracle cannot say what was registered.
            if lines.last().is_some_and(|l| l.contains(" WITH ")) && crate::oracle::run_text(world, &lines.join("\n")).is_err() {
                lines.pop();
            }
        }
    }
    if env.rng.chance(25) { parameterised(&mut env.rng, lines) } else { lines }
}
