//! Tests of the journal: its fields, and entries in the form of an export.

#![allow(clippy::unwrap_used, clippy::type_complexity)]

use super::*;
use crate::source::logs::tests::Cut;
use crate::source::logs::{BadReason, ReadOptions};
use serde_json::{Value, json};

/// The records of an export with the numbers of their lines, and the bad entries.
fn exported(bytes: &[u8], max_line: usize) -> (Vec<(u64, Value)>, Vec<(u64, BadReason)>) {
    let with = |block| Cut::by(&JOURNAL_EXPORT, bytes, &ReadOptions { max_line, block, ..ReadOptions::default() });
    let whole = with(1 << 16);
    assert_eq!(whole.count, bytes.split_inclusive(|byte| *byte == b'\n').count() as u64);
    assert_eq!(with(1), whole);
    (whole.records(), whole.bad)
}

fn same(record: &Value, wanted: &Value) {
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&record[field], value, "{field} of {record}");
    }
}

const ENTRY: &[u8] = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1603349880462000\n_PID=7\n_COMM=sshd\nTAG=a\nTAG=b\nEMPTY=\n";

/// A field whose value stands behind its length.
fn long(name: &str, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b"\n", &(value.len() as u64).to_le_bytes(), value, b"\n"].concat()
}

#[test]
fn exports_have_an_entry_between_blank_lines() {
    let message = long("MESSAGE", b"two\n\nlines \xff=\n");
    let bytes = [ENTRY, &message, b"\n\n", ENTRY, b"\n_PID=8\n\n__REALTIME_TIMESTAMP=1603349880462001\n_PID=9"].concat();
    let (found, bad) = exported(&bytes, 1 << 20);
    assert_eq!(found.iter().map(|r| r.0).collect::<Vec<_>>(), [0, 14, 24]);
    assert_eq!(bad, [(22, BadReason::NoTimestamp)]);
    same(
        &found[0].1,
        &json!({ "@timestamp": "2020-10-22T06:58:00.462Z", "event.id": "s=1", "process.pid": 7, "process.name": "sshd",
            "journald.custom.tag": ["a", "b"], "message": "two\n\nlines \u{fffd}=\n" }),
    );
    assert_eq!(found[2].1["process.pid"], 9);
}

#[test]
fn damaged_entries_are_told() {
    let cut = [ENTRY, b"MESSAGE\n\x05\0\0\0\0\0\0\0ab"].concat();
    assert_eq!(exported(&cut, 1 << 20).1, [(0, BadReason::NoJournalField)]);
    let no_length = [ENTRY, b"\n", ENTRY, b"MESSAGE\n\x05"].concat();
    assert_eq!(exported(&no_length, 1 << 20).1, [(8, BadReason::NoJournalField)]);
    let text = [b"a line\nanother = line\n\n", ENTRY].concat();
    let (found, bad) = exported(&text, 1 << 20);
    assert_eq!((found.len(), bad), (1, vec![(0, BadReason::NoJournalField)]));
    let big = [long("MESSAGE", &[b'x'; 200]).as_slice(), b"\n", ENTRY, b"MESSAGE=", &[b'y'; 200], b"\n\n", ENTRY].concat();
    let (found, bad) = exported(&big, 100);
    assert_eq!((found.len(), bad), (1, vec![(0, BadReason::TooLong), (3, BadReason::TooLong)]));
    assert_eq!(exported(b"", 100).0.len(), 0);
}

fn entry(fields: &Value) -> Value {
    let mut object = fields.as_object().unwrap().clone();
    object.insert("__REALTIME_TIMESTAMP".to_owned(), "1603349880462000".into());
    let mut out = Vec::new();
    record(&object).unwrap().write(&mut out);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn users_are_who_logged_on() {
    same(
        &entry(&json!({"_AUDIT_LOGINUID": "1000", "_UID": "0", "_GID": "0"})),
        &json!({ "user.id": "1000", "user.effective.id": "0", "user.effective.group.id": "0", "user.group.id": null,
            "journald.audit.login_uid": 1000, "journald.uid": 0 }),
    );
    for login in [json!({"_UID": "33", "_GID": "34"}), json!({"_UID": "33", "_GID": "34", "_AUDIT_LOGINUID": "4294967295"})] {
        same(&entry(&login), &json!({ "user.id": "33", "user.group.id": "34", "user.effective.id": null }));
    }
    same(
        &entry(&json!({"_UID": "0", "OBJECT_UID": "33", "_PID": "1", "_COMM": "systemd", "OBJECT_PID": "9", "OBJECT_COMM": "x"})),
        &json!({ "user.id": "33", "process.pid": 9, "process.name": "x", "journald.pid": 1, "journald.process.name": "systemd",
            "journald.object.pid": 9 }),
    );
}

#[test]
fn names_are_those_of_filebeat_and_of_ecs() {
    same(
        &entry(&json!({"PRIORITY": "6", "SYSLOG_IDENTIFIER": "x", "SYSLOG_PID": "7,ann", "_BOOT_ID": "b", "MESSAGE_ID": "m",
            "_CMDLINE": "x -v -v", "_CAP_EFFECTIVE": "21", "OWN_FIELD": "y"})),
        &json!({ "syslog.priority": 6, "log.syslog.priority": 6, "syslog.identifier": "x", "log.syslog.appname": "x", "syslog.pid": 7,
            "journald.host.boot_id": "b", "host.boot.id": "b", "message_id": "m", "event.code": "m", "process.args": ["x", "-v", "-v"],
            "process.args_count": 3, "process.thread.capabilities.effective": ["CAP_CHOWN", "CAP_KILL"],
            "journald.process.capabilities": "21", "journald.custom.own_field": "y" }),
    );
}
