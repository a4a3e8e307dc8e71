//! The commands of a hunt by plain loops over the documents, after the rules of the language or a mutation of them.

use super::records::{Flow, Process, Record};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What makes two process slots one process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Identity {
    /// The entity id; GUIDs without case.
    EntityId,
    /// The entity id byte for byte.
    EntityIdWithCase,
    /// Host, pid and life: a new one begins at every creation record.
    Ladder,
    /// Host and pid.
    HostAndPid,
    /// Pid and life on whatever host.
    LadderWithoutHost,
    /// The pid.
    Pid,
}

/// The rules; each field can be got wrong by itself.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub(super) struct Rules {
    pub(super) identity: Identity,
    pub(super) parent_slot: bool,
    pub(super) equal_folds: bool,
    pub(super) absent_passes_negation: bool,
    pub(super) filter_whole_type: bool,
    pub(super) creation_records: bool,
    pub(super) display_once: bool,
    pub(super) linked_own_image: bool,
    pub(super) linked_parent_image: bool,
    pub(super) margin: i64,
    pub(super) start_counts: bool,
    pub(super) stop_counts: bool,
    pub(super) flow_is_a_record: bool,
    pub(super) addresses_of_flows_only: bool,
}

impl Rules {
    /// As they are.
    pub(super) const RIGHT: Self = Self {
        identity: Identity::EntityId,
        parent_slot: true,
        equal_folds: false,
        absent_passes_negation: false,
        filter_whole_type: false,
        creation_records: true,
        display_once: true,
        linked_own_image: true,
        linked_parent_image: false,
        margin: 300_000,
        start_counts: true,
        stop_counts: false,
        flow_is_a_record: false,
        addresses_of_flows_only: false,
    };
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Slot {
    Me,
    Parent,
    Other,
}

/// An entity in a slot of a record; `counted` is false of a creation record that did not match itself.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) record: usize,
    pub(super) slot: Slot,
    pub(super) key: String,
    pub(super) counted: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) window: (i64, i64),
    pub(super) sightings: Vec<Sighting>,
}

impl Variable {
    pub(super) fn keys(&self) -> BTreeSet<&str> {
        self.sightings.iter().map(|s| s.key.as_str()).collect()
    }

    pub(super) fn entities(&self) -> usize {
        self.keys().len()
    }

    pub(super) fn records(&self) -> usize {
        self.sightings.iter().filter(|s| s.counted).map(|s| s.record).collect::<BTreeSet<_>>().len()
    }
}

/// The documents under a set of rules.
pub(super) struct Hunter<'a> {
    records: &'a [Record],
    pub(super) rules: Rules,
    me: Vec<Option<String>>,
    parent: Vec<Option<String>>,
}

impl<'a> Hunter<'a> {
    pub(super) fn new(records: &'a [Record], rules: Rules) -> Self {
        let mut lives: HashMap<(&str, i64), Vec<i64>> = HashMap::new();
        for record in records {
            if let Some(process) = record.me.as_ref().filter(|_| record.creation) {
                let host = if rules.identity == Identity::LadderWithoutHost { "" } else { record.host.as_str() };
                lives.entry((host, process.pid)).or_default().push(record.time);
            }
        }
        let key = |record: &Record, process: &Process| {
            let pid = process.pid;
            let life = |host| lives.get(&(host, pid)).map_or(0, |births| births.iter().filter(|t| **t <= record.time).count());
            match rules.identity {
                Identity::EntityId => process.id.as_ref().map(|id| id.to_ascii_lowercase()),
                Identity::EntityIdWithCase => process.id.clone(),
                Identity::Ladder => Some(format!("{} {pid} {}", record.host, life(record.host.as_str()))),
                Identity::HostAndPid => Some(format!("{} {pid}", record.host)),
                Identity::LadderWithoutHost => Some(format!("{pid} {}", life(""))),
                Identity::Pid => Some(pid.to_string()),
            }
        };
        let me = records.iter().map(|r| r.me.as_ref().and_then(|p| key(r, p))).collect();
        let parent = records.iter().map(|r| r.parent.as_ref().and_then(|p| key(r, p))).collect();
        Self { records, rules, me, parent }
    }

    fn inside(&self, window: (i64, i64), time: i64) -> bool {
        let start = if self.rules.start_counts { time >= window.0 } else { time > window.0 };
        let stop = if self.rules.stop_counts { time <= window.1 } else { time < window.1 };
        start && stop
    }

