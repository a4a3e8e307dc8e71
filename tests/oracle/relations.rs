//! The oracle's own table of relations: which slots of one record a FIND goes between.

use super::document::Record;
use super::slots::linked_slots;

/// A condition on the record.
pub(crate) type Guard = fn(&Record) -> bool;

/// Where the input stands, what is projected, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pivot {
    pub(crate) input: &'static str,
    pub(crate) output: &'static str,
    pub(crate) guard: Guard,
}

/// `subject relation object`, and the pairs of their slots.
type Row = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str, Guard)]);

const ALWAYS: Guard = |_| true;
const SELF: &[(&str, &str, Guard)] = &[("self", "self", ALWAYS)];
const SOURCE: &[(&str, &str, Guard)] = &[("source", "self", ALWAYS)];
const DESTINATION: &[(&str, &str, Guard)] = &[("destination", "self", ALWAYS)];

fn happened(record: &Record, category: &str, kind: &str) -> bool {
    record.has("event.category", category) && record.has("event.type", kind)
}

/// What Sysmon did to a registry key, which its event type does not tell.
fn sysmon(record: &Record, words: &[&str]) -> bool {
    record.has("event.category", "registry") && words.iter().any(|w| record.has("winlog.event_data.EventType", w))
}

const ROWS: &[Row] = &[
    ("process", "created", "process", &[("parent", "self", ALWAYS)]),
    ("process", "created", "network-traffic", SELF),
    (
        "process",
        "loaded",
        "file",
        &[("self", "image", ALWAYS), ("self", "dll", ALWAYS), ("self", "file", |r| r.has("event.code", "7"))],
    ),
    ("user-account", "owned", "process", SELF),
    ("ipv4-addr", "created", "network-traffic", SOURCE),
    ("ipv4-addr", "accepted", "network-traffic", DESTINATION),
    ("ipv6-addr", "created", "network-traffic", SOURCE),
    ("ipv6-addr", "accepted", "network-traffic", DESTINATION),
    ("domain-name", "created", "network-traffic", SOURCE),
    ("domain-name", "accepted", "network-traffic", DESTINATION),
    ("directory", "contained", "file", &[("file", "file", ALWAYS), ("dll", "dll", ALWAYS), ("image", "image", ALWAYS)]),
    ("process", "created", "file", &[("self", "file", |r| happened(r, "file", "creation"))]),
    ("process", "read", "file", &[("self", "file", |r| happened(r, "file", "access"))]),
    ("process", "updated", "file", &[("self", "file", |r| happened(r, "file", "change"))]),
    ("process", "deleted", "file", &[("self", "file", |r| happened(r, "file", "deletion"))]),
    (
        "process",
        "created",
        "windows-registry-key",
        &[("self", "self", |r| happened(r, "registry", "creation") || sysmon(r, &["CreateKey"]))],
    ),
    ("process", "read", "windows-registry-key", &[("self", "self", |r| happened(r, "registry", "access"))]),
    (
        "process",
        "updated",
        "windows-registry-key",
        &[("self", "self", |r| {
            let plain = happened(r, "registry", "change") && r.get("winlog.event_data.EventType").is_empty();
            plain || sysmon(r, &["SetValue", "RenameKey", "RenameValue"])
        })],
    ),
    (
        "process",
        "deleted",
        "windows-registry-key",
        &[("self", "self", |r| happened(r, "registry", "deletion") || sysmon(r, &["DeleteKey", "DeleteValue"]))],
    ),
    ("process", "resolved", "domain-name", &[("self", "dns", ALWAYS)]),
    ("process", "injected", "process", &[("self", "target", |r| r.has("event.code", "8"))]),
    ("process", "accessed", "process", &[("self", "target", |r| r.has("event.code", "10"))]),
];

/// The pivots of `FIND output relation [BY] input`.
pub(crate) fn pivots(output: &str, relation: &str, by: bool, input: &str) -> Option<Vec<Pivot>> {
    if relation == "linked" {
        let inputs = linked_slots(input, output).iter();
        let pairs = inputs.flat_map(|i| linked_slots(output, input).iter().map(|o| Pivot { input: i, output: o, guard: ALWAYS }));
        return Some(pairs.collect());
    }
    let (subject, object) = if by { (input, output) } else { (output, input) };
    let (.., pairs) = ROWS.iter().find(|(s, r, o, _)| (*s, *r, *o) == (subject, relation, object))?;
    let pivot = |(s, o, guard): &(&'static str, &'static str, Guard)| {
        let (input, output) = if by { (*s, *o) } else { (*o, *s) };
        Pivot { input, output, guard: *guard }
    };
    Some(pairs.iter().map(pivot).collect())
}

/// Every FIND that can be written from a variable of this type: projected type, relation, BY.
pub(crate) fn from(input: &str) -> Vec<(&'static str, &'static str, bool)> {
    let forward = ROWS.iter().filter(|(.., object, _)| *object == input).map(|(s, r, ..)| (*s, *r, false));
    let back = ROWS.iter().filter(|(subject, ..)| *subject == input).map(|(_, r, o, _)| (*o, *r, true));
    forward.chain(back).collect()
}
