//! The command line as users meet it: exit status, standard output and standard error of the real binary.

use crate::support::cli::{Huntc, Ran};
use std::fs;

/// Three records: a shell, its child, and a flow of the child; the child's command line is what an attacker wrote.
const LOG: &str = concat!(
    r#"{"@timestamp":"2020-10-22T06:55:01.000Z","event":{"code":"1","category":"process","type":"start"},"host":{"name":"ws1"},"process":{"entity_id":"{a}","pid":10,"name":"cmd.exe","executable":"C:\\Windows\\cmd.exe","command_line":"cmd /c start"}}"#,
    "\n",
    r#"{"@timestamp":"2020-10-22T06:55:02.000Z","event":{"code":"1","category":"process","type":"start"},"host":{"name":"ws1"},"process":{"entity_id":"{b}","pid":11,"name":"evil.exe","executable":"C:\\evil.exe","command_line":"=cmd|' /C calc'!A0 \u001b[2J\u202egpj.exe<script>","parent":{"entity_id":"{a}","pid":10,"name":"cmd.exe"}}}"#,
    "\n",
    r#"{"@timestamp":"2020-10-22T06:55:03.000Z","event":{"code":"3","category":"network"},"host":{"name":"ws1"},"process":{"entity_id":"{b}","pid":11,"name":"evil.exe"},"source":{"ip":"10.0.0.5","port":50000},"destination":{"ip":"203.0.113.9","port":443},"network":{"transport":"tcp"}}"#,
    "\n",
);

const HUNT: &str = "shell = GET process FROM stixshifter://host101 WHERE name = 'cmd.exe'\n\
                    child = FIND process CREATED BY shell\nDISP child ATTR name, pid, command_line\n";

const EMPTY: &str = "none = GET process FROM stixshifter://host101 WHERE name = 'absent.exe'\nDISP none ATTR name\n";

const WRONG: &str = "p = GET process FROM stixshifter://host101 WHERE nme = 'x'\n";

fn lab() -> Huntc {
    Huntc::new().file("log.ndjson", LOG).file("hunt.hf", HUNT).file("empty.hf", EMPTY).file("wrong.hf", WRONG)
}

fn run(line: &str) -> Ran {
    lab().run(&format!("run {line} --source host101=log.ndjson"))
}

#[test]
fn help_of_every_command() {
    let huntc = Huntc::new();
    huntc.run("--help").snapshot("help");
    for command in
        ["check", "compile", "run", "ingest", "demo", "fmt", "explain", "catalog", "sources", "analytics", "doctor", "completions"]
    {
        huntc.run(&format!("{command} --help")).snapshot(&format!("help-{command}"));
    }
}

#[test]
fn wrong_command_lines_end_with_2() {
    let huntc = lab();
    huntc.run("").snapshot("usage-nothing");
    huntc.run("run").snapshot("usage-no-file");
    huntc.run("run hunt.hf --window 24").snapshot("usage-window");
    huntc.run("check hunt.hf --deny no-such-lint").snapshot("usage-lint");
    huntc.run("run hunt.hf --source log.ndjson").snapshot("usage-source");
    huntc.run("run hunt.hf --config none.toml").snapshot("usage-config");
}

#[test]
fn check_tells_errors_of_all_files() {
    let huntc = lab();
    huntc.run("check hunt.hf").snapshot("check-good");
    huntc.run("check wrong.hf none.hf hunt.hf").snapshot("check-several");
    huntc.run("check wrong.hf --format json").snapshot("check-json");
    huntc.run("check wrong.hf --format github").snapshot("check-github");
    huntc.run_with("check -", WRONG).snapshot("check-stdin");
    let good = huntc.run("check hunt.hf --allow source-not-bound --format json");
    assert_eq!((good.code, good.stdout.as_str()), (Some(0), "[]\n"));
}

#[test]
fn check_says_why_the_type_of_a_file_is_not_known() {
    let huntc = Huntc::new().file("a.hf", "p = LOAD /etc/passwd.csv\nq = LOAD none.csv\nDISP p\nDISP q\n");
    let shown = huntc.run("check a.hf").stdout;
    for why in ["it lies outside the folders that LOAD and SAVE may use", "it cannot be opened: No such file or directory"] {
        assert!(shown.contains(why), "{shown}");
    }
}

