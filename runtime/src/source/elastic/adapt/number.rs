//! Fields of addresses, numbers, dates and booleans: which query a literal of another type becomes.

use super::{BoundApprox, Leaf};
use huntc_compiler::request::{BoundQuery, Limit, Query, Range};
use huntc_compiler::time::{Instant, MILLISECOND};
use huntc_compiler::value::Value;
use ipnet::{IpNet, Ipv6Net};
use std::net::{IpAddr, Ipv6Addr};
use std::ops::RangeInclusive;

/// All of IPv4 as IPv6 addresses. Servers refuse this network as ambiguous.
const MAPPED: (Ipv6Addr, u8) = (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);

/// Rewrites each literal by itself with `one`, and joins the results.
fn each(field: &str, leaf: Leaf<'_>, one: impl Fn(&Value) -> BoundApprox) -> BoundApprox {
    let Some(values) = leaf.literals() else { return BoundApprox::present(field) };
    let parts: Vec<BoundApprox> = values.iter().map(one).collect();
    if parts.iter().any(|p| p.at_least == Query::exists(field)) {
        return BoundApprox { at_least: Query::exists(field), at_most: gathered(field, &parts, |p| &p.at_most) };
    }
    BoundApprox { at_least: gathered(field, &parts, |p| &p.at_least), at_most: gathered(field, &parts, |p| &p.at_most) }
}

/// Joins queries: all `term` into one `terms`, and the others beside it.
fn gathered(field: &str, parts: &[BoundApprox], pick: impl Fn(&BoundApprox) -> &BoundQuery) -> BoundQuery {
    let mut values = Vec::new();
    let mut others = Vec::new();
    for part in parts {
        match pick(part) {
            Query::Term(term) => values.push(term.value.clone()),
            other => others.push(other.clone()),
        }
    }
    others.insert(0, Query::terms(field, values));
    Query::any(others)
}

/// A leaf on an `ip` field. `address`: whether the request was written for a field of addresses too.
pub(super) fn ip(field: &str, address: bool, leaf: Leaf<'_>) -> BoundApprox {
    match leaf {
        Leaf::Exists => BoundApprox::exact(leaf.query(field)),
        Leaf::Range(q)
            if address && [&q.lower, &q.upper].iter().all(|l| l.as_ref().is_none_or(|l| matches!(l.value, Value::Address(_)))) =>
        {
            BoundApprox::exact(leaf.query(field))
        }
        _ => each(field, leaf, |value| ip_value(field, value, address)),
    }
}

fn ip_value(field: &str, value: &Value, address: bool) -> BoundApprox {
    let text = value.to_string();
    let term = Query::term(field, Value::text(&*text));
    if text.parse::<IpAddr>().is_ok() {
        // As a text an address has several spellings, so the index finds too many.
        return if address { BoundApprox::exact(term) } else { BoundApprox::superset(term) };
    }
    match text.parse::<IpNet>() {
        Ok(IpNet::V4(_)) if address => BoundApprox::exact(term),
        Ok(IpNet::V6(net)) if address => match Ipv6Net::new(MAPPED.0, MAPPED.1) {
            // A network that contains all of IPv4: servers answer differently, or refuse it.
            Ok(mapped) if net.prefix_len() == MAPPED.1 && net.contains(&mapped) => BoundApprox::present(field),
            Ok(mapped) if net.contains(&mapped) => BoundApprox::superset(term),
            _ => BoundApprox::exact(term),
        },
        // No address is written like this.
        _ => BoundApprox::exact(Query::MatchNone),
    }
}

pub(super) fn integer(field: &str, range: RangeInclusive<i64>, leaf: Leaf<'_>) -> BoundApprox {
    match leaf {
        Leaf::Exists => BoundApprox::exact(leaf.query(field)),
        Leaf::Range(q) => integer_range(field, &range, q),
        _ => each(field, leaf, |value| {
            let whole = |i: i64| if range.contains(&i) { Query::term(field, Value::Int(i)) } else { Query::MatchNone };
            match value {
                Value::Int(i) => BoundApprox::exact(whole(*i)),
                Value::Text(text) => match text.trim().parse::<i64>() {
                    // As texts, `4` and `04` are different.
                    Ok(i) => BoundApprox::superset(whole(i)),
                    Err(_) if text.trim().parse::<f64>().is_ok() => BoundApprox::present(field),
                    Err(_) => BoundApprox::exact(Query::MatchNone),
                },
                // The index has the number without its fraction; only the document has it whole.
                _ => BoundApprox::present(field),
            }
        }),
    }
}

