//! Equal records that a source counts give the same figures and tables as those that are read one by one.

use crate::hostile::SERVERS;
use crate::support::cli::Huntc;
use crate::support::servers::running;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

const CONFIGURATION: &str = "[run]\naggregate_from = 0\n";
const WINDOW: &str = "START 2024-01-01T00:00:00Z STOP 2024-01-02T00:00:00Z";

/// Hunts, and how many of their requests can be answered by tuples. `$P` gets processes, `$N` network traffic, `$A` addresses.
const HUNTS: &[(&str, usize)] = &[
    ("x = $P\ng = GROUP x BY name WITH COUNT(pid), NUNIQUE(pid), COUNT(*)\nDISP g", 1),
    ("x = $P\ng = GROUP x BY name WITH FIRST(pid) AS f, LAST(pid) AS l\nDISP g", 1),
    ("x = $P\ng = GROUP x BY name WITH SUM(number_observed) AS n\nDISP g", 1),
    ("x = $P\ng = GROUP x BY parent_ref.name, host.name WITH COUNT(*)\nDISP g\nDESCRIBE x.pid", 1),
    (
        "x = $P\ny = x WHERE pid > 4\nz = GET process FROM stixshifter://s WHERE pid IN x.pid $W\ng = GROUP z BY name WITH COUNT(pid)\nDISP g",
        2,
    ),
    ("x = $P\nDISP x ATTR name", 1),
    ("x = $P\nDISP x ATTR name, pid, first_observed, last_observed, number_observed", 1),
    ("x = $P\nINFO x\nDESCRIBE x.name", 1),
    ("x = $P\ny = SORT x BY pid ASC\nz = GET process FROM y LIMIT 3\nDISP z ATTR name, pid", 1),
    ("x = $P\nf = FIND network-traffic CREATED BY x\nDISP f", 2),
    ("x = $N\nf = FIND process CREATED x\ng = GROUP f BY name WITH COUNT(pid)\nDISP g", 2),
    ("x = $A\nf = FIND network-traffic LINKED x\nDISP f ATTR dst_ref.value, number_observed", 2),
    ("x = $P\nf = FIND process CREATED x DEPTH 2\nDISP f ATTR name", 1),
    ("x = $P\ny = x WHERE pid > 4\nDISP y ATTR name", 1),
    (
        "x = $P\ny = x WHERE name = 'p1 renamed'\ng = GROUP y BY name WITH COUNT(pid), COUNT(*)\nDISP g\nz = y WHERE pid = 4\nDISP z ATTR name, number_observed",
        1,
    ),
    (
        "x = GET process FROM stixshifter://s WHERE pid < 20 $W\ny = x WHERE command_line LIKE '%' OR name LIKE '%ren%'\nDISP y ATTR name, command_line, number_observed",
        1,
    ),
    ("x = $P\nDISP TIMESTAMPED(x) ATTR pid", 0),
    ("x = $P\nDISP ADDOBSID(x) ATTR pid", 0),
    ("x = $P\ny = GET process FROM x WHERE pid > 4 START 2024-01-01T00:00:00Z STOP 2024-01-01T00:10:00Z\nDISP y ATTR pid", 0),
    ("x = $P\ny = x WHERE first_observed > t'2024-01-01T00:10:00Z'\nDISP y ATTR pid", 0),
    ("x = $P\nDISP x ATTR created", 0),
    ("x = $N\ng = GROUP x BY dst_ref.value WITH COUNT(src_port), SUM(dst_port)\nDISP g", 1),
    ("x = $N\ny = x WHERE dst_port = 443\nDISP y ATTR dst_ref.value", 1),
    ("x = $A\nDISP x", 1),
    ("x = $A\nDISP x ATTR value, number_observed", 1),
    ("x = GET ipv4-addr FROM stixshifter://s WHERE destination.port > 7 $W\nDISP x ATTR value, number_observed", 1),
    ("x = GET ipv4-addr FROM stixshifter://s WHERE destination.port > 7 $W\ng = GROUP x BY value WITH COUNT(*)\nDISP g", 1),
    ("x = GET mac-addr FROM stixshifter://s WHERE value != '00:00:5e:00:53:24' $W\nDISP x ATTR value", 1),
    ("x = $N\nDESCRIBE x.tags\ng = GROUP x BY tags WITH COUNT(*)\nDISP g", 1),
    ("x = $A\ng = GROUP x BY value WITH COUNT(*)\nDISP g\ny = FIND network-traffic LINKED x\nDISP y", 2),
    ("x = $A\ny = x WHERE value LIKE '10.%'\nz = x + y\nDISP z", 1),
    ("x = $A\ny = GET ipv4-addr FROM stixshifter://s WHERE value = '10.0.0.1' $W\nz = x + y\nDISP z", 0),
];

