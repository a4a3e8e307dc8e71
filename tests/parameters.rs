//! Parameters and patterns of sources on the command line, in notebooks and at night.

use crate::support::cli::Huntc;
use serde_json::json;

const LOG: &str = r#"{"@timestamp":"2026-01-01T01:00:00Z","event":{"code":"1","category":["process"],"type":["start"]},"host":{"name":"ws1"},"process":{"entity_id":"p1","name":"cmd.exe","pid":7}}
{"@timestamp":"2026-01-01T01:00:01Z","event":{"code":"1","category":["process"],"type":["start"]},"host":{"name":"ws2"},"process":{"entity_id":"p2","name":"net.exe","pid":8}}
{"@timestamp":"2026-01-01T01:00:02Z","event":{"code":"1","category":["process"],"type":["start"]},"host":{"name":"ws2"},"process":{"entity_id":"p3","name":"7","pid":9}}
"#;

const HUNT: &str = "# title: Programs\n# param: names = ('cmd.exe', 'x.exe')  # what to look for\n# param: host   # the machine\n\
                    # param: most = 5\np = GET process FROM stixshifter://lab WHERE name IN $names AND host.name = $host LAST 1 d LIMIT $most\n\
                    DISP p ATTR name\n";

fn place() -> Huntc {
    Huntc::new().file("log.ndjson", LOG).file("hunt.hf", HUNT)
}

/// The parameters and the first column of a run's table.
fn found(huntc: &Huntc, line: &str) -> (serde_json::Value, Vec<String>) {
    let ran = huntc.run(&format!("run {line} --source lab=log.ndjson --at 2026-01-01T02:00:00Z --format json"));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows = report["hunts"][0]["displays"][0]["rows"].as_array().unwrap();
    let names = rows.iter().map(|row| row[0].as_str().unwrap_or("null").to_owned()).collect();
    (report["hunts"][0]["parameters"].clone(), names)
}

#[test]
fn values_are_listed_replaced_and_reported() {
    let huntc = place();
    huntc.run("run --help-params hunt.hf").snapshot("help-params");
    huntc.run("run hunt.hf --source lab=log.ndjson --set host=ws1 --set most=1 --at 2026-01-01T02:00:00Z").snapshot("run-set");
    let (parameters, rows) = found(&huntc, "hunt.hf --set host=ws1");
    let told = json!([
        {"name": "names", "value": ["cmd.exe", "x.exe"], "from": "default"},
        {"name": "host", "value": "ws1", "from": "--set"},
        {"name": "most", "value": 5, "from": "default"}
    ]);
    assert_eq!((parameters, rows), (told, vec!["cmd.exe".to_owned()]));
    let (_, rows) = found(&huntc, "hunt.hf --set host=ws1 --set host=ws2 --set names=['7','net.exe']");
    assert_eq!(rows, ["net.exe", "7"], "the last value counts");
    assert_eq!(found(&huntc, "hunt.hf --set host=ws2 --set names=7").1, ["7"], "text, as the default is");
}

#[test]
fn a_value_is_no_part_of_the_hunt() {
    let (parameters, rows) = found(&place(), "hunt.hf --set host=x'\u{a0}OR\u{a0}name\u{a0}LIKE\u{a0}'%");
    assert_eq!(rows, [""; 0]);
    assert_eq!(parameters[1]["value"], "x'\u{a0}OR\u{a0}name\u{a0}LIKE\u{a0}'%");
}

#[test]
fn a_value_is_made_harmless_where_it_is_shown() {
    let ran = place().run("run hunt.hf --source lab=log.ndjson --set host=\u{1b}[2Jx --at 2026-01-01T02:00:00Z");
    let shown = ran.stdout + &ran.stderr;
    assert!(ran.code == Some(0) && !shown.contains('\u{1b}') && shown.contains("[2Jx (--set)"), "{shown:?}");
}

#[test]
fn values_are_for_the_hunts_that_declare_them() {
    let huntc = place().file("other.hf", "p = GET process FROM stixshifter://lab WHERE pid = 8 LAST 1 d\nDISP p ATTR name\n");
    let both = "hunt.hf other.hf --source lab=log.ndjson --at 2026-01-01T02:00:00Z";
    assert_eq!(huntc.run(&format!("run {both} --set host=ws1")).code, Some(0));
    for command in ["run other.hf", "check other.hf", "compile other.hf"] {
        let ran = huntc.run(&format!("{command} --set host=ws1"));
        assert!(ran.code == Some(2) && ran.stderr.contains("K0606"), "{}", ran.text());
    }
    assert_eq!(huntc.run("run hunt.hf --set host").code, Some(2), "no value");
}

#[test]
fn a_notebook_has_parameters_too() {
    let cell = |text: &str| json!({"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": [text]});
    let cells = [
        cell("# param: host = 'ws1'\np = GET process FROM stixshifter://lab WHERE host.name = $host LAST 1 d"),
        cell("DISP p ATTR name"),
    ];
    let book = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5});
    let huntc = place().file("book.ipynb", book.to_string());
    assert_eq!(found(&huntc, "book.ipynb").1, ["cmd.exe"]);
    assert_eq!(found(&huntc, "book.ipynb --set host=ws2").1, ["net.exe", "7"]);
}

