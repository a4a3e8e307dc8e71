//! FIND: one step through the records of the window.

use super::get::widen;
use super::relations::pivots;
use super::variable::{At, Sighting, Var};
use super::{Hunt, attributes, slots};
use huntc_compiler::commands::find::Find;
use std::collections::{BTreeMap, BTreeSet};

impl Hunt<'_> {
    pub(crate) fn find(&self, find: &Find) -> Result<Var, String> {
        let input = self.var(&find.variable.text)?;
        let entity = find.entity.text.as_str();
        if find.depth.is_some() || attributes::of(entity).is_empty() {
            return Err("not a FIND of the oracle".to_owned());
        }
        let pivots = pivots(entity, &find.relation.text.to_lowercase(), find.by.is_some(), &input.entity)
            .ok_or_else(|| format!("no relation {}", find.relation.text))?;
        if input.sources.is_empty() {
            return Err("no source to ask".to_owned());
        }
        let explicit = self.world.explicit(find.span.as_ref())?;
        let (request, search) = if explicit.is_some() { (explicit, explicit) } else { (widen(input.window), input.window) };
        let ready = self.ready(find.filter.as_ref(), entity)?;
        let limit = find.limit.map(|c| c.value.ok_or("no count")).transpose()?;

        let sought: BTreeSet<_> = input.idents().into_iter().filter(|i| i.pivots).collect();
        let mut var = Var::new(entity, search, input.sources.clone());
        for (id, record) in self.world.records(&input.sources, request) {
            let identities = self.world.identities(id.0);
            let stands = |slot: &'static str| {
                let here = slots::places(record, &input.entity, slot);
                here.into_iter().any(|p| identities.ident(&input.entity, p).is_some_and(|i| sought.contains(&i)))
            };
            let mut known: BTreeMap<&str, bool> = BTreeMap::new();
            let mut done: BTreeSet<&str> = BTreeSet::new();
            for pivot in &pivots {
                if !(pivot.guard)(record) || done.contains(pivot.output) {
                    continue;
                }
                if !*known.entry(pivot.input).or_insert_with(|| stands(pivot.input)) {
                    continue;
                }
                done.insert(pivot.output);
                for place in slots::places(record, entity, pivot.output) {
                    if !ready.holds_at(place, entity, identities) {
                        continue;
                    }
                    match identities.ident(entity, place) {
                        Some(ident) => {
                            let at = At::Record { id, slot: place.slot, item: place.item };
                            var.sightings.push(Sighting { ident, counted: true, at });
                        }
                        None => var.unidentified += 1,
                    }
                }
            }
        }
        self.finish(&mut var, request, limit);
        Ok(var)
    }
}
