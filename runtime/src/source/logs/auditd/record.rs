//! An event of the audit log as a record in ECS: processes, files, connections and logons as Auditbeat has them, everything else that
//! the kernel said below `auditd.data`.

use super::event::{AuditEvent, get, is_set};
use super::messages::{self, MessageType};
use super::selinux::labels;
use super::socket::{self, Socket};
use super::syscalls::{self, Syscall};
use super::{accounts, files};
use crate::source::logs::flat_record::FlatRecord;
use crate::source::logs::read_value;
use std::net::IpAddr;

pub(super) fn record(event: &AuditEvent) -> FlatRecord {
    let mut record = FlatRecord::default();
    let time = read_value::seconds(&event.time).map_or_else(|| event.time.clone(), read_value::iso);
    record.put("@timestamp", time);
    record.put("event.module", "auditd");
    if let Ok(serial) = event.serial.parse::<u64>() {
        record.put("auditd.sequence", serial);
    }
    if let Some(node) = &event.node {
        record.put("host.name", node.as_str());
        record.put("host.hostname", node.as_str());
    }
    record.put("auditd.message_type", event.kind().to_ascii_lowercase());
    let call = call(event);
    everything(event, call, &mut record);
    outcome(event, &mut record);
    process(event, &mut record);
    let message = messages::of(event.kind());
    what(event, call, message, &mut record);
    accounts::put(event, message, &mut record);
    if let Some(call) = call {
        files::put(event, call, &mut record);
        network(event, call, &mut record);
    } else {
        from_far(event, &mut record);
    }
    record
}

/// The system call, with its name.
fn call(event: &AuditEvent) -> Option<Syscall> {
    let arch = event.value("SYSCALL", "arch").or_else(|| event.value("SECCOMP", "arch")).unwrap_or_default();
    let mut said = ["SYSCALL", "syscall"].into_iter().filter_map(|key| event.any(key));
    said.find_map(|name| syscalls::of(arch, name))
}

/// What the event is: by its message, and by its system call.
fn what(event: &AuditEvent, call: Option<Syscall>, message: Option<MessageType>, record: &mut FlatRecord) {
    let kind = event.kind();
    let mut words = |field: &str, words: &str| words.split(' ').for_each(|word| record.put(field, word));
    if let Some(message) = message {
        words("event.kind", message.kind);
        words("event.category", message.categories);
        words("event.type", message.types);
    }
    if let Some(call) = call {
        let known = !call.category.is_empty();
        words("event.category", if known { call.category } else { "process" });
        // A program that could not be run, as in each folder of PATH before the right one, begins no process.
        let failed = call.action == "executed" && event.value("SYSCALL", "success") == Some("no");
        words("event.type", if known && !failed { call.types } else { "info" });
    }
    record.put_unless_there("event.kind", "event");
    let number = event.value("SYSCALL", "syscall").unwrap_or_default();
    let op = event.any("op").unwrap_or_default();
    let action = match (message, call) {
        _ if kind == "AVC" && event.any("apparmor").is_some() => "violated-apparmor-policy",
        (Some(message), _) => message.action,
        (None, Some(call)) if kind == "SYSCALL" => {
            if call.action.is_empty() {
                call.name
            } else {
                call.action
            }
        }
        (None, None) if kind == "SYSCALL" && !number.is_empty() => number,
        _ if !op.is_empty() => op,
        _ => return record.put("event.action", kind.to_ascii_lowercase()),
    };
    record.put("event.action", action);
}

/// Keys whose first value has a field of its own.
const OWN: [&str; 36] = [
    "pid",
    "ppid",
    "comm",
    "exe",
    "cwd",
    "proctitle",
    "ses",
    "res",
    "success",
    "key",
    "uid",
    "auid",
    "euid",
    "suid",
    "fsuid",
    "gid",
    "egid",
    "sgid",
    "fsgid",
    "UID",
    "AUID",
    "EUID",
    "SUID",
    "FSUID",
    "GID",
    "EGID",
    "SGID",
    "FSGID",
    "arch",
    "ARCH",
    "syscall",
    "SYSCALL",
    "exit",
    "saddr",
    "subj",
    "items",
];

/// What stands in the lines, but for what has a field of its own.
fn everything(event: &AuditEvent, call: Option<Syscall>, record: &mut FlatRecord) {
    // A line may have as many keys as a stranger likes: none is looked for among all others.
    let firsts = event.firsts();
    for (kind, pairs) in &event.lines {
        for (key, value) in pairs {
            match kind.as_str() {
                "PATH" if key == "obj" => labels("auditd.paths.obj_", value, record),
                "PATH" => record.put(&format!("auditd.paths.{key}"), value.as_str()),
                "EXECVE" if key != "argc" => {}
                _ if OWN.contains(&key.as_str()) && firsts.get(key.as_str()) == Some(&value.as_str()) => {}
                _ => record.put(&format!("auditd.data.{key}"), value.as_str()),
            }
        }
    }
    for keys in event.lines.iter().filter_map(|(_, pairs)| get(pairs, "key")) {
        // Several keys of one rule have a byte between them.
        keys.split('\u{1}').for_each(|key| record.put("tags", key.strip_prefix("key=").unwrap_or(key)));
    }
    if let Some(session) = event.any("ses").filter(|id| is_set(id)) {
        record.put("auditd.session", session);
    }
    if let Some(arch) = event.any("arch") {
        record.put("auditd.data.arch", syscalls::architecture(arch));
    }
    if let Some(number) = event.any("syscall") {
        record.put("auditd.data.syscall", call.map_or(number, |call| call.name));
    }
    if let Some(code) = event.any("exit") {
        record.put("auditd.data.exit", syscalls::exit(code));
    }
    if let Some(context) = event.any("subj") {
        labels("user.selinux.", context, record);
    }
    if let Some(saddr) = event.any("saddr") {
        address(saddr, record);
    }
}

