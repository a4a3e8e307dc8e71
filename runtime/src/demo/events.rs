//! Sysmon events by id: which fields each one has.

use super::ecs::{
    Agent, Dns, DnsStatus, Endpoint, EventData, EventFields, File, Hash, Host, Network, Os, ProcessFields, Question, Record,
    Registry, RegistryData, Related, Stamp, Sysmon, User, Version, Winlog,
};
use super::rng::mix;
use super::world::{Account, Millis, Process, ProcessId, Program, World, base_name};

/// One kind of event.
struct Kind {
    code: &'static str,
    action: &'static str,
    category: &'static [&'static str],
    types: &'static [&'static str],
}

const fn kind(code: &'static str, action: &'static str, category: &'static [&'static str], types: &'static [&'static str]) -> Kind {
    Kind { code, action, category, types }
}

const CREATE: Kind = kind("1", "Process creation", &["process"], &["start"]);
const CONNECT: Kind = kind("3", "Network connection", &["network"], &["start", "connection", "protocol"]);
const END: Kind = kind("5", "Process terminated", &["process"], &["end"]);
const IMAGE: Kind = kind("7", "Image loaded", &["process"], &["change"]);
const ACCESS: Kind = kind("10", "ProcessAccess", &["process"], &["access"]);
const FILE_CREATE: Kind = kind("11", "FileCreate", &["file"], &["creation"]);
const KEY: Kind = kind("12", "RegistryEvent (Object create and delete)", &["configuration", "registry"], &["change"]);
const VALUE: Kind = kind("13", "RegistryEvent (Value Set)", &["configuration", "registry"], &["change"]);
const DNS: Kind = kind("22", "DNSEvent (DNS query)", &["network"], &["connection", "protocol", "info"]);
const FILE_DELETE: Kind = kind("23", "FileDelete (File Delete archived)", &["file"], &["deletion"]);

/// The access right to query limited information about a process.
pub(super) const QUERY: &str = "0x1000";

/// The remote end of a connection, and which side opened it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow<'a> {
    /// Address of the remote machine.
    pub(super) remote: &'a str,
    pub(super) remote_port: u16,
    /// Port on this machine.
    pub(super) local_port: u16,
    /// Whether this machine opened the connection.
    pub(super) egress: bool,
    /// `tcp` or `udp`.
    pub(super) transport: &'a str,
}

/// A TCP connection that this machine opened.
pub(super) fn tcp(remote: &str, remote_port: u16, local_port: u16) -> Flow<'_> {
    Flow { remote, remote_port, local_port, egress: true, transport: "tcp" }
}

impl World {
    /// Event 1: a process starts another one.
    pub(super) fn spawn(&mut self, parent: ProcessId, program: Program<'_>, time: Millis) -> ProcessId {
        self.spawn_as(parent, program, time, None)
    }

    /// Event 1 with a given pid.
    pub(super) fn spawn_as(&mut self, parent: ProcessId, program: Program<'_>, time: Millis, pid: Option<u32>) -> ProcessId {
        let child = self.running(self.process(parent).machine, program, pid, time);
        self.birth(child, parent, time);
        child
    }

    /// Event 1: the creation record of a process.
    pub(super) fn birth(&mut self, child: ProcessId, parent: ProcessId, time: Millis) {
        let (process, parent) = (self.process(child).clone(), self.process(parent).clone());
        let (id, parent_id) = (self.entity_id(&process), self.entity_id(&parent));
        let fields = ProcessFields {
            hash: Some(hash(&process.birth_image)),
            working_directory: Some(working_directory(process.account)),
            parent: Some(Box::new(described(&parent, parent_id.as_deref()))),
            ..described(&process, id.as_deref())
        };
        let level = if process.account == Account::Person { "Medium" } else { "System" };
        let mut record = blank(time, &CREATE, &process, fields);
        record.winlog.event_data = Some(EventData { integrity_level: Some(level), ..EventData::default() });
        self.write(&owned_by(record, &process));
    }

    /// Event 3: a connection.
    pub(super) fn connect(&mut self, id: ProcessId, time: Millis, flow: Flow<'_>) {
        let process = self.process(id).clone();
        let guid = self.entity_id(&process);
        let here = Endpoint { ip: process.machine.address(), port: flow.local_port };
        let there = Endpoint { ip: flow.remote, port: flow.remote_port };
        let mut record = blank(time, &CONNECT, &process, actor(&process, guid.as_deref()));
        record.network = Some(Network {
            direction: Some(if flow.egress { "egress" } else { "ingress" }),
            protocol: port_name(flow.remote_port),
            transport: Some(flow.transport),
            kind: Some(if flow.remote.contains(':') { "ipv6" } else { "ipv4" }),
        });
        record.related = Some(Related { ip: vec![here.ip, there.ip], user: Vec::new() });
        (record.source, record.destination) = if flow.egress { (Some(here), Some(there)) } else { (Some(there), Some(here)) };
        self.write(&owned_by(record, &process));
    }

