//! What `huntc doctor` shows of a cluster: server, indices, number of records, the time they cover, and mappings.

use super::answer::{self, Answer, FILTER};
use super::body::MatchAll;
use super::connection::Connection;
use super::countable::countable;
use super::fault::{Fault, FaultKind};
use super::findings::{self, SourceFinding};
use super::mapping::{FieldKind, FieldMapping, Indices, Mappings};
use super::server::Server;
use crate::source::FetchContext;
use crate::source::clocks::{CATEGORY, Clock};
use crate::source::repair::Repaired;
use huntc_compiler::time::Instant;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// The facts about a cluster.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct Survey {
    pub server: Server,
    /// The indices that the source covers.
    pub indices: Vec<String>,
    /// The number of records in them.
    pub records: u64,
    /// The oldest and the newest `@timestamp`; `None` when no record has one, or when the server cannot compare them.
    pub span: Option<(Instant, Instant)>,
    /// The time that the records of each event category cover; empty when the server cannot tell.
    pub clocks: Vec<Clock>,
    /// The requested fields, in the order in which they were requested.
    pub fields: Vec<FieldSurvey>,
    /// The mappings that make requests slow.
    pub traps: Vec<Trap>,
    /// What else hunts meet.
    pub findings: Vec<SourceFinding>,
}

/// How the indices map a field.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the other fields are what they are called")]
pub struct FieldSurvey {
    pub name: String,
    /// The kinds of its mappings as words, each with the number of indices: `("keyword up to 1024", 8)`. Several kinds
    /// are a clash.
    pub kinds: Vec<(String, usize)>,
    /// The number of indices without the field.
    pub missing: usize,
}

/// A kind of mapping for which servers return more records than are meant. Each record is tested again here, so this
/// costs time, but changes no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trap {
    /// What is the case, and what it costs.
    pub about: String,
    /// The fields with such a mapping, in the order in which they were requested.
    pub fields: Vec<String>,
}

/// The most categories that are distinguished; the Elastic Common Schema has some twenty.
const CATEGORIES: usize = 100;

#[derive(Deserialize)]
struct Aggregations {
    first: Stamp,
    last: Stamp,
    categories: Option<Categories>,
}

#[derive(Deserialize)]
struct Categories {
    buckets: Vec<Bucket>,
}

#[derive(Deserialize)]
struct Bucket {
    key: String,
    doc_count: u64,
    first: Stamp,
    last: Stamp,
}

/// A time in milliseconds; null when there is no record.
#[derive(Deserialize)]
struct Stamp {
    value: Option<f64>,
}

impl Stamp {
    fn instant(&self) -> Option<Instant> {
        self.value.map(|millis| Instant::from_millis(millis as i64))
    }
}

/// Asks a cluster for the facts about it.
pub(super) fn survey(
    connection: &Connection,
    mappings: &Mappings,
    fields: &[String],
    context: &FetchContext,
) -> Result<Survey, Fault> {
    let server = connection.server(context)?.clone();
    let asked: BTreeSet<String> = fields.iter().cloned().chain([CATEGORY.to_owned()]).collect();
    let indices = mappings.of(connection, context, &asked)?;
    let times = times(connection, &server, countable(CATEGORY, &indices).as_deref(), context)?;
    Ok(Survey {
        server,
        indices: indices.keys().cloned().collect(),
        records: times.records,
        span: times.span,
        clocks: times.clocks,
        fields: fields.iter().map(|name| of_field(name, &indices)).collect(),
        traps: traps(fields, &indices),
        findings: findings::gather(connection, mappings, fields, &indices, context)?,
    })
}

fn mapped<'a>(name: &'a str, indices: &'a Indices) -> impl Iterator<Item = &'a FieldMapping> {
    indices.values().filter_map(move |fields| fields.get(name))
}

fn of_field(name: &str, indices: &Indices) -> FieldSurvey {
    let mut by_kind: BTreeMap<String, usize> = BTreeMap::new();
    let mut missing = 0;
    for mapping in mapped(name, indices) {
        match words(mapping) {
            Some(words) => *by_kind.entry(words).or_default() += 1,
            None => missing += 1,
        }
    }
    FieldSurvey { name: name.to_owned(), kinds: by_kind.into_iter().collect(), missing }
}

pub(super) fn traps(fields: &[String], indices: &Indices) -> Vec<Trap> {
    let mut traps: Vec<Trap> = Vec::new();
    for name in fields {
        let mut abouts: BTreeSet<String> = mapped(name, indices).filter_map(|mapping| trap(name, mapping)).collect();
        let different: BTreeSet<String> = mapped(name, indices).filter_map(words).collect();
        if different.len() > 1 {
            abouts.insert("kept in different ways by different indices: a request is sent for each way".to_owned());
        }
        for about in abouts {
            match traps.iter_mut().find(|t| t.about == about) {
                Some(trap) => trap.fields.push(name.clone()),
                None => traps.push(Trap { about, fields: vec![name.clone()] }),
            }
        }
    }
    traps
}

