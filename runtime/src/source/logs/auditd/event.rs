//! An event of the audit log as a record in ECS: processes, files, connections and logons as Auditbeat has them, everything that the
//! kernel said below `auditd.data`.

use super::pairs::AuditLine;
use super::{socket, syscalls};
use crate::source::logs::flat_record::FlatRecord;
use crate::source::logs::read_value;

/// The lines of an event that came so far.
pub(super) struct AuditEvent {
    node: Option<String>,
    time: String,
    serial: String,
    lines: Vec<(String, Vec<(String, String)>)>,
}

impl AuditEvent {
    pub(super) fn new(line: &AuditLine<'_>) -> Self {
        let (time, serial) = (line.time.to_owned(), line.serial.to_owned());
        let mut event = Self { node: line.node.map(str::to_owned), time, serial, lines: Vec::new() };
        event.add(line);
        event
    }

    pub(super) fn is_of(&self, line: &AuditLine<'_>) -> bool {
        (self.node.as_deref(), self.time.as_str(), self.serial.as_str()) == (line.node, line.time, line.serial)
    }

    pub(super) fn add(&mut self, line: &AuditLine<'_>) {
        let pairs = line.pairs().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        self.lines.push((line.kind.to_owned(), pairs));
    }

    pub(super) fn lines(&self) -> usize {
        self.lines.len()
    }

    /// Whether its last line came: the mark of an end, or one that stands alone.
    pub(super) fn is_whole(&self) -> bool {
        let last = self.lines.last().map_or("", |(kind, _)| kind.as_str());
        last == "EOE" || last == "PROCTITLE" || self.lines.iter().any(|(kind, _)| stands_alone(kind))
    }

    fn of(&self, kind: &str) -> impl Iterator<Item = &Vec<(String, String)>> {
        self.lines.iter().filter(move |(own, _)| own == kind).map(|(_, pairs)| pairs)
    }

    /// The first value of a key in lines of a kind.
    fn value(&self, kind: &str, key: &str) -> Option<&str> {
        self.of(kind).find_map(|pairs| get(pairs, key))
    }

    /// The first value of a key in any line.
    fn any(&self, key: &str) -> Option<&str> {
        self.lines.iter().find_map(|(_, pairs)| get(pairs, key))
    }

    pub(super) fn record(&self) -> FlatRecord {
        let mut record = FlatRecord::default();
        let time = read_value::seconds(&self.time).map_or_else(|| self.time.clone(), read_value::iso);
        record.put("@timestamp", time);
        record.put("event.kind", "event");
        record.put("event.module", "auditd");
        if let Ok(serial) = self.serial.parse::<u64>() {
            record.put("auditd.sequence", serial);
        }
        if let Some(node) = &self.node {
            record.put("host.name", node.as_str());
            record.put("host.hostname", node.as_str());
        }
        if let Some((kind, _)) = self.lines.first() {
            record.put("auditd.message_type", kind.to_ascii_lowercase());
        }
        self.everything(&mut record);
        self.outcome(&mut record);
        self.process(&mut record);
        self.user(&mut record);
        let call = self.any("SYSCALL").or_else(|| self.value("SYSCALL", "syscall"));
        let arch = self.value("SYSCALL", "arch").unwrap_or_default();
        let call = call.and_then(|call| {
            syscalls::of(arch, call).ok_or(call).map_or_else(|name| Some((name, None)), |c| Some((c.name, Some(c))))
        });
        match call {
            Some((name, known)) => {
                record.put("event.action", name);
                if let Some(known) = known {
                    record.put("event.category", known.category);
                    record.put("event.type", known.ty);
                }
                self.files(known.map_or("", |known| known.category), &mut record);
                self.network(name, &mut record);
            }
            None => self.message(&mut record),
        }
        record
    }

