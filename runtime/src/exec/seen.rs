//! When and where the entities of the variables were seen. The tables are gone through twice, and nothing is kept of single
//! sightings.

use super::Run;
use crate::allowance::Spent;
use crate::report::sightings::{BINS, Lane, LaneHost, MOST_HOSTS, SightingsReport};
use crate::table::{Entity as SeenEntity, Key, Rung, Sighting, Table};
use foldhash::HashMap;
use huntc_compiler::plan::demand::HOST;
use huntc_compiler::plan::{Attr, Shape, Variable};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// Sightings between two looks at whether the hunt may go on.
const LOOK: u64 = 1 << 16;

/// Roughly what the count of a lane takes.
const LANE_BYTES: usize = 160;

/// A variable with its table.
struct SeenVariable {
    name: String,
    table: Arc<Table>,
    /// The place of the host among the table's columns.
    host: Option<usize>,
}

/// What is counted of a variable's entities on a host.
#[derive(Default)]
struct LaneCount {
    /// The entity that was counted last, by its place, from 1.
    last: usize,
    entities: u64,
    sightings: u64,
    span: Option<(Instant, Instant)>,
    bins: BTreeMap<u16, u64>,
}

/// A sighting with what it is counted under: numbers of its host and its variable, and the place of its entity, from 1.
struct Placed {
    host: usize,
    variable: usize,
    entity: usize,
    time: Option<Instant>,
    weight: u64,
}

/// The hosts by numbers.
#[derive(Default)]
struct HostNumbers {
    numbers: HashMap<LaneHost, usize>,
    names: Vec<LaneHost>,
}

/// The hosts of processes by entity id, as tables with hosts have them.
type KnownHosts<'t> = HashMap<&'t Key, LaneHost>;

/// The lanes by the numbers of host and variable, sorted by these.
type Counts = Vec<((usize, usize), LaneCount)>;

