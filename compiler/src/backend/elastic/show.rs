//! Requests for people: JSON lines, Kibana Dev Tools, curl. Nothing here is sent.

use super::query::Query;
use super::request::{Exactness, RequestTemplate, with_window};
use crate::check::hir::Hunt;
use crate::options::Options;
use serde::Serialize;
use std::fmt::Write;

/// The size of a page in what is shown; running reads every page.
const PAGE: u32 = 10_000;

#[derive(Serialize)]
struct Body<'a, H: Serialize> {
    size: u32,
    track_total_hits: bool,
    query: &'a Query<H>,
    _source: &'a [String],
    sort: [&'static str; 1],
}

/// The body that a template is sent with, holes left open.
fn body(template: &RequestTemplate) -> String {
    let query = with_window(template.query.clone(), template.window);
    let fields: Vec<String> = template.fields.iter().filter(|f| *f != "_id").cloned().collect();
    let body = Body { size: PAGE, track_total_hits: false, query: &query, _source: &fields, sort: ["_shard_doc"] };
    serde_json::to_string_pretty(&body).unwrap_or_default()
}

/// Index expression of a template's source: the bound one, else the source's name.
fn index(template: &RequestTemplate, hunt: &Hunt, options: &Options) -> (String, String) {
    let name = hunt.sources.get(usize::from(template.source.0)).map_or("", |s| s.name.as_str());
    let bound = options.sources.iter().find(|s| s.name == name).and_then(|s| s.cluster.clone());
    bound.unwrap_or_else(|| ("http://localhost:9200".to_owned(), name.to_owned()))
}

fn heading(template: &RequestTemplate) -> String {
    let exact = match template.exactness {
        Exactness::Exact => "every hit is wanted",
        Exactness::Superset => "hits are tested again on the returned fields",
    };
    format!("{:?} · {} · {exact}", template.node, template.purpose)
}

/// One JSON object for each request (`--emit requests`).
pub fn requests(templates: &[RequestTemplate], hunt: &Hunt) -> String {
    #[derive(Serialize)]
    struct Shown<'a> {
        node: String,
        purpose: &'a str,
        source: &'a str,
        window: Option<[String; 2]>,
        exact: bool,
        query: &'a Query<super::request::Hole>,
        fields: &'a [String],
    }
    let mut out = String::new();
    for t in templates {
        let shown = Shown {
            node: format!("{:?}", t.node),
            purpose: &t.purpose,
            source: hunt.sources.get(usize::from(t.source.0)).map_or("", |s| s.uri.as_str()),
            window: t.window.map(|w| [w.start.to_string(), w.stop.to_string()]),
            exact: t.exactness == Exactness::Exact,
            query: &t.query,
            fields: &t.fields,
        };
        out.push_str(&serde_json::to_string_pretty(&shown).unwrap_or_default());
        out.push('\n');
    }
    out
}

/// Text for Kibana Dev Tools (`--emit console`).
pub fn console(templates: &[RequestTemplate], hunt: &Hunt, options: &Options) -> String {
    let mut out = String::new();
    for template in templates {
        let (_, index) = index(template, hunt, options);
        let _ = write!(
            out,
            "# {}\nPOST /{index}/_search?allow_partial_search_results=false\n{}\n\n",
            heading(template),
            paged(template)
        );
    }
    out
}

/// Shell commands (`--emit curl`); the URL holds no credentials.
pub fn curl(templates: &[RequestTemplate], hunt: &Hunt, options: &Options) -> String {
    let mut out = String::new();
    for template in templates {
        let (url, index) = index(template, hunt, options);
        let target = format!("{}/{index}/_search?allow_partial_search_results=false", url.trim_end_matches('/'));
        let _ = write!(
            out,
            "# {}\ncurl -sS -X POST {} -H 'Content-Type: application/json' --data-binary {}\n\n",
            heading(template),
            quoted(&target),
            quoted(&paged(template))
        );
    }
    out
}

/// The body without the point-in-time sort, which works only under one.
fn paged(template: &RequestTemplate) -> String {
    body(template).replace("\"_shard_doc\"", "\"@timestamp\"")
}

/// A word in single quotes for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
