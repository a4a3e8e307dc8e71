//! What the documentation shows: huntflows compile, or cause the error that is said; configurations are right.

use crate::corpus::compiled_with;
use crate::support::cli::Huntc;
use huntc_compiler::catalog::{Catalog, FunctionOutput, ValueFunction};
use huntc_compiler::diag::{Severity, codes, render_text};
use huntc_compiler::options::Options;
use huntc_compiler::time::Instant;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

pub(crate) fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Fenced blocks: what stands behind the fence, and the text.
pub(crate) fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(kind) if !open => {
                blocks.push((kind.to_owned(), String::new()));
                open = true;
            }
            Some(_) => open = false,
            None if open => {
                let (_, block) = blocks.last_mut().unwrap();
                block.push_str(line);
                block.push('\n');
            }
            None => {}
        }
    }
    blocks
}

/// The page of the rules lists each function with its signature, and each example compiles for some entity type.
#[test]
fn functions_are_as_the_page_says() {
    let page = read("docs/semantics.md");
    let catalog = Catalog::builtin();
    let options = Options::at(Instant::parse("2023-01-01T00:00:00Z").unwrap());
    for function in ValueFunction::ALL {
        let facts = function.facts();
        let gives = match facts.output {
            FunctionOutput::Type(ty) => ty.word(),
            FunctionOutput::Same => "as the attribute",
        };
        let row = format!("| `{}` | {gives} | {} |", facts.signature(), facts.doc);
        assert!(page.contains(&row), "{row}");
        let compiles = catalog.entities.iter().any(|entity| {
            let some = entity.attributes.first().map_or("", |a| &a.name);
            let get = format!("GET {} FROM stixshifter://host101 WHERE {some} IS NOT NULL LAST 1 d", entity.name);
            let hunt = format!("x = {get}\nDISP x WITH {}", facts.example);
            let (_, compilation) = compiled_with("example.hf", &hunt, &options);
            compilation.diagnostics.iter().all(|d| d.severity != Severity::Error)
        });
        assert!(compiles, "{}", facts.example);
    }
}

#[test]
fn differences_are_as_the_page_says() {
    let mut seen = 0;
    for (kind, text) in blocks(&read("docs/differences.md")) {
        let (language, code) = kind.split_once(' ').unwrap_or((&kind, ""));
        assert_eq!(language, "kestrel", "{text}");
        let options = Options::at(Instant::parse("2023-01-01T00:00:00Z").unwrap());
        let (sources, compilation) = compiled_with("docs/differences.md", &text, &options);
        let errors = compilation.diagnostics.iter().filter(|d| d.severity == Severity::Error).map(|d| d.code.id);
        let wanted: Vec<&str> = code.split(' ').filter(|c| !c.is_empty()).collect();
        assert_eq!(errors.collect::<Vec<_>>(), wanted, "{}", render_text::render(&compilation.diagnostics, &sources, false));
        seen += 1;
    }
    assert!(seen > 15, "{seen} examples");
}

/// The hunt of the page about parameters compiles once its required parameter has a value.
#[test]
fn parameters_are_as_the_page_says() {
    let page = read("docs/parameters.md");
    let hunt = blocks(&page).into_iter().find(|(kind, _)| kind == "kestrel").unwrap().1;
    let huntc = Huntc::new().file("hunt.hf", &hunt);
    assert_eq!(huntc.run("check hunt.hf --set host=ws1 --allow K0821").code, Some(0));
    let ran = huntc.run("check hunt.hf --allow K0821");
    assert!(ran.code == Some(1) && ran.text().contains("K0602"), "{}", ran.text());
}

/// Keys are checked; secrets and addresses need not be there.
#[test]
fn configurations_of_the_documentation_are_right() {
    let mut texts: Vec<(String, String)> =
        ["README.md", "docs/logs.md", "docs/parameters.md", "docs/language.md"].map(|name| (name.to_owned(), read(name))).into();
    texts.extend(codes::all().into_iter().map(|code| (code.id.to_owned(), code.page.to_owned())));
    let mut seen = BTreeSet::new();
    for (name, text) in texts {
        for (_, block) in blocks(&text).into_iter().filter(|(kind, _)| kind == "toml") {
            // Pages of the configuration's own faults show them on purpose, and suppressions are another file.
            let faulty = ["K0802", "K0803"].contains(&name.as_str()) || block.contains("gz\n");
            if faulty || !block.starts_with('[') || block.contains("[[suppress]]") {
                continue;
            }
            let ran = Huntc::new().file("huntc.toml", &block).run("sources --config huntc.toml");
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{name}:\n{block}{}", ran.text());
            seen.insert(name.clone());
        }
    }
    assert!(seen.contains("README.md") && seen.len() > 2, "{seen:?}");
}

/// Templates of notifications: those that the documentation shows are taken, and the wrong one is refused.
#[test]
fn templates_of_the_documentation_are_right() {
    let page = |id: &str| codes::find(id).unwrap().page.to_owned();
    let mut seen = 0;
    for (name, text) in [("docs/nightly.md", read("docs/nightly.md")), ("K0881", page("K0881"))] {
        for (_, block) in blocks(&text).into_iter().filter(|(_, block)| block.contains("{{")) {
            let huntc = Huntc::new()
                .file("hunts/a.hf", "x = GET process FROM stixshifter://lab WHERE name = 'a'\nDISP x\n")
                .file("huntc.toml", "[nightly]\nwebhook_template = \"t.j2\"\n")
                .file("t.j2", &block);
            let wanted = if block.contains("reprot") { 2 } else { 0 };
            let ran = huntc.run("nightly check hunts");
            assert_eq!(ran.code, Some(wanted), "{name}:\n{block}{}", ran.text());
            seen += 1;
        }
    }
    assert_eq!(seen, 3);
}
