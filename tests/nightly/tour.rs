//! The nights of the README's tour, as the README has them: the first tells what is new, the second only what came since.

use crate::support::cli::Huntc;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;

/// The new findings of a report by hunt, as JSON texts.
pub(super) fn news(huntc: &Huntc, folder: &str) -> BTreeMap<String, Vec<String>> {
    let report: Json = serde_json::from_slice(&std::fs::read(huntc.path(folder).join("nightly.json")).unwrap()).unwrap();
    let key = |finding: &Json| finding["key"].to_string();
    let keys = |hunt: &Json| hunt["finding"]["new"].as_array().unwrap().iter().map(key).collect::<Vec<_>>();
    let name = |hunt: &Json| Path::new(hunt["file"].as_str().unwrap()).file_stem().unwrap().to_str().unwrap().to_owned();
    report["hunts"].as_array().unwrap().iter().map(|h| (name(h), keys(h))).filter(|(_, keys)| !keys.is_empty()).collect()
}

/// The tour of the README.
fn tour() -> String {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, tour) = readme.split_once("\n## Tour\n").unwrap();
    tour.split_once("\n## ").unwrap().0.to_owned()
}

/// What the README says that the second night tells.
fn printed() -> Vec<String> {
    let tour = tour();
    let (_, block) = tour.split_once("```\nNEW: ").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    format!("NEW: {block}").lines().map(str::to_owned).collect()
}

/// The commands of the tour that are about nights, without their remarks.
fn commands() -> Vec<String> {
    let tour = tour();
    let lines = tour.lines().filter_map(|l| l.strip_prefix("huntc nightly "));
    lines.map(|l| format!("nightly {}", l.split("  #").next().unwrap().trim_end())).collect()
}

#[test]
fn two_nights_of_the_tour() {
    let huntc = Huntc::new();
    assert_eq!(huntc.run("demo . --no-run").code, Some(0));
    let commands = commands();
    assert_eq!(commands.len(), 3, "{commands:?}");
    let mut ran: Vec<_> = commands.iter().map(|line| huntc.run(line)).collect();
    assert!(ran.iter().all(|r| r.code == Some(0)), "{}", ran.iter().map(super::super::support::cli::Ran::text).collect::<String>());
    let counts = |folder: &str| news(&huntc, folder).into_iter().map(|(hunt, keys)| (hunt, keys.len())).collect::<Vec<_>>();
    let named = |list: &[(&str, usize)]| list.iter().map(|(hunt, n)| ((*hunt).to_owned(), *n)).collect::<Vec<_>>();
    let first =
        [("discovery-burst", 1), ("encoded-powershell", 1), ("rare-outbound-ports", 1), ("run-keys", 1), ("suspicious-parents", 1)];
    let second = [
        ("account-created", 1),
        ("lsass-access", 1),
        ("lsass-dump", 1),
        ("run-keys", 1),
        ("scheduled-task-created", 1),
        ("scheduled-task-registered", 1),
        ("service-created", 1),
        ("signed-proxy-execution", 2),
    ];
    assert_eq!(counts("nightly/20210403T020000Z"), named(&first));
    assert_eq!(counts("nightly/20210404T020000Z"), named(&second));
    let status = ran.pop().unwrap().stdout;
    assert_eq!(status.matches(" ok ").count(), 15, "{status}");
    assert!(ran[1].stdout.contains("rare-outbound-ports.hf): 1 continuing"), "{}", ran[1].stdout);
    let printed = printed();
    assert!(printed.len() > 4);
    let missing: Vec<_> = printed.iter().filter(|line| !ran[1].stdout.lines().any(|said| said == *line)).collect();
    assert!(missing.is_empty(), "{missing:?} in\n{}", ran[1].stdout);
    // What a person reads of a finding is what the hunt displays of it, creation records included.
    let page = std::fs::read_to_string(huntc.path("nightly/20210404T020000Z/summary.html")).unwrap();
    assert!(
        page.contains("<td>rundll32.exe C:\\Windows\\System32\\comsvcs.dll MiniDump 668 C:\\Windows\\Temp\\diag.dmp full"),
        "{page}"
    );
    assert!(
        page.contains("<td>HKLM\\System\\CurrentControlSet\\Services\\riisvc\\ImagePath") && page.contains("<td>host101<td>"),
        "{page}"
    );
}