    /// Event 5: the end of a process.
    pub(super) fn exit(&mut self, id: ProcessId, time: Millis) {
        let process = self.process(id).clone();
        let guid = self.entity_id(&process);
        self.write(&blank(time, &END, &process, actor(&process, guid.as_deref())));
    }

    /// Event 7: an image is loaded.
    pub(super) fn load_image(&mut self, id: ProcessId, time: Millis, path: &str) {
        let process = self.process(id).clone();
        let guid = self.entity_id(&process);
        let mut record = blank(time, &IMAGE, &process, actor(&process, guid.as_deref()));
        record.file = file(path);
        if let Some(file) = &mut record.file {
            file.hash = Some(hash(path));
        }
        self.write(&record);
    }

    /// Event 10: a process opens another one with some access rights.
    pub(super) fn access(&mut self, id: ProcessId, time: Millis, target: ProcessId, rights: &str) {
        let (process, target) = (self.process(id).clone(), self.process(target).clone());
        let (guid, target_guid) = (self.entity_id(&process), self.entity_id(&target));
        let mut record = blank(time, &ACCESS, &process, actor(&process, guid.as_deref()));
        record.winlog.event_data = Some(EventData {
            granted_access: Some(rights),
            target_image: Some(&target.image),
            target_process_guid: target_guid.as_deref(),
            target_process_id: Some(target.pid.to_string()),
            ..EventData::default()
        });
        self.write(&record);
    }

    /// Event 11: a file is created.
    pub(super) fn create_file(&mut self, id: ProcessId, time: Millis, path: &str) {
        let process = self.process(id).clone();
        let guid = self.entity_id(&process);
        let mut record = blank(time, &FILE_CREATE, &process, actor(&process, guid.as_deref()));
        record.file = file(path);
        self.write(&record);
    }

    /// Event 23: a file is deleted. The hash below `process` is that of the file.
    pub(super) fn delete_file(&mut self, id: ProcessId, time: Millis, path: &str) {
        let process = self.process(id).clone();
        let guid = self.entity_id(&process);
        let fields = ProcessFields { hash: Some(hash(path)), ..actor(&process, guid.as_deref()) };
        let mut record = blank(time, &FILE_DELETE, &process, fields);
        record.file = file(path);
        self.write(&owned_by(record, &process));
    }

    /// Event 12 or 13: a registry key is created or, with a value, a value is set.
    pub(super) fn registry(&mut self, id: ProcessId, time: Millis, path: &str, value: Option<&str>) {
        let process = self.process(id).clone();
        let guid = self.entity_id(&process);
        let strings = [value.unwrap_or_default()];
        let (kind, event_type) = if value.is_some() { (&VALUE, "SetValue") } else { (&KEY, "CreateKey") };
        let mut record = blank(time, kind, &process, actor(&process, guid.as_deref()));
        let (hive, key) = path.split_once('\\').unwrap_or((path, path));
        record.registry = Some(Registry {
            data: value.map(|_| RegistryData { strings: &strings, kind: "REG_SZ" }),
            hive,
            key,
            path,
            value: base_name(path).unwrap_or(path),
        });
        record.winlog.event_data = Some(EventData { event_type: Some(event_type), ..EventData::default() });
        self.write(&record);
    }

    /// Event 22: a name is looked up.
    pub(super) fn look_up(&mut self, id: ProcessId, time: Millis, name: &str, addresses: &[&str]) {
        let process = self.process(id).clone();
        let guid = self.entity_id(&process);
        let record = blank(time, &DNS, &process, actor(&process, guid.as_deref()));
        self.write(&dns(record, name, addresses));
    }

    /// Event 22 for a process that ended before the answer came. The record has a pid, but no name and no GUID.
    pub(super) fn look_up_unknown(&mut self, id: ProcessId, time: Millis, name: &str, addresses: &[&str]) {
        let process = self.process(id).clone();
        let fields = ProcessFields { executable: "<unknown process>", pid: process.pid, ..ProcessFields::default() };
        let record = blank(time, &DNS, &process, fields);
        self.write(&dns(record, name, addresses));
    }

    fn write(&mut self, record: &Record<'_>) {
        // The structs contain only texts and numbers, so serialising them cannot fail.
        let line = serde_json::to_string(record).unwrap_or_default();
        self.log(record.time, line);
    }
}

/// A record with the fields of every Sysmon event.
fn blank<'a>(time: Millis, kind: &Kind, process: &'a Process, fields: ProcessFields<'a>) -> Record<'a> {
    let delay = 4 + (mix(time as u64) % 700) as i64;
    Record {
        time: Stamp(time),
        agent: Agent { kind: "winlogbeat", version: "8.17.0" },
        destination: None,
        dns: None,
        ecs: Version { version: "8.17.0" },
        event: EventFields {
            action: kind.action,
            category: kind.category,
            code: kind.code,
            created: Stamp(time + delay),
            kind: "event",
            module: "sysmon",
            provider: "Microsoft-Windows-Sysmon",
            kinds: kind.types,
        },
        file: None,
        host: Host { name: process.machine.name(), os: Os { family: "windows" } },
        network: None,
        process: fields,
        registry: None,
        related: None,
        source: None,
        sysmon: None,
        // The id of the service that writes the log, in events of all processes.
        user: User { domain: None, id: "S-1-5-18", name: None },
        winlog: Winlog {
            channel: "Microsoft-Windows-Sysmon/Operational",
            computer_name: process.machine.name(),
            event_data: None,
            event_id: kind.code,
        },
    }
}

