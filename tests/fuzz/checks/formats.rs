//! The bytes of logs in other formats than ECS, behind a beginning by which the format is known: where blocks end makes no
//! difference, and whatever stands in them no panic comes of it.

use super::log::blocks;

/// The first byte says how small the blocks are; a beginning by its parity.
fn behind(beginnings: [&str; 2], bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let beginning = beginnings[usize::from(first % 2)];
    blocks(&[beginning.as_bytes(), rest].concat(), usize::from(first >> 1) + 1);
}

/// Zip, tar and compressions: the bytes are all of the file.
pub fn archive(bytes: &[u8]) {
    blocks(bytes, 64);
}

/// Logs of Zeek, as tables and as JSON.
pub fn zeek(bytes: &[u8]) {
    let table =
        "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tanswers\n#types\ttime\tstring\tvector[string]\n1603349880.4\tC1\ta,b\n";
    behind([table, "{\"ts\":1603349880.462,\"uid\":\"C1\",\"id.orig_h\":\"10.0.0.5\"}\n"], bytes);
}

/// Suricata's EVE, and the journal of systemd as JSON.
pub fn eve(bytes: &[u8]) {
    let event = "{\"timestamp\":\"2020-10-22T08:58:00.462100+0200\",\"event_type\":\"dns\"}\n";
    behind([event, "{\"__REALTIME_TIMESTAMP\":\"1603349880462000\"}\n"], bytes);
}

/// The journal of systemd as an export: behind a whole entry, or in one.
pub fn journal(bytes: &[u8]) {
    behind(["__REALTIME_TIMESTAMP=1603349880462000\n_PID=7\n\n", "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1603349880462000\n"], bytes);
}

/// Lines of the audit log.
pub fn auditd(bytes: &[u8]) {
    let line = "type=SYSCALL msg=audit(1603349880.462:17): arch=c000003e syscall=59 pid=2\n";
    behind([line, "----\nnode=a type=EXECVE msg=audit(1603349880.462:18): a0=6C73\n"], bytes);
}

/// Tables.
pub fn csv(bytes: &[u8]) {
    behind(["@timestamp,process.name,c\n2020-10-22T06:58:00Z,x,1\n", "sep=;\r\n\"@timestamp\";\"b\"\r\n"], bytes);
}
