//! The files that a system call is about.

use super::event::{AuditEvent, get};
use super::selinux::labels;
use super::syscalls::Syscall;
use crate::source::logs::flat_record::FlatRecord;

/// What a line about a file calls it: the folder that holds it, one that was made or removed. Kernels before 3.15 say `objtype`.
fn role(pairs: &[(String, String)]) -> &str {
    ["nametype", "objtype"].into_iter().find_map(|key| get(pairs, key)).unwrap_or_default()
}

/// Files that a call names; their folders are no part of them.
pub(super) fn put(event: &AuditEvent, call: Syscall, record: &mut FlatRecord) {
    let executed = call.action == "executed";
    if !executed && !matches!(call.category, "file" | "driver") {
        return;
    }
    let paths = event.of("PATH").filter(|pairs| !matches!(role(pairs), "PARENT" | "UNKNOWN"));
    // Behind the program stands what loads it.
    for pairs in paths.take(if executed { 1 } else { usize::MAX }) {
        let Some(name) = get(pairs, "name") else { continue };
        let folder = event.any("cwd").filter(|_| !name.starts_with('/'));
        let path = folder.map_or_else(
            || name.to_owned(),
            |folder| format!("{}/{}", folder.trim_end_matches('/'), name.trim_start_matches("./")),
        );
        record.put("file.path", path.as_str());
        record.put("file.name", path.trim_end_matches('/').rsplit('/').next().unwrap_or_default());
        for (key, field) in [
            ("inode", "file.inode"),
            ("rdev", "file.device"),
            ("ouid", "file.uid"),
            ("ogid", "file.gid"),
            ("OUID", "file.owner"),
            ("OGID", "file.group"),
        ] {
            if let Some(value) = get(pairs, key) {
                record.put(field, value);
            }
        }
        if let Some(mode) = get(pairs, "mode") {
            record.put("file.mode", permissions(mode));
        }
        if let Some(context) = get(pairs, "obj") {
            labels("file.selinux.", context, record);
        }
        // Opening makes a file where there is none.
        if call.action == "opened-file" && role(pairs) == "CREATE" {
            record.put("event.type", "creation");
        }
    }
}

/// Of a mode the permissions alone: `0100644` is `0644`.
fn permissions(mode: &str) -> String {
    u32::from_str_radix(mode, 8).map_or_else(|_| mode.to_owned(), |mode| format!("{:04o}", mode & 0o7777))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_permissions() {
        assert_eq!((permissions("0100644"), permissions("041777"), permissions("rw")), ("0644".into(), "1777".into(), "rw".into()));
    }
}
