//! The published hunts in `huntflows/`: the huntbook and the huntflow of each say the same.

#![allow(clippy::unwrap_used)]

use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile;
use huntc_compiler::options::Options;
use huntc_compiler::program::notebook;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Instant;
use std::fs;
use std::path::Path;

/// Code without comments and blank lines.
fn code(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("huntflows").join(name)).unwrap()
}

/// The code cells of a huntbook, joined.
fn cells(text: &str) -> String {
    let book: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!((&book["nbformat"], &book["nbformat_minor"]), (&4.into(), &5.into()));
    let mut ids = std::collections::BTreeSet::new();
    let mut joined = String::new();
    for cell in book["cells"].as_array().unwrap() {
        assert!(ids.insert(cell["id"].as_str().unwrap()), "two cells have the id {}", cell["id"]);
        if cell["cell_type"] == "code" {
            assert!(cell["outputs"].as_array().unwrap().is_empty() && cell["execution_count"].is_null());
            joined.extend(cell["source"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()));
            joined.push('\n');
        }
    }
    joined
}

#[test]
fn huntbooks_hold_the_statements_of_the_huntflows() {
    for name in ["scheduled-tasks", "backward-and-forward-tracking"] {
        let flow = code(&read(&format!("{name}.hf")));
        assert_eq!(code(&cells(&read(&format!("{name}.ipynb")))), flow, "{name}");
    }
}

#[test]
fn command_lines_have_single_backslashes() {
    let line = r"[process:command_line = 'C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule']";
    assert_eq!(read("scheduled-tasks.hf").matches(line).count(), 2);
}

#[test]
fn huntbooks_compile_like_the_huntflows() {
    for (name, statements) in [("scheduled-tasks", 14), ("backward-and-forward-tracking", 30)] {
        let book = format!("{name}.ipynb");
        let mut sources = SourceSet::default();
        let id = sources.add(notebook::read(&book, &read(&book)).unwrap());
        let options = Options::at(Instant::parse("2023-01-01T00:00:00Z").unwrap());
        let compilation = compile::compile(&sources, id, Catalog::builtin(), &options);
        assert!(!compilation.failed(), "{:?}", compilation.diagnostics);
        assert_eq!(compilation.program.statements.len(), statements, "{name}");
    }
}
