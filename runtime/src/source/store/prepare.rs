//! Prepares a query for evaluation: literals are read by the type of their field, patterns are compiled, and cheap
//! clauses come first.

use super::column::{address, address_bits, spelled_number};
use super::lucene::{self, Pattern};
use crate::source::SourceError;
use foldhash::HashMap;
use huntc_compiler::catalog::FieldType;
use huntc_compiler::request::{BoundQuery, FieldKinds, Limit, Query, Range};
use huntc_compiler::value::Value;
use std::ops::Bound;
use std::sync::Arc;

/// A query that segments can evaluate.
#[derive(Clone, Debug)]
pub(super) enum Prepared {
    /// Every row.
    All,
    /// No row.
    None,
    /// The rows in which a value of the field passes.
    Leaf(String, Test),
    /// The rows that have the field.
    Exists(String),
    /// The rows that match all of the first, which come with the cheap ones in front, and none of the second.
    Both(Vec<Prepared>, Vec<Prepared>),
    /// The rows that match at least one.
    Any(Vec<Prepared>),
}

/// A test of single values.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// One of these texts, which are sorted.
    Texts(Vec<Vec<u8>>),
    /// A text between two limits.
    TextRange(Bound<Vec<u8>>, Bound<Vec<u8>>),
    Pattern(Pattern),
    /// One of these numbers, which are sorted.
    Numbers(Vec<Value>),
    /// A number between two limits.
    NumberRange(Bound<Value>, Bound<Value>),
    /// An address in one of these ranges, which include their ends.
    Addresses(Vec<(u128, u128)>),
    /// A time in one of these ranges of milliseconds, which include their ends.
    Times(Vec<(i64, i64)>),
}

/// The syntax of a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Syntax {
    Wildcard {
        fold: bool,
    },
    Regexp,
    /// A whole value, whatever the case of its letters.
    Folded,
}

/// Compiled patterns. A condition uses the same pattern for every field of an attribute, and so do hints and later
/// steps; compiling is the expensive part of preparing.
#[derive(Default)]
pub(super) struct Patterns(HashMap<(Syntax, String), Pattern>);

/// The most patterns that are kept. A hunt has a few, a night with a thousand hunts some hundreds.
const MOST_PATTERNS: usize = 500;

impl Patterns {
    /// Prepares a query whose fields have these types.
    pub(super) fn prepare(&mut self, query: &BoundQuery, kinds: &FieldKinds) -> Result<Prepared, SourceError> {
        Ok(match query {
            Query::MatchAll => Prepared::All,
            Query::MatchNone => Prepared::None,
            Query::Exists(q) => exists(&q.field, kinds),
            Query::Term(q) if q.case_insensitive => self.leaf(&q.field, Syntax::Folded, &q.value.to_string())?,
            Query::Term(q) => equal(&q.field, kinds, std::slice::from_ref(&q.value)),
            Query::Terms(q) => equal(&q.field, kinds, &q.values),
            Query::Wildcard(q) => self.leaf(&q.field, Syntax::Wildcard { fold: q.case_insensitive }, &q.pattern)?,
            Query::Regexp(q) => self.leaf(&q.field, Syntax::Regexp, &q.pattern)?,
            Query::Range(q) => leaf(&q.field, range(q, kinds)),
            Query::Bool(q) => {
                let mut filter = self.all(&q.filter, kinds)?;
                if !q.should.is_empty() {
                    filter.push(Prepared::Any(self.all(&q.should, kinds)?));
                }
                filter.sort_by_key(Prepared::cost);
                Prepared::Both(filter, self.all(&q.must_not, kinds)?)
            }
        })
    }

    fn all(&mut self, parts: &[BoundQuery], kinds: &FieldKinds) -> Result<Vec<Prepared>, SourceError> {
        parts.iter().map(|part| self.prepare(part, kinds)).collect()
    }

