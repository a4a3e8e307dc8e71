//! What `huntc doctor` shows of a cluster: server, indices, records, newest record, and how fields are mapped.

use super::answer::{Answer, FILTER};
use super::fault::{Fault, Kind};
use super::link::Link;
use super::mapping::{FieldKind, Mappings};
use super::product::Server;
use super::scan::MatchAll;
use crate::source::FetchContext;
use huntc_compiler::time::Instant;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// What a cluster has.
#[derive(Clone, PartialEq, Debug)]
pub struct Survey {
    /// Which server it is.
    pub server: Server,
    /// Indices that the source covers.
    pub indices: Vec<String>,
    /// Records in them.
    pub records: u64,
    /// The newest `@timestamp`; `None` where no record has one.
    pub newest: Option<Instant>,
    /// The fields that were asked for, in the order asked.
    pub fields: Vec<FieldSurvey>,
}

/// How a field is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldSurvey {
    /// Its name.
    pub name: String,
    /// The ways it is kept, in words, with the number of indices: `("keyword up to 1024", 8)`. More than one is a clash.
    pub kinds: Vec<(String, usize)>,
    /// Indices without it.
    pub missing: usize,
}

#[derive(Deserialize)]
struct Newest {
    newest: NewestValue,
}

#[derive(Deserialize)]
struct NewestValue {
    value: Option<f64>,
}

/// Looks at a cluster.
pub(super) fn survey(link: &Link, mappings: &Mappings, fields: &[String], context: &FetchContext) -> Result<Survey, Fault> {
    let server = link.server(context)?.clone();
    let asked: BTreeSet<String> = fields.iter().cloned().collect();
    let indices = mappings.of(link, context, &asked)?;
    let of_field = |name: &String| {
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let mut missing = 0;
        for mapping in indices.values().filter_map(|f| f.get(name)) {
            match words(&mapping.kind) {
                Some(words) => *kinds.entry(words).or_default() += 1,
                None => missing += 1,
            }
        }
        FieldSurvey { name: name.clone(), kinds: kinds.into_iter().collect(), missing }
    };
    let (records, newest) = newest(link, &server, context)?;
    Ok(Survey {
        server,
        indices: indices.keys().cloned().collect(),
        records,
        newest,
        fields: fields.iter().map(of_field).collect(),
    })
}

/// How many records there are, and the newest time; without it where times cannot be compared over the indices.
fn newest(link: &Link, server: &Server, context: &FetchContext) -> Result<(u64, Option<Instant>), Fault> {
    let path = format!("{}/_search?allow_partial_search_results=false&allow_no_indices=false&{FILTER}", link.indices());
    let ask = |aggregations: serde_json::Value| {
        let mut body = json!({"size": 0, "track_total_hits": true});
        if !aggregations.is_null() {
            body["aggs"] = aggregations;
        }
        if let Some(filter) = MatchAll::behind(server.product) {
            body["post_filter"] = json!(filter);
        }
        let call = link.post(path.clone(), &body)?;
        link.send(&call, context, |reply| {
            let answer = Answer::read(&reply.body)?;
            answer.whole()?;
            let records = answer.hits.exact_total().ok_or_else(|| Fault::new(Kind::Malformed, "the answer has no total"))?;
            Ok((records, answer.aggregations.and_then(time)))
        })
    };
    match ask(json!({"newest": {"max": {"field": "@timestamp"}}})) {
        Err(fault) if matches!(fault.kind, Kind::Rejected | Kind::MappingClash) => ask(serde_json::Value::Null),
        other => other,
    }
}

fn time(aggregations: &RawValue) -> Option<Instant> {
    let newest: Newest = serde_json::from_str(aggregations.get()).ok()?;
    newest.newest.value.map(|millis| Instant::from_millis(millis as i64))
}

/// A kind for people; `None` where the field is not there.
fn words(kind: &FieldKind) -> Option<String> {
    let limited = |name: &str, limit: &Option<usize>| limit.map_or_else(|| name.to_owned(), |l| format!("{name} up to {l}"));
    Some(match kind {
        FieldKind::Missing => return None,
        FieldKind::Keyword { limit, normalized: true, .. } => limited("normalized keyword", limit),
        FieldKind::Keyword { limit, .. } => limited("keyword", limit),
        FieldKind::Wildcard { limit } => limited("wildcard", limit),
        FieldKind::Text { keyword: Some((_, limit)) } => limited("text with keyword", limit),
        FieldKind::Text { keyword: None } => "text".to_owned(),
        FieldKind::Ip => "ip".to_owned(),
        FieldKind::Integer { .. } => "whole number".to_owned(),
        FieldKind::Float { .. } => "number".to_owned(),
        FieldKind::Date { .. } => "date".to_owned(),
        FieldKind::Boolean => "boolean".to_owned(),
        FieldKind::Constant(_) => "constant".to_owned(),
        FieldKind::Flattened => "flattened".to_owned(),
        FieldKind::Hidden => "not searchable".to_owned(),
        FieldKind::Other => "another type".to_owned(),
    })
}
