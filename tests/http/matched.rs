//! What the scripted server finds among its numbered documents: one a millisecond, of seven names in turn.

use huntc_compiler::time::Instant;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The time of the first document in milliseconds; each further one is a millisecond later.
pub(crate) const START: i64 = 1_692_144_000_000;
/// The most tuples of a page.
const TUPLES: usize = 3;

pub(crate) fn time(number: usize) -> String {
    Instant::from_millis(START + i64::try_from(number).expect("a small number")).to_string()
}

/// `process.name`
pub(crate) fn name(number: usize) -> String {
    format!("p{}", number % 7)
}

/// Those parts of a query that name numbers or times of documents; of all others each document passes.
pub(super) enum Condition {
    All,
    These(Range<i64>),
    Numbers(BTreeSet<i64>),
    Bool { filter: Vec<Self>, must_not: Vec<Self>, should: Vec<Self> },
}

impl Condition {
    pub(super) fn of(query: &Value) -> Self {
        let Some((kind, body)) = query.as_object().and_then(|query| query.iter().next()) else { return Self::All };
        let all = |key: &str| body[key].as_array().into_iter().flatten().map(Self::of).collect();
        let number = |at: &Value| Some(Instant::parse(at.as_str()?).expect("a time").millis_floor() - START);
        let values = |key: &str| body[key].as_array().map(|values| values.iter());
        match kind.as_str() {
            "match_none" => Self::Numbers(BTreeSet::new()),
            "bool" => Self::Bool { filter: all("filter"), must_not: all("must_not"), should: all("should") },
            "range" => {
                let limits = &body["@timestamp"];
                Self::These(number(&limits["gte"]).unwrap_or(0)..number(&limits["lt"]).unwrap_or(i64::MAX))
            }
            "terms" => match (values("@timestamp"), values("n"), values("_ignored")) {
                (Some(times), ..) => Self::Numbers(times.filter_map(number).collect()),
                (_, Some(numbers), _) => Self::Numbers(numbers.filter_map(Value::as_i64).collect()),
                (.., Some(_)) => Self::Numbers(BTreeSet::new()),
                _ => Self::All,
            },
            _ => Self::All,
        }
    }

    pub(super) fn holds(&self, number: usize) -> bool {
        match self {
            Self::All => true,
            Self::These(range) => range.contains(&(number as i64)),
            Self::Numbers(numbers) => numbers.contains(&(number as i64)),
            Self::Bool { filter, must_not, should } => {
                let holds = |part: &Self| part.holds(number);
                filter.iter().all(holds) && !must_not.iter().any(holds) && (should.is_empty() || should.iter().any(holds))
            }
        }
    }
}

/// The answers to the aggregations that huntc asks for over the documents of a search.
pub(super) fn aggregations(asked: &Value, found: &[usize], documents: usize) -> Value {
    let mut answers = json!({});
    if let Some(percents) = asked["cuts"]["percentiles"]["percents"].as_array() {
        let value = |p: &Value| START as f64 + (documents as f64 * p.as_f64().expect("a number") / 100.0).floor();
        let cuts: Vec<Value> = percents.iter().map(|p| json!({"key": p, "value": value(p)})).collect();
        answers["cuts"] = json!({"values": cuts});
    }
    let counted = |filter: &Value| {
        let condition = Condition::of(filter);
        json!({"doc_count": found.iter().filter(|n| condition.holds(**n)).count()})
    };
    if let Some(filters) = asked["units"]["filters"]["filters"].as_object() {
        let buckets: BTreeMap<&String, Value> = filters.iter().map(|(name, filter)| (name, counted(filter))).collect();
        answers["units"] = json!({"buckets": buckets});
    }
    if asked["single"]["filter"].is_object() {
        answers["single"] = counted(&asked["single"]["filter"]);
    }
    if asked["stamps"].is_object() {
        answers["stamps"] = json!({"value": found.len()});
    }
    if asked["tuples"]["composite"].is_object() {
        answers["tuples"] = tuples(&asked["tuples"], found);
    }
    answers
}

/// A page of tuples of the one field `process.name`.
fn tuples(asked: &Value, found: &[usize]) -> Value {
    let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for number in found {
        names.entry(name(*number)).or_default().push(*number);
    }
    let after = asked["composite"]["after"]["0"].as_str().unwrap_or_default();
    let rest = names.into_iter().filter(|(name, _)| name.as_str() > after).take(TUPLES);
    let at = |number: Option<&usize>| json!({"value": START + *number.expect("a document") as i64});
    let bucket = |(name, numbers): (String, Vec<usize>)| {
        let mut bucket = json!({"key": {"0": name}, "doc_count": numbers.len()});
        for (key, number) in [("first", numbers.first()), ("last", numbers.last())] {
            if asked["aggs"][key].is_object() {
                bucket[key] = at(number);
            }
        }
        bucket
    };
    let buckets: Vec<Value> = rest.map(bucket).collect();
    match buckets.last() {
        Some(last) => json!({"after_key": last["key"], "buckets": buckets}),
        None => json!({"buckets": []}),
    }
}