fn integer_range(field: &str, range: &RangeInclusive<i64>, asked: &Range) -> BoundApprox {
    let millis = |limit: &Option<Limit>, up: bool| {
        limit.as_ref().map(|l| match l.value {
            // A date that is indexed as a number of milliseconds.
            Value::Time(t) => {
                let value = Value::Int(if up { t.millis_ceil() } else { t.millis_floor() });
                Some((Limit { value, inclusive: true }, false))
            }
            Value::Int(_) => Some((l.clone(), true)),
            _ => None,
        })
    };
    let (lower, upper) = match (millis(&asked.lower, false), millis(&asked.upper, true)) {
        (Some(None), _) | (_, Some(None)) => return BoundApprox::present(field),
        (lower, upper) => (lower.flatten(), upper.flatten()),
    };
    let exact = lower.as_ref().is_none_or(|l| l.1) && upper.as_ref().is_none_or(|u| u.1);
    let inside = |l: &(Limit, bool)| matches!(&l.0.value, Value::Int(i) if range.contains(i));
    if lower.as_ref().is_some_and(|l| !inside(l)) || upper.as_ref().is_some_and(|u| !inside(u)) {
        // Some servers refuse a limit that the field cannot hold.
        return BoundApprox::present(field);
    }
    let query = Query::Range(Range { field: field.to_owned(), lower: lower.map(|l| l.0), upper: upper.map(|u| u.0) });
    if exact { BoundApprox::exact(query) } else { BoundApprox::superset(query) }
}

/// A leaf on a field of floats. Of a text servers read a float as Java does, which takes blanks around it (`" 80"`) and letters behind it
/// (`80d`): documents have no number there, so what the index finds is not sure to be meant.
pub(super) fn float(field: &str, exact: bool, leaf: Leaf<'_>) -> BoundApprox {
    let numeric = |l: &Option<Limit>| l.as_ref().is_none_or(|l| matches!(l.value, Value::Int(_) | Value::Float(_)));
    match leaf {
        Leaf::Exists => BoundApprox::superset(leaf.query(field)),
        Leaf::Range(q) if numeric(&q.lower) && numeric(&q.upper) => {
            if exact {
                return BoundApprox::superset(leaf.query(field));
            }
            // Rounding keeps the order, but may make neighbours equal.
            let wide = |l: &Option<Limit>| l.as_ref().map(|l| Limit { value: l.value.clone(), inclusive: true });
            BoundApprox::superset(Query::Range(Range { field: field.to_owned(), lower: wide(&q.lower), upper: wide(&q.upper) }))
        }
        _ => each(field, leaf, |value| {
            let number = match value {
                Value::Int(_) | Value::Float(_) => Some(value.clone()),
                Value::Text(text) => text.trim().parse().ok().filter(|f: &f64| f.is_finite()).map(Value::Float),
                _ => return BoundApprox::present(field),
            };
            match number {
                Some(number) => BoundApprox::superset(Query::term(field, number)),
                None => BoundApprox::exact(Query::MatchNone),
            }
        }),
    }
}

/// Servers index milliseconds, and round literals to them. So limits are moved outwards for the query that finds at
/// least, and inwards for the one that finds at most.
pub(super) fn date(field: &str, leaf: Leaf<'_>) -> BoundApprox {
    let between = |from: Option<i64>, to: Option<i64>| {
        let limit = |millis: i64, inclusive| Limit { value: Value::Time(Instant(millis.saturating_mul(MILLISECOND))), inclusive };
        let (lower, upper) = (from.map(|m| limit(m, true)), to.map(|m| limit(m, false)));
        Query::Range(Range { field: field.to_owned(), lower, upper })
    };
    match leaf {
        Leaf::Exists => BoundApprox::exact(leaf.query(field)),
        Leaf::Range(q) => {
            let time = |l: &Option<Limit>| match l {
                None => Some(None),
                Some(Limit { value: Value::Time(t), inclusive }) => Some(Some((*t, *inclusive))),
                Some(_) => None,
            };
            let (Some(lower), Some(upper)) = (time(&q.lower), time(&q.upper)) else { return BoundApprox::present(field) };
            // The indexed value is less than a millisecond below that in the document.
            let from = lower.map(|(t, _)| t.millis_floor());
            let to = upper.map(|(t, inclusive)| if inclusive { t.millis_floor() + 1 } else { t.millis_ceil() });
            let sure_from = lower.map(|(t, inclusive)| if inclusive { t.millis_ceil() } else { t.millis_floor() + 1 });
            let sure_to = upper.map(|(t, _)| t.millis_floor());
            BoundApprox { at_least: between(from, to), at_most: between(sure_from, sure_to) }
        }
        _ => each(field, leaf, |value| {
            let time = match value {
                Value::Time(t) => Some(*t),
                Value::Text(text) => Instant::parse(text),
                _ => None,
            };
            let Some(t) = time else { return BoundApprox::present(field) };
            BoundApprox::superset(between(Some(t.millis_floor()), Some(t.millis_floor() + 1)))
        }),
    }
}

pub(super) fn boolean(field: &str, leaf: Leaf<'_>) -> BoundApprox {
    match leaf {
        Leaf::Exists => BoundApprox::exact(leaf.query(field)),
        _ => each(field, leaf, |value| match value {
            Value::Bool(_) => BoundApprox::exact(Query::term(field, value.clone())),
            Value::Text(text) if matches!(&**text, "true" | "false") => {
                BoundApprox::superset(Query::term(field, Value::Bool(&**text == "true")))
            }
            _ => BoundApprox::present(field),
        }),
    }
}
