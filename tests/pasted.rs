//! `requests.console`: what it says of a run can be pasted, and finds what the run read.

use crate::support::cli::Huntc;
use crate::support::http::send;
use crate::support::servers::running;
use serde_json::Value;

const HUNT: &str = "\
p = GET process FROM stixshifter://lab WHERE name LIKE 'p%' START 2024-01-01T00:00:00Z STOP 2024-01-02T00:00:00Z
q = FIND network-traffic CREATED BY p
a = GET ipv4-addr FROM stixshifter://lab WHERE value LIKE '10.0.1.%' START 2024-01-01T00:00:00Z STOP 2024-01-02T00:00:00Z
DISP a
DISP q ATTR dst_ref.value, dst_port
";

fn records() -> Vec<String> {
    let record = |n: usize| {
        let process = n % 12;
        format!(
            r#"{{"@timestamp":"2024-01-01T00:{:02}:00.000Z","host":{{"name":"h{}"}},"event":{{"category":["process","network"],"code":"3"}},"process":{{"entity_id":"e{process}","name":"p{process}","pid":{process}}},"source":{{"ip":"10.0.0.1","port":5}},"destination":{{"ip":"10.0.1.{}","port":443}},"network":{{"transport":"tcp"}}}}"#,
            n % 60,
            n % 2,
            n % 3
        )
    };
    (0..900).map(record).collect()
}

/// The searches of a `requests.console`: id of the request, path, body.
fn searches(text: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for part in text.split("\n\n").filter(|part| part.contains("\nPOST ")) {
        let (heading, search) = part.split_once("\nPOST ").unwrap();
        let (path, body) = search.split_once('\n').unwrap();
        let id = heading.trim_start_matches("# ").split(' ').next().unwrap();
        found.push((id.to_owned(), path.to_owned(), body.to_owned()));
    }
    found
}

#[test]
fn a_run_over_files_says_what_asks_a_cluster_for_the_same() {
    let huntc = Huntc::new().file("log.ndjson", records().join("\n")).file("h.hf", HUNT);
    let ran = huntc.run("run h.hf --source lab=log.ndjson --out report");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let text = std::fs::read_to_string(huntc.path("report/requests.console")).unwrap();
    let searches = searches(&text);
    assert_eq!(searches.len(), huntc.report("report")["hunts"][0]["requests"].as_array().unwrap().len());
    assert_eq!(searches[0].1, "/lab/_search?allow_partial_search_results=false");
    let body: Value = serde_json::from_str(&searches[0].2).unwrap();
    assert_eq!((&body["size"], &body["sort"][0]), (&Value::from(10_000), &Value::from("@timestamp")));
    assert_eq!(body["query"]["bool"]["filter"][0]["range"]["@timestamp"]["lt"], "2024-01-02T00:00:00.000Z");
}

#[test]
fn what_a_cluster_was_asked_can_be_pasted_there_and_finds_the_same() {
    for server in running(&["elasticsearch-9", "opensearch-3"]) {
        server.put_template();
        server.delete("winlogbeat-pasted");
        server.load("winlogbeat-pasted", records().iter().map(String::as_str));
        let lab = format!("[sources.lab]\nuri = '{}'\nindices = 'winlogbeat-pasted'\nauth = {{ token = 'hunter2' }}\n", server.url);
        for (way, counted) in [("[run]\naggregate_from = 0\n", true), ("", false)] {
            let huntc = Huntc::new().file("h.hf", HUNT).file("huntc.toml", format!("{lab}{way}"));
            let ran = huntc.run("run h.hf --config huntc.toml --out report");
            assert_eq!(ran.code, Some(0), "{}: {}", server.name, ran.text());
            let text = std::fs::read_to_string(huntc.path("report/requests.console")).unwrap();
            assert!(!text.contains("hunter2") && text.contains("the records were counted by their values") == counted, "{text}");
            let report = huntc.report("report");
            let requests = report["hunts"][0]["requests"].as_array().unwrap();
            let searches = searches(&text);
            assert_eq!(searches.len(), requests.len(), "{}: {text}", server.name);
            for (id, path, body) in searches {
                let request = requests.iter().find(|request| request["id"] == *id).unwrap();
                let (status, answer) = send(&server.url, "POST", &path, Some(("application/json", body.as_bytes())));
                assert_eq!(status, 200, "{} {id}: {answer}", server.name);
                let answer: Value = serde_json::from_str(&answer).unwrap();
                assert_eq!(answer["hits"]["total"]["value"], request["records"], "{} {id}: {body}", server.name);
            }
        }
        server.delete("winlogbeat-pasted");
    }
}
