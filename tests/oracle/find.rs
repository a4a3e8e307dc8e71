//! FIND: steps through the records of the window.

use super::get::widen;
use super::identity::Ident;
use super::pattern::Ready;
use super::relations::{Pivot, pivots};
use super::value::Val;
use super::variable::{At, RecordId, Sighting, Var, Window};
use super::{Hunt, attributes, slots};
use huntc_compiler::commands::find::Find;
use std::collections::{BTreeMap, BTreeSet};

/// Where something was found: record, slot, and which of several values there.
type Spot = (RecordId, &'static str, Option<slots::Item>);

/// What a FIND looks for, and where.
struct Step<'a> {
    input: &'a str,
    output: &'a str,
    pivots: Vec<Pivot>,
    sources: &'a [usize],
    window: Window,
    filter: Ready,
}

/// What stands where, and whether the condition could not be decided there.
type Found = BTreeMap<Spot, (Option<Ident>, bool)>;

impl Hunt<'_> {
    pub(crate) fn find(&self, find: &Find) -> Result<Var, String> {
        let input = self.var(&find.variable.text)?;
        let entity = find.entity.text.as_str();
        if attributes::of(entity).is_empty() {
            return Err(format!("no type {entity}"));
        }
        let pivots = pivots(entity, &find.relation.text.to_lowercase(), find.by.is_some(), &input.entity)
            .ok_or_else(|| format!("no relation {}", find.relation.text))?;
        if input.sources.is_empty() {
            return Err("no source to ask".to_owned());
        }
        let explicit = self.world.explicit(find.span.as_ref())?;
        let (window, search) = if explicit.is_some() { (explicit, explicit) } else { (widen(input.window), input.window) };
        let filter = self.ready(find.filter.as_ref(), entity)?;
        let limit = find.limit.as_ref().map(|c| c.value.ok_or("no count")).transpose()?;
        let step = Step { input: &input.entity, output: entity, pivots, sources: &input.sources, window, filter };

        let mut sought: BTreeSet<Ident> = input.idents();
        let mut found = Found::new();
        let mut depths: BTreeMap<Ident, i64> = BTreeMap::new();
        let mut left = find.depth.map_or(Some(1), |d| d.steps);
        loop {
            if left == Some(0) {
                break;
            }
            let before = (found.len(), sought.len());
            self.step(&step, &sought, &mut found);
            if find.depth.is_none() {
                break;
            }
            // An entity has the depth at which it was found first; the input's own are found only if they come back.
            let depth = 1 + depths.values().copied().max().unwrap_or(0);
            for ident in found.values().filter_map(|(ident, _)| ident.as_ref()) {
                depths.entry(ident.clone()).or_insert(depth);
            }
            // Everything found so far is looked for again: what it finds is found once.
            sought.extend(found.values().filter_map(|(ident, _)| ident.as_ref()).cloned());
            left = left.map(|n| n - 1);
            if before == (found.len(), sought.len()) {
                break;
            }
        }
        let mut var = Var::new(entity, search, input.sources.clone());
        var.born = "find";
        if find.depth.is_some() {
            var.added_names = vec!["depth".to_owned()];
            let depth = |(ident, depth): (Ident, i64)| (ident, BTreeMap::from([("depth".to_owned(), Some(Val::Int(depth)))]));
            var.added = depths.into_iter().map(depth).collect();
        }
        for ((id, slot, item), (ident, undecided)) in found {
            match ident {
                Some(ident) => {
                    var.sightings.push(Sighting { ident, counted: true, undecided, at: At::Record { id, slot, item } });
                }
                None => var.unidentified += 1,
            }
        }
        self.finish(&mut var, window, limit);
        Ok(var)
    }

    /// Every projected place of every record in which one of those sought stands.
    fn step(&self, step: &Step<'_>, sought: &BTreeSet<Ident>, found: &mut Found) {
        for (id, record) in self.world.records(step.sources, step.window) {
            let identities = self.world.identities(id.0);
            let stands = |slot: &'static str| {
                let here = slots::places(record, step.input, slot);
                let mut idents = here.into_iter().filter_map(|p| identities.ident(step.input, p));
                idents.any(|i| i.pivots && sought.contains(&i))
            };
            for pivot in step.pivots.iter().filter(|p| (p.guard)(record)) {
                if !stands(pivot.input) {
                    continue;
                }
                for place in slots::places(record, step.output, pivot.output) {
                    let holds = || step.filter.holds_at(place, step.output, identities);
                    if holds() {
                        let undecided = step.filter.is_undecided(&holds);
                        found.insert((id, place.slot, place.item), (identities.ident(step.output, place), undecided));
                    }
                }
            }
        }
    }
}