struct Times {
    records: u64,
    span: Option<(Instant, Instant)>,
    clocks: Vec<Clock>,
}

/// How many records there are and which time they cover. Without times when they cannot be compared between indices.
fn times(connection: &Connection, server: &Server, category: Option<&str>, context: &FetchContext) -> Result<Times, Fault> {
    let path = format!(
        "{}/_search?allow_partial_search_results={}&allow_no_indices=false&{FILTER}",
        connection.indices(),
        context.allow_partial
    );
    let ask = |aggregations: serde_json::Value| {
        let mut body = json!({"size": 0, "track_total_hits": true});
        if !aggregations.is_null() {
            body["aggs"] = aggregations;
        }
        if let Some(filter) = MatchAll::behind(server.product) {
            body["post_filter"] = json!(filter);
        }
        let call = connection.post(path.clone(), &body)?;
        connection.send(&call, context, |reply| {
            let mut mended = Repaired::default();
            let answer = Answer::read(&reply.body, &mut mended)?;
            answer.usable(context)?;
            let records = answer.total()?;
            let (span, clocks) = answer.aggregations.map(read).unwrap_or_default();
            Ok(Times { records, span, clocks })
        })
    };
    let ends = json!({"first": {"min": {"field": "@timestamp"}}, "last": {"max": {"field": "@timestamp"}}});
    let mut aggregations = ends.clone();
    if let Some(field) = category {
        aggregations["categories"] = json!({"terms": {"field": field, "size": CATEGORIES, "order": {"_key": "asc"}}, "aggs": ends});
    }
    match ask(aggregations) {
        Err(fault) if matches!(fault.kind, FaultKind::Rejected | FaultKind::MappingClash) => ask(serde_json::Value::Null),
        other => other,
    }
}

pub(super) type Ends = Option<(Instant, Instant)>;

pub(super) fn read(aggregations: &RawValue) -> (Ends, Vec<Clock>) {
    let Ok(read) = answer::part::<Aggregations>(aggregations) else { return (None, Vec::new()) };
    let clock = |bucket: Bucket| {
        let (first, last) = (bucket.first.instant()?, bucket.last.instant()?);
        Some(Clock { category: bucket.key, records: bucket.doc_count, first, last })
    };
    let clocks = read.categories.map_or_else(Vec::new, |c| c.buckets.into_iter().filter_map(clock).collect());
    (read.first.instant().zip(read.last.instant()), clocks)
}

/// What makes a kind of mapping slow; `None` when it is fast.
fn trap(name: &str, mapping: &FieldMapping) -> Option<String> {
    let kind = &mapping.kind;
    if name == "@timestamp" {
        let date = matches!(kind, FieldKind::Date { .. });
        return (!date).then(|| "no date: the server cannot look at a window, so every record is read".to_owned());
    }
    match kind {
        FieldKind::Hidden if mapping.type_only => {
            Some("not mapped: documents may have it all the same, so every record is read and compared here".to_owned())
        }
        FieldKind::Keyword { .. } if mapping.type_only => {
            Some("known by its type only: records with values that are not indexed, and those that an expression may match, are compared here".to_owned())
        }
        FieldKind::Keyword { normalized: true, .. } => {
            Some("indexed in another form than sent (a normalizer): more records are read and compared here".to_owned())
        }
        FieldKind::Keyword { limit: Some(limit), .. }
        | FieldKind::Wildcard { limit: Some(limit) }
        | FieldKind::Text { keyword: Some((_, Some(limit))) } => {
            Some(format!("not indexed beyond {limit} characters (ignore_above): records with longer values are compared here"))
        }
        FieldKind::Text { keyword: None } => {
            Some("indexed as words only (text): every record that has it is read and compared here".to_owned())
        }
        FieldKind::Hidden => Some("not searchable: every record is read and compared here".to_owned()),
        FieldKind::Flattened => {
            Some("a key of a flattened object: numbers, times and addresses are texts to the server".to_owned())
        }
        _ => None,
    }
}

/// A kind of mapping as words; `None` when the index lacks the field.
fn words(mapping: &FieldMapping) -> Option<String> {
    let kind = &mapping.kind;
    let limited = |name: &str, limit: &Option<usize>| limit.map_or_else(|| name.to_owned(), |l| format!("{name} up to {l}"));
    Some(match kind {
        FieldKind::Missing => return None,
        FieldKind::Hidden if mapping.type_only => return None,
        FieldKind::Keyword { .. } if mapping.type_only => "keyword".to_owned(),
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