impl Run<'_> {
    pub(super) fn sightings(&self) -> SightingsReport {
        let variables = self.seen_variables();
        let counted = self.known_hosts(&variables).and_then(|known| {
            let mut hosts = HostNumbers::default();
            let counts = self.count_lanes(&variables, &known, &mut hosts)?;
            self.fold(&variables, &known, &mut hosts, counts)
        });
        counted.unwrap_or_else(|spent| SightingsReport { missing: Some(spent.message()), ..SightingsReport::default() })
    }

    /// Counts each lane, whatever the number of hosts.
    fn count_lanes(
        &self,
        variables: &[SeenVariable],
        known: &KnownHosts<'_>,
        hosts: &mut HostNumbers,
    ) -> Result<(SightingsReport, Counts), Spent> {
        let mut memory = self.options.allowance.lend("the picture of a hunt's sightings");
        let mut report = SightingsReport::default();
        let mut counts: HashMap<(usize, usize), LaneCount> = HashMap::default();
        self.each_sighting(variables, known, hosts, &mut |Placed { host, variable, entity, time, weight }| {
            let lane = match counts.entry((host, variable)) {
                Entry::Occupied(lane) => lane.into_mut(),
                Entry::Vacant(vacant) => {
                    memory.grow(LANE_BYTES)?;
                    vacant.insert(LaneCount::default())
                }
            };
            if lane.last != entity {
                lane.last = entity;
                lane.entities += 1;
            }
            lane.sightings += weight;
            if let Some(time) = time {
                widen(&mut lane.span, time);
                widen(&mut report.span, time);
            }
            // Of several records at most the time of the first is known.
            if time.is_none() || weight > 1 {
                report.without_time += weight;
            }
            report.counted |= weight != 1;
            Ok(())
        })?;
        let mut counts: Counts = counts.into_iter().collect();
        counts.sort_unstable_by_key(|(place, _)| *place);
        Ok((report, counts))
    }

    /// Puts the hosts with fewest sightings into one, and the sightings of all into parts of the time.
    fn fold(
        &self,
        variables: &[SeenVariable],
        known: &KnownHosts<'_>,
        hosts: &mut HostNumbers,
        (mut report, counts): (SightingsReport, Counts),
    ) -> Result<SightingsReport, Spent> {
        let (names, places) = places(&hosts.names, &counts);
        let place = |host: usize| places.get(host).copied().unwrap_or_default();
        let mut folded: BTreeMap<(usize, usize), LaneCount> = BTreeMap::new();
        for ((host, variable), count) in counts {
            folded.entry((place(host), variable)).or_default().add(&count);
        }
        if let Some(span) = report.span {
            self.each_sighting(variables, known, hosts, &mut |Placed { host, variable, time, weight, .. }| {
                if let (Some(lane), Some(time), 1) = (folded.get_mut(&(place(host), variable)), time, weight) {
                    *lane.bins.entry(bin(span, time)).or_default() += weight;
                }
                Ok(())
            })?;
        }
        let lane = |((host, variable), count): ((usize, usize), LaneCount)| {
            Some(Lane {
                host: names.get(host)?.clone(),
                variable: variables.get(variable)?.name.clone(),
                entities: count.entities,
                sightings: count.sightings,
                span: count.span,
                bins: count.bins.into_iter().collect(),
            })
        };
        report.lanes = folded.into_iter().filter_map(lane).collect();
        Ok(report)
    }

    /// The variables that hold entities.
    fn seen_variables(&self) -> Vec<SeenVariable> {
        let host = self.job.catalog.record_field(HOST).map(Attr::Record);
        let of = |variable: &Variable| {
            let var = &variable.var;
            let entities = var.binding && !matches!(var.shape, Shape::Groups { .. });
            let table = self.table(variable.node.filter(|_| entities)?).ok()?;
            let host = host.as_ref().and_then(|host| table.columns.iter().position(|column| column == host));
            let name = if var.version > 1 { format!("{} #{}", var.name, var.version) } else { var.name.clone() };
            Some(SeenVariable { name, table, host })
        };
        self.job.plan.vars.iter().filter_map(of).collect()
    }

    /// Calls `take` for each counted sighting of a record.
    fn each_sighting(
        &self,
        variables: &[SeenVariable],
        known: &KnownHosts<'_>,
        hosts: &mut HostNumbers,
        take: &mut dyn FnMut(Placed) -> Result<(), Spent>,
    ) -> Result<(), Spent> {
        let mut seen = 0_u64;
        for (variable, SeenVariable { table, host: column, .. }) in variables.iter().enumerate() {
            // Records of one host mostly stand together.
            let mut last = LaneHost::Unread;
            let mut host = hosts.number(&last);
            for (place, entity) in table.entities().enumerate() {
                for sighting in entity.counted() {
                    let Some(record) = sighting.record() else { continue };
                    seen += 1;
                    if seen.is_multiple_of(LOOK) {
                        self.options.allowance.check()?;
                    }
                    if host_of(&entity, &sighting, *column, known, &mut last) {
                        host = hosts.number(&last);
                    }
                    let weight = table.weights.of(record);
                    take(Placed { host, variable, entity: place + 1, time: sighting.time(), weight })?;
                }
            }
        }
        Ok(())
    }

    /// A process has one host, so what one variable read of it is true for the others.
    fn known_hosts<'t>(&self, variables: &'t [SeenVariable]) -> Result<KnownHosts<'t>, Spent> {
        let mut known = KnownHosts::default();
        if variables.iter().all(|variable| variable.host.is_some()) {
            return Ok(known);
        }
        let mut memory = self.options.allowance.lend("the picture of a hunt's sightings");
        for SeenVariable { table, host, .. } in variables.iter().filter(|variable| variable.host.is_some()) {
            for entity in table.entities().filter(|entity| entity.key().rung() == Rung::EntityId) {
                let mut found = LaneHost::Unread;
                if let Some(sighting) = entity.counted().next() {
                    host_of(&entity, &sighting, *host, &KnownHosts::default(), &mut found);
                    memory.grow(LANE_BYTES)?;
                    known.entry(entity.key()).or_insert(found);
                }
            }
        }
        Ok(known)
    }
}