/// Records with what makes counting hard: several names of one process, times of one millisecond, several values, processes
/// without an id, numbers that are texts, one entity in two slots of a record, addresses of both families.
/// Without `several` no record has several values in a field of a process or an address.
fn records(several: bool) -> String {
    let mut out = String::new();
    for number in 0..240_i64 {
        let process = number % 7;
        let nanos = (number * 137) % 1_000;
        let at = format!("2024-01-01T00:{:02}:{:02}.{:03}{nanos:03}Z", (number * 11) % 40, number % 3, number % 5);
        let name = if number % 31 == 0 { format!("p{process} renamed") } else { format!("p{process}") };
        let mut record = json!({
            "@timestamp": at,
            "host": {"name": format!("h{}", process % 2)},
            "event": {"category": ["process"], "type": [if number < 7 { "start" } else { "info" }], "code": if number < 7 { "1" } else { "3" }},
            "process": {"entity_id": format!("{{0000000{process}-0000-0000-0000-000000000001}}"), "name": name, "pid": process * 4},
            "source": {"ip": format!("10.0.0.{}", number % 3), "port": 1000 + number % 2},
            "destination": {"ip": format!("10.0.1.{}", number % 4), "port": 443 + number % 2},
            "network": {"transport": "tcp"},
        });
        if number < 7 {
            record["process"]["command_line"] = json!(format!("run {process}"));
        }
        match number % 40 {
            13 if several => record["process"]["name"] = json!(["a", "b"]),
            17 => record["process"] = json!({"name": "nobody", "pid": 9}),
            19 => record["process"]["pid"] = json!(format!("{}", process * 4)),
            23 => {
                record["process"]["parent"] =
                    json!({"entity_id": "{ffffffff-0000-0000-0000-000000000001}", "name": "init", "pid": 1});
            }
            29 if several => record["source"] = json!({"ip": ["10.0.0.1", "10.0.0.9"], "port": 1}),
            27 => record["process"]["parent"] = record["process"].clone(),
            33 => record["destination"]["ip"] = record["source"]["ip"].clone(),
            5 => record["source"]["mac"] = json!("0000.5E00.53AF"),
            6 => record["destination"]["mac"] = json!("00-00-5e-00-53-af"),
            7 => record["source"]["mac"] = json!("00-00-5E-00-53-24"),
            36 => record["tags"] = json!(["a", "a"]),
            37 => record["destination"]["ip"] = json!("fe80::1"),
            38 => (record["source"]["ip"], record["destination"]["ip"]) = (json!("fe80:0:0:0:0:0:0:2"), json!("fe80::1")),
            35 => record["dns"] = json!({"resolved_ip": ["10.0.0.1", "10.0.1.77", "10.0.0.1"]}),
            31 => record["process"]["entity_id"] = json!("{00000000-0000-0000-0000-000000000000}"),
            _ => {}
        }
        let _ = writeln!(out, "{record}");
    }
    out
}

/// The figures and tables of each hunt, and how many of its requests were answered by tuples.
fn answers(huntc: &Huntc, source: &str, flags: &str) -> Vec<(Json, Json, usize)> {
    let files: Vec<String> = (0..HUNTS.len()).map(|number| format!("{number}.hf")).collect();
    let ran = huntc.run(&format!("run {} --source s={source} --keys --quiet --out report {flags}", files.join(" ")));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report = huntc.report("report");
    let timeless = |variable: &Json| {
        let mut variable = variable.clone();
        variable["elapsed_ms"] = Json::Null;
        variable
    };
    let answer = |hunt: &Json| {
        let variables: Vec<Json> = hunt["variables"].as_array().unwrap().iter().map(timeless).collect();
        let counted = hunt["requests"].as_array().unwrap().iter().filter(|request| request.get("tuples").is_some()).count();
        (json!(variables), hunt["displays"].clone(), counted)
    };
    report["hunts"].as_array().unwrap().iter().map(answer).collect()
}

