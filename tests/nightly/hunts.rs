//! The hunts of `huntflows/nightly`: what each finds in real telemetry and in the demo, in full, and what it does not find.
//! `findings.json` has for each file and hunt the keys of its finding, or the rows where it is a GROUP; a hunt that a file
//! does not list finds nothing there. Every variable and display equals brute force over the same records.

use crate::differential::judge;
use crate::oracle::{self, Options, Outcome, World, shared};
use crate::product;
use huntc_compiler::program::notebook;
use huntc_compiler::source::SourceSet;
use huntc_runtime::demo::{self, NIGHTLY};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

const FINDINGS: &str = include_str!("findings.json");

/// The variable that a hunt's front matter calls its finding.
fn finding(text: &str) -> &str {
    let line = text.lines().find_map(|l| l.strip_prefix("# finding: ")).unwrap();
    line.split(' ').next().unwrap()
}

/// The keys of the finding, or the rows of a GROUP; null where it is empty.
fn found(text: &str, outcome: &Outcome) -> Json {
    let name = finding(text);
    let binding = outcome.bindings.iter().rfind(|b| b.name == name).unwrap();
    match &binding.keys {
        _ if binding.entities == 0 => Json::Null,
        Some(keys) => Json::from(keys.clone()),
        None => json!(outcome.displays.iter().find(|d| d.variable == name).unwrap().rows),
    }
}

/// Runs all hunts over a file; answers what they find, and where they differ from brute force.
fn run(path: &Path, records: Arc<Vec<oracle::document::Record>>) -> (Map<String, Json>, String) {
    let texts: Vec<String> = NIGHTLY.iter().map(|(_, text)| (*text).to_owned()).collect();
    let verdicts = product::run(&[("windows".to_owned(), path.display().to_string())], &texts, Options::default());
    let world = World::new(vec![("windows".to_owned(), records)], Options::default());
    let (mut all, mut wrong) = (Map::new(), String::new());
    for ((name, text), verdict) in NIGHTLY.iter().zip(verdicts) {
        if let Err(error) = oracle::run_text(&world, text) {
            let _ = writeln!(wrong, "{name}: the oracle does not know {error}");
        }
        if let Some(difference) = judge(&world, text, &verdict) {
            let _ = writeln!(wrong, "{name}: {difference}");
        }
        if let Ok(outcome) = verdict {
            let keys = found(text, &outcome);
            all.extend((!keys.is_null()).then(|| ((*name).trim_end_matches(".hf").to_owned(), keys)));
        }
    }
    (all, wrong)
}

fn check(file: &str, path: &Path, records: Arc<Vec<oracle::document::Record>>) {
    let expected: Json = serde_json::from_str(FINDINGS).unwrap();
    let (found, wrong) = run(path, records);
    assert!(wrong.is_empty(), "{file}\n{wrong}");
    assert_eq!(Json::Object(found.clone()), expected[file], "{file}\n{}", serde_json::to_string(&found).unwrap());
}

macro_rules! telemetry {
    ($($test:ident $file:literal)*) => {$(
        #[test]
        fn $test() {
            let Some(folder) = shared::folder() else { return };
            let path = folder.join(concat!("data/", $file, ".ndjson.gz"));
            check($file, &path, shared::records(&path));
        }
    )*};
}

telemetry! {
    findings_of_a_dump_with_procdump "LSASS_campaign_02"
    findings_of_a_dump_from_a_payload "LSASS_campaign_06"
    findings_of_a_dump_by_system_calls "cmd_lsass_memory_dumpert_syscalls"
    findings_of_a_script_in_mshta "cmd_mshta_vbscript_execute_psh"
    findings_of_powershell_remoting "covenant_psremoting_grunt"
    findings_of_a_library_beside_the_wmi_host "covenant_wmi_wbemcomn_dll_hijack"
    findings_of_an_account_added_over_wmi "empire_wmic_add_user_backdoor"
    findings_of_a_dump_with_comsvcs "psh_lsass_memory_dump_comsvcs"
}

#[test]
fn findings_of_the_demo() {
    let place = tempfile::tempdir().unwrap();
    let written = demo::write(place.path()).unwrap();
    let lines = demo::records(demo::EntityIds::Kept).join("\n");
    check("demo", &written.data, Arc::new(oracle::document::parse(&lines)));
}

/// Every hunt finds something in some file and nothing in another.
#[test]
fn every_hunt_tells_files_apart() {
    let expected: Map<String, Json> = serde_json::from_str(FINDINGS).unwrap();
    for (name, _) in NIGHTLY {
        let name = name.trim_end_matches(".hf");
        let with = expected.values().filter(|hunts| hunts.get(name).is_some()).count();
        assert!(with > 0 && with < expected.len(), "{name}: {with} of {} files", expected.len());
    }
    let known = |hunt: &str| NIGHTLY.iter().any(|(name, _)| name.trim_end_matches(".hf") == hunt);
    assert!(expected.values().flat_map(|hunts| hunts.as_object().unwrap().keys()).all(|hunt| known(hunt)));
}

/// What a person has to know of a hunt before it wakes him.
#[test]
fn every_hunt_says_what_it_is() {
    for (name, text) in NIGHTLY {
        for key in ["# title: ", "# severity: ", "# attack: T", "# window: nightly", "# finding: ", "# Looks ", "# Why: "] {
            assert!(text.lines().any(|l| l.starts_with(key)), "{name} has no line `{key}`");
        }
        assert!(text.lines().any(|l| l.starts_with("# False positives: ")), "{name}");
        let mut sources = SourceSet::default();
        let id = sources.add_text(*name, *text);
        let options = huntc_compiler::options::Options::at(huntc_compiler::time::Instant(0));
        let catalog = huntc_compiler::catalog::Catalog::builtin();
        let done = huntc_compiler::compile::compile(&sources, id, catalog, &options);
        assert!(done.diagnostics.is_empty(), "{name}: {:?}", done.diagnostics);
        assert_eq!(huntc_compiler::program::format(&sources, id).unwrap(), *text, "{name} is not in its layout");
    }
}

/// A huntbook has its front matter in the comment that its first code cell begins with.
#[test]
fn front_matter_of_a_huntbook() {
    let (_, text) = NIGHTLY[0];
    let (head, rest) = text.split_once("DISP").unwrap();
    let cell = |kind: &str, source: String| json!({"cell_type": kind, "id": kind, "metadata": {}, "source": [source]});
    let cells =
        [cell("markdown", "# title: not this one".to_owned()), cell("code", head.to_owned()), cell("code", format!("DISP{rest}"))];
    let book = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).to_string();
    let read = |sources: &SourceSet, id| {
        let mut sink = huntc_compiler::diag::Sink::default();
        let matter = huntc_compiler::front_matter::read(sources, id, &mut sink);
        (
            matter.title,
            matter.severity,
            matter.attack,
            matter.nightly_window,
            matter.finding.map(|f| f.variable),
            sink.finish().len(),
        )
    };
    let mut sources = SourceSet::default();
    let flow = sources.add_text("a.hf", text);
    let book = sources.add(notebook::read("a.ipynb", &book).unwrap());
    assert_eq!(read(&sources, book), read(&sources, flow));
    assert!(read(&sources, book).0.is_some());
}
