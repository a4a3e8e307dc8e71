//! What the documentation says of the tree: its paths are there, every room has its sentence, every rule cited has its section.

use super::none;
use super::sources::{root, rust_files, shown};
use regex::Regex;
use std::collections::BTreeSet;
use std::fs;

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Folders that the map names: those at the top, and the rooms of both crates, files and folders.
fn rooms() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for base in ["", "compiler/src/", "runtime/src/"] {
        for entry in fs::read_dir(root().join(base)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            if stem.starts_with('.') || ["target", "lib", "main"].contains(&stem.as_str()) {
                continue;
            }
            // Tests are no rooms, nor is a folder beside the file that it belongs to.
            let in_crate = !base.is_empty() && !["tests", "testing"].contains(&stem.as_str());
            if path.is_dir() && (base.is_empty() || in_crate && !path.with_extension("rs").exists()) {
                found.insert(format!("{base}{stem}/"));
            } else if in_crate && path.extension().is_some_and(|e| e == "rs") {
                found.insert(format!("{base}{stem}.rs"));
            }
        }
    }
    found
}

/// What a page puts between backquotes and that is a path of this tree by its form.
fn paths(text: &str) -> BTreeSet<String> {
    let path = Regex::new(r"`((?:compiler|runtime|tests|docs|huntflows|snapshots|\.ci)/[\w./-]*)`").unwrap();
    path.captures_iter(text).map(|c| c[1].to_owned()).collect()
}

#[test]
fn the_map_of_rooms_is_the_tree() {
    let text = page("docs/architecture.md");
    let Some((_, map)) = text.split_once("\n## Rooms") else { panic!("docs/architecture.md has no section `Rooms`") };
    let map = map.split("\n## ").next().unwrap_or("");
    let named = Regex::new(r"(?m)^(?:\| |\s*[*-] )`([\w./-]+)`").unwrap();
    let named: BTreeSet<String> = named.captures_iter(map).map(|c| c[1].to_owned()).collect();
    let rooms = rooms();
    let gone =
        named.iter().filter(|room| !root().join(room).exists()).map(|room| format!("`{room}` is in the map, but not in the tree"));
    let missing = rooms.difference(&named).map(|room| format!("`{room}` is not in the map"));
    none(&gone.chain(missing).collect::<Vec<_>>());
}

#[test]
fn paths_in_the_documentation_are_there() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let name = shown(&path);
        for path in paths(&page(&name)) {
            seen += 1;
            if !root().join(&path).exists() {
                faults.push(format!("{name} names {path}, which is not there"));
            }
        }
    }
    for path in paths(&page("README.md")).iter().filter(|path| !root().join(path).exists()) {
        faults.push(format!("README.md names {path}, which is not there"));
    }
    assert!(seen > 50, "{seen} paths");
    none(&faults);
}

/// Rows of `docs/adding.md`: what is added, the files that it touches.
#[test]
fn each_kind_of_change_has_its_files_and_an_example() {
    let text = page("docs/adding.md");
    let rows: Vec<Vec<&str>> =
        text.lines().filter(|l| l.starts_with("| ")).map(|l| l.trim_matches('|').split(" | ").collect()).collect();
    let wanted = [
        "a command",
        "an operator",
        "an attribute",
        "a relation",
        "an entity type",
        "a code",
        "a source kind",
        "a log format",
        "a report file",
        "a flag",
    ];
    let missing = wanted.iter().filter(|kind| !rows.iter().any(|row| row[0].trim().starts_with(*kind)));
    let mut faults: Vec<String> = missing.map(|kind| format!("docs/adding.md does not say how to add {kind}")).collect();
    for row in rows.iter().filter(|row| wanted.iter().any(|kind| row[0].trim().starts_with(kind))) {
        let named: Vec<usize> = row[1..].iter().map(|cell| paths(cell).len()).collect();
        if named.len() < 3 || named.contains(&0) {
            faults.push(format!("{}: files, tests and an example are wanted, each with a path: {named:?}", row[0]));
        }
    }
    none(&faults);
}

#[test]
fn every_rule_that_is_cited_has_its_section() {
    let sections: BTreeSet<String> =
        Regex::new(r"(?m)^## (\d+)\. ").unwrap().captures_iter(&page("docs/semantics.md")).map(|c| c[1].to_owned()).collect();
    let cited = Regex::new(r"semantics\.md,? (?:§|section )(\d+)").unwrap();
    let mut faults = Vec::new();
    let mut seen = 0;
    for path in ["compiler/src", "runtime/src", "runtime/benches", "tests"].into_iter().flat_map(rust_files) {
        let text = fs::read_to_string(&path).unwrap();
        for found in cited.captures_iter(&text) {
            seen += 1;
            if !sections.contains(&found[1]) {
                faults.push(format!("{} cites §{} of semantics.md, which is not there", shown(&path), &found[1]));
            }
        }
    }
    assert!(seen > 20 && sections.len() == 7, "{seen} citations, sections {sections:?}");
    none(&faults);
}

/// Both crates show the architecture on their first page.
#[test]
fn the_architecture_is_part_of_the_rustdoc() {
    for krate in ["compiler", "runtime"] {
        let text = page(&format!("{krate}/src/lib.rs"));
        assert!(text.contains("include_str!(\"../../docs/architecture.md\")"), "{krate}/src/lib.rs");
    }
}
