//! Every stage of every hunt in `huntflows/`, beside its text: what a change of the compiler changes is seen here.

use crate::corpus::huntflows;
use huntc_compiler::backend::elastic::show;
use huntc_compiler::catalog::Catalog;
use huntc_compiler::compile::{Compiled, compile};
use huntc_compiler::options::Options;
use huntc_compiler::plan;
use huntc_compiler::source::SourceSet;
use huntc_compiler::syntax::lexer;
use huntc_compiler::time::Instant;
use huntc_compiler::tree_text::tree_text;
use std::path::Path;

/// One stage as `huntc compile --emit` prints it.
fn stage(name: &str, text: &str, file: &str) -> String {
    let mut sources = SourceSet::default();
    let id = sources.add_text(file, text);
    let catalog = Catalog::builtin();
    let options = Options::at(Instant::parse("2026-01-01T00:00:00Z").expect("an instant"));
    if name == "tokens" {
        return lexer::listing(&sources, id);
    }
    let compilation = compile(&sources, id, catalog, &options);
    if name == "ast" {
        return tree_text(&compilation.program);
    }
    let Some(Compiled { hunt, plan, requests }) = &compilation.compiled else { panic!("{file}: {:?}", compilation.diagnostics) };
    match name {
        "hir" => tree_text(hunt),
        "plan" => plan::show::plan(plan, catalog),
        "requests" => show::requests(requests, plan),
        "console" => show::console(requests, plan, &options),
        "curl" => show::curl(requests, plan, &options),
        "dot" => plan::graph::dot(plan, catalog),
        _ => plan::graph::mermaid(plan, catalog),
    }
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
        for of in ["tokens", "ast", "hir", "plan", "requests", "console", "curl", "dot", "mermaid"] {
            pin(&name, of, &format!("{text}\n──── {of} ────\n{}", stage(of, &text, &file)));
        }
    }
}

fn pin(name: &str, of: &str, shown: &str) {
    insta::with_settings!({ snapshot_path => "../snapshots/stages", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("{name}-{of}"), shown);
    });
}
