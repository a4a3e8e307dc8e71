//! Requests for people: JSON lines, Kibana Dev Tools, curl. Nothing here is sent.

use crate::options::Options;
use crate::plan::Plan;
use crate::request::{
    BoundQuery, Exactness, Hole, PastedSearch, Query, RequestTemplate, Requests, TUPLES_PAGE, TupleForm, TupleTimes, with_window,
};
use serde::Serialize;
use serde_json::json;
use std::fmt::Write;

/// Hits of the one page that is shown; a run reads every page.
const PAGE: u32 = 10_000;

/// The body of a page as it is shown. A run sorts in an order that only a point in time has.
#[derive(Serialize)]
struct Body<'a> {
    size: u32,
    track_total_hits: bool,
    query: Query<Hole>,
    _source: Vec<&'a str>,
    sort: [&'static str; 1],
}

/// The body that a template is sent with, holes left open.
fn body(template: &RequestTemplate) -> String {
    let body = Body {
        size: PAGE,
        track_total_hits: false,
        query: with_window(template.form.query.clone(), template.window),
        _source: template.form.fields.iter().map(String::as_str).filter(|f| *f != "_id").collect(),
        sort: ["@timestamp"],
    };
    serde_json::to_string_pretty(&body).unwrap_or_default()
}

/// The body of the first page of tuples, where a run counts records by their values.
fn tuples_body(template: &RequestTemplate, tuples: &TupleForm) -> String {
    let query = with_window(template.form.query.clone(), template.window);
    let query = json!({ "bool": { "filter": [query], "must_not": [tuples.single] } });
    let source = |field: &String| json!({ (field): { "terms": { "field": field, "missing_bucket": true } } });
    let composite = |fields: &[String]| {
        let mut aggregation =
            json!({ "composite": { "size": TUPLES_PAGE, "sources": fields.iter().map(source).collect::<Vec<_>>() } });
        let time = json!({ "field": "@timestamp" });
        if tuples.times >= TupleTimes::Order {
            aggregation["aggs"]["first"] = json!({ "min": time });
        }
        if tuples.times == TupleTimes::FirstAndLast {
            aggregation["aggs"]["last"] = json!({ "max": time });
        }
        aggregation
    };
    let mut body = json!({ "size": 0, "track_total_hits": true, "query": query });
    if tuples.slots.is_empty() {
        body["aggs"]["tuples"] = composite(&tuples.fields);
    }
    for (number, slot) in tuples.slots.iter().enumerate() {
        body["aggs"][format!("tuples of slot {number}")] = composite(&slot.fields);
    }
    serde_json::to_string_pretty(&body).unwrap_or_default()
}

fn heading(template: &RequestTemplate) -> String {
    let exact = match template.form.exactness {
        Exactness::Exact => "every hit is wanted",
        Exactness::Superset => "hits are tested again on the returned fields",
    };
    format!("{:?} · {} · {exact}", template.node, template.purpose)
}

/// Says when a run asks for tuples.
fn counted(template: &RequestTemplate) -> String {
    format!("{:?} · instead, where there are many records and few tuples: how many records have which values", template.node)
}

/// One JSON object for each request (`--emit requests`).
pub fn requests(requests: &Requests, plan: &Plan) -> String {
    #[derive(Serialize)]
    struct Shown<'a> {
        node: String,
        purpose: &'a str,
        source: &'a str,
        window: Option<[String; 2]>,
        exact: bool,
        query: &'a Query<Hole>,
        fields: Vec<&'a String>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        fields_of_unidentified: &'a [String],
        #[serde(skip_serializing_if = "Option::is_none")]
        tuples: Option<ShownTuples<'a>>,
    }
    #[derive(Serialize)]
    struct ShownTuples<'a> {
        fields: &'a [String],
        #[serde(skip_serializing_if = "Vec::is_empty")]
        fields_of_slots: Vec<&'a [String]>,
        first: bool,
        last: bool,
        single: &'a BoundQuery,
    }
    let mut out = String::new();
    for template in requests.iter() {
        let form = &template.form;
        let spare = form.spare.as_ref().map(|spare| spare.fields.as_slice()).unwrap_or_default();
        let shown = Shown {
            node: format!("{:?}", template.node),
            purpose: &template.purpose,
            source: plan.source(template.source).map_or("", |s| s.uri.as_str()),
            window: template.window.map(|w| [w.start.to_string(), w.stop.to_string()]),
            exact: form.exactness == Exactness::Exact,
            query: &form.query,
            fields: form.fields.iter().filter(|field| !spare.contains(field)).collect(),
            fields_of_unidentified: spare,
            tuples: template.tuples.as_ref().map(|t| ShownTuples {
                fields: &t.fields,
                fields_of_slots: t.slots.iter().map(|slot| slot.fields.as_slice()).collect(),
                first: t.times >= TupleTimes::Order,
                last: t.times == TupleTimes::FirstAndLast,
                single: &t.single,
            }),
        };
        out.push_str(&serde_json::to_string_pretty(&shown).unwrap_or_default());
        out.push('\n');
    }
    out
}

/// The searches of a template, to be pasted: that for its records, and that for tuples where a run may ask for these instead.
fn pasted(template: &RequestTemplate, plan: &Plan, options: &Options) -> Vec<PastedSearch> {
    let name = plan.source(template.source).map_or("", |s| s.name.as_str());
    let bound = options.sources.iter().find(|s| s.name == name).and_then(|s| s.cluster.clone());
    // Without a cluster: this machine, and the source's name.
    let (url, index) = bound.unwrap_or_else(|| ("http://localhost:9200".to_owned(), name.to_owned()));
    let tuples = template.tuples.as_ref().map(|tuples| (counted(template), tuples_body(template, tuples)));
    let searches = [(heading(template), body(template))].into_iter().chain(tuples);
    searches.map(|(heading, body)| PastedSearch { heading, url: url.clone(), index: index.clone(), body }).collect()
}

/// Text for Kibana Dev Tools (`--emit console`).
pub fn console(requests: &Requests, plan: &Plan, options: &Options) -> String {
    listed(requests, plan, options, PastedSearch::console)
}

/// Shell commands (`--emit curl`); the URL holds no credentials.
pub fn curl(requests: &Requests, plan: &Plan, options: &Options) -> String {
    listed(requests, plan, options, PastedSearch::curl)
}

fn listed(requests: &Requests, plan: &Plan, options: &Options, form: fn(&PastedSearch) -> String) -> String {
    let mut out = String::new();
    for search in requests.iter().flat_map(|template| pasted(template, plan, options)) {
        let _ = writeln!(out, "# {}\n{}", search.heading, form(&search));
    }
    out
}
