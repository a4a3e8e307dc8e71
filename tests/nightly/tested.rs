//! `nightly check` and `nightly test`: what can be known of nights before one runs.

use crate::support::cli::Huntc;
use std::fs;

const HUNT: &str = "# window: nightly\nx = GET process FROM stixshifter://lab WHERE name = 'evil.exe'\nDISP x ATTR name, pid\n";
const RECORDS: &str = r#"{"@timestamp":"2026-01-01T01:00:00Z","event":{"code":"1","category":["process"],"type":["start"]},"host":{"name":"a"},"process":{"entity_id":"p1","name":"evil.exe","pid":7}}
{"@timestamp":"2026-01-05T01:00:00Z","event":{"code":"1","category":["process"],"type":["start"]},"host":{"name":"a"},"process":{"entity_id":"p2","name":"good.exe","pid":8}}
"#;
/// A cluster that must not be asked. Files that are named are trusted.
const CONFIG: &str = "[sources.lab]\nuri = \"http://127.0.0.1:9\"\nindices = [\"a\"]\n";

fn place(expected: &str) -> Huntc {
    Huntc::new()
        .file("huntc.toml", CONFIG)
        .file("hunts/net/a.hf", HUNT)
        .file("hunts/net/a.test/records.ndjson", RECORDS)
        .file("hunts/net/a.test/expected.csv", expected)
}

#[test]
fn a_test_passes_and_fails_by_its_rows() {
    let ran = place("name\nevil.exe\n").run("nightly test hunts --config huntc.toml");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.text());
    assert_eq!(ran.stdout, "net/a.hf: ok, 1 finding\n1 hunt: 1 as expected, 0 not, 0 without a test\n");
    place("name,pid\nevil.exe,9\n").run("nightly test hunts --config huntc.toml").snapshot("nightly-test-different");
    // Nothing but the difference decides.
    assert_eq!(place("name\n").run("nightly test hunts --config huntc.toml").code, Some(1), "found and not expected");
    assert_eq!(
        place("name\nevil.exe\ngood.exe\n").run("nightly test hunts --config huntc.toml").code,
        Some(1),
        "expected and not found"
    );
}

#[test]
fn an_update_writes_what_is_found() {
    let huntc = place("pid\n");
    assert_eq!(huntc.run("nightly test hunts --config huntc.toml").code, Some(1));
    assert_eq!(huntc.run("nightly test hunts --config huntc.toml --update").code, Some(0));
    assert_eq!(fs::read_to_string(huntc.path("hunts/net/a.test/expected.csv")).unwrap(), "pid\n7\n");
    assert_eq!(huntc.run("nightly test hunts --config huntc.toml").code, Some(0));
    assert_eq!(huntc.run("nightly test hunts/net/a.hf --config huntc.toml").code, Some(0));
    fs::remove_file(huntc.path("hunts/net/a.test/expected.csv")).unwrap();
    let ran = huntc.run("nightly test hunts --config huntc.toml");
    assert!(ran.code == Some(2) && ran.stderr.contains("--update"), "{}", ran.text());
    huntc.run("nightly test hunts --config huntc.toml --update");
    assert_eq!(fs::read_to_string(huntc.path("hunts/net/a.test/expected.csv")).unwrap(), "name,pid,hosts,users\nevil.exe,7,a,\n");
}

