//! Which entity a slot holds: the key of entities, and the ladder for processes without entity ids (semantics.md §2).

use super::field_has::Creations;
use super::ladder::HostCodes;
use super::values::{first_text, normal, typed};
use super::view::{Instance, View};
use super::{Ladder, Reading, Standing};
use crate::source::Records;
use crate::table::{Key, Rung};
use foldhash::{HashMap, HashSet};
use huntc_compiler::catalog::ValueType;
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use std::sync::Arc;

/// When processes began, by host and pid, according to the creation records of a whole source.
#[derive(Debug, Default, Clone)]
pub struct Lives {
    /// Pids whose creation records were fetched.
    pub known: HashSet<i64>,
    starts: HashMap<(Option<Arc<str>>, i64), Vec<Instant>>,
}

impl Lives {
    /// Adds the creation records that were fetched for `pids`, whatever other records came with them.
    pub fn add(&mut self, pids: &[i64], records: &Records) {
        self.known.extend(pids);
        let (pids, hosts) = (records.column("process.pid"), records.column("host.name"));
        let creations = Creations::new(records);
        for record in (0..records.len()).filter(|record| creations.holds(*record)) {
            let pid = pids.and_then(|c| c.values(record).next()).and_then(|s| typed(s, ValueType::Integer));
            if let (Some(Value::Int(pid)), Some(time)) = (pid, records.times.get(record).copied().flatten()) {
                self.starts.entry((first_text(hosts, record), pid)).or_default().push(time);
            }
        }
        self.starts.values_mut().for_each(|times| times.sort_unstable());
    }

    /// When the process that a sighting at `time` belongs to began; `None` before the first one. A sighting at the very
    /// instant of a beginning belongs to the new process.
    fn begin(&self, host: Option<&Arc<str>>, pid: i64, time: Option<Instant>) -> Option<Instant> {
        let starts = self.starts.get(&(host.cloned(), pid))?;
        let at = starts.partition_point(|s| Some(*s) <= time);
        starts.get(at.checked_sub(1)?).copied()
    }
}

/// Every pid in the records of hosts where the ladder holds, of whichever process slot.
pub fn host_pids(records: &Records, ladder: &Ladder) -> HashSet<i64> {
    let hosts = HostCodes::new(records);
    let mut holds: Vec<Option<bool>> = vec![None; hosts.count()];
    let mut on_ladder = |record| *holds[hosts.code(record)].get_or_insert_with(|| ladder.holds(&hosts.name(record)));
    let wanted: Vec<usize> = (0..records.len()).filter(|record| on_ladder(*record)).collect();
    let fields = ["process.pid", "process.parent.pid", "winlog.event_data.TargetProcessId"];
    let mut pids = HashSet::default();
    for column in fields.iter().filter_map(|f| records.column(f)) {
        let mut used = vec![false; column.dictionary.len()];
        for code in wanted.iter().flat_map(|record| column.codes(*record)) {
            used[*code as usize] = true;
        }
        let scalars = column.dictionary.iter().zip(used).filter(|(_, used)| *used).map(|(scalar, _)| scalar);
        pids.extend(scalars.filter_map(|s| match typed(s, ValueType::Integer) {
            Some(Value::Int(pid)) => Some(pid),
            _ => None,
        }));
    }
    pids
}

/// Which entity the slot of a record holds.
pub(crate) fn identify(reading: &Reading<'_>, view: &View<'_>, record: usize, instance: Instance) -> Standing {
    let identity = &view.kind.identity;
    if identity.per_record {
        return per_record(view, record, instance);
    }
    let missing = identity.required.iter().any(|attr| view.first(*attr, record, instance).is_none());
    if !missing {
        let parts = identity.key.iter().map(|attr| {
            let ty = view.kind.attributes[usize::from(attr.0)].ty;
            view.first(*attr, record, instance).map(|v| normal(&v, ty, false))
        });
        let rung = if identity.ladder { Rung::EntityId } else { Rung::Plain };
        let host = if identity.per_host { view.host(record) } else { None };
        return Standing::Entity(Key::new(rung, parts, host));
    }
    if !identity.ladder || !view.has_own(record) {
        return Standing::Nothing;
    }
    if reading.ladder.holds(&view.host(record)) { ladder(reading, view, record) } else { Standing::Unidentified }
}

/// The key of a process without entity id: host and pid with `process.start`, or else with the latest creation record
/// at or before the record.
fn ladder(reading: &Reading<'_>, view: &View<'_>, record: usize) -> Standing {
    let pid = view.kind.attribute("pid").and_then(|attr| view.first(attr, record, None));
    let Some(Value::Int(pid)) = pid else { return Standing::Unidentified };
    let host = view.host(record);
    let (rung, start) = match view.start(record) {
        Some(start) => (Rung::Start, Some(start)),
        None => (Rung::Life, reading.lives.begin(host.as_ref(), pid, view.records.times.get(record).copied().flatten())),
    };
    let parts = [host.map(Value::Text), Some(Value::Int(pid)), start.map(Value::Time)];
    Standing::Entity(Key::new(rung, parts, None))
}

fn per_record(view: &View<'_>, record: usize, instance: Instance) -> Standing {
    let required = &view.kind.identity.required;
    if required.iter().any(|attr| view.first(*attr, record, instance).is_none()) {
        return Standing::Nothing;
    }
    let observation = view.records.observations.get(record).cloned();
    let id = observation.map_or_else(|| Value::Int(view.records.ids.get(record).map_or(0, |id| *id as i64)), Value::Text);
    Standing::Entity(Key::new(Rung::Plain, [Some(id)], None))
}
