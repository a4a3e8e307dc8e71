//! Values as the oracle compares and prints them.

use jiff::Timestamp;
use serde_json::Value as Json;
use std::cmp::Ordering;
use std::net::IpAddr;

/// One value of an attribute.
#[derive(Clone, Debug)]
pub(crate) enum Val {
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Nanoseconds since the epoch.
    Time(i64),
    Addr(IpAddr),
    Text(String),
    List(Vec<Val>),
}

impl Val {
    fn rank(&self) -> u8 {
        match self {
            Val::Bool(_) => 0,
            Val::Int(_) | Val::Float(_) => 1,
            Val::Time(_) => 2,
            Val::Addr(_) => 3,
            Val::Text(_) => 4,
            Val::List(_) => 5,
        }
    }

    /// What LIKE and MATCHES see.
    pub(crate) fn text(&self) -> String {
        match self {
            Val::Bool(b) => b.to_string(),
            Val::Int(i) => i.to_string(),
            Val::Float(f) => f.to_string(),
            Val::Time(t) => format_time(*t),
            Val::Addr(a) => a.to_string(),
            Val::Text(t) => t.clone(),
            Val::List(_) => self.json().to_string(),
        }
    }

    /// What reports print.
    pub(crate) fn json(&self) -> Json {
        match self {
            Val::Bool(b) => Json::from(*b),
            Val::Int(i) => Json::from(*i),
            Val::Float(f) => Json::from(*f),
            Val::List(values) => Json::Array(values.iter().map(Val::json).collect()),
            _ => Json::from(self.text()),
        }
    }
}

fn number(value: &Val) -> Option<f64> {
    match value {
        Val::Int(i) => Some(*i as f64),
        Val::Float(f) => Some(*f),
        _ => None,
    }
}

impl Ord for Val {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Val::Bool(a), Val::Bool(b)) => a.cmp(b),
            (Val::Int(a), Val::Int(b)) | (Val::Time(a), Val::Time(b)) => a.cmp(b),
            (Val::Addr(a), Val::Addr(b)) => a.cmp(b),
            (Val::Text(a), Val::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Val::List(a), Val::List(b)) => a.cmp(b),
            _ => match (number(self), number(other)) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                _ => self.rank().cmp(&other.rank()),
            },
        }
    }
}

impl PartialOrd for Val {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Val {}

/// An optional value that sorts behind every value where it is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NullLast(pub(crate) Option<Val>);

impl Ord for NullLast {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
}

impl PartialOrd for NullLast {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How an attribute's values are read and compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Text,
    /// An entity id: without case where it is a GUID; the null GUID and `-` are none.
    Guid,
    /// Hashes: without case.
    NoCase,
    /// A MAC address, however it is spelt.
    Mac,
    Number,
    Bool,
    Time,
    Addr,
    V4,
    V6,
}

impl Kind {
    /// Whether its texts have several spellings.
    pub(crate) fn is_identifier(self) -> bool {
        matches!(self, Self::Guid | Self::NoCase | Self::Mac)
    }
}

/// Whether a text is a GUID, in braces or not.
pub(crate) fn is_guid(text: &str) -> bool {
    let inner = match (text.strip_prefix('{'), text.ends_with('}')) {
        (Some(rest), true) => &rest[..rest.len() - 1],
        (None, false) => text,
        _ => return false,
    };
    let groups: Vec<&str> = inner.split('-').collect();
    groups.iter().map(|g| g.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(|g| g.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A MAC address in lower case with colons; `None` where the text is none.
fn one_mac(text: &str) -> Option<String> {
    let shape: String = text.chars().map(|c| if c.is_ascii_hexdigit() { 'x' } else { c }).collect();
    if !["xx-xx-xx-xx-xx-xx", "xx:xx:xx:xx:xx:xx", "xxxx.xxxx.xxxx"].contains(&shape.as_str()) {
        return None;
    }
    let digits: Vec<char> = text.to_ascii_lowercase().chars().filter(char::is_ascii_hexdigit).collect();
    Some(digits.chunks(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(":"))
}

/// A number without its fraction where that is nothing.
fn whole(f: f64) -> Val {
    if f.fract() == 0.0 && f.abs() < 9e15 { Val::Int(f as i64) } else { Val::Float(f) }
}

/// A raw value as an attribute of this kind has it; `None` where it cannot be one.
pub(crate) fn typed(kind: Kind, raw: &Val) -> Option<Val> {
    match kind {
        Kind::Text | Kind::NoCase => Some(Val::Text(raw.text())),
        Kind::Guid => {
            let text = raw.text();
            if text == "-" || text.trim_matches(['{', '}']) == "00000000-0000-0000-0000-000000000000" {
                return None;
            }
            Some(Val::Text(if is_guid(&text) { text.to_ascii_lowercase() } else { text }))
        }
        Kind::Mac => {
            let text = raw.text();
            Some(Val::Text(one_mac(&text).unwrap_or(text)))
        }
        Kind::Number => match raw {
            Val::Int(_) => Some(raw.clone()),
            Val::Float(f) => Some(whole(*f)),
            Val::Text(t) => t.parse().map(Val::Int).ok().or_else(|| t.parse().ok().filter(|f: &f64| f.is_finite()).map(whole)),
            _ => None,
        },
        Kind::Bool => match raw {
            Val::Bool(_) => Some(raw.clone()),
            Val::Text(t) => t.parse().ok().map(Val::Bool),
            _ => None,
        },
        Kind::Time => match raw {
            Val::Time(_) => Some(raw.clone()),
            Val::Int(millis) => Some(Val::Time(millis * 1_000_000)),
            other => parse_time(&other.text()).map(Val::Time),
        },
        Kind::Addr | Kind::V4 | Kind::V6 => {
            let address: IpAddr = match raw {
                Val::Addr(a) => *a,
                other => other.text().parse().ok()?,
            };
            // An IPv4 address in IPv6 clothes is the IPv4 address, as in an index of type `ip`.
            let address = address.to_canonical();
            (kind == Kind::Addr || address.is_ipv4() == (kind == Kind::V4)).then_some(Val::Addr(address))
        }
    }
}

/// The form in which two values of a kind are equal iff the attribute says so.
pub(crate) fn equality_form(kind: Kind, value: Val) -> Val {
    match (kind, value) {
        (Kind::NoCase, Val::Text(t)) => Val::Text(t.to_ascii_lowercase()),
        (_, value) => value,
    }
}

/// RFC 3339, or a date-time without zone, in UTC.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let stamp: Timestamp = text.parse().ok().or_else(|| format!("{text}Z").parse().ok())?;
    i64::try_from(stamp.as_nanosecond()).ok()
}

/// UTC with milliseconds.
pub(crate) fn format_time(nanos: i64) -> String {
    Timestamp::from_millisecond(nanos.div_euclid(1_000_000)).map_or_else(|_| nanos.to_string(), |t| format!("{t:.3}"))
}

/// UTC with seconds.
pub(crate) fn format_seconds(nanos: i64) -> String {
    Timestamp::from_second(nanos.div_euclid(1_000_000_000)).map_or_else(|_| nanos.to_string(), |t| t.to_string())
}
