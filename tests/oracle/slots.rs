//! Where entities stand in a record, and what an attribute's value is there.

use super::attributes::{self, Attr, Read};
use super::document::Record;
use super::value::{Kind, Val, typed};

/// The slots that GET looks at.
pub(crate) fn get_slots(entity: &str) -> &'static [&'static str] {
    match entity {
        "process" => &["self", "parent"],
        "file" => &["file", "dll", "image"],
        "domain-name" => &["dns", "url", "tls"],
        "mac-addr" => &["source", "destination", "host", "client", "server", "observer"],
        "directory" => &["file", "dll", "image", "parent_image"],
        "ipv4-addr" | "ipv6-addr" => &["source", "destination", "dns"],
        _ => &["self"],
    }
}

/// The slots that LINKED looks at between two types.
pub(crate) fn linked_slots(entity: &str, other: &str) -> &'static [&'static str] {
    match entity {
        "process" if matches!(other, "file" | "windows-registry-key" | "domain-name") => &["self"],
        _ => get_slots(entity),
    }
}

/// Where in a record something stands: the slot, and which of several values there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) record: &'a Record,
    pub(crate) slot: &'static str,
    /// Which one, where the slot may hold several.
    pub(crate) item: Option<Item>,
}

/// One of several things in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    /// This address.
    Address(std::net::IpAddr),
    /// The field's value with this number.
    Nth(usize),
}

/// Everything that stands in a slot; processes also where they lack an identity.
pub(crate) fn places<'a>(record: &'a Record, entity: &str, slot: &'static str) -> Vec<Place<'a>> {
    let plain = Place { record, slot, item: None };
    let family = match entity {
        "ipv4-addr" => Kind::V4,
        "ipv6-addr" => Kind::V6,
        "mac-addr" => {
            let values = record.get(&format!("{slot}.mac")).len();
            return (0..values).map(|n| Place { item: Some(Item::Nth(n)), ..plain }).collect();
        }
        "process" => {
            let own = match slot {
                "self" => attributes::OWN_SELF,
                "parent" => attributes::OWN_PARENT,
                _ => attributes::OWN_TARGET,
            };
            let id = |field: &str| field.ends_with("entity_id") || field.to_lowercase().ends_with("guid");
            let kind = |field: &str| if id(field) { Kind::Guid } else { Kind::Text };
            let stands = own.iter().any(|field| record.get(field).iter().any(|v| typed(kind(field), v).is_some()));
            return if stands { vec![plain] } else { Vec::new() };
        }
        _ => {
            let stands = required(entity, slot).iter().all(|name| !value(plain, entity, name).is_empty());
            return if stands { vec![plain] } else { Vec::new() };
        }
    };
    let field = match slot {
        "source" => "source.ip",
        "destination" => "destination.ip",
        _ => "dns.resolved_ip",
    };
    let mut found: Vec<std::net::IpAddr> = Vec::new();
    for raw in record.get(field) {
        if let Some(Val::Addr(address)) = typed(family, raw)
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found.into_iter().map(|address| Place { item: Some(Item::Address(address)), ..plain }).collect()
}

/// The attributes without which no entity stands in a slot.
fn required(entity: &str, slot: &str) -> &'static [&'static str] {
    match (entity, slot) {
        ("network-traffic", _) => &["src_ref.value", "dst_ref.value"],
        ("file" | "windows-registry-key", _) => &["x_path"],
        ("user-account", _) => &["user_id"],
        ("domain-name" | "url", _) => &["value"],
        ("directory", _) => &["path"],
        ("x-oca-asset", _) => &["name"],
        _ => &[],
    }
}

/// The values of an attribute in a place; none where the slot lacks it.
pub(crate) fn value(place: Place<'_>, entity: &str, name: &str) -> Vec<Val> {
    match name {
        "first_observed" | "last_observed" => vec![Val::Time(place.record.time)],
        "number_observed" => vec![Val::Int(1)],
        _ => attributes::find(entity, place.slot, name).map_or_else(Vec::new, |a| read(a, place)),
    }
}

/// The values that one row of the table reads.
pub(crate) fn read(attr: &Attr, place: Place<'_>) -> Vec<Val> {
    let record = place.record;
    let texts = |field: &str, part: fn(&str) -> Option<&str>| -> Vec<Val> {
        record.get(field).iter().filter_map(|v| part(&v.text()).map(|t| Val::Text(t.to_owned()))).collect()
    };
    let raw: Vec<Val> = match attr.read {
        Read::All(fields) => fields.iter().flat_map(|f| record.get(f).iter().cloned()).collect(),
        Read::First(fields) => fields.iter().map(|f| record.get(f)).find(|v| !v.is_empty()).unwrap_or_default().to_vec(),
        Read::Base(field) => texts(field, |t| Some(base_and_dir(t).0)),
        Read::Dir(field) => texts(field, |t| base_and_dir(t).1),
        Read::Path(field) => texts(field, |t| base_and_dir(t).1.map(|_| t)),
        Read::PathBase(field) => texts(field, |t| base_and_dir(t).1.map(|_| base_and_dir(t).0)),
        Read::OwnHash(field) => {
            let other = ["23", "24", "25", "26"].iter().any(|code| record.has("event.code", code));
            if other { Vec::new() } else { record.get(field).to_vec() }
        }
        Read::Created(field) => match record.get(field) {
            [] if record.is_creation() => vec![Val::Time(record.time)],
            values => values.to_vec(),
        },
        Read::Itself => match place.item {
            Some(Item::Address(address)) => vec![Val::Addr(address)],
            _ => Vec::new(),
        },
        Read::Each(field) => match place.item {
            Some(Item::Nth(n)) => record.get(field).get(n).cloned().into_iter().collect(),
            _ => Vec::new(),
        },
    };
    raw.iter().filter_map(|v| typed(attr.kind, v)).collect()
}

/// A path's part behind and before its last separator.
fn base_and_dir(path: &str) -> (&str, Option<&str>) {
    match path.rfind(['\\', '/']) {
        Some(at) => (&path[at + 1..], Some(&path[..at])),
        None => (path, None),
    }
}
