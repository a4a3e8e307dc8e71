//! `_bulk` bodies: action lines, each followed by its document.

use super::action::action;
use super::format::LogFormat;
use super::lines::cut;
use super::piece::Layout;

/// A text whose first line is an action.
pub(super) const BULK: LogFormat = LogFormat {
    name: "bulk",
    sniff: |beginning| action(beginning.first_line).is_some(),
    read: |reader, reading, emit| cut(reader, Layout::Bulk, reading, emit),
};
