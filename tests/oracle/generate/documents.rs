//! Random ECS documents: Sysmon, Security, PowerShell and Defend in form, with what bites in real data.

use super::Rng;
use serde_json::{Map, Value as Json, json};

const HOSTS: &[&str] = &["H1.corp", "H1.corp", "H2.corp", "h1.corp"];
const PIDS: &[i64] = &[4, 100, 100, 101, 200, 3000];
const NAMES: &[&str] = &["cmd.exe", "CMD.EXE", "a b.exe", "pröc.exe", "proc_ump.exe", "pr%c.exe", "powershell.exe"];
const FOLDERS: &[&str] = &[r"C:\Windows\System32", r"C:\WINDOWS\system32", r"C:\a.b", "/usr/bin", r"C:"];
const IDS: &[&str] = &[
    "{39e4a257-2d59-5f91-6813-000000000701}",
    "{39E4A257-2D59-5F91-6813-000000000701}",
    "{39e4a257-2d59-5f91-6813-000000000702}",
    "{39e4a257-2d59-5f91-6813-000000000703}",
    "39e4a257-2d59-5f91-6813-000000000701",
    "{00000000-0000-0000-0000-000000000000}",
    "00000000-0000-0000-0000-000000000000",
    "-",
    "NTM3NjM=",
    "ntm3njm=",
];
const LINES: &[&str] = &[
    "cmd.exe /c whoami",
    "\"C:\\Windows\\cmd.exe\"  /c DIR ",
    "a*b?c[d]{1}(x)|y^$.+",
    "100% _sure_",
    r"\\host\share\x",
    "first\nsecond",
    "tab\tand \"quotes\" and 'ticks'",
    "ÄÖ ı ß",
];
const USERS: &[&str] = &["wardog", "Wardog", "SYSTEM", "LOCAL SERVICE"];
const DOMAINS: &[&str] = &["CORP", "corp", "CORP.LOCAL"];
const ADDRESSES: &[&str] = &[
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.10",
    "192.168.1.43",
    "fe80:0:0:0:0:0:0:1",
    "fe80::1",
    "FE80::1",
    "0:0:0:0:0:0:0:1",
    "::1",
    "2001:db8::a",
    "::ffff:10.0.0.1",
];
const MACS: &[&str] = &[
    "00-00-5E-00-53-AF",
    "00-00-5e-00-53-af",
    "00:00:5e:00:53:af",
    "0000.5e00.53af",
    "0000.5E00.53AF",
    "00-00-5E-00-53-24",
    "00:00:00:00:00:00",
    "eui-64",
];
const PORTS: &[i64] = &[0, 53, 80, 443, 49152, 5353];
const HASHES: &[&str] =
    &["91e36e6d6bc7af16053b3116457e350c", "91E36E6D6BC7AF16053B3116457E350C", "00000000000000000000000000000000"];
const KEYS: &[(&str, Option<&str>)] = &[
    (r"HKLM\Software\Run\x", Some(r"Software\Run\x")),
    (r"HKLM\software\run", Some(r"software\run")),
    (r"HKEY_LOCAL_MACHINE\Software\Run\x", Some(r"Software\Run")),
    (r"HKU\S-1-5-21-1\Software\Run", Some(r"S-1-5-21-1\Software\Run")),
    (r"\REGISTRY\A\{x}\y", None),
];
const NAMES_OF_HOSTS: &[&str] = &["evil.com", "Evil.com", "a.b", "HR001"];

/// A document on its way.
struct Doc<'a> {
    rng: &'a mut Rng,
    fields: Map<String, Json>,
    /// How many percent of the fields are absent.
    gaps: usize,
}

