//! Contexts of SELinux.

use crate::source::logs::flat_record::FlatRecord;

/// Puts the parts of a context, `system_u:system_r:sshd_t:s0-s0:c0.c1023`, behind the front of a field's name.
pub(super) fn labels(front: &str, context: &str, record: &mut FlatRecord) {
    for (part, value) in ["user", "role", "domain", "level", "category"].into_iter().zip(context.splitn(5, ':')) {
        record.put(&format!("{front}{part}"), value);
    }
}
