//! Formats for programs: reports are as their schemas say, SARIF keeps its rules, CSV files are as spreadsheets want them.

use crate::docs::read;
use crate::support::cli::Huntc;
use serde_json::{Value as Json, json};
use std::fs;

/// A schema of the documentation, in which no object may have a key that the schema does not name.
fn strict(name: &str) -> Json {
    fn close(schema: &mut Json) {
        match schema {
            Json::Object(map) => {
                map.values_mut().for_each(close);
                if map.contains_key("properties") {
                    map.entry("additionalProperties").or_insert(Json::Bool(false));
                }
            }
            Json::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    let mut schema: Json = serde_json::from_str(&read(&format!("docs/schemas/{name}.schema.json"))).unwrap();
    close(&mut schema);
    schema
}

/// What a document has that its schema does not allow.
fn faults(schema: &str, document: &Json) -> Vec<String> {
    let registry = jsonschema::Registry::new().add("https://huntc.invalid/diagnostic.schema.json", strict("diagnostic")).unwrap();
    let registry = registry.prepare().unwrap();
    let options = jsonschema::options().with_registry(&registry).with_base_uri("https://huntc.invalid/schema.json").offline();
    let validator = options.build(&strict(schema)).unwrap();
    validator.iter_errors(document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

fn json_of(huntc: &Huntc, path: &str) -> Json {
    serde_json::from_slice(&fs::read(huntc.path(path)).unwrap()).unwrap()
}

/// Hunts that go well, fail, find nothing, have errors and parameters, over the demo's log.
fn lab() -> Huntc {
    let get =
        "GET process FROM stixshifter://host101 WHERE name = 'powershell.exe' START 2021-03-01T00:00:00Z STOP 2021-05-01T00:00:00Z";
    let huntc = Huntc::new()
        .file("well.hf", format!("# title: PowerShell\n# severity: high\n# attack: T1059.001\nx = {get}\ny = FIND process CREATED BY x DEPTH 2\nINFO x\nDISP x ATTR name, pid, command_line LIMIT 3\nDISP y\nDESCRIBE x.pid\nEXPLAIN x\n"))
        .file("params.hf", format!("# param: n = 1\n# param: names = ('a', 'b')\nx = {get} \ny = x WHERE pid > $n AND name NOT IN $names\n"))
        .file("fails.hf", "x = GET process FROM stixshifter://nowhere WHERE name = 'x'\nDISP x\n")
        .file("wrong.hf", "x = GET proces FROM stixshifter://host101 WHERE nam = 'x'\n")
        .file("empty.hf", "x = GET process FROM stixshifter://host101 WHERE name = 'PowerShell.exe' START 2021-03-01T00:00:00Z STOP 2021-05-01T00:00:00Z\nDISP x ATTR name\n");
    assert_eq!(huntc.run("demo . --no-run").code, Some(0));
    huntc
}

#[test]
fn reports_are_as_their_schema_says() {
    let huntc = lab();
    let hunts =
        ["well.hf --keys", "params.hf", "fails.hf", "wrong.hf", "empty.hf", "well.hf params.hf wrong.hf", "scheduled-tasks.hf"];
    let mut codes = Vec::new();
    for line in hunts {
        codes.push(huntc.run(&format!("run {line} --out out --quiet")).code);
        let report = huntc.report("out");
        assert_eq!(faults("report", &report), Vec::<String>::new(), "{line}");
        assert!(!report["hunts"].as_array().unwrap().is_empty());
    }
    assert_eq!(codes, [Some(0), Some(0), Some(2), Some(1), Some(0), Some(1), Some(0)]);
    // The schema is no empty promise.
    let mut report = huntc.report("out");
    report["hunts"][0]["status"] = json!("well");
    report["hunts"][0]["more"] = json!(1);
    report["hunts"][0]["variables"][0].as_object_mut().unwrap().remove("records");
    assert_eq!(faults("report", &report).len(), 3, "{:?}", faults("report", &report));
    for diagnostic in serde_json::from_str::<Vec<Json>>(&huntc.run("check wrong.hf --format json").stdout).unwrap() {
        assert_eq!(faults("diagnostic", &diagnostic), Vec::<String>::new());
    }
}

#[test]
fn nights_are_as_their_schema_says() {
    let huntc = lab();
    for at in ["2021-04-03T02:00:00Z", "2021-04-04T02:00:00Z"] {
        assert_eq!(huntc.run(&format!("nightly run hunts --at {at}")).code, Some(0));
        assert_eq!(faults("nightly", &json_of(&huntc, "nightly/latest/nightly.json")), Vec::<String>::new(), "{at}");
        assert_eq!(faults("report", &json_of(&huntc, "nightly/latest/report.json")), Vec::<String>::new(), "{at}");
    }
    // A night that could not see everything.
    let huntc = huntc.file("hunts/wrong.hf", "x = GET proces FROM stixshifter://host101 WHERE name = 'x'\n");
    fs::remove_file(huntc.path("host101.ndjson.gz")).unwrap();
    assert_ne!(huntc.run("nightly run hunts --at 2021-04-05T02:00:00Z").code, Some(0));
    assert_eq!(faults("nightly", &json_of(&huntc, "nightly/latest/nightly.json")), Vec::<String>::new());
}

/// What SARIF 2.1.0 asks of a log, as far as huntc writes it. Returns the results.
fn sarif(text: &str) -> Vec<Json> {
    let log: Json = serde_json::from_str(text).unwrap();
    assert_eq!((&log["version"], log["runs"].as_array().unwrap().len()), (&json!("2.1.0"), 1));
    assert!(log["$schema"].as_str().unwrap().ends_with("sarif-schema-2.1.0.json"));
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "huntc");
    assert!(run["invocations"][0]["executionSuccessful"].is_boolean());
    let rules: Vec<&str> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let levels = ["none", "note", "warning", "error"];
    let results = run["results"].as_array().unwrap();
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    for told in results.iter().chain(notes) {
        assert!(
            levels.contains(&told["level"].as_str().unwrap()) && !told["message"]["text"].as_str().unwrap().is_empty(),
            "{told}"
        );
        for location in told["locations"].as_array().into_iter().flatten() {
            let place = &location["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.is_empty() && uri.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)), "{uri}");
            if let Some(region) = place.get("region") {
                let at = |key: &str| region[key].as_u64().filter(|n| *n > 0).unwrap();
                assert!((at("startLine"), at("startColumn")) <= (at("endLine"), at("endColumn")), "{region}");
            }
        }
    }
    for result in results {
        assert!(rules.contains(&result["ruleId"].as_str().unwrap()), "{result}");
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        assert!(result["partialFingerprints"].as_object().is_none_or(|all| all.values().all(Json::is_string)));
    }
    results.clone()
}

#[test]
fn mistakes_and_findings_are_results_of_sarif() {
    let huntc = lab();
    let checked = huntc.run("check wrong.hf well.hf --format sarif");
    assert_eq!(checked.code, Some(1));
    let results = sarif(&checked.stdout);
    let of_types = results.iter().find(|result| result["ruleId"] == "K0201" || result["ruleId"] == "K0202").unwrap();
    assert_eq!(of_types["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "wrong.hf");
    let ran = huntc.run("run well.hf empty.hf --format sarif");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let results = sarif(&ran.stdout);
    let report: Json = serde_json::from_str(&huntc.run("run well.hf empty.hf --format json").stdout).unwrap();
    let displays = report["hunts"].as_array().unwrap().iter().flat_map(|hunt| hunt["displays"].as_array().unwrap());
    let rows: usize = displays.filter(|d| d["command"] == "DISP").map(|d| d["rows"].as_array().unwrap().len()).sum();
    assert_eq!(results.len(), rows);
    assert!(rows > 3);
    assert_eq!((&results[0]["ruleId"], &results[0]["level"]), (&json!("well.hf"), &json!("error")));
    // The statement that shows it.
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 7);
    assert_eq!(results[0]["properties"]["columns"]["name"], "powershell.exe");
    // Why the other hunt found nothing is said.
    assert!(ran.stdout.contains("K11"), "{}", ran.stdout);
}

#[test]
fn new_findings_of_a_night_are_results_of_sarif() {
    let huntc = lab();
    let ran = huntc.run("nightly run hunts --at 2021-04-03T02:00:00Z --format sarif");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let results = sarif(&ran.stdout);
    assert_eq!(results.len(), 5);
    assert!(results.iter().any(|result| result["properties"]["hosts"][0] == "host101"), "{}", ran.stdout);
    fs::remove_file(huntc.path("host101.ndjson.gz")).unwrap();
    let ran = huntc.run("nightly run hunts --at 2021-04-04T02:00:00Z --format sarif");
    assert_eq!((ran.code, sarif(&ran.stdout).len()), (Some(3), 0));
    let log: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    assert!(!log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().is_empty());
}

#[test]
fn csv_files_are_as_spreadsheets_want_them() {
    let huntc = lab();
    let first = |path: &str| fs::read_to_string(huntc.path(path)).unwrap().lines().next().unwrap().to_owned();
    for (flags, header) in [
        ("", "name,pid,command_line"),
        ("--csv-separator ;", "name;pid;command_line"),
        ("--csv-separator tab", "name\tpid\tcommand_line"),
        ("--csv-separator ; --csv-bom", "\u{feff}name;pid;command_line"),
    ] {
        assert_eq!(huntc.run(&format!("run well.hf --quiet --out out {flags}")).code, Some(0));
        assert_eq!(first("out/02-x.csv"), header);
    }
    for wrong in ["''", "x", "\""] {
        assert_eq!(huntc.run(&format!("run well.hf --csv-separator {wrong}")).code, Some(2), "{wrong}");
    }
    // A scheduled night has it in its configuration; the command line wins.
    let toml = fs::read_to_string(huntc.path("huntc.toml")).unwrap();
    let with = |line: &str| fs::write(huntc.path("huntc.toml"), format!("{toml}\n[nightly]\n{line}\n")).unwrap();
    with("csv_separator = \"#\"");
    let ran = huntc.run("nightly run hunts --at 2021-04-03T02:00:00Z");
    assert!(ran.code == Some(2) && ran.stderr.contains("cannot stand between cells"), "{}", ran.text());
    with("csv_separator = \";\"\ncsv_bom = true");
    assert_eq!(huntc.run("nightly run hunts --at 2021-04-03T02:00:00Z").code, Some(0));
    let csv = huntc.names("nightly/latest").into_iter().find(|name| name.ends_with("-new.csv")).unwrap();
    assert!(first(&format!("nightly/latest/{csv}")).starts_with("\u{feff}first_event;last_event;hosts;"));
}

/// A run with a folder names the page, which is what people open.
#[test]
fn the_page_to_open_is_named() {
    let huntc = lab();
    let ran = huntc.run("run well.hf --out out");
    assert!(ran.stdout.ends_with("report: out/report.html\n") && huntc.path("out/report.html").is_file(), "{}", ran.text());
    let ran = huntc.run("nightly run hunts --at 2021-04-03T02:00:00Z");
    let page = ran.stdout.lines().last().unwrap().strip_prefix("report: ").unwrap();
    assert!(page.ends_with("/summary.html") && huntc.path(page).is_file(), "{}", ran.text());
}
