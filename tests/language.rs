//! The reference: `docs/language.md` is what `huntc catalog` says, its hunts compile, and its questions find something.

use crate::corpus::compiled_with;
use crate::docs::{blocks, read};
use crate::support::cli::Huntc;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::diag::{Severity, render_text};
use huntc_compiler::options::Options;
use huntc_compiler::time::Instant;
use serde_json::{Value, json};

#[test]
fn the_page_is_what_the_program_says() {
    let ran = Huntc::new().run("catalog --format markdown");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(read("docs/language.md") == ran.stdout, "`huntc catalog --format markdown > docs/language.md` makes it anew");
}

#[test]
fn hunts_of_the_page_compile() {
    let mut seen = 0;
    for (_, text) in blocks(&read("docs/language.md")).into_iter().filter(|(kind, _)| kind == "kestrel") {
        let options = Options::at(Instant::parse("2026-01-01T00:00:00Z").unwrap());
        let (sources, compilation) = compiled_with("docs/language.md", &text, &options);
        let wrong = compilation.diagnostics.iter().any(|d| d.severity > Severity::Advice);
        assert!(!wrong, "{text}{}", render_text::render(&compilation.diagnostics, &sources, false));
        seen += 1;
    }
    assert!(seen > 10 + Catalog::builtin().entities.len(), "{seen} hunts");
}

/// Every example of every page compiles: of each type, relation and function, and of fields of each value type.
#[test]
fn examples_of_pages_compile() {
    let catalog = Catalog::builtin();
    let mut words: Vec<String> = catalog.entities.iter().map(|entity| entity.name.clone()).collect();
    words.extend(catalog.relations.iter().filter(|r| r.inexpressible.is_none()).map(|relation| relation.name.clone()));
    words.extend(Catalog::functions().into_iter().map(|function| function.name));
    let more =
        ["LINKED", "event.code", "process.pid", "event.risk_score", "source.ip", "process.start", "dll.code_signature.valid"];
    words.extend(
        more.iter().chain(&["source.mac", "labels.team", "log.original", "binary_ref.name"]).map(|word| (*word).to_owned()),
    );
    words.sort();
    words.dedup();
    let huntc = Huntc::new();
    for word in words {
        let ran = huntc.run(&format!("catalog {word} --format json"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{word}");
        let page: Value = serde_json::from_str(&ran.stdout).unwrap();
        let text = page["example"].as_str().unwrap_or_else(|| panic!("{word} has no example"));
        let options = Options::at(Instant::parse("2026-01-01T00:00:00Z").unwrap());
        let (sources, compilation) = compiled_with(&word, text, &options);
        let wrong = compilation.diagnostics.iter().any(|d| d.severity > Severity::Advice);
        assert!(!wrong, "{word}\n{text}{}", render_text::render(&compilation.diagnostics, &sources, false));
    }
}

#[test]
fn the_ten_questions_are_answered_by_the_demo() {
    let page = read("docs/language.md");
    let (_, questions) = page.split_once("## Ten questions").unwrap();
    let (questions, _) = questions.split_once("\n## ").unwrap();
    let hunts = blocks(questions);
    assert_eq!(hunts.len(), 10);
    let mut huntc = Huntc::new();
    assert_eq!(huntc.run("demo demo --no-run").code, Some(0));
    for (number, (_, text)) in hunts.iter().enumerate() {
        huntc = huntc.file(&format!("demo/q{number}.hf"), text);
    }
    let names: Vec<String> = (0..10).map(|number| format!("demo/q{number}.hf")).collect();
    let ran = huntc.run(&format!("run {} --out answers", names.join(" ")));
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let report = huntc.report("answers");
    for (hunt, (_, text)) in report["hunts"].as_array().unwrap().iter().zip(&hunts) {
        assert_eq!(hunt["status"], json!("ok"), "{text}");
        for variable in hunt["variables"].as_array().unwrap() {
            assert!(variable["entities"].as_u64().unwrap() > 0, "{} of\n{text}", variable["name"]);
        }
        for display in hunt["displays"].as_array().unwrap() {
            assert!(!display["rows"].as_array().unwrap().is_empty(), "{text}");
        }
    }
}

#[test]
fn a_word_is_found_whatever_it_names() {
    let huntc = Huntc::new().file("huntc.toml", "[fields]\n\"acme.score\" = \"integer\"\nacme.owner = \"text\"\n");
    for (word, wanted) in [
        ("process", "type: process"),
        ("user", "type: user-account"),
        ("created", "relation: CREATED"),
        ("count", "function: COUNT"),
        ("host.name", "the Elastic Common Schema"),
        ("powershell.file.script_block_text", "winlogbeat, in the module powershell"),
        ("winlog.event_data.Anything", "open group `winlog.event_data.*`"),
        ("beat.hostname", "today it is `agent.name`"),
        ("acme.score", "declared under [fields]"),
        ("acme", "acme.owner"),
        ("binary_ref.name", "the part of process.executable after the last separator"),
    ] {
        let ran = huntc.run(&format!("catalog {word}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{word}");
        assert!(ran.stdout.contains(wanted), "{word}: {}", ran.stdout);
    }
    let ran = huntc.run("catalog no-such-thing");
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("K0829"), "{}", ran.stderr);
    assert!(huntc.run("explain process").stderr.contains("huntc catalog process"));
}

#[test]
fn the_example_of_mapping_files_adds_a_slot() {
    let blocks = blocks(&read("docs/mapping.md"));
    let block = |kind: &str| blocks.iter().find(|(k, _)| k == kind).map(|(_, text)| text.clone()).unwrap();
    let huntc = Huntc::new().file("map.csv", block("csv")).file("h.hf", block("kestrel")).file("web.ndjson", block("json"));
    let ran = huntc.run("run h.hf --source web=web.ndjson --mapping map.csv --out out");
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let report = huntc.report("out");
    assert_eq!(report["hunts"][0]["displays"][0]["rows"], json!([["nginx", "shop", "/srv"]]));
    let without = huntc.run("run h.hf --source web=web.ndjson --out without");
    assert_eq!(without.code, Some(1), "no attribute `x_team` without the file: {}", without.text());
    assert!(huntc.run("catalog ipv4-addr --mapping map.csv").stdout.contains("network.forwarded_ip"));
}
