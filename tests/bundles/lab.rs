//! A lab like that of Kestrel's tutorials: one host whose processes start each other and open connections, as stix-shifter writes
//! its events into a bundle. What a hunt should find in it is counted here, over the objects themselves.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A process of the lab.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) name: &'static str,
    pub(crate) pid: u64,
    pub(crate) command_line: String,
    pub(crate) parent: Option<usize>,
    user: &'static str,
}

/// What was observed at one time.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) process: usize,
    /// Source and destination port, and the last byte of the destination; none for the start of a process.
    pub(crate) connection: Option<(u64, u64, u8)>,
    pub(crate) times: u64,
}

/// The lab.
pub(crate) struct Lab {
    pub(crate) processes: Vec<Process>,
    pub(crate) seen: Vec<Seen>,
}

const NAMES: [&str; 6] = ["svchost.exe", "cmd.exe", "powershell.exe", "firefox.exe", "net.exe", "svchost.exe"];
/// Where the processes of the lab connect from.
pub(crate) const SOURCE: &str = "192.168.56.112";

impl Lab {
    /// Seven processes, of which two are `cmd.exe`.
    pub(crate) fn small() -> Self {
        Self::of(7, 3)
    }

    /// So many processes, each of which opens up to so many connections.
    pub(crate) fn of(processes: usize, connections: usize) -> Self {
        let one = |at: usize| Process {
            name: NAMES[[0, 1, 4, 2, 3, 1, 5][at % 7]],
            // Ids come again, as on Windows.
            pid: 4 * (at as u64 % 50 + 1),
            command_line: format!(
                r"C:\Windows\system32\svc.exe -k {} -n {at}",
                if at.is_multiple_of(3) { "Schedule" } else { "netsvcs" }
            ),
            parent: at.checked_sub(1).map(|before| before / 3),
            user: if at.is_multiple_of(4) { "SYSTEM" } else { "alice" },
        };
        let processes: Vec<Process> = (0..processes).map(one).collect();
        let mut seen = Vec::new();
        for process in 0..processes.len() {
            seen.push(Seen { process, connection: None, times: 1 });
            for n in 0..process % (connections + 1) {
                let to = [443, 80, 53][(process + n) % 3];
                let connection = Some((50_000 + (process * 10 + n) as u64, to, (process % 5) as u8));
                seen.push(Seen { process, connection, times: if n == 1 { 2 } else { 1 } });
            }
        }
        Self { processes, seen }
    }

    /// The GUID of a process.
    pub(crate) fn id(process: usize) -> String {
        format!("{{a1b2c3d4-0000-0000-0000-{process:012}}}")
    }

    fn process(&self, at: usize, binary: usize) -> Map<String, Value> {
        let process = &self.processes[at];
        let said = json!({"type": "process", "name": process.name, "pid": process.pid, "command_line": process.command_line,
            "x_unique_id": Self::id(at), "binary_ref": binary.to_string()});
        said.as_object().unwrap().clone()
    }

    /// The objects of what was seen, by their numbers.
    fn objects(&self, seen: &Seen) -> Vec<Value> {
        let process = &self.processes[seen.process];
        let code = if seen.connection.is_some() { "3" } else { "1" };
        let mut objects = vec![
            json!({"type": "x-oca-event", "code": code, "action": "event", "host_ref": "1", "process_ref": "2", "user_ref": "5"}),
            json!({"type": "x-oca-asset", "hostname": "WIN112", "ip_refs": ["6"]}),
            Value::Null,
            json!({"type": "file", "name": process.name, "parent_directory_ref": "4"}),
            json!({"type": "directory", "path": r"C:\Windows\System32"}),
            json!({"type": "user-account", "user_id": process.user}),
            json!({"type": "ipv4-addr", "value": SOURCE}),
        ];
        let mut own = self.process(seen.process, 3);
        own.insert("creator_user_ref".to_owned(), "5".into());
        if let Some((from, to, last)) = seen.connection {
            own.insert("opened_connection_refs".to_owned(), json!(["7"]));
            objects.push(json!({"type": "network-traffic", "src_ref": "6", "dst_ref": "8", "src_port": from, "dst_port": to,
                "protocols": ["ipv4", "tcp"]}));
            objects.push(json!({"type": "ipv4-addr", "value": format!("10.0.0.{last}")}));
        }
        if let Some(parent) = process.parent {
            let at = objects.len();
            own.insert("parent_ref".to_owned(), at.to_string().into());
            objects.push(Value::Object(self.process(parent, at + 1)));
            objects.push(json!({"type": "file", "name": self.processes[parent].name, "parent_directory_ref": "4"}));
        }
        objects[2] = Value::Object(own);
        objects
    }

