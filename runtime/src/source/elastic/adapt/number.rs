//! Addresses, numbers, dates and booleans: what a literal of another type means there.

use super::{Around, Bound, Leaf, is_address_field};
use huntc_compiler::backend::elastic::query::{Bound as Limit, Query, Range};
use huntc_compiler::time::{Instant, MILLISECOND};
use huntc_compiler::value::Value;
use ipnet::{IpNet, Ipv6Net};
use std::net::{IpAddr, Ipv6Addr};
use std::ops::RangeInclusive;

/// All of IPv4 as servers see it from IPv6: they refuse it as ambiguous.
const MAPPED: (Ipv6Addr, u8) = (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);

/// Each literal by itself, then together.
fn each(field: &str, leaf: Leaf<'_>, one: impl Fn(&Value) -> Around) -> Around {
    let Some(values) = leaf.literals() else { return Around::present(field) };
    let parts: Vec<Around> = values.iter().map(one).collect();
    if parts.iter().any(|p| p.upper == Query::exists(field)) {
        return Around { upper: Query::exists(field), lower: gathered(field, &parts, |p| &p.lower) };
    }
    Around { upper: gathered(field, &parts, |p| &p.upper), lower: gathered(field, &parts, |p| &p.lower) }
}

/// `term`s as one `terms`, other queries beside it.
fn gathered(field: &str, parts: &[Around], pick: impl Fn(&Around) -> &Bound) -> Bound {
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

pub(super) fn ip(field: &str, leaf: Leaf<'_>) -> Around {
    let address = is_address_field(field);
    match leaf {
        Leaf::Exists => Around::exact(leaf.query(field)),
        Leaf::Range(q)
            if address && [&q.lower, &q.upper].iter().all(|l| l.as_ref().is_none_or(|l| matches!(l.value, Value::Address(_)))) =>
        {
            Around::exact(leaf.query(field))
        }
        _ => each(field, leaf, |value| ip_value(field, value, address)),
    }
}

fn ip_value(field: &str, value: &Value, address: bool) -> Around {
    let text = value.to_string();
    let term = Query::term(field, Value::text(&*text));
    if text.parse::<IpAddr>().is_ok() {
        // As a text, an address has several spellings.
        return if address { Around::exact(term) } else { Around::upper_only(term) };
    }
    match text.parse::<IpNet>() {
        Ok(IpNet::V4(_)) if address => Around::exact(term),
        Ok(IpNet::V6(net)) if address => match Ipv6Net::new(MAPPED.0, MAPPED.1) {
            // A network around all of IPv4: servers differ from us, or refuse it.
            Ok(mapped) if net.prefix_len() == MAPPED.1 && net.contains(&mapped) => Around::present(field),
            Ok(mapped) if net.contains(&mapped) => Around::upper_only(term),
            _ => Around::exact(term),
        },
        // No address is written like this.
        _ => Around::exact(Query::MatchNone),
    }
}

pub(super) fn integer(field: &str, range: RangeInclusive<i64>, leaf: Leaf<'_>) -> Around {
    match leaf {
        Leaf::Exists => Around::exact(leaf.query(field)),
        Leaf::Range(q) => integer_range(field, &range, q),
        _ => each(field, leaf, |value| {
            let whole = |i: i64| if range.contains(&i) { Query::term(field, Value::Int(i)) } else { Query::MatchNone };
            match value {
                Value::Int(i) => Around::exact(whole(*i)),
                Value::Text(text) => match text.trim().parse::<i64>() {
                    // As texts, `4` and `04` differ.
                    Ok(i) => Around::upper_only(whole(i)),
                    Err(_) if text.trim().parse::<f64>().is_ok() => Around::present(field),
                    Err(_) => Around::exact(Query::MatchNone),
                },
                // A number is kept without its fraction; the document has it.
                _ => Around::present(field),
            }
        }),
    }
}

fn integer_range(field: &str, range: &RangeInclusive<i64>, asked: &Range) -> Around {
    let millis = |limit: &Option<Limit>, up: bool| {
        limit.as_ref().map(|l| match l.value {
            // A date that is kept as a count of milliseconds.
            Value::Time(t) => {
                let value = Value::Int(if up { t.millis_ceil() } else { t.millis_floor() });
                Some((Limit { value, inclusive: true }, false))
            }
            Value::Int(_) => Some((l.clone(), true)),
            _ => None,
        })
    };
    let (lower, upper) = match (millis(&asked.lower, false), millis(&asked.upper, true)) {
        (Some(None), _) | (_, Some(None)) => return Around::present(field),
        (lower, upper) => (lower.flatten(), upper.flatten()),
    };
    let exact = lower.as_ref().is_none_or(|l| l.1) && upper.as_ref().is_none_or(|u| u.1);
    let inside = |l: &(Limit, bool)| matches!(&l.0.value, Value::Int(i) if range.contains(i));
    if lower.as_ref().is_some_and(|l| !inside(l)) || upper.as_ref().is_some_and(|u| !inside(u)) {
        // A bound that the field cannot hold: some servers refuse it.
        return Around::present(field);
    }
    let query = Query::Range(Range { field: field.to_owned(), lower: lower.map(|l| l.0), upper: upper.map(|u| u.0) });
    if exact { Around::exact(query) } else { Around::upper_only(query) }
}

pub(super) fn float(field: &str, exact: bool, leaf: Leaf<'_>) -> Around {
    let numeric = |l: &Option<Limit>| l.as_ref().is_none_or(|l| matches!(l.value, Value::Int(_) | Value::Float(_)));
    match leaf {
        Leaf::Exists => Around::exact(leaf.query(field)),
        Leaf::Range(q) if numeric(&q.lower) && numeric(&q.upper) => {
            if exact {
                return Around::exact(leaf.query(field));
            }
            // Rounding keeps the order, but may make neighbours equal.
            let with = |inclusive| {
                let set = |l: &Option<Limit>| l.as_ref().map(|l| Limit { value: l.value.clone(), inclusive });
                Query::Range(Range { field: field.to_owned(), lower: set(&q.lower), upper: set(&q.upper) })
            };
            Around { upper: with(true), lower: with(false) }
        }
        _ => each(field, leaf, |value| {
            let number = match value {
                Value::Int(_) | Value::Float(_) => Some(value.clone()),
                Value::Text(text) => text.trim().parse().ok().filter(|f: &f64| f.is_finite()).map(Value::Float),
                _ => return Around::present(field),
            };
            match number {
                Some(number) if exact && !matches!(value, Value::Text(_)) => Around::exact(Query::term(field, number)),
                Some(number) => Around::upper_only(Query::term(field, number)),
                None => Around::exact(Query::MatchNone),
            }
        }),
    }
}

/// Servers keep milliseconds, and shorten literals to them: bounds are moved to where nothing is lost.
pub(super) fn date(field: &str, leaf: Leaf<'_>) -> Around {
    let between = |from: Option<i64>, to: Option<i64>| {
        let limit = |millis: i64, inclusive| Limit { value: Value::Time(Instant(millis.saturating_mul(MILLISECOND))), inclusive };
        let (lower, upper) = (from.map(|m| limit(m, true)), to.map(|m| limit(m, false)));
        Query::Range(Range { field: field.to_owned(), lower, upper })
    };
    match leaf {
        Leaf::Exists => Around::exact(leaf.query(field)),
        Leaf::Range(q) => {
            let time = |l: &Option<Limit>| match l {
                None => Some(None),
                Some(Limit { value: Value::Time(t), inclusive }) => Some(Some((*t, *inclusive))),
                Some(_) => None,
            };
            let (Some(lower), Some(upper)) = (time(&q.lower), time(&q.upper)) else { return Around::present(field) };
            // What is kept is at most a millisecond less than what the document has.
            let from = lower.map(|(t, _)| t.millis_floor());
            let to = upper.map(|(t, inclusive)| if inclusive { t.millis_floor() + 1 } else { t.millis_ceil() });
            let sure_from = lower.map(|(t, inclusive)| if inclusive { t.millis_ceil() } else { t.millis_floor() + 1 });
            let sure_to = upper.map(|(t, _)| t.millis_floor());
            Around { upper: between(from, to), lower: between(sure_from, sure_to) }
        }
        _ => each(field, leaf, |value| {
            let time = match value {
                Value::Time(t) => Some(*t),
                Value::Text(text) => Instant::parse(text),
                _ => None,
            };
            let Some(t) = time else { return Around::present(field) };
            Around::upper_only(between(Some(t.millis_floor()), Some(t.millis_floor() + 1)))
        }),
    }
}

pub(super) fn boolean(field: &str, leaf: Leaf<'_>) -> Around {
    match leaf {
        Leaf::Exists => Around::exact(leaf.query(field)),
        _ => each(field, leaf, |value| match value {
            Value::Bool(_) => Around::exact(Query::term(field, value.clone())),
            Value::Text(text) if matches!(&**text, "true" | "false") => {
                Around::upper_only(Query::term(field, Value::Bool(&**text == "true")))
            }
            _ => Around::present(field),
        }),
    }
}
