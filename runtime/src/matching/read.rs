//! Reads sightings out of records: for GET, for FIND, and of creation records.

use super::code_cache::CodeCache;
use super::condition::Condition;
use super::field_has::Guarded;
use super::identity::identify;
use super::view::{Instance, Memo, View};
use super::{Holds, Reading, Standing, Unread};
use crate::allowance::{Allowance, Spent};
use crate::source::Records;
use crate::table::{Collector, Growth, Key, Sighting, TupleId};
use foldhash::{HashMap, HashSet};
use huntc_compiler::catalog::{EntityId, SlotId, Way};
use huntc_compiler::plan::{Attr, Predicate, SightingAttr};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;

/// Sightings read from records.
#[derive(Default)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Found {
    pub sightings: Collector,
    /// Record id and slot of each process without identity; each may come several times.
    pub unidentified: Vec<(u64, u8)>,
    /// For a traced step: which entity led to which.
    pub links: Vec<Link>,
    /// Roughly the bytes of all that was counted so far.
    counted: usize,
}

/// After so many records it is asked whether the hunt may go on.
const BATCH: usize = 1024;

/// In one record one entity led to another.
#[derive(Clone, Debug)]
pub struct Link {
    /// The entity that was found.
    pub child: Key,
    /// `@timestamp` of the record.
    pub time: Option<Instant>,
    /// The entity that it was found from. Of several in one slot, the one with the smallest key.
    pub parent: Key,
}

/// How much was found at some time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    sightings: usize,
    unidentified: usize,
    links: usize,
}

impl Found {
    /// How much was found so far.
    pub fn mark(&self) -> Mark {
        Mark { sightings: self.sightings.count(), unidentified: self.unidentified.len(), links: self.links.len() }
    }

    /// Forgets what was found since then.
    pub fn back_to(&mut self, mark: Mark) {
        self.sightings.truncate(mark.sightings);
        self.unidentified.truncate(mark.unidentified);
        self.links.truncate(mark.links);
    }

    /// How many processes without identity were found.
    pub fn unidentified_count(&mut self) -> u64 {
        self.unidentified.sort_unstable();
        self.unidentified.dedup();
        self.unidentified.len() as u64
    }

    /// Called before each record: now and then asks whether the hunt may go on, and counts what was found.
    fn goes_on(&mut self, record: usize, allowance: &Allowance) -> Result<(), Spent> {
        if record.is_multiple_of(BATCH) { self.count(allowance) } else { Ok(()) }
    }

    /// Counts what was found since the last time.
    fn count(&mut self, allowance: &Allowance) -> Result<(), Spent> {
        allowance.check()?;
        let beside = self.links.len() * size_of::<Link>() + size_of_val(self.unidentified.as_slice());
        let all = self.sightings.bytes() + beside;
        allowance.take(all.saturating_sub(self.counted) as u64, "what a statement finds")?;
        self.counted = all;
        Ok(())
    }

    /// Remembers that the entities with these numbers were found from `parent`.
    fn link(&mut self, children: &[u32], time: Option<Instant>, parent: &Key) {
        let children = children.iter().filter_map(|number| self.sightings.key(*number));
        self.links.extend(children.map(|child| Link { child: child.clone(), time, parent: parent.clone() }));
    }
}

/// GET: a sighting for every slot that GET looks at and in which the condition holds.
pub fn scan(
    reading: &Reading<'_>,
    records: &Records,
    entity: EntityId,
    predicate: &Predicate,
    out: &mut Found,
) -> Result<(), Unread> {
    let condition = Condition::new(predicate, reading.catalog, reading.references)?;
    let others = others(reading, records, entity, &condition);
    for slot in reading.catalog.get(entity).get_slots().filter(|slot| reading.slot.is_none_or(|only| only == *slot)) {
        let view = View::new(reading.catalog, entity, slot, records, attrs(reading, entity, &condition));
        let mut place = Place::new(reading, &view, &condition, &others, entity);
        let mut instances = Vec::new();
        for record in 0..records.len() {
            out.goes_on(record, reading.allowance)?;
            view.instances(record, &mut instances);
            for instance in &instances {
                place.take(record, *instance, out)?;
            }
        }
    }
    Ok(out.count(reading.allowance)?)
}

