//! Who did what an event of the audit log tells, and to whose account.

use super::event::{AuditEvent, is_set};
use super::messages::MessageType;
use crate::source::logs::flat_record::FlatRecord;

/// Ids of the process, with their fields.
const IDS: [(&str, &str); 9] = [
    ("uid", "user"),
    ("auid", "user.audit"),
    ("euid", "user.effective"),
    ("suid", "user.saved"),
    ("fsuid", "user.filesystem"),
    ("gid", "user.group"),
    ("egid", "user.effective.group"),
    ("sgid", "user.saved.group"),
    ("fsgid", "user.filesystem.group"),
];

pub(super) fn put(event: &AuditEvent, message: Option<MessageType>, record: &mut FlatRecord) {
    let account = message.map_or("", |message| message.account);
    for (key, field) in IDS {
        // The user of what was done under the user's own id is that user; messages about accounts come from programs.
        let same = key == "euid" && event.any("euid") == event.any("uid");
        let of_program = key == "uid" && !account.is_empty();
        if same || of_program {
            continue;
        }
        user(event, key, field, record);
    }
    let named = || ["acct", "id"].into_iter().find_map(|key| event.any(key));
    match account {
        "" => {}
        // Who was nobody becomes this user.
        "login" => {
            let new = ["new_auid", "auid"].into_iter().find_map(|key| event.any(key)).filter(|id| is_set(id));
            let old = ["old_auid", "old-auid"].into_iter().find_map(|key| event.any(key)).filter(|id| is_set(id));
            if let Some(new) = new {
                who("user.effective", new, event.any("AUID").filter(|name| is_set(name)), record);
            }
            match (old, new) {
                (Some(old), _) => who("user", old, None, record),
                (None, Some(new)) => who("user", new, event.any("AUID").filter(|name| is_set(name)), record),
                (None, None) => {}
            }
            daemon("user", event, record);
        }
        // Whoever logs on, and as whom. Before that there is nobody but whom the message names.
        "user.effective" => {
            let is_in = event.any("auid").is_some_and(is_set);
            if is_in {
                user(event, "auid", "user", record);
            }
            match named() {
                Some(name) => {
                    who("user.effective", name, None, record);
                    if !is_in {
                        who("user", name, None, record);
                    }
                    daemon("user", event, record);
                }
                None if is_in => user(event, "uid", "user.effective", record),
                None => user(event, "uid", "user", record),
            }
        }
        // Somebody changes the account of another one, or a group.
        field => {
            user(event, "auid", "user", record);
            user(event, "uid", if event.any("auid").is_some_and(is_set) { "user.effective" } else { "user" }, record);
            if let Some(name) = named() {
                who(field, name, None, record);
            }
        }
    }
}

/// The id of the program that sent a message, where it is nobody's in the record.
fn daemon(field: &str, event: &AuditEvent, record: &mut FlatRecord) {
    let id = event.any("uid").filter(|id| is_set(id));
    if let Some(id) = id.filter(|id| record.first(&format!("{field}.id")).is_none_or(|own| own != id)) {
        record.put("auditd.data.uid", id);
    }
}

/// The user or group of an id, with the name that the log has.
fn user(event: &AuditEvent, key: &str, field: &str, record: &mut FlatRecord) {
    let name = event.any(&key.to_ascii_uppercase()).filter(|name| is_set(name));
    match event.any(key).filter(|id| is_set(id)) {
        Some(id) => who(field, id, name, record),
        None => name.into_iter().for_each(|name| record.put(&format!("{field}.name"), name)),
    }
}

/// An id, or a name in its place. Root is the one user, and group, whose name is the same on every host.
fn who(field: &str, said: &str, name: Option<&str>, record: &mut FlatRecord) {
    let is_id = said.bytes().all(|byte| byte.is_ascii_digit());
    record.put(&format!("{field}.{}", if is_id { "id" } else { "name" }), said);
    if let Some(name) = name.or((said == "0").then_some("root")) {
        record.put(&format!("{field}.name"), name);
    }
}
