//! Random expressions over few records, with many ties and records that satisfy several patterns, against every match written
//! out.
//!
//! ```text
//! HUNTC_OBSERVE_CASES=100000 HUNTC_OBSERVE_SEED=7 cargo test -p huntc-runtime --lib every_match_written_out
//! ```

use super::super::{Observed, Refused, observe};
use crate::allowance::Allowance;
use crate::table::{Collector, Key, Rung, Sighting, Table};
use crate::testing::second;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::plan::{Attr, Observe};
use huntc_compiler::time::SECOND;
use huntc_compiler::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// More matches than these are not written out.
const MOST: usize = 2_000;

/// A match: the records that it binds, each with its pattern.
type Match = BTreeMap<u64, usize>;

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Records by number: second, and the values of two fields.
#[derive(Clone, Debug)]
struct World {
    records: Vec<(i64, [Vec<&'static str>; 2])>,
    /// For each pattern the records that satisfy it.
    patterns: Vec<BTreeSet<u64>>,
}

fn field(number: usize) -> Attr {
    let name = ["host.name", "user.name"][number];
    Attr::Record(Catalog::builtin().record_field(name).unwrap().clone())
}

fn number(attr: &Attr) -> usize {
    usize::from(*attr == field(1))
}

fn world(rng: &mut Rng, patterns: usize) -> World {
    let (most, seconds) = (2 + rng.below(5), 1 + rng.below(7));
    let mut records: Vec<(i64, [Vec<&str>; 2])> = Vec::new();
    for _ in 0..=most {
        let mut values = || match rng.below(10) {
            0 => vec![],
            1 => vec!["a", "b"],
            2..=4 => vec!["b"],
            _ => vec!["a"],
        };
        let values = [values(), values()];
        records.push((rng.below(seconds) as i64, values));
    }
    let often = 30 + rng.below(60);
    let numbers = 0..records.len() as u64;
    let patterns = (0..patterns).map(|_| numbers.clone().filter(|_| rng.chance(often)).collect()).collect();
    World { records, patterns }
}

/// A random expression; `patterns` counts those of it.
fn expression(rng: &mut Rng, depth: u64, patterns: &mut usize) -> Observe {
    let one = |patterns: &mut usize| {
        *patterns += 1;
        Observe::One(*patterns - 1)
    };
    let mut shape = if depth == 0 || rng.chance(25) {
        one(patterns)
    } else {
        let parts = (0..2 + rng.below(2)).map(|_| expression(rng, depth - 1, patterns)).collect();
        match rng.below(5) {
            0 => Observe::Or(parts),
            1 | 2 => Observe::And(parts),
            _ => Observe::FollowedBy(parts),
        }
    };
    let by = |rng: &mut Rng| -> Vec<Attr> { (0..2).filter(|_| rng.chance(60)).map(field).collect() };
    for _ in 0..2 {
        shape = match rng.below(if depth == 0 { 16 } else { 9 }) {
            0 | 1 => Observe::Within(Box::new(shape), SECOND * rng.below(5) as i64 + 1),
            2 => Observe::Repeats(Box::new(shape), 1 + rng.below(3) as u32),
            3 => match by(rng) {
                by if by.is_empty() => shape,
                by => Observe::By(Box::new(shape), by),
            },
            4 if matches!(shape, Observe::One(_)) => {
                let Observe::One(absent) = one(patterns) else { unreachable!() };
                Observe::Without { part: Box::new(shape), absent, nanos: SECOND * rng.below(4) as i64 + 1, by: by(rng) }
            }
            _ => shape,
        };
    }
    shape
}

impl World {
    fn time(&self, record: u64) -> i64 {
        self.records[record as usize].0
    }

    /// Whether the records have a value in common in each of the fields.
    fn common(&self, records: &[u64], by: &[Attr]) -> bool {
        by.iter().all(|attr| {
            let values = |r: &u64| &self.records[*r as usize].1[number(attr)];
            ["a", "b"].iter().any(|value| records.iter().all(|r| values(r).contains(value)))
        })
    }

    /// Every match of an expression; `None` where there are too many.
    fn matches(&self, shape: &Observe) -> Option<BTreeSet<Match>> {
        let first = |m: &Match| m.keys().map(|r| self.time(*r)).min();
        let last = |m: &Match| m.keys().map(|r| self.time(*r)).max();
        let all = |parts: &[Observe]| parts.iter().map(|p| self.matches(p)).collect::<Option<Vec<_>>>();
        let records = |m: &Match| m.keys().copied().collect::<Vec<u64>>();
        let found: BTreeSet<Match> = match shape {
            Observe::One(pattern) => self.patterns[*pattern].iter().map(|r| Match::from([(*r, *pattern)])).collect(),
            Observe::Or(parts) => all(parts)?.into_iter().flatten().collect(),
            Observe::And(parts) => together(&all(parts)?, &|_, _| true)?,
            Observe::FollowedBy(parts) => together(&all(parts)?, &|a, b| last(a) <= first(b))?,
            Observe::Repeats(part, n) => together(&vec![self.matches(part)?; *n as usize], &|_, _| true)?,
            Observe::Within(part, nanos) => {
                let near = |m: &Match| (last(m).unwrap() - first(m).unwrap()) * SECOND <= *nanos;
                self.matches(part)?.into_iter().filter(near).collect()
            }
            Observe::By(part, by) => self.matches(part)?.into_iter().filter(|m| self.common(&records(m), by)).collect(),
            Observe::Without { part, absent, nanos, by } => {
                let follows = |a: u64, b: u64| {
                    let after = (self.time(b) - self.time(a)) * SECOND;
                    a != b && 0 <= after && after <= *nanos && self.common(&[a, b], by)
                };
                let alone = |a: u64| self.common(&[a], by) && !self.patterns[*absent].iter().any(|b| follows(a, *b));
                self.matches(part)?.into_iter().filter(|m| m.keys().all(|a| alone(*a))).collect()
            }
        };
        (found.len() <= MOST).then_some(found)
    }

    /// The tables of the patterns: the slot of a sighting is the number of the pattern. Records belong to one of two sources.
    fn tables(&self, sources: usize) -> Vec<Arc<Table>> {
        let table = |pattern: usize, source: usize| {
            let mut collector = Collector::default();
            for record in self.patterns[pattern].iter().filter(|r| **r as usize % sources == source) {
                let values = &self.records[*record as usize].1;
                let value = |values: &Vec<&str>| match values.as_slice() {
                    [] => None,
                    [one] => Some(Value::text(*one)),
                    several => Some(Value::List(several.iter().map(|v| Value::text(*v)).collect())),
                };
                let key = Key::new(Rung::Plain, [Some(Value::Int(*record as i64))], None);
                let values = collector.tuple(&values.iter().map(value).collect::<Vec<_>>());
                let sighting = Sighting::new(Some(*record), Some(second(self.time(*record))), pattern as u8, values);
                collector.add(key, sighting, None);
            }
            Arc::new(collector.finish(None, &[field(0), field(1)]))
        };
        (0..self.patterns.len()).flat_map(|pattern| (0..sources).map(move |source| table(pattern, source))).collect()
    }
}

/// One match of each part, no record twice; `may` says whether the next one fits behind those so far.
fn together(parts: &[BTreeSet<Match>], may: &dyn Fn(&Match, &Match) -> bool) -> Option<BTreeSet<Match>> {
    let (first, rest) = parts.split_first()?;
    let mut all = first.clone();
    for next in rest {
        let mut longer = BTreeSet::new();
        for (a, b) in all.iter().flat_map(|a| next.iter().map(move |b| (a, b))) {
            if b.keys().all(|r| !a.contains_key(r)) && may(a, b) {
                longer.insert(a.iter().chain(b).map(|(r, p)| (*r, *p)).collect());
            }
            if longer.len() > MOST {
                return None;
            }
        }
        all = longer;
    }
    Some(all)
}

#[test]
fn every_match_written_out_binds_the_same_records() {
    let set = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (cases, seed) = (set("HUNTC_OBSERVE_CASES", 3_000), set("HUNTC_OBSERVE_SEED", 1));
    let (mut compared, mut with_matches, mut refused) = (0_u64, 0_u64, 0_u64);
    for case in 0..cases {
        let mut rng = Rng(seed.wrapping_mul(1_000_003).wrapping_add(case));
        let mut patterns = 0;
        let depth = rng.below(3);
        let shape = expression(&mut rng, depth, &mut patterns);
        let world = world(&mut rng, patterns);
        let Some(matches) = world.matches(&shape) else { continue };
        let wanted: BTreeSet<(u64, usize)> = matches.into_iter().flatten().collect();
        let sources = 1 + rng.below(2) as usize;
        let inputs = world.tables(sources);
        let observed = Observed { shape: &shape, inputs: &inputs, sources };
        let table = match observe(observed, None, &[], &Allowance::default()) {
            Ok(table) => table,
            Err(Refused::Hard(_)) => {
                refused += 1;
                continue;
            }
            Err(spent) => panic!("{spent:?}"),
        };
        let sightings = table.entities().flat_map(|entity| entity.sightings());
        let found: BTreeSet<(u64, usize)> = sightings.map(|s| (s.record().unwrap(), usize::from(s.slot))).collect();
        assert_eq!(found, wanted, "seed {seed}, case {case}: {shape:?}\n{world:#?}");
        compared += 1;
        with_matches += u64::from(!wanted.is_empty());
    }
    println!("{compared} of {cases} compared, {with_matches} of them with matches; {refused} refused");
    assert!(with_matches * 4 > cases, "{with_matches} of {cases} have matches");
    assert!(refused * 100 <= cases, "{refused} of {cases} are refused");
}