impl HostNumbers {
    fn number(&mut self, host: &LaneHost) -> usize {
        *self.numbers.entry(host.clone()).or_insert_with(|| {
            self.names.push(host.clone());
            self.names.len() - 1
        })
    }
}

/// The hosts that are shown, in their order, and for each host its place among them.
fn places(hosts: &[LaneHost], counts: &[((usize, usize), LaneCount)]) -> (Vec<LaneHost>, Vec<usize>) {
    let mut sightings = vec![0_u64; hosts.len()];
    for ((host, _), lane) in counts {
        if let Some(sum) = sightings.get_mut(*host) {
            *sum += lane.sightings;
        }
    }
    let mut order: Vec<usize> = (0..hosts.len()).filter(|at| matches!(hosts.get(*at), Some(LaneHost::Named(_)))).collect();
    order.sort_by(|a, b| sightings.get(*b).cmp(&sightings.get(*a)).then_with(|| hosts.get(*a).cmp(&hosts.get(*b))));
    let own = if order.len() > MOST_HOSTS { MOST_HOSTS - 1 } else { order.len() };
    let mut names: Vec<LaneHost> = order.iter().take(own).filter_map(|at| hosts.get(*at).cloned()).collect();
    names.extend([LaneHost::More((order.len() - own) as u64), LaneHost::Nameless, LaneHost::Unread]);
    let place = |host: &LaneHost| match host {
        LaneHost::Nameless => own + 1,
        LaneHost::Unread => own + 2,
        _ => own,
    };
    let mut places: Vec<usize> = hosts.iter().map(place).collect();
    for (at, host) in order.into_iter().take(own).enumerate() {
        if let Some(place) = places.get_mut(host) {
            *place = at;
        }
    }
    (names, places)
}

impl LaneCount {
    fn add(&mut self, other: &Self) {
        self.entities += other.entities;
        self.sightings += other.sightings;
        for time in other.span.into_iter().flat_map(|(first, last)| [first, last]) {
            widen(&mut self.span, time);
        }
    }
}

/// Makes a span so wide that it holds a time.
fn widen(span: &mut Option<(Instant, Instant)>, time: Instant) {
    *span = Some(span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
}

/// The part of the time in which an instant lies.
fn bin((first, last): (Instant, Instant), time: Instant) -> u16 {
    let (whole, at) = (i128::from(last.0) - i128::from(first.0), i128::from(time.0) - i128::from(first.0));
    let bins = i128::from(BINS);
    u16::try_from((at * bins / whole.max(1)).clamp(0, bins - 1)).unwrap_or(0)
}

/// Puts the host of a sighting into `last`, where the host of the sighting before it stands. Answers whether it is another.
fn host_of(
    entity: &SeenEntity<'_>,
    sighting: &Sighting,
    column: Option<usize>,
    known: &KnownHosts<'_>,
    last: &mut LaneHost,
) -> bool {
    let value = column.and_then(|column| entity.held(sighting, column)).and_then(|value| value.each().first());
    let named = match (value, entity.key().host()) {
        (Some(Value::Text(name)), _) | (None, Some(name)) => {
            if matches!(last, LaneHost::Named(before) if Arc::ptr_eq(before, name)) {
                return false;
            }
            LaneHost::Named(Arc::clone(name))
        }
        (Some(other), _) => LaneHost::Named(other.to_string().into()),
        (None, None) => {
            let read = if column.is_some() { LaneHost::Nameless } else { LaneHost::Unread };
            known.get(entity.key()).cloned().unwrap_or(read)
        }
    };
    let other = named != *last;
    *last = named;
    other
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
