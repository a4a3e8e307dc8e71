//! A slow and simple evaluator that the store is compared with: one record and one value at a time.

use huntc_compiler::request::{Limit, Never, Query};
use huntc_compiler::time::Instant;
use huntc_compiler::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The values of each field of a document.
pub(super) type Flat = BTreeMap<String, Vec<Json>>;

pub(super) fn flatten(document: &Json) -> Flat {
    let mut flat = Flat::new();
    walk("", document, &mut flat);
    flat
}

fn walk(path: &str, value: &Json, flat: &mut Flat) {
    match value {
        Json::Null => {}
        Json::Array(items) => items.iter().for_each(|item| walk(path, item, flat)),
        Json::Object(members) => {
            for (key, member) in members {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(&below, member, flat);
            }
        }
        scalar => flat.entry(path.to_owned()).or_default().push(scalar.clone()),
    }
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn matches(query: &Query<Never>, flat: &Flat) -> bool {
    let any = |field: &str, test: &dyn Fn(&Json) -> bool| flat.get(field).is_some_and(|values| values.iter().any(test));
    match query {
        Query::MatchAll => true,
        Query::MatchNone => false,
        Query::Exists(q) => {
            any(&q.field, &|v| readable(&q.field, v)) || flat.keys().any(|k| k.starts_with(&format!("{}.", q.field)))
        }
        Query::Term(q) if q.case_insensitive => any(&q.field, &|v| text(v).eq_ignore_ascii_case(&q.value.to_string())),
        Query::Term(q) => any(&q.field, &|v| equal(&q.field, v, &q.value)),
        Query::Terms(q) => any(&q.field, &|v| q.values.iter().any(|wanted| equal(&q.field, v, wanted))),
        Query::Wildcard(q) => any(&q.field, &|v| {
            let (pattern, text) = (q.pattern.chars().collect::<Vec<_>>(), text(v).chars().collect::<Vec<_>>());
            !pattern.is_empty() && wildcard(&pattern, &text, q.case_insensitive)
        }),
        Query::Regexp(_) => panic!("expressions are tested on their own"),
        Query::Range(q) => any(&q.field, &|v| {
            let side = |bound: &Option<Limit>, below: bool| {
                bound.as_ref().is_none_or(|b| match compare(&q.field, v, &b.value) {
                    Some(order) if order.is_eq() => b.inclusive,
                    Some(order) => order.is_lt() == below,
                    None => false,
                })
            };
            side(&q.lower, false) && side(&q.upper, true)
        }),
        Query::Bool(q) => {
            q.filter.iter().all(|part| matches(part, flat))
                && !q.must_not.iter().any(|part| matches(part, flat))
                && (q.should.is_empty() || q.should.iter().any(|part| matches(part, flat)))
        }
    }
}

/// Whether a value is of the field's type; if not, it counts as absent.
fn readable(field: &str, value: &Json) -> bool {
    match field {
        "process.pid" => !value.is_boolean() && text(value).parse::<f64>().is_ok_and(f64::is_finite),
        "source.ip" => text(value).parse::<IpAddr>().is_ok(),
        "event.created" => value.is_number() || Instant::parse(&text(value)).is_some(),
        _ => true,
    }
}

fn equal(field: &str, value: &Json, wanted: &Value) -> bool {
    // As servers compare: 128 bits, with IPv4 in ::ffff:0:0/96.
    if let ("source.ip", Ok(net)) = (field, wanted.to_string().parse::<ipnet::IpNet>()) {
        let Ok(ip) = text(value).parse::<IpAddr>() else { return false };
        return match net {
            ipnet::IpNet::V4(net) => matches!(ip.to_canonical(), IpAddr::V4(ip) if net.contains(&ip)),
            ipnet::IpNet::V6(net) => net.contains(&match ip {
                IpAddr::V4(ip) => ip.to_ipv6_mapped(),
                IpAddr::V6(ip) => ip,
            }),
        };
    }
    compare(field, value, wanted).is_some_and(std::cmp::Ordering::is_eq)
}

/// The order of a stored value and a literal by the field's type; `None` when one of them is not of that type.
fn compare(field: &str, value: &Json, wanted: &Value) -> Option<std::cmp::Ordering> {
    match field {
        "process.pid" => {
            let number = |t: &str| t.parse::<f64>().ok();
            let value = if value.is_boolean() { None } else { number(&text(value)) }?;
            value.partial_cmp(&number(&wanted.to_string())?)
        }
        "source.ip" => {
            let bits = |t: &str| match t.parse::<IpAddr>().ok()? {
                IpAddr::V4(a) => Some(a.to_ipv6_mapped()),
                IpAddr::V6(a) => Some(a),
            };
            Some(bits(&text(value))?.cmp(&bits(&wanted.to_string())?))
        }
        "event.created" => {
            let stored = Instant::parse(&text(value))?.millis_floor();
            let Value::Time(wanted) = wanted else { return None };
            Some(stored.cmp(&wanted.millis_floor()))
        }
        _ => Some(text(value).as_bytes().cmp(wanted.to_string().as_bytes())),
    }
}

fn wildcard(pattern: &[char], text: &[char], fold: bool) -> bool {
    let same = |a: char, b: char| a == b || (fold && a.eq_ignore_ascii_case(&b));
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|skip| wildcard(rest, &text[skip..], fold)),
        ['?', rest @ ..] => !text.is_empty() && wildcard(rest, &text[1..], fold),
        ['\\', c, rest @ ..] => text.first() == Some(c) && wildcard(rest, &text[1..], fold),
        [c, rest @ ..] => text.first().is_some_and(|t| same(*t, *c)) && wildcard(rest, &text[1..], fold),
    }
}