#[test]
fn a_test_that_tests_nothing_does_not_pass() {
    for (name, text, wanted) in [
        // The hunt was renamed, and its test was not.
        ("hunts/net/b.test/records.ndjson", RECORDS, "b.test` belongs to no hunt"),
        ("hunts/net/a.test/records.ndjson", "", "has no record with a time"),
        ("hunts/net/a.test/records.ndjson", "no json\n", "has no record with a time"),
        ("hunts/net/a.test/expected.csv", "nmae\nevil.exe\n", "has a column `nmae`"),
    ] {
        let ran = place("name\nevil.exe\n").file(name, text).run("nightly test hunts --config huntc.toml");
        assert!(ran.code == Some(2) && ran.stderr.contains("K0880") && ran.stderr.contains(wanted), "{name}: {}", ran.text());
    }
    let broken = place("name\nevil.exe\n").file("hunts/net/a.test/records.ndjson", format!("{RECORDS}{{\"x\":\n"));
    let ran = broken.run("nightly test hunts --config huntc.toml");
    assert!(ran.code == Some(3) && ran.stdout.contains("a.hf: FAILED"), "a line that is no record: {}", ran.text());
    let other = place("name\n").file("hunts/net/a.hf", HUNT.replace("lab", "other")).file("hunts/net/a.test/lab.ndjson", RECORDS);
    fs::remove_file(other.path("hunts/net/a.test/records.ndjson")).unwrap();
    let ran = other.run("nightly test hunts --config huntc.toml");
    assert!(ran.code == Some(2) && ran.stderr.contains("no records for the data source `other`"), "{}", ran.text());
    let ran = Huntc::new().file("hunts/a.hf", HUNT).run("nightly test hunts");
    assert!(ran.code == Some(2) && ran.stderr.contains("no hunt has a test"), "{}", ran.text());
    let ran = place("name\n").file("hunts/net/a.hf", "x = GET nonsense\n").run("nightly test hunts --config huntc.toml");
    assert!(ran.code == Some(1) && ran.stdout.contains("HAS ERRORS"), "{}", ran.text());
}

#[test]
fn the_shipped_hunts_find_what_their_tests_say() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/huntflows/nightly");
    let ran = Huntc::new().run(&format!("nightly test {folder}"));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let hunts = huntc_runtime::demo::NIGHTLY.len();
    assert!(ran.stdout.contains(&format!("{hunts} hunts: {hunts} as expected, 0 not, 0 without a test")), "{}", ran.stdout);
    for (name, _) in huntc_runtime::demo::NIGHTLY {
        let test = std::path::Path::new(folder).join(name).with_extension("test");
        let lines = |file: &str| fs::read_to_string(test.join(file)).unwrap().lines().count();
        assert!(lines("expected.csv") > 1, "{name} expects nothing");
        assert!(lines("records.ndjson") > lines("expected.csv"), "{name} has no record that it must not find");
    }
}

#[test]
fn a_check_finds_what_is_wrong_without_a_run() {
    let good = place("name\n");
    let ran = good.run("nightly check hunts");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert_eq!(
        good.names("."),
        ["hunts", "huntc.toml"].map(str::to_owned).into_iter().rev().collect::<Vec<_>>(),
        "nothing was written"
    );
    for (file, text, code, told) in [
        ("hunts/b.hf", "x = GET nonsense FROM stixshifter://lab WHERE name = 'x'\n", 1, "K0202"),
        ("hunts/b.hf", "# severity: terrible\nx = GET process FROM stixshifter://lab WHERE name = 'x'\n", 1, "K0851"),
        ("hunts/b.hf", "# nothing\n", 1, "K0854"),
        ("hunts/suppressions.toml", "[[suppress]]\nkey = [\"x\"]\n", 2, "K0863"),
        ("hunts/suppressions.toml", "[[suppress]]\nhunt = \"net/a.hf\"\nwhere = \"nmae = 'x'\"\nreason = \"r\"\n", 2, "K0201"),
        ("hunts/suppressions.toml", "[[suppress]]\nhunt = \"b.hf\"\nkey = [\"x\"]\nreason = \"r\"\n", 0, "b.hf"),
        ("huntc.toml", "[nightly]\nlga = \"1h\"\n", 2, "K0802"),
    ] {
        let ran = place("name\n").file(file, text).run("nightly check hunts");
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(ran.code == Some(code) && said.contains(told), "{file}: {}", ran.text());
    }
    // One run tells of all: a hunt and the list beside it.
    let both = place("name\n").file("hunts/b.hf", "# nothing\n").file("hunts/suppressions.toml", "[[suppress]]\n");
    let ran = both.run("nightly check hunts --format github");
    assert!(ran.code == Some(2) && ran.stdout.contains("K0854") && ran.stderr.contains("K0863"), "{}", ran.text());
    assert_eq!(place("name\n").run("nightly check hunts --only nothing").code, Some(2));
}