fn hunts() -> Huntc {
    let mut huntc =
        Huntc::new().file("huntc.toml", CONFIGURATION).file("logs.ndjson", records(true)).file("single.ndjson", records(false));
    for (number, (hunt, _)) in HUNTS.iter().enumerate() {
        let get = |entity: &str, pattern: &str| format!("GET {entity} FROM stixshifter://s WHERE {pattern} {WINDOW}");
        let text = hunt
            .replace("$P", &get("process", "name LIKE '%' OR pid = 9"))
            .replace("$N", &get("network-traffic", "dst_port > 0"))
            .replace("$A", &get("ipv4-addr", "value LIKE '%'"))
            .replace("$W", WINDOW);
        huntc = huntc.file(&format!("{number}.hf"), text);
    }
    huntc
}

#[test]
fn counted_records_give_what_records_give() {
    let huntc = hunts();
    let (counted, read) = (answers(&huntc, "logs.ndjson", ""), answers(&huntc, "logs.ndjson", "--no-agg"));
    for (number, (hunt, tuples)) in HUNTS.iter().enumerate() {
        assert_eq!(counted[number].0, read[number].0, "variables of\n{hunt}");
        assert_eq!(counted[number].1, read[number].1, "displays of\n{hunt}");
        assert_eq!((counted[number].2, read[number].2), (*tuples, 0), "requests answered by tuples of\n{hunt}");
    }
}

/// The same on servers. Where records have one value in each field, Elasticsearch counts them too.
#[test]
fn records_that_servers_count_give_what_records_give() {
    const INDEX: &str = "winlogbeat-tuples";
    let huntc = hunts();
    for (several, file) in [(true, "logs.ndjson"), (false, "single.ndjson")] {
        let here = answers(&huntc, file, "--no-agg");
        for server in running(SERVERS) {
            server.put_template();
            server.delete(INDEX);
            let records = records(several);
            assert_eq!(server.load(INDEX, records.lines()), records.lines().count(), "{}", server.name);
            let source = format!("{}/{INDEX}", server.url);
            let (counted, read) = (answers(&huntc, &source, ""), answers(&huntc, &source, "--no-agg"));
            for (number, (hunt, tuples)) in HUNTS.iter().enumerate() {
                for (how, answers) in [("counted", &counted), ("read", &read)] {
                    let of = format!("{}, {how}: {file}, {hunt}", server.name);
                    assert_eq!(answers[number].0, here[number].0, "variables of {of}");
                    // Records have other names there.
                    if !hunt.contains("ADDOBSID") {
                        assert_eq!(answers[number].1, here[number].1, "displays of {of}");
                    }
                }
                // What an index holds of lists does not tell how often they name a value.
                let of_lists =
                    ["mac-addr", "destination.port > 7", "tags", "LINKED x", "z = x + y"].iter().any(|list| hunt.contains(list));
                if server.name.starts_with("elasticsearch") && !several && !of_lists {
                    assert_eq!(counted[number].2, *tuples, "{}: requests answered by tuples of {hunt}", server.name);
                }
            }
            server.delete(INDEX);
        }
    }
}

/// Creation records are asked for only where the GET may not have found all of them.
#[test]
fn creation_records_that_say_nothing_new_are_not_read() {
    let mut records = String::new();
    for number in 0..10_050 {
        let (minute, second) = (number / 60 % 60, number % 60);
        let record = json!({
            "@timestamp": format!("2024-01-01T00:{minute:02}:{second:02}Z"),
            "event": {"category": ["process"], "type": ["start"], "code": "1"},
            "process": {"entity_id": format!("{{{number:08}-0000-0000-0000-000000000001}}"), "name": format!("p{}", number % 3), "pid": number},
        });
        let _ = writeln!(records, "{record}");
    }
    let huntc = Huntc::new().file("logs.ndjson", records);
    for (pattern, asked) in [("pid >= 0", false), ("pid > 9", true)] {
        let hunt = format!(
            "x = GET process FROM stixshifter://s WHERE {pattern} {WINDOW}\ng = GROUP x BY name WITH COUNT(pid) AS n\nDISP g ATTR name, n"
        );
        std::fs::write(huntc.path("h.hf"), hunt).unwrap();
        let ran = huntc.run("run h.hf --source s=logs.ndjson --quiet --out report");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let hunt = &huntc.report("report")["hunts"][0];
        let purposes = hunt["requests"].as_array().unwrap().iter().filter_map(|request| request["purpose"].as_str());
        assert_eq!(purposes.filter(|purpose| purpose.contains("creation records")).count() > 0, asked, "{pattern}");
        let groups: i64 = hunt["displays"][0]["rows"].as_array().unwrap().iter().filter_map(|row| row[1].as_i64()).sum();
        assert_eq!(groups, if asked { 10_040 } else { 10_050 }, "{pattern}");
    }
}