    /// What stands in the lines, but for what belongs to a field of its own.
    fn everything(&self, record: &mut FlatRecord) {
        for (kind, pairs) in &self.lines {
            for (key, value) in pairs {
                match kind.as_str() {
                    "PATH" => record.put(&format!("auditd.paths.{key}"), value.as_str()),
                    "EXECVE" | "PROCTITLE" | "CWD" => {}
                    _ => record.put(&format!("auditd.data.{key}"), value.as_str()),
                }
            }
        }
        for pairs in self.of("SYSCALL") {
            pairs.iter().filter(|(key, _)| key == "key").for_each(|(_, key)| record.put("tags", key.as_str()));
        }
        if let Some(session) = self.any("ses").filter(|id| is_set(id)) {
            record.put("auditd.session", session);
        }
    }

    fn outcome(&self, record: &mut FlatRecord) {
        let word = self.value("SYSCALL", "success").or_else(|| self.any("res"));
        let (outcome, result) = match word {
            Some("yes" | "success" | "1") => ("success", "success"),
            Some("no" | "failed" | "0") => ("failure", "fail"),
            _ => return,
        };
        record.put("event.outcome", outcome);
        record.put("auditd.result", result);
    }

    fn process(&self, record: &mut FlatRecord) {
        for (key, field) in [("pid", "process.pid"), ("ppid", "process.parent.pid")] {
            if let Some(number) = self.any(key).and_then(|text| text.parse::<u64>().ok()) {
                record.put(field, number);
            }
        }
        for (kind, key, field) in [
            ("SYSCALL", "comm", "process.name"),
            ("SYSCALL", "exe", "process.executable"),
            ("CWD", "cwd", "process.working_directory"),
            ("PROCTITLE", "proctitle", "process.title"),
        ] {
            let value = self.value(kind, key).or_else(|| if kind == "SYSCALL" { self.any(key) } else { None });
            if let Some(value) = value {
                record.put(field, value);
            }
        }
        let arguments = self.arguments();
        // The title has 128 bytes at most.
        let line =
            if arguments.is_empty() { self.value("PROCTITLE", "proctitle").map(str::to_owned) } else { Some(arguments.join(" ")) };
        if let Some(line) = line.or_else(|| self.any("cmd").map(str::to_owned)) {
            record.put("process.command_line", line);
        }
        if !arguments.is_empty() {
            record.put("process.args_count", arguments.len() as u64);
            record.put_list("process.args", arguments);
        }
    }