/// One step along a relation.
#[derive(Clone, Copy)]
pub struct Hop<'a> {
    /// Type of the entities that the step starts from.
    pub input: EntityId,
    /// Keys of the entities that the step starts from.
    pub keys: &'a HashSet<&'a Key>,
    /// The pairs of an input slot and an output slot that the relation connects.
    pub ways: &'a [Way],
    /// Type of the entities that the step finds.
    pub entity: EntityId,
    /// The condition on the output slot.
    pub filter: &'a Predicate,
    /// Whether to fill [`Found::links`].
    pub trace: bool,
}

/// FIND: in each record that has one of `keys` in the input slot, the entity in the output slot, if the condition holds there.
pub fn pivot(reading: &Reading<'_>, records: &Records, hop: &Hop<'_>, out: &mut Found) -> Result<(), Unread> {
    let Hop { input, keys, ways, entity, filter, trace } = *hop;
    let condition = Condition::new(filter, reading.catalog, reading.references)?;
    let others = others(reading, records, entity, &condition);
    for way in ways {
        let from = View::new(reading.catalog, input, way.input, records, []);
        let to = View::new(reading.catalog, entity, way.output, records, attrs(reading, entity, &condition));
        let mut place = Place::new(reading, &to, &condition, &others, entity);
        let guards: Vec<Guarded<'_>> = way.guard.iter().map(|g| Guarded::new(records, g)).collect();
        let mut wanted = CodeCache::default();
        let (mut inputs, mut outputs, mut children) = (Vec::new(), Vec::new(), Vec::new());
        for record in 0..records.len() {
            out.goes_on(record, reading.allowance)?;
            if !guards.iter().all(|g| g.holds(record)) {
                continue;
            }
            from.instances(record, &mut inputs);
            let mut hit = |i: &Instance| {
                let stands = || matches!(identify(reading, &from, record, *i), Standing::Entity(key) if keys.contains(&key));
                wanted.get(|codes| from.identity_fingerprint(record, *i, codes), stands)
            };
            if !inputs.iter().any(&mut hit) {
                continue;
            }
            to.instances(record, &mut outputs);
            children.clear();
            for instance in &outputs {
                children.extend(place.take(record, *instance, out)?);
            }
            if trace && !children.is_empty() {
                let stands = inputs.iter().map(|i| identify(reading, &from, record, *i));
                let parents = stands.filter_map(|s| if let Standing::Entity(key) = s { Some(key) } else { None });
                if let Some(parent) = parents.filter(|key| keys.contains(key)).min() {
                    out.link(&children, records.times.get(record).copied().flatten(), &parent);
                }
            }
        }
    }
    Ok(out.count(reading.allowance)?)
}

/// The creation records of the entities of a table. The sightings are kept, but not counted.
pub fn creation_records(reading: &Reading<'_>, records: &Records, entity: EntityId, out: &mut Growth<'_>) -> Result<(), Unread> {
    let view = View::new(reading.catalog, entity, SlotId(0), records, reading.columns);
    let mut places = CodeCache::default();
    for record in 0..records.len() {
        if record.is_multiple_of(BATCH) {
            reading.allowance.check()?;
        }
        if !view.is_creation(record) {
            continue;
        }
        let place = || match identify(reading, &view, record, None) {
            Standing::Entity(key) => out.place(&key),
            _ => None,
        };
        if let Some(place) = places.get(|codes| view.identity_fingerprint(record, None, codes), place) {
            let mut sighting = sighting(&view, record, TupleId::default());
            sighting.set_creation(true);
            sighting.set_counted(false);
            let values = || tuple(reading, &view, record, None);
            out.add(place, sighting, values, records.observations.get(record));
        }
    }
    Ok(())
}

