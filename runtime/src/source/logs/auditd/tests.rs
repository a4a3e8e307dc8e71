//! Tests of the audit log: lines that belong together, and the fields that become of them.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::source::logs::ReadOptions;
use crate::source::logs::tests::Cut;
use serde_json::Value;

/// The records of a log with the numbers of their lines, and the bad lines.
#[allow(clippy::type_complexity)]
fn records(text: &str) -> (Vec<(u64, Value)>, Vec<u64>) {
    let with = |block| Cut::by(&AUDITD, text.as_bytes(), &ReadOptions { block, ..ReadOptions::default() });
    let whole = with(1 << 16);
    assert_eq!(whole.count, text.lines().count() as u64);
    for block in [1, 7, 60, 300] {
        assert_eq!(with(block), whole, "block {block}");
    }
    (whole.records(), whole.bad.iter().map(|(line, _)| *line).collect())
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
        "executed",
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
        "/usr/bin/curl"
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
    let wanted = serde_json::json!(["web1", "deleted", "file", "deletion", "/tmp/a.sh", "a.sh", "ann"]);
    assert_eq!(texts(&found[0].1, &fields), wanted.as_array().unwrap().iter().collect::<Vec<_>>());
    let fields =
        ["event.action", "event.category", "event.outcome", "user.name", "source.ip", "process.executable", "user.audit.id"];
    let wanted = serde_json::json!(["logged-in", "authentication", "failure", "bob", "10.0.0.9", "/usr/sbin/sshd", null]);
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

/// The one record of an event.
fn one(text: &str) -> Value {
    let (found, bad) = records(text);
    assert_eq!((found.len(), bad.len()), (1, 0), "{text}");
    found.into_iter().next().unwrap().1
}

fn same(record: &Value, wanted: &Value) {
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&record[field], value, "{field} of {record}");
    }
}

#[test]
fn calls_are_named_as_auditbeat_names_them() {
    let record = one(
        "type=SYSCALL msg=audit(1603349880.462:1): arch=c000003e syscall=2 success=no exit=-13 a0=5566 a1=11 items=2 pid=2 uid=0 euid=33 gid=0 egid=33 ses=4294967295 \
        comm=\"x\" exe=\"/x\" subj=system_u:system_r:ntpd_t:s0 key=6E6574016578656300\n\
        type=CWD msg=audit(1603349880.462:1): cwd=\"/\"\n\
        type=PATH msg=audit(1603349880.462:1): item=0 name=\"/run/\" inode=1 mode=040755 objtype=PARENT\n\
        type=PATH msg=audit(1603349880.462:1): item=1 name=\"/run/a\" inode=2 mode=0100640 ouid=0 rdev=00:00 obj=u:r:t:s0 objtype=CREATE\n",
    );
    same(
        &record,
        &serde_json::json!({
            "event.action": "opened-file", "event.category": "file", "event.type": ["access", "info", "creation"], "event.outcome": "failure",
            "auditd.data.arch": "x86_64", "auditd.data.syscall": "open", "auditd.data.exit": "EACCES", "auditd.data.a0": "5566",
            "auditd.data.pid": null, "auditd.data.uid": null, "auditd.data.ses": null, "auditd.session": null, "user.id": "0", "user.name": "root",
            "user.effective.id": "33", "user.group.id": "0", "user.effective.group.id": "33", "user.selinux.domain": "ntpd_t",
            "user.selinux.level": "s0", "tags": ["net", "exec"], "file.path": "/run/a", "file.name": "a", "file.mode": "0640",
            "file.inode": "2", "file.device": "00:00", "file.uid": "0", "file.selinux.domain": "t", "auditd.paths.obj_domain": "t",
            "auditd.paths.objtype": ["PARENT", "CREATE"], "auditd.message_type": "syscall",
        }),
    );
    // A call that has no word there has its own name; one whose number nobody knows that.
    for (call, action) in [("syscall=56", "clone"), ("syscall=99999", "99999"), ("syscall=x SYSCALL=bpf", "bpf")] {
        let record = one(&format!("type=SYSCALL msg=audit(1603349880.462:1): arch=c000003e {call} success=yes exit=7 pid=2"));
        assert_eq!(record["event.action"], action);
        assert_ne!(record["event.type"], "start", "who makes a process began before");
    }
}

#[test]
fn a_program_that_could_not_be_run_begins_no_process() {
    let line =
        |success: &str| format!("type=SYSCALL msg=audit(1603349880.462:1): arch=c000003e syscall=59 success={success} pid=2");
    assert_eq!(one(&line("yes"))["event.type"], "start");
    same(&one(&line("no")), &serde_json::json!({ "event.type": "info", "event.action": "executed", "event.outcome": "failure" }));
}

#[test]
fn the_mark_of_an_end_is_no_event() {
    let title = "type=PROCTITLE msg=audit(1603349880.462:17): proctitle=6375726C\n";
    let mark = "type=EOE msg=audit(1603349880.462:17): \n";
    let (found, bad) = records(&format!("{STARTED}{title}{mark}{STARTED}"));
    assert_eq!((found.iter().map(|r| r.0).collect::<Vec<_>>(), bad.len()), (vec![0, 6], 0));
}

