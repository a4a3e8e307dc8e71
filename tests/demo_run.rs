//! `huntc demo` and `huntc run` on the demo: the published figures, from the command to the report.

use huntc_runtime::demo::{self, EntityIds};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Entities of each binding, by name and version.
const SCHEDULED: &[(&str, u64, u64)] = &[
    ("scheduler", 1, 2),
    ("svchost", 1, 183),
    ("scheduler", 2, 2),
    ("tasks", 1, 126),
    ("amcet", 1, 24),
    ("amcet_child", 1, 45),
    ("nt", 1, 23),
    ("amcet_cc", 1, 0),
    ("amcet_f", 1, 2),
];

const TRACKING: &[(&str, u64, u64)] = &[
    ("ip200", 1, 1),
    ("ip200nt", 1, 350),
    ("p", 1, 34),
    ("bgdownloads", 1, 4),
    ("bgdp", 1, 3),
    ("bgdpp", 1, 2),
    ("bgdppnt", 1, 0),
    ("bgdp_devenv", 1, 1),
    ("bgdp_devenv_parent", 1, 1),
    ("ppp", 1, 1),
    ("pppp", 1, 0),
    ("ie", 1, 2),
    ("ie_children", 1, 1),
    ("ient", 1, 76),
];

fn huntc(folder: &Path, arguments: &[&str]) -> Value {
    huntc_with(folder, arguments, &[])
}

fn huntc_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huntc"));
    let done = command.args(arguments).current_dir(folder).envs(variables.iter().copied()).output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{arguments:?} gives {}\n{told}", done.status);
    let report = std::fs::read_to_string(folder.join("report/report.json")).unwrap();
    serde_json::from_str(&report).unwrap()
}

fn hunt<'a>(report: &'a Value, name: &str) -> &'a Value {
    let hunts = report["hunts"].as_array().unwrap();
    let found = hunts.iter().find(|hunt| hunt["file"].as_str().unwrap().ends_with(name)).unwrap();
    assert_eq!((&found["status"], &found["complete"]), (&json!("ok"), &json!(true)), "{name}");
    found
}

fn figures(hunt: &Value) -> Vec<(&str, u64, u64)> {
    let figure = |v: &'_ Value, key: &str| v[key].as_u64().unwrap();
    let variables = hunt["variables"].as_array().unwrap();
    variables.iter().map(|v| (v["name"].as_str().unwrap(), figure(v, "version"), figure(v, "entities"))).collect()
}

/// The rows of the display of a statement.
fn rows(hunt: &Value, statement: u64) -> &Vec<Value> {
    let displays = hunt["displays"].as_array().unwrap();
    displays.iter().find(|display| display["statement"] == statement).unwrap()["rows"].as_array().unwrap()
}

fn assert_published(report: &Value) {
    let (scheduled, tracking) = (hunt(report, "scheduled-tasks.hf"), hunt(report, "backward-and-forward-tracking.hf"));
    assert_eq!(figures(scheduled), SCHEDULED);
    assert_eq!(figures(tracking), TRACKING);
    assert_eq!(tracking["variables"][0]["records"], 350);
    for variable in scheduled["variables"].as_array().unwrap().iter().chain(tracking["variables"].as_array().unwrap()) {
        assert!(matches!(variable["unidentified"].as_u64(), None | Some(0)), "{variable}");
    }
    let kinds = rows(scheduled, 8);
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    assert!(kinds[0][1].as_str().unwrap().ends_with("conhost.exe 0xffffffff -ForceV1"), "{kinds:?}");
    assert_eq!(kinds[1][0], "powershell.exe");
    assert_eq!(rows(scheduled, 10), &[json!(["9.148.5.93", 443])]);
    assert_eq!(
        rows(scheduled, 14),
        &[
            json!(["conhost.exe", "C:\\Windows\\System32"]),
            json!(["powershell.exe", "C:\\Windows\\System32\\WindowsPowerShell\\v1.0"])
        ]
    );
    assert_eq!(rows(tracking, 5).len(), 34);
    assert_eq!(rows(tracking, 5)[0][1], "BackgroundDownload.exe", "the first row is the one that the post picks up");
    assert_eq!(rows(tracking, 6), &[json!(["72.21.81.200", 443])]);
    assert_eq!(rows(tracking, 16)[0][1], "explorer.exe");
    assert_eq!(rows(tracking, 18)[0][2], "C:\\Windows\\system32\\svchost.exe -k DcomLaunch -p");
    let mut pids: Vec<u64> = rows(tracking, 23).iter().map(|row| row[0].as_u64().unwrap()).collect();
    pids.sort_unstable();
    assert_eq!(pids, [7356, 11368]);
    assert_eq!(rows(tracking, 25)[0][0], 8508);
    let facts = rows(tracking, 29);
    let fact = |name: &str| facts.iter().find(|row| row[0] == name).unwrap()[1].clone();
    assert_eq!((fact("Number of Entities"), fact("Dependent Variables")), (json!(76), json!("ie_children")));
    assert_eq!(fact("Customized Attributes"), "x_direction, x_domain_name, x_domain_organization");
    let named = rows(tracking, 30);
    assert!(named.len() > 20 && named.iter().all(|row| row[2].is_string() && row[3].is_string()), "{named:?}");
}

#[test]
fn the_demo_command_gives_the_published_figures() {
    let place = tempfile::tempdir().unwrap();
    let report = huntc(place.path(), &["demo", "."]);
    assert_published(&report);
}

#[test]
fn hosts_pids_and_lives_give_them_too() {
    let place = tempfile::tempdir().unwrap();
    demo::write_with(place.path(), EntityIds::Stripped).unwrap();
    let run = ["run", "scheduled-tasks.hf", "backward-and-forward-tracking.hf", "--out", "report", "--quiet"];
    assert_published(&huntc(place.path(), &run));
    let place = tempfile::tempdir().unwrap();
    demo::write_with(place.path(), EntityIds::Kept).unwrap();
    assert_published(&huntc(place.path(), &[&run[..], &["--process-identity", "ladder"]].concat()));
}

/// The same hunts on real servers: one index, both hunts, the published figures.
#[test]
fn servers_give_them_too() {
    for server in crate::support::servers::running(&["elasticsearch-9", "opensearch-3"]) {
        let place = tempfile::tempdir().unwrap();
        let written = demo::write(place.path()).unwrap();
        let mut text = String::new();
        let packed = std::fs::File::open(&written.data).unwrap();
        std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(packed), &mut text).unwrap();
        server.put_template();
        server.delete("winlogbeat-demo");
        assert!(server.load("winlogbeat-demo", text.lines()) > 0);
        // Bound as the post does it; the server asks for no credentials.
        let (host, port) = server.url.rsplit_once(':').unwrap();
        let connection = format!(r#"{{"host":"{host}", "port":{port}, "indices":"winlogbeat-demo"}}"#);
        let profile = [
            ("STIXSHIFTER_HOST101_CONNECTOR", "elastic_ecs"),
            ("STIXSHIFTER_HOST101_CONNECTION", connection.as_str()),
            ("STIXSHIFTER_HOST101_CONFIG", r#"{"auth":{"id":"VuaCfGcBCdbkQm-e5aOx", "api_key":"ui2lp2axTNmsyakw9tvNnw"}}"#),
        ];
        let hunts = ["scheduled-tasks.hf", "backward-and-forward-tracking.hf"];
        let run = [&["run"], &hunts[..], &["--out", "report", "--quiet"]].concat();
        assert_published(&huntc_with(place.path(), &run, &profile));
    }
}
