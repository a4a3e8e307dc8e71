//! Observation expressions: every way in which records match one, written out.

use super::get::Sought;
use super::variable::{RecordId, Sighting, Var, Window};
use super::{Hunt, slots};
use huntc_compiler::syntax::ast::{AttrPath, Observation, Pattern, Qualifier, Without};
use std::collections::{BTreeMap, BTreeSet};

/// One match: the records that it binds, each with the number of the pattern that it stands for. A record is bound once.
type Match = BTreeMap<RecordId, usize>;

/// More matches than these are not written out, and nothing is compared.
const MOST: usize = 3_000;

/// The patterns of an expression, with the places in which each holds.
#[derive(Default)]
struct Leaves {
    sightings: Vec<Vec<Sighting>>,
    unidentified: u64,
}

impl Hunt<'_> {
    /// The sightings that some match binds, over the records of all sources together. A process without identity makes no match; it
    /// counts as unidentified once for each pattern that it satisfies.
    pub(crate) fn observe(&self, var: &mut Var, window: Window, observation: &Observation) -> Result<(), String> {
        let mut leaves = Leaves::default();
        let matches = self.matches(var, window, observation, &mut leaves)?;
        let bound: BTreeSet<(RecordId, usize)> = matches.into_iter().flatten().collect();
        for (leaf, sightings) in leaves.sightings.into_iter().enumerate() {
            let held = |s: &Sighting| s.record().is_some_and(|id| bound.contains(&(id, leaf)));
            var.sightings.extend(sightings.into_iter().filter(held));
        }
        var.unidentified += leaves.unidentified;
        var.unite();
        Ok(())
    }

    fn matches(
        &self,
        var: &Var,
        window: Window,
        observation: &Observation,
        leaves: &mut Leaves,
    ) -> Result<BTreeSet<Match>, String> {
        let mut each = |parts: &[Observation]| -> Result<Vec<BTreeSet<Match>>, String> {
            parts.iter().map(|p| self.matches(var, window, p, leaves)).collect()
        };
        let time = |id: &RecordId| self.world.record(*id).time;
        let first = |one: &Match| one.keys().map(time).min();
        let last = |one: &Match| one.keys().map(time).max();
        let found = match observation {
            Observation::One { pattern, .. } => {
                let leaf = leaves.sightings.len();
                self.leaf(var, window, pattern, leaves)?.into_iter().map(|id| Match::from([(id, leaf)])).collect()
            }
            Observation::Or(parts, _) => each(parts)?.into_iter().flatten().collect(),
            Observation::And(parts, _) => together(&each(parts)?, &|_, _| true)?,
            Observation::FollowedBy(parts, _) => together(&each(parts)?, &|a, b| last(a) <= first(b))?,
            Observation::Qualified(part, qualifier, _) => {
                let inside = match qualifier {
                    Qualifier::Between(start, stop) => {
                        Some(window.map_or((start.0, stop.0), |w| (w.0.max(start.0), w.1.min(stop.0))))
                    }
                    _ => window,
                };
                let matches = self.matches(var, inside, part, leaves)?;
                match qualifier {
                    Qualifier::Within(nanos) => {
                        let near = |m: &Match| first(m).zip(last(m)).is_some_and(|(a, b)| b - a <= *nanos);
                        matches.into_iter().filter(near).collect()
                    }
                    Qualifier::Between(..) => matches,
                    Qualifier::Repeats(times) => together(&vec![matches; *times as usize], &|_, _| true)?,
                    Qualifier::By(fields) => {
                        let common = |m: &Match| self.common(&m.keys().copied().collect::<Vec<_>>(), fields);
                        matches.into_iter().filter(common).collect()
                    }
                    Qualifier::Without(without) => self.without(var, window, matches, without, leaves)?,
                }
            }
        };
        if found.len() > MOST { Err("too many matches".to_owned()) } else { Ok(found) }
    }

    /// The records of one pattern, which becomes the next leaf.
    fn leaf(&self, var: &Var, window: Window, pattern: &Pattern, leaves: &mut Leaves) -> Result<BTreeSet<RecordId>, String> {
        let ready = self.ready_pattern(pattern, &var.entity)?;
        let mut alone = Var::new(&var.entity, window, var.sources.clone());
        let sought = Sought { window, ready: &ready, slots: slots::get_slots(&var.entity) };
        self.look(&mut alone, &sought);
        leaves.unidentified += alone.unidentified;
        let records = alone.sightings.iter().filter_map(Sighting::record).collect();
        leaves.sightings.push(alone.sightings);
        Ok(records)
    }

    /// Whether the records have a value in common in each of the fields.
    fn common(&self, records: &[RecordId], fields: &[AttrPath]) -> bool {
        fields.iter().all(|field| {
            let values = |id: &RecordId| -> BTreeSet<String> {
                self.world.record(*id).get(&field.canonical()).iter().map(super::value::Val::text).collect()
            };
            let shared = records.iter().map(values).reduce(|a, b| a.intersection(&b).cloned().collect());
            shared.is_some_and(|shared| !shared.is_empty())
        })
    }

    /// The matches of single records that no record of another pattern follows. One that lacks a field of BY is none.
    fn without(
        &self,
        var: &Var,
        window: Window,
        matches: BTreeSet<Match>,
        without: &Without,
        leaves: &mut Leaves,
    ) -> Result<BTreeSet<Match>, String> {
        let longer = window.map(|(start, stop)| (start, stop.saturating_add(without.nanos)));
        let others = self.leaf(var, longer, &without.pattern, leaves)?;
        let follows = |a: RecordId, b: RecordId| {
            let after = self.world.record(b).time - self.world.record(a).time;
            a != b && 0 <= after && after <= without.nanos && self.common(&[a, b], &without.by)
        };
        let alone = |a: &RecordId| self.common(&[*a], &without.by) && !others.iter().any(|b| follows(*a, *b));
        Ok(matches.into_iter().filter(|m| m.keys().all(alone)).collect())
    }
}

/// One match of each part, no record bound twice; `may` says whether the next fits behind those so far.
fn together(parts: &[BTreeSet<Match>], may: &dyn Fn(&Match, &Match) -> bool) -> Result<BTreeSet<Match>, String> {
    let Some((first, rest)) = parts.split_first() else { return Ok(BTreeSet::new()) };
    let mut all = first.clone();
    for next in rest {
        let mut longer = BTreeSet::new();
        for a in &all {
            for b in next {
                if b.keys().all(|id| !a.contains_key(id)) && may(a, b) {
                    longer.insert(a.iter().chain(b).map(|(id, leaf)| (*id, *leaf)).collect());
                }
            }
            if longer.len() > MOST {
                return Err("too many matches".to_owned());
            }
        }
        all = longer;
    }
    Ok(all)
}