impl Doc<'_> {
    fn set(&mut self, path: &str, value: Json) {
        let mut node = &mut self.fields;
        let mut parts: Vec<&str> = path.split('.').collect();
        let last = parts.pop().expect("a name");
        for part in parts {
            node = node.entry(part).or_insert_with(|| json!({})).as_object_mut().expect("an object");
        }
        node.insert(last.to_owned(), value);
    }

    fn maybe(&mut self, path: &str, value: Json) {
        if !self.rng.chance(self.gaps) {
            self.set(path, value);
        }
    }

    fn one(&mut self, path: &str, from: &[&str]) {
        let value = *self.rng.pick(from);
        self.maybe(path, json!(value));
    }

    fn number(&mut self, path: &str, from: &[i64]) {
        let value = *self.rng.pick(from);
        self.maybe(path, json!(value));
    }

    fn code(&mut self, code: i64) {
        let value = if self.rng.chance(10) { json!(code) } else { json!(code.to_string()) };
        self.set("event.code", value);
    }

    fn kind(&mut self, category: &str, kind: &str) {
        let scalar = self.rng.chance(30);
        let wrap = |v: &str| if scalar { json!(v) } else { json!([v]) };
        self.maybe("event.category", wrap(category));
        let kinds = if !scalar && self.rng.chance(20) { json!([kind, "info"]) } else { wrap(kind) };
        self.maybe("event.type", kinds);
    }

    /// The acting process; `prefix` is `process` or `process.parent`.
    fn process(&mut self, prefix: &str, ids: bool) {
        if ids && !self.rng.chance(15) {
            self.one(&format!("{prefix}.entity_id"), IDS);
        }
        self.number(&format!("{prefix}.pid"), PIDS);
        let name = *self.rng.pick(NAMES);
        if self.rng.chance(10) {
            self.maybe(&format!("{prefix}.executable"), json!("System"));
            return;
        }
        self.maybe(&format!("{prefix}.name"), json!(name));
        let folder = *self.rng.pick(FOLDERS);
        let separator = if folder.starts_with('/') { '/' } else { '\\' };
        self.maybe(&format!("{prefix}.executable"), json!(format!("{folder}{separator}{name}")));
    }

    fn command_line(&mut self, prefix: &str) {
        let mut line = (*self.rng.pick(LINES)).to_owned();
        if self.rng.chance(4) {
            line.push_str(&"x".repeat(1100));
        }
        let words: Vec<&str> = line.split(' ').collect();
        let args = if self.rng.chance(20) { json!(words[0]) } else { json!(words) };
        self.maybe(&format!("{prefix}.args"), args);
        self.maybe(&format!("{prefix}.command_line"), json!(line.clone()));
    }

    fn user(&mut self) {
        self.one("user.name", USERS);
        self.one("user.domain", DOMAINS);
        self.maybe("user.id", json!("S-1-5-18"));
    }

    fn file(&mut self, prefix: &str) {
        let (folder, name) = (*self.rng.pick(FOLDERS), *self.rng.pick(NAMES));
        self.maybe(&format!("{prefix}.path"), json!(format!("{folder}\\{name}")));
        self.maybe(&format!("{prefix}.name"), json!(name));
        if prefix == "file" {
            self.maybe("file.directory", json!(folder));
            self.maybe("file.extension", json!("exe"));
            self.number("file.size", &[0, 5, 5000]);
        }
        self.one(&format!("{prefix}.hash.md5"), HASHES);
    }

    fn flow(&mut self) {
        self.one("source.ip", ADDRESSES);
        self.one("destination.ip", ADDRESSES);
        // What has no ports: ICMP.
        if !self.rng.chance(20) {
            self.number("source.port", PORTS);
            self.number("destination.port", PORTS);
        }
        self.one("network.transport", &["tcp", "udp", "icmp"]);
        self.one("network.type", &["ipv4", "ipv6"]);
        self.one("network.protocol", &["http", "dns"]);
        let direction = if self.rng.chance(50) { json!(["outbound"]) } else { json!("egress") };
        self.maybe("network.direction", direction);
        self.one("destination.domain", NAMES_OF_HOSTS);
        if self.rng.chance(30) {
            self.one("tls.client.server_name", NAMES_OF_HOSTS);
        }
        self.one("source.domain", &["-", "a.b"]);
        self.number("source.bytes", &[0, 10, 1_000_000]);
        if self.rng.chance(30) {
            self.one("source.mac", MACS);
            self.one("destination.mac", MACS);
            let fields: &[&'static str] = &["client.mac", "server.mac", "observer.mac", "host.mac"];
            let field = *self.rng.pick(fields);
            let pair = [*self.rng.pick(MACS), *self.rng.pick(MACS)];
            let value = if self.rng.chance(50) { json!(pair) } else { json!(pair[0]) };
            self.maybe(field, value);
        }
    }

    fn registry(&mut self) {
        let (path, key) = *self.rng.pick(KEYS);
        self.maybe("registry.path", json!(path));
        if let Some(key) = key {
            self.maybe("registry.key", json!(key));
        }
        self.one("registry.value", &["x", "Run"]);
        let data = if self.rng.chance(30) { json!("1") } else { json!(["1", "two"]) };
        self.maybe("registry.data.strings", data);
    }

    fn dns(&mut self) {
        self.one("dns.question.name", NAMES_OF_HOSTS);
        let count = self.rng.below(4);
        let found: Vec<&str> = (0..count).map(|_| *self.rng.pick(ADDRESSES)).collect();
        if count == 1 && self.rng.chance(50) {
            self.maybe("dns.resolved_ip", json!(found[0]));
        } else if count > 0 {
            self.maybe("dns.resolved_ip", json!(found));
        }
    }

    /// What other shippers write: numbers as text, nulls, empty texts and lists, several values, dots in names.
    fn bend(&mut self) {
        if self.rng.chance(75) {
            return;
        }
        let bent = match self.rng.below(7) {
            0 => ("process.pid", json!("100")),
            1 => ("destination.port", json!(443.0)),
            2 => ("process.parent.pid", Json::Null),
            3 => ("process.command_line", json!("")),
            4 => ("file.name", json!([])),
            5 => ("process.name", json!(["cmd.exe", "powershell.exe"])),
            _ => ("source.port", json!(" 80")),
        };
        self.maybe(bent.0, bent.1);
        if self.rng.chance(30)
            && let Some(Json::Object(inner)) = self.fields.remove("destination")
        {
            for (name, value) in inner {
                self.fields.insert(format!("destination.{name}"), value);
            }
        }
    }

    fn hash(&mut self) {
        self.one("process.hash.md5", HASHES);
        self.one("process.hash.sha256", HASHES);
    }

    fn target(&mut self) {
        self.one("winlog.event_data.TargetProcessGUID", IDS);
        let pid = self.rng.pick(PIDS).to_string();
        self.maybe("winlog.event_data.TargetProcessId", json!(pid));
        self.maybe("winlog.event_data.TargetImage", json!(r"C:\Windows\System32\lsass.exe"));
    }
}

