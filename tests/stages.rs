//! Every stage of every hunt in `huntflows/`, beside its text: what a change of the compiler changes is seen here.

use crate::corpus::huntflows;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::{Stage, compile, emit};
use huntc_compiler::options::Options;
use huntc_compiler::source::SourceSet;
use huntc_compiler::time::Instant;
use std::path::Path;

const STAGES: [(&str, Stage); 9] = [
    ("tokens", Stage::Tokens),
    ("ast", Stage::Ast),
    ("hir", Stage::Hir),
    ("plan", Stage::Plan),
    ("requests", Stage::Requests),
    ("console", Stage::Console),
    ("curl", Stage::Curl),
    ("dot", Stage::Dot),
    ("mermaid", Stage::Mermaid),
];

/// One stage as `huntc compile --emit` prints it.
fn shown(stage: Stage, text: &str, file: &str) -> String {
    let mut sources = SourceSet::default();
    let id = sources.add_text(file, text);
    let catalog = Catalog::builtin();
    let options = Options::at(Instant::parse("2026-01-01T00:00:00Z").expect("an instant"));
    let compilation = compile(&sources, id, catalog, &options);
    emit(stage, &compilation, &sources, id, catalog, &options).unwrap_or_else(|| panic!("{file}: {:?}", compilation.diagnostics))
}

#[test]
fn every_stage_of_every_hunt_is_as_it_was() {
    let files = huntflows("huntflows");
    assert!(files.len() >= 14, "{} hunts", files.len());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in files {
        let file = path.strip_prefix(root).expect("a hunt of ours").to_string_lossy().replace('\\', "/");
        let name = file.trim_start_matches("huntflows/").trim_end_matches(".hf").replace('/', "-");
        let text = std::fs::read_to_string(&path).expect("a readable hunt");
        for (of, stage) in STAGES {
            pin(&name, of, &format!("{text}\n──── {of} ────\n{}", shown(stage, &text, &file)));
        }
    }
}

fn pin(name: &str, of: &str, shown: &str) {
    insta::with_settings!({ snapshot_path => "../snapshots/stages", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("{name}-{of}"), shown);
    });
}
