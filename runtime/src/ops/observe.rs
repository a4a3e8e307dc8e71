//! STIX observation expressions: which sightings of several patterns occur together.
//!
//! Source: OASIS STIX 2.1, part 9 (patterning). AND and FOLLOWEDBY bind *different* observations, REPEATS binds n
//! different ones of one pattern, and WITHIN holds when all bound ones lie in one stretch of time. Here an observation
//! is a record, at one instant. BY keeps records together that have a value in common. The result holds every sighting that
//! some match binds.
//!
//! Matches are never written out: for each record and each pattern it is decided whether some match binds the one to the other.
//! An expression becomes [`alternatives`] without OR; each is decided for each group of records that BY makes. Roles
//! that have no order and share one stretch of time are a [`crowd`]; everything else is followed in the [`course`] of time. Records
//! at one instant, or that stand for the same patterns, are counted and not tried ([`distinct`]). Time grows with the number of
//! records as sorting does, memory with the number of records; what would take more is refused ([`effort`]).

mod alternatives;
mod candidates;
mod course;
mod crowd;
mod distinct;
mod effort;
mod matches;
mod moments;
mod states;

pub use effort::Refused;

use crate::allowance::Allowance;
use crate::table::{Collector, Copier, Sighting, Table};
use alternatives::Reader;
use candidates::Candidates;
use distinct::{MOST_NUMBERS, Numbers};
use effort::{Effort, Hard};
use huntc_compiler::catalog::EntityId;
use huntc_compiler::plan::{Attr, Observe};
use std::sync::Arc;

/// The tables of the patterns of an expression.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Observed<'a> {
    pub shape: &'a Observe,
    /// For each pattern the tables of all sources, pattern by pattern.
    pub inputs: &'a [Arc<Table>],
    pub sources: usize,
}

/// The sightings of all inputs that some match of the expression binds.
pub fn observe(
    observed: Observed<'_>,
    entity: Option<EntityId>,
    columns: &[Attr],
    allowance: &Allowance,
) -> Result<Table, Refused> {
    let Observed { shape, inputs, sources } = observed;
    let effort = Effort::new(allowance);
    let mut reader = Reader::new(shape);
    let alternatives = reader.alternatives(shape)?;
    if inputs.len() > MOST_NUMBERS.saturating_mul(sources.max(1)) {
        return Err(Hard::Patterns.into());
    }
    let mut candidates = Candidates::read(inputs, sources, &reader.fields, &effort)?;
    candidates.sift(&reader.sieves, &effort)?;
    let mut bound: Vec<Numbers> = vec![0; candidates.all.len()];
    for alternative in &alternatives {
        matches::decide(&candidates, alternative, &mut bound, &effort)?;
    }
    let held = |sighting: &Sighting, pattern: usize| {
        let place = sighting.time().zip(sighting.record());
        let place = place.and_then(|place| candidates.all.binary_search_by_key(&place, |one| (one.time, one.record)).ok());
        let stands_for = |at: usize| Some(bound.get(at)? & candidates.kinds.get(candidates.all.get(at)?.kind));
        sighting.counted() && place.and_then(stands_for).is_some_and(|patterns| patterns & (1 << pattern) != 0)
    };
    let mut collector = Collector::default();
    for (input, table) in inputs.iter().enumerate() {
        let mut copier = Copier::new(&table.columns, columns);
        for one in table.entities() {
            for sighting in one.sightings().filter(|s| held(s, input / sources.max(1))) {
                let number = collector.number(one.key().clone());
                copier.put(&one, sighting, number, &mut collector);
            }
        }
    }
    let mut out = collector.finish(entity, columns);
    // Nobody can know whether a match binds them, so they count once for each pattern that they satisfy.
    out.unidentified = inputs.iter().map(|t| t.unidentified).sum();
    out.partial = inputs.iter().any(|t| t.partial);
    Ok(out)
}

#[cfg(test)]
mod tests;