/// The kinds of events, with how often each comes.
const EVENTS: &[(&str, usize)] = &[
    ("sysmon-1", 5),
    ("sysmon-3", 3),
    ("sysmon-5", 1),
    ("sysmon-7", 2),
    ("sysmon-8", 1),
    ("sysmon-10", 1),
    ("sysmon-11", 2),
    ("sysmon-13", 2),
    ("sysmon-17", 1),
    ("sysmon-22", 2),
    ("sysmon-23", 2),
    ("security-4688", 2),
    ("security-4624", 1),
    ("security-5156", 2),
    ("powershell", 1),
    ("defend-process", 2),
    ("defend-dll", 1),
    ("defend-network", 1),
    ("web", 1),
];

fn event(doc: &mut Doc<'_>, event: &str, ids: bool) {
    match event {
        "sysmon-1" => {
            doc.code(1);
            doc.kind("process", "start");
            doc.process("process", ids);
            doc.process("process.parent", ids);
            doc.command_line("process");
            doc.command_line("process.parent");
            doc.one("process.working_directory", &["C:\\", "C:\\a.b\\"]);
            doc.hash();
            doc.user();
        }
        "sysmon-3" => {
            doc.code(3);
            doc.kind("network", "connection");
            doc.process("process", ids);
            doc.flow();
            doc.user();
        }
        "sysmon-5" => {
            doc.code(5);
            doc.kind("process", "end");
            doc.process("process", ids);
        }
        "sysmon-7" => {
            doc.code(7);
            doc.kind("process", "change");
            doc.process("process", ids);
            doc.file("file");
            doc.hash();
        }
        "sysmon-8" | "sysmon-10" => {
            doc.code(if event == "sysmon-8" { 8 } else { 10 });
            doc.kind("process", "access");
            doc.process("process", ids);
            doc.target();
        }
        "sysmon-11" => {
            doc.code(11);
            doc.kind("file", "creation");
            doc.process("process", ids);
            doc.file("file");
        }
        "sysmon-13" => {
            doc.code(13);
            doc.kind("registry", "change");
            doc.process("process", ids);
            doc.registry();
            doc.one("winlog.event_data.EventType", &["SetValue", "CreateKey", "DeleteValue"]);
        }
        "sysmon-17" => {
            doc.code(17);
            doc.process("process", ids);
            doc.set("file.name", json!(r"\lsass"));
        }
        "sysmon-22" => {
            doc.code(22);
            doc.kind("network", "info");
            doc.process("process", ids);
            doc.dns();
        }
        "sysmon-23" => {
            let code = 23 + doc.rng.below(4) as i64;
            doc.code(code);
            doc.kind("file", "deletion");
            doc.process("process", ids);
            doc.file("file");
            doc.hash();
            doc.user();
        }
        _ => other_event(doc, event),
    }
}