    fn leaf(&mut self, field: &str, syntax: Syntax, pattern: &str) -> Result<Prepared, SourceError> {
        let key = (syntax, pattern.to_owned());
        let known = if let Some(known) = self.0.get(&key) {
            known.clone()
        } else {
            let compiled = match syntax {
                Syntax::Wildcard { fold } => lucene::wildcard(pattern, fold)?,
                Syntax::Regexp => lucene::regexp(pattern)?,
                Syntax::Folded => lucene::folded(pattern)?,
            };
            if self.0.len() >= MOST_PATTERNS {
                self.0.clear();
            }
            self.0.entry(key).or_insert(compiled).clone()
        };
        Ok(leaf(field, Test::Pattern(known)))
    }
}

impl Prepared {
    /// What evaluating costs, roughly. Clauses are ordered by it.
    fn cost(&self) -> u8 {
        match self {
            Self::All | Self::None => 0,
            // Texts are found fast, and few rows have one of them.
            Self::Leaf(_, Test::Texts(_)) => 1,
            Self::Exists(_) => 2,
            Self::Leaf(_, test) if !test.looks_at_all_values() => 2,
            Self::Leaf(_, Test::Pattern(_)) => 5,
            Self::Leaf(..) => 3,
            Self::Both(..) | Self::Any(_) => 4,
        }
    }
}

impl Test {
    /// Whether all values of a dictionary must be read for the test, because its order does not help.
    pub(super) fn looks_at_all_values(&self) -> bool {
        match self {
            Self::Texts(_) | Self::TextRange(..) => false,
            Self::Pattern(pattern) => matches!(pattern, Pattern::Search(..)),
            Self::Numbers(_) | Self::NumberRange(..) | Self::Addresses(_) | Self::Times(_) => true,
        }
    }
}

fn leaf(field: &str, test: Test) -> Prepared {
    Prepared::Leaf(field.to_owned(), test)
}

/// How the values of a field are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Family {
    Text,
    Number,
    Address,
    Time,
}

fn family(field: &str, kinds: &FieldKinds) -> Family {
    if field == "@timestamp" {
        return Family::Time;
    }
    match kinds.get(field).ty {
        FieldType::Long | FieldType::Float => Family::Number,
        FieldType::Ip => Family::Address,
        FieldType::Date => Family::Time,
        FieldType::Keyword | FieldType::Wildcard | FieldType::Text | FieldType::Boolean => Family::Text,
    }
}

/// The rows that have a value of the field's type: `-` is no port. Every record has a time.
fn exists(field: &str, kinds: &FieldKinds) -> Prepared {
    match family(field, kinds) {
        _ if kinds.get(field).ty == FieldType::Boolean => leaf(field, Test::Texts(vec![b"false".to_vec(), b"true".to_vec()])),
        Family::Number => leaf(field, Test::NumberRange(Bound::Unbounded, Bound::Unbounded)),
        Family::Address => leaf(field, Test::Addresses(vec![(0, u128::MAX)])),
        Family::Time if field != "@timestamp" => leaf(field, Test::Times(vec![(i64::MIN, i64::MAX)])),
        Family::Text | Family::Time => Prepared::Exists(field.to_owned()),
    }
}

/// The rows with one of these values. Values that are not of the field's type are equal to none.
fn equal(field: &str, kinds: &FieldKinds, values: &[Value]) -> Prepared {
    leaf(
        field,
        match family(field, kinds) {
            Family::Text => Test::Texts(sorted_texts(values)),
            Family::Number => Test::Numbers(sorted(values.iter().filter_map(number))),
            Family::Address => Test::Addresses(joined(sorted(values.iter().filter_map(network)))),
            Family::Time => Test::Times(joined(sorted(values.iter().filter_map(|v| Some((time(v)?, time(v)?)))))),
        },
    )
}

/// The texts of values, sorted. Look-ups read them in order and there may be many, so they are also in that order in memory.
fn sorted_texts(values: &[Value]) -> Vec<Vec<u8>> {
    let text = |value: &Value| match value {
        Value::Text(text) => Arc::clone(text),
        other => Arc::from(other.to_string()),
    };
    let texts: Vec<Arc<str>> = values.iter().map(text).collect();
    let order = super::prefix_sort::sorted(texts.len(), |index| (texts[index as usize].as_bytes(), ()));
    let mut sorted: Vec<Vec<u8>> = order.map(|index| texts[index as usize].as_bytes().to_vec()).collect();
    sorted.dedup();
    sorted
}

