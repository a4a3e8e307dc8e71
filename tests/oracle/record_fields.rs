//! The oracle's own table of fields of the record: some of each type, and the rule which names are an attribute's.

use super::attributes::{Attr, Read, of};
use super::value::Kind;
use Kind::{Addr, Bool, Guid, Mac, NoCase, Number, Text, Time};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Fields by name, with what they hold. Any of them may hold several values.
const FIELDS: &[(&str, Kind)] = &[
    ("destination.ip", Addr),
    ("destination.port", Number),
    ("dll.code_signature.valid", Bool),
    ("dns.question.name", Text),
    ("event.action", Text),
    ("event.category", Text),
    ("event.code", Text),
    ("event.created", Time),
    ("event.risk_score", Number),
    ("file.hash.md5", NoCase),
    ("file.name", Text),
    ("file.path", Text),
    ("file.size", Number),
    ("host.ip", Addr),
    ("host.name", Text),
    ("labels.team", Text),
    ("message", Text),
    ("network.transport", Text),
    ("process.args", Text),
    ("process.command_line", Text),
    ("process.entity_id", Guid),
    ("process.executable", Text),
    ("process.hash.md5", NoCase),
    ("process.name", Text),
    ("process.parent.name", Text),
    ("process.parent.pid", Number),
    ("process.pid", Number),
    ("process.start", Time),
    ("registry.path", Text),
    ("registry.value", Text),
    ("source.ip", Addr),
    ("source.mac", Mac),
    ("source.port", Number),
    ("tags", Text),
    ("user.domain", Text),
    ("user.id", Text),
    ("user.name", Text),
    ("winlog.event_data.GrantedAccess", Text),
    ("winlog.event_data.TargetImage", Text),
];

/// Fields whose numbers are no whole numbers.
pub(crate) const FLOATS: &[&str] = &["event.risk_score"];

/// Fields that random hunts sort, group and show by, where they are no attribute of the type.
const SHOWN: &[&str] = &[
    "dll.code_signature.valid",
    "event.code",
    "event.created",
    "event.risk_score",
    "host.ip",
    "host.name",
    "process.pid",
    "tags",
    "user.name",
    "winlog.event_data.GrantedAccess",
];

/// Types none of whose slots comes first.
const EQUAL_SLOTS: &[&str] = &["ipv4-addr", "ipv6-addr", "mac-addr", "domain-name", "directory"];

static RECORD: LazyLock<BTreeMap<&'static str, Attr>> = LazyLock::new(|| {
    let field = |(name, kind): &'static (&'static str, Kind)| {
        (*name, Attr { slot: "", name, kind: *kind, many: true, read: Read::All(std::slice::from_ref(name)) })
    };
    FIELDS.iter().map(field).collect()
});

/// The names of all fields.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|(name, _)| *name)
}

/// The field that a name means in a statement about a type; none where it is an attribute's. Behind `record:` it is always
/// the field.
pub(crate) fn record_field(entity: &str, name: &str) -> Option<&'static Attr> {
    if let Some(field) = name.strip_prefix("record:") {
        return RECORD.get(field);
    }
    let attribute = of(entity).iter().any(|a| a.name == name) || attribute_of_field(entity, name).is_some();
    if attribute { None } else { RECORD.get(name) }
}

/// The attribute that is what a field holds in the type's first slot.
pub(crate) fn attribute_of_field(entity: &str, field: &str) -> Option<&'static str> {
    if EQUAL_SLOTS.contains(&entity) {
        return None;
    }
    let first = of(entity).first()?.slot;
    let whole = |attr: &&Attr| match attr.read {
        Read::All([only]) | Read::First([only]) => *only == field,
        Read::OwnHash(only) | Read::Created(only) => only == field,
        _ => false,
    };
    of(entity).iter().filter(|attr| attr.slot == first).find(whole).map(|attr| attr.name)
}

/// A name that a random pattern on a type may have: any field's, and how it compares there.
pub(crate) fn in_patterns(entity: &str) -> Vec<(&'static str, Kind)> {
    // Of a flow this is an attribute that the oracle has no row for.
    let left_out = |name: &&'static str| entity == "network-traffic" && *name == "dns.question.name";
    let known = |name: &'static str| Some((name, super::attributes::kind(entity, name)?));
    if entity.starts_with("x-oca-") { Vec::new() } else { names().filter(|name| !left_out(name)).filter_map(known).collect() }
}

/// The fields that random hunts show of a type.
pub(crate) fn shown(entity: &str) -> Vec<&'static Attr> {
    if entity.starts_with("x-oca-") {
        return Vec::new();
    }
    SHOWN.iter().filter_map(|name| record_field(entity, name)).collect()
}