fn other_event(doc: &mut Doc<'_>, event: &str) {
    match event {
        "security-4688" => {
            doc.code(4688);
            let word = *doc.rng.pick(&["start", "process_start", "process_started"]);
            doc.kind("process", word);
            doc.process("process", false);
            doc.process("process.parent", false);
            doc.command_line("process");
            doc.user();
        }
        "security-4624" => {
            doc.code(4624);
            doc.set("process", json!({"name": "-", "pid": 0}));
            doc.user();
            doc.one("source.ip", ADDRESSES);
        }
        "security-5156" => {
            doc.code(5156);
            doc.kind("network", "connection");
            doc.process("process", false);
            doc.flow();
        }
        "powershell" => {
            doc.set("event", json!({"code": "400", "category": "process", "type": "start"}));
            doc.set("process.entity_id", json!("ff044c8a-18a8-4d52-b810-60b111bbabaa"));
            doc.command_line("process");
        }
        "defend-process" => {
            let word = *doc.rng.pick(&["start", "process_started"]);
            doc.kind("process", word);
            doc.process("process", true);
            doc.process("process.parent", true);
            doc.one("process.start", &["2024-01-01T00:00:01Z", "2024-01-01T00:00:02.500Z"]);
            doc.one("process.parent.start", &["2024-01-01T00:00:01Z"]);
            doc.command_line("process");
            doc.hash();
            doc.user();
        }
        "defend-dll" => {
            doc.kind("library", "start");
            doc.process("process", true);
            doc.file("dll");
        }
        "defend-network" => {
            doc.kind("network", "start");
            doc.process("process", true);
            doc.one("process.parent.entity_id", IDS);
            doc.flow();
        }
        _ => {
            doc.one("url.original", &["http://evil.com/a?b", "HTTP://evil.com/"]);
            doc.one("url.full", &["http://a.b/"]);
            doc.one("url.domain", NAMES_OF_HOSTS);
            doc.flow();
        }
    }
}

/// Random instants, few enough that many are equal, some on the same millisecond.
fn stamp(rng: &mut Rng) -> String {
    let second = rng.below(8);
    match rng.below(8) {
        0 => format!("2024-01-01T00:00:0{second}Z"),
        1 => format!("2024-01-01T00:00:0{second}.1234567Z"),
        2 => format!("2024-01-01T00:10:0{second}.500Z"),
        3 => format!("2024-01-01T00:00:0{second}.123Z"),
        _ => format!("2024-01-01T00:00:0{second}.500Z"),
    }
}

/// Some documents, as NDJSON lines.
pub(crate) fn documents(rng: &mut Rng, count: usize) -> Vec<String> {
    // Some sources know no entity ids at all, some know them of a part of the hosts.
    let ids = !rng.chance(15);
    let bare: Vec<&str> = if rng.chance(50) { Vec::new() } else { HOSTS.iter().copied().filter(|_| rng.chance(40)).collect() };
    let total: usize = EVENTS.iter().map(|(_, weight)| weight).sum();
    let mut lines: Vec<String> = Vec::new();
    for _ in 0..count {
        if !lines.is_empty() && rng.chance(6) {
            let again = rng.pick(&lines).clone();
            lines.push(again);
            continue;
        }
        let mut left = rng.below(total);
        let chosen = EVENTS.iter().find(|(_, weight)| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here
        });
        let gaps = *rng.pick(&[0, 5, 15, 40]);
        let at = stamp(rng);
        let mut doc = Doc { rng, fields: Map::new(), gaps };
        doc.set("@timestamp", json!(at));
        let mut ids = ids;
        if !doc.rng.chance(4) {
            let host = *doc.rng.pick(HOSTS);
            ids &= !bare.contains(&host);
            doc.set("host.name", json!(host));
            let short = host.split('.').next().unwrap_or(host);
            doc.maybe("host.hostname", json!(short));
        }
        let name = chosen.map_or("web", |(name, _)| *name);
        let without = !ids && name.starts_with("defend");
        event(&mut doc, if without { "sysmon-1" } else { name }, ids);
        doc.bend();
        super::beside::add(doc.rng, &mut doc.fields);
        lines.push(Json::Object(doc.fields).to_string());
    }
    lines
}