/// What to read in a slot of the type that is read: the columns that sightings keep and those that are compared.
fn attrs<'a>(reading: &'a Reading<'_>, entity: EntityId, condition: &'a Condition) -> impl Iterator<Item = &'a Attr> {
    reading.columns.iter().chain(compared(condition, entity))
}

fn compared(condition: &Condition, entity: EntityId) -> impl Iterator<Item = &Attr> {
    condition.comparisons.iter().filter(move |c| c.entity == entity).map(|c| &c.attr)
}

/// Views of every slot of the other types that a condition compares.
fn others<'r>(
    reading: &Reading<'r>,
    records: &'r Records,
    entity: EntityId,
    condition: &Condition,
) -> Vec<(EntityId, Vec<View<'r>>)> {
    let mut types: Vec<EntityId> = condition.comparisons.iter().map(|c| c.entity).filter(|e| *e != entity).collect();
    types.sort_unstable();
    types.dedup();
    let views = |other: EntityId| {
        let slots = reading.catalog.get(other).get_slots();
        slots.map(|slot| View::new(reading.catalog, other, slot, records, compared(condition, other))).collect()
    };
    types.into_iter().map(|other| (other, views(other))).collect()
}

/// What was decided before, by comparison and view (`usize::MAX` for the view of the read slot).
type Memos = HashMap<(usize, usize), Memo>;

/// What a slot holds, with the entity as its number in the collector.
#[derive(Clone, Copy)]
enum Who {
    Nothing,
    Unidentified,
    Entity(u32),
}

/// One slot that is read under a condition.
struct Place<'a, 'r> {
    reading: &'a Reading<'r>,
    view: &'a View<'r>,
    condition: &'a Condition,
    others: &'a [(EntityId, Vec<View<'r>>)],
    entity: EntityId,
    memos: Memos,
    who: CodeCache<Who>,
    tuples: CodeCache<TupleId>,
}

