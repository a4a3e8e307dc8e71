//! Tests of requests to paste: hostile values, long lists, links.

use super::*;
use crate::report::model::RequestPlace;
use crate::report::tests::{request, run};
use huntc_compiler::time::{Instant, TimeRange};

fn windowed() -> RequestReport {
    let at = |text| Instant::parse(text).unwrap();
    let window = Some(TimeRange::new(at("2020-10-22T06:55:00Z"), at("2020-10-22T07:00:00Z")));
    RequestReport { window, ..request() }
}

fn place(kibana: &str) -> RequestPlace {
    RequestPlace { url: "https://es:9200".to_owned(), index: "logs-*".to_owned(), kibana: Some(kibana.to_owned()) }
}

#[test]
fn a_request_has_index_time_sort_and_size() {
    let pasted = pasted(&windowed());
    insta::assert_snapshot!(format!("# {}\n{}", pasted[0].search.heading, pasted[0].search.console()), @r#"
    # n3.0 · line 1: GET process · 4 records
    POST /host101/_search?allow_partial_search_results=false
    {
      "size": 10000,
      "track_total_hits": true,
      "query": {
        "bool": {
          "filter": [
            {
              "range": {
                "@timestamp": {
                  "format": "strict_date_optional_time",
                  "gte": "2020-10-22T06:55:00.000Z",
                  "lt": "2020-10-22T07:00:00.000Z"
                }
              }
            },
            {
              "term": {
                "process.name": "svchost.exe"
              }
            }
          ]
        }
      },
      "_source": ["@timestamp", "process.name"],
      "sort": ["@timestamp"]
    }
    "#);
}

#[test]
fn what_was_sent_stands_there_as_it_was() {
    let search = |index: &str| PastedSearch {
        heading: "counted".to_owned(),
        url: "https://es:9200/".to_owned(),
        index: index.to_owned(),
        body: r#"{"size":7,"query":{"match_all":{}}}"#.to_owned(),
    };
    let pasted = pasted(&RequestReport { sent: vec![search("a"), search("b")], ..windowed() });
    assert_eq!(pasted.iter().map(|p| p.search.index.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(pasted[0].search.heading.ends_with("4 records · counted"));
    assert_eq!(pasted[0].search.body, "{\n  \"size\": 7,\n  \"query\": {\n    \"match_all\": {}\n  }\n}");
}

#[test]
fn long_lists_are_folded_to_be_read_and_whole_to_be_pasted() {
    let ids: Vec<String> = (0..500).map(|n| format!("id{n}")).collect();
    let query = json!({ "bool": { "filter": [{ "terms": { "process.entity_id": ids } }, { "terms": { "a": [1, 2] } }] } });
    let pasted = &pasted(&RequestReport { query, ..windowed() })[0];
    assert_eq!(pasted.left_out, 490);
    assert!(pasted.folded.contains("\"id9\", \"… 490 more\"]") && !pasted.folded.contains("id10\""));
    assert!(pasted.search.body.contains("id499") && pasted.folded.contains('2'));
}

#[test]
fn hostile_values_stay_in_their_string_and_their_line() {
    let mut run = run(&["x\nDELETE /logs.hf"]);
    let request = &mut run.hunts[0].requests[0];
    request.query = json!({ "term": { "a": "\u{202e}\nDELETE /logs\u{1b}[2J\"" } });
    request.purpose = "line 1\nDELETE /logs".to_owned();
    request.source = "stixshifter://a/../_all?x\nDELETE /logs".to_owned();
    let mut out = Vec::new();
    write_console(&run, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(!text.lines().any(|line| line.starts_with("DELETE")), "{text}");
    assert!(!text.chars().any(|c| c != '\n' && crate::report::sanitize::is_unsafe(c)), "{text}");
    let curl = pasted(&run.hunts[0].requests[0])[0].search.curl();
    assert_eq!(curl.matches('\'').count() % 2, 0, "{curl}");
}

#[test]
fn a_link_to_discover_has_index_time_and_query() {
    let mut request = RequestReport { place: Some(place("https://kibana:5601/s/hunts")), ..windowed() };
    let link = pasted(&request)[0].discover.clone().unwrap();
    let (address, parameters) = link.split_once("&p=").unwrap();
    assert_eq!(address, "https://kibana:5601/s/hunts/app/r?l=DISCOVER_APP_LOCATOR&v=8.4.0");
    let parameters: Json = serde_json::from_str(&percent_encoding::percent_decode_str(parameters).decode_utf8().unwrap()).unwrap();
    assert_eq!(parameters["dataViewSpec"]["title"], "logs-*");
    assert_eq!(parameters["timeRange"]["to"], "2020-10-22T07:00:00.000Z");
    assert_eq!(parameters["filters"][0]["query"]["bool"]["filter"][1], request.query);
    request.query = json!({ "terms": { "a": (0..5_000).collect::<Vec<_>>() } });
    assert_eq!(pasted(&request)[0].discover, None, "too long for a link");
    request.place = None;
    assert_eq!(pasted(&request)[0].discover, None);
}

#[test]
fn a_long_body_is_told_and_a_skipped_request_has_none() {
    let mut run = run(&["x.hf"]);
    run.hunts[0].requests[0].query = json!({ "terms": { "a": (0..200_000).collect::<Vec<_>>() } });
    run.hunts[0].requests.push(RequestReport { id: "n4.0".to_owned(), status: RequestStatus::Skipped, ..windowed() });
    let mut out = Vec::new();
    write_console(&run, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.len() < 2_000 && !text.contains("POST"), "{}", text.len());
    assert!(text.contains("bytes, more than stand here; `requests.ndjson` has its query"));
    assert!(text.contains("# n4.0 · line 1: GET process · not sent: nothing could match\n\n"));
}
