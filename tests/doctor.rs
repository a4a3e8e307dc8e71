//! `huntc doctor`: what it finds in files, stores, a scripted server and real ones, for people and for programs.

use crate::http::fake::{Fake, Product, changed, error};
use crate::support::cli::{Huntc, Ran};
use crate::support::servers::running;
use crate::support::stub::Response;
use serde_json::{Value, json};

/// A file or a folder that is no source's name is looked at as it is.
#[test]
fn files_need_no_name() {
    let huntc = lab().file("logs/a.ndjson", LOG).file("huntc.toml", "[sources.lab]\npath = \"log.ndjson\"\n");
    for named in ["log.ndjson", "./log.ndjson", "logs"] {
        let ran = huntc.run(&format!("doctor {named} --format json"));
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        let objects = objects(&ran);
        assert_eq!((objects.len(), &objects[0]["found"]["records"], &objects[0]["location"]), (1, &json!(4), &json!(named)));
    }
    // A name that is bound is that source, though there is a file of that name.
    let ran = huntc.file("lab", "nothing").run("doctor lab --format json");
    assert_eq!(objects(&ran)[0]["location"], "log.ndjson");
}

/// Two processes of ten past; the network's clock is two hours behind, and one process has no entity id.
const LOG: &str = r#"{"@timestamp":"2020-10-22T06:55:01.000Z","host":{"name":"a"},"event":{"code":"1","category":["process"],"type":["start"]},"process":{"entity_id":"{a}","name":"cmd.exe","command_line":"cmd"}}
{"@timestamp":"2020-10-22T06:56:01.000Z","host":{"name":"a"},"event":{"code":"11","category":["file"]},"process":{"entity_id":"{a}"},"file":{"path":"C:\\x"}}
{"@timestamp":"2020-10-22T06:57:01.000Z","host":{"name":"a"},"event":{"code":"5","category":["process","session"]},"process":{"name":"old.exe","pid":4}}
{"@timestamp":"2020-10-22T04:54:01.000Z","event":{"code":"3","category":["network"]},"process":{"entity_id":"{a}"},"source":{"ip":"10.0.0.1"},"destination":{"ip":"10.0.0.2"}}
oops
"#;

fn lab() -> Huntc {
    Huntc::new().file("log.ndjson", LOG)
}

/// The objects that programs get.
fn objects(ran: &Ran) -> Vec<Value> {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}", ran.text()))
}

fn field<'a>(found: &'a Value, name: &str) -> &'a Value {
    found["fields"].as_array().unwrap().iter().find(|f| f["field"] == name).unwrap()
}