#[test]
fn sockets_have_their_ends() {
    let event = |call: u32, saddr: &str| {
        one(&format!(
            "type=SYSCALL msg=audit(1603349880.462:1): arch=c000003e syscall={call} success=yes pid=2\n\
            type=SOCKADDR msg=audit(1603349880.462:1): saddr={saddr}\n"
        ))
    };
    let wanted = serde_json::json!({
        "source.ip": "192.168.1.5", "source.port": 80, "network.direction": "ingress", "event.action": "received-from",
        "auditd.data.socket.family": "ipv4", "auditd.data.socket.addr": "192.168.1.5", "auditd.data.socket.port": "80",
        "auditd.data.saddr": null, "destination.ip": null,
    });
    same(&event(47, "02000050C0A80105"), &wanted);
    let wanted =
        serde_json::json!({ "destination.path": "/run/x", "network.direction": "egress", "auditd.data.socket.family": "unix" });
    same(&event(42, "01002F72756E2F7800"), &wanted);
    let wanted = serde_json::json!({ "server.ip": "192.168.1.5", "network.direction": null, "event.type": "start" });
    same(&event(49, "02000050C0A80105"), &wanted);
    same(&event(42, "2600AB"), &serde_json::json!({ "auditd.data.socket.saddr": "2600AB", "destination.ip": null }));
}

#[test]
fn messages_name_accounts() {
    for (line, wanted) in [
        (
            // Nobody is logged on yet: the account is whom it is about.
            "type=USER_AUTH msg=audit(1603349882.000:21): pid=7 uid=0 auid=4294967295 ses=4294967295 msg='op=PAM acct=\"bob\" addr=10.0.0.9 res=failed'",
            serde_json::json!({ "event.action": "authenticated", "user.name": "bob", "user.id": null, "user.effective.name": "bob",
                "auditd.data.uid": "0", "auditd.data.acct": "bob", "source.ip": "10.0.0.9", "network.direction": "ingress" }),
        ),
        (
            "type=USER_START msg=audit(1603349882.000:21): pid=7 uid=0 auid=1000 ses=3 msg='op=PAM:session_open acct=\"root\" res=success'\u{1d}UID=\"root\" AUID=\"ann\"",
            serde_json::json!({ "event.action": "started-session", "event.category": "session", "event.type": "start", "user.id": "1000",
                "user.name": "ann", "user.effective.name": "root", "user.audit.id": "1000" }),
        ),
        (
            "type=LOGIN msg=audit(1603349882.000:21): pid=7 uid=0 old-auid=4294967295 auid=1000 old-ses=4294967295 ses=1 res=1",
            serde_json::json!({ "event.action": "changed-login-id-to", "user.id": "1000", "user.effective.id": "1000", "event.outcome": "success" }),
        ),
        (
            "type=LOGIN msg=audit(1603349882.000:21): login pid=7 uid=0 old auid=5 new auid=1000 old ses=1 new ses=2",
            serde_json::json!({ "user.id": "5", "user.effective.id": "1000" }),
        ),
        (
            "type=ADD_USER msg=audit(1603349882.000:21): pid=7 uid=0 auid=1000 msg='op=add-user id=1001 exe=\"/usr/sbin/useradd\" res=success'",
            serde_json::json!({ "event.category": "iam", "event.type": ["user", "creation"], "user.id": "1000", "user.effective.id": "0", "user.target.id": "1001" }),
        ),
        (
            "type=ADD_GROUP msg=audit(1603349882.000:21): pid=7 uid=0 auid=1000 msg='op=add-group acct=\"dev\" res=success'",
            serde_json::json!({ "group.name": "dev", "user.target.name": null, "user.id": "1000" }),
        ),
        (
            "type=USER_CMD msg=audit(1603349882.000:21): pid=7 uid=1000 auid=1000 ses=3 msg='cwd=\"/\" cmd=6C73202D6C terminal=pts/0 res=success'",
            serde_json::json!({ "event.action": "ran-command", "event.category": "process", "event.type": "info", "user.id": "1000",
                "process.command_line": "ls -l", "process.pid": 7, "process.working_directory": "/" }),
        ),
        (
            "type=AVC msg=audit(1603349882.000:21): avc:  denied  { read } for  pid=9 comm=\"x\" scontext=a:b:c:s0 tclass=file",
            serde_json::json!({ "event.action": "violated-selinux-policy", "auditd.data.seresult": "denied", "auditd.data.seperms": "read", "process.pid": 9 }),
        ),
        (
            "type=AVC msg=audit(1603349882.000:21): apparmor=\"DENIED\" operation=\"open\" profile=\"p\" name=\"/x\" pid=9",
            serde_json::json!({ "event.action": "violated-apparmor-policy", "auditd.data.apparmor": "DENIED", "auditd.data.name": "/x" }),
        ),
        (
            "type=ANOM_ABEND msg=audit(1603349882.000:21): auid=1 uid=1 pid=9 comm=\"x\" sig=11 res=1",
            serde_json::json!({ "event.kind": "alert", "event.category": ["process", "intrusion_detection"], "event.type": ["end", "info"] }),
        ),
        (
            "type=BPF msg=audit(1603349882.000:21): prog-id=9 op=LOAD",
            serde_json::json!({ "event.action": "LOAD", "event.kind": "event", "event.category": null, "auditd.data.prog-id": "9" }),
        ),
    ] {
        same(&one(line), &wanted);
    }
}

#[test]
fn a_message_with_a_call_is_both() {
    let text = "type=AVC msg=audit(1603349882.000:21): avc:  denied  { write } for  pid=9 comm=\"x\"\n\
        type=SYSCALL msg=audit(1603349882.000:21): arch=c000003e syscall=42 success=no exit=-13 pid=9 comm=\"x\"\n\
        type=SOCKADDR msg=audit(1603349882.000:21): saddr=02000050C0A80105\n";
    same(
        &one(text),
        &serde_json::json!({ "event.action": "violated-selinux-policy", "event.category": "network", "event.type": ["connection", "start"],
            "destination.ip": "192.168.1.5", "auditd.message_type": "avc", "event.outcome": "failure" }),
    );
}