#[test]
fn lints_can_be_moved() {
    let huntc = lab().file(
        "unused.hf",
        "a = GET process FROM stixshifter://x WHERE name = 'a'\na = GET process FROM stixshifter://x WHERE name = 'b'\n",
    );
    let code = |line: &str| huntc.run(line).code;
    assert_eq!(code("check unused.hf"), Some(0));
    assert_eq!(code("check unused.hf --deny K0102"), Some(1));
    let allowed = huntc.run("check unused.hf --allow K0102 --format json");
    assert!(!allowed.stdout.contains("K0102"), "{}", allowed.stdout);
    let huntc = huntc.file("huntc.toml", "[lints]\nK0102 = \"deny\"\n");
    assert_eq!(huntc.run("check unused.hf").code, Some(1));
    assert_eq!(huntc.run("check unused.hf --allow K0102").code, Some(0), "flags win over files");
}

#[test]
fn a_mapping_of_ones_own_is_laid_over_the_catalog() {
    let columns = "entity,slot,attribute,type,rule,fields,flags\n";
    let huntc = Huntc::new()
        .file("own.hf", "p = GET process FROM stixshifter://x WHERE x_score = 5\n")
        .file("site.csv", format!("{columns}process,self,x_score,integer,value,acme.score,\n"))
        .file("bad.csv", format!("{columns}proces,self,x_score,integer,value,acme.score,\n"));
    assert_eq!(huntc.run("check own.hf").code, Some(1));
    assert_eq!(huntc.run("check own.hf --mapping site.csv").code, Some(0));
    assert!(huntc.run("compile own.hf --mapping site.csv").stdout.contains("acme.score"));
    assert_eq!(huntc.run("check own.hf --mapping none.csv").code, Some(2));
    huntc.run("check own.hf --mapping bad.csv").snapshot("mapping-bad");
    let huntc = huntc.file("huntc.toml", "[run]\nmapping = \"site.csv\"\n");
    assert_eq!(huntc.run("check own.hf").code, Some(0));
}

#[test]
fn the_dry_run_shows_every_stage_and_sends_nothing() {
    let huntc = lab();
    for stage in ["tokens", "ast", "hir", "plan", "requests", "console", "curl", "dot", "mermaid", "svg"] {
        let ran = huntc.run(&format!("compile hunt.hf --emit {stage}"));
        assert_eq!(ran.code, Some(0), "{stage}: {}", ran.stderr);
        assert!(ran.stdout.contains("shell") || ran.stdout.contains("cmd.exe"), "{stage}: {}", ran.stdout);
    }
    let ran = huntc.run("compile wrong.hf --emit plan");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
}

