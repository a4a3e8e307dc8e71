//! Commands that write files: `fmt`, `ingest`, `demo`; and huntbooks.

use crate::support::cli::Huntc;
use std::fs;

const RECORD: &str = "{\"@timestamp\":\"2020-10-22T06:55:01.000Z\",\"process\":{\"entity_id\":\"{a}\",\"name\":\"cmd.exe\"}}\n";
const LOOSE: &str = "# why\np = get process from stixshifter://x   where name='cmd.exe'\nDISP  p attr name\n";

#[test]
fn fmt_rewrites_files_and_keeps_comments() {
    let huntc = Huntc::new().file("a.hf", LOOSE);
    let check = huntc.run("fmt --check a.hf");
    assert_eq!((check.code, check.stdout.as_str()), (Some(1), "a.hf would change\n"));
    assert_eq!(fs::read_to_string(huntc.path("a.hf")).unwrap(), LOOSE, "--check changes nothing");
    assert_eq!(huntc.run("fmt a.hf").code, Some(0));
    let text = fs::read_to_string(huntc.path("a.hf")).unwrap();
    assert!(text.starts_with("# why\np = GET process FROM stixshifter://x WHERE name = 'cmd.exe'"), "{text}");
    assert_eq!(huntc.run("fmt --check a.hf").code, Some(0), "formatted text is stable");
    assert_eq!(huntc.run_with("fmt -", LOOSE).stdout, text);
    assert_eq!(huntc.names("."), ["a.hf"], "nothing is left beside the file");
}

#[test]
fn fmt_leaves_what_it_cannot_read() {
    let broken = "p = GET process FROM\n";
    let huntc = Huntc::new().file("broken.hf", broken).file("a.hf", LOOSE);
    let ran = huntc.run("fmt broken.hf none.hf a.hf");
    assert_eq!(ran.code, Some(2), "{}", ran.text());
    assert_eq!(fs::read_to_string(huntc.path("broken.hf")).unwrap(), broken);
    assert_ne!(fs::read_to_string(huntc.path("a.hf")).unwrap(), LOOSE, "others are formatted");
    assert_eq!(huntc.run("fmt broken.hf").code, Some(1));
}

