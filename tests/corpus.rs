//! The corpus: huntflows that use every production of the language compile without an error, and none is missing.

mod forms;
mod required;

use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::{self, Compilation};
use huntc_compiler::diag::{Severity, render_text};
use huntc_compiler::options::Options;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Instant;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every `.hf` file below a folder of the repository, in order.
pub(crate) fn huntflows(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "hf") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Compiles a text as `huntc check` does.
pub(crate) fn compiled_with(name: &str, text: &str, options: &Options) -> (SourceSet, Compilation) {
    let mut sources = SourceSet::default();
    let id = sources.add_text(name, text);
    let compilation = compile::compile(&sources, id, Catalog::builtin(), options);
    (sources, compilation)
}

/// The same with no configuration, long after every window of the corpus.
fn compiled(name: &str, text: &str) -> (SourceSet, Compilation) {
    compiled_with(name, text, &Options::at(Instant::parse("2023-01-01T00:00:00Z").unwrap()))
}

fn corpus() -> Vec<(String, String)> {
    let mut files = huntflows("tests/corpus");
    files.extend(huntflows("huntflows"));
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_huntflow_of_the_corpus_compiles() {
    let mut statements = 0;
    let mut failures = String::new();
    for (name, text) in corpus() {
        let (sources, compilation) = compiled(&name, &text);
        statements += compilation.program.statements.len();
        let errors: Vec<_> = compilation.diagnostics.into_iter().filter(|d| d.severity == Severity::Error).collect();
        failures.push_str(&render_text::render(&errors, &sources, false));
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(statements >= 500, "{statements} statements");
}

#[test]
fn the_corpus_leaves_no_form_out() {
    let mut seen = BTreeSet::new();
    for (name, text) in corpus() {
        let (_, compilation) = compiled(&name, &text);
        forms::collect(&compilation.program, &text, &mut seen);
    }
    let missing: Vec<&&str> = required::REQUIRED.iter().filter(|form| !seen.contains(**form)).collect();
    assert!(missing.is_empty(), "no huntflow of the corpus has {missing:?}");
    let unlisted: Vec<&String> = seen.iter().filter(|form| !required::REQUIRED.contains(&form.as_str())).collect();
    assert!(unlisted.is_empty(), "forms that no list asks for: {unlisted:?}");
}
