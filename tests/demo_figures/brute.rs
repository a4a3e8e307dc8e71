//! The two published hunts by plain loops over the documents, after the rules of the language or a mutation of them.

use super::records::{Flow, Process, Record, millis};
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
enum Slot {
    Me,
    Parent,
    Other,
}

/// An entity in a slot of a record; `counted` is false of a creation record that did not match itself.
#[derive(Clone, Debug)]
struct Sighting {
    record: usize,
    slot: Slot,
    key: String,
    counted: bool,
}

#[derive(Clone, Debug)]
struct Variable {
    window: (i64, i64),
    sightings: Vec<Sighting>,
}

impl Variable {
    fn keys(&self) -> BTreeSet<&str> {
        self.sightings.iter().map(|s| s.key.as_str()).collect()
    }

    fn entities(&self) -> usize {
        self.keys().len()
    }

    fn records(&self) -> usize {
        self.sightings.iter().filter(|s| s.counted).map(|s| s.record).collect::<BTreeSet<_>>().len()
    }
}

/// What a hunt shows, by name.
pub(super) type Figures = BTreeMap<&'static str, String>;

/// The documents under a set of rules.
pub(super) struct Hunter<'a> {
    records: &'a [Record],
    rules: Rules,
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

    fn within(&self, window: (i64, i64)) -> impl Iterator<Item = (usize, &'a Record)> {
        self.records.iter().enumerate().filter(move |(_, r)| self.inside(window, r.time))
    }

    fn equal(&self, value: Option<&String>, literal: &str) -> bool {
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
    fn get(&self, window: (i64, i64), passes: impl Fn(&Process) -> bool) -> Variable {
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
    fn filter(&self, variable: &Variable, passes: impl Fn(&Process) -> bool) -> Variable {
        if self.rules.filter_whole_type {
            return self.get(variable.window, passes);
        }
        let mut sightings = variable.sightings.clone();
        sightings.retain(|s| self.slot(s.record, s.slot).is_some_and(|(p, _)| passes(p)));
        sightings.iter_mut().for_each(|s| s.counted = true);
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
    fn find(&self, variable: &Variable, from: Slot, to: Slot) -> Variable {
        let keys = variable.keys();
        let asked = self.around(variable.window);
        let mut sightings = Vec::new();
        for (index, _) in self.within(asked) {
            if self.slot(index, from).is_some_and(|(_, key)| keys.contains(key.as_str())) {
                if let Some((_, key)) = self.slot(index, to) {
                    sightings.push(Sighting { record: index, slot: to, key: key.clone(), counted: true });
                }
            }
        }
        self.with_creation_records(sightings, asked, variable.window)
    }

    fn flow_key(&self, index: usize, flow: &Flow) -> String {
        if self.rules.flow_is_a_record { index.to_string() } else { flow.key.clone() }
    }

    /// `FIND network-traffic …` for every flow that passes.
    fn flows(&self, window: (i64, i64), passes: impl Fn(usize, &Flow) -> bool) -> Variable {
        let mut sightings = Vec::new();
        for (index, record) in self.within(self.around(window)) {
            if let Some(flow) = record.flow.as_ref().filter(|flow| passes(index, flow)) {
                sightings.push(Sighting { record: index, slot: Slot::Other, key: self.flow_key(index, flow), counted: true });
            }
        }
        Variable { window, sightings }
    }

    /// `FIND network-traffic CREATED BY processes`
    fn flows_of(&self, processes: &Variable) -> Variable {
        let keys = processes.keys();
        self.flows(processes.window, |index, _| self.me[index].as_ref().is_some_and(|key| keys.contains(key.as_str())))
    }

    /// `FIND process CREATED flows`
    fn processes_of(&self, flows: &Variable) -> Variable {
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
    fn files_of(&self, processes: &Variable) -> Variable {
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
    fn rows<const N: usize>(&self, variable: &Variable, attributes: [fn(&Process) -> Option<String>; N]) -> Vec<[String; N]> {
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
    fn ends(&self, flows: &Variable) -> Vec<String> {
        let mut by_key: BTreeMap<&str, String> = BTreeMap::new();
        for sighting in &flows.sightings {
            let flow = self.records[sighting.record].flow.as_ref().unwrap();
            by_key.insert(&sighting.key, format!("{}:{}", flow.destination, flow.port));
        }
        self.once(by_key.into_values().collect())
    }

    /// The hunt for scheduled tasks.
    pub(super) fn scheduled_tasks(&self) -> Figures {
        const LINE: &str = "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule";
        let day = (millis("2021-04-03T00:00:00Z"), millis("2021-04-04T00:00:00Z"));
        let direct = self.get(day, |p| self.equal(p.command.as_ref(), LINE));
        let svchost = self.get(day, |p| self.equal(p.name.as_ref(), "svchost.exe"));
        let scheduler = self.filter(&svchost, |p| self.equal(p.command.as_ref(), LINE));
        let tasks = self.find(&scheduler, Slot::Parent, Slot::Me);
        let amcet = self.filter(&tasks, |p| self.equal(p.name.as_ref(), "amcet.exe"));
        let child = self.find(&amcet, Slot::Parent, Slot::Me);
        let nt = self.flows_of(&amcet);
        let grandchild = self.find(&child, Slot::Parent, Slot::Me);
        let files = self.files_of(&child);
        // A statement of our own, for the rule on negation.
        let plain = self.get(day, |p| {
            let bare = p.command.as_ref().map_or(self.rules.absent_passes_negation, |c| !c.contains(" -s "));
            self.equal(p.name.as_ref(), "svchost.exe") && bare
        });
        let kinds = self.rows(&child, [|p| p.name.clone(), |p| p.command.clone()]);
        let kinds: Vec<String> = kinds.into_iter().map(|row| row.join(" | ")).collect();
        BTreeMap::from([
            ("svchost", svchost.entities().to_string()),
            ("scheduler, direct", direct.entities().to_string()),
            ("scheduler", scheduler.entities().to_string()),
            ("tasks", tasks.entities().to_string()),
            ("amcet", amcet.entities().to_string()),
            ("amcet_child", child.entities().to_string()),
            ("amcet_child rows", kinds.join("\n")),
            ("nt", nt.entities().to_string()),
            ("nt rows", self.ends(&nt).join("\n")),
            ("amcet_cc", grandchild.entities().to_string()),
            ("amcet_f", files.entities().to_string()),
            ("amcet_f paths", files.keys().into_iter().collect::<Vec<_>>().join("\n")),
            ("svchost without -s", plain.entities().to_string()),
        ])
    }

    /// The hunt up and down from an address.
    pub(super) fn tracking(&self) -> Figures {
        const ADDRESS: &str = "72.21.81.200";
        let week = (millis("2021-04-01T00:00:00Z"), millis("2021-04-06T00:00:00Z"));
        let named = |name: &'static str| move |p: &Process| self.equal(p.name.as_ref(), name);
        let mut ip = Variable { window: week, sightings: Vec::new() };
        for (index, record) in self.within(week) {
            let side = record.flow.as_ref().is_some_and(|f| f.source == ADDRESS || f.destination == ADDRESS);
            let answer = !self.rules.addresses_of_flows_only && record.resolved.iter().any(|a| a == ADDRESS);
            if side || answer {
                ip.sightings.push(Sighting { record: index, slot: Slot::Other, key: ADDRESS.to_owned(), counted: true });
            }
        }
        let nt = self.flows(ip.window, |_, flow| flow.destination == ADDRESS);
        let p = self.processes_of(&nt);
        let downloads = self.filter(&p, named("BackgroundDownload.exe"));
        let parents = self.find(&downloads, Slot::Me, Slot::Parent);
        let grandparents = self.find(&parents, Slot::Me, Slot::Parent);
        let grandparents_nt = self.flows_of(&grandparents);
        let devenv = self.filter(&parents, named("devenv.exe"));
        let devenv_parent = self.find(&devenv, Slot::Me, Slot::Parent);
        let ppp = self.find(&devenv_parent, Slot::Me, Slot::Parent);
        let pppp = self.find(&ppp, Slot::Me, Slot::Parent);
        let ie = self.filter(&p, named("iexplore.exe"));
        let children = self.find(&ie, Slot::Parent, Slot::Me);
        let ient = self.flows_of(&children);
        let names = |v: &Variable| self.rows(v, [|p| p.name.clone()]).concat().join(" ");
        let lines = |v: &Variable| self.rows(v, [|p| p.command.clone()]).concat().join("\n");
        let pids = |v: &Variable| self.rows(v, [|p| Some(format!("{:>5}", p.pid))]).concat().join(" ");
        BTreeMap::from([
            ("ip200", ip.entities().to_string()),
            ("ip200 records", ip.records().to_string()),
            ("ip200nt", nt.entities().to_string()),
            ("ip200nt rows", self.ends(&nt).join("\n")),
            ("p", p.entities().to_string()),
            ("p names", names(&p)),
            ("bgdownloads", downloads.entities().to_string()),
            ("bgdp", parents.entities().to_string()),
            ("bgdp names", names(&parents)),
            ("bgdpp", grandparents.entities().to_string()),
            ("bgdpp names", names(&grandparents)),
            ("bgdppnt", grandparents_nt.entities().to_string()),
            ("bgdp_devenv", devenv.entities().to_string()),
            ("bgdp_devenv_parent", names(&devenv_parent)),
            ("ppp", lines(&ppp)),
            ("pppp", pppp.entities().to_string()),
            ("ie", ie.entities().to_string()),
            ("ie pids", pids(&ie)),
            ("ie_children pids", pids(&children)),
            ("ient", ient.entities().to_string()),
            ("ient ends", self.ends(&ient).join("\n")),
        ])
    }
}
