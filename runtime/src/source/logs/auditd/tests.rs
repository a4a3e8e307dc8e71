//! Tests of the audit log: lines that belong together, and the fields that become of them.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::source::logs::{ReadOptions, Spare};
use serde_json::Value;

/// The records of a log with the numbers of their lines, and the bad lines.
#[allow(clippy::type_complexity)]
fn records(text: &str) -> (Vec<(u64, Value)>, Vec<u64>) {
    let with = |block: usize| {
        let (options, spare) = (ReadOptions { block, ..ReadOptions::default() }, Spare::default());
        let (mut found, mut bad) = (Vec::new(), Vec::new());
        let mut reader = text.as_bytes();
        let count = (AUDITD.read)(&mut reader, &LogReading { name: "f", options: &options, spare: &spare }, &mut |piece| {
            match piece {
                Piece::Bad(line, _) => bad.push(line),
                Piece::Block(block) => {
                    let lines = String::from_utf8(block.bytes).unwrap();
                    let lines = lines.lines().zip(block.first..).filter(|(line, _)| !line.is_empty());
                    found.extend(lines.map(|(line, number)| (number, serde_json::from_str(line).unwrap())));
                }
                Piece::Answer(_) | Piece::Mended(..) => {}
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(count, text.lines().count() as u64);
        (found, bad)
    };
    let whole = with(1 << 16);
    for block in [1, 7, 60, 300] {
        assert_eq!(with(block), whole, "block {block}");
    }
    whole
}

fn texts<'a>(record: &'a Value, fields: &[&str]) -> Vec<&'a Value> {
    fields.iter().map(|field| &record[*field]).collect()
}

const STARTED: &str = r#"type=SYSCALL msg=audit(1603349880.462:17): arch=c000003e syscall=59 success=yes exit=0 a0=55d ppid=100 pid=200 auid=1000 uid=0 gid=0 euid=0 tty=pts0 ses=3 comm="curl" exe="/usr/bin/curl" key="exec"
type=EXECVE msg=audit(1603349880.462:17): argc=3 a0="curl" a1="-o" a2=2F746D702F612062
type=CWD msg=audit(1603349880.462:17): cwd="/home/ann"
type=PATH msg=audit(1603349880.462:17): item=0 name="/usr/bin/curl" inode=7 nametype=NORMAL
"#;

#[test]
fn the_lines_of_an_event_are_one_record() {
    let other = "type=SYSCALL msg=audit(1603349880.462:18): arch=c000003e syscall=42 success=no ppid=1 pid=9 uid=33 comm=\"nc\" exe=\"/bin/nc\"\n";
    let address = "type=SOCKADDR msg=audit(1603349880.462:18): saddr=02000050C0A80105\n";
    let title = "type=PROCTITLE msg=audit(1603349880.462:17): proctitle=6375726C\n";
    // The lines of two events are mixed.
    let (found, bad) = records(&format!("{STARTED}{other}{title}oops\n{address}"));
    assert_eq!((found.iter().map(|r| r.0).collect::<Vec<_>>(), bad), (vec![0, 4], vec![6]));
    let fields = [
        "@timestamp",
        "event.category",
        "event.type",
        "event.action",
        "event.outcome",
        "process.pid",
        "process.parent.pid",
        "process.name",
        "process.executable",
        "process.command_line",
        "process.args",
        "process.working_directory",
        "process.title",
        "user.name",
        "user.id",
        "user.audit.id",
        "tags",
        "auditd.session",
        "auditd.data.tty",
        "file.path",
    ];
    let wanted = serde_json::json!([
        "2020-10-22T06:58:00.462Z",
        "process",
        "start",
        "execve",
        "success",
        200,
        100,
        "curl",
        "/usr/bin/curl",
        "curl -o /tmp/a b",
        ["curl", "-o", "/tmp/a b"],
        "/home/ann",
        "curl",
        "root",
        "0",
        "1000",
        "exec",
        "3",
        "pts0",
        null
    ]);
    assert_eq!(texts(&found[0].1, &fields), wanted.as_array().unwrap().iter().collect::<Vec<_>>());
    let fields = ["event.category", "event.outcome", "destination.ip", "destination.port", "user.id", "network.direction"];
    let wanted = serde_json::json!(["network", "failure", "192.168.1.5", 80, "33", "egress"]);
    assert_eq!(texts(&found[1].1, &fields), wanted.as_array().unwrap().iter().collect::<Vec<_>>());
}

#[test]
fn files_and_logons_have_their_fields() {
    let text = "----\ntime->Thu Oct 22 06:58:00 2020\n\
        node=web1 type=SYSCALL msg=audit(1603349881.000:20): arch=c00000b7 syscall=35 success=yes pid=5 ppid=1 uid=1000 comm=\"rm\" exe=\"/bin/rm\"\u{1d}ARCH=aarch64 SYSCALL=unlinkat UID=\"ann\"\n\
        node=web1 type=CWD msg=audit(1603349881.000:20): cwd=\"/tmp\"\n\
        node=web1 type=PATH msg=audit(1603349881.000:20): item=0 name=\"/tmp\" nametype=PARENT\n\
        node=web1 type=PATH msg=audit(1603349881.000:20): item=1 name=\"a.sh\" nametype=DELETE\n\
        type=USER_LOGIN msg=audit(1603349882.000:21): pid=7 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct=\"bob\" exe=\"/usr/sbin/sshd\" hostname=? addr=10.0.0.9 terminal=ssh res=failed'\n";
    let (found, bad) = records(text);
    assert_eq!((found.len(), bad.len()), (2, 0));
    let fields = ["host.name", "event.action", "event.category", "event.type", "file.path", "file.name", "user.name"];
    let wanted = serde_json::json!(["web1", "unlinkat", "file", "deletion", "/tmp/a.sh", "a.sh", "ann"]);
    assert_eq!(texts(&found[0].1, &fields), wanted.as_array().unwrap().iter().collect::<Vec<_>>());
    let fields =
        ["event.action", "event.category", "event.outcome", "user.name", "source.ip", "process.executable", "user.audit.id"];
    let wanted = serde_json::json!(["login", "authentication", "failure", "bob", "10.0.0.9", "/usr/sbin/sshd", null]);
    assert_eq!(texts(&found[1].1, &fields), wanted.as_array().unwrap().iter().collect::<Vec<_>>());
}

#[test]
fn many_events_at_once_are_all_given() {
    let text: String = (0..500)
        .map(|n| format!("type=SYSCALL msg=audit(1603349880.462:{n}): arch=c000003e syscall=59 pid={n}"))
        .collect::<Vec<_>>()
        .join("\n");
    assert_eq!(records(&text).0.len(), 500);
    let long: String =
        (0..2_000).map(|n| format!("type=PATH msg=audit(1603349880.462:1): name=\"{n}\"")).collect::<Vec<_>>().join("\n");
    let (found, _) = records(&long);
    let paths: usize = found.iter().map(|(_, r)| r["auditd.paths.name"].as_array().unwrap().len()).sum();
    assert_eq!(paths, 2_000);
}