/// What a hunt looks for is shown as it is, though the body of a request has words of its own.
#[test]
fn the_dry_run_shows_literals_as_they_are() {
    let huntc = Huntc::new().file("own.hf", "p = GET process FROM stixshifter://x WHERE name = '_shard_doc'\n");
    for stage in ["requests", "console", "curl"] {
        let shown = huntc.run(&format!("compile own.hf --emit {stage}")).stdout;
        let terms = shown.matches(r#""value": "_shard_doc""#).count();
        assert!(terms > 0, "{stage}: {shown}");
        assert!(!shown.contains(r#""value": "@timestamp""#), "{stage}: {shown}");
    }
}

#[test]
fn a_run_prints_displays_and_summary() {
    let ran = run("hunt.hf");
    ran.snapshot("run-text");
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'), "hostile text reaches the terminal");
    let quiet = run("hunt.hf --quiet");
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (Some(0), "", ""));
}

#[test]
fn a_run_prints_json() {
    let ran = run("hunt.hf --format json --keys");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let hunt = &report["hunts"][0];
    assert_eq!((report["schema"].as_u64(), hunt["file"].as_str(), hunt["status"].as_str()), (Some(1), Some("hunt.hf"), Some("ok")));
    assert_eq!(hunt["variables"][1]["keys"], serde_json::json!([["{b}"]]));
    assert_eq!(hunt["displays"][0]["rows"][0][1], 11);
    assert!(hunt["displays"][0]["rows"][0][2].as_str().unwrap().contains("\u{1b}[2J\u{202e}"), "the value itself is whole");
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'));
}

#[test]
fn a_report_folder_holds_every_form_and_every_form_is_safe() {
    let huntc = lab();
    let ran = huntc.run("run hunt.hf --source host101=log.ndjson --out out/r");
    ran.snapshot("run-out");
    assert_eq!(
        huntc.names("out/r"),
        [".huntc-report", "01-child.csv", "01-child.json", "report.html", "report.json", "requests.console", "requests.ndjson"]
    );
    assert_eq!(huntc.names("out"), ["r"]);
    let csv = fs::read_to_string(huntc.path("out/r/01-child.csv")).unwrap();
    assert!(csv.starts_with("name,pid,command_line\nevil.exe,11,'=cmd|"), "{csv}");
    let html = fs::read_to_string(huntc.path("out/r/report.html")).unwrap();
    assert!(html.matches("<script>").count() == 1 && html.contains("&lt;script&gt;"));
    let raw = huntc.run("run hunt.hf --source host101=log.ndjson --out out/r --raw-csv");
    assert_eq!(raw.code, Some(0));
    assert!(fs::read_to_string(huntc.path("out/r/01-child.csv")).unwrap().contains("evil.exe,11,=cmd|"));
}

#[test]
fn two_runs_give_the_same_report_but_for_times() {
    let huntc = lab();
    let report = |folder: &str| {
        let ran =
            huntc.run(&format!("run hunt.hf empty.hf --source host101=log.ndjson --keys --at 2020-10-23T00:00:00Z --out {folder}"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let text = fs::read_to_string(huntc.path(folder).join("report.json")).unwrap();
        regex::Regex::new(r#""elapsed_ms": \d+"#).unwrap().replace_all(&text, "").into_owned()
    };
    assert_eq!(report("one"), report("two"));
}

#[test]
fn files_are_judged_one_by_one_and_the_worst_counts() {
    let huntc = lab();
    let code = |line: &str| huntc.run(&format!("run {line} --quiet --source host101=log.ndjson")).code;
    assert_eq!(code("hunt.hf empty.hf"), Some(0));
    assert_eq!(code("empty.hf --fail-on-findings"), Some(0));
    assert_eq!(code("empty.hf hunt.hf --fail-on-findings"), Some(5));
    assert_eq!(code("hunt.hf wrong.hf empty.hf --fail-on-findings"), Some(1));
    assert_eq!(code("none.hf hunt.hf"), Some(2));
    let ran = huntc.run("run wrong.hf hunt.hf --source host101=log.ndjson --out r");
    assert_eq!(ran.code, Some(1));
    let report = huntc.report("r");
    let statuses: Vec<_> = report["hunts"].as_array().unwrap().iter().map(|h| h["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["error", "ok"]);
    assert_eq!(report["hunts"][0]["diagnostics"][0]["code"], "K0201");
    assert!(huntc.names("r").contains(&"02-hunt-01-child.csv".to_owned()));
}

#[test]
fn a_source_that_is_not_bound_is_no_empty_one() {
    let huntc = lab().file("huntc.toml", "[sources.host102]\npath = \"log.ndjson\"\n");
    huntc.run("run hunt.hf --out r").snapshot("run-unbound");
    assert_eq!(huntc.report("r")["hunts"][0]["status"], "error");
}

/// Huntbooks name data sets by their address, hosts by names with dots.
#[test]
fn sources_of_any_name_can_be_bound_as_the_help_says() {
    for (written, name) in
        [("https://h.example/Sets/A.zip", "h.example/sets/a.zip"), ("stixshifter://Lab-10.0.0.1", "lab-10.0.0.1")]
    {
        let huntc = lab().file("book.hf", HUNT.replace("stixshifter://host101", written));
        let unbound = huntc.run("run book.hf");
        assert_eq!(unbound.code, Some(2));
        let help = format!("`--source {name}=FILE`, or a table `[sources.\"{name}\"]`");
        assert!(unbound.stderr.contains(&help), "{}", unbound.stderr);
        for flag in [name, written] {
            let ran = huntc.run(&format!("run book.hf --source {flag}=log.ndjson"));
            assert_eq!(ran.code, Some(0), "{}", ran.text());
        }
        for key in [name, written] {
            let huntc = lab()
                .file("book.hf", HUNT.replace("stixshifter://host101", written))
                .file("huntc.toml", format!("[sources.\"{key}\"]\npath = \"log.ndjson\"\n"));
            assert_eq!(huntc.run("run book.hf").code, Some(0), "{key}");
        }
    }
}

#[test]
fn plans_show_values_as_they_are() {
    let huntc = Huntc::new().file("a.hf", "p = GET process FROM stixshifter://x WHERE pid > 4 AND pid <= 10\nEXPLAIN p\n");
    let plan = huntc.run("compile a.hf --emit plan").stdout;
    assert!(plan.contains("pid > 4") && plan.contains("pid <= 10"), "{plan}");
}

#[test]
fn a_source_that_cannot_be_read_fails_the_hunt_and_the_report_says_so() {
    let huntc = lab().file("huntc.toml", "[sources.host101]\npath = \"gone.ndjson\"\n");
    let ran = huntc.run("run hunt.hf empty.hf --out r");
    assert_eq!(ran.code, Some(3), "{}", ran.text());
    assert_eq!(huntc.report("r")["hunts"][0]["status"], "failed");
    assert_eq!(huntc.report("r")["hunts"][0]["variables"][0]["entities"], serde_json::Value::Null);
}

#[test]
fn configuration_errors_stop_everything_before_anything_is_sent() {
    let huntc = lab().file("huntc.toml", "[sources.host101]\npath = \"log.ndjson\"\nuri2 = 5\n");
    huntc.run("run hunt.hf --out r").snapshot("config-unknown-key");
    assert!(!huntc.path("r").exists());
}

#[test]
fn a_folder_of_others_is_never_replaced() {
    let huntc = lab().file("docs/thesis.txt", "years of work");
    let ran = huntc.run("run hunt.hf --source host101=log.ndjson --out docs");
    ran.snapshot("run-out-foreign");
    assert_eq!(huntc.names("docs"), ["thesis.txt"]);
    let file = huntc.run("run hunt.hf --source host101=log.ndjson --out hunt.hf");
    assert_eq!(file.code, Some(2));
    assert_eq!(fs::read_to_string(huntc.path("hunt.hf")).unwrap(), HUNT);
}

#[cfg(unix)]
#[test]
fn an_analytic_over_several_variables_is_started_once() {
    let hunt = "a = GET process FROM stixshifter://host101 WHERE name = 'cmd.exe'\n\
                b = GET process FROM stixshifter://host101 WHERE name LIKE '%.exe'\n\
                APPLY exec://seen ON a, b\n\
                DISP a ATTR name, x_seen\nDISP b ATTR name, x_seen SORT BY name ASC\n";
    let script =
        r#"echo >> starts; sed -E 's/.*"row":([0-9]+),"table":([0-9]+).*/{"table":\2,"row":\1,"data":{"x_seen":"\2.\1"}}/'"#;
    let config = format!("[analytics.\"exec://seen\"]\nexec = [\"/bin/sh\", \"-c\", {script:?}]\noutputs = [\"x_seen\"]\n");
    let huntc = lab().file("apply.hf", hunt).file("huntc.toml", config);
    let ran = huntc.run("run apply.hf --source host101=log.ndjson --config huntc.toml");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert_eq!(fs::read_to_string(huntc.path("starts")).unwrap().lines().count(), 1);
    // Each answer goes to the table and row that it names.
    for cells in [["cmd.exe", "0.0"], ["cmd.exe", "1.0"], ["evil.exe", "1.1"]] {
        assert!(ran.stdout.lines().any(|l| cells.iter().all(|c| l.contains(c))), "{cells:?}\n{}", ran.stdout);
    }
}

#[test]
fn a_display_behind_a_failed_analytic_says_why_it_is_missing() {
    let hunt = "a = GET process FROM stixshifter://host101 WHERE name = 'cmd.exe'\nAPPLY exec://nobody ON a\nDISP a ATTR name\n";
    let ran = lab().file("apply.hf", hunt).run("run apply.hf --source host101=log.ndjson --format json");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["hunts"][0]["displays"][0]["missing"], "the analytic \"exec://nobody\" is not configured");
    let told = report["hunts"][0]["diagnostics"].as_array().unwrap().iter().filter(|d| d["code"] == "K1001").count();
    assert_eq!(told, 1);
}

#[test]
fn secrets_are_shown_nowhere() {
    let huntc = lab()
        .file("huntc.toml", "[sources.a]\nuri = \"https://127.0.0.1:9/x\"\nauth = { token = \"hunter2\" }\n[analytics.score]\nexec = [\"score\", \"--key=hunter2\"]\n")
        .var("STIXSHIFTER_B_CONNECTION", r#"{"host":"127.0.0.1","port":9,"indices":"x"}"#)
        .var("STIXSHIFTER_B_CONFIG", r#"{"auth":{"id":"hunter2","api_key":"hunter2"}}"#)
        .var("STIXSHIFTER_C_CONFIG", r#"{"auth":{"username":"hunter2","#)
        .var("STIXSHIFTER_C_CONNECTION", "{}")
        .var("HUNTC_CONFIG", "huntc.toml");
    let sources = huntc.run("sources --source d=https://hunter2:hunter2@127.0.0.1:9/x");
    sources.snapshot("sources");
    huntc.run("analytics").snapshot("analytics");
    let lines = [
        "sources --format json --source d=https://u:hunter2@127.0.0.1:9/x",
        "sources --source d=https://u:hunter2@127.0.0.1:99999/x",
        "doctor d --source d=http://u:hunter2@127.0.0.1:9/x",
        "compile hunt.hf --emit curl --source host101=https://u:hunter2@127.0.0.1:9/x",
        "run hunt.hf --source host101=http://u:hunter2@127.0.0.1:9/x --format json",
    ];
    for line in lines {
        let ran = huntc.run(line);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("hunter2"), "{}", ran.text());
    }
    assert!(!sources.stdout.contains("hunter2"));
}

#[test]
fn the_variables_of_the_seed_bind_its_source() {
    let huntc = lab()
        .var("STIXSHIFTER_HOST101_CONNECTOR", "elastic_ecs")
        .var("STIXSHIFTER_HOST101_CONNECTION", r#"{"host":"elastic.securitylog.company.com", "port":9200, "indices":"host101"}"#)
        .var("STIXSHIFTER_HOST101_CONFIG", r#"{"auth":{"id":"VuaCfGcBCdbkQm-e5aOx", "api_key":"ui2lp2axTNmsyakw9tvNnw"}}"#);
    huntc.run("sources").snapshot("sources-seed");
    let broken = lab().var("STIXSHIFTER_HOST101_CONNECTION", "{\"host\": \"hunter2\"");
    broken.run("run hunt.hf").snapshot("environment-broken");
}

#[test]
fn explain_prints_pages_and_lists_codes() {
    let huntc = Huntc::new();
    huntc.run("explain K0809").snapshot("explain");
    huntc.run("explain output-not-usabel").snapshot("explain-unknown");
    let list = huntc.run("explain");
    for code in huntc_compiler::diag::codes::all() {
        assert!(list.stdout.contains(code.id) && list.stdout.contains(code.slug), "{}", code.id);
    }
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = Huntc::new().run(&format!("completions {shell}"));
        assert_eq!(ran.code, Some(0));
        assert!(ran.stdout.contains("fail-on-findings"), "{shell}");
    }
}

#[test]
fn doctor_looks_at_files() {
    let huntc = lab();
    let ran = huntc.run("doctor lab --source lab=log.ndjson");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("3 records") && ran.stdout.contains("process.entity_id"), "{}", ran.stdout);
    huntc.run("doctor lag --source lab=log.ndjson").snapshot("doctor-unknown");
}