    fn time(at: usize) -> String {
        format!("2021-04-03T{:02}:{:02}:{:02}.006Z", 8 + at / 3600, at / 60 % 60, at % 60)
    }

    fn observed(&self, at: usize) -> Map<String, Value> {
        let observed = json!({"type": "observed-data", "id": format!("observed-data--{at}"), "created_by_ref": "identity--1",
            "first_observed": Self::time(at), "last_observed": Self::time(at), "number_observed": self.seen[at].times});
        observed.as_object().unwrap().clone()
    }

    /// As STIX 2.0 has it: the objects stand in what was observed.
    pub(crate) fn bundle(&self) -> String {
        let observed = (0..self.seen.len()).map(|at| {
            let mut observed = self.observed(at);
            let objects = self.objects(&self.seen[at]).into_iter().enumerate().map(|(key, object)| (key.to_string(), object));
            observed.insert("objects".to_owned(), Value::Object(objects.collect()));
            Value::Object(observed)
        });
        let identity = json!({"type": "identity", "id": "identity--1", "name": "lab", "identity_class": "events"});
        let all: Vec<Value> = std::iter::once(identity).chain(observed).collect();
        json!({"type": "bundle", "id": "bundle--1", "spec_version": "2.0", "objects": all}).to_string()
    }

    /// As STIX 2.1 has it: the objects stand in the bundle, half of them behind what refers to them.
    pub(crate) fn bundle_21(&self) -> String {
        let mut all = vec![json!({"type": "identity", "id": "identity--1", "name": "lab", "identity_class": "events"})];
        for (at, seen) in self.seen.iter().enumerate() {
            let objects = self.objects(seen);
            let id = |key: usize| format!("{}--{at}-{key}", objects[key]["type"].as_str().unwrap());
            let mut observed = self.observed(at);
            observed.insert("object_refs".to_owned(), (0..objects.len()).map(id).collect());
            let mut around: Vec<Value> = objects.iter().enumerate().map(|(key, object)| renamed(object, &id(key), &id)).collect();
            around.insert(if at % 2 == 0 { 0 } else { around.len() }, Value::Object(observed));
            all.extend(around);
        }
        json!({"type": "bundle", "id": "bundle--1", "objects": all}).to_string()
    }

    /// Processes that pass, wherever they are mentioned.
    pub(crate) fn which(&self, passes: impl Fn(&Process) -> bool) -> BTreeSet<usize> {
        (0..self.processes.len()).filter(|at| passes(&self.processes[*at])).collect()
    }

    /// Records that mention one of these processes, as Kestrel counts them: as often as they were observed.
    pub(crate) fn records(&self, processes: &BTreeSet<usize>) -> u64 {
        self.mentions(processes).filter(|(_, count)| *count > 0).map(|(seen, _)| seen.times).sum()
    }

    /// What was seen of these processes, and how many of them each time.
    pub(crate) fn mentions<'a>(&'a self, processes: &'a BTreeSet<usize>) -> impl Iterator<Item = (&'a Seen, usize)> + 'a {
        self.seen.iter().map(move |seen| {
            let parent = self.processes[seen.process].parent.filter(|parent| *parent != seen.process);
            (seen, [Some(seen.process), parent].into_iter().flatten().filter(|one| processes.contains(one)).count())
        })
    }

    /// The connections of these processes.
    pub(crate) fn connections(&self, processes: &BTreeSet<usize>) -> BTreeSet<(u64, u64, u8)> {
        self.seen.iter().filter(|seen| processes.contains(&seen.process)).filter_map(|seen| seen.connection).collect()
    }
}

/// An object under an id, with all that it refers to under theirs.
fn renamed(object: &Value, name: &str, id: &dyn Fn(usize) -> String) -> Value {
    let key = |value: &Value| Value::String(id(value.as_str().unwrap().parse().unwrap()));
    let mut out = object.as_object().unwrap().clone();
    for (property, value) in &mut out {
        if property.ends_with("_ref") {
            *value = key(value);
        } else if property.ends_with("_refs") {
            *value = value.as_array().unwrap().iter().map(key).collect();
        }
    }
    out.insert("id".to_owned(), name.into());
    Value::Object(out)
}
