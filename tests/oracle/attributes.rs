//! The oracle's own table of attributes: which fields of which slot make an attribute's value.

use super::record_fields::{attribute_of_field, record_field};
use super::value::Kind;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// How an attribute is read from a record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Read {
    /// All values of all fields.
    All(&'static [&'static str]),
    /// The first field that has a value.
    First(&'static [&'static str]),
    /// The part after the last separator, the whole where there is none.
    Base(&'static str),
    /// The part before the last separator, absent where there is none.
    Dir(&'static str),
    /// The whole path where it has a separator.
    Path(&'static str),
    /// The part after the last separator where there is one.
    PathBase(&'static str),
    /// As a field, but absent in Sysmon 23 to 26, whose hash is a deleted file's.
    OwnHash(&'static str),
    /// The first field, else the time of a creation record.
    Created(&'static str),
    /// The value that the slot is made of (one of several addresses).
    Itself,
    /// One of the values of a field, each of which is an entity.
    Each(&'static str),
}

/// One attribute in one slot.
#[derive(Debug)]
pub(crate) struct Attr {
    pub(crate) slot: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether one slot may hold several values.
    pub(crate) many: bool,
    pub(crate) read: Read,
}

const fn attr(slot: &'static str, name: &'static str, kind: Kind, read: Read) -> Attr {
    Attr { slot, name, kind, many: false, read }
}

const fn many(slot: &'static str, name: &'static str, kind: Kind, read: Read) -> Attr {
    Attr { slot, name, kind, many: true, read }
}

use Kind::{Addr, Bool, Guid, NoCase, Number, Text, Time};
use Read::{All, Base, Created, Dir, Each, First, Itself, OwnHash, Path, PathBase};

const PROCESS: &[Attr] = &[
    attr("self", "name", Text, All(&["process.name"])),
    attr("self", "pid", Number, All(&["process.pid"])),
    attr("self", "command_line", Text, All(&["process.command_line"])),
    many("self", "arguments", Text, All(&["process.args"])),
    attr("self", "cwd", Text, All(&["process.working_directory"])),
    attr("self", "x_unique_id", Guid, All(&["process.entity_id"])),
    attr("self", "created", Time, Created("process.start")),
    attr("self", "x_exit_code", Number, All(&["process.exit_code"])),
    attr("self", "x_window_title", Text, All(&["process.title"])),
    attr("self", "x_thread_id", Number, All(&["process.thread.id"])),
    attr("self", "x_uptime", Number, All(&["process.uptime"])),
    attr("self", "binary_ref.x_path", Text, All(&["process.executable"])),
    attr("self", "binary_ref.name", Text, Base("process.executable")),
    attr("self", "binary_ref.parent_directory_ref.path", Text, Dir("process.executable")),
    attr("self", "binary_ref.hashes.MD5", NoCase, OwnHash("process.hash.md5")),
    attr("self", "binary_ref.hashes.SHA-1", NoCase, OwnHash("process.hash.sha1")),
    attr("self", "binary_ref.hashes.SHA-256", NoCase, OwnHash("process.hash.sha256")),
    attr("self", "binary_ref.hashes.SHA-512", NoCase, OwnHash("process.hash.sha512")),
    attr("self", "creator_user_ref.user_id", Text, All(&["user.name"])),
    attr("self", "creator_user_ref.account_login", Text, All(&["user.name"])),
    attr("self", "creator_user_ref.x_domain", Text, All(&["user.domain"])),
    many("self", "x_tags", Text, All(&["tags"])),
    attr("self", "opened_connection_refs.src_ref.value", Addr, All(&["source.ip"])),
    attr("self", "opened_connection_refs.src_port", Number, All(&["source.port"])),
    attr("self", "opened_connection_refs.dst_ref.value", Addr, All(&["destination.ip"])),
    attr("self", "opened_connection_refs.dst_port", Number, All(&["destination.port"])),
    attr("self", "parent_ref.name", Text, All(&["process.parent.name"])),
    attr("self", "parent_ref.pid", Number, All(&["process.parent.pid"])),
    attr("self", "parent_ref.command_line", Text, All(&["process.parent.command_line"])),
    attr("self", "parent_ref.x_unique_id", Guid, All(&["process.parent.entity_id"])),
    attr("self", "parent_ref.cwd", Text, All(&["process.parent.working_directory"])),
    attr("self", "parent_ref.binary_ref.name", Text, Base("process.parent.executable")),
    attr("self", "parent_ref.binary_ref.parent_directory_ref.path", Text, Dir("process.parent.executable")),
    attr("parent", "name", Text, All(&["process.parent.name"])),
    attr("parent", "pid", Number, All(&["process.parent.pid"])),
    attr("parent", "command_line", Text, All(&["process.parent.command_line"])),
    many("parent", "arguments", Text, All(&["process.parent.args"])),
    attr("parent", "cwd", Text, All(&["process.parent.working_directory"])),
    attr("parent", "x_unique_id", Guid, All(&["process.parent.entity_id"])),
    attr("parent", "binary_ref.x_path", Text, All(&["process.parent.executable"])),
    attr("parent", "binary_ref.name", Text, Base("process.parent.executable")),
    attr("parent", "binary_ref.parent_directory_ref.path", Text, Dir("process.parent.executable")),
    attr("target", "name", Text, PathBase("winlog.event_data.TargetImage")),
    attr("target", "pid", Number, All(&["winlog.event_data.TargetProcessId"])),
    attr("target", "x_unique_id", Guid, First(&["winlog.event_data.TargetProcessGUID", "winlog.event_data.TargetProcessGuid"])),
    attr("target", "binary_ref.x_path", Text, All(&["winlog.event_data.TargetImage"])),
    attr("target", "binary_ref.name", Text, Base("winlog.event_data.TargetImage")),
    attr("target", "binary_ref.parent_directory_ref.path", Text, Dir("winlog.event_data.TargetImage")),
];

const NETWORK: &[Attr] = &[
    attr("self", "src_ref.value", Addr, All(&["source.ip"])),
    attr("self", "src_port", Number, All(&["source.port"])),
    attr("self", "dst_ref.value", Addr, All(&["destination.ip"])),
    attr("self", "dst_port", Number, All(&["destination.port"])),
    many("self", "protocols", Text, All(&["network.transport", "network.type", "network.protocol"])),
    attr("self", "x_direction", Text, All(&["network.direction"])),
    attr("self", "x_transport", Text, All(&["network.transport"])),
    attr("self", "x_direction", Text, All(&["network.direction"])),
    attr("self", "src_byte_count", Number, All(&["source.bytes"])),
    attr("self", "dst_byte_count", Number, All(&["destination.bytes"])),
    attr("self", "src_packets", Number, All(&["source.packets"])),
    attr("self", "dst_packets", Number, All(&["destination.packets"])),
];

const FILE: &[Attr] = &[
    attr("file", "name", Text, All(&["file.name"])),
    attr("file", "parent_directory_ref.path", Text, All(&["file.directory"])),
    attr("file", "x_path", Text, All(&["file.path"])),
    attr("file", "x_extension", Text, All(&["file.extension"])),
    attr("file", "size", Number, All(&["file.size"])),
    attr("file", "hashes.MD5", NoCase, All(&["file.hash.md5"])),
    attr("file", "hashes.SHA-1", NoCase, All(&["file.hash.sha1"])),
    attr("file", "hashes.SHA-256", NoCase, All(&["file.hash.sha256"])),
    attr("file", "hashes.SHA-512", NoCase, All(&["file.hash.sha512"])),
    attr("file", "x_code_signature.valid", Bool, All(&["file.code_signature.valid"])),
    attr("dll", "x_code_signature.valid", Bool, All(&["dll.code_signature.valid"])),
    attr("dll", "name", Text, All(&["dll.name"])),
    attr("dll", "parent_directory_ref.path", Text, Dir("dll.path")),
    attr("dll", "x_path", Text, All(&["dll.path"])),
    attr("dll", "hashes.MD5", NoCase, All(&["dll.hash.md5"])),
    attr("dll", "hashes.SHA-1", NoCase, All(&["dll.hash.sha1"])),
    attr("dll", "hashes.SHA-256", NoCase, All(&["dll.hash.sha256"])),
    attr("dll", "hashes.SHA-512", NoCase, All(&["dll.hash.sha512"])),
    attr("image", "x_path", Text, Path("process.executable")),
    attr("image", "name", Text, PathBase("process.executable")),
    attr("image", "parent_directory_ref.path", Text, Dir("process.executable")),
];

const REGISTRY: &[Attr] = &[
    attr("self", "key", Text, All(&["registry.key"])),
    attr("self", "x_path", Text, All(&["registry.path"])),
    attr("self", "values.name", Text, All(&["registry.value"])),
    many("self", "values.data", Text, All(&["registry.data.strings"])),
];

const DOMAIN: &[Attr] = &[
    attr("dns", "value", Text, All(&["dns.question.name"])),
    many("dns", "resolves_to_refs.value", Addr, All(&["dns.resolved_ip"])),
    attr("url", "value", Text, All(&["url.domain"])),
    attr("source", "value", Text, All(&["source.domain"])),
    attr("destination", "value", Text, All(&["destination.domain"])),
];

const IPV4: &[Attr] = &[
    attr("source", "value", Kind::V4, Itself),
    attr("destination", "value", Kind::V4, Itself),
    attr("dns", "value", Kind::V4, Itself),
];

const IPV6: &[Attr] = &[
    attr("source", "value", Kind::V6, Itself),
    attr("destination", "value", Kind::V6, Itself),
    attr("dns", "value", Kind::V6, Itself),
];

const MAC: &[Attr] = &[
    attr("source", "value", Kind::Mac, Each("source.mac")),
    attr("destination", "value", Kind::Mac, Each("destination.mac")),
    attr("host", "value", Kind::Mac, Each("host.mac")),
    attr("client", "value", Kind::Mac, Each("client.mac")),
    attr("server", "value", Kind::Mac, Each("server.mac")),
    attr("observer", "value", Kind::Mac, Each("observer.mac")),
];

const DIRECTORY: &[Attr] = &[
    attr("file", "path", Text, All(&["file.directory"])),
    attr("dll", "path", Text, Dir("dll.path")),
    attr("image", "path", Text, Dir("process.executable")),
    attr("parent_image", "path", Text, Dir("process.parent.executable")),
];

const USER: &[Attr] = &[
    attr("self", "user_id", Text, All(&["user.name"])),
    attr("self", "account_login", Text, All(&["user.name"])),
    attr("self", "x_domain", Text, All(&["user.domain"])),
];

const URL: &[Attr] = &[attr("self", "value", Text, First(&["url.original", "url.full"]))];

const ASSET: &[Attr] =
    &[many("self", "hostname", Text, All(&["host.hostname", "host.name"])), attr("self", "name", Text, All(&["host.name"]))];

const EVENT: &[Attr] = &[
    attr("self", "action", Text, All(&["event.action"])),
    attr("self", "code", Text, All(&["event.code"])),
    many("self", "category", Text, All(&["event.category", "event.type", "event.kind"])),
    attr("self", "module", Text, All(&["event.module"])),
    attr("self", "provider", Text, All(&["event.provider"])),
    attr("self", "dataset", Text, All(&["event.dataset"])),
    attr("self", "outcome", Text, All(&["event.outcome"])),
];

/// The attributes of an entity type; empty for types that the oracle does not know.
pub(crate) fn of(entity: &str) -> &'static [Attr] {
    match entity {
        "process" => PROCESS,
        "network-traffic" => NETWORK,
        "file" => FILE,
        "windows-registry-key" => REGISTRY,
        "domain-name" => DOMAIN,
        "ipv4-addr" => IPV4,
        "ipv6-addr" => IPV6,
        "user-account" => USER,
        "url" => URL,
        "directory" => DIRECTORY,
        "mac-addr" => MAC,
        "x-oca-asset" => ASSET,
        "x-oca-event" => EVENT,
        _ => &[],
    }
}

/// What DISP shows where it names nothing, in order; empty where the oracle does not know.
pub(crate) fn shown(entity: &str) -> &'static [&'static str] {
    match entity {
        "process" => &[
            "host.name",
            "name",
            "pid",
            "command_line",
            "x_unique_id",
            "created",
            "cwd",
            "binary_ref.name",
            "binary_ref.parent_directory_ref.path",
            "binary_ref.hashes.MD5",
            "binary_ref.hashes.SHA-256",
            "creator_user_ref.user_id",
            "parent_ref.name",
            "parent_ref.pid",
            "parent_ref.command_line",
        ],
        "network-traffic" => &[
            "host.name",
            "src_ref.value",
            "src_port",
            "dst_ref.value",
            "dst_port",
            "protocols",
            "src_byte_count",
            "dst_byte_count",
            "src_packets",
            "dst_packets",
            "x_direction",
        ],
        "file" => &[
            "host.name",
            "name",
            "parent_directory_ref.path",
            "x_path",
            "x_extension",
            "size",
            "hashes.MD5",
            "hashes.SHA-1",
            "hashes.SHA-256",
        ],
        "windows-registry-key" => &["host.name", "key", "x_path", "values.name", "values.data"],
        "user-account" => &["host.name", "user_id", "account_login", "x_domain"],
        "domain-name" | "ipv4-addr" | "ipv6-addr" | "url" => &["value"],
        "directory" => &["path"],
        _ => &[],
    }
}

/// What tells entities apart, which SAVE writes beside what is shown.
pub(crate) fn identity(entity: &str) -> &'static [&'static str] {
    match entity {
        "process" => &["x_unique_id"],
        "network-traffic" => &["src_ref.value", "src_port", "dst_ref.value", "dst_port", "x_transport"],
        "file" | "windows-registry-key" => &["x_path"],
        "user-account" => &["x_domain", "user_id"],
        "directory" => &["path"],
        _ => &["value"],
    }
}

/// One attribute in one slot, by name.
pub(crate) fn find(entity: &str, slot: &str, name: &str) -> Option<&'static Attr> {
    let name = attribute_of_field(entity, name).unwrap_or(name);
    of(entity).iter().find(|a| a.slot == slot && a.name == name).or_else(|| record_field(entity, name))
}

/// How the attribute of this name compares, wherever it stands.
pub(crate) fn kind(entity: &str, name: &str) -> Option<Kind> {
    match name {
        "first_observed" | "last_observed" => Some(Time),
        "number_observed" => Some(Number),
        "observation_id" => Some(Text),
        _ => {
            let name = attribute_of_field(entity, name).unwrap_or(name);
            of(entity).iter().find(|a| a.name == name).or_else(|| record_field(entity, name)).map(|a| a.kind)
        }
    }
}

/// Fields that the rules of slots and identities read besides the attributes.
const OTHERS: &[&str] = &[
    "event.code",
    "event.category",
    "event.type",
    "host.name",
    "network.transport",
    "registry.path",
    "dns.resolved_ip",
    "winlog.event_data.EventType",
];

/// Fields that show that a process stands in slot `self`, with or without identity.
pub(crate) const OWN_SELF: &[&str] = &[
    "process.entity_id",
    "process.pid",
    "process.name",
    "process.executable",
    "process.command_line",
    "process.args",
    "process.working_directory",
    "process.start",
];

/// The same of slot `target`.
pub(crate) const OWN_TARGET: &[&str] = &[
    "winlog.event_data.TargetProcessGUID",
    "winlog.event_data.TargetProcessGuid",
    "winlog.event_data.TargetProcessId",
    "winlog.event_data.TargetImage",
];

/// The same of slot `parent`.
pub(crate) const OWN_PARENT: &[&str] = &[
    "process.parent.entity_id",
    "process.parent.pid",
    "process.parent.name",
    "process.parent.executable",
    "process.parent.command_line",
    "process.parent.args",
    "process.parent.working_directory",
    "process.parent.start",
];

static KNOWN: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let tables = [PROCESS, NETWORK, FILE, REGISTRY, DOMAIN, USER, URL, MAC, DIRECTORY, ASSET, EVENT];
    let fields = tables.into_iter().flatten().flat_map(|a| -> Vec<&'static str> {
        match a.read {
            All(fields) | First(fields) => fields.to_vec(),
            Base(f) | Dir(f) | Path(f) | PathBase(f) | OwnHash(f) | Created(f) | Each(f) => vec![f],
            Itself => Vec::new(),
        }
    });
    fields
        .chain(super::record_fields::names())
        .chain([OTHERS, OWN_SELF, OWN_PARENT, OWN_TARGET].into_iter().flatten().copied())
        .collect()
});

/// The table's own spelling of a field that it names.
pub(crate) fn known_field(path: &str) -> Option<&'static str> {
    KNOWN.get(path).copied()
}