    /// The arguments of a program that was started. Long ones come in parts: `a1[0]`, `a1[1]`.
    fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<(u64, String)> = Vec::new();
        for (key, value) in self.of("EXECVE").flatten() {
            let Some(number) = key.strip_prefix('a').and_then(|rest| rest.split('[').next()?.parse::<u64>().ok()) else { continue };
            match arguments.last_mut() {
                Some((last, text)) if *last == number && key.contains('[') => text.push_str(value),
                _ => arguments.push((number, value.clone())),
            }
        }
        arguments.into_iter().map(|(_, text)| text).collect()
    }

    fn user(&self, record: &mut FlatRecord) {
        for (key, name, field) in [
            ("uid", "UID", "user"),
            ("auid", "AUID", "user.audit"),
            ("euid", "EUID", "user.effective"),
            ("suid", "SUID", "user.saved"),
            ("gid", "GID", "user.group"),
        ] {
            if let Some(id) = self.any(key).filter(|id| is_set(id)) {
                record.put(&format!("{field}.id"), id);
                // The one name that is the same on every host.
                if id == "0" && self.any(name).is_none() {
                    record.put(&format!("{field}.name"), "root");
                }
            }
            if let Some(name) = self.any(name).filter(|name| is_set(name)) {
                record.put(&format!("{field}.name"), name);
            }
        }
    }

    /// Files that a call names; their folders are no part of them.
    fn files(&self, category: &str, record: &mut FlatRecord) {
        if !matches!(category, "file" | "driver") {
            return;
        }
        for pairs in self.of("PATH").filter(|pairs| get(pairs, "nametype") != Some("PARENT")) {
            let Some(name) = get(pairs, "name") else { continue };
            let folder = self.value("CWD", "cwd").filter(|_| !name.starts_with('/'));
            let path = folder.map_or_else(
                || name.to_owned(),
                |folder| format!("{}/{}", folder.trim_end_matches('/'), name.trim_start_matches("./")),
            );
            record.put("file.path", path.as_str());
            record.put("file.name", path.rsplit('/').next().unwrap_or_default());
            for (key, field) in [("inode", "file.inode"), ("mode", "file.mode"), ("ouid", "file.uid"), ("ogid", "file.gid")] {
                if let Some(value) = get(pairs, key) {
                    record.put(field, value);
                }
            }
        }
    }

    /// The far end of a connection: of calls that connect the destination, of those that take one the source.
    fn network(&self, call: &str, record: &mut FlatRecord) {
        let raw = self.value("SOCKADDR", "saddr").and_then(socket::address);
        let (address, port) = match raw {
            Some((address, port)) => (address.to_string(), Some(u64::from(port))),
            None => match self.value("SOCKADDR", "laddr") {
                Some(address) => (address.to_owned(), self.value("SOCKADDR", "lport").and_then(|port| port.parse().ok())),
                None => return,
            },
        };
        if address.parse::<std::net::IpAddr>().is_err() {
            return;
        }
        let (side, direction) = match call {
            "accept" | "accept4" | "recvfrom" => ("source", "ingress"),
            "bind" | "listen" => ("server", "listening"),
            _ => ("destination", "egress"),
        };
        record.put(&format!("{side}.ip"), address.as_str());
        record.put(&format!("{side}.address"), address);
        if let Some(port) = port {
            record.put(&format!("{side}.port"), port);
        }
        record.put("network.direction", direction);
    }

    /// Messages of programs: logons, changes of accounts, services.
    fn message(&self, record: &mut FlatRecord) {
        let kind = self.lines.first().map_or("", |(kind, _)| kind.as_str());
        let op = self.any("op").unwrap_or_default();
        record.put("event.action", if op.is_empty() { kind.to_ascii_lowercase() } else { op.to_owned() });
        let (category, ty) = match kind {
            "USER_LOGIN" | "USER_START" | "LOGIN" => ("authentication", "start"),
            "USER_END" | "USER_LOGOUT" => ("authentication", "end"),
            "USER_AUTH" | "USER_ACCT" | "CRED_ACQ" | "CRED_REFR" | "CRED_DISP" | "USER_ERR" => ("authentication", "info"),
            "ADD_USER" => ("iam", "creation"),
            "DEL_USER" => ("iam", "deletion"),
            "ADD_GROUP" | "DEL_GROUP" | "USER_CHAUTHTOK" | "USER_MGMT" | "GRP_MGMT" | "ACCT_LOCK" | "ACCT_UNLOCK" => {
                ("iam", "change")
            }
            "USER_CMD" => ("process", "start"),
            "SERVICE_START" => ("process", "start"),
            "SERVICE_STOP" => ("process", "end"),
            "CONFIG_CHANGE" | "DAEMON_CONFIG" | "MAC_CONFIG_CHANGE" => ("configuration", "change"),
            _ => ("", ""),
        };
        record.put("event.category", category);
        record.put("event.type", ty);
        // A service is no process of its message's own pid, which is that of its manager.
        if let Some(unit) = self.any("unit") {
            record.put("service.name", unit);
        }
        if let Some(account) = self.any("acct").or_else(|| self.any("id").filter(|_| category == "iam")) {
            let field = if category == "iam" { "user.target.name" } else { "user.name" };
            record.put_first(field, account);
        }
        if let Some(address) = self.any("addr").filter(|address| address.parse::<std::net::IpAddr>().is_ok()) {
            record.put("source.ip", address);
            record.put("source.address", address);
        }
    }
}

fn get<'p>(pairs: &'p [(String, String)], key: &str) -> Option<&'p str> {
    pairs.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
}

/// Whether an id is one: those that were never set are all ones.
fn is_set(id: &str) -> bool {
    !matches!(id, "4294967295" | "-1" | "unset")
}

/// Messages of programs and of the daemon are one line each.
fn stands_alone(kind: &str) -> bool {
    let of_programs = ["USER_", "CRED_", "SERVICE_", "DAEMON_", "CRYPTO_", "SYSTEM_", "ADD_", "DEL_", "GRP_", "ACCT_"];
    of_programs.iter().any(|start| kind.starts_with(start))
}
