//! `huntc convert --bulk`: what a server gets, and what is said of what it answers.

use crate::support::cli::{Huntc, Ran};
use crate::support::http::send;
use crate::support::servers::running;
use crate::support::stub::{Request, Response, Stub, closed_port};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

const TEMPLATE: &str = "/_index_template/huntc-convert";
const LOG: &str = r#"{"@timestamp":"2020-10-22T06:55:01.000Z","event":{"code":"1"},"host":{"name":"a"}}
{"@timestamp":"2020-10-22T06:55:02.000Z","event":{"code":"1"},"host":{"name":"b"}}
{"@timestamp":"2020-10-22T06:55:02.000Z","event":{"code":"1"},"host":{"name":"b"}}
"#;

/// A server that takes everything, but for what `fault` answers.
fn server(fault: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static) -> Stub {
    Stub::start(move |request| {
        let right = || match (request.method.as_str(), request.path.as_str()) {
            ("GET", path) if path.ends_with(TEMPLATE) => {
                Response::json(404, &json!({"error": {"type": "resource_not_found_exception"}, "status": 404}))
            }
            ("POST", path) if path.ends_with("/_bulk") => Response::json(200, &json!({"items": taken(request)})),
            _ => Response::json(200, &json!({"nodes": {"n": {"version": "9.2.0"}}, "acknowledged": true})),
        };
        fault(request).unwrap_or_else(right).with("X-elastic-product", "Elasticsearch")
    })
}

fn taken(request: &Request) -> Vec<Value> {
    documents(request).iter().map(|_| json!({"index": {"status": 201}})).collect()
}

/// Ids and documents of a batch.
fn documents(request: &Request) -> Vec<(String, Value)> {
    let lines: Vec<&str> = request.text.lines().collect();
    let pair = |pair: &[&str]| {
        let action: Value = serde_json::from_str(pair[0]).unwrap();
        (action["index"]["_id"].as_str().unwrap().to_owned(), serde_json::from_str(pair[1]).unwrap())
    };
    lines.chunks(2).map(pair).collect()
}

fn batches(stub: &Stub) -> Vec<Request> {
    stub.requests().into_iter().filter(|request| request.path.ends_with("/_bulk")).collect()
}

fn convert(log: &str, line: &str) -> Ran {
    Huntc::new().file("log.ndjson", log).run(&format!("convert log.ndjson {line}"))
}

#[test]
fn records_and_their_mappings_go_to_the_index() {
    let stub = server(|_| None);
    let ran = convert(LOG, &format!("--bulk {}", stub.url));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.text().contains(&format!("3 records written to huntc-logs at {}", stub.url)), "{}", ran.text());
    let requests = stub.requests();
    let put = requests.iter().find(|request| request.method == "PUT").unwrap();
    assert_eq!((put.path.as_str(), &put.body["index_patterns"]), (TEMPLATE, &json!(["huntc-logs"])));
    assert_eq!(put.body["template"]["mappings"]["properties"]["@timestamp"]["type"], "date");
    let [batch] = &batches(&stub)[..] else { panic!("one batch") };
    assert_eq!(batch.path, "/huntc-logs/_bulk");
    let sent = documents(batch);
    let wanted: Vec<Value> = LOG.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(sent.iter().map(|(_, document)| document.clone()).collect::<Vec<_>>(), wanted);
    assert_eq!(sent.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len(), 3, "equal records are two");
    assert_eq!(requests.last().unwrap().path, "/huntc-logs/_refresh");
}

/// The URL's path names the index; with `--index` it is that of a proxy. A source of the configuration brings its credentials.
#[test]
fn the_index_and_the_credentials_are_those_that_are_meant() {
    let stub = server(|_| None);
    let indices = |line: &str| {
        let before = batches(&stub).len();
        let config = format!("[sources.lab]\nuri = \"{}/winlogbeat-*\"\nauth = {{ token = \"s3cret\" }}\n", stub.url);
        let ran = Huntc::new().file("log.ndjson", LOG).file("lab.toml", config).run(&format!("convert log.ndjson {line}"));
        assert!(ran.code == Some(0) && !ran.text().contains("s3cret"), "{}", ran.text());
        batches(&stub)[before].clone()
    };
    assert_eq!(indices(&format!("--bulk {}/case-7", stub.url)).path, "/case-7/_bulk");
    assert_eq!(indices(&format!("--bulk {}/es/ --index case-7", stub.url)).path, "/es/case-7/_bulk");
    let named = indices("--bulk lab --config lab.toml");
    assert_eq!((named.path.as_str(), named.header("authorization")), ("/huntc-logs/_bulk", Some("Bearer s3cret")));
}