fn address(saddr: &str, record: &mut FlatRecord) {
    let read = socket::read(saddr);
    if let Some(socket) = &read {
        record.put("auditd.data.socket.family", socket.family());
    }
    match read {
        Some(Socket::Internet(address, port)) => {
            record.put("auditd.data.socket.addr", address.to_string());
            record.put("auditd.data.socket.port", port.to_string());
        }
        Some(Socket::Unix(path)) => record.put("auditd.data.socket.path", path),
        Some(Socket::Netlink) | None => record.put("auditd.data.socket.saddr", saddr),
    }
}

fn outcome(event: &AuditEvent, record: &mut FlatRecord) {
    let word = event.value("SYSCALL", "success").or_else(|| event.any("res")).map(str::to_ascii_lowercase);
    let (outcome, result) = match word.as_deref() {
        Some("yes" | "success" | "1") => ("success", "success"),
        Some("no" | "failed" | "fail" | "0") => ("failure", "fail"),
        _ => return,
    };
    record.put("event.outcome", outcome);
    record.put("auditd.result", result);
}

fn process(event: &AuditEvent, record: &mut FlatRecord) {
    for (key, field) in [("pid", "process.pid"), ("ppid", "process.parent.pid")] {
        match event.any(key).map(|text| (text, text.parse::<u64>())) {
            Some((_, Ok(number))) => record.put(field, number),
            Some((text, Err(_))) => record.put(&format!("auditd.data.{key}"), text),
            None => {}
        }
    }
    for (key, field) in [
        ("comm", "process.name"),
        ("exe", "process.executable"),
        ("cwd", "process.working_directory"),
        ("proctitle", "process.title"),
    ] {
        if let Some(value) = event.any(key) {
            record.put(field, value);
        }
    }
    let arguments = arguments(event);
    // The title has 128 bytes at most.
    let line = if arguments.is_empty() { event.any("proctitle").map(str::to_owned) } else { Some(arguments.join(" ")) };
    if let Some(line) = line.or_else(|| event.any("cmd").map(str::to_owned)) {
        record.put("process.command_line", line);
    }
    if !arguments.is_empty() {
        record.put("process.args_count", arguments.len() as u64);
        record.put_list("process.args", arguments);
    }
}

/// The arguments of a program that was started. Long ones come in parts: `a1[0]`, `a1[1]`.
fn arguments(event: &AuditEvent) -> Vec<String> {
    let mut arguments: Vec<(u64, String)> = Vec::new();
    for (key, value) in event.of("EXECVE").flatten() {
        let Some(number) = key.strip_prefix('a').and_then(|rest| rest.split('[').next()?.parse::<u64>().ok()) else { continue };
        match arguments.last_mut() {
            Some((last, text)) if *last == number && key.contains('[') => text.push_str(value),
            _ => arguments.push((number, value.clone())),
        }
    }
    arguments.into_iter().map(|(_, text)| text).collect()
}

/// The far end of a connection: of calls that connect the destination, of those that take one the source.
fn network(event: &AuditEvent, call: Syscall, record: &mut FlatRecord) {
    let (side, direction) = match call.action {
        "accepted-connection-from" | "received-from" => ("source", "ingress"),
        "connected-to" | "sent-to" => ("destination", "egress"),
        // What a program listens on is no end of a connection.
        "bound-socket" => ("server", ""),
        _ => return,
    };
    let said = || Some(Socket::Internet(event.any("laddr")?.parse().ok()?, event.any("lport")?.parse().ok()?));
    let Some(socket) = event.any("saddr").and_then(socket::read).or_else(said) else { return };
    match socket {
        Socket::Internet(address, port) => {
            record.put(&format!("{side}.ip"), address.to_string());
            record.put(&format!("{side}.address"), address.to_string());
            record.put(&format!("{side}.port"), port);
        }
        Socket::Unix(path) => record.put(&format!("{side}.path"), path),
        Socket::Netlink => return,
    }
    record.put("network.direction", direction);
}

/// Where a message of a program says that somebody came from.
fn from_far(event: &AuditEvent, record: &mut FlatRecord) {
    if let Some(unit) = event.any("unit") {
        record.put("service.name", unit);
    }
    if let Some(address) = event.any("addr").filter(|address| address.parse::<IpAddr>().is_ok()) {
        record.put("source.ip", address);
        record.put("source.address", address);
        record.put("network.direction", "ingress");
    }
}