impl<'a, 'r> Place<'a, 'r> {
    fn new(
        reading: &'a Reading<'r>,
        view: &'a View<'r>,
        condition: &'a Condition,
        others: &'a [(EntityId, Vec<View<'r>>)],
        entity: EntityId,
    ) -> Self {
        let (memos, who, tuples) = (Memos::default(), CodeCache::default(), CodeCache::default());
        Self { reading, view, condition, others, entity, memos, who, tuples }
    }

    /// Adds the sighting of a slot of a record, if the condition holds there. Answers the number of its entity.
    fn take(&mut self, record: usize, instance: Instance, out: &mut Found) -> Result<Option<u32>, Spent> {
        // The condition is tested first, because it is mostly decided once for each dictionary entry.
        let holds = self.holds(record, instance);
        if holds == Holds::No {
            return Ok(None);
        }
        if holds == Holds::Undecided {
            // It took as many steps as it may, and the next record may be like it.
            self.reading.allowance.check()?;
        }
        let (reading, view) = (self.reading, self.view);
        let stands = || match identify(reading, view, record, instance) {
            Standing::Nothing => Who::Nothing,
            Standing::Unidentified => Who::Unidentified,
            Standing::Entity(key) => Who::Entity(out.sightings.number(key)),
        };
        let who = self.who.get(|codes| view.identity_fingerprint(record, instance, codes), stands);
        match who {
            Who::Nothing => Ok(None),
            Who::Unidentified => {
                let id = view.records.ids.get(record).copied().unwrap_or_default();
                out.unidentified.push((id, view.slot.0));
                Ok(None)
            }
            Who::Entity(number) => {
                let values = values(reading, view, record, instance, &mut self.tuples, out);
                let mut sighting = sighting(view, record, values);
                sighting.undecided = u16::from(holds == Holds::Undecided);
                out.sightings.put(number, sighting, view.records.observations.get(record));
                Ok(Some(number))
            }
        }
    }

    fn holds(&mut self, record: usize, instance: Instance) -> Holds {
        let mut chosen = Vec::with_capacity(self.others.len());
        self.choose(record, instance, &mut chosen)
    }

    /// Whether one slot of each other type can be chosen so that the whole condition holds.
    fn choose(&mut self, record: usize, instance: Instance, chosen: &mut Vec<Option<(usize, Instance)>>) -> Holds {
        let Some((_, views)) = self.others.get(chosen.len()) else { return self.decide(record, instance, chosen) };
        let mut instances = Vec::new();
        let mut best = Holds::No;
        for (at, view) in views.iter().enumerate() {
            view.instances(record, &mut instances);
            for other in &instances {
                if !matches!(identify(self.reading, view, record, *other), Standing::Entity(_)) {
                    continue;
                }
                chosen.push(Some((at, *other)));
                best = best.max(self.choose(record, instance, chosen));
                chosen.pop();
                if best == Holds::Yes {
                    return best;
                }
            }
        }
        // No slot of this type is chosen: comparisons on it are false.
        chosen.push(None);
        best = best.max(self.choose(record, instance, chosen));
        chosen.pop();
        best
    }

    fn decide(&mut self, record: usize, instance: Instance, chosen: &[Option<(usize, Instance)>]) -> Holds {
        let (condition, others, centre, view) = (self.condition, self.others, self.entity, self.view);
        let memos = &mut self.memos;
        condition.holds(&mut |n| {
            let Some(comparison) = condition.comparisons.get(n) else { return Holds::No };
            let (view, at, instance) = if comparison.entity == centre {
                (view, usize::MAX, instance)
            } else {
                let other = others.iter().position(|(e, _)| *e == comparison.entity);
                let Some((other, (at, instance))) = other.and_then(|o| Some((o, (*chosen.get(o)?)?))) else { return Holds::No };
                let Some(view) = others.get(other).and_then(|(_, views)| views.get(at)) else { return Holds::No };
                (view, at, instance)
            };
            match &comparison.attr {
                attr @ (Attr::Catalog(_) | Attr::Record(_)) => {
                    let memo = memos.entry((n, at)).or_default();
                    view.decide(&comparison.comparer, comparison.registry, attr, record, instance, memo)
                }
                Attr::Sighting(which) => comparison.comparer.holds(&observed(view, record, *which)),
                Attr::Added(_) => comparison.comparer.holds(&[]),
            }
        })
    }
}

fn observed(view: &View<'_>, record: usize, which: SightingAttr) -> Vec<Value> {
    let value = match which {
        SightingAttr::FirstObserved | SightingAttr::LastObserved => {
            view.records.times.get(record).copied().flatten().map(Value::Time)
        }
        SightingAttr::NumberObserved => Some(Value::Int(1)),
        SightingAttr::ObservationId => view.records.observations.get(record).cloned().map(Value::Text),
    };
    value.into_iter().collect()
}

/// The demanded values in a slot of a record.
fn values(
    reading: &Reading<'_>,
    view: &View<'_>,
    record: usize,
    instance: Instance,
    known: &mut CodeCache<TupleId>,
    out: &mut Found,
) -> TupleId {
    let fingerprint = |codes: &mut Vec<u32>| {
        reading.columns.iter().for_each(|attr| view.fingerprint(attr, record, instance, codes));
        true
    };
    let read = || out.sightings.tuple(&tuple(reading, view, record, instance));
    known.get(fingerprint, read)
}

/// The demanded values in a slot of a record, one for each column.
fn tuple(reading: &Reading<'_>, view: &View<'_>, record: usize, instance: Instance) -> Vec<Option<Value>> {
    let mut values = Vec::new();
    let value = |attr: &Attr| {
        view.values(attr, record, instance, &mut values);
        match values.len() {
            0 => None,
            1 => values.pop(),
            _ => Some(Value::List(values.drain(..).collect())),
        }
    };
    reading.columns.iter().map(value).collect()
}

/// The sighting in a slot of a record.
fn sighting(view: &View<'_>, record: usize, values: TupleId) -> Sighting {
    let records = view.records;
    Sighting::new(records.ids.get(record).copied(), records.times.get(record).copied().flatten(), view.slot.0, values)
}
