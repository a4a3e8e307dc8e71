//! The journal of systemd: entries as `journalctl -o json` writes them, one a line, and as `journalctl -o export` does, one field a line.

mod capabilities;
mod entry;
mod export;

pub(super) use export::JOURNAL_EXPORT;

use super::converted::{begins_with, each_object};
use super::format::LogFormat;
use entry::{is_entry, record};

/// Objects with the time that the journal gives each entry.
pub(super) const JOURNALD: LogFormat = LogFormat {
    name: "journald",
    sniff: |beginning| begins_with(beginning, is_entry),
    read: |reader, reading, emit| {
        each_object(reader, reading, emit, &mut |object| is_entry(object).then(|| record(object)).transpose())
    },
};

#[cfg(test)]
mod tests;