    fn around(&self, window: (i64, i64)) -> (i64, i64) {
        (window.0 - self.rules.margin, window.1 + self.rules.margin)
    }

    pub(super) fn within(&self, window: (i64, i64)) -> impl Iterator<Item = (usize, &'a Record)> {
        self.records.iter().enumerate().filter(move |(_, r)| self.inside(window, r.time))
    }

    pub(super) fn equal(&self, value: Option<&String>, literal: &str) -> bool {
        value.is_some_and(|v| if self.rules.equal_folds { v.eq_ignore_ascii_case(literal) } else { v == literal })
    }

    fn slot(&self, index: usize, slot: Slot) -> Option<(&Process, &String)> {
        match slot {
            Slot::Me => self.records[index].me.as_ref().zip(self.me[index].as_ref()),
            Slot::Parent => self.records[index].parent.as_ref().zip(self.parent[index].as_ref()),
            Slot::Other => None,
        }
    }

    /// Adds the creation records of the entities in the window that was asked.
    fn with_creation_records(&self, mut sightings: Vec<Sighting>, asked: (i64, i64), window: (i64, i64)) -> Variable {
        if self.rules.creation_records {
            let keys: BTreeSet<String> = sightings.iter().map(|s| s.key.clone()).collect();
            let held: BTreeSet<usize> = sightings.iter().filter(|s| s.slot == Slot::Me).map(|s| s.record).collect();
            for (index, record) in self.within(asked).filter(|(_, r)| r.creation) {
                let key = self.me[index].as_ref().filter(|k| record.me.is_some() && keys.contains(*k));
                if let Some(key) = key.filter(|_| !held.contains(&index)) {
                    sightings.push(Sighting { record: index, slot: Slot::Me, key: key.clone(), counted: false });
                }
            }
        }
        Variable { window, sightings }
    }

    /// `GET process FROM source WHERE … START … STOP …`
    pub(super) fn get(&self, window: (i64, i64), passes: impl Fn(&Process) -> bool) -> Variable {
        let slots: &[Slot] = if self.rules.parent_slot { &[Slot::Me, Slot::Parent] } else { &[Slot::Me] };
        let mut sightings = Vec::new();
        for (index, _) in self.within(window) {
            for slot in slots {
                if let Some((_, key)) = self.slot(index, *slot).filter(|(p, _)| passes(p)) {
                    sightings.push(Sighting { record: index, slot: *slot, key: key.clone(), counted: true });
                }
            }
        }
        self.with_creation_records(sightings, window, window)
    }

    /// `GET process FROM variable WHERE …`
    pub(super) fn filter(&self, variable: &Variable, passes: impl Fn(&Process) -> bool) -> Variable {
        if self.rules.filter_whole_type {
            return self.get(variable.window, passes);
        }
        let mut sightings = variable.sightings.clone();
        sightings.retain(|s| self.slot(s.record, s.slot).is_some_and(|(p, _)| passes(p)));
        for sighting in &mut sightings {
            sighting.counted = true;
        }
        let kept: BTreeSet<String> = sightings.iter().map(|s| s.key.clone()).collect();
        // The creation records of what is left stay at hand.
        let rest = variable.sightings.iter().filter(|s| {
            s.slot == Slot::Me
                && self.records[s.record].creation
                && kept.contains(&s.key)
                && !sightings.iter().any(|k| k.record == s.record && k.slot == s.slot)
        });
        let rest: Vec<Sighting> = rest.map(|s| Sighting { counted: false, ..s.clone() }).collect();
        sightings.extend(rest);
        Variable { window: variable.window, sightings }
    }

    /// `FIND process CREATED v` (`from` Me, `to` Parent) and `FIND process CREATED BY v` (the other way round).
    pub(super) fn find(&self, variable: &Variable, from: Slot, to: Slot) -> Variable {
        let keys = variable.keys();
        let asked = self.around(variable.window);
        let mut sightings = Vec::new();
        for (index, _) in self.within(asked) {
            let stands = self.slot(index, from).is_some_and(|(_, key)| keys.contains(key.as_str()));
            if let Some((_, key)) = self.slot(index, to).filter(|_| stands) {
                sightings.push(Sighting { record: index, slot: to, key: key.clone(), counted: true });
            }
        }
        self.with_creation_records(sightings, asked, variable.window)
    }