#[test]
fn records_go_in_batches_of_some_megabytes() {
    let line =
        |n: usize| format!(r#"{{"@timestamp":"2020-10-22T06:55:01.000Z","host":{{"name":"{n}"}},"x":"{}"}}"#, "x".repeat(1 << 20));
    let log = (0..12).fold(String::new(), |mut log, n| {
        let _ = writeln!(log, "{}", line(n));
        log
    });
    let stub = server(|_| None);
    let ran = convert(&log, &format!("--bulk {}", stub.url));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let sizes: Vec<usize> = batches(&stub).iter().map(|batch| documents(batch).len()).collect();
    assert_eq!(sizes, [5, 5, 2]);
}

/// The whole batch or one document of it was refused for lack of time: the same ids are sent again, so nothing comes twice.
#[test]
fn a_busy_server_is_asked_again() {
    for (status, busy) in [(429, json!({"error": {"type": "es_rejected_execution_exception"}})), (503, json!({"error": "away"}))] {
        let times = AtomicUsize::new(0);
        let stub = server(move |request| {
            let again = request.path.ends_with("/_bulk").then(|| times.fetch_add(1, Ordering::SeqCst))?;
            let mut items = taken(request);
            items[1] = json!({"index": {"status": status, "error": {"type": "busy", "reason": "later"}}});
            match again {
                0 => Some(Response::json(status, &busy)),
                1 => Some(Response::json(200, &json!({"items": items}))),
                _ => None,
            }
        });
        let ran = convert(LOG, &format!("--bulk {}", stub.url));
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        let sent = batches(&stub);
        assert!(sent.len() == 3 && sent.iter().all(|batch| batch.text == sent[0].text), "{} batches", sent.len());
        assert!(ran.text().contains("3 records written"), "{}", ran.text());
    }
}

#[test]
fn refused_records_are_counted_and_told_safely() {
    let stub = server(|request| {
        request.path.ends_with("/_bulk").then(|| {
            let mut items = taken(request);
            for item in items.iter_mut().skip(1) {
                *item = json!({"index": {"status": 400, "error": {"type": "document_parsing_exception",
                    "reason": "failed to parse \u{1b}[31m[host]", "caused_by": {"reason": "no\nobject"}}}});
            }
            Response::json(200, &json!({"items": items}))
        })
    });
    let log = LOG.lines().next().unwrap().to_owned() + "\n";
    let ran = convert(&log.repeat(9), &format!("--bulk {}", stub.url));
    let text = ran.text();
    assert_eq!(ran.code, Some(3), "{text}");
    assert!(text.contains("[K0771]") && text.contains("8 records refused") && text.contains("1 record written"), "{text}");
    assert!(text.contains("record 2: document_parsing_exception: failed to parse [31m[host]: no object"), "{text}");
    assert!(text.contains("and 3 more") && !text.contains('\u{1b}'), "{text}");
}

/// The template is put again with one index more, and not at all where it has the index already.
#[test]
fn the_own_template_gets_further_indices() {
    let first = server(|_| None);
    assert_eq!(convert(LOG, &format!("--bulk {} --index a", first.url)).code, Some(0));
    let put = first.requests().into_iter().find(|request| request.method == "PUT").unwrap();
    let has = json!({"index_templates": [{"name": "huntc-convert", "index_template": put.body}]});
    for (index, patterns) in [("a", None), ("b", Some(json!(["a", "b"])))] {
        let has = has.clone();
        let known = move |r: &Request| (r.method == "GET" && r.path == TEMPLATE).then(|| Response::json(200, &has));
        let stub = server(known);
        let ran = convert(LOG, &format!("--bulk {} --index {index}", stub.url));
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        let put = stub.requests().into_iter().find(|request| request.method == "PUT");
        assert_eq!(put.map(|put| put.body["index_patterns"].clone()), patterns, "{index}");
    }
}

#[test]
fn another_template_stops_before_anything_is_written() {
    let stub = server(|request| {
        let other = json!({"index_templates": [{"name": "huntc-convert", "index_template": {"index_patterns": ["x"]}}]});
        (request.path == TEMPLATE).then(|| Response::json(200, &other))
    });
    let ran = convert(LOG, &format!("--bulk {}", stub.url));
    assert!(ran.code == Some(3) && ran.text().contains("[K0770]"), "{}", ran.text());
    assert!(stub.requests().iter().all(|request| request.method == "GET"), "nothing is changed");
}

#[test]
fn a_line_that_is_no_record_or_a_server_that_is_not_there_is_no_success() {
    let stub = server(|_| None);
    let ran = convert(&format!("{LOG}{{broken\n"), &format!("--bulk {} --quiet", stub.url));
    assert!(ran.code == Some(4) && ran.text().contains("[K0753]"), "{}", ran.text());
    assert_eq!(documents(&batches(&stub)[0]).len(), 3);
    let ran = convert(LOG, &format!("--bulk http://127.0.0.1:{}", closed_port()));
    assert!(ran.code == Some(3) && ran.text().contains("[K0702]"), "{}", ran.text());
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_sent() {
    for (line, code) in [
        ("--bulk http://127.0.0.1:1 --index a/b", "K0108"),
        ("--bulk http://127.0.0.1:1 --index Upper", "K0108"),
        ("--bulk http://127.0.0.1:1 --index a,b", "K0108"),
        ("--bulk http://127.0.0.1:1/logs-*", "K0108"),
        ("--bulk nowhere", "K0814"),
        ("--bulk ftp://127.0.0.1", "K0807"),
    ] {
        let ran = convert(LOG, line);
        assert!(ran.code == Some(2) && ran.text().contains(&format!("[{code}]")), "{line}: {}", ran.text());
    }
    let both = convert(LOG, "--bulk http://127.0.0.1:1 --to out.ndjson");
    assert!(both.code == Some(2) && both.text().contains("cannot be used with"), "{}", both.text());
    let log = Huntc::new().file("log.ndjson", LOG).file("c.toml", "[sources.lab]\npath = \"log.ndjson\"\n");
    let ran = log.run("convert log.ndjson --bulk lab --config c.toml");
    assert!(ran.code == Some(2) && ran.text().contains("[K0716]"), "{}", ran.text());
}

/// A record of a saved answer over several lines is one document, whose lines are no orders to the server.
#[test]
fn a_record_of_several_lines_is_one_document() {
    let document = "{\n\"@timestamp\": \"2020-10-22T06:55:01.000Z\",\r\n\"host\":\n{\"name\": \"a\"}\n}";
    let log = format!(
        "{{\"took\": 1, \"timed_out\": false, \"hits\": {{\"hits\": [{{\"_index\": \"i\", \"_id\": \"1\", \"_source\": {document}}}]}}}}"
    );
    let stub = server(|_| None);
    let ran = convert(&log, &format!("--bulk {}", stub.url));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let [batch] = &batches(&stub)[..] else { panic!("one batch") };
    assert_eq!(documents(batch)[0].1, serde_json::from_str::<Value>(document).unwrap());
    assert_eq!(convert(&log, "--to -").stdout.lines().count(), 1);
}

const HUNT: &str =
    "p = GET process FROM stixshifter://lab WHERE name = 'cmd.exe' START t'2020-10-22T00:00:00Z' STOP t'2020-10-23T00:00:00Z'
DISP p ATTR name, pid, command_line
";

/// What a hunt shows of a source.
fn shown(huntc: &Huntc, source: &str) -> Value {
    let ran = huntc.run(&format!("run hunt.hf --source lab={source} --format json --out report"));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let display = report.pointer("/hunts/0/displays/0").unwrap_or_else(|| panic!("{report}"));
    json!({"columns": display["columns"], "rows": display["rows"]})
}

#[test]
fn a_hunt_finds_in_the_index_what_it_finds_in_the_files() {
    let event = |n: u32, image: &str| {
        json!({"EventTime": format!("2020-10-22 08:57:{n:02}.847"), "@timestamp": format!("2020-10-22T06:58:{n:02}.100Z"),
            "Hostname": "ws5.corp.example", "Channel": "Microsoft-Windows-Sysmon/Operational",
            "SourceName": "Microsoft-Windows-Sysmon", "ProviderGuid": "{5770385F}", "EventID": 1, "RecordNumber": n, "Version": 5,
            "Task": 1, "Severity": "INFO", "EventType": "INFO", "ExecutionProcessID": 3, "ThreadID": 4, "UserID": "S-1-5-18",
            "AccountName": "SYSTEM", "AccountType": "User", "UtcTime": format!("2020-10-22 06:57:{n:02}.847"),
            "ProcessGuid": format!("{{6bbf237a-2d57-5f91-0000-00100000000{n}}}"), "ProcessId": (100 + n).to_string(), "Image": image,
            "CommandLine": format!("{image} /c {n}"), "User": "CORP\\bob"})
    };
    let log: String =
        (0..8).map(|n| event(n, if n % 2 == 0 { "C:\\Windows\\cmd.exe" } else { "C:\\x\\y.exe" }).to_string() + "\n").collect();
    for server in running(&["elasticsearch-7", "elasticsearch-8", "elasticsearch-9", "opensearch-2", "opensearch-3"]) {
        server.make_room();
        let index = "huntc-test-bulk";
        server.delete(index);
        let huntc = Huntc::new().file("log.json", &log).file("hunt.hf", HUNT);
        // The second time the template is known again, and no record comes twice.
        for _ in 0..2 {
            let ran = huntc.run(&format!("convert log.json --bulk {} --index {index}", server.url));
            assert!(ran.code == Some(0) && ran.text().contains("8 records written"), "{}: {}", server.name, ran.text());
        }
        let (status, count) = send(&server.url, "GET", &format!("/{index}/_count"), None);
        assert!(status == 200 && count.contains("\"count\":8"), "{}: {count}", server.name);
        let of_files = shown(&huntc, "log.json");
        assert!(of_files["rows"].to_string().contains("cmd.exe"), "{of_files}");
        assert_eq!(shown(&huntc, &format!("{}/{index}", server.url)), of_files, "{}", server.name);
        server.delete(index);
        let (status, told) = send(&server.url, "DELETE", TEMPLATE, None);
        assert_eq!(status, 200, "{}: {told}", server.name);
    }
}
