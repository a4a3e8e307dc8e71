//! Observation expressions: every way in which records match one, written out.

use super::get::Sought;
use super::variable::{RecordId, Sighting, Var, Window};
use super::{Hunt, slots};
use huntc_compiler::syntax::ast::{Observation, Qualifier};
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
    /// The sightings that some match binds, in each source by itself. A process without identity makes no match; it counts as
    /// unidentified once for each pattern that it satisfies.
    pub(crate) fn observe(&self, var: &mut Var, window: Window, observation: &Observation) -> Result<(), String> {
        for source in var.sources.clone() {
            let mut leaves = Leaves::default();
            let matches = self.matches(&var.entity, source, window, observation, &mut leaves)?;
            let bound: BTreeSet<(RecordId, usize)> = matches.into_iter().flatten().collect();
            for (leaf, sightings) in leaves.sightings.into_iter().enumerate() {
                let held = |s: &Sighting| s.record().is_some_and(|id| bound.contains(&(id, leaf)));
                var.sightings.extend(sightings.into_iter().filter(held));
            }
            var.unidentified += leaves.unidentified;
        }
        var.unite();
        Ok(())
    }

    fn matches(
        &self,
        entity: &str,
        source: usize,
        window: Window,
        observation: &Observation,
        leaves: &mut Leaves,
    ) -> Result<BTreeSet<Match>, String> {
        let mut each = |parts: &[Observation]| -> Result<Vec<BTreeSet<Match>>, String> {
            parts.iter().map(|p| self.matches(entity, source, window, p, leaves)).collect()
        };
        let time = |id: &RecordId| self.world.record(*id).time;
        let first = |one: &Match| one.keys().map(time).min();
        let last = |one: &Match| one.keys().map(time).max();
        let found = match observation {
            Observation::One { pattern, .. } => {
                let ready = self.ready_pattern(pattern, entity)?;
                let mut alone = Var::new(entity, window, vec![source]);
                let sought = Sought { window, ready: &ready, slots: slots::get_slots(entity) };
                self.look(&mut alone, &sought);
                let leaf = leaves.sightings.len();
                leaves.unidentified += alone.unidentified;
                let found = alone.sightings.iter().filter_map(Sighting::record).map(|id| Match::from([(id, leaf)])).collect();
                leaves.sightings.push(alone.sightings);
                found
            }
            Observation::Or(parts, _) => each(parts)?.into_iter().flatten().collect(),
            Observation::And(parts, _) => together(&each(parts)?, &|_, _| true)?,
            Observation::FollowedBy(parts, _) => together(&each(parts)?, &|a, b| last(a) <= first(b))?,
            Observation::Qualified(part, qualifier, _) => {
                let window = match qualifier {
                    Qualifier::Between(start, stop) => {
                        Some(window.map_or((start.0, stop.0), |w| (w.0.max(start.0), w.1.min(stop.0))))
                    }
                    _ => window,
                };
                let matches = self.matches(entity, source, window, part, leaves)?;
                match qualifier {
                    Qualifier::Within(nanos) => {
                        let near = |m: &Match| first(m).zip(last(m)).is_some_and(|(a, b)| b - a <= *nanos);
                        matches.into_iter().filter(near).collect()
                    }
                    Qualifier::Between(..) => matches,
                    Qualifier::Repeats(times) => together(&vec![matches; *times as usize], &|_, _| true)?,
                }
            }
        };
        if found.len() > MOST { Err("too many matches".to_owned()) } else { Ok(found) }
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