#[test]
fn formatting_keeps_them() {
    let text = "# param: Days = 7  # far\n\nx=get process from stixshifter://$S,b where pid in($Days,3) last $Days D limit $Days\n";
    let ran = Huntc::new().run_with("fmt -", text);
    assert_eq!(
        ran.stdout,
        "# param: Days = 7  # far\n\nx = GET process FROM stixshifter://$S,b WHERE pid IN ($Days, 3) LAST $Days d LIMIT $Days\n",
        "{}",
        ran.text()
    );
}

/// A hunt of a night whose program is a parameter.
const NIGHTLY: &str =
    "# param: program = 'none.exe'\nx = GET process FROM stixshifter://lab WHERE name = $program\nDISP x ATTR name\n";

#[test]
fn nights_take_values_from_their_configuration() {
    let night = |toml: &str, flags: &str| {
        let huntc = place().file("hunts/a.hf", NIGHTLY).file("hunts/net/b.hf", NIGHTLY).file("hunts/huntc.toml", toml);
        let line = "nightly run hunts --source lab=log.ndjson --at 2026-01-01T02:00:00Z --fail-on-findings";
        let ran = huntc.run(&format!("{line} {flags}"));
        (ran.code, ran.text())
    };
    let all = "[nightly.params]\nprogram = \"cmd.exe\"\n";
    for (toml, flags, code) in [
        ("", "", 0),
        (all, "", 5),
        (all, "--set program=none.exe", 0),
        ("", "--set program=cmd.exe", 5),
        ("[nightly.params.\"net/b\"]\nprogram = \"cmd.exe\"\n", "", 5),
        ("[nightly.params.\"net/b\"]\nprogram = \"cmd.exe\"\n", "--only a", 0),
        ("[nightly.params]\nprogram = \"cmd.exe\"\n[nightly.params.\"net/b.hf\"]\nprogram = \"none.exe\"\n", "--only net/b", 0),
        ("[nightly.params]\nprogram = [\"cmd.exe\", \"x.exe\"]\n", "", 1),
        ("[nightly.params]\nprogram = 0x10\n", "", 2),
        ("[nightly.params]\nprogram = {}\n", "", 2),
        ("[nightly.params]\nprogamm = \"cmd.exe\"\n", "", 2),
        ("[nightly.params]\nprogamm = \"cmd.exe\"\n", "--only a", 0),
        ("[nightly.params.c]\nprogram = \"cmd.exe\"\n", "", 2),
        ("", "--set progamm=cmd.exe", 2),
    ] {
        let (got, told) = night(toml, flags);
        assert_eq!(got, Some(code), "{toml} {flags}: {told}");
    }
}

#[test]
fn tests_and_checks_of_nights_take_them_too() {
    let huntc = place()
        .file("hunts/a.hf", NIGHTLY)
        .file("hunts/a.test/records.ndjson", LOG)
        .file("hunts/a.test/expected.csv", "name\ncmd.exe\n")
        .file("hunts/huntc.toml", "[nightly.params]\nprogram = \"cmd.exe\"\n");
    assert_eq!(huntc.run("nightly test hunts").code, Some(0), "{}", huntc.run("nightly test hunts").text());
    assert_eq!(huntc.run("nightly test hunts --set program=net.exe").code, Some(1));
    assert_eq!(huntc.run("nightly check hunts --set program=net.exe --allow K0821").code, Some(0));
    assert_eq!(huntc.run("nightly check hunts --set programm=net.exe").code, Some(2));
}

#[test]
fn a_pattern_asks_every_source_whose_name_fits() {
    let hunt =
        "p = GET process FROM stixshifter://Win-*,other WHERE pid > 0 LAST 1 d\nq = FIND process LINKED p\nDISP p ATTR name\n";
    let part = |n: usize| format!("{}\n", LOG.lines().nth(n).unwrap());
    let huntc = Huntc::new().file("hunt.hf", hunt).file("a.ndjson", part(0)).file("b.ndjson", part(1)).file("c.ndjson", part(2));
    let bound = "--source win-b=a.ndjson --source WIN-a=b.ndjson --source other=c.ndjson --source linux=c.ndjson";
    let ran = huntc.run(&format!("run hunt.hf {bound} --at 2026-01-01T02:00:00Z --format json"));
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let sources = json!(["stixshifter://win-a", "stixshifter://win-b", "stixshifter://other"]);
    assert_eq!(report["hunts"][0]["variables"][0]["sources"], sources, "{}", ran.text());
    assert_eq!(report["hunts"][0]["variables"][1]["sources"], sources);
    assert_eq!(report["hunts"][0]["displays"][0]["rows"], json!([["cmd.exe"], ["net.exe"], ["7"]]));
    huntc.run("run hunt.hf --source linux=a.ndjson --source other=c.ndjson").snapshot("run-no-source-fits");
    assert_eq!(huntc.run("run hunt.hf --source other=c.ndjson").code, Some(1), "nobody fits, though another is bound");
}

/// A source that cannot be used is asked all the same: passed over, it would look as if it held nothing.
#[test]
fn a_pattern_does_not_pass_over_a_broken_source() {
    let huntc = place()
        .file("one.hf", "p = GET process FROM stixshifter://win-* WHERE pid > 0 LAST 1 d\nDISP p ATTR name\n")
        .file("home/.config/kestrel/stixshifter.yaml", "profiles:\n  win-x:\n    connector: elastic_ecs\n    connection: 7\n");
    let ran = huntc.run("run one.hf --source win-y=log.ndjson --at 2026-01-01T02:00:00Z");
    assert!(ran.code == Some(2) && ran.stderr.contains("win-x"), "{}", ran.text());
}
