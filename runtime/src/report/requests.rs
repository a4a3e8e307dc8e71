//! Requests as people paste them: as text for Kibana's Dev Tools, as shell commands, and as links to Discover.

use super::model::{HuntReport, RequestReport, RequestStatus, RunReport};
use super::pretty_json::pretty;
use super::sanitize::terminal;
use super::text::count;
use huntc_compiler::request::{Never, PastedSearch, Query, with_window};
use huntc_compiler::time::Window;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::io::{Result, Write};

/// Hits of the page that is pasted, where no server was asked.
const PAGE: u32 = 10_000;
/// The most bytes of a search in `requests.console`.
const LONGEST: usize = 1 << 20;
/// Lists with more values are folded on pages, to so many.
const FOLDED: usize = 10;
/// Longer links are refused by servers.
const LONGEST_LINK: usize = 8_000;

/// A request to paste.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastedRequest {
    /// The whole search, with the address of the cluster.
    pub search: PastedSearch,
    /// Its body with long lists folded, to be read.
    pub folded: String,
    /// How many values are folded away.
    pub left_out: usize,
    /// A link to Discover that shows its records.
    pub discover: Option<String>,
}

/// The searches of a request: what was sent, or where no server was asked, what asks one for the same. Most have one; a source
/// of several clusters has one for each.
pub fn pasted(request: &RequestReport) -> Vec<PastedRequest> {
    let sent: Vec<PastedSearch> = if request.sent.is_empty() { vec![unsent(request)] } else { request.sent.clone() };
    sent.into_iter().map(|search| of_search(request, search)).collect()
}

fn of_search(request: &RequestReport, search: PastedSearch) -> PastedRequest {
    let discover = discover(request, &search);
    let headings = [heading(request), search.heading].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let (folded, left_out) = pretty(&search.body, Some(FOLDED));
    let (body, _) = pretty(&search.body, None);
    let search = PastedSearch { heading: terminal(&headings.join(" · ")).into_owned(), body, ..search };
    PastedRequest { search, folded, left_out, discover }
}

/// `n3.0 · line 4: GET process · 34 records`
fn heading(request: &RequestReport) -> String {
    let came = match request.status {
        RequestStatus::Ok => count(request.records, "record"),
        RequestStatus::Failed => "failed".to_owned(),
        RequestStatus::Skipped => "not sent: nothing could match".to_owned(),
    };
    let exact = if request.exact { "" } else { " · hits are tested again on the returned fields" };
    format!("{} · {} · {came}{exact}", request.id, request.purpose)
}

/// The body of a search that was not sent.
#[derive(Serialize)]
struct UnsentBody<'a> {
    size: u32,
    track_total_hits: bool,
    query: Json,
    _source: Vec<&'a String>,
    sort: [&'static str; 1],
}

/// The search that asks a cluster for what a file was asked for.
fn unsent(request: &RequestReport) -> PastedSearch {
    let name = request.source.rsplit_once("://").map_or(request.source.as_str(), |(_, name)| name);
    let (url, index) = match &request.place {
        Some(place) => (place.url.clone(), place.index.clone()),
        // A file has no address: this machine, and the source's name, stand for one.
        None => ("http://localhost:9200".to_owned(), name.to_owned()),
    };
    let body = UnsentBody {
        size: PAGE,
        track_total_hits: true,
        query: in_window(&request.query, request.window),
        _source: request.fields.iter().filter(|field| *field != "_id").collect(),
        sort: ["@timestamp"],
    };
    PastedSearch { heading: String::new(), url, index, body: serde_json::to_string(&body).unwrap_or_default() }
}

/// A query with its window.
fn in_window(query: &Json, window: Window) -> Json {
    if window.is_none() {
        return query.clone();
    }
    json!({ "bool": { "filter": [with_window::<Never>(Query::MatchAll, window), query] } })
}

/// A link to Discover with index, time and query. The query is a filter there.
fn discover(request: &RequestReport, search: &PastedSearch) -> Option<String> {
    let kibana = request.place.as_ref()?.kibana.as_ref()?;
    if search.body.len() > LONGEST_LINK {
        return None;
    }
    let body: Json = serde_json::from_str(&search.body).ok()?;
    let query = body.get("query")?;
    let (from, to) = match request.window {
        Some(range) => (range.start.to_string(), range.stop.to_string()),
        None => ("1970-01-01T00:00:00.000Z".to_owned(), "now".to_owned()),
    };
    let name = format!("huntc {}", request.id);
    let parameters = json!({
        "dataViewSpec": { "id": format!("huntc-{}", search.index), "title": search.index, "timeFieldName": "@timestamp" },
        "timeRange": { "from": from, "to": to, "mode": "absolute" },
        "query": { "language": "kuery", "query": "" },
        "filters": [{
            "meta": { "type": "custom", "alias": name, "disabled": false, "negate": false, "key": "query" },
            "query": query,
            "$state": { "store": "appState" },
        }],
    });
    let parameters = parameters.to_string();
    let link = format!("{kibana}/app/r?l=DISCOVER_APP_LOCATOR&v=8.4.0&p={}", utf8_percent_encode(&parameters, NON_ALPHANUMERIC));
    (link.len() <= LONGEST_LINK).then_some(link)
}

/// Writes `requests.console`: every request of a run for Kibana's Dev Tools.
pub fn write_console(run: &RunReport, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "# The requests of a run, for Kibana's Dev Tools. A run reads all pages under a point in time;")?;
    writeln!(out, "# what stands here reads the first page, in the order of time.\n")?;
    for hunt in &run.hunts {
        write_hunt(hunt, out)?;
    }
    Ok(())
}

fn write_hunt(hunt: &HuntReport, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "# {}\n", terminal(&hunt.file))?;
    for request in &hunt.requests {
        for PastedRequest { search, .. } in pasted(request) {
            writeln!(out, "# {}", search.heading)?;
            if request.status == RequestStatus::Skipped {
                writeln!(out)?;
            } else if search.body.len() > LONGEST {
                let bytes = search.body.len();
                writeln!(out, "# its body has {bytes} bytes, more than stand here; `requests.ndjson` has its query\n")?;
            } else {
                writeln!(out, "{}", search.console())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests;
