//! What the types of messages mean in ECS, as Auditbeat has it: `data/audit_messages.csv`. Types that say `info` where Auditbeat says
//! `start` have the pid of who starts something, not of what is started.

use foldhash::HashMap;
use std::sync::LazyLock;

/// A type of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MessageType {
    pub(super) action: &'static str,
    /// `alert`, or empty.
    pub(super) kind: &'static str,
    /// Words of `event.category` and `event.type`.
    pub(super) categories: &'static str,
    pub(super) types: &'static str,
    /// Where the account goes that it names; `login` where the login user becomes it. Empty if it is about none.
    pub(super) account: &'static str,
}

static TABLE: LazyLock<HashMap<&'static str, MessageType>> = LazyLock::new(|| {
    let rows = include_str!("../data/audit_messages.csv").lines().skip(1);
    rows.filter_map(|row| {
        let cells: Vec<&'static str> = row.split(',').collect();
        let [name, action, kind, categories, types, account] = cells.as_slice() else { return None };
        Some((*name, MessageType { action, kind, categories, types, account }))
    })
    .collect()
});

/// What a type is, if it is known.
pub(super) fn of(name: &str) -> Option<MessageType> {
    TABLE.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(TABLE.len(), include_str!("../data/audit_messages.csv").lines().count() - 1);
        assert_eq!(of("USER_LOGIN").map(|m| (m.action, m.categories, m.types)), Some(("logged-in", "authentication", "start")));
        assert_eq!(of("USER_CMD").map(|m| m.types), Some("info"));
    }
}