#[cfg(unix)]
#[test]
fn fmt_keeps_rights_and_follows_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let huntc = Huntc::new().file("real.hf", LOOSE);
    fs::set_permissions(huntc.path("real.hf"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink(huntc.path("real.hf"), huntc.path("link.hf")).unwrap();
    assert_eq!(huntc.run("fmt link.hf").code, Some(0));
    assert!(fs::symlink_metadata(huntc.path("link.hf")).unwrap().is_symlink());
    assert_eq!(fs::metadata(huntc.path("real.hf")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_ne!(fs::read_to_string(huntc.path("real.hf")).unwrap(), LOOSE);
}

fn notebook(code: &str) -> String {
    let lines: Vec<String> = code.split_inclusive('\n').map(|l| serde_json::to_string(l).unwrap()).collect();
    format!(
        "{{\"cells\":[{{\"cell_type\":\"markdown\",\"source\":[\"# x\"]}},{{\"cell_type\":\"code\",\"metadata\":{{}},\"outputs\":[],\"execution_count\":1,\"source\":[{}]}}],\"metadata\":{{}},\"nbformat\":4,\"nbformat_minor\":5}}",
        lines.join(",")
    )
}

#[test]
fn huntbooks_are_read_and_their_cells_are_named() {
    let huntc = Huntc::new()
        .file("good.ipynb", notebook(LOOSE))
        .file("bad.ipynb", notebook("p = GET process FROM stixshifter://x WHERE nme = 'a'\n"))
        .file("broken.ipynb", "{\"cells\": [");
    assert_eq!(huntc.run("check good.ipynb").code, Some(0));
    let bad = huntc.run("check bad.ipynb");
    assert_eq!(bad.code, Some(1));
    assert!(bad.stdout.contains("cell 2"), "{}", bad.stdout);
    let broken = huntc.run("check broken.ipynb good.ipynb --format json");
    assert!(broken.stdout.contains("bad-notebook"), "{}", broken.text());
    assert_eq!(huntc.run("fmt good.ipynb").code, Some(0));
    let text = fs::read_to_string(huntc.path("good.ipynb")).unwrap();
    assert!(text.contains("GET process FROM") && text.contains("\"nbformat_minor\":5"), "{text}");
}

#[test]
fn ingest_builds_and_extends_a_store_that_hunts_can_read() {
    let huntc = Huntc::new().file("one.ndjson", RECORD).file("two.ndjson", format!("{RECORD}not json\n"));
    let hunt = huntc.file("hunt.hf", "p = GET process FROM stixshifter://lab WHERE name = 'cmd.exe'\nDISP p ATTR name\n");
    let first = hunt.run("ingest one.ndjson --store lab.store");
    assert_eq!(first.code, Some(0), "{}", first.text());
    assert!(first.stdout.starts_with("1 record added in "), "{}", first.stdout);
    let second = hunt.run("ingest two.ndjson --store lab.store");
    assert!(second.stdout.contains("now holds 2 records"), "{}", second.text());
    assert!(second.stderr.contains("1 line of the logs skipped") && second.stderr.contains("two.ndjson:2"), "{}", second.stderr);
    let ran = hunt.run("run hunt.hf --source lab=lab.store --format json");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["hunts"][0]["variables"][0]["records"], 2, "{}", ran.text());
    assert!(hunt.run("sources --source lab=lab.store").stdout.contains("| store |"));
}

#[test]
fn ingest_tells_what_it_cannot_read() {
    let huntc = Huntc::new().file("one.ndjson", RECORD).file("taken/notes.txt", "x");
    assert_eq!(huntc.run("ingest none.ndjson --store s").code, Some(2));
    assert_eq!(huntc.run("ingest one.ndjson --store one.ndjson").code, Some(3));
    assert_eq!(huntc.run_with("ingest - --store piped", RECORD).code, Some(0));
}

#[test]
fn bad_lines_of_a_log_are_told() {
    let huntc = Huntc::new()
        .file("log.ndjson", format!("{RECORD}oops\n"))
        .file("hunt.hf", "p = GET process FROM stixshifter://lab WHERE name = 'x'\n");
    let ran = huntc.run("run hunt.hf --source lab=log.ndjson");
    assert_eq!(ran.code, Some(0));
    assert!(ran.stderr.contains("1 line of `lab`") && ran.stderr.contains("log.ndjson:2"), "{}", ran.stderr);
}

#[test]
fn the_demo_can_be_written_alone_and_checks() {
    let huntc = Huntc::new();
    let ran = huntc.run("demo d --no-run");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(huntc.names("d").contains(&"huntc.toml".to_owned()));
    let check = huntc.run("check d/scheduled-tasks.hf d/backward-and-forward-tracking.hf");
    assert_eq!(check.code, Some(0), "{}", check.text());
    assert!(huntc.run("sources --config d/huntc.toml").stdout.contains("d/host101.ndjson.gz"));
    let file = huntc.file("taken", "");
    assert_eq!(file.run("demo taken").code, Some(2));
}

/// Records of one file for the other: the first process again, with a child.
const MORE: &str = "{\"@timestamp\":\"2020-10-22T06:55:01.000Z\",\"process\":{\"entity_id\":\"{a}\",\"name\":\"cmd.exe\"}}\n\
    {\"@timestamp\":\"2020-10-22T06:55:02.000Z\",\"process\":{\"entity_id\":\"{b}\",\"name\":\"net.exe\",\"parent\":{\"entity_id\":\"{a}\",\"name\":\"cmd.exe\"}}}\n";

#[test]
fn a_source_may_consist_of_several_bindings() {
    let hunt = "p = GET process FROM stixshifter://x WHERE name = 'cmd.exe'\nc = FIND process CREATED BY p\nDISP TIMESTAMPED(c) ATTR name\n";
    let huntc = Huntc::new()
        .file("both/one.ndjson", RECORD)
        .file("both/two.ndjson", MORE)
        .file("one.ndjson", RECORD)
        .file("two.ndjson", MORE)
        .file("hunt.hf", hunt);
    assert_eq!(huntc.run("ingest one.ndjson --store one.store").code, Some(0));
    assert_eq!(huntc.run("ingest two.ndjson --store two.store").code, Some(0));
    let figures = |sources: &str| {
        let ran = huntc.run(&format!("run hunt.hf --format json --keys {sources}"));
        assert_eq!(ran.code, Some(0), "{}", ran.text());
        let mut report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        report["hunts"][0]["variables"].as_array_mut().unwrap().iter_mut().for_each(|v| v["elapsed_ms"] = 0.into());
        (report["hunts"][0]["variables"].to_string(), report["hunts"][0]["displays"].to_string())
    };
    let folder = figures("--source x=both");
    assert!(folder.0.contains("\"records\":3"), "{}", folder.0);
    for sources in [
        "--source x=one.ndjson --source x=two.ndjson",
        "--source x=one.ndjson --source x=two.store",
        "--source x=one.store --source x=two.ndjson --source x=./two.ndjson",
        "--source x=one.store --source X=two.store --source x=one.store",
    ] {
        assert_eq!(figures(sources), folder, "{sources}");
    }
    let listed = huntc.run("sources --source x=one.store --source x=two.ndjson").stdout;
    assert!(listed.contains("| several |") && listed.contains("one.store, two.ndjson"), "{listed}");
    let doctor = huntc.run("doctor x --source x=one.store --source x=two.ndjson");
    assert!(doctor.code == Some(0) && doctor.stdout.contains("3 records"), "{}", doctor.text());
}