fn notes(found: &Value) -> Vec<&str> {
    found["notes"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect()
}

#[test]
fn files_and_stores_show_records_clocks_processes_and_coverage() {
    let huntc = lab();
    huntc.run("doctor lab --source lab=log.ndjson").snapshot("doctor-files");
    let ran = huntc.run("ingest log.ndjson --store lab.store");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    for (source, kind, skipped) in [("log.ndjson", "files", 1), ("lab.store", "store", 0)] {
        let ran = huntc.run(&format!("doctor lab --source lab={source} --format json"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        let objects = objects(&ran);
        let (health, found) = (&objects[0], &objects[0]["found"]);
        assert_eq!((&health["status"], &health["kind"], &health["location"]), (&json!("ok"), &json!(kind), &json!(source)));
        assert_eq!((&found["records"], &found["skipped_lines"]), (&json!(4), &json!(skipped)));
        assert_eq!([&found["first"], &found["last"]], ["2020-10-22T04:54:01.000Z", "2020-10-22T06:57:01.000Z"]);
        assert_eq!(found["processes"], json!({"records": 4, "with_entity_id": 3}));
        let categories: Vec<&Value> = found["categories"].as_array().unwrap().iter().map(|c| &c["category"]).collect();
        assert_eq!(categories, ["file", "network", "process", "session"]);
        assert_eq!(field(found, "host.name")["records"], 3);
        assert_eq!(field(found, "registry.path")["without"], "no windows-registry-key");
        let told = notes(found);
        // Of skipped lines their number, and the lines.
        assert_eq!(told.len(), 2 + 2 * skipped, "{told:?}");
        assert!(told.iter().any(|n| n.starts_with("all `network` records lie 2 h 1 min before")), "{told:?}");
        assert!(told.iter().any(|n| n.starts_with("1 record of a process without an entity id")), "{told:?}");
    }
}

#[test]
fn a_damaged_store_is_no_healthy_one() {
    let huntc = lab();
    assert_eq!(huntc.run("ingest log.ndjson --store lab.store").code, Some(0));
    let segment = huntc.path("lab.store/seg-0.arrow");
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&segment, bytes).unwrap();
    let ran = huntc.run("doctor lab --source lab=lab.store");
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    assert!(ran.stderr.contains("K0757"), "{}", ran.text());
}

#[test]
fn every_bound_source_is_looked_at_and_the_worst_counts() {
    let huntc = lab()
        .file(
            "huntc.toml",
            "[sources.b]\npath = \"log.ndjson\"\n[sources.c]\nuri = \"http://127.0.0.1:1/x\"\nauth = { token = \"hunter2\" }\n",
        )
        .var("STIXSHIFTER_A_CONNECTION", "{")
        .var("HUNTC_CONFIG", "huntc.toml");
    let ran = huntc.run("doctor --format json");
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    let objects = objects(&ran);
    let told: Vec<_> = objects.iter().map(|o| (&o["name"], &o["status"], &o["error"]["code"])).collect();
    let wanted = [("a", "failed", json!("K0804")), ("b", "ok", Value::Null), ("c", "failed", json!("K0702"))];
    assert_eq!(told.len(), wanted.len());
    for (told, wanted) in told.iter().zip(&wanted) {
        assert_eq!((told.0, told.1, told.2), (&json!(wanted.0), &json!(wanted.1), &wanted.2));
    }
    assert_eq!(objects[2]["credentials"], "token (set)", "{}", objects[2]);
    assert!(!ran.text().contains("hunter2"));
    assert_eq!(huntc.run("doctor b").code, Some(0));
    assert_eq!(huntc.run("doctor a").code, Some(2));
    let text = huntc.run("doctor");
    assert!(text.stderr.contains("K0804") && text.stderr.contains("K0702"), "{}", text.text());
    let nothing = Huntc::new().run("doctor");
    assert_eq!((nothing.code, nothing.stdout.starts_with("no data source is bound")), (Some(0), true));
    assert_eq!(Huntc::new().run("doctor --format json").stdout, "[]\n");
}

#[test]
fn a_cluster_shows_its_server_its_mappings_and_its_clocks() {
    let fake = Fake::start(Product::Elasticsearch, 7, |request, right, _| {
        if request.path.contains("/_mapping/field/") {
            return changed(right, |json| {
                let kept = |kind: Value| json!({"full_name": "x", "mapping": {"x": kind}});
                json["logs-1"]["mappings"]["event.category"] = kept(json!({"type": "keyword", "ignore_above": 1024}));
                json["logs-1"]["mappings"]["process.command_line"] = kept(json!({"type": "text"}));
                json["logs-2"] = json!({"mappings": {"process.command_line": kept(json!({"type": "wildcard"}))}});
            });
        }
        if request.body["aggs"].is_object() {
            assert_eq!(request.body["aggs"]["categories"]["terms"]["field"], "event.category");
            let at = |millis: i64| json!({"value": millis});
            let bucket = json!({"key": "pro\u{202e}cess", "doc_count": 7, "first": at(1_000), "last": at(2_000)});
            return changed(right, |json| {
                json["aggregations"] = json!({"first": at(0), "last": at(2_000), "categories": {"buckets": [bucket]}});
            });
        }
        right
    });
    let huntc = lab().var("STIXSHIFTER_LAB_CONFIG", r#"{"auth":{"id":"hunter","api_key":"hunter2"}}"#);
    let connection = format!(r#"{{"host":"{}","indices":"logs-*"}}"#, fake.url());
    let huntc = huntc.var("STIXSHIFTER_LAB_CONNECTION", &connection);
    let ran = huntc.run("doctor lab --format json");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(!ran.text().contains("hunter2") && !ran.text().contains('\u{202e}'));
    let objects = objects(&ran);
    let found = &objects[0]["found"];
    assert_eq!(found["server"], "Elasticsearch 9.2.0");
    assert_eq!(found["indices"], json!(["logs-1", "logs-2"]));
    assert_eq!((&found["records"], &found["last"]), (&json!(7), &json!("1970-01-01T00:00:02.000Z")));
    assert_eq!(found["categories"][0]["category"], "pro\u{202e}cess");
    let line = field(found, "process.command_line");
    assert_eq!(line["mappings"], json!([{"kind": "text", "indices": 1}, {"kind": "wildcard", "indices": 1}]));
    assert_eq!(field(found, "event.category")["missing_in_indices"], 1);
    let about = |part: &str| {
        let traps = found["traps"].as_array().unwrap();
        traps.iter().find(|t| t["about"].as_str().unwrap().contains(part)).map(|t| t["fields"].clone())
    };
    assert_eq!(about("words only"), Some(json!(["process.command_line"])));
    assert_eq!(about("beyond 1024 characters"), Some(json!(["event.category"])));
    assert_eq!(about("different ways"), Some(json!(["process.command_line"])));
    let text = huntc.run("doctor lab");
    for part in ["server: Elasticsearch 9.2.0", "2 indices: logs-1, logs-2", "text in 1, wildcard in 1", "credentials: API key"] {
        assert!(text.stdout.contains(part), "{part}: {}", text.text());
    }
    assert!(!text.stdout.contains('\u{202e}') && !text.text().contains("hunter2"));
}

/// What hunts will meet, and what it means for them.
#[test]
fn findings_about_a_cluster_are_told() {
    let fake = Fake::start(Product::Elasticsearch, 7, |request, right, _| {
        let json = |body: Value| Response::json(200, &body).with("X-elastic-product", "Elasticsearch");
        let path = request.path.as_str();
        if path.ends_with("/_has_privileges") {
            let granted = json!({"indices:data/read/search": false, "view_index_metadata": true});
            return json(json!({"index": {"logs-*": granted}}));
        }
        if path.ends_with("/_privileges") {
            let query = ["{\"term\":{\"host.name\":\"a\"}}"];
            return json(json!({"indices": [{"names": ["logs-a*"], "privileges": ["read"], "query": query}]}));
        }
        if path.ends_with("/_mapping") {
            let filter = json!({"excludes": ["process.name", "n"]});
            return json(json!({"logs-1": {"mappings": {"_source": filter}}}));
        }
        if path.ends_with("/_settings") && request.query.contains("max_terms_count") {
            let limits = json!({"mode": "logsdb", "max_terms_count": "100", "max_result_window": "20000"});
            return json(json!({"logs-1": {"settings": {"index": limits}}}));
        }
        if path.ends_with("/_settings") {
            let limit = json!({"total_fields": {"ignore_dynamic_beyond_limit": "true"}});
            return json(json!({"logs-1": {"settings": {"index": {"mapping": limit}}}}));
        }
        if path.contains("/_resolve/index/") {
            assert!(request.query.starts_with("expand_wildcards="), "{}", request.query);
            let index = |name: &str, is: &str| json!({"name": name, "attributes": [is]});
            return json(
                json!({"indices": [index("logs-1", "open"), index("logs-0", "closed"), index("logs-9", "frozen"), index("logs-h", "hidden"), index(".x", "hidden")]}),
            );
        }
        if path.contains("/_cluster/health/") {
            return json(json!({"indices": {"logs-1": {"status": "red"}}}));
        }
        right
    });
    let ran = lab().run(&format!("doctor lab --source lab={}/logs-* --format json", fake.url()));
    assert_eq!(ran.code, Some(4), "{}", ran.text());
    let objects = objects(&ran);
    let findings = objects[0]["found"]["findings"].as_array().unwrap();
    let means = |part: &str| -> &str {
        let found = findings.iter().find(|f| f["what"].as_str().unwrap().contains(part));
        found.unwrap_or_else(|| panic!("{part}: {findings:#?}"))["means"].as_str().unwrap()
    };
    assert!(means("see a part of `logs-*` only: the roles grant `logs-a*`").contains("K0730"));
    assert!(means("some records or fields only of `logs-a*`").contains("do not see"));
    assert!(means("documents are kept without `process.name`").contains("read from the index"));
    assert!(means("7 records have fields or values that are not indexed").contains("nothing is lost"));
    assert!(means("closed: `logs-0`").contains("without a word"));
    assert!(means("frozen: `logs-9`").contains("_unfreeze"));
    assert!(means("hidden: `logs-h`").contains("by their names"));
    assert!(means("red: `logs-1`").contains("K0710"));
    assert!(means("`max_terms_count` is 100 in `logs-1`").contains("FIND"));
    assert!(means("`logs-1` rebuild documents").contains("several values"));
    assert_eq!(findings.len(), 10, "{findings:#?}");
    assert_eq!(objects[0]["status"], "partial");
    assert!(notes(&objects[0]["found"]).iter().any(|n| n.contains("of a part of the source")));
    let text = lab().run(&format!("doctor lab --source lab={}/logs-*", fake.url()));
    assert!(text.stdout.contains("  finding: closed: `logs-0`: a pattern leaves them out"), "{}", text.text());
}

#[test]
fn a_remote_cluster_that_is_down_is_a_finding() {
    let fake = Fake::start(Product::Elasticsearch, 7, |request, right, _| {
        if request.path.ends_with("/_field_caps") {
            let failure =
                json!({"indices": ["far:logs-*"], "failure": {"error": {"reason": "Unable to connect to [far] hunter2"}}});
            return changed(right, |json| json["failures"] = json!([failure]));
        }
        if request.path == "/_remote/info" {
            let skips = json!({"far": {"connected": false, "skip_unavailable": true}, "other": {"skip_unavailable": true}});
            return Response::json(200, &skips).with("X-elastic-product", "Elasticsearch");
        }
        right
    });
    let connection = format!(r#"{{"host":"{}","indices":"logs-*,far:logs-*"}}"#, fake.url());
    let huntc = lab().var("STIXSHIFTER_LAB_CONNECTION", &connection);
    let huntc = huntc.var("STIXSHIFTER_LAB_CONFIG", r#"{"auth":{"id":"hunter","api_key":"hunter2"}}"#);
    let ran = huntc.run("doctor lab --format json");
    assert!(!ran.text().contains("hunter2"), "a server may repeat a secret: {}", ran.text());
    assert_eq!(ran.code, Some(4), "{}", ran.text());
    let objects = objects(&ran);
    let whats: Vec<&str> =
        objects[0]["found"]["findings"].as_array().unwrap().iter().map(|f| f["what"].as_str().unwrap()).collect();
    for part in
        ["no answer from `far:logs-*`: Unable to connect", "leaves the remote cluster `far` out", "only the types of fields"]
    {
        assert!(whats.iter().any(|what| what.contains(part)), "{part}: {whats:#?}");
    }
    assert!(!whats.iter().any(|what| what.contains("`other`")), "{whats:#?}");
}

#[test]
fn a_cluster_that_refuses_is_told_with_3() {
    let fake = Fake::start(Product::OpenSearch, 7, |_, _, _| error(403, "security_exception", "no permissions"));
    let ran = lab().run(&format!("doctor lab --source lab={}/logs-*", fake.url()));
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    assert!(ran.stderr.contains("K0705") && ran.stdout.contains("credentials: no credentials"), "{}", ran.text());
}

#[test]
fn real_servers_are_examined() {
    for server in running(&["elasticsearch-9", "opensearch-3"]) {
        let index = "winlogbeat-doctor";
        server.put_template();
        server.create(index, r#"{"mappings":{"properties":{"process":{"properties":{"command_line":{"type":"text"}}}}}}"#);
        server.load(index, LOG.lines().filter(|line| line.starts_with('{')));
        let ran = lab().run(&format!("doctor lab --source lab={}/{index} --format json", server.url));
        assert_eq!(ran.code, Some(0), "{}: {}", server.name, ran.text());
        let objects = objects(&ran);
        let found = &objects[0]["found"];
        assert_eq!((&found["records"], &found["indices"]), (&json!(4), &json!([index])), "{}", server.name);
        assert_eq!([&found["first"], &found["last"]], ["2020-10-22T04:54:01.000Z", "2020-10-22T06:57:01.000Z"]);
        assert_eq!(found["processes"], json!({"records": 4, "with_entity_id": 3}), "{}", server.name);
        let local = lab().run("doctor lab --source lab=log.ndjson --format json");
        let local: Vec<Value> = serde_json::from_str(&local.stdout).unwrap();
        assert_eq!(found["categories"], local[0]["found"]["categories"], "{}", server.name);
        for (here, there) in found["fields"].as_array().unwrap().iter().zip(local[0]["found"]["fields"].as_array().unwrap()) {
            assert_eq!((&here["field"], &here["records"]), (&there["field"], &there["records"]), "{}", server.name);
        }
        let words = found["traps"].as_array().unwrap().iter().find(|t| t["about"].as_str().unwrap().contains("words only"));
        assert_eq!(words.unwrap()["fields"], json!(["process.command_line"]), "{}", server.name);
        let absent = |entity: &str| -> Value {
            let entities = found["entities"].as_array().unwrap();
            entities.iter().find(|e| e["entity"] == entity).unwrap()["absent"].clone()
        };
        assert_eq!(absent("network-traffic").as_array().unwrap().len(), 8, "{}", server.name);
        server.delete(index);
    }
}

/// Closed indices, limits, and fields that documents lack.
#[test]
fn findings_about_real_servers() {
    for server in running(&["elasticsearch-9", "opensearch-3"]) {
        let settings = r#""settings":{"max_result_window":500,"max_terms_count":100}"#;
        let mapping = r#""mappings":{"_source":{"excludes":["process.name"]},"properties":{"process":{"properties":{"name":{"type":"text"}}}}}"#;
        server.create("huntc-found-open", &format!("{{{settings},{mapping}}}"));
        server.load("huntc-found-open", LOG.lines().filter(|line| line.starts_with('{')));
        server.create("huntc-found-closed", "{}");
        server.close("huntc-found-closed");
        let ran = lab().run(&format!("doctor lab --source lab={}/huntc-found-* --format json", server.url));
        assert_eq!(ran.code, Some(0), "{}: {}", server.name, ran.text());
        let objects = objects(&ran);
        let whats: Vec<&str> =
            objects[0]["found"]["findings"].as_array().unwrap().iter().map(|f| f["what"].as_str().unwrap()).collect();
        let wanted = [
            "documents are kept without `process.name`, whose values the index has not whole",
            "closed: `huntc-found-closed`",
            "`max_result_window` is 500 in `huntc-found-open`",
            "`max_terms_count` is 100 in `huntc-found-open`",
        ];
        assert_eq!(whats, wanted, "{}", server.name);
        server.delete("huntc-found-open");
        server.delete("huntc-found-closed");
    }
}

/// What the mappings mean for hunts is told without the server, and the requests are those that it would get.
#[test]
fn saved_mappings_stand_for_the_server() {
    let fake = Fake::start(Product::Elasticsearch, 7, |request, right, _| {
        if request.path.contains("/_mapping/field/") {
            return changed(right, |json| {
                let kept = json!({"full_name": "x", "mapping": {"x": {"type": "keyword", "ignore_above": 1024}}});
                json["logs-1"]["mappings"]["process.entity_id"] = kept;
            });
        }
        right
    });
    let hunt = "p = GET process FROM stixshifter://lab WHERE name = 'cmd.exe' START t'2020-10-22T00:00:00Z' STOP t'2020-10-23T00:00:00Z'\n\
        c = FIND process CREATED BY p\nf = GET file FROM stixshifter://lab WHERE name = 'x' LAST 1 DAYS\nDISP c ATTR name\n";
    let huntc = lab().file("hunt.hf", hunt);
    let bound = format!("--source lab={}/logs-*", fake.url());
    let ran = huntc.run(&format!("doctor lab {bound} --save mappings.json"));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let asked = fake.requests().len();
    let ran = huntc.run(&format!("compile hunt.hf {bound} --process-identity entity-id --snapshot mappings.json"));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let shown: Vec<Value> = serde_json::Deserializer::from_str(&ran.stdout).into_iter().map(Result::unwrap).collect();
    let requests: Vec<&Value> = shown.iter().map(|s| &s["request"]).collect();
    assert!(ran.stderr.contains("K0733"), "{}", ran.text());
    let check = huntc.run(&format!("check hunt.hf {bound} --snapshot mappings.json"));
    assert_eq!((check.code, check.text().matches("K0733").count()), (Some(0), 1), "{}", check.text());
    assert_eq!(fake.requests().len(), asked, "nothing is sent");
    assert_eq!((requests[0]["method"].as_str(), requests[0]["sent"].as_bool()), (Some("POST"), Some(true)));
    assert!(requests.iter().any(|r| r.is_null()), "one waits for results: {shown:#?}");
    assert!(requests.iter().any(|r| r["sent"] == json!(false)), "no index has files: {shown:#?}");
    // The server gets just that, under a point in time.
    let ran = huntc.run(&format!("run hunt.hf {bound} --process-identity entity-id --no-agg"));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let mut page = fake.pages().into_iter().map(|page| page.body).find(|body| body["size"] != 0).unwrap();
    page.as_object_mut().unwrap().remove("pit");
    assert_eq!(page, requests[0]["body"]);
}

#[test]
fn saved_mappings_that_cannot_be_used_are_told() {
    let huntc = lab().file("hunt.hf", "").file("other.json", "{}").file("old.json", r#"{"huntc_mappings":0,"sources":{}}"#);
    for (file, code) in [("none.json", "K0805"), ("other.json", "K0732"), ("old.json", "K0732")] {
        for command in ["check", "compile"] {
            let ran = huntc.run(&format!("{command} hunt.hf --snapshot {file}"));
            assert_eq!((ran.code, ran.stderr.contains(code)), (Some(2), true), "{command} {file}: {}", ran.text());
        }
    }
}