fn sorted<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// Joins sorted ranges that overlap.
fn joined<T: Ord + Copy>(ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    let mut out: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (from, to) in ranges {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Int(_) | Value::Float(_) => Some(value.clone()),
        Value::Text(text) => spelled_number(text),
        _ => None,
    }
}

/// The first and the last address of an address or a network. An IPv4 network contains no IPv6 address.
fn network(value: &Value) -> Option<(u128, u128)> {
    let text = match value {
        Value::Address(a) => return Some((address_bits(*a), address_bits(*a))),
        Value::Text(text) => text,
        _ => return None,
    };
    if let Some(bits) = address(text) {
        return Some((bits, bits));
    }
    let net: ipnet::IpNet = text.parse().ok()?;
    Some((address_bits(net.network()), address_bits(net.broadcast())))
}

/// A time in milliseconds, rounded down as servers do.
fn time(value: &Value) -> Option<i64> {
    match value {
        Value::Time(time) => Some(time.millis_floor()),
        Value::Int(millis) => Some(*millis),
        Value::Text(text) => crate::source::document_time::of_text(text).map(huntc_compiler::time::Instant::millis_floor),
        _ => None,
    }
}

fn range(query: &Range, kinds: &FieldKinds) -> Test {
    match family(&query.field, kinds) {
        Family::Text => {
            let text = |v: &Value| Some(v.to_string().into_bytes());
            match (limit(query.lower.as_ref(), text), limit(query.upper.as_ref(), text)) {
                (Some(lower), Some(upper)) => Test::TextRange(lower, upper),
                _ => Test::Texts(Vec::new()),
            }
        }
        Family::Number => match (limit(query.lower.as_ref(), number), limit(query.upper.as_ref(), number)) {
            (Some(lower), Some(upper)) => Test::NumberRange(lower, upper),
            _ => Test::Numbers(Vec::new()),
        },
        Family::Address => {
            let bits = |v: &Value| network(v).map(|n| n.0);
            let lower = limit(query.lower.as_ref(), bits);
            let upper = limit(query.upper.as_ref(), bits);
            Test::Addresses(closed(lower, upper, u128::MIN, u128::MAX, u128::checked_add, u128::checked_sub))
        }
        Family::Time => {
            let lower = limit(query.lower.as_ref(), time);
            let upper = limit(query.upper.as_ref(), time);
            Test::Times(closed(lower, upper, i64::MIN, i64::MAX, i64::checked_add, i64::checked_sub))
        }
    }
}

/// A limit in the field's type; `None` when the literal is not of that type.
fn limit<T>(limit: Option<&Limit>, read: impl Fn(&Value) -> Option<T>) -> Option<Bound<T>> {
    match limit {
        None => Some(Bound::Unbounded),
        Some(b) if b.inclusive => read(&b.value).map(Bound::Included),
        Some(b) => read(&b.value).map(Bound::Excluded),
    }
}

/// A range of whole numbers that includes its ends; `None` when it is empty.
fn closed<T: Copy + Ord + From<u8>>(
    lower: Option<Bound<T>>,
    upper: Option<Bound<T>>,
    min: T,
    max: T,
    add: impl Fn(T, T) -> Option<T>,
    sub: impl Fn(T, T) -> Option<T>,
) -> Vec<(T, T)> {
    let (Some(lower), Some(upper)) = (lower, upper) else { return Vec::new() };
    let from = match lower {
        Bound::Unbounded => Some(min),
        Bound::Included(t) => Some(t),
        Bound::Excluded(t) => add(t, T::from(1)),
    };
    let to = match upper {
        Bound::Unbounded => Some(max),
        Bound::Included(t) => Some(t),
        Bound::Excluded(t) => sub(t, T::from(1)),
    };
    match (from, to) {
        (Some(from), Some(to)) if from <= to => vec![(from, to)],
        _ => Vec::new(),
    }
}