    fn flow_key(&self, index: usize, flow: &Flow) -> String {
        if self.rules.flow_is_a_record { index.to_string() } else { flow.key.clone() }
    }

    /// `FIND network-traffic …` for every flow that passes.
    pub(super) fn flows(&self, window: (i64, i64), passes: impl Fn(usize, &Flow) -> bool) -> Variable {
        let mut sightings = Vec::new();
        for (index, record) in self.within(self.around(window)) {
            if let Some(flow) = record.flow.as_ref().filter(|flow| passes(index, flow)) {
                sightings.push(Sighting { record: index, slot: Slot::Other, key: self.flow_key(index, flow), counted: true });
            }
        }
        Variable { window, sightings }
    }

    /// `FIND network-traffic CREATED BY processes`
    pub(super) fn flows_of(&self, processes: &Variable) -> Variable {
        let keys = processes.keys();
        self.flows(processes.window, |index, _| self.me[index].as_ref().is_some_and(|key| keys.contains(key.as_str())))
    }

    /// `FIND process CREATED flows`
    pub(super) fn processes_of(&self, flows: &Variable) -> Variable {
        let keys = flows.keys();
        let asked = self.around(flows.window);
        let mut sightings = Vec::new();
        for (index, record) in self.within(asked) {
            let stands = record.flow.as_ref().is_some_and(|flow| keys.contains(self.flow_key(index, flow).as_str()));
            if let Some((_, key)) = self.slot(index, Slot::Me).filter(|_| stands) {
                sightings.push(Sighting { record: index, slot: Slot::Me, key: key.clone(), counted: true });
            }
        }
        self.with_creation_records(sightings, asked, flows.window)
    }

    /// `FIND file LINKED processes`
    pub(super) fn files_of(&self, processes: &Variable) -> Variable {
        let keys = processes.keys();
        let mut sightings = Vec::new();
        for (index, record) in self.within(self.around(processes.window)) {
            if !self.me[index].as_ref().is_some_and(|key| keys.contains(key.as_str())) {
                continue;
            }
            let image = |process: &Option<Process>| process.as_ref().and_then(|p| p.image.clone()).filter(|i| i.contains('\\'));
            let own = image(&record.me).filter(|_| self.rules.linked_own_image);
            let parent = image(&record.parent).filter(|_| self.rules.linked_parent_image);
            for path in [record.file.clone(), own, parent].into_iter().flatten() {
                let key = format!("{} {path}", record.host);
                sightings.push(Sighting { record: index, slot: Slot::Other, key, counted: true });
            }
        }
        Variable { window: processes.window, sightings }
    }

    /// A row's value: the creation record's, else that of the earliest sighting that has one.
    fn value(&self, variable: &Variable, key: &str, attribute: impl Fn(&Process) -> Option<String>) -> String {
        let mut of: Vec<&Sighting> = variable.sightings.iter().filter(|s| s.key == key).collect();
        of.sort_by_key(|s| (!(s.slot == Slot::Me && self.records[s.record].creation), self.records[s.record].time));
        let mut values = of.iter().filter_map(|s| self.slot(s.record, s.slot).and_then(|(p, _)| attribute(p)));
        values.next().unwrap_or_default()
    }

    /// The rows of DISP with these attributes.
    pub(super) fn rows<const N: usize>(
        &self,
        variable: &Variable,
        attributes: [fn(&Process) -> Option<String>; N],
    ) -> Vec<[String; N]> {
        let rows = variable.keys().into_iter().map(|key| attributes.map(|a| self.value(variable, key, a)));
        self.once(rows.collect())
    }

    fn once<T: Ord>(&self, mut rows: Vec<T>) -> Vec<T> {
        rows.sort();
        if self.rules.display_once {
            rows.dedup();
        }
        rows
    }

    /// The rows of `DISP flows ATTR dst_ref.value, dst_port`.
    pub(super) fn ends(&self, flows: &Variable) -> Vec<String> {
        let mut by_key: BTreeMap<&str, String> = BTreeMap::new();
        for sighting in &flows.sightings {
            let flow = self.records[sighting.record].flow.as_ref().unwrap();
            by_key.insert(&sighting.key, format!("{}:{}", flow.destination, flow.port));
        }
        self.once(by_key.into_values().collect())
    }
}