/// Adds the account to events that have one.
fn owned_by<'a>(mut record: Record<'a>, process: &Process) -> Record<'a> {
    let (domain, name) = process.account.names();
    record.user = User { domain: Some(domain), id: "S-1-5-18", name: Some(name) };
    record.related.get_or_insert_default().user.push(name);
    record
}

/// The acting process, with the fields that all events but event 1 have.
fn actor<'a>(process: &'a Process, entity_id: Option<&'a str>) -> ProcessFields<'a> {
    ProcessFields {
        entity_id,
        executable: &process.image,
        name: base_name(&process.image),
        pid: process.pid,
        ..ProcessFields::default()
    }
}

/// A process, with the fields that its creation record has about it, and those of its children about their parent.
fn described<'a>(process: &'a Process, entity_id: Option<&'a str>) -> ProcessFields<'a> {
    let args = arguments(&process.command);
    ProcessFields {
        args_count: Some(args.len()),
        args,
        command_line: Some(&process.command),
        executable: &process.birth_image,
        name: base_name(&process.birth_image),
        ..actor(process, entity_id)
    }
}

fn dns<'a>(mut record: Record<'a>, name: &'a str, addresses: &'a [&'a str]) -> Record<'a> {
    let cut = name.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    record.dns =
        Some(Dns { question: Question { name, registered_domain: name.get(cut..).unwrap_or(name) }, resolved_ip: addresses });
    record.network = Some(Network { direction: None, protocol: Some("dns"), transport: None, kind: None });
    record.related = Some(Related { ip: addresses.to_vec(), user: Vec::new() });
    record.sysmon = Some(Sysmon { dns: DnsStatus { status: "SUCCESS" } });
    record
}

fn file(path: &str) -> Option<File<'_>> {
    let (directory, name) = path.rsplit_once('\\')?;
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    Some(File { directory, extension, hash: None, name, path })
}

/// An invented hash, the same for the same path.
fn hash(path: &str) -> Hash {
    let seed = path.bytes().fold(0x5f3c_u64, |state, byte| mix(state ^ u64::from(byte)));
    let words: Vec<String> = (0..6).map(|i| format!("{:016x}", mix(seed ^ i))).collect();
    Hash { md5: words[4..].concat(), sha256: words[..4].concat() }
}

fn port_name(port: u16) -> Option<&'static str> {
    match port {
        53 => Some("domain"),
        80 => Some("http"),
        443 => Some("https"),
        _ => None,
    }
}

fn working_directory(account: Account) -> &'static str {
    match account {
        Account::Person => "C:\\Users\\mkeller\\",
        Account::System | Account::LocalService | Account::NetworkService => "C:\\Windows\\system32\\",
    }
}

/// The parts of a command line: split at blanks outside of quotes, and without the quotes.
fn arguments(command: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for (index, piece) in command.split('"').enumerate() {
        if index % 2 == 1 {
            parts.push(piece.to_owned());
        } else {
            parts.extend(piece.split_ascii_whitespace().map(str::to_owned));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::world::{Machine, april, program};
    use super::*;

    #[test]
    fn arguments_lose_their_quotes() {
        assert_eq!(arguments("\"C:\\a b\\c.exe\" -x  1"), ["C:\\a b\\c.exe", "-x", "1"]);
    }

    #[test]
    fn only_the_creation_record_has_a_parent_and_a_command_line() {
        let mut world = World::new(true, &[]);
        let a = world.running(Machine::Host101, program("C:\\a.exe", "a", Account::Person), None, 0);
        let b = world.spawn(a, program("C:\\b.exe", "b 1", Account::Person), april(1, 0, 0, 0));
        world.exit(b, april(1, 0, 0, 1));
        let lines = world.into_lines();
        let json: Vec<serde_json::Value> = lines.iter().filter_map(|l| serde_json::from_str(l).ok()).collect();
        assert_eq!(json[0]["process"]["parent"]["name"], "a.exe");
        assert_eq!(json[0]["process"]["command_line"], "b 1");
        assert_eq!(json[0]["event"]["type"], serde_json::json!(["start"]));
        assert!(json[1]["process"].get("parent").is_none() && json[1]["process"].get("command_line").is_none());
        assert_eq!(json[0]["process"]["entity_id"], json[1]["process"]["entity_id"]);
    }

    #[test]
    fn hashes_have_the_right_length() {
        let h = hash("C:\\a.exe");
        assert_eq!((h.md5.len(), h.sha256.len()), (32, 64));
    }
}
